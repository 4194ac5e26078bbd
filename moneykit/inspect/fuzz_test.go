package inspect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"till/moneykit/inspect"
)

// FuzzShow looks for bodies that stop the program, that come out as others, or
// that bring a value below "owners" to the screen or into a command.
func FuzzShow(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `null`, `{"a":[1.50e3,"x\"\\",{}]}`, `{"links":{"mk_1":{"state":1}}} `, `a=b&c=d`, "<p>\n</p>", `"\ud800"`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(body), "application/json", uint16(7), false)
		f.Add([]byte(body), "application/x-www-form-urlencoded", uint16(500), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string, cut uint16, users bool) {
		e := sent("POST", "/links", "/links", contentType, string(body))
		e.ResponseBody = body
		if users {
			e.Route, e.URL = "/users/{id}/links", "https://h/users/jane/links"
		}
		lines := section(t, show(e), "Response body")
		short := len(body) < 4096 // nothing is cut
		if json.Valid(body) && short && compact(t, revealed(lines)) != compact(t, string(body)) {
			t.Errorf("another body:\n%s", revealed(lines))
		}
		const canary = "canary4711"
		if strings.Contains(string(body), canary) {
			return
		}
		inside := string(body)
		if !json.Valid(body) {
			quoted, _ := json.Marshal(inside)
			inside = string(quoted)
		}
		doc := `{"links":{"mk_1":{"accounts":[{"x":` + inside + `,"owners":[` + inside + `,"` + canary + `",{"state":"` + canary + `"}]}]}}}`
		doc = doc[:max(1, len(doc)-int(cut)%len(doc))]
		e.RequestBody, e.ResponseBody = []byte(doc), []byte(doc)
		if got := screen(show(e)); strings.Contains(got, canary) {
			t.Error(got)
		}
		if got := inspect.Curl(inspect.Entry{Exchange: e}, nil); strings.Contains(got, canary) {
			t.Error(got)
		}
	})
}
