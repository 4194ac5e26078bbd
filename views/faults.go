package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// fault is an error as an operator reads it: what happened, what to do next,
// and the id that support asks for.
type fault struct {
	what, next, requestID string
	asked                 bool // of MoneyKit, so that the requests tell more
}

// explain turns any error of the packages below into a fault. Every text in it
// is safe to draw.
func explain(err error) fault {
	f := describe(err)
	f.asked = !isLocal(err)
	if f.what = strings.TrimSpace(f.what); !strings.HasSuffix(f.what, ".") {
		f.what += "."
	}
	f.what, f.next, f.requestID = termsafe.Line(f.what), termsafe.Line(f.next), termsafe.Line(f.requestID)
	return f
}

// isLocal reports whether err came about without MoneyKit.
func isLocal(err error) bool {
	var (
		refused *moneykit.Error
		garbled *moneykit.ResponseError
		lost    *moneykit.ConnectionError
	)
	return !errors.As(err, &refused) && !errors.As(err, &garbled) && !errors.As(err, &lost)
}

func describe(err error) fault {
	if e := (*connect.Refusal)(nil); errors.As(err, &e) {
		return refused(e)
	}
	if e := (*connect.BrokenError)(nil); errors.As(err, &e) {
		return broken(e)
	}
	if errors.Is(err, connect.ErrTimeout) {
		return fault{what: "Nobody came through Connect in time, and its page is gone.", next: "Try again."}
	}
	if e := (*keystore.Error)(nil); errors.As(err, &e) {
		return fault{what: e.Error(), next: e.Remedy()}
	}
	if e := (*moneykit.Error)(nil); errors.As(err, &e) {
		return refusal(e)
	}
	if code := moneykit.ErrorCode(""); errors.As(err, &code) {
		return refusal(&moneykit.Error{Code: code, Message: string(code)})
	}
	if e := (*moneykit.ResponseError)(nil); errors.As(err, &e) {
		return fault{what: "MoneyKit's answer could not be read: " + e.Reason + ".", next: "Try again; if it stays, give support the request id.", requestID: e.RequestID}
	}
	if e := (*moneykit.ConnectionError)(nil); errors.As(err, &e) {
		return connection(e)
	}
	if errors.Is(err, mirror.ErrInUse) {
		return fault{what: "The mirror is in use.", next: "Leave every other till that shows this profile, or use another profile in this one, then try again."}
	}
	if errors.Is(err, watch.ErrBusy) {
		return fault{what: "A refresh of this link is already in flight.", next: "It shows in the row when it ends."}
	}
	return fault{what: err.Error()}
}

// refused is what the bank or Connect said no to.
func refused(e *connect.Refusal) fault {
	what := cmp.Or(strings.TrimSuffix(e.Message, "."), "Connect ended without a link")
	if e.Code != "" {
		what += " (" + words(string(e.Code)) + ")"
	}
	return fault{what: what, next: "Try again.", requestID: e.RequestID}
}

// broken is a link that came through Connect and is not connected.
func broken(e *connect.BrokenError) fault {
	switch e.State {
	case moneykit.Deleted:
		return fault{what: "The link was disconnected meanwhile.", next: "Only a new link brings it back."}
	case moneykit.InError:
	default:
		return fault{what: "The link exists and is not connected: it is " + words(string(e.State)) + ".", next: "Its screen shows when that changes."}
	}
	return fault{what: "The link exists and is not connected: " + words(string(e.Code)) + ".", next: remedy(e.Code)}
}

func connection(e *moneykit.ConnectionError) fault {
	switch {
	case errors.Is(e.Err, context.DeadlineExceeded):
		return fault{what: "MoneyKit did not answer in time.", next: "Try again; the network may be slow."}
	case errors.Is(e.Err, context.Canceled):
		return fault{what: "The request was given up."}
	}
	return fault{what: "MoneyKit cannot be reached: " + e.Err.Error(), next: "Check the network and the base URL, then try again."}
}

func refusal(e *moneykit.Error) fault {
	f := fault{what: e.Message, requestID: e.RequestID}
	switch {
	case errors.Is(e, moneykit.LinkNotFound):
		f.what, f.next = "MoneyKit knows no link with this id.", "Check the id, and that the profile is the one it was made with."
	case errors.Is(e, moneykit.LinkDeleted):
		f.what, f.next = "The link was disconnected.", "Its data is gone from MoneyKit."
	case errors.Is(e, moneykit.LinkForbiddenAction):
		f.what, f.next = "This data was not permitted for the link. "+e.Message, "A new link session can ask for it."
	case errors.Is(e, moneykit.LinkBadState):
		f.what = "Not possible while the link is in this state: " + words(string(e.LinkError)) + ". " + e.Message
		f.next = remedy(e.LinkError)
	case errors.Is(e, moneykit.ForbiddenConfig):
		f.what = "MoneyKit does not allow this link session. " + e.Message
		f.next = "The products, the institution and the redirect URI have to be approved for the app; p changes a profile's redirect URI."
	case errors.Is(e, moneykit.InvalidTokenExchange):
		f.what = "MoneyKit does not take this token: it is unknown, or was exchanged already."
		f.next = "If its link was made, the list shows it soon (ctrl+r)."
	case errors.Is(e, moneykit.Unauthorized):
		f.what, f.next = "MoneyKit refused the client id or secret.", "Check the credentials (p)."
	case errors.Is(e, moneykit.ExpiredAccessToken):
		f.what, f.next = "MoneyKit keeps calling the access token expired.", "Check that the clock is right, then try again."
	case errors.Is(e, moneykit.RateLimitExceeded):
		f.what, f.next = "MoneyKit's limit is reached. "+e.Message, "Wait a little, then try again."
	case len(e.Validation) > 0:
		f.what, f.next = "MoneyKit found the request invalid: "+e.Validation[0].Message, "This is till's mistake; give support the request id."
	case e.Status >= 500:
		f.what, f.next = fmt.Sprintf("MoneyKit failed with status %d. %s", e.Status, e.Message), "Try again; if it stays, give support the request id."
	}
	return f
}

// line tells a fault in one line, for a toast. The request id comes before the
// advice, since the end is what a narrow terminal cuts.
func (f fault) line() string {
	s := f.what
	if f.requestID != "" {
		s += " [" + f.requestID + "]"
	}
	return strings.TrimSpace(s + " " + f.next)
}

// pane tells a fault in the place of data that never came.
func (f fault) pane(t *theme.Theme, w, h int) string {
	text := min(w, 64)
	var lines []string
	add := func(role theme.Role, s string) {
		for _, line := range cell.Wrap(s, text) {
			lines = append(lines, t.Paint(role, line))
		}
	}
	add(theme.Bad, "✕ "+f.what)
	if f.next != "" {
		lines = append(lines, "")
		add(theme.Text, f.next)
	}
	if f.requestID != "" {
		add(theme.Muted, "request id "+f.requestID)
	}
	keys := t.Paint(theme.Key, "r") + t.Paint(theme.Muted, " try again")
	if f.asked {
		keys += t.Paint(theme.Key, "  L") + t.Paint(theme.Muted, " requests")
	}
	lines = append(lines, "", keys)
	return middle(lines, w, h)
}

// middle puts lines in the middle of a pane, their left edges aligned.
func middle(lines []string, w, h int) string {
	width := 0
	for _, line := range lines {
		width = max(width, cell.Width(line))
	}
	left := cell.Blank((w - width) / 2)
	top := max(0, (h-len(lines))/2)
	all := make([]string, top, top+len(lines))
	for _, line := range lines {
		all = append(all, left+line)
	}
	return cell.Block(all, w, h)
}
