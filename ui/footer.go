package ui

import (
	"strings"

	"till/ui/cell"
	"till/ui/theme"
)

// toastLines is how many lines a toast may take.
const toastLines = 3

// statusLines shows the toast, or what is under way.
func (s *Shell) statusLines(job string, w int) []string {
	if s.toast.text == "" {
		return []string{s.theme.Paint(theme.Warn, cell.Fit(job, w))}
	}
	symbol, role := s.toast.kind.look()
	lines := cell.Wrap(s.toast.text, w-2)
	if len(lines) > toastLines {
		rest := strings.Join(lines[toastLines-1:], " ")
		lines = append(lines[:toastLines-1], cell.Cut(rest, w-2))
	}
	for i, line := range lines {
		lead := "  "
		if i == 0 {
			lead = s.theme.Paint(role, symbol)
		}
		lines[i] = lead + cell.Fit(line, w-2)
	}
	return lines
}

// footer draws the keys into the lower border, as far as there is room. Those
// that do nothing now keep their places, without colour. Help, the last resort,
// is always there.
func (s *Shell) footer() string {
	const help = "?"
	last := s.hint(theme.Key, help, "help")
	if s.capturing() {
		last = s.hint(theme.Key, "enter", "keep") + "  " + s.hint(theme.Key, "esc", "clear")
		if h, ok := s.top().Screen.(Hinter); ok {
			last = s.theme.Paint(theme.Muted, cell.Cut(h.Hint(), s.w-cell.Width("╰  ╯")))
		}
	}
	keys, room := "", s.w-cell.Width("╰  ╯")-cell.Width(last)
	for _, a := range s.all() {
		shown := a.Key.Help()
		width := cell.Width(shown.Key) + 1 + cell.Width(shown.Desc) + 2
		if a.Quiet || shown.Key == help || width > room || s.capturing() {
			continue
		}
		role := theme.Key
		if a.Reason() != "" {
			role = theme.Muted
		}
		room -= width
		keys += s.hint(role, shown.Key, shown.Desc) + "  "
	}
	rule := strings.Repeat("─", max(0, room))
	return s.theme.Paint(theme.Border, "╰") + " " + keys + last + " " + s.theme.Paint(theme.Border, rule+"╯")
}

func (s *Shell) hint(role theme.Role, key, word string) string {
	return s.theme.Paint(role, key) + " " + s.theme.Paint(theme.Muted, word)
}
