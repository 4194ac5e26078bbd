package moneykit_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

// watcher keeps what a client shows its observers.
type watcher struct {
	mu   sync.Mutex
	seen []moneykit.Exchange
}

func (w *watcher) option() moneykit.Option {
	return moneykit.WithObserver(func(e moneykit.Exchange) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, e)
	})
}

func (w *watcher) exchanges() []moneykit.Exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]moneykit.Exchange(nil), w.seen...)
}

// TestEachAttemptIsShown sends a call through everything that makes another
// attempt: a lost connection, an expired token, a server that is busy.
func TestEachAttemptIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		a := &api{handle: sequence(answer(503, "busy"), answer(401, expired), answer(429, ""), answer(200, link()))}
		c := inMemory(t, a, w.option())
		began := time.Now()
		if _, err := c.UpdateLink(t.Context(), linkID, moneykit.LinkUpdate{Tags: &[]string{"a"}}); err != nil {
			t.Fatal(err)
		}
		type line struct {
			route         string
			attempt       int
			status        int
			id, sent, got string
		}
		var got []line
		for _, e := range w.exchanges() {
			got = append(got, line{e.Method + " " + e.Route, e.Attempt, e.Status, e.RequestID, string(e.RequestBody), string(e.ResponseBody)})
			same(t, "client", e.ClientID, testID)
			same(t, "content type", e.ResponseHeader.Get("Content-Type"), "application/json")
			same(t, "version", e.RequestHeader.Get("MoneyKit-Version"), moneykit.Version)
			if e.Err != nil || e.At.Before(began) || e.At.After(time.Now()) {
				t.Errorf("%+v", e.Err)
			}
			if e.Route == "/auth/token" {
				same(t, "URL", e.URL, "https://api.moneykit.com/auth/token")
				continue
			}
			same(t, "URL", e.URL, "https://api.moneykit.com/links/mk_link_4711")
			same(t, "authorization", e.RequestHeader["Authorization"], []string{"Bearer [redacted]"})
		}
		const patch, token, tags = "PATCH /links/{id}", "POST /auth/token", `{"tags":["a"]}`
		const form = "client_id=client_test&client_secret=%5Bredacted%5D&grant_type=client_credentials"
		const fresh = `{"access_token":"[redacted]","expires_in":3600,"token_type":"bearer"}`
		same(t, "exchanges", got, []line{
			{token, 1, 201, "req_token_1", form, fresh},
			{patch, 1, 503, "req_1", tags, "busy"},
			{patch, 2, 401, "req_2", tags, expired},
			{token, 1, 201, "req_token_2", form, fresh},
			{patch, 3, 429, "req_3", tags, ""},
			{patch, 4, 200, "req_4", tags, link()},
		})
	})
}

func TestALostConnectionIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		if err := get(t.Context(), inMemory(t, lost{}, w.option())); err == nil {
			t.Fatal("no error")
		}
		seen := w.exchanges()
		same(t, "exchanges", len(seen), 3)
		for i, e := range seen {
			same(t, "attempt", e.Attempt, i+1)
			if e.Status != 0 || e.Err == nil || e.Err.Error() != "connection reset by peer" || e.ResponseBody != nil {
				t.Errorf("%#v %v", e, e.Err)
			}
		}
	})
}

// TestExchangesTellNoSecret searches each byte of what observers are shown.
func TestExchangesTellNoSecret(t *testing.T) {
	const token = "tok-canary-1"
	for name, granted := range map[string]http.HandlerFunc{
		"a token":                   answer(201, `{"access_token":"`+token+`","token_type":"bearer","expires_in":60}`),
		"a token twice":             answer(201, `{"access_token":"x`+token+`","access_token":"`+token+`","token_type":"bearer"}`),
		"under another name":        answer(201, `{"access_token":"a","refresh_token":"`+token+`","Access_Token":"`+token+`"}`),
		"inside something":          answer(201, `{"data":{"access_token":"`+token+`"},"error":{"token":"`+token+`"},"scope":["`+token+`"]}`),
		"not an object":             answer(201, `["`+token+`"]`),
		"a text":                    answer(201, `"`+token+`"`),
		"cut off":                   answer(201, `{"access_token":"`+token+`",`),
		"two of it":                 answer(201, `{"access_token":"`+token+`"}{"access_token":"`+token+`"}`),
		"a form":                    answer(201, `access_token=`+token+`&token_type=bearer`, "Content-Type", "application/x-www-form-urlencoded"),
		"a page":                    answer(502, `<html>`+token+`</html>`),
		"a refusal that quotes":     answer(401, `{"error_code":"api_error.auth.unauthorized","error_message":"`+testSecret+` is wrong"}`),
		"a refusal that quotes all": answer(422, `{"error_message":"m","validation_errors":[{"input":"`+testSecret+`"}],"error":"`+url.QueryEscape(testSecret)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			w := &watcher{}
			c := inMemory(t, &api{handle: answer(200, link()), token: granted}, w.option(), moneykit.WithRetries(0))
			_ = get(t.Context(), c)
			seen := w.exchanges()
			if len(seen) == 0 || seen[0].Route != "/auth/token" || len(seen[0].ResponseBody) == 0 {
				t.Fatalf("%#v", seen)
			}
			for _, e := range seen {
				text := everything(e)
				for _, secret := range []string{
					token, testSecret, url.QueryEscape(testSecret), strings.Trim(fmt.Sprintf("%q", testSecret), `"`),
					base64.StdEncoding.EncodeToString([]byte(testSecret)), "hunter2",
				} {
					if strings.Contains(text, secret) {
						t.Errorf("%q in %s", secret, text)
					}
				}
			}
		})
	}
}

// everything is all that an exchange holds.
func everything(e moneykit.Exchange) string {
	type plain moneykit.Exchange
	return fmt.Sprintf("%+v %s %s %v", plain(e), e.RequestBody, e.ResponseBody, e.Err)
}

// TestExchangesDoNotPrint tries every verb; what an exchange carries is other
// people's.
func TestExchangesDoNotPrint(t *testing.T) {
	w := &watcher{}
	body := link("webhook", `"https://canary.example"`)
	must(get(t.Context(), inMemory(t, &api{handle: answer(200, body)}, w.option())))
	e := w.exchanges()[1]
	same(t, "body", string(e.ResponseBody), body)
	same(t, "print", fmt.Sprint(e), "GET /links/{id} (request req_1): 200")
	type holder struct{ E moneykit.Exchange }
	for _, v := range []any{e, &e, []moneykit.Exchange{e}, holder{e}, map[string]any{"e": e}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			hides(t, fmt.Sprintf(verb, v), "canary", fmt.Sprintf("%x", "canary"), "mk_link")
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "e", e)
	hides(t, log.String(), "canary")
}

// TestTheLogTellsWhatHappenedAndNotWhatWasSaid reads the log of calls that go
// well, that are refused and that get no answer.
func TestTheLogTellsWhatHappenedAndNotWhatWasSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		a := &api{handle: sequence(answer(503, "answercanary"), answer(200, link("webhook", `"answercanary"`)), answer(410, `{"error_message":"answercanary"}`))}
		c := inMemory(t, a, moneykit.WithLogger(logger))
		_, err := c.Identities(t.Context(), linkID, "querycanary")
		must(err)
		hook := "https://requestcanary.example"
		if _, err := c.UpdateLink(t.Context(), linkID, moneykit.LinkUpdate{Webhook: &hook}); err == nil {
			t.Fatal("no error")
		}
		_ = get(t.Context(), inMemory(t, lost{}, moneykit.WithLogger(logger), moneykit.WithRetries(0)))
		hides(t, log.String(), "canary", "token-", "hunter2", url.QueryEscape(testSecret), "4711")

		type line struct {
			Level, Msg, Method, Route string
			Status, Attempt           int
			RequestID                 string `json:"request_id"`
			Error                     string
		}
		var got []line
		for d := json.NewDecoder(&log); d.More(); {
			var l line
			must(d.Decode(&l))
			got = append(got, l)
		}
		const identity = "/links/{id}/identity"
		same(t, "lines", got, []line{
			{"DEBUG", "moneykit", "POST", "/auth/token", 201, 1, "req_token_1", ""},
			{"WARN", "moneykit", "GET", identity, 503, 1, "req_1", ""},
			{"DEBUG", "moneykit", "GET", identity, 200, 2, "req_2", ""},
			{"WARN", "moneykit", "PATCH", "/links/{id}", 410, 1, "req_3", ""},
			{"WARN", "moneykit", "POST", "/auth/token", 0, 1, "", "connection reset by peer"},
		})
	})
}

// A failed renewal is the call's error: nothing is sent with no token at all.
func TestAFailedRenewalEndsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(401, expired), token: sequence(numbered("1"), answer(503, ""))}
		err := get(t.Context(), inMemory(t, a))
		refused := (*moneykit.Error)(nil)
		if !errors.As(err, &refused) || refused.Status != 503 || refused.Route != "/auth/token" {
			t.Errorf("%v", err)
		}
		calls, tokens := a.asked()
		same(t, "calls and tokens", []int{len(calls), tokens}, []int{1, 4})
	})
}

// A deletion that was refused did nothing, so a link that is gone afterwards
// was deleted by somebody else.
func TestARefusedDeletionDidNothing(t *testing.T) {
	gone := answer(410, `{"error_code":"link_error.deleted","error_message":"Gone."}`)
	for name, first := range map[string]http.HandlerFunc{"an expired token": answer(401, expired), "too many requests": answer(429, "")} {
		synctest.Test(t, func(t *testing.T) {
			_, err := inMemory(t, &api{handle: sequence(first, gone)}).DeleteLink(t.Context(), linkID)
			if !errors.Is(err, moneykit.LinkDeleted) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// What needs no token asks for none, whatever the server says.
func TestKeysNeedNoToken(t *testing.T) {
	a := &api{handle: answer(401, expired)}
	if _, err := inMemory(t, a).JWKS(context.Background()); !errors.Is(err, moneykit.ExpiredAccessToken) {
		t.Error(err)
	}
	calls, tokens := a.asked()
	same(t, "calls and tokens", []int{len(calls), tokens}, []int{1, 0})
}
