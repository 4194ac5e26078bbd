package ui_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/theme"
	"till/ui/uitest"
)

type (
	letter struct { // for one screen
		ui.To
		text string
	}
	news struct{ text string } // for everyone
)

func TestADialogTakesEveryKey(t *testing.T) {
	var done int
	first := &page{title: "First", actions: []ui.Action{act("do", &done, "x")}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		under, over := &box{title: "Under"}, &box{title: "Over"}
		run(d, ui.Open(under))
		run(d, ui.Open(over))
		d.Press("x", "?", "q", "t", ":")
		same(t, "the dialog on top", keys(over.got), []string{"x", "?", "q", "t", ":"})
		same(t, "the dialog below", keys(under.got), nil)
		same(t, "the screen", keys(first.got), nil)
		if done != 0 {
			t.Error("an action was taken behind a dialog")
		}
		d.Press("esc")
		if over.closed != 1 || under.closed != 0 {
			t.Errorf("esc closed the upper dialog %d times and the lower one %d times", over.closed, under.closed)
		}
		d.Press("j", "esc", "x")
		same(t, "the dialog left", keys(under.got), []string{"j"})
		if under.closed != 1 || done != 1 {
			t.Errorf("the dialog was closed %d times, the action taken %d times", under.closed, done)
		}
	})
}

func TestActionsComeBeforeTheScreen(t *testing.T) {
	var own, theme int
	first := &page{title: "First", actions: []ui.Action{act("own", &own, "x"), act("my theme", &theme, "t")}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press("x", "z", "t")
		if own != 1 || theme != 1 {
			t.Errorf("the actions were taken %d and %d times", own, theme)
		}
		d.Misses("Theme:") // the shell's action of the same key
		same(t, "what is left for the screen", keys(first.got), []string{"z"})
		d.Press("?")
		d.Sees("Keys · First", "own", "my theme")
		d.Misses("Change the theme")
	})
}

func TestACapturingScreenGetsKeysRaw(t *testing.T) {
	var done int
	first := &page{title: "First", capturing: true, actions: []ui.Action{act("do", &done, "x")}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Press("x", "?", "q", ":", "t", "esc", "ctrl+k")
		same(t, "the screen", keys(first.got), []string{"x", "?", "q", ":", "t", "esc", "ctrl+k"})
		if done != 0 || d.Over() {
			t.Error("a key did something else than being typed")
		}
		d.Press("ctrl+c")
		if !d.Over() {
			t.Error("ctrl+c does not leave a screen that captures keys")
		}
	})
}

func TestKeysUnderOtherLayouts(t *testing.T) {
	tests := []struct {
		name  string
		press tea.KeyPressMsg
		want  string
	}{
		{"Latin", tea.KeyPressMsg{Code: 'x', Text: "x"}, "small"},
		{"Latin, shifted", tea.KeyPressMsg{Code: 'x', Text: "X", ShiftedCode: 'X', Mod: tea.ModShift}, "large"},
		{"Cyrillic", tea.KeyPressMsg{Code: 'ч', Text: "ч", BaseCode: 'x'}, "small"},
		{"Cyrillic, shifted", tea.KeyPressMsg{Code: 'ч', Text: "Ч", BaseCode: 'x', Mod: tea.ModShift}, "large"},
		{"Cyrillic, num lock", tea.KeyPressMsg{Code: 'ч', Text: "ч", BaseCode: 'x', Mod: tea.ModNumLock}, "small"},
		{"Cyrillic, caps lock", tea.KeyPressMsg{Code: 'ч', Text: "Ч", BaseCode: 'x', Mod: tea.ModCapsLock}, "large"},
		{"Cyrillic, alt", tea.KeyPressMsg{Code: 'ч', BaseCode: 'x', Mod: tea.ModAlt}, ""},
		// On a French board a stands where q is, and it means a.
		{"Latin in another place", tea.KeyPressMsg{Code: 'a', Text: "a", BaseCode: 'x'}, ""},
		{"the letter itself goes first", tea.KeyPressMsg{Code: 'ы', Text: "ы", BaseCode: 'x'}, "yeru"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			done := map[string]*int{"small": new(int), "large": new(int), "yeru": new(int)}
			first := &page{title: "First", actions: []ui.Action{
				act("small", done["small"], "x"), act("large", done["large"], "X"), act("yeru", done["yeru"], "ы"),
			}}
			shell := ui.NewShell(t.Context(), first)
			shell.Update(test.press)
			for name, n := range done {
				if want := name == test.want; (*n == 1) != want {
					t.Errorf("%s was done %d times", name, *n)
				}
			}
		})
	}
}

func TestKeysPlacesAreAskedFor(t *testing.T) {
	if view := ui.NewShell(t.Context(), &page{}).View(); !view.KeyboardEnhancements.ReportAlternateKeys {
		t.Error("the terminal is not asked where a key is")
	}
}

func TestCtrlCLeaves(t *testing.T) {
	ctrlC := tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	cyrillic := tea.KeyPressMsg{Code: 'с', BaseCode: 'c', Mod: tea.ModCtrl}
	tests := []struct {
		name string
		jobs int
		keys []string // before
		leap []tea.Msg
	}{
		{"from a screen", 0, nil, []tea.Msg{ctrlC}},
		{"under a Cyrillic layout", 0, nil, []tea.Msg{cyrillic}},
		{"from help", 0, []string{"?"}, []tea.Msg{ctrlC}},
		{"from the palette", 0, []string{":"}, []tea.Msg{ctrlC}},
		{"twice with a job in flight", 1, nil, []tea.Msg{ctrlC, ctrlC}},
		{"twice from a dialog with a job in flight", 1, []string{"?"}, []tea.Msg{ctrlC, ctrlC}},
		{"y with a job in flight", 2, nil, []tea.Msg{ctrlC, tea.KeyPressMsg{Code: 'y', Text: "y"}}},
		{"y under a Cyrillic layout", 2, nil, []tea.Msg{ctrlC, tea.KeyPressMsg{Code: 'н', Text: "н", BaseCode: 'y'}}},
		{"q and y typed ahead", 1, nil, []tea.Msg{tea.KeyPressMsg{Code: 'q', Text: "q"}, tea.KeyPressMsg{Code: 'y', Text: "y"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first := &page{title: "First"}
			in(t, first, func(t *testing.T, d *uitest.Driver) {
				run(d, setStatus(ui.Status{Jobs: test.jobs}))
				d.Press(test.keys...)
				for i, msg := range test.leap[:len(test.leap)-1] {
					d.Send(msg)
					if d.Over() {
						t.Fatalf("it left after key %d", i+1)
					}
					d.Sees("Leave till?")
				}
				d.Send(test.leap[len(test.leap)-1])
				if !d.Over() {
					t.Fatalf("it did not leave:\n%s", d.Frame())
				}
				if first.ctx.Err() == nil {
					t.Error("what the screen started goes on")
				}
			})
		})
	}
}

func TestEscStays(t *testing.T) {
	in(t, &page{title: "First"}, func(t *testing.T, d *uitest.Driver) {
		run(d, setStatus(ui.Status{Jobs: 1}))
		d.Press("q", "enter", "n", "q", "space")
		d.Sees("Leave till?", "1 job is still in flight")
		d.Press("esc")
		d.Misses("Leave till?")
		if d.Over() {
			t.Error("it left without a yes")
		}
	})
}

// Keys that were typed before the dialog is drawn belong to the dialog.
func TestKeysTypedAheadReachTheDialog(t *testing.T) {
	var done int
	first := &page{title: "First", actions: []ui.Action{act("unfold", &done, "u"), act("refold", new(int), "r")}}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		burst := []tea.Msg{tea.KeyPressMsg{Code: ':', Text: ":"}}
		for _, r := range "unf" {
			burst = append(burst, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		d.Send(append(burst, tea.KeyPressMsg{Code: tea.KeyEnter}, tea.KeyPressMsg{Code: 'z', Text: "z"})...)
		if done != 1 {
			t.Errorf("the action was taken %d times", done)
		}
		same(t, "the screen", keys(first.got), []string{"z"})
	})
}

func TestTheShellsDialogsOpenAtOnce(t *testing.T) {
	tests := []struct {
		press tea.KeyPressMsg
		title string
	}{
		{tea.KeyPressMsg{Code: '?', Text: "?"}, "Keys · First"},
		{tea.KeyPressMsg{Code: ':', Text: ":"}, "Every action"},
		{tea.KeyPressMsg{Code: 'q', Text: "q"}, "Leave till?"},
		{tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}, "Leave till?"},
	}
	for _, test := range tests {
		frame := framed(t, 80, 24, &page{title: "First"}, setStatus(ui.Status{Jobs: 1})(), test.press)
		if !strings.Contains(frame, test.title) {
			t.Errorf("%s has to wait for a message", test.press)
		}
	}
}

func TestALetterReachesItsScreenAlone(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		dialog := &box{title: "Dialog"}
		run(d, ui.Open(dialog))
		toFirst, toSecond := letter{first.to, "first"}, letter{second.to, "second"}
		d.Send(toFirst, toSecond)
		if count(first.got, toFirst) != 1 || count(first.got, toSecond) != 0 {
			t.Errorf("the first screen got %v", first.got)
		}
		if count(second.got, toFirst) != 0 || count(second.got, toSecond) != 1 {
			t.Errorf("the second screen got %v", second.got)
		}
		d.Press("esc", "esc")
		late := letter{second.to, "late"}
		d.Send(late)
		for name, got := range map[string][]tea.Msg{"first": first.got, "second": second.got, "dialog": dialog.got} {
			if count(got, late) != 0 {
				t.Errorf("%s got a letter to a screen that is gone", name)
			}
		}
		if n := count(dialog.got, toFirst) + count(dialog.got, toSecond); n != 0 {
			t.Errorf("the dialog got %d letters to screens", n)
		}
	})
}

func TestNewsReachEveryone(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	under, over := &box{title: "Under"}, &box{title: "Over"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		run(d, ui.Open(under))
		run(d, ui.Open(over))
		d.Send(news{"all"})
		for name, got := range map[string][]tea.Msg{"first": first.got, "second": second.got, "under": under.got, "over": over.got} {
			if n := count(got, news{"all"}); n != 1 {
				t.Errorf("%s got the news %d times", name, n)
			}
		}
	})
}

func TestPasteAndMouseGoWhereKeysGo(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		paste, click := tea.PasteMsg{Content: "text"}, tea.MouseClickMsg{X: 1, Y: 1}
		d.Send(paste, click)
		dialog := &box{title: "Dialog"}
		run(d, ui.Open(dialog))
		d.Send(paste, click)
		for _, msg := range []tea.Msg{paste, click} {
			if a, b, c := count(first.got, msg), count(second.got, msg), count(dialog.got, msg); a != 0 || b != 1 || c != 1 {
				t.Errorf("%T: %d to the screen below, %d to the one on top, %d to the dialog", msg, a, b, c)
			}
		}
	})
}

func TestADisabledActionSaysWhy(t *testing.T) {
	var done int
	a := act("disconnect", &done, "D")
	reason := "this link is gone"
	a.Disabled = func() string { return reason }
	in(t, &page{title: "First", actions: []ui.Action{a}}, func(t *testing.T, d *uitest.Driver) {
		working := theme.New(true).Paint(theme.Key, "D")
		if strings.Contains(d.Styled(), working) {
			t.Error("the footer shows it as a key that works")
		}
		d.Press("D")
		d.Sees("• this link is gone")
		d.Press("?")
		d.Sees("disconnect — this link is gone")
		d.Press("esc")
		if done != 0 {
			t.Error("it was done all the same")
		}
		reason = ""
		d.Press("D")
		if !strings.Contains(d.Styled(), working) {
			t.Error("the footer does not show it as a key that works")
		}
		if done != 1 {
			t.Error("it is not done once it can be")
		}
	})
}
