package inspect_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/inspect"
)

// story is a log in which a link is repaired and refreshed. Each exchange is
// sent a second after the one before it, and has its own request id.
type story struct {
	log  *inspect.Log
	told int
}

func (s *story) tell(exchanges ...moneykit.Exchange) {
	for _, e := range exchanges {
		s.told++
		e.At = noon.Add(time.Duration(s.told) * time.Second)
		if e.Err == nil {
			e.RequestID = fmt.Sprintf("req_%d", s.told)
		}
		s.log.Add(e)
	}
}

func linkJSON(id, state, code, products string) string {
	return fmt.Sprintf(`{"link_id":%q,"institution_name":"secret","state":%q,"error_code":%s,"webhook":"secret","products":{%s}}`,
		id, state, code, products)
}

func product(name, refreshed, attempted, code string) string {
	return fmt.Sprintf(`%q:{"refreshed_at":%s,"last_attempted_at":%s,"error_code":%s,"error_message":"secret"}`, name, refreshed, attempted, code)
}

const (
	at1, at2 = `"2026-03-04T11:00:00Z"`, `"2026-03-04T13:00:05.250+01:00"`
	refusal  = `{"error_code":"link_error.bad_state","error_message":"secret","link_error_code":"auth_expired"}`
)

func tell() *inspect.Log {
	s := &story{log: inspect.NewLog()}
	get := func(body string) moneykit.Exchange { return answered("GET", "/links/{id}", "/links/mk_1", 200, body) }
	accounts := answered("GET", "/links/{id}/accounts", "/links/mk_1/accounts", 422, refusal)
	retried := answered("GET", "/links/{id}", "/links/mk_1", 0, "")
	retried.Err, retried.ResponseHeader, retried.RequestID = context.DeadlineExceeded, nil, ""
	second := get(linkJSON("mk_1", "error", `"auth_expired"`, product("accounts", at1, at1, `"auth_expired"`)))
	second.Attempt = 2
	session := sent("POST", "/link-session", "/link-session", "application/json", `{"customer_user":{"id":"secret"},"existing_link_id":"mk_1"}`)
	session.Status, session.ResponseBody = 201, []byte(`{"link_session_token":"lst_01234567890123456789_end9"}`)
	refresh := sent("POST", "/links/{id}/products", "/links/mk_1/products", "application/json", `{"products":["accounts","identity"]}`)
	fresh := product("accounts", at2, at2, "null") + "," + product("identity", "null", at2, `"timeout"`)
	refresh.Status, refresh.ResponseBody = 202, []byte(linkJSON("mk_1", "connected", "null", product("accounts", at1, at1, "null")))
	s.tell(
		answered("GET", "/links", "/links?limit=500", 200, `{"links":[{"link_id":"mk_1"},{"link_id":"mk_2"}]}`),
		get(linkJSON("mk_1", "connected", "null", product("accounts", at1, at1, "null"))),
		answered("GET", "/links/{id}", "/links/mk_2", 200, linkJSON("mk_2", "deleted", "null", "")),
		answered("POST", "/links/{id}/reset", "/links/mk_1/reset", 200, linkJSON("mk_1", "error", `"auth_expired"`, product("accounts", at1, at1, "null"))),
		accounts, retried, second, second, session,
		get(linkJSON("mk_1", "connected", "null", product("accounts", at1, at1, "null"))),
		refresh,
		answered("GET", "/links/{id}/accounts", "/links/mk_1/accounts", 200, `{"accounts":[{"name":"secret"}],"link":`+linkJSON("mk_1", "connected", "null", fresh)+"}"),
		get(linkJSON("mk_1", "connected", "null", fresh)),
		sent("PATCH", "/links/{id}", "/links/mk_1", "application/json", `{"webhook":"secret"}`),
		answered("DELETE", "/links/{id}", "/links/mk_1", 204, ""),
		get(linkJSON("mk_1", "deleted", "null", fresh)),
	)
	return s.log
}

func TestTimeline(t *testing.T) {
	var got []string
	for _, event := range inspect.Timeline("mk_1", tell().Entries()) {
		got = append(got, fmt.Sprintf("%2.0f %s: %s", event.At.Sub(noon).Seconds(), event.RequestID, event.Text))
	}
	want(t, strings.Join(got, "\n"), ` 2 req_2: first seen as connected
 4 req_4: reset accepted
 4 req_4: connected → error (auth_expired)
 5 req_5: GET /links/{id}/accounts failed: 422 link_error.bad_state
 6 : GET /links/{id} failed: no answer: timed out
 7 req_7: accounts failed: auth_expired
10 req_10: error (auth_expired) → connected
11 req_11: refresh accepted: accounts, identity
12 req_12: accounts refreshed, as of 2026-03-04 12:00:05 UTC
12 req_12: identity failed: timeout
14 req_14: change accepted
15 req_15: deletion accepted
16 req_16: connected → deleted`)
}

// Answers that are not as they should be cost their own events only.
func TestTimelineOfStrangeAnswers(t *testing.T) {
	s := &story{log: inspect.NewLog()}
	for _, body := range []string{
		`{"link_id":"mk_1"`, `[]`, `{"link_id":"mk_1"}`, `{"link_id":"mk_1","state":7}`, "",
		`{"link_id":"mk_2","state":"deleted"}`, `{"link":"mk_1"}`, `{"new":{"link_id":"mk_1","state":"deleted"}}`,
		`{"link_id":"mk_1","state":"new_state","error_code":[],"products":{"new":{"error_code":5,"refreshed_at":"x"},"p":null,"q":{"error_code":"new_code"}}}`,
	} {
		s.tell(answered("GET", "/links/{id}", "/links/mk_1", 200, body))
	}
	var got []string
	for _, event := range inspect.Timeline("mk_1", s.log.Entries()) {
		got = append(got, event.Text)
	}
	if !slices.Equal(got, []string{"first seen as new_state", "q failed: new_code"}) {
		t.Errorf("%q", got)
	}
	if got := inspect.Timeline("", s.log.Entries()); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// An answer that was overtaken by a later one is older all the same, and the
// same error after another attempt is another failure.
func TestTimelineGoesByWhenRequestsWereSent(t *testing.T) {
	log := inspect.NewLog()
	for _, x := range []struct{ second, attempted string }{{"02", at2}, {"01", at1}, {"03", at2}} {
		e := answered("GET", "/links/{id}", "/links/mk_1", 200, linkJSON("mk_1", "s"+x.second, "null", product("p", at1, x.attempted, `"timeout"`)))
		e.At, _ = time.Parse(time.RFC3339, "2026-03-04T12:00:"+x.second+"Z")
		log.Add(e)
	}
	var got []string
	for _, event := range inspect.Timeline("mk_1", log.Entries()) {
		got = append(got, event.Text)
	}
	want(t, strings.Join(got, "\n"), "first seen as s01\np failed: timeout\ns01 → s02\np failed: timeout\ns02 → s03")
}

// What was refreshed is told by a body, which may be gone.
func TestTimelineWithoutBodies(t *testing.T) {
	s := &story{log: inspect.NewLog()}
	refresh := sent("POST", "/links/{id}/products", "/links/mk_1/products", "application/json", `{"products":["accounts"]}`)
	s.tell(refresh, weighing(inspect.MaxBodies))
	events := inspect.Timeline("mk_1", s.log.Entries())
	if len(events) != 1 || events[0].Text != "refresh accepted" {
		t.Errorf("%v", events)
	}
}

func TestAbout(t *testing.T) {
	entries := tell().Entries()
	var numbers []uint64
	for _, e := range inspect.About("mk_2", entries) {
		numbers = append(numbers, e.Number)
	}
	if !slices.Equal(numbers, []uint64{3, 1}) {
		t.Errorf("%v", numbers)
	}
	if n := len(inspect.About("mk_1", entries)); n != 15 { // all but the read of mk_2, with the session for a relink
		t.Errorf("%d entries", n)
	}
	for _, id := range []moneykit.LinkID{"", "mk_", "mk_3", "1"} {
		if got := inspect.About(id, entries); len(got) != 0 {
			t.Errorf("%s: %d entries", id, len(got))
		}
	}
}

func TestWhatAnEntryIsAbout(t *testing.T) {
	for _, x := range []struct {
		route, path string
		link        moneykit.LinkID
	}{
		{"/links/{id}", "/links/mk_1", "mk_1"},
		{"/links/{id}/accounts", "/links/mk%201/accounts?a=b", "mk 1"},
		{"/links", "/links", ""},
		{"/links/import", "/links/import", ""},
		{"/users/{id}/links", "/users/jane/links", ""},
	} {
		e := inspect.Entry{Exchange: answered("GET", x.route, x.path, 200, "")}
		if got := e.Link(); got != x.link {
			t.Errorf("%s: %q", x.path, got)
		}
	}
}

func TestWhyThereIsNoAnswer(t *testing.T) {
	for text, err := range map[string]error{
		"no answer":                          errors.New("secret"),
		"no answer: given up":                fmt.Errorf("secret: %w", context.Canceled),
		"no answer: timed out":               fmt.Errorf("secret: %w", context.DeadlineExceeded),
		"no answer: host name not resolved":  &net.OpError{Op: "dial", Err: &net.DNSError{Err: "secret", Name: "secret", IsTimeout: true}},
		"no answer: connection refused":      &net.OpError{Op: "secret", Err: syscall.ECONNREFUSED},
		"no answer: certificate not trusted": &tls.CertificateVerificationError{Err: errors.New("secret")},
		"the answer broke off":               &moneykit.ResponseError{Status: 200, Reason: "the answer broke off", Err: errors.New("secret")},
		"the answer is larger than 32 MB":    &moneykit.ResponseError{Status: 200, Reason: "the answer is larger than 32 MB"},
	} {
		e := answered("GET", "/links", "/links", 200, `{"error_code":"secret"}`)
		e.Err = err
		if got := (inspect.Entry{Exchange: e}).Outcome(); got != text {
			t.Errorf("%v: %s", err, got)
		}
	}
	refused := inspect.Entry{Exchange: answered("GET", "/links", "/links", 429, `{"error_code":"api_error.rate_limit_exceeded"}`)}
	want(t, refused.Outcome(), "429 api_error.rate_limit_exceeded")
	page := inspect.Entry{Exchange: answered("GET", "/links", "/links", 502, `<p>`)}
	want(t, page.Outcome(), "502")
	fine := inspect.Entry{Exchange: answered("GET", "/links/{id}", "/links/a", 200, `{"error_code":"auth_expired"}`)}
	want(t, fine.Outcome(), "200")
}
