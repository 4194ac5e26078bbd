package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// eventsScreen lists what was seen to happen to all links.
type eventsScreen struct {
	list  eventList
	known int // links
}

var _ ui.Screen = (*eventsScreen)(nil)

func newEvents(s *session) *eventsScreen {
	return &eventsScreen{known: s.watch.Pulse().Known, list: newEventList(s, "",
		table.Column{Title: "WHEN", Width: 15},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 1},
		table.Column{Title: "LINK", Width: 10, Flex: 1, Drop: 2},
		table.Column{Title: "WHAT", Width: 29, Flex: 2},
		table.Column{Title: "BEFORE", Width: 23, Flex: 1, Drop: 3},
		table.Column{Title: "REQUEST ID", Width: 12, Flex: 1, Drop: 4},
	)}
}

// eventsAction opens what was seen to happen to all links.
func (s *session) eventsAction() ui.Action {
	return ui.Action{Name: "Events: what was seen to happen to all links", Key: ui.Bind("E", "events"), Quiet: true, Do: func() tea.Cmd {
		return ui.Push(newEvents(s))
	}}
}

func (e *eventsScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	e.list.ctx, e.list.to = ctx, ui.To{ID: id}
	return e.list.show()
}

func (e *eventsScreen) Update(msg tea.Msg) tea.Cmd {
	if news, ok := msg.(newsMsg); ok && news.of == e.list.watch {
		e.known = news.of.Pulse().Known
	}
	return e.list.update(msg)
}

func (e *eventsScreen) Actions() []ui.Action {
	actions := e.list.actions(ui.Action{Name: "Open the link at its events", Key: ui.Bind("enter", "open"), Do: func() tea.Cmd {
		at, _ := e.list.current()
		link := newLink(e.list.session, at.Link)
		link.tab = tabEvents
		return ui.Push(link)
	}})
	return append(actions, e.list.elsewhere(func() error { return e.list.err })...)
}

func (e *eventsScreen) SetTheme(t *theme.Theme) { e.list.setTheme(t) }
func (e *eventsScreen) SetSize(w, h int)        { e.list.setSize(w, h-2) }
func (e *eventsScreen) Title() string           { return "Events" }

func (e *eventsScreen) View() string {
	l := &e.list
	watched := "till has watched " + plural(e.known, "link") + " since " + momentSeconds(l.clock.tell(l.began), l.clock.now())
	below := ""
	if l.rows.Len() > 0 {
		below = watched
	}
	if lost := l.lost(); lost != "" {
		below = lost
	}
	count := l.theme.Paint(theme.Strong, cell.Cut(l.count(), l.w))
	if room := l.w - cell.Width(count) - barGap; cell.Width(below) <= room {
		count += cell.Blank(l.w-cell.Width(count)-cell.Width(below)) + l.theme.Paint(theme.Muted, below)
	}
	return cell.Fit(count, l.w) + "\n" + cell.Blank(l.w) + "\n" + l.view("Nothing was seen to happen yet.", watched+".")
}
