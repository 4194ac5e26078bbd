package views

import (
	"slices"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// eventRow is an event as it is kept.
type eventRow struct {
	watch.Event
	place int64 // in the mirror, 0 for one that could not be kept
}

// eventRows is events as a table shows them, newest first.
type eventRows struct {
	*session
	list  []eventRow
	ofAll bool // links
	more  bool // there are older ones
}

func (r *eventRows) Len() int { return len(r.list) }

// newest is the newest place, 0 for none.
func (r *eventRows) newest() int64 {
	for _, e := range r.list {
		if e.place > 0 {
			return e.place
		}
	}
	return 0
}

// oldest is the oldest place, 0 for none.
func (r *eventRows) oldest() int64 {
	for _, e := range slices.Backward(r.list) {
		if e.place > 0 {
			return e.place
		}
	}
	return 0
}

func (r *eventRows) Row(i int) []table.Cell {
	e := r.list[i]
	what, role := happening(e.Event)
	cells := []table.Cell{{Text: r.when(e.Event), Role: theme.Muted}}
	if r.ofAll {
		cells = append(cells,
			table.Cell{Text: r.institution(e.Event), Role: theme.Text}, table.Cell{Text: termsafe.Line(string(e.Link)), Role: theme.Muted})
	}
	return append(cells,
		table.Cell{Text: what, Role: role},
		table.Cell{Text: r.before(e.Event), Role: theme.Muted},
		table.Cell{Text: termsafe.Line(e.RequestID), Role: theme.Muted})
}

// when tells when an event was seen in the space of a column, where a year leaves no
// room for the time of the day.
func (r *eventRows) when(e watch.Event) string {
	at, now := r.clock.tell(e.At), r.clock.now()
	if longPast(at, now) {
		return at.Local().Format("Jan 2 2006")
	}
	return momentSeconds(at, now)
}

// institution names the institution of an event's link, the link itself when that is
// not known.
func (r *eventRows) institution(e watch.Event) string {
	if strings.TrimSpace(e.Institution) != "" {
		return termsafe.Line(e.Institution)
	}
	if s, known := r.watch.Snapshot(e.Link); known && s.Link != nil {
		return institution(s)
	}
	return termsafe.Line(string(e.Link))
}

// happening tells an event in a few words.
func happening(e watch.Event) (string, theme.Role) {
	product := words(string(e.Product))
	switch e.Kind {
	case watch.StateChanged:
		after := eventLook(e.After)
		return eventLook(e.Before).word + " → " + after.String(), after.role
	case watch.ProductRefreshed:
		return product + " refreshed", theme.Text
	case watch.ProductFailed:
		if e.Error == "" {
			return product + " failed", theme.Bad
		}
		return product + " failed: " + words(string(e.Error)), theme.Bad
	case watch.Appeared:
		return string(e.Kind), theme.Info
	case watch.Gone:
		return string(e.Kind), theme.Warn
	}
	return words(string(e.Kind)), theme.Text
}

// eventLook is how a state of an event is told.
func eventLook(s watch.State) look {
	if s == (watch.State{}) {
		return look{"·", "not seen", theme.Muted}
	}
	return linkLook(&moneykit.Link{State: s.State, ErrorCode: s.Error})
}

// before tells what was seen before an event, and when.
func (r *eventRows) before(e watch.Event) string {
	if e.Since.IsZero() {
		return "not seen before"
	}
	since, at := r.clock.tell(e.Since), r.clock.tell(e.At)
	when := since.Local().Format(time.TimeOnly)
	if !sameDay(since, at) {
		when = momentOf(since, r.clock.now())
	}
	if e.Before == (watch.State{}) {
		return "seen " + when
	}
	return "seen " + eventLook(e.Before).word + " " + when
}

// detail tells all of an event in lines of w cells, what matters most first.
func (r *eventRows) detail(t *theme.Theme, e eventRow, w int) []string {
	what, role := happening(e.Event)
	lines := []string{t.Paint(role, cell.Cut(what, w))}
	if r.ofAll {
		lines = append(lines, t.Paint(theme.Muted, cell.Cut(r.institution(e.Event)+" · "+termsafe.Line(string(e.Link)), w)))
	}
	all := []fact{r.span(e.Event), {"request id", termsafe.Line(e.RequestID)}}
	all = append(all, stateFacts(e.Event)...)
	if !e.ProductAt.IsZero() {
		name := "refreshed"
		if e.Kind == watch.ProductFailed {
			name = "failed"
		}
		all = append(all, fact{name, momentSeconds(e.ProductAt, r.clock.now()) + " by MoneyKit's clock"})
	}
	lines = append(lines, facts(t, w, all)...)
	for i, line := range cell.Wrap(termsafe.Line(e.Message), max(1, w-factNames)) {
		name := ""
		if i == 0 {
			name = "message"
		}
		if line != "" {
			lines = append(lines, t.Paint(theme.Muted, cell.Fit(name, factNames))+cell.Cut(line, w-factNames))
		}
	}
	return lines
}

// span tells between which two answers an event has happened.
func (r *eventRows) span(e watch.Event) fact {
	since, at, now := r.clock.tell(e.Since), r.clock.tell(e.At), r.clock.now()
	switch {
	case since.IsZero():
		return fact{"seen", momentSeconds(at, now)}
	case sameDay(since, at):
		return fact{"between", momentSeconds(since, now) + " and " + at.Local().Format(time.TimeOnly)}
	}
	return fact{"between", momentOf(since, now) + " and " + momentSeconds(at, now)}
}

func sameDay(a, b time.Time) bool {
	a, b = a.Local(), b.Local()
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}

// stateFacts tell the states in the two answers of an event.
func stateFacts(e watch.Event) []fact {
	before, after := eventLook(e.Before).word, eventLook(e.After).word
	switch {
	case e.Before == e.After && e.After == (watch.State{}):
		return nil
	case e.Before == e.After:
		return []fact{{"state", after + ", before and after"}}
	}
	return []fact{{"before", before}, {"after", after}}
}

// momentSeconds is momentOf to the second.
func momentSeconds(t, now time.Time) string { return momentOf(t, now) + t.Local().Format(":05") }
