package views

import (
	"context"

	"till/moneykit"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// welcomeScreen greets who has no profile yet.
type welcomeScreen struct {
	app   *App
	link  moneykit.LinkID // to be opened in what is chosen
	ctx   context.Context
	theme *theme.Theme
	table *table.Model
	w, h  int
}

var (
	_ ui.Screen   = (*welcomeScreen)(nil)
	_ ui.Statuser = (*welcomeScreen)(nil)
)

func newWelcome(app *App, link moneykit.LinkID) *welcomeScreen {
	w := &welcomeScreen{app: app, link: link, table: table.New(table.Column{Width: 30}, table.Column{Width: 10, Flex: 1})}
	w.table.SetSource(choices{
		{"Explore the Sandbox", "a dozen links, no account needed"},
		{"Add MoneyKit credentials", "the secret goes to your keyring"},
	})
	return w
}

// choices are rows of a thing and what it means.
type choices [][2]string

func (c choices) Len() int { return len(c) }

func (c choices) Row(i int) []table.Cell {
	return []table.Cell{{Text: c[i][0], Role: theme.Strong}, {Text: c[i][1], Role: theme.Muted}}
}

func (s *welcomeScreen) Init(ctx context.Context, _ ui.ID) tea.Cmd {
	s.ctx = ctx
	return nil
}

func (s *welcomeScreen) Update(tea.Msg) tea.Cmd { return nil }

func (s *welcomeScreen) Actions() []ui.Action {
	choose := ui.Action{Name: "Choose", Key: ui.Bind("enter", "choose"), Do: func() tea.Cmd {
		if s.table.Cursor() == 0 {
			return ui.Restart(newOpening(s.app, openSandbox(), place{open: s.link}))
		}
		return ui.Open(askCredentials(s.ctx, s.app))
	}}
	return append([]ui.Action{choose, requestsAction(s.app, untroubled)}, moves(s.table, stay)...)
}

func (s *welcomeScreen) SetTheme(t *theme.Theme) {
	s.theme = t
	s.table.SetTheme(t)
}

func (s *welcomeScreen) SetSize(w, h int) {
	s.w, s.h = w, h
	s.table.SetSize(min(w, 96), 3)
}

func (s *welcomeScreen) Status() ui.Status { return ui.Status{Chips: s.app.watermark()} }

func (s *welcomeScreen) Title() string { return "Welcome" }

func (s *welcomeScreen) View() string {
	t := s.theme
	intro := []string{
		"", t.Paint(theme.Accent, "till") + t.Paint(theme.Strong, " opens the drawer on your bank links."), "",
		"See every MoneyKit link and its state, walk down to accounts, balances",
		"and what changed in the transactions, and refresh, relink or disconnect",
		"on the spot.", "",
	}
	h := min(len(intro), max(0, s.h-3))
	return cell.Block(intro, s.w, h) + "\n" + cell.Block(splitLines(s.table.View()), s.w, s.h-h)
}
