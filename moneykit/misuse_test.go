package moneykit_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

func TestOptionsRefuseNothing(t *testing.T) {
	for name, option := range map[string]moneykit.Option{
		"nil": nil, "client": moneykit.WithHTTPClient(nil), "logger": moneykit.WithLogger(nil), "observer": moneykit.WithObserver(nil),
		"clock": moneykit.WithClock(nil), "report": moneykit.WithDriftReport(nil), "rate": moneykit.WithRateLimit(math.NaN(), 1),
		"age": moneykit.WithWebhookMaxAge(0),
	} {
		if _, err := moneykit.New(credentials(), option); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestTheZeroDriftReportWorks(t *testing.T) {
	var report moneykit.DriftReport
	c := inMemory(t, &api{handle: answer(200, link("new", "1"))}, moneykit.WithDriftReport(&report))
	if err := get(t.Context(), c); err != nil || len(report.Found()) != 1 {
		t.Errorf("%v %v", err, report.Found())
	}
}

// Transports of tests give answers without a body, or none at all.
func TestOddTransports(t *testing.T) {
	empty := inMemory(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			return &http.Response{StatusCode: 204, Request: r}, nil
		}
		return (&api{}).RoundTrip(r)
	}))
	if _, err := empty.DeleteLink(t.Context(), linkID); err != nil {
		t.Error(err)
	}
	nothing := inMemory(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil }), moneykit.WithRetries(0))
	if err := get(t.Context(), nothing); err == nil {
		t.Error("no error")
	}
}

// A time-out of the transport is not the caller's.
func TestATransportsTimeoutIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: sequence(slow(time.Hour, nil), answer(200, link()))}
		c := build(t, moneykit.WithHTTPClient(&http.Client{Transport: a, Timeout: time.Second}))
		if err := get(t.Context(), c); err != nil {
			t.Error(err)
		}
	})
}

func TestACursorThatComesBackEndsTheWalk(t *testing.T) {
	page := func(next string) http.HandlerFunc { return answer(200, `{"links":[],"next_cursor":"`+next+`"}`) }
	a := &api{handle: sequence(page("a"), page("b"), page("a"), page("b"), page(""))}
	var last error
	for _, err := range inMemory(t, a).Links(t.Context(), 0) {
		last = err
	}
	calls, _ := a.asked()
	if last == nil || len(calls) != 3 {
		t.Errorf("%d calls, %v", len(calls), last)
	}
}

func TestASyncKeepsItsCursorWhenItIsToldNone(t *testing.T) {
	a := &api{handle: answer(200, `{"transactions":{},"cursor":{"next":null},"has_more":false}`)}
	page, err := inMemory(t, a).SyncTransactions(t.Context(), linkID, "kept", 0)
	if err != nil || page.Cursor.Next != "kept" {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestATokenThatDoesNotSayHowLongIsKeptForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(200, link()), token: answer(201, `{"access_token":"token-1","token_type":"bearer"}`)}
		c := inMemory(t, a)
		for range 3 {
			must(get(t.Context(), c))
		}
		if _, tokens := a.asked(); tokens != 1 {
			t.Errorf("%d tokens", tokens)
		}
	})
}

func TestObjectsAreReadBackFromTheirJSON(t *testing.T) {
	got, err := inMemory(t, &api{handle: answer(200, link("new", "1"))}).Link(t.Context(), linkID)
	must(err)
	again, err := moneykit.Decode[moneykit.Link](got.JSON())
	must(err)
	again.Response = got.Response
	same(t, "link", *again, *got)
	if _, err := moneykit.Decode[moneykit.Link]([]byte("{")); err == nil {
		t.Error("half an object was read")
	}
}

func TestWebhooksSurviveAQueue(t *testing.T) {
	sent, err := moneykit.ParseWebhook([]byte(stateChanged))
	must(err)
	queued, err := json.Marshal(sent)
	must(err)
	var got moneykit.Webhook
	must(json.Unmarshal(queued, &got))
	same(t, "webhook", got.State, sent.State)
	same(t, "key", got.IdempotencyKey, sent.IdempotencyKey)
}

func TestDatesInDatabases(t *testing.T) {
	var (
		_ driver.Valuer = moneykit.Date{}
		_ sql.Scanner   = (*moneykit.Date)(nil)
	)
	day := moneykit.Date{Year: 2026, Month: time.March, Day: 9}
	for _, want := range []moneykit.Date{day, {}} {
		stored, err := want.Value()
		must(err)
		got := moneykit.Date{Year: 1}
		must(got.Scan(stored))
		same(t, "date", got, want)
	}
	var got moneykit.Date
	must(got.Scan(time.Date(2026, 3, 9, 23, 0, 0, 0, time.UTC)))
	same(t, "a column of dates", got, day)
	if got.Scan(int64(1)) == nil || got.Scan("9.3.2026") == nil {
		t.Error("no date was taken for one")
	}
	text, err := day.MarshalText()
	must(err)
	same(t, "text", string(text), "2026-03-09")
}

func TestSecretsAreComparedByValue(t *testing.T) {
	if !moneykit.NewSecret("a").Equal(moneykit.NewSecret("a")) || moneykit.NewSecret("a").Equal(moneykit.NewSecret("b")) {
		t.Error("secrets are not compared by value")
	}
}
