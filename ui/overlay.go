package ui

import (
	"strings"

	"charm.land/lipgloss/v2"

	"till/ui/cell"
	"till/ui/theme"
)

// padding is the cells between a dialog's border and its content.
const padding = 2

// box returns the room that a dialog's content has.
func (s *Shell) box() (w, h int) { return min(s.w-8, 90) - 2*padding, s.h - 7 }

// overlay draws a dialog over the frame.
func (s *Shell) overlay(frame string, d Dialog) string {
	const rim = 2
	maxW, maxH := s.box()
	content := strings.Split(d.View(maxW, maxH), "\n")
	w := max(cell.Width(d.Title())+4, cell.Width(d.Hint())+4)
	for _, line := range content {
		w = max(w, cell.Width(line))
	}
	w = min(w, maxW)
	border := func(t string) string { return s.theme.Paint(theme.Accent, t) }
	title := cell.Cut(d.Title(), w)
	rule := strings.Repeat("─", max(0, w+2*padding-cell.Width(title)-3))
	lines := []string{border("╭─ ") + s.theme.Paint(theme.Strong, title) + border(" "+rule+"╮")}
	for _, line := range append([]string{""}, content[:min(len(content), maxH)]...) {
		lines = append(lines, border("│")+"  "+cell.Fit(line, w)+"  "+border("│"))
	}
	hint := cell.Cut(d.Hint(), w)
	rule = strings.Repeat("─", max(0, w+2*padding-cell.Width(hint)-3))
	lines = append(lines, border("│")+cell.Blank(w+2*padding)+border("│"))
	lines = append(lines, border("╰─ ")+s.theme.Paint(theme.Muted, hint)+border(" "+rule+"╯"))

	box := lipgloss.NewLayer(strings.Join(lines, "\n")).
		X((s.w - w - 2*padding - rim) / 2).Y(max(1, (s.h-len(lines))/2)).Z(1)
	return lipgloss.NewCanvas(s.w, s.h).
		Compose(lipgloss.NewCompositor(lipgloss.NewLayer(frame), box)).Render()
}
