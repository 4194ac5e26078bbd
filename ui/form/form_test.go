package form_test

import (
	"context"
	"errors"
	"image/color"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/theme"
	"till/ui/uitest"
)

// desk is the screen behind the forms.
type desk struct{ got []tea.Msg }

func (d *desk) Init(context.Context, ui.ID) tea.Cmd { return nil }
func (d *desk) SetSize(int, int)                    {}
func (d *desk) View() string                        { return "" }
func (d *desk) Title() string                       { return "Desk" }
func (d *desk) Actions() []ui.Action                { return nil }

func (d *desk) Update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		d.got = append(d.got, msg)
	}
	return nil
}

// open runs test with a dialog open in a terminal of w×h.
func open(t *testing.T, w, h int, dialog ui.Dialog, test func(t *testing.T, d *uitest.Driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := uitest.Start(t, ui.NewShell(t.Context(), &desk{}), w, h)
		defer d.Quit()
		d.Send(ui.Open(dialog)())
		test(t, d)
	})
}

// login is a form like the ones that till asks with.
type login struct {
	name, mode, secret, url string
	handed                  []login
	answer                  func() tea.Msg
}

func (l *login) fields() []huh.Field {
	return []huh.Field{
		huh.NewInput().Title("Name").Value(&l.name).Validate(func(s string) error {
			if strings.TrimSpace(s) == "" {
				return errors.New("type a name")
			}
			return nil
		}),
		huh.NewSelect[string]().Title("Mode").Value(&l.mode).Options(huh.NewOption("Test", "test"), huh.NewOption("Real", "real")),
		huh.NewInput().Title("Secret").Value(&l.secret).EchoMode(huh.EchoModePassword),
		huh.NewInput().Title("Address").Value(&l.url),
	}
}

func (l *login) submit() tea.Cmd {
	l.handed = append(l.handed, login{name: l.name, mode: l.mode, secret: l.secret, url: l.url})
	if l.answer == nil {
		return nil
	}
	return func() tea.Msg { return l.answer() }
}

func (l *login) dialog() *form.Dialog { return form.New("Log in", l.fields, l.submit) }

func (l *login) was(t *testing.T, want ...login) {
	t.Helper()
	if len(l.handed) != len(want) {
		t.Fatalf("the form handed over %d times, want %d", len(l.handed), len(want))
	}
	for i, got := range l.handed {
		if got.name != want[i].name || got.mode != want[i].mode || got.secret != want[i].secret || got.url != want[i].url {
			t.Errorf("the form handed over %+v, want %+v", got, want[i])
		}
	}
}

func typed(text string) (msgs []tea.Msg) {
	for _, r := range text {
		msgs = append(msgs, tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return msgs
}

func TestConfirmDefaultsToNo(t *testing.T) {
	tests := []struct {
		keys []string
		want int
	}{
		{[]string{"enter"}, 0},
		{[]string{"esc"}, 0},
		{[]string{"n"}, 0},
		{[]string{"left", "right", "enter"}, 0},
		{[]string{"space", "enter"}, 0},
		{[]string{"left", "esc"}, 0},
		{[]string{"left", "enter"}, 1},
		{[]string{"y"}, 1},
	}
	for _, test := range tests {
		done := 0
		ask := form.Confirm("Reset it?", "Reset it now", func() tea.Cmd { done++; return nil }).
			Says(theme.Text, "It will be lost.")
		open(t, 80, 24, ask, func(t *testing.T, d *uitest.Driver) {
			d.Sees("Reset it?", "It will be lost.", "Reset it now", "Cancel", "←→ choose")
			d.Press(test.keys...)
			d.Misses("Reset it?")
			if done != test.want {
				t.Errorf("%q did it %d times, want %d", test.keys, done, test.want)
			}
		})
	}
}

func TestTypeToConfirm(t *testing.T) {
	tests := []struct {
		typed string
		want  int
	}{
		{"Instant Bank", 1},
		{"instant bank", 1},
		{"  INSTANT Bank ", 1},
		{"", 0},
		{"Instant", 0},
		{"Instant  Bank", 0},
		{"Instant Bankk", 0},
		{"y", 0},
	}
	for _, test := range tests {
		done := 0
		ask := form.TypeToConfirm("Disconnect", "Instant Bank ", func() tea.Cmd { done++; return nil })
		open(t, 80, 24, ask, func(t *testing.T, d *uitest.Driver) {
			d.Sees(`Type "Instant Bank`)
			d.Paste(test.typed)
			d.Press("enter")
			if done != test.want {
				t.Fatalf("%q did it %d times, want %d", test.typed, done, test.want)
			}
			if done == 1 {
				d.Misses("Disconnect")
				return
			}
			d.Sees("nothing happened")
			d.Send(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
			d.Misses("nothing happened")
			d.Paste("instant bank")
			d.Press("enter")
			if done != 1 {
				t.Errorf("after %q the right word does nothing", test.typed)
			}
		})
	}
}

func TestAFormHandsOverOnce(t *testing.T) {
	l := &login{}
	open(t, 80, 24, l.dialog(), func(t *testing.T, d *uitest.Driver) {
		d.Press("enter")
		d.Sees("type a name")
		l.was(t)
		d.Type("acme")
		d.Press("enter", "down", "enter")
		d.Type("s3cret")
		d.Press("enter")
		d.Paste("https://example.com")
		d.Press("enter", "enter", "enter")
		d.Misses("Log in")
		l.was(t, login{name: "acme", mode: "real", secret: "s3cret", url: "https://example.com"})
	})
}

// Keys may come faster than huh's messages to itself, which nobody delivers
// here.
func TestKeysTypedAheadLandInTheirFields(t *testing.T) {
	l := &login{}
	dialog := l.dialog()
	dialog.Init()
	enter, down, tab := tea.KeyPressMsg{Code: tea.KeyEnter}, tea.KeyPressMsg{Code: tea.KeyDown}, tea.KeyPressMsg{Code: tea.KeyTab}
	burst := append(typed("acme"), enter, down, tab)
	burst = append(append(burst, typed("s3cret")...), enter)
	burst = append(append(burst, typed("url")...), enter)
	for _, msg := range append(burst, typed("late")...) {
		dialog.Update(msg)
	}
	l.was(t, login{name: "acme", mode: "real", secret: "s3cret", url: "url"})
}

func TestShiftTabGoesBack(t *testing.T) {
	l := &login{}
	open(t, 80, 24, l.dialog(), func(t *testing.T, d *uitest.Driver) {
		d.Type("acm")
		d.Press("tab", "shift+tab")
		d.Type("e")
		d.Press("enter", "enter", "enter", "tab", "enter")
		l.was(t, login{name: "acme", mode: "test"})
	})
}

func TestAFormThatStaysIsTriedAgain(t *testing.T) {
	l := &login{}
	stays := l.dialog().Stays()
	l.answer = func() tea.Msg {
		time.Sleep(time.Second)
		return stays.Retry("the secret is wrong")()
	}
	open(t, 80, 24, stays, func(t *testing.T, d *uitest.Driver) {
		d.Type("acme")
		d.Press("enter", "down", "enter")
		d.Type("wrong")
		d.Press("enter")
		d.Type("url")
		d.Press("enter")
		d.Sees("Log in", "Working…")
		d.Press("x", "enter") // nobody listens
		d.Wait(time.Second)
		d.Misses("Working…")
		d.Sees("the secret is wrong", "acme", "▌ Real", "> *****", "url")

		l.answer = func() tea.Msg { return ui.Close(stays)() }
		d.Press("shift+tab") // it opens at its end, where enter tries again
		for range "wrong" {
			d.Press("backspace")
		}
		d.Type("right")
		d.Press("enter", "enter")
		d.Misses("Log in")
		l.was(t, login{name: "acme", mode: "real", secret: "wrong", url: "url"}, login{name: "acme", mode: "real", secret: "right", url: "url"})
	})
}

func TestEscCancels(t *testing.T) {
	l := &login{}
	open(t, 80, 24, l.dialog(), func(t *testing.T, d *uitest.Driver) {
		d.Type("acme")
		d.Press("enter", "enter", "enter", "esc")
		d.Misses("Log in")
		l.was(t)
	})
}

// late opens a form whose answer takes a second, closes it while it is under way,
// and opens another in its place.
func late(t *testing.T, answer func(*form.Dialog) tea.Cmd, test func(*testing.T, *uitest.Driver)) {
	t.Helper()
	l := &login{name: "acme"}
	first := l.dialog().Stays()
	l.answer = func() tea.Msg {
		time.Sleep(time.Second)
		return answer(first)()
	}
	open(t, 80, 24, first, func(t *testing.T, d *uitest.Driver) {
		d.Press("enter", "enter", "enter", "enter")
		d.Sees("Working…", "esc close")
		d.Press("esc")
		other := &login{}
		d.Send(ui.Open(form.New("Another", other.fields, other.submit).Stays())())
		d.Type("bet")
		d.Wait(time.Second)
		d.Type("a")
		d.Sees("Another", "> beta")
		test(t, d)
	})
}

func TestAnAnswerIsForTheFormThatAsked(t *testing.T) {
	late(t, func(d *form.Dialog) tea.Cmd { return d.Retry("too late") }, func(_ *testing.T, d *uitest.Driver) {
		d.Sees("✕ too late") // as a toast
		d.Press("esc")
		d.Misses("Another")
	})
	opened := form.Confirm("The answer", "Yes", func() tea.Cmd { return nil })
	late(t, func(d *form.Dialog) tea.Cmd { return d.Answer(ui.Open(opened), ui.Toast(ui.Success, "told instead")) }, func(_ *testing.T, d *uitest.Driver) {
		d.Sees("told instead")
		d.Misses("The answer")
	})
	late(t, func(d *form.Dialog) tea.Cmd { return d.Answer(ui.Open(opened), nil) }, func(_ *testing.T, d *uitest.Driver) {
		d.Misses("The answer")
	})
}

func TestAnAnswerGoesOnFromItsForm(t *testing.T) {
	l := &login{name: "acme"}
	asks := l.dialog().Stays()
	opened := form.Confirm("The answer", "Yes", func() tea.Cmd { return nil })
	l.answer = func() tea.Msg {
		return asks.Answer(tea.Sequence(ui.Open(opened), ui.Close(asks)), ui.Toast(ui.Failure, "told instead"))()
	}
	open(t, 80, 24, asks, func(_ *testing.T, d *uitest.Driver) {
		d.Press("enter", "enter", "enter", "enter")
		d.Sees("The answer")
		d.Misses("Log in", "told instead")
	})
}

func TestASecretIsNeverOnScreen(t *testing.T) {
	const secret = "hunter2"
	l := &login{}
	stays := l.dialog().Stays()
	l.answer = func() tea.Msg { return stays.Retry("no")() }
	open(t, 80, 24, stays, func(t *testing.T, d *uitest.Driver) {
		check := func() {
			t.Helper()
			for n := 3; n <= len(secret); n++ {
				if strings.Contains(d.Frame(), secret[:n]) {
					t.Fatalf("the secret is on screen:\n%s", d.Frame())
				}
			}
		}
		d.Type("acme")
		d.Press("enter", "enter")
		for _, r := range secret {
			d.Type(string(r))
			check()
		}
		d.Sees(strings.Repeat("*", len(secret)))
		d.Paste(secret)
		check()
		d.Sees(strings.Repeat("*", 2*len(secret)))
		d.Press("enter")
		check()
		d.Press("enter")
		check()
		l.was(t, login{name: "acme", mode: "test", secret: secret + secret})
	})
}

func TestValuesSurviveANewTheme(t *testing.T) {
	l := &login{}
	open(t, 80, 24, l.dialog(), func(t *testing.T, d *uitest.Driver) {
		d.Type("ac")
		d.Send(tea.BackgroundColorMsg{Color: color.White})
		d.Type("me")
		d.Sees("acme")
		d.Press("enter", "down")
		d.Resize(60, 16)
		d.Send(tea.BackgroundColorMsg{Color: color.Black})
		d.Press("enter", "enter", "enter")
		l.was(t, login{name: "acme", mode: "real"})
	})
}

func TestHintsNameTheKeys(t *testing.T) {
	var picked []string
	var sure bool
	pick := form.New("Pick", func() []huh.Field {
		return []huh.Field{
			huh.NewMultiSelect[string]().Title("Some").Options(huh.NewOptions("one", "two")...).Value(&picked),
			huh.NewSelect[string]().Title("One").Options(huh.NewOptions("one", "two")...),
			huh.NewInput().Title("Any"),
			huh.NewConfirm().Title("Sure?").Value(&sure),
		}
	}, func() tea.Cmd { return nil })
	open(t, 80, 24, pick, func(t *testing.T, d *uitest.Driver) {
		d.Press("/") // nothing to filter here
		d.Press("down", "space")
		d.Sees("space tick", "[x] two")
		d.Press("enter")
		d.Sees("─ ↑↓ choose")
		d.Press("enter")
		d.Sees("─ enter go on  esc cancel")
		d.Press("enter")
		d.Sees("─ ←→ choose")
		d.Press("enter")
		if strings.Join(picked, " ") != "two" {
			t.Errorf("picked %q", picked)
		}
	})
}

// The smallest terminal has room for nine lines of a form of fifteen.
func TestTheFieldInUseIsInView(t *testing.T) {
	l := &login{}
	dialog := l.dialog().Says(theme.Text, strings.Repeat("many words ", 20))
	open(t, 60, 16, dialog, func(t *testing.T, d *uitest.Driver) {
		d.Sees("Name")
		d.Press("enter")
		d.Sees("Name", "type a name")
		d.Type("acme")
		d.Sees("acme")
		d.Press("enter")
		d.Sees("Mode", "Test", "Real")
		d.Press("enter")
		d.Type("x")
		d.Sees("Secret", "> *")
		d.Press("enter")
		d.Type("url")
		d.Sees("Address", "url")
	})
}

// A warning is whole where that is possible, and never cut without a word.
func TestAWarningThatDoesNotFit(t *testing.T) {
	dialog := form.TypeToConfirm("Disconnect", "bank", nil).
		Says(theme.Text, "at one").Says(theme.Bad, "for good").Says(theme.Warn, "one skipped").Says(theme.Muted, "soon")
	open(t, 60, 16, dialog, func(t *testing.T, d *uitest.Driver) {
		d.Sees("at one", "for good", "one skipped", "soon", "Type", "> ")
		d.Misses("more above")
	})
	dialog = form.TypeToConfirm("Disconnect", "bank", nil).Says(theme.Bad, strings.Repeat("for good ", 60))
	open(t, 60, 16, dialog, func(t *testing.T, d *uitest.Driver) {
		d.Sees("↑ there is more above", "for good", "Type", "> ")
		d.Resize(60, 40)
		d.Misses("more above")
	})
}

func TestAFormKeepsToItsBox(t *testing.T) {
	long := strings.Repeat("東京 word overlongoverlongoverlong ", 12)
	no := func(string) error { return errors.New(long) }
	var a, b string
	dialogs := map[string]*form.Dialog{
		"confirm": form.Confirm(long, "Do it", nil).Says(theme.Bad, long),
		"type":    form.TypeToConfirm(long, long, nil).Says(theme.Text, long).Says(theme.Warn, long),
		"fields": form.New("t", func() []huh.Field {
			return []huh.Field{
				huh.NewInput().Title(long).Placeholder(long).Value(&a).Validate(no),
				huh.NewSelect[string]().Title(long).Options(huh.NewOptions(long, "two")...).Value(&b),
			}
		}, nil),
		"plain": (&login{}).dialog(),
	}
	for name, dialog := range dialogs {
		dialog.Init()
		for _, msg := range []tea.Msg{
			tea.PasteMsg{Content: strings.Repeat("東long", 30)}, tea.KeyPressMsg{Code: 'x', Text: "x"}, tea.KeyPressMsg{Code: tea.KeyEnter}, nil,
		} {
			for _, box := range [][2]int{{form.Width, 9}, {86, 50}, {form.Width, 30}} {
				lines := strings.Split(dialog.View(box[0], box[1]), "\n")
				if len(lines) > box[1] {
					t.Fatalf("%s: %d lines in a box of %v", name, len(lines), box)
				}
				for _, line := range lines {
					if cell.Width(line) > box[0] {
						t.Fatalf("%s: %d cells in a box of %v: %q", name, cell.Width(line), box, line)
					}
				}
			}
			if name == "confirm" {
				break
			}
			dialog.Update(msg)
		}
	}
}

func TestADialogThatLeadsOnTakesTheKeysUntilThen(t *testing.T) {
	l := &login{name: "a", mode: "b", secret: "c"}
	there := false
	dialog := form.New("Login", l.fields, func() tea.Cmd {
		return func() tea.Msg {
			time.Sleep(time.Second)
			there = true
			return nil
		}
	}).Leads()
	open(t, 80, 24, dialog, func(t *testing.T, d *uitest.Driver) {
		d.Press("enter", "enter", "enter", "enter")
		d.Press("r", "D")
		d.Sees("Working")
		d.Wait(2 * time.Second)
		d.Misses("Working", "Login")
		if !there {
			t.Error("it led nowhere")
		}
	})
}
