package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"till/moneykit"
)

const (
	maxRequests = 50 // in a bundle
	maxEvents   = 100
)

// Bundle is what MoneyKit's support asks for.
type Bundle struct {
	// ClientID and BaseURL say whose requests, and to which server, the bundle
	// is about. Others among the Entries are left out; empty, none are.
	ClientID, BaseURL string

	Link    moneykit.LinkID // empty when the question is not about one link
	Entries []Entry         // newest first, as Log.Entries gives them

	Program, APIVersion string

	At time.Time
}

// Markdown returns the bundle as text to be sent. Of bodies it holds the states
// of the link, error codes and the ends of session tokens, and nothing else.
// With a Link it leaves out requests that are about others, and link sessions
// that nothing kept of them ties to it: those for a new link, and those whose
// bodies are gone.
func (b Bundle) Markdown() string {
	var out strings.Builder
	out.WriteString("# Report for MoneyKit support\n\n")
	requests := b.requests()
	b.facts(&out, requests)
	if b.Link != "" {
		out.WriteString("\n## What happened\n\n")
		writeEvents(&out, Timeline(b.Link, requests))
	}
	out.WriteString("\n## Requests\n\n")
	writeRequests(&out, requests)
	return out.String()
}

func (b Bundle) facts(out *strings.Builder, requests []Entry) {
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "- %s: %s\n", name, escape(value))
		}
	}
	fact("Client id", b.ClientID)
	fact("Link id", string(b.Link))
	if b.Link != "" {
		fact("Link as last seen", lastSeen(b.Link, requests))
	}
	for _, e := range sessions(requests) {
		fact("Link session", session(e))
	}
	fact("API version", b.APIVersion)
	fact("Base URL", b.BaseURL)
	fact("Program", b.Program)
	fact("Time", inUTC(b.At, time.DateTime))
}

// lastSeen is how the newest answer that holds the link has it.
func lastSeen(link moneykit.LinkID, requests []Entry) string {
	for _, e := range requests {
		if seen, ok := linkIn(e.ResponseBody, link); ok {
			return seen.standing() + " at " + inUTC(e.At, time.DateTime)
		}
	}
	return ""
}

// requests returns the entries that the bundle is about, newest first.
func (b Bundle) requests() []Entry {
	return slices.DeleteFunc(slices.Clone(b.Entries), func(e Entry) bool { return !b.isAbout(e) })
}

func (b Bundle) isAbout(e Entry) bool {
	switch {
	case b.ClientID != "" && e.ClientID != b.ClientID, b.BaseURL != "" && e.BaseURL != b.BaseURL:
		return false
	case b.Link == "":
		return true
	case isSession(e):
		return sessionLink(e) == b.Link
	}
	return names(e, b.Link)
}

// sessions returns the last request of each kind that had to do with a session.
func sessions(entries []Entry) (last []Entry) {
	for _, e := range entries {
		known := func(other Entry) bool { return other.Route == e.Route }
		if isSession(e) && !slices.ContainsFunc(last, known) {
			last = append(last, e)
		}
	}
	return last
}

func isSession(e Entry) bool {
	return e.Method == http.MethodPost && (e.Route == "/link-session" || e.Route == "/link-session/exchange-token")
}

// sessionLink returns the link that a session is to repair or has become, ""
// when nothing kept of it tells.
func sessionLink(e Entry) moneykit.LinkID {
	var request struct {
		Link moneykit.LinkID `json:"existing_link_id"`
	}
	var answer struct {
		Link moneykit.LinkID `json:"link_id"`
	}
	if e.Route == "/link-session" {
		_ = json.Unmarshal(e.RequestBody, &request)
		return request.Link
	}
	_ = json.Unmarshal(e.ResponseBody, &answer)
	return answer.Link
}

// session names a link session without giving away its token.
func session(e Entry) string {
	var answer struct {
		Token string `json:"link_session_token"`
	}
	var request struct {
		Token string `json:"exchangeable_token"`
	}
	_ = json.Unmarshal(e.ResponseBody, &answer)
	_ = json.Unmarshal(e.RequestBody, &request)
	reference := e.Method + " " + e.Route
	if e.RequestID != "" {
		reference += ", request " + e.RequestID
	}
	token := request.Token
	if e.Route == "/link-session" {
		token = answer.Token
	}
	if token == "" {
		return reference
	}
	return reference + ", token " + ends(token)
}

// ends shows just enough of a token to find it by.
func ends(token string) string {
	const shortest, head, tail = 24, 6, 4
	if len(token) < shortest {
		return "of " + strconv.Itoa(len(token)) + " characters"
	}
	return token[:head] + "…" + token[len(token)-tail:]
}
