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
	ClientID string
	Link     moneykit.LinkID // empty when the question is not about one link
	State    string          // one line about the link as last seen, may be empty
	Entries  []Entry         // newest first, as Log.Entries gives them

	Program, APIVersion, BaseURL string

	At time.Time
}

// Markdown returns the bundle as text to be sent. Of bodies it holds the states
// of the link, error codes and the ends of session tokens, and nothing else.
// With a Link it leaves out requests that are about others.
func (b Bundle) Markdown() string {
	var out strings.Builder
	out.WriteString("# Report for MoneyKit support\n\n")
	b.facts(&out)
	if b.Link != "" {
		out.WriteString("\n## What happened\n\n")
		writeEvents(&out, Timeline(b.Link, b.Entries))
	}
	out.WriteString("\n## Requests\n\n")
	writeRequests(&out, b.requests())
	return out.String()
}

func (b Bundle) facts(out *strings.Builder) {
	fact := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "- %s: %s\n", name, escape(value))
		}
	}
	fact("Client id", b.ClientID)
	fact("Link id", string(b.Link))
	fact("Link as last seen", b.State)
	for _, e := range b.sessions() {
		fact("Link session", session(e))
	}
	fact("API version", b.APIVersion)
	fact("Base URL", b.BaseURL)
	fact("Program", b.Program)
	fact("Time", inUTC(b.At, time.DateTime))
}

// requests returns the entries that the bundle lists, newest first.
func (b Bundle) requests() []Entry {
	if b.Link == "" {
		return b.Entries
	}
	return slices.DeleteFunc(slices.Clone(b.Entries), func(e Entry) bool {
		return !names(e, b.Link) && !isSession(e)
	})
}

// sessions returns the last request of each kind that had to do with a session.
func (b Bundle) sessions() (last []Entry) {
	for _, e := range b.Entries {
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
