package ui

import (
	tea "charm.land/bubbletea/v2"

	"till/ui/theme"
)

// show puts a toast on screen and takes it off later, unless another one has
// come by then. Good news wait until a failure was there long enough to be read.
func (s *Shell) show(t toastMsg) tea.Cmd {
	if t.of != nil && t.of.Err() != nil {
		return nil
	}
	if s.toast.text != "" && s.toast.kind == Failure && t.kind == Success {
		s.waiting = []toastMsg{t} // the newest is the one that is shown
		return nil
	}
	s.toast = t
	s.toastID++
	return Tick(s.ctx, t.kind.stays(), toastGoneMsg{s.toastID})
}

// nextToast takes the toast off and shows the newest that waited.
func (s *Shell) nextToast() tea.Cmd {
	s.toast = toastMsg{}
	if len(s.waiting) == 0 {
		return nil
	}
	newest := s.waiting[0]
	s.waiting = nil
	return s.show(newest)
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
