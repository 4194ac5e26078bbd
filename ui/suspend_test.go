package ui_test

import (
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/uitest"
)

func TestCtrlZSuspendsWhateverIsOpen(t *testing.T) {
	first := &page{title: "First", capturing: true}
	synctest.Test(t, func(t *testing.T) {
		suspended := 0
		shell := ui.NewShell(t.Context(), first)
		shell.MaySuspend(func() tea.Msg { suspended++; return nil })
		d := uitest.Start(t, shell, 80, 24)
		defer d.Quit()
		d.Press("ctrl+z")
		over := &box{title: "Over"}
		run(d, ui.Open(over))
		d.Press("ctrl+z")
		d.Sees("inside Over")
		if suspended != 2 {
			t.Errorf("suspended %d times, want once on the screen and once in the dialog", suspended)
		}
		same(t, "the screen", keys(first.got), nil)
		same(t, "the dialog", keys(over.got), nil)
	})
}

func TestSuspendingWithoutAShellSaysWhyNot(t *testing.T) {
	in(t, &page{title: "First"}, func(_ *testing.T, d *uitest.Driver) {
		d.Press("ctrl+z")
		d.Sees("was not started by a shell")
		d.Press("?")
		d.Sees("ctrl+z", "Suspend till")
	})
}
