package views

import (
	"context"
	"fmt"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// driftScreen lists what answers held that the contract does not know.
type driftScreen struct {
	ctx   context.Context
	app   *App
	to    ui.To
	theme *theme.Theme
	table *table.Model
	rows  driftRows
	w, h  int
}

var _ ui.Screen = (*driftScreen)(nil)

func newDrift(app *App) *driftScreen {
	return &driftScreen{app: app, table: table.New(
		table.Column{Title: "WHAT", Width: 9},
		table.Column{Title: "WHERE", Width: 20, Flex: 2},
		table.Column{Title: "SHAPE", Width: 14, Flex: 1},
		table.Column{Title: "OPERATION", Width: 18, Flex: 2},
		table.Column{Title: "SEEN", Width: 6, Right: true},
		table.Column{Title: "SINCE", Width: 5, Drop: 1},
		table.Column{Title: "LAST REQUEST", Width: 12, Flex: 1, Drop: 2},
	)}
}

// driftRows is findings as a table shows them.
type driftRows []moneykit.Drift

func (r driftRows) Len() int { return len(r) }

func (r driftRows) Row(i int) []table.Cell {
	d := r[i]
	return []table.Cell{
		{Text: string(d.Kind), Role: theme.Warn},
		{Text: termsafe.Line(d.Field), Role: theme.Strong},
		{Text: termsafe.Line(d.Shape), Role: theme.Text},
		{Text: d.Operation, Role: theme.Muted},
		{Text: strconv.Itoa(d.Count), Role: theme.Text},
		{Text: age(d.First, time.Now()), Role: theme.Muted},
		{Text: termsafe.Line(d.RequestID), Role: theme.Muted},
	}
}

type driftTickMsg struct{ ui.To }

func (d *driftScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	d.ctx, d.to = ctx, ui.To{ID: id}
	d.load()
	return ui.Tick(d.ctx, time.Second, driftTickMsg{d.to})
}

// load reads the findings anew and keeps the cursor on its finding.
func (d *driftScreen) load() {
	var at moneykit.Drift
	if i := d.table.Cursor(); i >= 0 {
		at = d.rows[i]
	}
	d.rows = d.app.Drift.Found()
	d.table.SetSource(d.rows)
	for i, found := range d.rows {
		if found.Kind == at.Kind && found.Operation == at.Operation && found.Field == at.Field {
			d.table.MoveTo(i)
		}
	}
}

func (d *driftScreen) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(driftTickMsg); ok {
		d.load()
		return ui.Tick(d.ctx, time.Second, driftTickMsg{d.to})
	}
	return nil
}

func (d *driftScreen) Actions() []ui.Action {
	return append([]ui.Action{{
		Name: "Copy the list", Key: ui.Bind("y", "copy"),
		Disabled: func() string {
			if len(d.rows) == 0 {
				return "there is nothing to copy"
			}
			return ""
		},
		Do: func() tea.Cmd { return copyText(driftText(d.rows), "Drift") },
	}}, moves(d.table, stay)...)
}

// driftText lists findings for an issue or a mail.
func driftText(rows []moneykit.Drift) string {
	text := "Seen in MoneyKit's answers and unknown to version " + moneykit.Version + " of its contract:\n"
	for _, d := range rows {
		text += termsafe.Line(fmt.Sprintf("- %s %s: %s (%s), seen %d times, first %s, last request %s",
			d.Operation, d.Field, d.Kind, d.Shape, d.Count, d.First.UTC().Format(time.DateOnly), d.RequestID)) + "\n"
	}
	return text
}

func (d *driftScreen) SetTheme(t *theme.Theme) {
	d.theme = t
	d.table.SetTheme(t)
}

func (d *driftScreen) SetSize(w, h int) {
	d.w, d.h = w, h
	d.table.SetSize(w, max(0, h-2))
}

func (d *driftScreen) Title() string { return "Contract drift" }

func (d *driftScreen) View() string {
	if len(d.rows) == 0 {
		return middle([]string{
			d.theme.Paint(theme.Good, "✓ Every answer so far is what the contract says."),
			"",
			d.theme.Paint(theme.Muted, "A field or a case that it does not know would be listed here."),
		}, d.w, d.h)
	}
	what := plural(len(d.rows), "thing") + " unknown to version " + moneykit.Version + " of the contract"
	return d.theme.Paint(theme.Warn, cell.Fit(what, d.w)) + "\n" + cell.Blank(d.w) + "\n" + d.table.View()
}
