package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"till/ui/theme"
)

// show puts a toast on screen and takes it off later, unless another one has
// come by then.
func (s *Shell) show(t toastMsg) tea.Cmd {
	s.toast = t
	s.toastID++
	gone := toastGoneMsg{s.toastID}
	return tea.Tick(t.kind.stays(), func(time.Time) tea.Msg { return gone })
}

func (k ToastKind) look() (symbol string, role theme.Role) {
	switch k {
	case Success:
		return "✓ ", theme.Good
	case Failure:
		return "✕ ", theme.Bad
	}
	return "• ", theme.Info
}
