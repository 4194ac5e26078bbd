package views

import (
	"math"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
)

// textPane scrolls through lines that are longer than the screen.
type textPane struct {
	lines []string
	top   int
	w, h  int
}

func (p *textPane) set(lines []string) {
	p.lines = lines
	p.move(0)
}

func (p *textPane) move(n int) {
	p.top = max(0, min(p.top+n, len(p.lines)-p.h))
}

func (p *textPane) view() string {
	end := min(len(p.lines), p.top+p.h)
	return cell.Block(p.lines[min(p.top, end):end], p.w, p.h)
}

func (p *textPane) actions() []ui.Action {
	step := func(name, shown string, n func() int, keys ...string) ui.Action {
		return ui.Action{Name: name, Key: ui.Bind(shown, "scroll", keys...), Quiet: true, Do: func() tea.Cmd {
			p.move(n())
			return nil
		}}
	}
	fixed := func(n int) func() int { return func() int { return n } }
	return []ui.Action{
		step("Up", "↑", fixed(-1), "up", "k"),
		step("Down", "↓", fixed(1), "down", "j"),
		step("A page up", "pgup", func() int { return -max(1, p.h-1) }, "pgup", "ctrl+b"),
		step("A page down", "pgdown", func() int { return max(1, p.h-1) }, "pgdown", "ctrl+f"),
		step("To the top", "g", fixed(math.MinInt32), "g", "home"),
		step("To the end", "G", fixed(math.MaxInt32), "G", "end"),
	}
}
