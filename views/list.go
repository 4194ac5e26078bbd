package views

import (
	"math"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/table"
)

// moves are the keys that walk a table; moved runs after each step.
func moves(t *table.Model, moved func() tea.Cmd) []ui.Action {
	return steps("move", t.Page, func(n int) tea.Cmd {
		t.Move(n)
		return moved()
	})
}

func stay() tea.Cmd { return nil }

// steps are the keys that go up and down in anything long.
func steps(word string, page func() int, by func(int) tea.Cmd) []ui.Action {
	step := func(name, shown string, n func() int, keys ...string) ui.Action {
		return ui.Action{Name: name, Key: ui.Bind(shown, word, keys...), Quiet: true, Do: func() tea.Cmd { return by(n()) }}
	}
	fixed := func(n int) func() int { return func() int { return n } }
	return []ui.Action{
		step("Up", "↑", fixed(-1), "up", "k"),
		step("Down", "↓", fixed(1), "down", "j"),
		step("A page up", "pgup", func() int { return -page() }, "pgup", "ctrl+b"),
		step("A page down", "pgdown", page, "pgdown", "ctrl+f"),
		step("To the top", "g", fixed(math.MinInt32), "g", "home"),
		step("To the end", "G", fixed(math.MaxInt32), "G", "end"),
	}
}

const (
	// wide is the room from which a second pane fits beside a list: a terminal
	// of 120 columns less the frame.
	wide         = 116
	paneGap      = " │ "
	paneGapWidth = 3
)

// panes divides a width between a list and the pane beside it, which gets
// nothing where there is no room for it.
func panes(w int) (list, beside int) {
	if w < wide {
		return w, 0
	}
	list = w*3/5 - paneGapWidth
	return list, w - list - paneGapWidth
}
