package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"till/assets"
)

// noon is when the tests' worlds begin: away from midnight, so that an hour
// more is still the same day.
var noon = time.Date(2026, 3, 18, 12, 0, 0, 0, time.UTC)

// clock is a time that only moves when a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// api calls a Sandbox and holds every answer against the contract.
type api struct {
	testing.TB
	box   *Sandbox
	clock *clock
	token string
}

func newAPI(t testing.TB, opts ...Option) *api {
	t.Helper()
	a := &api{TB: t, clock: &clock{now: noon}}
	a.box = New(append([]Option{WithNow(a.clock.Now)}, opts...)...)
	a.authorize()
	return a
}

// authorize takes a new access token.
func (a *api) authorize() {
	a.Helper()
	got := a.post("/auth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {a.box.clients[0].id}, "client_secret": {a.box.clients[0].secret},
	}).want(a, http.StatusCreated)
	a.token = got.text("access_token")
}

// link is the id of a seeded link, counted from 1.
func (a *api) link(place int) string { return a.box.LinkIDs()[place-1] }

func (a *api) get(path string) answer { a.Helper(); return a.call("GET", path, nil) }

func (a *api) post(path string, body any) answer { a.Helper(); return a.call("POST", path, body) }

// call sends a request: url.Values as a form, a string as it is, all else as JSON.
func (a *api) call(method, path string, body any) answer {
	a.Helper()
	req := httptest.NewRequest(method, path, nil)
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	req.Header.Set("MoneyKit-Version", Version)
	return a.send(withBody(req, body))
}

func withBody(req *http.Request, body any) *http.Request {
	text, kind := "", "application/json"
	switch body := body.(type) {
	case nil:
		return req
	case url.Values:
		text, kind = body.Encode(), "application/x-www-form-urlencoded"
	case string:
		text = body
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		text = string(raw)
	}
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	req.Header.Set("Content-Type", kind)
	return req
}

func (a *api) send(req *http.Request) answer {
	a.Helper()
	var sent []byte
	if req.Body != nil {
		sent, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	rec := httptest.NewRecorder()
	a.box.ServeHTTP(rec, req)
	got := answer{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
	req.Body = io.NopCloser(bytes.NewReader(sent))
	if err := conforms(req, got); err != nil {
		a.Errorf("%s %s answered %d against the contract: %v\n%.600s", req.Method, req.URL, got.status, err, got.body)
	}
	return got
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (r answer) want(t testing.TB, status int) answer {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// refused expects a status and the error code that comes with it.
func (r answer) refused(t testing.TB, status int, code string) answer {
	t.Helper()
	r.want(t, status)
	if got := r.text("error_code"); got != code {
		t.Fatalf("error_code %q, want %q: %s", got, code, r.body)
	}
	return r
}

// at walks the JSON body by keys and indices; what is not there is nil.
func (r answer) at(path ...any) any {
	var v any
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return nil
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func (r answer) text(path ...any) string {
	if s, ok := r.at(path...).(string); ok {
		return s
	}
	return ""
}

func into[T any](t testing.TB, r answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return v
}

// contract is the parsed document and its routes.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

var loadContract = sync.OnceValue(func() contract {
	doc, err := openapi3.NewLoader().LoadFromData(assets.OpenAPI)
	if err != nil {
		panic(err)
	}
	doc.Servers = nil // any host
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return contract{doc, router}
})

// conforms holds one exchange against the contract. Beyond it, the Sandbox
// answers only what the contract is silent about: its own calls, unknown paths,
// an unknown version, and bounds that are violated where no 422 of that shape is
// documented.
func conforms(req *http.Request, got answer) error {
	if got.header.Get("X-Request-Id") == "" || got.header.Get("MoneyKit-Version") != Version {
		return fmt.Errorf("headers: %v", got.header)
	}
	if got.status != http.StatusNoContent && !json.Valid(got.body) {
		return errors.New("not JSON")
	}
	c := loadContract()
	route, params, err := c.router.FindRoute(req)
	if err != nil || isVersionRefusal(got) {
		return nil
	}
	if got.text("error_code") == "api_error.request.validation_failed" {
		if got.status != http.StatusUnprocessableEntity {
			return errors.New("a validation error that is no 422")
		}
		var body any
		_ = json.Unmarshal(got.body, &body)
		return c.doc.Components.Schemas["HTTPValidationError"].Value.VisitJSON(body)
	}
	options := &openapi3filter.Options{
		IncludeResponseStatus: true,
		MultiError:            true,
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc,
	}
	input := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
	if got.status < 300 {
		if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil {
			return fmt.Errorf("a request that should have been refused: %w", err)
		}
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Options: options,
		Status: got.status, Header: got.header, Body: io.NopCloser(bytes.NewReader(got.body)),
	})
}

func isVersionRefusal(got answer) bool {
	return got.status == http.StatusBadRequest && got.text("error_code") == "api_error.request.unsupported_version"
}
