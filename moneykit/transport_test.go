package moneykit_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

func TestRedirectsAreRefused(t *testing.T) {
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{other.URL, "/links/other"} {
			a := &api{handle: answer(status, "", "Location", target)}
			_, err := overHTTP(t, a).ResetLink(t.Context(), linkID)
			if e := (*moneykit.ResponseError)(nil); !errors.As(err, &e) || e.Status != status {
				t.Errorf("%d: %v", status, err)
			}
			if calls, _ := a.asked(); len(calls) != 1 {
				t.Errorf("%d to %s was followed", status, target)
			}
			a = &api{handle: answer(200, link()), token: answer(status, "", "Location", target)}
			if err := get(t.Context(), overHTTP(t, a)); err == nil {
				t.Errorf("%d for a token: no error", status)
			}
		}
	}
	if elsewhere != 0 {
		t.Error("another host was called")
	}
}

func TestDeadlines(t *testing.T) {
	never := slow(time.Hour, answer(200, link()))
	for _, x := range []struct {
		name  string
		api   *api
		ctx   time.Duration // 0 for none of the caller's own
		opts  []moneykit.Option
		after time.Duration
		route string
	}{
		{"by default", &api{handle: never}, 0, nil, 30 * time.Second, "GET /links/{id}"},
		{"of the client", &api{handle: never}, 0, []moneykit.Option{moneykit.WithTimeout(5 * time.Second)}, 5 * time.Second, "GET /links/{id}"},
		{"of the caller", &api{handle: never}, 2 * time.Second, nil, 2 * time.Second, "GET /links/{id}"},
		{"of a token", &api{token: never}, 0, nil, 30 * time.Second, "POST /auth/token"},
		{"of a token and the caller", &api{token: never}, time.Second, nil, time.Second, "POST /auth/token"},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if x.ctx > 0 {
					ctx, cancel = context.WithTimeout(ctx, x.ctx)
					defer cancel()
				}
				began := time.Now()
				err := get(ctx, inMemory(t, x.api, x.opts...))
				if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("%T %v", err, err)
				}
				same(t, "after", time.Since(began), x.after)
				if !strings.Contains(err.Error(), x.route) {
					t.Error(err)
				}
				hides(t, err.Error())
				time.Sleep(time.Minute) // a renewal outlives the caller that began it
			})
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := &api{handle: func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}}
	err := get(ctx, overHTTP(t, a))
	if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
		t.Fatalf("%T %v", err, err)
	}
	same(t, "request id", moneykit.RequestID(err), "")
	hides(t, err.Error())
}

func TestNoServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	must(listener.Close())
	err = get(t.Context(), build(t, moneykit.WithBaseURL("http://"+listener.Addr().String())))
	if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) {
		t.Fatalf("%T %v", err, err)
	}
	hides(t, err.Error())
}

func TestBaseURL(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://api.example": true, "https://api.example/prefix/": true, "https://[::1]:8443": true,
		"http://127.0.0.1:80": true, "http://localhost": true, "http://[::1]": true,
		"http://api.example": false, "http://127.0.0.1.evil.example": false, "http://10.0.0.1": false,
		"": false, "api.example": false, "ftp://127.0.0.1": false, "https://": false, "https://a.example?": false,
		"https://a.example/?x=1": false, "https://a.example/#x": false, "https://user:sesame@a.example": false, "https://user:ses\x7fame@a": false,
	} {
		c, err := moneykit.New(credentials(), moneykit.WithBaseURL(raw))
		if (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
			continue
		}
		if err != nil {
			hides(t, err.Error(), "sesame", "ses\\x7fame")
			continue
		}
		same(t, "base", c.BaseURL(), raw)
	}
	same(t, "default", build(t).BaseURL(), "https://api.moneykit.com")
	a := &api{handle: answer(200, link())}
	if err := get(t.Context(), inMemory(t, prefixed{a}, moneykit.WithBaseURL("https://proxy.example/money/kit/"))); err != nil {
		t.Error(err)
	}
}

// prefixed wants every path below /money/kit and takes it off.
type prefixed struct{ next http.RoundTripper }

func (p prefixed) RoundTrip(r *http.Request) (*http.Response, error) {
	path, ok := strings.CutPrefix(r.URL.Path, "/money/kit/")
	if !ok || r.URL.Host != "proxy.example" {
		return nil, errors.New("the prefix is lost: " + r.URL.Path)
	}
	r = r.Clone(r.Context())
	r.URL.Path = "/" + path
	return p.next.RoundTrip(r)
}

func TestNewRefuses(t *testing.T) {
	for name, build := range map[string]func() (*moneykit.Client, error){
		"no id": func() (*moneykit.Client, error) {
			return moneykit.New(moneykit.Credentials{ClientSecret: moneykit.NewSecret("s")})
		},
		"no secret": func() (*moneykit.Client, error) { return moneykit.New(moneykit.Credentials{ClientID: "c"}) },
		"an empty secret": func() (*moneykit.Client, error) {
			return moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("")})
		},
		"no time":       func() (*moneykit.Client, error) { return moneykit.New(credentials(), moneykit.WithTimeout(0)) },
		"negative time": func() (*moneykit.Client, error) { return moneykit.New(credentials(), moneykit.WithTimeout(-1)) },
	} {
		if c, err := build(); err == nil || c != nil {
			t.Errorf("%s: no error", name)
		}
	}
}
