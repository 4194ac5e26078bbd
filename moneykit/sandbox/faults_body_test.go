package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// eachWay runs a test over a real server and in process.
func eachWay(t *testing.T, test func(t *testing.T, a *api, ask func(method, path string) (*http.Response, error))) {
	t.Run("server", func(t *testing.T) {
		a := newAPI(t)
		srv, err := a.box.Listen()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = srv.Close() }()
		// A connection that was kept and is reset would be tried once more.
		test(t, a, a.over(&http.Transport{DisableKeepAlives: true}, srv.URL()))
	})
	t.Run("in process", func(t *testing.T) {
		a := newAPI(t)
		test(t, a, a.over(a.box.Transport(), "http://sandbox.example"))
	})
}

func (a *api) over(wire http.RoundTripper, base string) func(method, path string) (*http.Response, error) {
	client := &http.Client{Transport: wire}
	return func(method, path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(a.Context(), method, base+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+a.token)
		return client.Do(req)
	}
}

// read takes a whole answer, of which the body may end in an error.
func read(t *testing.T, resp *http.Response, err error) (answer, error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: body}, err
}

func TestFaultsOverTheWire(t *testing.T) {
	eachWay(t, func(t *testing.T, a *api, ask func(method, path string) (*http.Response, error)) {
		link := "/links/" + a.link(1)
		whole := a.get(link).want(t, 200).body
		only := func(f Fault) {
			a.box.ClearFaults()
			a.fault(f)
		}

		only(Fault{Status: 410})
		resp, err := ask("GET", link)
		got, err := read(t, resp, err)
		if err != nil || got.refused(t, 410, "link_error.deleted").header.Get("X-Request-Id") == "" || got.header.Get("MoneyKit-Version") != Version {
			t.Errorf("status: %v %v", err, got.header)
		}

		only(Fault{Truncated: true})
		resp, err = ask("GET", link)
		got, err = read(t, resp, err)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.Equal(got.body, whole[:len(whole)/2]) || resp.ContentLength != int64(len(whole)) {
			t.Errorf("truncated: %v, %d bytes of %d, said to be %d", err, len(got.body), len(whole), resp.ContentLength)
		}

		only(Fault{Malformed: true})
		resp, err = ask("GET", link)
		got, err = read(t, resp, err)
		if err != nil || json.Valid(got.body) || resp.ContentLength != int64(len(got.body)) || len(got.body) < len(whole)/3 {
			t.Errorf("malformed: %v %d %s", err, resp.ContentLength, got.body)
		}

		only(Fault{Reset: true, Truncated: true, Malformed: true, Status: 404})
		if resp, err := ask("GET", link); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reset: %v %v", resp, err)
		}
		if hits := a.box.Faults()[0].Applied; hits != 1 {
			t.Errorf("reset %d times", hits)
		}

		only(Fault{Status: 404, EscapeSequences: true, Truncated: true})
		resp, err = ask("GET", link)
		got, err = read(t, resp, err)
		if !errors.Is(err, io.ErrUnexpectedEOF) || got.status != 404 || !bytes.Contains(got.body, []byte(`\u001b[`)) {
			t.Errorf("combined: %v %d %s", err, got.status, got.body)
		}

		only(Fault{Truncated: true})
		resp, err = ask("DELETE", link)
		got, err = read(t, resp, err)
		if err != nil || got.status != 204 {
			t.Errorf("an answer without a body: %v %d", err, got.status)
		}
		a.box.ClearFaults()
		if resp, err = ask("GET", link); err != nil {
			t.Fatal(err)
		}
		if got, err = read(t, resp, err); err != nil || got.text("state") != string(deleted) {
			t.Errorf("without faults: %v %s", err, got.body)
		}
	})
}

// A server whose connections cannot be taken over still sends no answer.
func TestFaultResetAborts(t *testing.T) {
	a := newAPI(t)
	a.fault(Fault{Reset: true})
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("panic %v", got)
		}
	}()
	a.unheld("GET", "/links")
}

func TestFaultLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := New()
		a := &api{TB: t, box: box}
		a.authorize()
		ask := a.over(box.Transport(), "http://sandbox.example")
		for _, f := range []Fault{
			{Latency: 90 * time.Minute},
			{Latency: time.Second, Status: 503},
			{Latency: time.Second, Truncated: true},
			{Latency: time.Second, Reset: true},
		} {
			box.ClearFaults()
			a.fault(f)
			start := time.Now()
			resp, err := ask("GET", "/links")
			if waited := time.Since(start); waited != f.Latency {
				t.Errorf("%+v took %s", f, waited)
			}
			if f.Reset != errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%+v: %v %v", f, resp, err)
			}
			if f.Latency > time.Hour && resp.StatusCode != 401 {
				t.Errorf("the token did not age while waiting: %d", resp.StatusCode)
			}
		}
	})
}

// Whoever gives up need not wait, and others do not wait along.
func TestFaultLatencyEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := New()
		a := &api{TB: t, box: box}
		a.authorize()
		link := "/links/" + a.link(1)
		a.fault(Fault{Operation: "delete_link", Latency: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		go func() {
			synctest.Wait()
			a.get(link).want(t, 200)
			if waited := time.Since(start); waited != 0 {
				t.Errorf("another call took %s", waited)
			}
		}()
		req, _ := http.NewRequestWithContext(ctx, "DELETE", "http://sandbox.example"+link, nil)
		req.Header.Set("Authorization", "Bearer "+a.token)
		if _, err := box.Transport().RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("took %s", waited)
		}
		if got := a.get(link).text("state"); got != string(connected) {
			t.Errorf("the link is %s", got)
		}
	})
}

// watched tells when someone begins to wait for its end.
type watched struct {
	context.Context
	begun func()
}

func (w watched) Done() <-chan struct{} {
	w.begun()
	return w.Context.Done()
}

// A server only notices that a client hung up once the request's body is read.
func TestFaultLatencyEndsWithTheConnection(t *testing.T) {
	a := newAPI(t)
	a.fault(Fault{Latency: time.Hour})
	ctx, hangUp := context.WithCancel(t.Context())
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		a.box.ServeHTTP(w, r.WithContext(watched{r.Context(), hangUp}))
	}))
	defer srv.Close()
	req, _ := http.NewRequestWithContext(ctx, "POST", srv.URL+"/link-session", strings.NewReader(`{}`))
	if resp, err := http.DefaultClient.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("%v %v", resp, err)
	}
	<-done
}

// kind is the JSON type of a value.
func kind(v any) string { return strings.TrimPrefix(fmt.Sprintf("%T", v), "json.") }

func TestFaultWrongTypes(t *testing.T) {
	a := newAPI(t)
	link := "/links/" + a.link(3)
	for _, path := range []string{
		"/links", "/institutions", link, link + "/accounts", link + "/accounts/numbers", link + "/identity", link + "/transactions?size=20",
		link + "/transactions/sync?size=20", link + "/investments/holdings", link + "/investments/transactions", "/links/mk_none", "/auth/introspect",
	} {
		good := a.get(path)
		a.fault(Fault{WrongTypes: true})
		bad := a.unheld("GET", path)
		again := a.unheld("GET", path)
		a.box.ClearFaults()
		object, ok := bad.at().(map[string]any)
		if !ok || bad.status != good.status || !bytes.Equal(bad.body, again.body) {
			t.Errorf("%s: %d %s", path, bad.status, bad.body)
		}
		req := httptest.NewRequest("GET", path, nil)
		if conforms(req, bad) == nil {
			t.Errorf("%s is still what the contract says: %s", path, bad.body)
		}
		for name, value := range good.at().(map[string]any) {
			if !differs(value, object[name]) {
				t.Errorf("%s: %s was %v and is %v", path, name, value, object[name])
			}
		}
	}
}

// differs tells whether a value and all in it have another type than before.
func differs(before, after any) bool {
	if before == nil {
		return after == nil
	}
	if kind(before) == kind(after) {
		return false
	}
	switch before := before.(type) {
	case []any:
		object, _ := after.(map[string]any)
		for i, item := range before {
			if !differs(item, object[strconv.Itoa(i)]) {
				return false
			}
		}
		return len(object) == len(before)
	case map[string]any:
		list, _ := after.([]any)
		names := slices.Sorted(maps.Keys(before))
		for i, name := range names {
			if len(list) != len(names) || !differs(before[name], list[i]) {
				return false
			}
		}
	}
	return true
}

func TestFaultEscapeSequences(t *testing.T) {
	a := newAPI(t)
	link := "/links/" + a.link(3)
	escaped := map[string]bool{}
	for _, path := range []string{
		"/institutions", link, link + "/accounts", link + "/identity", link + "/transactions?size=50", link + "/transactions/sync?size=50",
		link + "/investments/holdings", link + "/investments/transactions", "/links/" + a.link(4), "/links/mk_none", "/auth/introspect", "/links?limit=1",
	} {
		good := a.get(path)
		a.fault(Fault{EscapeSequences: true})
		bad := a.get(path) // which is held against the contract
		a.box.ClearFaults()
		var walk func(name string, before, after any)
		walk = func(name string, before, after any) {
			text, isText := before.(string)
			switch {
			case isText && after == "\x1b[2J\x1b]0;taken over\x07\u202e"+text+"\x07":
				escaped[name] = true
			case kind(before) == "map[string]interface {}":
				for name, value := range before.(map[string]any) {
					walk(name, value, after.(map[string]any)[name])
				}
			case kind(before) == "[]interface {}":
				for i, value := range before.([]any) {
					walk(name, value, after.([]any)[i])
				}
			case !reflect.DeepEqual(before, after):
				t.Errorf("%s: %s was %v and is %q", path, name, before, after)
			}
		}
		walk("", good.at(), bad.at())
	}
	want := []string{
		"app_name", "city", "client_name", "description", "error_message", "institution_name", "link_tags", "message",
		"name", "names", "nickname", "raw_description", "region", "street", "tags",
	}
	if got := slices.Sorted(maps.Keys(escaped)); !slices.Equal(got, want) {
		t.Errorf("escaped are %v\nwant %v", got, want)
	}
}

// Money keeps every digit, also those a float would drop.
func TestFaultsKeepNumbers(t *testing.T) {
	const text = `{"a":10.00,"b":[-0.10,12345678901234567890.123456789],"c":1e2,"d":"<&>"}`
	box := New()
	c := &call{Request: httptest.NewRequest("GET", "/links", nil)}
	got := string(box.spoil(&Fault{EscapeSequences: true, LoopingCursor: true}, route{id: "get_links"}, c, []byte(text)))
	if want := strings.NewReplacer("<", `\u003c`, "&", `\u0026`, ">", `\u003e`).Replace(text); got != want {
		t.Errorf("%s became %s", text, got)
	}
	got = string(box.spoil(&Fault{WrongTypes: true}, route{}, c, []byte(text)))
	if want := `{"a":"10.00","b":{"0":"-0.10","1":"12345678901234567890.123456789"},"c":"1e2","d":true}`; got != want {
		t.Errorf("%s became %s", text, got)
	}
}

func TestFaultLoopingCursor(t *testing.T) {
	a := newAPI(t, WithLinks(560))
	sync := "/links/" + a.link(1) + "/transactions/sync"
	for _, x := range []struct {
		path string
		next []any
	}{
		{"/links?limit=500&", []any{"next_cursor"}},
		{"/links?limit=5000&", []any{"next_cursor"}},
		{"/institutions?limit=4&", []any{"cursors", "next"}},
		{"/institutions?", []any{"cursors", "next"}},
		{sync + "?size=20&", []any{"cursor", "next"}},
		{sync + "?size=500&", []any{"cursor", "next"}},
	} {
		normal := a.unheld("GET", x.path)
		a.fault(Fault{LoopingCursor: true})
		first := a.get(x.path).want(t, 200)
		cursor := first.text(x.next...)
		if given := normal.text(x.next...); cursor == "" || given != "" && given != cursor {
			t.Errorf("%s: the first page leads to %q, not %q", x.path, cursor, given)
		}
		page := a.get(x.path+"cursor="+cursor).want(t, 200)
		for range 3 {
			again := a.get(x.path+"cursor="+page.text(x.next...)).want(t, 200)
			if again.text(x.next...) != cursor || !reflect.DeepEqual(again.at(), page.at()) {
				t.Errorf("%s: the page leads to %.300s\nnot to itself %.300s", x.path, again.body, page.body)
			}
		}
		if more := page.at("has_more"); strings.HasPrefix(x.path, sync) && (more != true || first.at("has_more") != true) {
			t.Errorf("%s: has_more is %v", x.path, more)
		}
		a.box.ClearFaults()
	}
	a.fault(Fault{LoopingCursor: true})
	a.fault(Fault{LoopingCursor: true})
	if refused := a.get("/links?limit=1").want(t, 422); refused.at("next_cursor") != nil {
		t.Errorf("a refusal got a cursor: %s", refused.body)
	}
}
