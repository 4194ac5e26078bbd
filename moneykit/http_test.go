package moneykit_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

// TestGzipIsAskedForAndRead goes over a real connection, where net/http does it.
func TestGzipIsAskedForAndRead(t *testing.T) {
	w := &watcher{}
	a := &api{handle: func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip is not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, link("webhook", `"w"`))
		_ = z.Close()
	}}
	got, err := overHTTP(t, a, w.option()).Link(t.Context(), linkID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "body", string(got.Body), link("webhook", `"w"`))
	same(t, "shown", string(w.exchanges()[1].ResponseBody), link("webhook", `"w"`))
}

// counted counts what is read of a body.
type counted struct {
	io.ReadCloser
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// unpacked counts what is read of answers after they are unpacked.
type unpacked struct{ read atomic.Int64 }

func (u *unpacked) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		res.Body = counted{res.Body, &u.read}
	}
	return res, err
}

// TestAGzipBombIsRefused packs 300 MB into a few hundred KB.
func TestAGzipBombIsRefused(t *testing.T) {
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	_, _ = z.Write(make([]byte, 4<<20))
	must(z.Close())
	bomb := strings.Repeat(member.String(), 75) // members in a row are one stream
	a := &api{handle: answer(200, bomb, "Content-Encoding", "gzip")}
	w, u := &watcher{}, &unpacked{}
	err := get(t.Context(), overHTTP(t, a, moneykit.WithTransport(u), w.option()))
	refused := (*moneykit.ResponseError)(nil)
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "larger than 32 MB") || refused.RequestID != "req_1" || refused.Status != 200 {
		t.Fatalf("%T %v", err, err)
	}
	if read := u.read.Load(); read > 33<<20 {
		t.Errorf("%d MB were read", read>>20)
	}
	calls, _ := a.asked()
	same(t, "calls", len(calls), 1) // another try would bring the same
	shown := w.exchanges()[1]
	if shown.Err == nil || len(shown.ResponseBody) != 0 || shown.Status != 200 {
		t.Errorf("%d, %v", len(shown.ResponseBody), shown.Err)
	}
}

func TestTheLargestAnswerIsRead(t *testing.T) {
	body := link() + strings.Repeat(" ", 32<<20-len(link()))
	if err := get(t.Context(), inMemory(t, &api{handle: answer(200, body)})); err != nil {
		t.Error(err)
	}
	if err := get(t.Context(), inMemory(t, &api{handle: answer(200, body+" ")})); err == nil {
		t.Error("one byte more was read")
	}
}

// TestTheCallersHTTPClientIsUsed wants its cookies and its transport, and yet
// no redirect followed; and nothing in it changed.
func TestTheCallersHTTPClientIsUsed(t *testing.T) {
	jar, err := cookiejar.New(nil)
	must(err)
	through := 0
	hc := &http.Client{
		Jar: jar,
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			through++
			return http.DefaultTransport.RoundTrip(r)
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
	}
	a := &api{handle: sequence(answer(200, link(), "Set-Cookie", "seen=1"), answer(307, "", "Location", "/links/other"))}
	srv := httptest.NewServer(a)
	defer srv.Close()
	c := build(t, moneykit.WithHTTPClient(hc), moneykit.WithBaseURL(srv.URL))
	must(get(t.Context(), c))
	if err := get(t.Context(), c); err == nil {
		t.Error("a redirect was followed")
	}
	calls, _ := a.asked()
	same(t, "calls, and requests through the transport", []int{len(calls), through}, []int{2, 3})
	same(t, "cookies", []string{calls[0].header.Get("Cookie"), calls[1].header.Get("Cookie")}, []string{"", "seen=1"})
	if _, ok := hc.Transport.(roundTrip); !ok || hc.CheckRedirect(nil, nil) != nil {
		t.Error("the caller's client was changed")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheCallersHTTPTimeoutIsKept(t *testing.T) {
	for name, a := range map[string]*api{
		"of a call":  {handle: slow(time.Hour, answer(200, link()))},
		"of a token": {token: slow(time.Hour, numbered("1"))},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := build(t, moneykit.WithHTTPClient(&http.Client{Transport: a, Timeout: 3 * time.Second}), moneykit.WithRetries(0))
			began := time.Now()
			err := get(t.Context(), c)
			if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) {
				t.Fatalf("%s: %T %v", name, err, err)
			}
			same(t, name, time.Since(began), 3*time.Second)
			hides(t, err.Error())
		})
	}
}

func TestAnotherVersionIsAskedFor(t *testing.T) {
	a := &api{handle: answer(200, link())}
	got, err := inMemory(t, a, moneykit.WithVersion("2031-01-01")).Link(t.Context(), linkID)
	must(err)
	same(t, "asked", []string{a.calls[0].header.Get("MoneyKit-Version"), a.tokens[0].header.Get("MoneyKit-Version")}, []string{"2031-01-01", "2031-01-01"})
	same(t, "used", got.Version, moneykit.Version) // the server says which one it is
}

func TestConcurrentFirstCallsShareAClient(t *testing.T) {
	w := &watcher{}
	c := overHTTP(t, &api{handle: answer(200, link("mood", "1"))}, w.option())
	done := make(chan error, 20)
	for range cap(done) {
		go func() { done <- get(t.Context(), c) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	same(t, "exchanges and drift", []int{len(w.exchanges()), c.Drift()[0].Count}, []int{21, 20})
}
