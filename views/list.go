package views

import (
	"math"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/table"
)

// moves are the keys that walk a table; moved runs after each step.
func moves(t *table.Model, moved func() tea.Cmd) []ui.Action {
	step := func(name, shown string, by func() int, keys ...string) ui.Action {
		return ui.Action{Name: name, Key: ui.Bind(shown, "move", keys...), Quiet: true, Do: func() tea.Cmd {
			t.Move(by())
			return moved()
		}}
	}
	fixed := func(n int) func() int { return func() int { return n } }
	return []ui.Action{
		step("Up", "↑", fixed(-1), "up", "k"),
		step("Down", "↓", fixed(1), "down", "j"),
		step("A page up", "pgup", func() int { return -t.Page() }, "pgup", "ctrl+b"),
		step("A page down", "pgdown", t.Page, "pgdown", "ctrl+f"),
		step("To the top", "g", fixed(math.MinInt32), "g", "home"),
		step("To the end", "G", fixed(math.MaxInt32), "G", "end"),
	}
}

func stay() tea.Cmd { return nil }
