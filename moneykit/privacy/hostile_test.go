package privacy

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"till/moneykit"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ask sends a request for a link through a mask, and returns the answer.
func ask(t *testing.T, next roundTrip) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.test/links/abc", nil)
	must(err)
	return newMask(1).Transport(next).RoundTrip(req)
}

func answered(status int, body io.Reader) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: chatty, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
	}
}

func TestHostileBodies(t *testing.T) {
	for what, body := range map[string]string{
		"truncated": `{"institution_name":"Canary`, "more than one": `{"link_id":"Canary"} "Canary"`, "HTML": "<h1>Canary</h1>", "text": "Canary",
		"a name cut short": `{"Can`, "a list with a wrong end": `["Canary"}`, "a number with words": `{"a":1Canary}`, "NUL": "\x00Canary",
		"a control sign": "{\"a\":\"Canary\n\"}", "too large": strings.Repeat(" ", maxBody) + `"Canary"`, "very deep": strings.Repeat(`[`, 20_000) + `"Canary"`,
		"compressed": "\x1f\x8bCanary",
	} {
		for _, status := range []int{200, 404, 502} {
			res, err := ask(t, answered(status, strings.NewReader(body)))
			must(err)
			got, err := io.ReadAll(res.Body)
			must(err)
			same(t, what, string(got), unreadable)
			same(t, "length", res.ContentLength, 1)
		}
		f := &fake{status: 200, body: []byte(body)}
		client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("hunter2hunter2")},
			append(quick(), moneykit.WithTransport(newMask(1).Transport(f)))...)
		must(err)
		_, err = client.Link(t.Context(), "abc")
		if wrong := (*moneykit.ResponseError)(nil); !errors.As(err, &wrong) || strings.Contains(err.Error(), "Canary") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestOddJSONIsMasked is JSON that can be read and is not what it should be.
func TestOddJSONIsMasked(t *testing.T) {
	for what, body := range map[string]string{
		"names twice":              `{"link_id":"Canary","link_id":"Canary","x":"Canary","x":"Canary"}`,
		"a number for a string":    `{"institution_name":91370001,"link_id":91370001,"state":91370001,"webhook":91370001}`,
		"a string for a number":    `{"products":{"transactions":{"has_history":"Canary Quux","refreshed_at":"Canary"}}}`,
		"an object for a string":   `{"state":{"Canary":"Canary"},"institution_name":{"state":"Canary","amount":91370001}}`,
		"a list for an object":     `[{"institution_name":"Canary"},["Canary",[91370001]]]`,
		"a string for all":         `"Canary"`,
		"a number for all":         `91370001`,
		"an escaped name":          `{"\u006cink_id":"Canary","stat\u0065":"Canary 12345","na\u006de":"Canary"}`,
		"another case":             `{"Link_ID":"Canary","STATE":"Canary"}`,
		"surrogates and bad UTF-8": "{\"institution_name\":\"\\ud800Canary\xff\",\"\xffCanary\":\"\xffCanary\"}",
		"a state that is an id":    `{"state":"91370001","error_code":"Ann Canary","provider":"Canary@bank.test"}`,
		"a date that is a name":    `{"last_synced_at":"2026-03-09 Canary"}`,
		"a message":                `{"products":{"accounts":{"error_message":"Canary is locked out"}}}`,
		"an object under a leaf":   `{"products":{"accounts":{"settings":{"reason":{"reason":"Canary"}}}}}`,
		"white space":              " \t{ \"link_id\" :\n \"Canary\" } ",
	} {
		res, err := ask(t, answered(200, strings.NewReader(body)))
		must(err)
		got, err := io.ReadAll(res.Body)
		must(err)
		if strings.Contains(string(got), "Canary") || strings.Contains(string(got), "91370001") || !json.Valid(got) {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	for _, fault := range []error{io.ErrUnexpectedEOF, errors.New("Canary")} {
		res, err := ask(t, answered(200, io.MultiReader(strings.NewReader(`{"link_id":"Canary`), roundReader{fault})))
		must(err)
		got, err := io.ReadAll(res.Body)
		if len(got) > 0 || err == nil || strings.Contains(err.Error(), "Canary") {
			t.Errorf("%q, %v", got, err)
		}
	}
}

type roundReader struct{ err error }

func (r roundReader) Read([]byte) (int, error) { return 0, r.err }

func TestAnswersAreMadeAnew(t *testing.T) {
	res, err := ask(t, answered(302, strings.NewReader("")))
	must(err)
	same(t, "request", res.Request.URL.Path, "/links/abc")
	same(t, "status", res.Status, "302 Found")
	if text := fmt.Sprint(res.Header); strings.Contains(text, "Canary") {
		t.Errorf("headers: %s", text)
	}
}

func TestFaultsOfTheNetworkTellNothing(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	for _, c := range []struct{ err, is error }{
		{&url.Error{Op: "Get", URL: "https://api.test/links/Canary", Err: context.Canceled}, context.Canceled},
		{fmt.Errorf("Canary: %w", context.DeadlineExceeded), context.DeadlineExceeded},
		{&url.Error{Op: "Get", URL: "Canary", Err: reset}, syscall.ECONNRESET},
		{&net.DNSError{Err: "Canary", Name: "Canary"}, errNoName},
		{fmt.Errorf("Canary: %w", x509.UnknownAuthorityError{}), errUntrusted},
		{&url.Error{Op: "Get", URL: "Canary", Err: os.ErrDeadlineExceeded}, os.ErrDeadlineExceeded},
		{&url.Error{Op: "Get", URL: "Canary", Err: slow{}}, os.ErrDeadlineExceeded},
		{errors.New(`malformed HTTP response "Canary"`), errHidden},
	} {
		_, err := ask(t, func(*http.Request) (*http.Response, error) { return nil, c.err })
		if !errors.Is(err, c.is) || strings.Contains(err.Error(), "Canary") {
			t.Errorf("%v became %v", c.err, err)
		}
	}
	same(t, "a lost connection", withoutWords(reset).Error(), "read tcp: connection reset by peer")
	if _, err := ask(t, func(*http.Request) (*http.Response, error) { return nil, nil }); err == nil {
		t.Error("no answer is no error")
	}
}

type slow struct{}

func (slow) Error() string   { return "Canary" }
func (slow) Timeout() bool   { return true }
func (slow) Temporary() bool { return true }

func TestRequestsThatAreRefused(t *testing.T) {
	m := newMask(1)
	for target, want := range map[string]error{
		"GET /sandbox/links": errBeside, "POST /sandbox/connect": errBeside, "GET /start": errBeside, "GET /connect/links": errBeside,
		"PUT /links/abc": errBeside, "GET /links/": errBeside, "GET /": errBeside, "GET /links/abc/unheard": errBeside,
		"GET /institutions?name=Canary": errSearch, "GET /links?state=Canary": errParameter, "GET /links?cursor=%zz": errParameter,
		"POST /links/import {": errBody, `PATCH /links/abc {"webhook":"` + m.address("https://a.test") + `"}`: errInvented,
		`PATCH /links/abc {} {}`: errBody,
	} {
		parts := append(strings.SplitN(target, " ", 3), "")
		req, err := http.NewRequestWithContext(t.Context(), parts[0], "https://api.test"+parts[1], strings.NewReader(parts[2]))
		must(err)
		_, err = m.Transport(roundTrip(func(*http.Request) (*http.Response, error) {
			t.Errorf("%s was sent", target)
			return nil, errHidden
		})).RoundTrip(req)
		if !errors.Is(err, want) || strings.Contains(err.Error(), "Canary") {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestServersBelowAPath(t *testing.T) {
	m := newMask(1)
	for target, want := range map[string]string{
		"/proxy/v1/links/" + m.ID("mk_a/b"): "/proxy/v1/links/mk_a%2Fb",
		"/users/" + m.ID("ann") + "/links":  "/users/ann/links",
		"/proxy/links":                      "/proxy/links",
		"/links/mk_1/accounts/numbers":      "/links/" + m.Reveal("mk_1") + "/accounts/numbers",
	} {
		got := ""
		req, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.test"+strings.ReplaceAll(target, m.ID("mk_a/b"), url.PathEscape(m.ID("mk_a/b"))), nil)
		must(err)
		_, err = m.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
			got = r.URL.RequestURI()
			return &http.Response{StatusCode: 204}, nil
		})).RoundTrip(req)
		must(err)
		same(t, target, got, want)
	}
}

func TestMessages(t *testing.T) {
	m := newMask(1)
	for message, passes := range map[string]bool{"Link not found.": true, "": true, "Ann's link is broken": false} {
		body, err := json.Marshal(map[string]any{"error_code": "link_error.bad_state", "error_message": message, "validation_errors": []any{
			map[string]any{"location": []any{"body", "link_tags", 0, "Ann"}, "message": message, "type": "value_error.size"},
		}})
		must(err)
		out, err := m.answer(body, 422, problem)
		must(err)
		var got struct {
			Code    string                     `json:"error_code"`
			Message string                     `json:"error_message"`
			Faults  []moneykit.ValidationError `json:"validation_errors"`
		}
		must(json.Unmarshal(out, &got))
		if (got.Message == message) != passes || !passes && got.Message != sentence(422) || got.Faults[0].Message != got.Message {
			t.Errorf("%q became %q", message, got.Message)
		}
		same(t, "code", got.Code, "link_error.bad_state")
		same(t, "place", fmt.Sprint(got.Faults[0].Location[:3]), "[body link_tags 0]")
		if got.Faults[0].Location[3] == "Ann" {
			t.Error("a place tells a name")
		}
	}
	seen := map[string]bool{}
	for _, status := range []int{200, 403, 404, 422, 429, 503} {
		seen[sentence(status)] = true
	}
	same(t, "sentences", len(seen), 6)
}

// FuzzAnswer wants whatever is masked to be JSON of the same form.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{`{"link_id":"a","x":[1,null,{"y":"z"}]}`, `{"a":"\ud800"}`, "[1e5,-0.0]", `{"links":{"a":{}}}`, "{", ""} {
		f.Add([]byte(body))
	}
	m := newMask(8)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range operations {
			out, err := m.answer(body, 200, op.answer)
			if err != nil {
				continue
			}
			if !json.Valid(out) && op.route != "/.well-known/jwks.json" && op.route != "/auth/token" && op.route != "/link-session" {
				t.Fatalf("%q became %q", body, out)
			}
			if got, want := form(out), form(body); len(got) != len(want) {
				t.Fatalf("%q became %q", body, out)
			}
		}
	})
}

// form is the structure of JSON without its strings and numbers.
func form(text []byte) string {
	var kinds strings.Builder
	d := jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return kinds.String()
		}
		_, _ = kinds.WriteString(token.Kind().String()[:1])
	}
}
