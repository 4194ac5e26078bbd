package inspect_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/sandbox"
)

// added is what a log has made of e.
func added(e moneykit.Exchange) inspect.Entry {
	log := inspect.NewLog()
	log.Add(e)
	return log.Entries()[0]
}

func TestTheErrorCodeOutlivesTheBody(t *testing.T) {
	log := inspect.NewLog()
	log.Add(answered("GET", "/links/{id}", "/links/mk_1", 422, refusal))
	log.Add(weighing(inspect.MaxBodies - 1))
	entries := log.Entries()
	if !entries[1].BodiesGone {
		t.Fatal("the body is kept")
	}
	want(t, entries[1].Outcome(), "422 link_error.bad_state")
	got := bundle("mk_1", entries).Markdown()
	if strings.Count(got, "422 link_error.bad_state") != 2 { // in the events and in the table
		t.Error(got)
	}
}

func TestTheErrorCodeIsFoundOnce(t *testing.T) {
	for body, outcome := range map[string]string{
		`{"error_code":"a.b"}`:                                                "500 a.b",
		`{"error_code":5}`:                                                    "500",
		`{"error_code":["a.b"]}`:                                              "500",
		`{"error_code":"a.b"`:                                                 "500",
		`{"error_code":"` + strings.Repeat("x", 101) + `"}`:                   "500 " + strings.Repeat("x", 95) + "[cut]",
		`{"error_code":"` + strings.Repeat("x", 100) + `"}`:                   "500 " + strings.Repeat("x", 100),
		`{"error_code":"a.b","x":"` + strings.Repeat("x", 64<<10) + `"}`:      "500",
		`{"error_code":"a.b","x":"` + strings.Repeat("x", 64<<10-30) + `"}  `: "500 a.b",
	} {
		e := added(answered("GET", "/links", "/links", 500, body))
		want(t, e.Outcome(), outcome)
		e.ResponseBody = []byte(`{"error_code":"other"}`)
		want(t, e.Outcome(), outcome)
	}
	want(t, added(answered("GET", "/links", "/links", 200, `{"error_code":"a.b"}`)).Outcome(), "200")
}

func TestOutcomeOfALargeRefusalReadsNothing(t *testing.T) {
	e := added(answered("GET", "/links", "/links", 500, `{"error_code":"a.b","x":"`+strings.Repeat("x", 60<<10)+`"}`))
	if n := testing.AllocsPerRun(10, func() { _ = e.Outcome() }); n > 3 {
		t.Errorf("%v allocations", n)
	}
}

func TestSizesAreThoseOnTheWire(t *testing.T) {
	e := sent("POST", "/auth/token", "/auth/token", "application/x-www-form-urlencoded", "client_secret=%5Bredacted%5D")
	e.ResponseBody, e.Sent, e.Received = []byte(`{"access_token":"[redacted]"}`), 77, 1234
	for _, entry := range []inspect.Entry{{Exchange: e}, added(e)} {
		if entry.Sent() != 77 || entry.Received() != 1234 {
			t.Errorf("sent %d, received %d", entry.Sent(), entry.Received())
		}
		if got := screen(inspect.Show(entry)); !strings.Contains(got, "Sent: 77 bytes\nReceived: 1234 bytes\n") {
			t.Error(got)
		}
	}
	e.Sent, e.Received = 0, 0
	if entry := added(e); entry.Sent() != len(e.RequestBody) || entry.Exchange.Received != len(e.ResponseBody) {
		t.Errorf("sent %d, received %d", entry.Sent(), entry.Received())
	}
}

func TestShowOfABodyThatWasNotKept(t *testing.T) {
	e := answered("GET", "/links", "/links", 200, "")
	e.ResponseBody, e.Received = nil, 32<<20+1
	e.Err = &moneykit.ResponseError{Reason: "the answer is larger than 32 MB"}
	got := inspect.Show(added(e))
	want(t, screen(section(t, got, "Response body")), "The body was not kept; it had 33554433 bytes.\n")
	want(t, screen(section(t, got, "Request body")), "none\n")
	want(t, added(e).Outcome(), "the answer is larger than 32 MB")
}

// flood answers everything but token requests with more than the client reads.
type flood struct{ next http.RoundTripper }

func (f flood) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := f.next.RoundTrip(req)
	if err == nil && req.URL.Path != "/auth/token" {
		res.ContentLength, res.Body = -1, io.NopCloser(io.LimitReader(zeros{}, 40<<20))
	}
	return res, err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestATooLargeAnswerAsTheClientTellsIt(t *testing.T) {
	box, log := sandbox.New(), inspect.NewLog()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(flood{box.Transport()}), moneykit.WithObserver(log.Add))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Link(t.Context(), "mk_1"); err == nil {
		t.Fatal("no error")
	}
	entries := log.Entries()
	e := entries[0]
	want(t, e.Outcome(), "the answer is larger than 32 MB")
	want(t, screen(section(t, inspect.Show(e), "Response body")), "The body was not kept; it had 33554433 bytes.\n")
	if token := entries[len(entries)-1]; token.Failed() || token.Received() != token.Exchange.Received {
		t.Errorf("%v: received %d", token, token.Received())
	}
}

func TestHeadersAreCut(t *testing.T) {
	e := weighing(1)
	e.RequestID = strings.Repeat("r", 10_000)
	e.URL += "?cursor=" + strings.Repeat("u", 1<<20)
	e.Err = fmt.Errorf("%s: %w", strings.Repeat("e", 1<<20), &moneykit.ResponseError{Reason: "why"})
	e.ResponseHeader = http.Header{"Set-Cookie": {strings.Repeat("x", 10_000), "short"}, "Www-Authenticate": {strings.Repeat("é", 5_000)}}
	for i := range 2_000 {
		e.ResponseHeader[fmt.Sprintf("A-%d", i)] = []string{"junk"}
	}
	given := maps.Clone(e.ResponseHeader)
	cookies := slices.Clone(e.ResponseHeader["Set-Cookie"])
	got := added(e)
	if !maps.EqualFunc(given, e.ResponseHeader, slices.Equal) || !slices.Equal(cookies, given["Set-Cookie"]) {
		t.Error("the exchange was changed")
	}
	if n := len(got.RequestID); n > 200 || len(got.URL) > 8<<10 || len(got.Err.Error()) > 4<<10 {
		t.Errorf("request id %d, URL %d, error %d bytes", n, len(got.URL), len(got.Err.Error()))
	}
	want(t, got.Outcome(), "why")
	if value := got.ResponseHeader.Get("Www-Authenticate"); len(value) > 4<<10 || !strings.HasSuffix(value, "é[cut]") {
		t.Errorf("%d bytes", len(value))
	}
	total := 0
	for name, values := range got.ResponseHeader {
		total += len(name) + len(strings.Join(values, ""))
	}
	if total > 64<<10 || len(got.ResponseHeader) > 1_000 {
		t.Errorf("%d headers, %d bytes", len(got.ResponseHeader), total)
	}
	lines := section(t, inspect.Show(got), "Response headers")
	if last := lines[len(lines)-1].Before; !strings.HasSuffix(last, " bytes of headers that were not kept") {
		t.Error(last)
	}
	if !strings.Contains(curl(got.Exchange, nil), "[cut]'") {
		t.Error("the command hides that its address was cut")
	}
}

func TestOrdinaryHeadersAreKeptAsTheyAre(t *testing.T) {
	e := weighing(1)
	got := added(e)
	if !maps.EqualFunc(got.RequestHeader, e.RequestHeader, slices.Equal) || got.URL != e.URL || got.RequestID != e.RequestID {
		t.Errorf("%v", got.RequestHeader)
	}
	e.RequestHeader["Accept"][0] = "other"
	e.RequestHeader.Set("User-Agent", "other")
	if got.RequestHeader.Get("Accept") == "other" || got.RequestHeader.Get("User-Agent") == "other" {
		t.Error("what is kept changes with the exchange")
	}
	if e.ResponseHeader = nil; added(e).ResponseHeader != nil {
		t.Error("headers of no answer")
	}
}

// A server that sends nothing but headers does not take the room of bodies, nor
// more than the room there is.
func TestHeadersMakeRoomForHeaders(t *testing.T) {
	log := inspect.NewLog()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 2 * inspect.MaxExchanges {
		e := weighing(20)
		e.ResponseHeader = http.Header{}
		e.URL = strings.Repeat("u", 100_000)
		for j := range 16 {
			e.ResponseHeader[fmt.Sprintf("X-%d", j)] = []string{strings.Repeat("x", 3_900+i%2)}
		}
		log.Add(e)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := int64(after.HeapAlloc) - int64(before.HeapAlloc); n > inspect.MaxBodies {
		t.Errorf("%d bytes are kept", n)
	}
	entries := log.Entries()
	oldest := entries[len(entries)-1]
	if entries[0].BodiesGone || len(entries[0].ResponseHeader) != 16 || oldest.BodiesGone || oldest.ResponseHeader != nil {
		t.Errorf("%d headers of the newest, %d of the oldest", len(entries[0].ResponseHeader), len(oldest.ResponseHeader))
	}
	want(t, screen(section(t, inspect.Show(oldest), "Response headers")), "The headers are no longer kept.\n")
	if got := inspect.Curl(oldest, nil); !strings.Contains(got, "-H '[no longer kept]'") {
		t.Error(got)
	}
}

// Room behind a body counts, and is not kept where there is much of it.
func TestTheRoomBehindBodies(t *testing.T) {
	e := weighing(0)
	e.ResponseBody, e.Err = append(make([]byte, 0, inspect.MaxBodies), "cut of"...), errors.New("broke off")
	if got := added(e); cap(got.ResponseBody) > 100 || string(got.ResponseBody) != "cut of" {
		t.Errorf("%q of %d bytes", got.ResponseBody, cap(got.ResponseBody))
	}
	const half = inspect.MaxBodies / 2
	log := inspect.NewLog()
	for range 2 {
		e := weighing(0)
		e.ResponseBody = make([]byte, half-half/16, half)
		log.Add(e)
	}
	if got := log.Entries()[1]; !got.BodiesGone || got.Received() != half-half/16 {
		t.Errorf("%d bytes are kept beside as many", cap(got.ResponseBody))
	}
}

func TestBodiesLeaveRoomForHeaders(t *testing.T) {
	e := weighing(inspect.MaxBodies - 100) // with its headers it is too large
	if got := added(e); !got.BodiesGone || got.RequestHeader == nil {
		t.Errorf("gone %v, headers %v", got.BodiesGone, got.RequestHeader)
	}
}
