package ui_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"till/ui"
	"till/ui/theme"
	"till/ui/uitest"
)

// says is a step with a text that only a key ends.
func says(text string) ui.Step { return ui.Step{Text: func(ui.Screen) string { return text }} }

// until is a step that ends once done says so.
func until(text string, done func(top *page, last tea.Msg) bool) ui.Step {
	s := says(text)
	s.Done = func(top ui.Screen, last tea.Msg) bool { return done(top.(*page), last) }
	return s
}

func three() ui.Tour {
	return ui.Tour{Steps: []ui.Step{says("See the first."), says("Press `w` for the second."), says("And the third.")}, End: "That was it."}
}

// guided runs test on a tour.
func guided(t *testing.T, first *page, tour ui.Tour, test func(t *testing.T, d *uitest.Driver)) {
	t.Helper()
	in(t, first, func(t *testing.T, d *uitest.Driver) {
		run(d, ui.TakeTour(tour))
		test(t, d)
	})
}

func TestTheTourIsWalkedByKeys(t *testing.T) {
	guided(t, &page{title: "First"}, three(), func(t *testing.T, d *uitest.Driver) {
		d.Sees(" 1/3  See the first.", "> next  ctrl+t end the tour")
		d.Misses("< back")
		d.Press("<")
		d.Sees(" 1/3 ", "• this is the tour's first step")
		d.Press(">")
		d.Sees(" 2/3  Press w for the second.", "> next  < back  ctrl+t end the tour")
		d.Press("<")
		d.Sees(" 1/3 ")
		d.Press(".", ".", ",", ".")
		d.Sees(" 3/3  And the third.")
		d.Press(">")
		d.Sees(" tour  That was it.", "> close  < back")
		d.Press("<")
		d.Sees(" 3/3 ")
		d.Press(">", ">")
		d.Misses("That was it.", "> close")
		d.Press(">", "<")
		d.Misses(" 1/3 ")
	})
}

func TestTheTourCanBeEndedAndTakenAnew(t *testing.T) {
	for at := range 4 {
		guided(t, &page{title: "First"}, three(), func(t *testing.T, d *uitest.Driver) {
			for range at {
				d.Press(">")
			}
			d.Press("ctrl+t")
			d.Misses("/3 ", "That was it.", "ctrl+t")
			d.Press("?")
			d.Sees("Take the tour")
			d.Misses("Tour: ")
			d.Press("esc", "ctrl+t")
			d.Sees(" 1/3  See the first.")
		})
	}
}

func TestTheTourIsInHelpAndInThePalette(t *testing.T) {
	in(t, &page{title: "First"}, func(_ *testing.T, d *uitest.Driver) {
		d.Press(":", "t", "o", "u", "r")
		d.Misses("Take the tour", "Tour: ")
		d.Press("esc")
		run(d, ui.TakeTour(ui.Tour{End: "no steps"}))
		d.Misses("no steps")
		run(d, ui.TakeTour(three()))
		d.Press(":", "t", "o", "u", "r")
		d.Sees("Tour: next step", "Tour: back", "Tour: end")
		d.Misses("Take the tour")
		d.Press("backspace", "backspace", "backspace", "backspace", "n", "e", "x", "t", "enter")
		d.Sees(" 2/3 ")
		d.Press(":", "t", "o", "u", "r", "space", "e", "n", "d", "enter")
		d.Misses(" 2/3 ")
		d.Press(":", "t", "a", "k", "e", "enter")
		d.Sees(" 1/3 ")
	})
}

func TestAnOfferedTourWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shell := ui.NewShell(t.Context(), &page{title: "First"})
		shell.Offer(three())
		d := uitest.Start(t, shell, 80, 24)
		defer d.Quit()
		d.Misses(" 1/3 ")
		d.Press("ctrl+t")
		d.Sees(" 1/3 ")
	})
}

func TestAStepEndsWhenItIsDone(t *testing.T) {
	titled := func(title string) func(*page, tea.Msg) bool {
		return func(top *page, _ tea.Msg) bool { return top.title == title }
	}
	tour := ui.Tour{Steps: []ui.Step{
		until("Open the second.", titled("Second")),
		until("Open the second, again.", titled("Second")),
		until("Press x.", func(_ *page, last tea.Msg) bool {
			press, ok := last.(tea.KeyPressMsg)
			return ok && press.String() == "x"
		}),
	}, End: "That was it."}
	guided(t, &page{title: "First"}, tour, func(_ *testing.T, d *uitest.Driver) {
		d.Press("x")
		d.Sees(" 1/3 ")
		run(d, ui.Push(&page{title: "Second"}))
		d.Sees(" 2/3 ")
		d.Press("y", "x") // it is done already, and has to be read all the same
		d.Sees(" 2/3 ")
		d.Press("esc")
		d.Sees(" 2/3 ")
		run(d, ui.Push(&page{title: "Second"}))
		d.Sees(" 3/3 ")
		d.Press("<", "y")
		d.Sees(" 2/3 ")
		d.Press(">", "x")
		d.Sees("That was it.")
		d.Press("x")
		d.Sees("That was it.")
	})
}

func TestTheTextFollowsTheScreen(t *testing.T) {
	tour := ui.Tour{Steps: []ui.Step{{Text: func(top ui.Screen) string { return "This is " + top.Title() + "." }}}}
	guided(t, &page{title: "First"}, tour, func(_ *testing.T, d *uitest.Driver) {
		d.Sees(" 1/1  This is First.")
		run(d, ui.Push(&page{title: "Second"}))
		d.Sees(" 1/1  This is Second.")
		d.Press("esc")
		d.Sees(" 1/1  This is First.")
		run(d, ui.Restart(&page{title: "Third"}))
		d.Sees(" 1/1  This is Third.")
	})
}

func TestOthersKeysComeFirst(t *testing.T) {
	var done int
	first := &page{title: "First", actions: []ui.Action{act("its own", &done, ">")}}
	guided(t, first, three(), func(t *testing.T, d *uitest.Driver) {
		d.Press(">")
		d.Sees(" 1/3 ")
		if done != 1 {
			t.Errorf("the screen's action was done %d times", done)
		}
		dialog := &box{title: "Box"}
		run(d, ui.Open(dialog))
		d.Press(">", "<", ".", "ctrl+t")
		d.Sees(" 1/3 ")
		same(t, "the dialog's keys", keys(dialog.got), []string{">", "<", ".", "ctrl+t"})
		d.Press("esc")
		run(d, ui.Push(&page{title: "Second", capturing: true}))
		d.Press(">", "ctrl+t")
		d.Sees(" 1/3 ")
	})
}

func TestTheTourTakesItsLinesFromTheScreens(t *testing.T) {
	first, second := &page{title: "First"}, &page{title: "Second"}
	guided(t, first, three(), func(t *testing.T, d *uitest.Driver) {
		run(d, ui.Push(second))
		if first.h != 19 || second.h != 19 || second.w != 76 {
			t.Errorf("the screens have %d and %d lines", first.h, second.h)
		}
		d.Resize(60, 16)
		if second.h != 11 {
			t.Errorf("60×16: the screen has %d lines", second.h)
		}
		d.Press("ctrl+t")
		if first.h != 13 || second.h != 13 {
			t.Errorf("after the tour the screens have %d and %d lines", first.h, second.h)
		}
	})
}

func TestTheTourFitsTheLeastTerminal(t *testing.T) {
	text := "This step has all of the eighty characters that a step may have, and stops here."
	if len(text) != 80 {
		t.Fatal(len(text))
	}
	shell := ui.NewShell(t.Context(), &page{title: "First"})
	shell.Guide(ui.Tour{Steps: []ui.Step{says("One"), says(text)}})
	shell.Update(tea.WindowSizeMsg{Width: 60, Height: 16})
	shell.Update(tea.KeyPressMsg{Code: '>', Text: ">"})
	frame := shell.View().Content
	fits(t, frame, 60, 16)
	lines := strings.Split(ansi.Strip(frame), "\n")
	want := []string{
		"│  2/2  This step has all of the eighty characters that a  │",
		"│       step may have, and stops here.  > next  ctrl+t end │",
	}
	same(t, "the strip", lines[13:15], want)
}

func TestKeysStandOut(t *testing.T) {
	colours := theme.New(true)
	shell := ui.NewShell(t.Context(), &page{title: "First"})
	shell.Guide(three())
	shell.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	shell.Update(tea.KeyPressMsg{Code: '>', Text: ">"})
	sees := func(what string) {
		t.Helper()
		if frame := shell.View().Content; !strings.Contains(frame, what) {
			t.Errorf("%q is not in\n%q", what, frame)
		}
	}
	sees("Press " + colours.Paint(theme.Key, "w") + " for")
	sees(colours.Paint(theme.Chip, " 2/3 "))
	sees(colours.Paint(theme.Key, "ctrl+t"))
	shell.Update(ui.Open(&box{title: "Box"})())
	sees(colours.Paint(theme.Muted, "ctrl+t"))
	shell.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	sees(colours.Paint(theme.Key, "ctrl+t"))
	shell.Update(ui.Push(&page{title: "Second", capturing: true})())
	sees(colours.Paint(theme.Muted, "ctrl+t"))
}

func TestTheToursKeysAreNearItsText(t *testing.T) {
	shell := ui.NewShell(t.Context(), &page{title: "First"})
	shell.Guide(three())
	shell.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	lines := strings.Split(ansi.Strip(shell.View().Content), "\n")
	keys := strings.TrimRight(strings.Trim(lines[58], "│"), " ")
	if !strings.HasSuffix(keys, "ctrl+t end the tour") || len(keys) > 102 {
		t.Errorf("they are at %q", lines[58])
	}
}

// TestToursAreExact draws tours that keep to nothing, at random sizes.
func TestToursAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	pieces := []string{"a", "long words and more of them ", "`w`", "`", "東京メトロ", "👩‍👩‍👧‍👦", "e\u0301", "\n", "-", "🇩🇪", ""}
	words := func() (text string) {
		for range random.IntN(30) {
			text += pieces[random.IntN(len(pieces))]
		}
		return text
	}
	for range 300 {
		w, h := random.IntN(201), random.IntN(61)
		if random.IntN(3) == 0 {
			w, h = 58+random.IntN(10), 14+random.IntN(8) // about the least
		}
		shell := ui.NewShell(t.Context(), &page{title: "First"})
		tour := ui.Tour{End: words()}
		for range 1 + random.IntN(12) {
			tour.Steps = append(tour.Steps, says(words()))
		}
		shell.Guide(tour)
		msgs := []tea.Msg{tea.WindowSizeMsg{Width: w, Height: h}}
		for range random.IntN(14) {
			msgs = append(msgs, tea.KeyPressMsg{Code: '>', Text: ">"})
		}
		switch random.IntN(4) {
		case 0:
			msgs = append(msgs, ui.Toast(ui.Failure, words())())
		case 1:
			msgs = append(msgs, tea.KeyPressMsg{Code: '?', Text: "?"})
		case 2:
			msgs = append(msgs, ui.Push(&page{title: "Second", capturing: true})())
		}
		for _, msg := range msgs {
			shell.Update(msg)
			fits(t, shell.View().Content, w, h)
		}
	}
}

func TestNothingMovesOnATour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shell := ui.NewShell(t.Context(), &page{title: "First"})
		shell.Guide(three())
		c := &counter{Model: shell}
		d := uitest.Start(t, c, 80, 24)
		defer d.Quit()
		d.Press(">")
		before := c.updates
		d.Wait(10 * time.Minute)
		if c.updates != before {
			t.Errorf("%d messages came in while nothing happened", c.updates-before)
		}
	})
}
