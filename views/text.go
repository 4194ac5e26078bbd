package views

import (
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
	return steps("scroll", func() int { return max(1, p.h-1) }, func(n int) tea.Cmd {
		p.move(n)
		return nil
	})
}
