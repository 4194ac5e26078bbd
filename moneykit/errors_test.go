package moneykit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

func TestRefusals(t *testing.T) {
	for _, x := range []struct {
		name   string
		status int
		body   string
		is     moneykit.ErrorCode
		want   moneykit.Error // but for Call and Code
		text   string
	}{
		{
			"410", 410, `{"error_code":"link_error.deleted","error_message":"Gone."}`, moneykit.LinkDeleted,
			moneykit.Error{Message: "Gone."},
			"moneykit: GET /links/{id} (request req_1): 410 link_error.deleted Gone.",
		},
		{
			"422 of a link", 422, `{"error_code":"link_error.bad_state","error_message":"Bad.","link_error_code":"auth_expired","documentation_url":"https://d"}`,
			moneykit.LinkBadState,
			moneykit.Error{Message: "Bad.", LinkError: moneykit.AuthExpired, DocumentationURL: "https://d"},
			"moneykit: GET /links/{id} (request req_1): 422 link_error.bad_state Bad. auth_expired",
		},
		{
			"422 of a request", 422, `{"error_code":"api_error.request.validation_failed","error_message":"Request validation error",
				"validation_errors":[{"location":["body","products",1,"x"],"message":"no","type":"enum"},{"location":[],"message":"m","type":"t"}]}`,
			moneykit.ValidationFailed,
			moneykit.Error{Message: "Request validation error", Validation: []moneykit.ValidationError{
				{Location: []moneykit.Segment{"body", "products", "1", "x"}, Message: "no", Type: "enum"},
				{Location: []moneykit.Segment{}, Message: "m", Type: "t"},
			}},
			"moneykit: GET /links/{id} (request req_1): 422 api_error.request.validation_failed Request validation error; [body products 1 x]: no; []: m",
		},
		{
			"an unknown code", 418, `{"error_code":"api_error.teapot","error_message":"Short and stout."}`, "api_error.teapot",
			moneykit.Error{Message: "Short and stout."},
			"moneykit: GET /links/{id} (request req_1): 418 api_error.teapot Short and stout.",
		},
		{
			"a proxy's page", 502, "<html><body>Bad gateway</body></html>", "",
			moneykit.Error{Message: "Bad Gateway"},
			"moneykit: GET /links/{id} (request req_1): 502 Bad Gateway",
		},
		{
			"an empty 500", 500, "", "",
			moneykit.Error{Message: "Internal Server Error"},
			"moneykit: GET /links/{id} (request req_1): 500 Internal Server Error",
		},
		{
			"half of it", 404, `{"error_code":"link_error.not_fo`, "",
			moneykit.Error{Message: "Not Found"},
			"moneykit: GET /links/{id} (request req_1): 404 Not Found",
		},
		{
			"another shape", 400, `{"error_code":"link_error.bad_config","error_message":"M","validation_errors":{"detail":1}}`, moneykit.LinkBadConfig,
			moneykit.Error{Message: "M"},
			"moneykit: GET /links/{id} (request req_1): 400 link_error.bad_config M",
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := get(t.Context(), inMemory(t, &api{handle: answer(x.status, x.body)}, moneykit.WithRetries(0)))
			got := (*moneykit.Error)(nil)
			if !errors.As(err, &got) {
				t.Fatalf("%T: %v", err, err)
			}
			x.want.Status, x.want.Code = x.status, x.is
			x.want.Call = moneykit.Call{Method: "GET", Route: "/links/{id}", RequestID: "req_1"}
			same(t, "error", *got, x.want)
			same(t, "text", err.Error(), x.text)
			same(t, "request id", moneykit.RequestID(err), "req_1")
			if x.is != "" && !errors.Is(err, x.is) || errors.Is(err, moneykit.ErrorCode("other")) || errors.Is(err, errors.ErrUnsupported) {
				t.Error("errors.Is goes by the code alone")
			}
			hides(t, err.Error())
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "1": time.Second, "0": 0, "-5": 0, "": 0, "soon": 0, "1.5": 0,
		"Sat, 01 Jan 2000 00:01:30 GMT": 90 * time.Second, // a synctest bubble begins at midnight of that day
		"Fri, 31 Dec 1999 23:59:59 GMT": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			err := get(t.Context(), inMemory(t, &api{handle: answer(429,
				`{"error_code":"api_error.rate_limit_exceeded","error_message":"Rate limit exceeded"}`, "Retry-After", value)}))
			got := (*moneykit.Error)(nil)
			if !errors.As(err, &got) || !errors.Is(err, moneykit.RateLimitExceeded) {
				t.Fatalf("%v", err)
			}
			same(t, "Retry-After: "+value, got.RetryAfter, want)
		})
	}
	// Longer than a Duration holds is long, not in the past.
	err := get(t.Context(), inMemory(t, &api{handle: answer(503, "", "Retry-After", "99999999999999")}))
	if got := (*moneykit.Error)(nil); !errors.As(err, &got) || got.RetryAfter < 24*time.Hour {
		t.Errorf("%v", got.RetryAfter)
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"link_id":`))
	}
	large := func(w http.ResponseWriter, _ *http.Request) {
		block := []byte(strings.Repeat(" ", 1<<20))
		for range 33 {
			_, _ = w.Write(block)
		}
	}
	for _, x := range []struct {
		name   string
		handle http.HandlerFunc
		status int
		reason string
	}{
		{"HTML", answer(200, "<html>"), 200, "not the JSON"},
		{"nothing", answer(200, ""), 200, "not the JSON"},
		{"half of it", answer(200, link()[:40]), 200, "not the JSON"},
		{"two of it", answer(200, link()+link()), 200, "not the JSON"},
		{"another shape", answer(200, `[1]`), 200, "not the JSON"},
		{"a bad time", answer(200, link("last_synced_at", `"yesterday"`)), 200, "not the JSON"},
		{"cut off", cut, 200, "broke off"},
		{"too large", large, 200, "larger than 32 MB"},
		{"a link without an id", answer(200, `{}`), 200, "has no link_id"},
		{"more objects than a page has", answer(200, link("tags", "["+strings.Repeat("{},", 200_000)+"{}]")), 200, "more objects"},
		{"not modified", answer(304, ""), 304, "unexpected status 304"},
	} {
		t.Run(x.name, func(t *testing.T) {
			a := &api{handle: x.handle}
			err := get(t.Context(), overHTTP(t, a, moneykit.WithRetries(0)))
			got := (*moneykit.ResponseError)(nil)
			if !errors.As(err, &got) || got.Status != x.status || !strings.Contains(err.Error(), x.reason) {
				t.Fatalf("%T %v", err, err)
			}
			same(t, "request id", moneykit.RequestID(err), "req_1")
			hides(t, err.Error())
			if calls, _ := a.asked(); len(calls) != 1 {
				t.Errorf("asked %d times", len(calls))
			}
		})
	}
}

// Another success than the documented one has still done what was asked for.
func TestAnotherSuccessIsTaken(t *testing.T) {
	got, err := inMemory(t, &api{handle: answer(200, `{"link_id":"mk_link_4711","link":`+link()+`}`)}).ExchangeToken(t.Context(), moneykit.NewSecret("mk_ex_secret"))
	if err != nil || got.LinkID != linkID {
		t.Errorf("%+v, %v", got, err)
	}
}

// An error quotes nothing of the request that is private, even if the server does.
func TestErrorsQuoteNothingPrivate(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said, _ := json.Marshal(r.Header.Get("Authorization") + " " + r.URL.Path + " " + string(body))
		answer(400, `{"error_code":"link_error.bad_config","error_message":`+string(said)+`,
			"validation_errors":[{"location":[],"message":`+string(said)+`,"type":"t"}]}`, "X-Request-Id", r.Header.Get("Authorization"))(w, r)
	}
	c := inMemory(t, &api{handle: echo})
	_, exchange := c.ExchangeToken(t.Context(), moneykit.NewSecret("mk_ex_secret"))
	for _, err := range []error{get(t.Context(), c), exchange} {
		if !errors.Is(err, moneykit.LinkBadConfig) {
			t.Fatal(err)
		}
		hides(t, fmt.Sprintf("%v %+v %s", err, err, moneykit.RequestID(err)), "mk_ex_secret")
	}
	nested := &url.Error{Op: "Get", URL: "https://x/links/" + string(linkID), Err: &url.Error{Op: "Get", URL: "https://x/links/" + string(linkID), Err: io.EOF}}
	err := get(t.Context(), inMemory(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, fmt.Errorf("gateway: %w", nested) }), moneykit.WithRetries(0)))
	hides(t, err.Error())
}

func TestA429IsARateLimitWhoeverSentIt(t *testing.T) {
	err := get(t.Context(), inMemory(t, &api{handle: answer(429, "<html>")}, moneykit.WithRetries(0)))
	if !errors.Is(err, moneykit.RateLimitExceeded) {
		t.Error(err)
	}
}
