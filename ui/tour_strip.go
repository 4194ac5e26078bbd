package ui

import (
	"fmt"
	"strings"

	"till/ui/cell"
	"till/ui/theme"
)

const (
	tourLines  = 2
	tourWidest = 100 // beyond that an eye would have far to go from the text to the keys
)

// tourHeight is how many lines the tour takes from the screen.
func (s *Shell) tourHeight() int {
	if s.tour == nil {
		return 0
	}
	return tourLines
}

// tourStrip tells the step in two lines of w cells: which one it is, its text, and at
// the end the keys of the tour, in as many words as there is room for.
func (s *Shell) tourStrip(w int) []string {
	if s.tour == nil {
		return nil
	}
	label, text := " tour ", s.tour.End
	if !s.tour.over() {
		label = fmt.Sprintf(" %d/%d ", s.tour.at+1, len(s.tour.Steps))
		text = s.tour.Steps[s.tour.at].Text(s.top().Screen)
	}
	indent := cell.Width(label) + 1
	room := max(1, min(w, tourWidest)-indent)
	lines := cell.Wrap(s.paintKeys(text), room)
	second := strings.Join(lines[1:], " ")
	keys, last := s.tourKeys(second, room)
	return []string{
		cell.Fit(s.theme.Paint(theme.Chip, label)+" "+lines[0], w),
		cell.Fit(cell.Blank(indent)+cell.Fit(second, last)+"  "+keys, w),
	}
}

// tourKeys returns the tour's keys, in the longest way that leaves text its cells, and
// how many cells are left for that.
func (s *Shell) tourKeys(text string, room int) (keys string, left int) {
	for _, hints := range s.tourHints() {
		role := theme.Key
		if s.capturing() || len(s.dialogs) > 0 {
			role = theme.Muted // they go elsewhere now
		}
		painted, width := make([]string, len(hints)), 0
		for i, h := range hints {
			painted[i] = s.hint(role, h[0], h[1])
			width += cell.Width(painted[i]) + 2
		}
		keys, left = strings.Join(painted, "  "), max(0, room-width)
		if cell.Width(text) <= left {
			break
		}
	}
	return keys, left
}

// tourHints are the tour's keys and their words, in ever fewer cells.
func (s *Shell) tourHints() [][][2]string {
	next, back := [2]string{">", "next"}, [2]string{"<", "back"}
	if s.tour.over() {
		return [][][2]string{{{">", "close"}, back}, {{">", "close"}}}
	}
	all := [][][2]string{{next, back, {"ctrl+t", "end the tour"}}, {next, back, {"ctrl+t", "end"}}, {next, {"ctrl+t", "end"}}}
	if s.tour.at == 0 {
		all = [][][2]string{{next, {"ctrl+t", "end the tour"}}, {next, {"ctrl+t", "end"}}}
	}
	return all
}

// paintKeys lets what stands between backquotes stand out.
func (s *Shell) paintKeys(text string) string {
	parts := strings.Split(text, "`")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = s.theme.Paint(theme.Key, parts[i])
	}
	return strings.Join(parts, "")
}
