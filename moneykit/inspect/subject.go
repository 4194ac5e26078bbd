package inspect

import (
	"net/url"
	"strings"

	"till/moneykit"
)

// Link returns the link that the request's path names, "" when it names none.
func (e Entry) Link() moneykit.LinkID {
	if !strings.HasPrefix(e.Route, "/links/{id}") {
		return ""
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.EscapedPath(), "/links/")
	part, _, _ := strings.Cut(rest, "/")
	id, err := url.PathUnescape(part)
	if err != nil {
		return ""
	}
	return moneykit.LinkID(id)
}

// Outcome returns the status and MoneyKit's error code, or why no answer
// arrived.
func (e Entry) Outcome() string { return outcome(e) }
