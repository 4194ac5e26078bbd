package inspect_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/inspect"
)

func bundle(link moneykit.LinkID, entries []inspect.Entry) inspect.Bundle {
	return inspect.Bundle{
		ClientID: "till_sandbox", Link: link, Entries: entries,
		Program: "till 1.0", APIVersion: "2023-02-18", BaseURL: "https://api.moneykit.com", At: noon,
	}
}

func TestBundleOfALink(t *testing.T) {
	got := bundle("mk_1", tell().Entries()).Markdown()
	if strings.Contains(got, "secret") || strings.Contains(got, "mk_2") {
		t.Error(got)
	}
	wantFile(t, got, "bundle.golden")
}

func TestBundleWithoutALink(t *testing.T) {
	got := bundle("", tell().Entries()).Markdown()
	if strings.Contains(got, "What happened") || strings.Contains(got, "Link id") || strings.Contains(got, "mk_1") {
		t.Error(got)
	}
	if n := len(rows(t, got)); n != 16 {
		t.Errorf("%d rows", n)
	}
}

// A session is a link's when it is to repair it, or when its exchange has told
// that it has become it.
func TestBundleOfALinkHoldsItsSessionsOnly(t *testing.T) {
	created := func(id, body string) inspect.Entry {
		e := sent("POST", "/link-session", "/link-session", "application/json", body)
		e.RequestID, e.ResponseBody = id, []byte(`{"link_session_token":"tok_`+id+`"}`)
		return inspect.Entry{Exchange: e}
	}
	exchanged := func(id, answer string) inspect.Entry {
		e := sent("POST", "/link-session/exchange-token", "/link-session/exchange-token", "application/json", `{"exchangeable_token":"short"}`)
		e.RequestID, e.ResponseBody = id, []byte(answer)
		return inspect.Entry{Exchange: e}
	}
	entries := []inspect.Entry{
		created("req_new", `{"customer_user":{"id":"jane"}}`), exchanged("req_refused", `{"error_code":"x"}`),
		created("req_tagged", `{"existing_link_id":"mk_2","link_tags":["mk_1"]}`), exchanged("req_other", `{"link_id":"mk_2","link":{"tags":["mk_1"]}}`),
		created("req_gone", ""), created("req_repair", `{"existing_link_id":"mk_1"}`), exchanged("req_made", `{"link_id":"mk_1"}`),
		{Exchange: answered("GET", "/institutions", "/institutions", 200, "{}")},
	}
	got := bundle("mk_1", entries).Markdown()
	if table := rows(t, got); len(table) != 2 || strings.Count(got, "- Link session") != 2 {
		t.Error(got)
	}
	for _, part := range []string{"/link-session, request req_repair", "exchange-token, request req_made, token of 5 characters"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s:\n%s", part, got)
		}
	}
	if all := rows(t, bundle("", entries).Markdown()); len(all) != len(entries) {
		t.Errorf("%d rows without a link", len(all))
	}
}

// One log serves all clients of a program.
func TestBundleOfOneClientAndOneServer(t *testing.T) {
	read := func(id, client, base string) inspect.Entry {
		e := answered("GET", "/links/{id}", "/links/mk_1", 200, linkJSON("mk_1", "state_of_"+id, "null", ""))
		e.RequestID, e.ClientID, e.BaseURL = id, client, base
		return inspect.Entry{Exchange: e}
	}
	session := func(id, client string) inspect.Entry {
		e := read(id, client, "https://a")
		e.Method, e.Route, e.RequestBody = "POST", "/link-session", []byte(`{"existing_link_id":"mk_1"}`)
		return e
	}
	entries := []inspect.Entry{
		session("req_mine", "me"), session("req_yours", "you"),
		read("req_here", "me", "https://a"), read("req_there", "me", "https://b"), read("req_foreign", "you", "https://a"),
	}
	for _, x := range []struct {
		client, base string
		left         []string // out
	}{
		{"me", "https://a", []string{"req_yours", "req_there", "req_foreign"}},
		{"me", "", []string{"req_yours", "req_foreign"}},
		{"", "https://a", []string{"req_there"}},
		{"", "", nil},
	} {
		for _, link := range []moneykit.LinkID{"", "mk_1"} {
			got := inspect.Bundle{ClientID: x.client, BaseURL: x.base, Link: link, Entries: entries}.Markdown()
			if n := len(rows(t, got)); n != len(entries)-len(x.left) {
				t.Errorf("%+v: %d rows", x, n)
			}
			for _, id := range x.left {
				if strings.Contains(got, id) {
					t.Errorf("%+v: %s is in it:\n%s", x, id, got)
				}
			}
		}
	}
}

func TestEmptyBundle(t *testing.T) {
	want(t, inspect.Bundle{Link: "mk_1", At: noon}.Markdown(), `# Report for MoneyKit support

- Link id: mk_1
- Time: 2026-03-04 12:00:00 UTC

## What happened

Nothing is recorded.

## Requests

None are recorded.
`)
}

func TestSessionTokensAreNamedByTheirEnds(t *testing.T) {
	for token, named := range map[string]string{
		"abcdefghijklmnopqrstuvwxyz": ", token abcdef…wxyz", "abcdefghijklmnopqrstuvwx": ", token abcdef…uvwx",
		"abcdefghijklmnopqrstuvw": ", token of 23 characters", "a": ", token of 1 characters", "": "",
	} {
		created := answered("POST", "/link-session", "/link-session", 201, fmt.Sprintf(`{"link_session_token":%q}`, token))
		exchanged := sent("POST", "/link-session/exchange-token", "/link-session/exchange-token", "application/json", fmt.Sprintf(`{"exchangeable_token":%q}`, token))
		for _, e := range []moneykit.Exchange{created, exchanged} {
			got := bundle("", []inspect.Entry{{Exchange: e}, {Exchange: e}}).Markdown()
			line := "- Link session: POST " + e.Route + ", request req_1" + named + "\n"
			if strings.Count(got, "- Link session") != 1 || !strings.Contains(got, line) {
				t.Errorf("%s is not in:\n%s", line, got)
			}
		}
	}
}

// rows returns the cells of the table of requests.
func rows(t *testing.T, markdown string) (all [][]string) {
	t.Helper()
	_, table, _ := strings.Cut(markdown, "## Requests\n\n")
	escaped := regexp.MustCompile(`\\.`)
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(escaped.ReplaceAllString(line, "__"), "|")
		if len(cells) != 9 {
			t.Errorf("%d cells: %s", len(cells), line)
		}
		all = append(all, cells)
	}
	return all[2:]
}

func TestTooManyRequests(t *testing.T) {
	entries := func(failing, of int) (entries []inspect.Entry) {
		for i := range of {
			e := answered("GET", "/links", "/links", http.StatusOK, "")
			e.RequestID = fmt.Sprintf("req_%03d", of-i)
			if i >= of-failing { // the oldest
				e.Status = http.StatusBadGateway
			}
			entries = append(entries, inspect.Entry{Exchange: e})
		}
		return entries
	}
	for _, x := range []struct{ failing, of, failed, left int }{
		{0, 50, 0, 0}, {0, 51, 0, 1}, {10, 200, 10, 150}, {50, 200, 50, 150}, {90, 200, 50, 150},
	} {
		got := bundle("", entries(x.failing, x.of)).Markdown()
		if table := rows(t, got); len(table) != min(50, x.of) {
			t.Errorf("%+v: %d rows", x, len(table))
		}
		if n := strings.Count(got, "**502**"); n != x.failed {
			t.Errorf("%+v: %d failed", x, n)
		}
		if note := fmt.Sprintf("\n\n%d more requests are left out.\n", x.left); strings.HasSuffix(got, note) != (x.left > 0) {
			t.Errorf("%+v:\n%s", x, got)
		}
	}
	got := bundle("", entries(10, 200)).Markdown()
	first, last := strings.Index(got, "req_001"), strings.Index(got, "req_200")
	if first < 0 || last < first || strings.Contains(got, "req_160") || !strings.Contains(got, "req_161") {
		t.Error(got)
	}
}

func TestTooManyEvents(t *testing.T) {
	s := &story{log: inspect.NewLog()}
	for range 120 {
		s.tell(answered("GET", "/links/{id}", "/links/mk_1", 500, ""))
	}
	got := bundle("mk_1", s.log.Entries()).Markdown()
	if strings.Count(got, "failed: 500") != 100 || !strings.Contains(got, "happened\n\n20 earlier ones are left out.\n\n- ") || strings.Contains(got, "req_20)") {
		t.Error(got)
	}
}

func TestBundleOfHostileValues(t *testing.T) {
	const evil = "a|b`c<script>\r\n| x | y |\n# d\\|\u2028e\u0085f\u202eg[h](i)**j\x00\x1b"
	s := &story{log: inspect.NewLog()}
	body := fmt.Sprintf(`{"link_id":"mk_1","state":%q,"error_code":%q,"products":{%q:{"error_code":%[1]q}}}`, quotable(evil), quotable(evil), quotable(evil))
	e := answered(evil, evil, "/links/mk_1", 200, body)
	failed := answered("GET", "/links/{id}", "/links/mk_1", 400, body)
	s.tell(e, failed)
	entries := s.log.Entries()
	entries[0].RequestID, entries[1].RequestID = evil, strings.Repeat("<", 10_000)
	for i := range entries {
		entries[i].ClientID, entries[i].BaseURL = evil, evil
	}
	b := bundle("mk_1", entries)
	b.ClientID, b.Program, b.APIVersion, b.BaseURL = evil, evil, evil, evil
	got := b.Markdown()
	if n := len(rows(t, got)); n != 2 {
		t.Errorf("%d rows", n)
	}
	if len(got) > 5_000 {
		t.Errorf("%d bytes", len(got))
	}
	for line := range strings.SplitSeq(got, "\n") {
		if line != "" && !strings.HasPrefix(line, "- ") && !strings.HasPrefix(line, "| ") && !regexp.MustCompile(`^##? [RW]`).MatchString(line) {
			t.Errorf("a line of its own: %q", line)
		}
	}
	bare := regexp.MustCompile(`\\[\\|<>\[\]*]|\\`+"`").ReplaceAllString(got, "")
	if strings.ContainsAny(strings.ReplaceAll(bare, "**", ""), "`<>[]*\\\x00\x1b\u2028\u0085\u202e") {
		t.Errorf("%q", bare)
	}
}

// quotable leaves out what %q writes in a form that JSON does not know.
func quotable(s string) string { return strings.NewReplacer("\x00", "", "\x1b", "").Replace(s) }

// Whatever the answers of the contract hold, a bundle has none of it but codes
// and states.
func TestBundleHoldsNoData(t *testing.T) {
	log, leaves := inspect.NewLog(), map[string]string{}
	for n, b := range bodies(t) {
		for canary, path := range b.leaves {
			unique := fmt.Sprintf("q%dq%s", n, canary)
			if canary[0] == '7' {
				unique = fmt.Sprintf("%d00%s", n, canary)
			}
			b.text = strings.Replace(b.text, canary, unique, 1)
			leaves[unique] = path
		}
		b.text = regexp.MustCompile(`"link_id":"[^"]*"`).ReplaceAllString(b.text, `"link_id":"mk_1"`)
		b.call.RequestBody = []byte(b.text)
		if b.answer {
			b.call.RequestBody, b.call.ResponseBody = nil, []byte(b.text)
		}
		log.Add(b.call)
	}
	codes := regexp.MustCompile(`(^|\.)(state|error_code)$`)
	for _, link := range []moneykit.LinkID{"", "mk_1"} {
		got := bundle(link, log.Entries()).Markdown()
		for canary, path := range leaves {
			if strings.Contains(got, canary) && !codes.MatchString(path) && path != "products" {
				t.Errorf("%s is in it: %s", path, canary)
			}
		}
		if link != "" && !regexp.MustCompile(`q\d+qcanary`).MatchString(got) {
			t.Error("not even the states")
		}
	}
}
