package ui_test

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/uitest"
)

func TestThePaletteFindsByName(t *testing.T) {
	var refreshed, left int
	no := quiet("Relink the link", &left, "R")
	no.Disabled = func() string { return "it is fine" }
	first := &page{title: "First", actions: []ui.Action{
		quiet("Refresh the link", &refreshed, "r"), quiet("Disconnect the link", &left, "D"), no,
	}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press("ctrl+k")
		d.Sees("Every action", "what do you want to do?", "▌ Refresh the link", "Disconnect the link", "Quit")
		d.Type("dscnct")
		d.Sees("▌ Disconnect the link")
		d.Misses("Refresh the link", "Quit")
		d.Press("enter")
		d.Misses("Every action")
		if left != 1 || refreshed != 0 {
			t.Errorf("disconnect was done %d times, refresh %d times", left, refreshed)
		}

		d.Press(":")
		d.Type("nothing like that")
		d.Sees("nothing goes by that name")
		d.Press("enter", "down", "up")
		d.Sees("Every action")
		d.Press("esc")
		d.Misses("Every action")

		d.Press(":", "down", "down", "up", "enter")
		if left != 2 {
			t.Errorf("disconnect was done %d times", left)
		}
		d.Press(":")
		d.Paste("relink")
		d.Press("enter")
		d.Sees("• it is fine")
		d.Press(":")
		d.Type("help for")
		d.Press("enter")
		d.Sees("Keys · First")
		d.Press("?")
		d.Press(":")
		d.Type("quit")
		d.Press("enter")
		if !d.Over() {
			t.Error("quit does not")
		}
	})
}

func TestThePalettePrefersWhatIsWrittenOut(t *testing.T) {
	var marked, taken int
	first := &page{title: "First", actions: []ui.Action{
		quiet("Mark the link, or unmark it", &marked, "space"), quiet("Take the tour", &taken, "ctrl+t"),
	}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press(":")
		d.Type("Tour")
		d.Sees("▌ Take the tour", "Mark the link, or unmark it")
		d.Press("enter")
		if taken != 1 || marked != 0 {
			t.Errorf("the tour was taken %d times, and the link marked %d times", taken, marked)
		}
	})
}

func TestThePaletteLeavesDespiteJobs(t *testing.T) {
	in(t, &page{title: "First"}, func(t *testing.T, d *uitest.Driver) {
		run(d, setStatus(ui.Status{Jobs: 3}))
		d.Press(":")
		d.Type("quit")
		d.Press("enter")
		d.Sees("Leave till?", "3 jobs are still in flight")
		d.Press("y")
		if !d.Over() {
			t.Error("it stays")
		}
	})
}

func TestThePaletteScrolls(t *testing.T) {
	var none int
	first := &page{title: "First"}
	for i := range 40 {
		first.actions = append(first.actions, quiet(fmt.Sprintf("action %02d", i), &none, fmt.Sprintf("f%d", i)))
	}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press(":")
		for i := range 30 {
			d.Sees(fmt.Sprintf("▌ action %02d", i))
			d.Press("down")
		}
		d.Misses("action 00")
		d.Press("enter")
		if none != 1 {
			t.Errorf("%d actions were done", none)
		}
	})
}

func TestHelp(t *testing.T) {
	var none int
	danger := quiet("Throw it away", &none, "D", "D", "delete")
	danger.Danger = true
	first := &page{title: "First", actions: []ui.Action{danger}}
	for i := range 20 {
		first.actions = append(first.actions, quiet(fmt.Sprintf("action %02d", i), &none, fmt.Sprintf("f%d", i)))
	}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press("?")
		d.Sees("Keys · First", "D delete", "Throw it away", "action 15")
		d.Misses("Quit")
		d.Press("down", "j", "k")
		d.Misses("Throw it away")
		d.Sees("action 00", "action 16")
		for range 40 {
			d.Press("down")
		}
		d.Sees("q ctrl+c", "Quit", ": ctrl+k")
		last := d.Frame()
		d.Press("up")
		if d.Frame() == last {
			t.Error("it does not scroll back at once from the end")
		}
		d.Press("pgdown")
		if d.Frame() != last {
			t.Errorf("a page down does not end at the end:\n%s", d.Frame())
		}
		d.Press("pgup", "pgup")
		d.Sees("Throw it away")
		for _, key := range []string{"?", "q", "enter", "esc"} {
			d.Press(key)
			d.Misses("Keys · First")
			d.Press("?")
			d.Sees("Keys · First")
		}
	})
}

// What an action does is never far: every one has a line of its own in help.
func TestHelpHasEveryAction(t *testing.T) {
	var none int
	first := &page{title: "First", actions: []ui.Action{quiet("mine", &none, "x")}}
	shell := ui.NewShell(t.Context(), first)
	frame := framed(t, 80, 40, first, tea.KeyPressMsg{Code: '?', Text: "?"})
	for _, a := range append(shell.Actions(), first.actions...) {
		if !strings.Contains(frame, a.Name) {
			t.Errorf("%q is missing:\n%s", a.Name, frame)
		}
	}
}
