package views

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit/inspect"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// requestScreen shows one request and its answer, with what is private hidden
// until it is revealed line by line.
type requestScreen struct {
	app   *App
	entry inspect.Entry
	to    ui.To
	theme *theme.Theme
	lines []inspect.Line // nil until they are laid out
	shown map[int]bool   // the lines that were revealed
	rows  sheetRows
	table *table.Model
	w, h  int
}

var _ ui.Screen = (*requestScreen)(nil)

func newRequest(app *App, e inspect.Entry) *requestScreen {
	return &requestScreen{
		app: app, entry: e, shown: map[int]bool{},
		table: table.New(table.Column{Title: sheetTitle(e), Width: 20, Flex: 1}),
	}
}

// sheetTitle says how the request ended.
func sheetTitle(e inspect.Entry) string {
	parts := []string{termsafe.Line(e.Outcome()), latency(e.Duration)}
	if e.RequestID != "" {
		parts = append(parts, termsafe.Line(e.RequestID))
	}
	return strings.Join(parts, " · ")
}

// sheetRows is the lines of a request, broken to the width of the screen.
type sheetRows []sheetRow

type sheetRow struct {
	text string // safe to draw
	role theme.Role
	line int
}

func (r sheetRows) Len() int { return len(r) }

func (r sheetRows) Row(i int) []table.Cell { return []table.Cell{{Text: r[i].text, Role: r[i].role}} }

type sheetMsg struct {
	ui.To
	lines []inspect.Line
}

// Init lays the request out beside the loop: an answer may have many megabytes.
func (r *requestScreen) Init(_ context.Context, id ui.ID) tea.Cmd {
	r.to = ui.To{ID: id}
	to, e := r.to, r.entry
	return func() tea.Msg { return sheetMsg{to, inspect.Show(e)} }
}

func (r *requestScreen) Update(msg tea.Msg) tea.Cmd {
	if laid, ok := msg.(sheetMsg); ok {
		r.lines = laid.lines
		r.layout()
	}
	return nil
}

// layout breaks the lines anew and keeps the cursor on its line.
func (r *requestScreen) layout() {
	at := r.line()
	r.rows = nil
	cursor := 0
	for i, l := range r.lines {
		if l.Kind == inspect.Title && i > 0 {
			r.rows = append(r.rows, sheetRow{line: i})
		}
		if i == at {
			cursor = len(r.rows)
		}
		text, role := r.text(i), r.role(i)
		if cell.Width(text) <= r.w-2 {
			r.rows = append(r.rows, sheetRow{text, role, i})
			continue
		}
		for _, part := range cell.Wrap(text, r.w-2) {
			r.rows = append(r.rows, sheetRow{part, role, i})
		}
	}
	r.table.SetSource(r.rows)
	r.table.MoveTo(cursor)
}

func (r *requestScreen) text(i int) string {
	l := r.lines[i]
	value := l.Value
	if l.Hidden && !r.shown[i] {
		value = inspect.Mask
	}
	return termsafe.Line(l.Before + value + l.After)
}

func (r *requestScreen) role(i int) theme.Role {
	switch l := r.lines[i]; {
	case l.Kind == inspect.Title:
		return theme.Accent
	case l.Hidden && r.shown[i]:
		return theme.Warn
	case l.Hidden:
		return theme.Muted
	}
	return theme.Text
}

// line returns the line under the cursor.
func (r *requestScreen) line() int {
	i := r.table.Cursor()
	if i < 0 || i >= len(r.rows) {
		return 0
	}
	return r.rows[i].line
}

func (r *requestScreen) Actions() []ui.Action {
	actions := []ui.Action{{
		Name: "Reveal what this line hides, or hide it again", Key: ui.Bind("v", "reveal"),
		Disabled: func() string {
			if len(r.lines) == 0 || !r.lines[r.line()].Hidden {
				return "nothing is hidden on this line"
			}
			return ""
		},
		Do: func() tea.Cmd {
			i := r.line()
			r.shown[i] = !r.shown[i]
			r.layout()
			return nil
		},
	}}
	actions = append(actions, ui.Action{
		Name: "To the next line that hides something", Key: ui.Bind("n", "next hidden"), Do: r.next,
	})
	current := func() (inspect.Entry, bool) { return r.entry, true }
	actions = append(actions, requestActions(r.app, current, func(i int) bool { return r.shown[i] })...)
	return append(actions, moves(r.table, stay)...)
}

// next puts the cursor on the next line that hides something still, and on the
// first after the last.
func (r *requestScreen) next() tea.Cmd {
	here := r.line()
	for _, from := range []int{r.table.Cursor() + 1, 0} {
		for i := from; i < len(r.rows); i++ {
			line := r.rows[i].line
			if line != here && r.lines[line].Hidden && !r.shown[line] {
				r.table.MoveTo(i)
				return nil
			}
		}
	}
	return ui.Toast(ui.Notice, "no other line hides anything")
}

// requestActions are what can be done with one request, wherever it is shown.
func requestActions(app *App, current func() (inspect.Entry, bool), shown func(line int) bool) []ui.Action {
	if shown == nil {
		shown = func(int) bool { return false }
	}
	return []ui.Action{
		{Name: "Copy the request as curl, as far as it is shown", Key: ui.Bind("c", "curl"), Do: about(current, func(e inspect.Entry) tea.Cmd {
			return copyText(inspect.Curl(e, shown), "curl command")
		})},
		{Name: "Support bundle: what MoneyKit's support asks for", Key: ui.Bind("b", "bundle"), Do: about(current, func(e inspect.Entry) tea.Cmd {
			return ui.Push(newBundle(app, inspect.Bundle{
				ClientID: e.ClientID, Link: e.Link(), Entries: app.requests(), BaseURL: e.BaseURL, At: time.Now(),
			}))
		})},
		{Name: "Copy the request id", Key: ui.Bind("y", "copy id"), Quiet: true, Do: about(current, func(e inspect.Entry) tea.Cmd {
			if e.RequestID == "" {
				return ui.Toast(ui.Notice, "no answer arrived, so there is no request id")
			}
			return copyText(termsafe.Line(e.RequestID), "Request id") // a server could have sent keys
		})},
	}
}

// about hands what is current to do.
func about[T any](current func() (T, bool), do func(T) tea.Cmd) func() tea.Cmd {
	return func() tea.Cmd {
		e, _ := current()
		return do(e)
	}
}

func (r *requestScreen) SetTheme(t *theme.Theme) {
	r.theme = t
	r.table.SetTheme(t)
}

func (r *requestScreen) SetSize(w, h int) {
	r.w, r.h = w, h
	r.table.SetSize(w, h)
	r.layout()
}

func (r *requestScreen) Title() string {
	return termsafe.Line(r.entry.Method + " " + r.entry.Route)
}

func (r *requestScreen) View() string {
	if r.lines == nil {
		return middle([]string{r.theme.Paint(theme.Muted, "Laying the request out…")}, r.w, r.h)
	}
	return r.table.View()
}
