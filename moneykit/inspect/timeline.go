package inspect

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"till/moneykit"
)

// Event is a thing that happened to a link, as seen through one request. Text
// has to be made safe before it is drawn: codes in it are the server's own.
type Event struct {
	At        time.Time // when the request was sent
	Text      string
	RequestID string
}

// About returns the entries whose path, request or answer names the link, in
// the order given.
func About(link moneykit.LinkID, entries []Entry) (about []Entry) {
	for _, e := range entries {
		if names(e, link) {
			about = append(about, e)
		}
	}
	return about
}

func names(e Entry, link moneykit.LinkID) bool {
	if link == "" {
		return false
	}
	quoted := []byte(strconv.Quote(string(link)))
	return inPath(e.URL, string(link)) || bytes.Contains(e.ResponseBody, quoted) || bytes.Contains(e.RequestBody, quoted)
}

func inPath(address, id string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(strings.Split(u.EscapedPath(), "/"), url.PathEscape(id))
}

// Timeline returns what happened to a link, oldest first: changes of its state
// and of its products, requests that changed it, and requests that failed. It
// is only as complete as the entries, which come newest first.
func Timeline(link moneykit.LinkID, entries []Entry) []Event {
	about := About(link, entries)
	slices.Reverse(about)
	slices.SortStableFunc(about, func(a, b Entry) int { return a.At.Compare(b.At) })
	t := &timeline{}
	for _, e := range about {
		if e.Failed() {
			t.note(e, e.Method+" "+e.Route+" failed: "+outcome(e))
			continue
		}
		if did := accepted(e); did != "" {
			t.note(e, did)
		}
		if seen, ok := linkIn(e.ResponseBody, link); ok {
			t.see(e, seen)
		}
	}
	return t.events
}

// accepted says what a request that succeeded has done to the link, or "".
func accepted(e Entry) string {
	switch e.Method + " " + e.Route {
	case "POST /links/{id}/products":
		var asked struct {
			Products []string `json:"products"`
		}
		_ = json.Unmarshal(e.RequestBody, &asked) // the body may be gone
		return strings.TrimSuffix("refresh accepted: "+strings.Join(asked.Products, ", "), ": ")
	case "POST /links/{id}/reset":
		return "reset accepted"
	case "DELETE /links/{id}":
		return "deletion accepted"
	case "PATCH /links/{id}":
		return "change accepted"
	}
	return ""
}

// outcome is an entry's status with MoneyKit's code, or why there was no answer.
func outcome(e Entry) string {
	if e.Err != nil || e.Status == 0 {
		return reason(e.Err)
	}
	code := e.code
	if e.Number == 0 { // no Log has looked for it
		code = errorCode(e.Exchange)
	}
	return strings.TrimSpace(strconv.Itoa(e.Status) + " " + code)
}

// linkAnswer is what the timeline reads of a link. Products are those the
// server names, known to this program or not.
type linkAnswer struct {
	ID        moneykit.LinkID          `json:"link_id"`
	State     string                   `json:"state"`
	ErrorCode string                   `json:"error_code"`
	Products  map[string]productAnswer `json:"products"`
}

// productAnswer keeps times as text: one that cannot be read must not hide the
// rest of the answer.
type productAnswer struct {
	RefreshedAt     string `json:"refreshed_at"`
	LastAttemptedAt string `json:"last_attempted_at"`
	ErrorCode       string `json:"error_code"`
}

// linkIn finds the link in an answer that is the link or has it in member link.
func linkIn(body []byte, link moneykit.LinkID) (linkAnswer, bool) {
	var answer struct {
		linkAnswer
		Link linkAnswer `json:"link"`
	}
	_ = json.Unmarshal(body, &answer) // fields of another type than expected stay empty
	for _, found := range []linkAnswer{answer.Link, answer.linkAnswer} {
		if found.ID == link && found.State != "" {
			return found, true
		}
	}
	return linkAnswer{}, false
}

// timeline collects events while it follows the link from answer to answer.
type timeline struct {
	events []Event
	last   *linkAnswer // nil before the first
}

func (t *timeline) note(e Entry, text string) {
	t.events = append(t.events, Event{At: e.At, Text: text, RequestID: e.RequestID})
}

// see notes in what the link differs from when it was last seen.
func (t *timeline) see(e Entry, link linkAnswer) {
	before := linkAnswer{}
	if t.last == nil {
		t.note(e, "first seen as "+link.standing())
	} else if before = *t.last; before.standing() != link.standing() {
		t.note(e, before.standing()+" → "+link.standing())
	}
	for _, name := range slices.Sorted(maps.Keys(link.Products)) {
		t.seeProduct(e, name, before.Products[name], link.Products[name])
	}
	t.last = &link
}

func (t *timeline) seeProduct(e Entry, name string, before, now productAnswer) {
	refreshed, err := time.Parse(time.RFC3339, now.RefreshedAt)
	if t.last != nil && err == nil && now.RefreshedAt != before.RefreshedAt {
		t.note(e, name+" refreshed, as of "+inUTC(refreshed, time.DateTime))
	}
	tried := now.ErrorCode != before.ErrorCode || now.LastAttemptedAt != before.LastAttemptedAt
	if now.ErrorCode != "" && tried {
		t.note(e, name+" failed: "+now.ErrorCode)
	}
}

// standing is the link's state with the error that belongs to it.
func (l linkAnswer) standing() string {
	if l.ErrorCode == "" {
		return l.State
	}
	return l.State + " (" + l.ErrorCode + ")"
}

// inUTC formats a moment, with the zone after it.
func inUTC(at time.Time, layout string) string { return at.UTC().Format(layout) + " UTC" }
