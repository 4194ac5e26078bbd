package privacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"till/moneykit"
)

// aviary makes answers in which every string and every number is another canary.
type aviary struct {
	decimals bool // strings are decimal numbers
	wild     bool // also enums and dates are canaries, and so the client cannot read it
	next     int
	released []string
}

func (a *aviary) canary(shape string) string {
	a.next++
	c := fmt.Sprintf(shape, a.next)
	a.released = append(a.released, c)
	return c
}

func (a *aviary) text() string {
	if a.decimals {
		return a.canary("8271%05d.25")
	}
	return a.canary("Canary Quux 1%05d")
}

// amounts are the strings that the client reads as decimals.
var amounts = []string{"amount", "price", "close_price", "cost_basis", "fees", "quantity"}

func (a *aviary) fill(s *openapi3.Schema, name, above string) any {
	s = resolved(s)
	switch {
	case s.Items != nil:
		return []any{a.fill(s.Items.Value, name, above), a.fill(s.Items.Value, name, above)}
	case s.AdditionalProperties.Schema != nil:
		return map[string]any{a.text(): a.fill(s.AdditionalProperties.Schema.Value, "", "")}
	case s.Type.Is("object") && len(s.Properties) > 0:
		members := map[string]any{}
		for member, property := range s.Properties {
			members[member] = a.fill(property.Value, member, name)
		}
		members[a.canary("nosy%05d")] = a.text()
		members["unheard_number"] = json.Number(a.canary("9137%05d.5"))
		members["unheard_of"] = map[string]any{a.canary("nosy%05d"): []any{a.text(), []any{json.Number(a.canary("9137%05d"))}}, "amount": a.text()}
		return members
	case s.Type.Is("object"): // a key of MoneyKit's, which is public
		return map[string]any{"kty": "EC"}
	case s.Type.Is("boolean"):
		return true
	case s.Type.Is("integer"):
		return 7 // counts stay
	case s.Type.Is("number"):
		return json.Number(a.canary("9137%05d.75"))
	case name == "forex_rate":
		return "1.5" // it stays
	case name == "access_token" || name == "link_session_token":
		return "passes"
	case a.wild && len(s.AnyOf) == 0:
		return a.text()
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Format == "date-time":
		return "2026-03-09T12:00:00Z"
	case s.Format == "date":
		return "2026-03-09"
	case slices.Contains(amounts, name) || name == "value" && above == "holdings":
		return a.canary("6271%05d.25")
	}
	return a.text()
}

func resolved(s *openapi3.Schema) *openapi3.Schema {
	if len(s.AllOf) == 1 {
		return s.AllOf[0].Value
	}
	return s
}

func bodyOf(a *aviary, response *openapi3.Response) []byte {
	media := response.Content["application/json"]
	if media == nil {
		return nil
	}
	s := media.Schema.Value
	if len(s.AnyOf) > 0 {
		s = s.AnyOf[0].Value
	}
	text, err := json.Marshal(a.fill(s, "", ""))
	must(err)
	return text
}

// fake answers with one status and body, hands out a token unless it is asked for
// none, and keeps what it was sent.
type fake struct {
	status int
	body   []byte
	header http.Header
	token  bool // the answer is for the token's request

	mu   sync.Mutex
	sent *http.Request
	text string
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.Body != nil {
		text, _ = io.ReadAll(r.Body)
	}
	res := &http.Response{
		StatusCode: f.status, Status: "200 Canary Reason", Header: f.header.Clone(), Body: io.NopCloser(bytes.NewReader(f.body)),
		ContentLength: int64(len(f.body)), Request: r,
	}
	if !f.token && r.URL.Path == "/auth/token" {
		body := `{"access_token":"passes","token_type":"bearer","expires_in":3600}`
		res.StatusCode, res.Body, res.ContentLength = 201, io.NopCloser(strings.NewReader(body)), int64(len(body))
		return res, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent, f.text = r, string(text)
	return res, nil
}

// surfaces are all that a caller of the client can see of a call.
func surfaces(t *testing.T, m *Mask, f *fake, c call) string {
	var all strings.Builder
	observe := moneykit.WithObserver(func(e moneykit.Exchange) {
		if (e.Route == "/auth/token") == f.token {
			_, _ = fmt.Fprintln(&all, e.URL, e.RequestHeader, string(e.RequestBody), e.ResponseHeader, string(e.ResponseBody), e.Err, e.RequestID)
		}
	})
	creds := moneykit.Credentials{ClientID: "client", ClientSecret: moneykit.NewSecret("hunter2hunter2")}
	client, err := moneykit.New(creds, append(quick(), moneykit.WithTransport(m.Transport(f)), observe)...)
	must(err)
	result, err := c.do(t.Context(), client)
	_, _ = fmt.Fprintf(&all, "%+v\n%v\n", err, client.Drift())
	if refused := (*moneykit.Error)(nil); errors.As(err, &refused) {
		_, _ = fmt.Fprintf(&all, "%+v\n", *refused)
	}
	if result != nil && !reflect.ValueOf(result).IsNil() {
		text, err := json.Marshal(result)
		must(err)
		_, _ = fmt.Fprintf(&all, "%+v\n%s\n", result, text)
		if response, ok := result.(*moneykit.Response); ok {
			_, _ = all.Write(response.Body)
		} else if response := reflect.ValueOf(result).Elem().FieldByName("Response"); response.IsValid() {
			_, _ = all.Write(response.Interface().(moneykit.Response).Body)
		}
	}
	if err == nil {
		_, _ = all.WriteString("\nread")
	}
	return all.String()
}

var chatty = http.Header{
	"X-Request-Id": {"req_Canary0000"}, "Set-Cookie": {"a=Canary"}, "Location": {"https://bank.test/Canary"}, "Server": {"Canary"},
	"Content-Type": {"text/Canary"}, "Moneykit-Version": {"Canary"}, "Retry-After": {"Canary"}, "Date": {"Canary"}, "Canary": {"Canary"},
}

// TestNoCanaryEscapes gives every operation of the contract answers of every documented
// status that are full of canaries.
func TestNoCanaryEscapes(t *testing.T) {
	m := newMask(5)
	held := map[string]call{}
	for _, c := range calls(m) {
		held[c.id] = c
	}
	count := 0
	for _, item := range contract().Paths.Map() {
		for _, op := range item.Operations() {
			count++
			c, ok := held[op.OperationID]
			if !ok {
				t.Errorf("nothing calls %s", op.OperationID)
				continue
			}
			for status, response := range op.Responses.Map() {
				code, err := strconv.Atoi(status)
				must(err)
				for _, a := range []*aviary{{}, {decimals: true}, {wild: true}, {wild: true, decimals: true}} {
					name := fmt.Sprintf("%s %s decimals=%v wild=%v", op.OperationID, status, a.decimals, a.wild)
					f := &fake{status: code, header: chatty, body: bodyOf(a, response.Value), token: op.OperationID == "create_access_token"}
					seen := surfaces(t, m, f, c)
					if code < 300 && !a.wild && !strings.HasSuffix(seen, "\nread") {
						t.Errorf("%s cannot be read: %s", name, seen)
					}
					escaped(t, name, seen, a.released)
				}
			}
		}
	}
	same(t, "operations", count, len(held))
}

// escaped finds canaries, also where they stand in the middle of something.
func escaped(t *testing.T, name, seen string, canaries []string) {
	t.Helper()
	for _, c := range append(canaries, "Canary", "Quux", "L1nk", "acc_One", "acc?2", "txn/One", "bank-one") {
		if at := strings.Index(seen, c); at >= 0 {
			t.Errorf("%s: %s escaped: …%s…", name, c, seen[max(0, at-80):min(len(seen), at+80)])
		}
	}
}

// TestRequestsAreRevealed wants what arrives to be what the pseudonyms stand for.
func TestRequestsAreRevealed(t *testing.T) {
	m := newMask(6)
	for _, c := range calls(m) {
		f := &fake{status: 404, token: c.id == "create_access_token"}
		_ = surfaces(t, m, f, c)
		if f.sent == nil {
			t.Errorf("%s: nothing arrived", c.id)
			continue
		}
		same(t, c.id, f.sent.URL.RequestURI(), c.uri)
		if c.id == "create_access_token" {
			continue
		}
		same(t, c.id+" sends", inOrder(f.text), inOrder(c.body))
		same(t, c.id+" length", f.sent.ContentLength, int64(len(f.text)))
		if f.text != "" {
			again, err := f.sent.GetBody()
			must(err)
			text, err := io.ReadAll(again)
			must(err)
			same(t, c.id+" sends again", string(text), f.text)
		}
	}
}

// inOrder is JSON with the members of its objects sorted.
func inOrder(text string) string {
	if text == "" {
		return ""
	}
	var v any
	must(json.Unmarshal([]byte(text), &v))
	out, err := json.Marshal(v)
	must(err)
	return string(out)
}

// TestWhatStays holds that what the explorer needs comes through as it was.
func TestWhatStays(t *testing.T) {
	m := newMask(7)
	kept := []string{
		`"state":"error"`, `"error_code":"auth_expired"`, `"provider":"mx"`, `"last_synced_at":"2026-03-09T12:00:00Z"`, `"available_products":["identity"]`,
		`"has_history":true`, `"unavailable":"not_supported"`, `"webhook":null`, `"link_tags":[]`, `"institution_avatar":""`,
	}
	body := `{"link_id":"mk_1","institution_name":"Bank","products":{"transactions":{"has_history":true,"unavailable":"not_supported"}},` +
		strings.Join(slices.DeleteFunc(slices.Clone(kept), func(s string) bool { return strings.Contains(s, "has_h") || strings.Contains(s, "unavail") }), ",") + `}`
	out, err := m.answer([]byte(body), 200, linkFields)
	must(err)
	for _, k := range kept {
		if !strings.Contains(string(out), k) {
			t.Errorf("%s is lost: %s", k, out)
		}
	}
	out, err = m.answer([]byte(`{"total":12345,"page":9137000112}`), 200, object(paged(fields{})))
	must(err)
	if !strings.HasPrefix(string(out), `{"total":12345,`) || strings.Contains(string(out), "9137000112") {
		t.Errorf("counts: %s", out)
	}
	header := m.header(http.Header{
		"X-Request-Id": {"req_1"}, "Moneykit-Version": {"2023-02-18"}, "Retry-After": {"17"}, "Date": {"Mon, 09 Mar 2026 12:00:00 GMT"},
	})
	same(t, "headers", strings.Join(slices.Sorted(maps.Keys(header)), " "), "Date Moneykit-Version Retry-After X-Request-Id")
	same(t, "request id", header.Get("X-Request-Id"), m.ID("req_1"))
}
