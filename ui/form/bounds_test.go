package form_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"till/ui/uitest"
)

func TestWhatIsPastedIsBounded(t *testing.T) {
	l := &login{}
	open(t, 80, 24, l.dialog(), func(_ *testing.T, d *uitest.Driver) {
		d.Send(tea.PasteMsg{Content: strings.Repeat("x", 1<<18)})
		d.Press("enter")
	})
	if n := len(l.name); n != 4096 {
		t.Errorf("the name has %d characters", n)
	}
}
