package views

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/webhooks"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// hookRows shows deliveries in a table, the newest first.
type hookRows struct {
	session *session
	all     []*hook // oldest first
}

func (r *hookRows) Len() int { return len(r.all) }

func (r *hookRows) at(i int) *hook { return r.all[len(r.all)-1-i] }

func (r *hookRows) index(one *hook) int {
	for i := range r.all {
		if r.at(i) == one {
			return i
		}
	}
	return -1
}

func (r *hookRows) Row(i int) []table.Cell {
	d := r.at(i)
	said := theme.Text
	if !d.Verified() {
		said = theme.Muted
	}
	verdict := hookVerdict(d.Delivery)
	switch {
	case d.Duplicate && d.OutOfOrder:
		verdict.word, verdict.role = "dup, out of order", theme.Warn
	case d.Duplicate, d.OutOfOrder:
		verdict.word, verdict.role = hookMarks(d.Delivery)[0], theme.Warn
	}
	return []table.Cell{
		{Text: d.At.Local().Format(time.TimeOnly), Role: theme.Muted},
		{Text: hookEvent(d.Webhook), Role: said},
		{Text: r.session.hookLink(d.Webhook), Role: said},
		{Text: verdict.String(), Role: verdict.role},
		{Text: hookAttempt(d.Delivery), Role: theme.Muted},
	}
}

func hookAttempt(d *webhooks.Delivery) string {
	if d.Attempt == 0 {
		return none
	}
	return fmt.Sprint(d.Attempt)
}

// hookEvent tells in a few words what a webhook reports.
func hookEvent(w *moneykit.Webhook) string {
	if w == nil {
		return "unreadable"
	}
	switch w.Event {
	case moneykit.EventLinkStateChanged:
		return "state: " + words(cmp.Or(string(w.Error), string(w.State)))
	case moneykit.EventProductRefresh:
		return words(string(w.Product)) + ": " + words(string(w.ProductState))
	case moneykit.EventTransactionsAvailable:
		return "transactions available"
	}
	return words(string(w.Event))
}

// hookLink names the link of a webhook, by its institution where that is known.
func (s *session) hookLink(w *moneykit.Webhook) string {
	if w == nil {
		return none
	}
	if link, known := s.watch.Snapshot(w.LinkID); known {
		return linkName(link)
	}
	return termsafe.Line(string(w.LinkID))
}

// hookVerdict tells in a word what verifying has shown.
func hookVerdict(d *webhooks.Delivery) look {
	if d.Verified() {
		return look{"✓", "verified", theme.Good}
	}
	if d.Fault() == moneykit.WebhookKeysUnavailable {
		return look{"?", "keys unavailable", theme.Warn}
	}
	return look{"✕", cmp.Or(faultWords[d.Fault()], "not verified"), theme.Bad}
}

var faultWords = map[moneykit.WebhookFault]string{
	moneykit.WebhookUnsigned:       "not signed once",
	moneykit.WebhookMalformed:      "malformed",
	moneykit.WebhookWrongAlgorithm: "wrong algorithm",
	moneykit.WebhookUnknownKey:     "unknown key",
	moneykit.WebhookBadSignature:   "wrong signature",
	moneykit.WebhookTooOld:         "too old",
	moneykit.WebhookFromFuture:     "from the future",
	moneykit.WebhookBodyMismatch:   "another body",
	moneykit.WebhookUnreadable:     "unreadable",
}

func hookMarks(d *webhooks.Delivery) []string {
	var marks []string
	if d.Duplicate {
		marks = append(marks, "duplicate")
	}
	if d.OutOfOrder {
		marks = append(marks, "out of order")
	}
	return marks
}

// checkLook is how the outcome of a check is told.
func checkLook(c webhooks.Check) look {
	switch c.Outcome {
	case webhooks.Passed:
		return look{"✓", "", theme.Good}
	case webhooks.Failed:
		return look{"✕", "", theme.Bad}
	}
	return look{"·", string(c.Outcome), theme.Muted}
}

// hookLines tells all about a delivery, in lines of w cells.
func (s *session) hookLines(t *theme.Theme, d *hook, w int) []string {
	verdict, now := hookVerdict(d.Delivery), s.clock.now()
	told := t.Paint(verdict.role, verdict.String())
	if marks := hookMarks(d.Delivery); marks != nil {
		told += t.Paint(theme.Warn, "   "+strings.Join(marks, ", "))
	}
	lines := []string{t.Paint(theme.Strong, cell.Cut(hookEvent(d.Webhook), w)), cell.Cut(told, w)}
	for _, part := range cell.Wrap(s.hookAnswer(d), w) {
		lines = append(lines, t.Paint(s.hookAnswerRole(d), part))
	}
	lines = append(lines, "")
	all := []fact{{"received", ago(d.At, now)}}
	if d.Webhook != nil {
		link := termsafe.Line(string(d.Webhook.LinkID))
		if name := s.hookLink(d.Webhook); name != link {
			all = append(all, fact{"institution", name})
		}
		all = append(all, fact{"link", link},
			fact{"happened", ago(d.Webhook.Timestamp, now)}, fact{"event key", termsafe.Line(d.Webhook.IdempotencyKey)})
	}
	all = append(all, fact{"attempt", hookAttempt(d.Delivery)}, fact{"delivery", termsafe.Line(d.Token)})
	if d.Duplicate {
		all = append(all, fact{"duplicate", "of one received " + ago(d.First, now)})
	}
	if d.OutOfOrder {
		all = append(all, fact{"out of order", "after one of " + d.Newer.Local().Format("Jan 2 15:04:05")})
	}
	lines = append(lines, facts(t, w, all)...)
	lines = append(lines, "", t.Paint(theme.Muted, "CHECKS"))
	for _, c := range d.Checks {
		lines = append(lines, checkLines(t, c, w)...)
	}
	return append(append(lines, ""), payloadLines(t, d.Delivery, w)...)
}

func checkLines(t *theme.Theme, c webhooks.Check, w int) []string {
	const name = 18
	is := checkLook(c)
	detail := cell.Wrap(termsafe.Line(cmp.Or(c.Detail, is.word)), max(1, w-name-2))
	lines := make([]string, len(detail))
	for i, part := range detail {
		first := cell.Blank(name + 2)
		if i == 0 {
			first = t.Paint(is.role, is.symbol+" ") + cell.Fit(c.Name, name)
		}
		lines[i] = first + t.Paint(theme.Muted, part)
	}
	return lines
}

// hookAnswer tells what reading the link has shown after the webhook came.
func (s *session) hookAnswer(d *hook) string {
	switch {
	case !d.Verified():
		return "Its link was not read: this may not be from MoneyKit."
	case d.link.Err != nil:
		return "Its link could not be read. " + explain(d.link.Err).line()
	case d.link.Link == nil:
		return "Reading its link…"
	}
	return fmt.Sprintf("MoneyKit says: %s · read %s [%s]", linkLook(d.link.Link), s.clock.tell(d.link.At).Local().Format(time.TimeOnly), termsafe.Line(d.link.Link.RequestID))
}

func (s *session) hookAnswerRole(d *hook) theme.Role {
	if d.Verified() && d.link.Err == nil && d.link.Link != nil {
		return linkLook(d.link.Link).role
	}
	return theme.Muted
}

// payloadLines shows the body, and says that it is not to be believed if so.
func payloadLines(t *theme.Theme, d *webhooks.Delivery, w int) []string {
	title, role := "PAYLOAD, AS MONEYKIT SENT IT", theme.Muted
	if !d.Verified() {
		title, role = "PAYLOAD, NOT VERIFIED: ANYONE CAN HAVE SENT IT", theme.Warn
	}
	lines := []string{t.Paint(role, cell.Cut(title, w))}
	for _, line := range payload(d) {
		for _, part := range cell.Wrap(line, w) {
			lines = append(lines, t.Paint(theme.Text, part))
		}
	}
	if cut := d.Size - len(d.Body); cut > 0 {
		lines = append(lines, t.Paint(theme.Muted, fmt.Sprintf("%d more bytes are not shown", cut)))
	}
	return lines
}

// payload is the body, indented when it is JSON.
func payload(d *webhooks.Delivery) []string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, d.Body, "", "  ") == nil {
		return termsafe.JSON(pretty.String())
	}
	return termsafe.Lines(string(d.Body))
}
