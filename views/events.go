package views

import (
	"context"
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// eventsPage is how many events are read at once.
const eventsPage = 200

// eventList is what was seen to happen to one link, or to all of them, newest first,
// with the event under the cursor beside it or below.
type eventList struct {
	*session
	ctx   context.Context
	to    ui.To
	link  moneykit.LinkID // empty for all
	theme *theme.Theme
	w, h  int

	table *table.Model
	rows  eventRows

	// One thing is read at a time: what is newer, then what is older.
	reading bool
	stale   bool // there may be newer events than those in rows
	loaded  bool
	err     error
}

func newEventList(s *session, link moneykit.LinkID, columns ...table.Column) eventList {
	return eventList{session: s, link: link, rows: eventRows{session: s, ofAll: link == ""}, table: table.New(columns...)}
}

// eventsReadMsg brings events of the mirror, newest first.
type eventsReadMsg struct {
	ui.To
	before int64 // those older than it; 0 for the newest
	rows   []eventRow
	more   bool // there may be older ones
	err    error
}

// readEvents reads the events before a place or, for 0, those newer than the place
// after, and a page of the newest when that is 0, too.
func readEvents(ctx context.Context, store *mirror.Store, to ui.To, link moneykit.LinkID, before, after int64) tea.Cmd {
	return func() tea.Msg {
		msg := eventsReadMsg{To: to, before: before}
		for at := before; ; {
			page, err := store.Events(ctx, link, at, eventsPage)
			if err != nil {
				msg.err = err
				return msg
			}
			for _, kept := range page {
				if at = kept.Place; at <= after {
					return msg
				}
				msg.rows = append(msg.rows, eventOf(kept))
			}
			msg.more = len(page) == eventsPage
			if after == 0 || !msg.more {
				return msg
			}
		}
	}
}

// eventOf takes an event out of the mirror. Of one that another version of this
// program has kept, it is at least known when it was.
func eventOf(kept mirror.Event) eventRow {
	row := eventRow{place: kept.Place}
	_ = json.Unmarshal(kept.Body, &row.Event)
	row.Link, row.At, row.RequestID = kept.Link, kept.At, kept.RequestID
	return row
}

// show reads what there is.
func (l *eventList) show() tea.Cmd {
	l.stale = true
	return l.next()
}

// next reads what is wanted most of what is not there.
func (l *eventList) next() tea.Cmd {
	_, to := l.table.Visible()
	switch {
	case l.reading:
		return nil
	case l.stale:
		l.reading, l.stale = true, false
		return readEvents(l.ctx, l.mirror.Store(), l.to, l.link, 0, l.rows.newest())
	case l.rows.more && l.err == nil && to+l.table.Page() >= l.rows.Len():
		l.reading = true
		return readEvents(l.ctx, l.mirror.Store(), l.to, l.link, l.rows.oldest(), 0)
	}
	return nil
}

func (l *eventList) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case eventsReadMsg:
		return l.read(msg)
	case eventsKeptMsg:
		if msg.of != l.mirror || !l.loaded && !l.reading {
			return nil // of the session before, or not shown yet
		}
		for _, e := range msg.events {
			if l.link == "" || e.Link == l.link {
				return l.happened(msg)
			}
		}
	}
	return nil
}

// happened takes in what has happened just now: from the mirror, unless that could
// not keep it.
func (l *eventList) happened(msg eventsKeptMsg) tea.Cmd {
	if msg.err == nil {
		return l.show()
	}
	var rows []eventRow
	for i := len(msg.events) - 1; i >= 0; i-- {
		if e := msg.events[i]; l.link == "" || e.Link == l.link {
			rows = append(rows, eventRow{Event: e})
		}
	}
	l.putInFront(rows)
	return nil
}

func (l *eventList) read(msg eventsReadMsg) tea.Cmd {
	l.reading = false
	if l.err = msg.err; msg.err != nil {
		return told("Events", l.loaded, msg.err, nil)
	}
	if msg.before == 0 && l.loaded {
		if l.rows.newest() == 0 {
			l.rows.more = msg.more
		}
		l.putInFront(msg.rows)
		return l.next()
	}
	l.rows.list, l.rows.more, l.loaded = append(l.rows.list, msg.rows...), msg.more, true
	l.table.SetSource(&l.rows)
	return l.next()
}

// putInFront adds what is newer; the cursor stays on its event.
func (l *eventList) putInFront(rows []eventRow) {
	l.rows.list = append(rows, l.rows.list...)
	l.table.SetSource(&l.rows)
	l.table.Shift(len(rows))
}

func (l *eventList) current() (eventRow, bool) {
	i := l.table.Cursor()
	if i < 0 {
		return eventRow{}, false
	}
	return l.rows.list[i], true
}

// actions are the keys of a list of events; open is what enter does.
func (l *eventList) actions(open ui.Action) []ui.Action {
	open.Disabled = func() string {
		if _, ok := l.current(); !ok {
			return "there is no event under the cursor"
		}
		return ""
	}
	actions := []ui.Action{open, {
		Name: "Copy the request id", Key: ui.Bind("y", "copy request id"),
		Disabled: func() string {
			if e, ok := l.current(); !ok || e.RequestID == "" {
				return "there is no request id"
			}
			return ""
		},
		Do: func() tea.Cmd {
			e, _ := l.current()
			return copyText(e.RequestID, "Request id")
		},
	}}
	if l.err != nil {
		actions = append(actions, ui.Action{Name: "Read the events again", Key: ui.Bind("r", "try again"), Do: l.show})
	}
	return append(actions, moves(l.table, l.next)...)
}

func (l *eventList) setTheme(t *theme.Theme) {
	l.theme = t
	l.table.SetTheme(t)
}

func (l *eventList) setSize(w, h int) {
	l.w, l.h = w, max(0, h)
	list, _ := panes(w)
	l.table.SetSize(list, l.h-l.below())
}

// mostBelow is the room for the event under the cursor where there is none beside
// the table, a blank line before it.
const mostBelow = 9

func (l *eventList) below() int {
	if _, beside := panes(l.w); beside > 0 {
		return 0
	}
	return min(mostBelow, l.h/2)
}

func (l *eventList) view(empty ...string) string {
	switch {
	case l.rows.Len() > 0:
		return l.filled()
	case l.loaded:
		lines := make([]string, len(empty))
		for i, line := range empty {
			lines[i] = l.theme.Paint(theme.Muted, cell.Cut(line, l.w))
		}
		return middle(lines, l.w, l.h)
	case l.err != nil && !l.reading:
		return explain(l.err).pane(l.theme, l.w, l.h)
	}
	return middle([]string{l.theme.Paint(theme.Muted, "Reading what happened…")}, l.w, l.h)
}

func (l *eventList) filled() string {
	e, _ := l.current()
	_, beside := panes(l.w)
	if beside > 0 {
		return cell.Beside(l.table.View(), cell.Block(l.rows.detail(l.theme, e, beside), beside, l.h), l.theme.Paint(theme.Border, paneGap))
	}
	body := l.table.View()
	if below := l.below(); below > 0 {
		body += "\n" + cell.Blank(l.w)
		if below > 1 {
			body += "\n" + cell.Block(l.rows.detail(l.theme, e, l.w), l.w, below-1)
		}
	}
	return body
}

// count tells how many events there are, and how many of them are above.
func (l *eventList) count() string {
	if !l.loaded || l.rows.Len() == 0 {
		return ""
	}
	count := plural(l.rows.Len(), "event")
	if l.rows.more {
		count = "the last " + count
	}
	if above, _ := l.table.Visible(); above > 0 {
		count += "   ↑ " + grouped(above) + " newer"
	}
	return count
}

// lost says why what happens is not kept, "" when it is.
func (l *eventList) lost() string {
	if l.unkeptEvents == nil {
		return ""
	}
	return "not kept: " + explain(l.unkeptEvents).line()
}

// eventsKeptMsg tells every screen what has happened, once it is in the mirror; err is
// why it is not.
type eventsKeptMsg struct {
	of     *mirror.Mirror
	events []watch.Event // oldest first
	err    error
}
