package ui_test

import (
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/theme"
	"till/ui/uitest"
)

func TestAScreenIsDressedAndSizedBeforeItStarts(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	shell := ui.NewShell(t.Context(), first)
	same(t, "the first screen", first.calls, []string{"SetTheme", "SetSize 0×0"})
	shell.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	shell.Update(ui.Push(second)())
	same(t, "a pushed screen", second.calls, []string{"SetTheme", "SetSize 76×21", "Init"})
	shell.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	shell.Update(tea.WindowSizeMsg{Width: 1, Height: 1})
	same(t, "the screen below", first.calls, []string{"SetTheme", "SetSize 0×0", "SetSize 76×21", "SetSize 96×27", "SetSize 0×0"})
}

func TestPopEndsTheScreenAndThoseAbove(t *testing.T) {
	pages := []*page{{title: "One"}, {title: "Two"}, {title: "Three"}}
	in(t, pages[0], func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(pages[1]))
		run(d, ui.Push(pages[2]))
		d.Sees("till ▸ One ▸ Two ▸ Three", "this is Three")
		run(d, ui.Pop(pages[1].to.ID))
		d.Sees("till ▸ One ─", "this is One")
		for i, ended := range []bool{false, true, true} {
			if (pages[i].ctx.Err() != nil) != ended {
				t.Errorf("%s: ended is %v", pages[i].title, !ended)
			}
		}
		run(d, ui.Pop(pages[1].to.ID)) // a second time
		run(d, ui.Pop(pages[0].to.ID)) // the last one
		d.Press("esc")
		d.Sees("this is One")
		if pages[0].ctx.Err() != nil {
			t.Error("the last screen has ended")
		}
	})
}

func TestTheStackHasAnEnd(t *testing.T) {
	first := &page{title: "First"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		for range 63 {
			run(d, ui.Push(&page{title: "Next"}))
		}
		last := &page{title: "Last"}
		run(d, ui.Push(last))
		d.Sees("this is Next", "Too many pages are open")
		if last.ctx != nil {
			t.Error("one too many has started")
		}
		d.Press("esc")
		run(d, ui.Push(last))
		d.Sees("this is Last")
	})
}

func TestEscGoesBack(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		d.Misses("esc back")
		run(d, ui.Push(second))
		d.Sees("esc back")
		d.Press("esc")
		d.Sees("this is First")
		if second.ctx.Err() == nil {
			t.Error("the second screen goes on")
		}
	})
}

func TestRestartStartsOver(t *testing.T) {
	first, second, fresh := &page{title: "First"}, &page{title: "Second"}, &page{title: "Fresh"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		run(d, setStatus(ui.Status{Job: "at work", Chips: []ui.Chip{{Text: "chip"}}}))
		under, over := &box{title: "Under"}, &box{title: "Over"}
		run(d, ui.Open(under))
		run(d, ui.Open(over))
		run(d, ui.Restart(fresh))
		d.Sees("till ▸ Fresh ─", "this is Fresh")
		d.Misses("Under", "Over", "chip", "at work")
		if first.ctx.Err() == nil || second.ctx.Err() == nil || fresh.ctx.Err() != nil {
			t.Error("the wrong screens have ended")
		}
		if under.closed != 1 || over.closed != 1 {
			t.Errorf("the dialogs were closed %d and %d times", under.closed, over.closed)
		}
		if fresh.to == first.to || fresh.to == second.to {
			t.Error("the new screen has the address of an old one")
		}
		d.Press("esc")
		d.Sees("this is Fresh")
	})
}

// A toast is of those who were there before the restart.
func TestRestartTakesToastsOff(t *testing.T) {
	first := &page{title: "First"}
	in(t, first, func(_ *testing.T, d *uitest.Driver) {
		run(d, ui.Toast(ui.Failure, "broken"))
		run(d, ui.Toast(ui.Success, "waits"))
		run(d, ui.ToastOf(first.ctx, ui.Notice, "of the first"))
		d.Sees("of the first")
		run(d, ui.Restart(&page{title: "Fresh"}))
		d.Misses("of the first")
		run(d, ui.ToastOf(first.ctx, ui.Failure, "late"))
		run(d, ui.Toast(ui.Notice, "fresh news"))
		d.Sees("fresh news")
		d.Wait(time.Minute)
		d.Misses("waits", "late", "fresh news")
	})
}

func TestCloseClosesItsDialogAndNoOther(t *testing.T) {
	in(t, &page{title: "First"}, func(t *testing.T, d *uitest.Driver) {
		under, over := &box{title: "Under"}, &box{title: "Over"}
		run(d, ui.Close(under)) // it is not open
		run(d, ui.Open(under))
		run(d, ui.Open(over))
		run(d, ui.Close(under))
		d.Sees("inside Over")
		run(d, ui.Close(under))
		d.Sees("inside Over")
		if under.closed != 1 || over.closed != 0 {
			t.Errorf("the dialogs were closed %d and %d times", under.closed, over.closed)
		}
	})
}

func TestLeavingEndsEveryScreen(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		d.Press("q")
		if !d.Over() || first.ctx.Err() == nil || second.ctx.Err() == nil {
			t.Error("something goes on")
		}
	})
}

// cursorRow is the one thing in which dark and light differ.
func cursorRow(t *theme.Theme) string {
	var b strings.Builder
	t.PaintRow(&b, theme.Text, "row", true)
	return b.String()
}

func TestThemes(t *testing.T) {
	light, dark := tea.BackgroundColorMsg{Color: color.White}, tea.BackgroundColorMsg{Color: color.Black}
	isDark := func(th *theme.Theme) bool { return cursorRow(th) == cursorRow(theme.New(true)) }
	first, second, dialog := &page{title: "First"}, &page{title: "Second"}, &box{title: "Dialog"}
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		check := func(when string, want bool) {
			t.Helper()
			if isDark(first.theme) != want || isDark(second.theme) != want {
				t.Errorf("%s: dark is %v and %v", when, isDark(first.theme), isDark(second.theme))
			}
		}
		check("before the terminal answers", true)
		d.Send(light)
		check("the terminal is light", false)
		d.Press("t")
		d.Sees("Theme: dark")
		check("dark was chosen", true)
		d.Send(light)
		check("the terminal's answer after a choice", true)
		d.Press("t")
		d.Sees("Theme: light")
		check("light was chosen", false)
		d.Send(dark)
		check("light was chosen and the terminal turned dark", false)
		d.Press("t")
		d.Sees("Theme: auto")
		check("auto again", true)

		run(d, ui.Open(dialog))
		if !isDark(dialog.theme) {
			t.Error("a dialog opens in other colours")
		}
		d.Send(light)
		if isDark(dialog.theme) {
			t.Error("an open dialog keeps the old colours")
		}
	})
}

func TestToasts(t *testing.T) {
	in(t, &page{title: "First"}, func(t *testing.T, d *uitest.Driver) {
		run(d, setStatus(ui.Status{Job: "⟳ at work"}))
		d.Sees("⟳ at work")
		run(d, ui.Toast(ui.Success, "saved"))
		d.Sees("✓ saved")
		d.Misses("at work")
		d.Wait(3 * time.Second)
		run(d, ui.Toast(ui.Failure, "broken"))
		d.Sees("✕ broken")
		d.Misses("saved")
		d.Wait(4 * time.Second) // the first one's time is over
		d.Sees("✕ broken")
		run(d, ui.Toast(ui.Success, "earlier good news"))
		run(d, ui.Toast(ui.Success, "good news"))
		d.Wait(3 * time.Second)
		d.Sees("✕ broken") // a failure is there long enough to be read
		d.Wait(time.Second)
		d.Misses("broken")
		d.Sees("✓ good news")
		d.Wait(5 * time.Second)
		d.Misses("good news")
		d.Sees("⟳ at work")
		run(d, ui.Toast(ui.Notice, "by the way"))
		d.Sees("• by the way")
		d.Wait(5 * time.Second)
		d.Misses("by the way")
	})
}
