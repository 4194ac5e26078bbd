package sandbox

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func (a *api) events(query string) eventsAnswer {
	a.Helper()
	return into[eventsAnswer](a, a.get("/sandbox/events"+query).want(a, 200))
}

func TestEventsTellWhatHappened(t *testing.T) {
	a := newAPI(t)
	if got := a.events(""); len(got.Events) != 1 || got.Events[0].Operation != "create_access_token" {
		t.Errorf("at first: %+v", got)
	}
	a.refresh(8, transactionsProduct).want(t, 202)
	a.advance("2s")
	a.post("/sandbox/clock", `{"rate":3}`)
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	var told []string
	got := a.events("")
	for i, h := range got.Events {
		if h.Seq != got.Events[0].Seq+uint64(i) || h.At.Before(noon) || h.At.After(a.box.Now()) {
			t.Errorf("%+v", h)
		}
		told = append(told, strings.TrimSpace(fmt.Sprint(h.Kind, " ", h.Product, h.State, " ", h.ErrorCode)))
	}
	want := "request|product transactionspending|request|product transactionsin_progress|product transactionsfailed|clock|request|clock|link error auth_expired|request"
	if strings.Join(told, "|") != want || got.Last != 10 || got.Events[1].LinkID != a.link(8) || got.Events[4].Message == "" {
		t.Errorf("%q, last %d", told, got.Last)
	}
	last := got.Events[9]
	if last.Operation != "reset_link" || last.Method != "POST" || last.Status != 200 || last.LinkID != a.link(1) || !strings.HasPrefix(last.RequestID, "req_") {
		t.Errorf("%+v", last)
	}
	for after, want := range map[string]int{"?after=0": 10, "?after=4": 6, "?after=10": 0, "?after=99": 0} {
		got := a.events(after)
		if len(got.Events) != want || want > 0 && got.Last != 10 || want > 0 && got.Events[want-1].Seq != 10 {
			t.Errorf("%s: %+v", after, got)
		}
	}
	for _, query := range []string{"?after=-1", "?after=x", "?after=1e3", "?after=99999999999999999999"} {
		a.get("/sandbox/events"+query).refused(t, 422, "api_error.request.validation_failed")
	}
}

func TestEventsAreBounded(t *testing.T) {
	a := newAPI(t)
	for n := 1; n <= 2*eventsKept+eventsKept/2; n++ {
		if err := a.box.SetRate(float64(n)); err != nil {
			t.Fatal(err)
		}
		if kept := len(a.box.chronicle.kept); kept > 2*eventsKept {
			t.Fatalf("%d happenings are kept", kept)
		}
		if n%777 != 0 && n%1000 != 0 {
			continue
		}
		got := a.events("")
		all := n + 1 // with the request for a token
		if len(got.Events) != min(all, eventsKept) || got.Last != uint64(all) || got.Events[0].Seq != uint64(max(0, all-eventsKept)+1) {
			t.Errorf("after %d: %d events from %d to %d", n, len(got.Events), got.Events[0].Seq, got.Last)
		}
	}
}

// stream follows the events as a browser does.
type stream struct {
	testing.TB
	resp  *http.Response
	lines *bufio.Scanner
}

func follow(t testing.TB, ctx context.Context, client *http.Client, url string) *stream {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html, text/event-stream")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Content-Type") != "text/event-stream" || resp.StatusCode != 200 || resp.Header.Get("X-Request-Id") == "" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return &stream{t, resp, bufio.NewScanner(resp.Body)}
}

// next reads one event.
func (s *stream) next() happening {
	s.Helper()
	var fields []string
	for s.lines.Scan() && s.lines.Text() != "" {
		fields = append(fields, s.lines.Text())
	}
	if len(fields) != 3 {
		s.Fatalf("%q: %v", fields, s.lines.Err())
	}
	var h happening
	if err := json.Unmarshal([]byte(strings.TrimPrefix(fields[2], "data: ")), &h); err != nil {
		s.Fatal(err)
	}
	if fields[0] != fmt.Sprint("id: ", h.Seq) || fields[1] != "event: "+h.Kind {
		s.Errorf("%q", fields)
	}
	return h
}

func TestEventsAreStreamed(t *testing.T) {
	box := New()
	handled := make(chan bool)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		box.ServeHTTP(w, r)
		handled <- true
	}))
	defer srv.Close()
	for n := range 3 {
		if err := box.SetRate(float64(n)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	s := follow(t, ctx, srv.Client(), srv.URL+"/sandbox/events?after=1")
	for _, want := range []uint64{2, 3} {
		if got := s.next(); got.Seq != want {
			t.Errorf("%+v, want %d", got, want)
		}
	}
	for want := uint64(4); want < 40; want++ {
		if err := box.SetRate(1); err != nil {
			t.Fatal(err)
		}
		if got := s.next(); got.Seq != want {
			t.Errorf("%+v, want %d", got, want)
		}
	}
	leave()
	<-handled // whoever leaves is not told any more
}

func TestEventsEndWithTheServer(t *testing.T) {
	box := New()
	srv, err := box.Listen()
	if err != nil {
		t.Fatal(err)
	}
	s := follow(t, t.Context(), http.DefaultClient, srv.URL()+"/sandbox/events")
	if err := box.SetRate(2); err != nil {
		t.Fatal(err)
	}
	s.next()
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, s.resp.Body) // ends
	_ = s.resp.Body.Close()
}

// What a server allows a request to take does not count for a stream.
func TestEventsOutliveTheReadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := New()
		ours, theirs := net.Pipe()
		srv := &http.Server{Handler: box, ReadTimeout: time.Minute}
		go func() { _ = srv.Serve(&onePipe{conn: theirs, closed: make(chan struct{})}) }()
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}}
		s := follow(t, t.Context(), client, "http://sandbox/sandbox/events")
		time.Sleep(time.Hour)
		if err := box.SetRate(2); err != nil {
			t.Fatal(err)
		}
		if got := s.next(); got.Kind != "clock" {
			t.Errorf("%+v", got)
		}
		_ = s.resp.Body.Close()
		_ = srv.Close()
	})
}

// A client that is not told as it happens gets what there is.
func TestEventsInProcess(t *testing.T) {
	a := newAPI(t)
	a.refresh(1, accountsProduct).want(t, 202)
	req := httptest.NewRequest("GET", "/sandbox/events", nil)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t, resp, bufio.NewScanner(resp.Body)}
	if first, second := s.next(), s.next(); first.Operation != "create_access_token" || second.Product != accountsProduct {
		t.Errorf("%+v, %+v", first, second)
	}
}

// A browser that lost the stream goes on where it was.
func TestEventsGoOn(t *testing.T) {
	a := newAPI(t)
	a.refresh(1, accountsProduct).want(t, 202)
	if got := a.events("?after=99"); got.Last != a.events("").Last || len(got.Events) != 0 {
		t.Errorf("after what is not there yet: %+v", got)
	}
	req := httptest.NewRequest("GET", "/sandbox/events", nil)
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Last-Event-ID", "2")
	resp, err := a.box.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if s := (&stream{t, resp, bufio.NewScanner(resp.Body)}); s.next().Seq != 3 {
		t.Error("it begins anew")
	}
}

func TestWithoutControls(t *testing.T) {
	a := newAPI(t, WithControls(false))
	for _, line := range []string{
		"GET /sandbox/clock", "POST /sandbox/clock", "GET /sandbox/events", "GET /sandbox/faults", "POST /sandbox/faults", "DELETE /sandbox/faults",
		"DELETE /sandbox/faults/1", "POST /sandbox/connect", "POST /sandbox/connect/next", "GET /sandbox/bank/x", "POST /sandbox/bank/x",
		"POST /sandbox/links/" + a.link(1) + "/state", "GET /sandbox/", "GET /sandbox",
	} {
		method, path, _ := strings.Cut(line, " ")
		a.call(method, path, nil).refused(t, 404, "api_error.request.not_found")
	}
	a.get("/links/"+a.link(1)+"/transactions/sync").want(t, 200)
	a.refresh(1, transactionsProduct).want(t, 202)
	a.fault(Fault{Status: 503, Operation: "get_links", Times: 1})
	if got := a.unheld("GET", "/links"); got.status != 503 {
		t.Errorf("status %d", got.status)
	}
	if err := a.box.Advance(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	if p := a.show(1).Products.Transactions; !p.RefreshedAt.After(noon) {
		t.Errorf("%+v", p)
	}
}
