package views

import (
	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// eventsTab lists what was seen to happen to a link.
type eventsTab struct {
	*linkPage
	list eventList
}

func newEventsTab(p *linkPage) *eventsTab {
	return &eventsTab{p, newEventList(p.session, p.id,
		table.Column{Title: "WHEN", Width: 15},
		table.Column{Title: "WHAT", Width: 32, Flex: 2},
		table.Column{Title: "BEFORE", Width: 23, Flex: 1, Drop: 1},
		table.Column{Title: "REQUEST ID", Width: 12, Flex: 1, Drop: 2},
	)}
}

func (e *eventsTab) name() string    { return "Events" }
func (e *eventsTab) capturing() bool { return false }
func (e *eventsTab) failure() error  { return e.list.err }

func (e *eventsTab) show() tea.Cmd {
	e.list.ctx, e.list.to = e.ctx, e.to
	return e.list.show()
}

func (e *eventsTab) update(msg tea.Msg) tea.Cmd { return e.list.update(msg) }

func (e *eventsTab) setTheme(t *theme.Theme) { e.list.setTheme(t) }
func (e *eventsTab) setSize(w, h int)        { e.list.setSize(w, h-1) }

func (e *eventsTab) actions() []ui.Action {
	return e.list.actions(ui.Action{Name: "Open the request that showed it", Key: ui.Bind("enter", "request"), Do: func() tea.Cmd {
		at, _ := e.list.current()
		return openRequest(e.app, at.RequestID)
	}})
}

// openRequest shows a request by its id, as long as the log has it.
func openRequest(app *App, id string) tea.Cmd {
	for _, entry := range app.Calls.Entries() {
		if id != "" && entry.RequestID == id {
			return ui.Push(newRequest(app, entry))
		}
	}
	if id == "" {
		return ui.Toast(ui.Notice, "MoneyKit gave no request id")
	}
	return ui.Toast(ui.Notice, "The log of requests no longer holds "+termsafe.Line(id))
}

func (e *eventsTab) view() string {
	body := e.list.view("Nothing was seen to happen to this link yet.", "till has watched since "+momentSeconds(e.clock.tell(e.began), e.clock.now())+".")
	if e.list.w <= 0 {
		return body
	}
	return cell.Block(splitLines(body), e.list.w, e.list.h) + "\n" + footing(e.theme, e.list.count(), e.list.lost(), e.list.w)
}
