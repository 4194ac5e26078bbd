package views

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// webhooksScreen lists the webhooks that were received, the newest first. The
// receiver is the session's and stays when the screen is left.
type webhooksScreen struct {
	*session
	theme *theme.Theme
	w, h  int
	table *table.Model
	rows  hookRows
	at    *hook // under the cursor; nil for the newest, whichever it is
}

var _ ui.Screen = (*webhooksScreen)(nil)

func newWebhooks(s *session) *webhooksScreen {
	w := &webhooksScreen{session: s, rows: hookRows{session: s}, table: table.New(
		table.Column{Title: "TIME", Width: 8},
		table.Column{Title: "EVENT", Width: 19, Flex: 3},
		table.Column{Title: "LINK", Width: 17, Flex: 2, Drop: 2},
		table.Column{Title: "VERDICT", Width: 19},
		table.Column{Title: "TRY", Width: 3, Right: true, Drop: 1},
	)}
	w.table.SetSource(&w.rows)
	return w
}

// webhooksAction opens the webhooks from any screen of a session. Nobody sends any to
// a guest.
func (s *session) webhooksAction() []ui.Action {
	if s.app.Guest {
		return nil
	}
	return []ui.Action{{
		Name: "Webhooks: receive and verify", Key: ui.Bind("W", "webhooks"), Quiet: true, Disabled: s.app.whyPrivate,
		Do: func() tea.Cmd { return ui.Push(newWebhooks(s)) },
	}}
}

func (w *webhooksScreen) Init(context.Context, ui.ID) tea.Cmd {
	w.refill()
	if w.hooks.started {
		return nil
	}
	return w.startHooks()
}

func (w *webhooksScreen) Update(tea.Msg) tea.Cmd {
	w.refill()
	return nil
}

// refill takes in what came, and keeps the cursor on its delivery.
func (w *webhooksScreen) refill() {
	w.rows.all = w.hooks.all
	w.table.SetSource(&w.rows)
	if w.at != nil {
		w.table.MoveTo(w.rows.index(w.at))
	}
}

func (w *webhooksScreen) moved() tea.Cmd {
	w.at = nil
	if i := w.table.Cursor(); i > 0 {
		w.at = w.rows.at(i)
	}
	return nil
}

// current returns the delivery under the cursor.
func (w *webhooksScreen) current() (*hook, bool) {
	i := w.table.Cursor()
	if i < 0 {
		return nil, false
	}
	return w.rows.at(i), true
}

func (w *webhooksScreen) Actions() []ui.Action {
	actions := []ui.Action{
		{Name: "Open the webhook: its checks and its payload", Key: ui.Bind("enter", "open"), Disabled: func() string {
			if w.table.Cursor() < 0 {
				return "no webhook has come yet"
			}
			return ""
		}, Do: func() tea.Cmd {
			one, _ := w.current()
			w.at = one
			return ui.Push(newWebhook(w.session, one))
		}},
		w.listenAction(),
		{Name: "Copy the receiver's address", Key: ui.Bind("y", "copy address"), Disabled: w.deaf, Do: func() tea.Cmd {
			return copyText(w.hooks.receiver.URL(), "Address")
		}},
	}
	actions = append(actions, w.testActions()...)
	others := slices.DeleteFunc(w.elsewhere(untroubled), func(a ui.Action) bool { return a.Key.Help().Key == "W" })
	return append(append(actions, others...), moves(w.table, w.moved)...)
}

func (w *webhooksScreen) listenAction() ui.Action {
	if w.hooks.receiver != nil {
		return ui.Action{Name: "Receive no more webhooks, or listen again", Key: ui.Bind("l", "stop"), Do: w.stopHooks}
	}
	return ui.Action{Name: "Receive no more webhooks, or listen again", Key: ui.Bind("l", "listen"), Do: w.startHooks}
}

// deaf says that nothing is received.
func (w *webhooksScreen) deaf() string {
	if w.hooks.receiver == nil {
		return "webhooks are not received now; l listens"
	}
	return ""
}

func (w *webhooksScreen) SetTheme(t *theme.Theme) {
	w.theme = t
	w.table.SetTheme(t)
}

func (w *webhooksScreen) SetSize(width, height int) {
	w.w, w.h = width, height
	list, _ := panes(width)
	w.table.SetSize(list, max(0, height-3))
}

func (w *webhooksScreen) Title() string { return "Webhooks" }

func (w *webhooksScreen) View() string {
	list, beside := panes(w.w)
	h := max(0, w.h-3)
	body, from := w.table.View(), w.whereHooksComeFrom()
	if w.rows.Len() == 0 {
		body, from = w.empty(list, h), ""
	}
	if beside > 0 {
		var lines []string
		if one, ok := w.current(); ok {
			lines = w.hookLines(w.theme, one, beside)
		}
		body = cell.Beside(body, cell.Block(lines, beside, h), w.theme.Paint(theme.Border, paneGap))
	}
	return w.summary() + "\n" + w.theme.Paint(theme.Muted, cell.Fit(from, w.w)) + "\n" + cell.Blank(w.w) + "\n" + body
}

// summary tells where webhooks are received, and counts them.
func (w *webhooksScreen) summary() string {
	h, t := &w.hooks, w.theme
	var parts []string
	switch {
	case h.receiver != nil:
		parts = append(parts, t.Paint(theme.Good, "● listening"), t.Paint(theme.Strong, h.receiver.URL()))
	case h.starting:
		parts = append(parts, t.Paint(theme.Warn, "◌ starting"))
	case h.err != nil:
		parts = append(parts, t.Paint(theme.Bad, "✕ not listening"))
	default:
		parts = append(parts, t.Paint(theme.Muted, "○ not listening"))
	}
	if n := len(h.all); n > 0 {
		parts = append(parts, t.Paint(theme.Text, fmt.Sprintf("%d received", n)))
	}
	if h.refused > 0 {
		parts = append(parts, t.Paint(theme.Warn, fmt.Sprintf("%d refused", h.refused)))
	}
	return cell.Fit(strings.Join(parts, "  "), w.w)
}

// empty says what there will be.
func (w *webhooksScreen) empty(width, height int) string {
	h, t := &w.hooks, w.theme
	var lines []string
	add := func(role theme.Role, text string) {
		for _, line := range cell.Wrap(text, min(width, 70)) {
			lines = append(lines, t.Paint(role, line))
		}
	}
	switch {
	case h.err != nil:
		return explain(h.err).pane(t, width, height)
	case h.receiver == nil:
		add(theme.Muted, "No webhook was received.")
	default:
		add(theme.Muted, "No webhook has come yet.")
		lines = append(lines, "")
		add(theme.Text, w.whereHooksComeFrom())
		lines = append(lines, "")
		add(theme.Muted, "Each one is verified, and its link is read from MoneyKit: what a webhook says is not taken for the link's state.")
	}
	if w.canTest() {
		lines = append(lines, "")
		add(theme.Text, "T has MoneyKit send one as a test.")
	}
	if h.refused > 0 {
		lines = append(lines, "")
		add(theme.Warn, fmt.Sprintf("%d were refused, the last for %s.", h.refused, termsafe.Line(h.refusal)))
	}
	return middle(lines, width, height)
}
