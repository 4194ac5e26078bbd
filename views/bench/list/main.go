// Command list shows till's shell and table over many made-up links, to
// measure what a list costs by itself.
package main

import (
	"context"
	"flag"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/table"
	"till/ui/theme"
)

type rows int

func (r rows) Len() int { return int(r) }

func (r rows) Row(i int) []table.Cell {
	state := table.Cell{Text: "● connected", Role: theme.Good}
	if i%7 == 3 {
		state = table.Cell{Text: "✕ auth expired", Role: theme.Bad}
	}
	return []table.Cell{
		state,
		{Text: "Credentials Bank", Role: theme.Text},
		{Text: fmt.Sprintf("mk_%022d", i*7919), Role: theme.Muted},
		{Text: "A N I T · ·", Role: theme.Muted},
		{Text: "4m", Role: theme.Muted},
	}
}

type screen struct{ *table.Model }

func (s screen) Init(context.Context, ui.ID) tea.Cmd { return nil }
func (s screen) Update(tea.Msg) tea.Cmd              { return nil }
func (s screen) Title() string                       { return "Links" }

func (s screen) Actions() []ui.Action {
	step := func(name, key string, n int) ui.Action {
		return ui.Action{Name: name, Key: ui.Bind(key, "move"), Do: func() tea.Cmd {
			s.Move(n)
			return nil
		}}
	}
	return []ui.Action{step("Down", "j", 1), step("Up", "k", -1)}
}

func main() {
	fps := flag.Int("fps", 120, "frames a second")
	count := flag.Int("rows", 1000, "rows in the list")
	flag.Parse()
	t := table.New(
		table.Column{Title: "STATE", Width: 21},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 2},
		table.Column{Title: "LINK", Width: 10, Flex: 1},
		table.Column{Title: "PRODUCTS", Width: 11},
		table.Column{Title: "FRESH", Width: 5, Right: true},
	)
	t.SetSource(rows(*count))
	shell := ui.NewShell(context.Background(), screen{t})
	if _, err := tea.NewProgram(shell, tea.WithFPS(*fps)).Run(); err != nil {
		fmt.Println(err)
	}
}
