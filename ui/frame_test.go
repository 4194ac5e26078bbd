package ui_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
	"till/ui/uitest"
)

// framed returns what a shell of w×h shows after some messages.
func framed(t *testing.T, w, h int, first ui.Screen, msgs ...tea.Msg) string {
	t.Helper()
	shell := ui.NewShell(t.Context(), first)
	for _, msg := range append([]tea.Msg{tea.WindowSizeMsg{Width: w, Height: h}}, msgs...) {
		shell.Update(msg)
	}
	frame := shell.View().Content
	fits(t, frame, w, h)
	return ansi.Strip(frame)
}

// fits fails the test unless frame has exactly h lines of w cells.
func fits(t *testing.T, frame string, w, h int) {
	t.Helper()
	if w == 0 || h == 0 {
		if frame != "" {
			t.Fatalf("%d×%d: got %q", w, h, frame)
		}
		return
	}
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Fatalf("%d×%d: %d lines\n%s", w, h, len(lines), ansi.Strip(frame))
	}
	for i, line := range lines {
		if n := cell.Width(line); n != w {
			t.Fatalf("%d×%d: line %d has %d cells: %q", w, h, i, n, line)
		}
	}
}

func top(frame string) string { line, _, _ := strings.Cut(frame, "\n"); return line }

func bottom(frame string) string { return frame[strings.LastIndex(frame, "\n")+1:] }

// TestFramesAreExact draws screens and dialogs that keep to nothing, at random
// sizes.
func TestFramesAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "long words and more of them ", "東京メトロ", "👩‍👩‍👧‍👦", "e\u0301", "\x1b[31mred\x1b[m", "│", "🇩🇪", "❤\ufe0f", ""}
	wild := func(w, h int) string {
		lines := make([]string, random.IntN(h+4))
		for i := range lines {
			for range random.IntN(12) {
				lines[i] += pieces[random.IntN(len(pieces))]
			}
			lines[i] += strings.Repeat("東", random.IntN(w/2+4))
		}
		return strings.Join(lines, "\n")
	}
	words := func() string { return strings.Repeat(pieces[random.IntN(len(pieces))], random.IntN(12)) }
	for range 200 {
		w, h := random.IntN(201), random.IntN(61)
		if random.IntN(4) == 0 {
			w, h = 58+random.IntN(10), 14+random.IntN(6) // about the least
		}
		var none int
		actions := []ui.Action{act(words(), &none, "x"), act(words(), &none, "y"), act("東京", &none, "東")}
		msgs := []tea.Msg{setStatus(ui.Status{
			Chips: []ui.Chip{{Text: words(), Role: theme.Muted}, {Text: "LIVE", Role: theme.Live}, {Text: words(), Role: theme.Chip}},
			Job:   words(),
		})()}
		for range random.IntN(4) {
			msgs = append(msgs, ui.Push(&page{title: words(), actions: actions, draw: wild})())
		}
		if random.IntN(2) == 0 {
			msgs = append(msgs, ui.Toast(ui.Failure, words())())
		}
		switch random.IntN(4) {
		case 0:
			msgs = append(msgs, ui.Open(&box{title: words(), hint: words(), draw: wild})())
		case 1:
			msgs = append(msgs, tea.KeyPressMsg{Code: '?', Text: "?"})
		case 2:
			msgs = append(msgs, tea.KeyPressMsg{Code: ':', Text: ":"})
		}
		framed(t, w, h, &page{title: words(), actions: actions, draw: wild}, msgs...)
	}
}

func TestTooSmall(t *testing.T) {
	first := &page{title: "First"}
	for _, size := range [][2]int{{59, 16}, {60, 15}, {20, 60}, {200, 1}, {3, 3}} {
		frame := framed(t, size[0], size[1], first)
		if strings.Contains(frame, "First") {
			t.Errorf("%v: the screen is drawn:\n%s", size, frame)
		}
	}
	if frame := framed(t, 59, 16, first); !strings.Contains(frame, "till needs 60×16, this is 59×16") {
		t.Errorf("it does not say what it needs:\n%s", frame)
	}
	if frame := framed(t, 60, 16, first); !strings.Contains(frame, "this is First") {
		t.Errorf("60×16 is enough:\n%s", frame)
	}
}

func TestCrumbsAreShortenedFromTheLeft(t *testing.T) {
	title := func(n int) string { return strings.Repeat("abcdefghi ", n) }
	push := func(titles ...string) (msgs []tea.Msg) {
		for _, t := range titles {
			msgs = append(msgs, ui.Push(&page{title: t})())
		}
		return msgs
	}
	tests := []struct {
		titles []string
		want   string
	}{
		{[]string{"Bank", "Changes"}, "╭ till ▸ Links ▸ Bank ▸ Changes ─"},
		{[]string{title(2), title(2), "Changes"}, "╭ … ▸ " + title(2) + " ▸ Changes ─"},
		{[]string{title(6), "Changes"}, "╭ … ▸ Changes ─"},
		{[]string{"Bank", title(9)}, "╭ … ▸ " + title(4)},
		{[]string{"", "Changes"}, "╭ till ▸ Links ▸ Changes ─"},
	}
	for _, test := range tests {
		head := top(framed(t, 60, 16, &page{title: "Links"}, push(test.titles...)...))
		if !strings.HasPrefix(head, test.want) {
			t.Errorf("got  %q\nwant %q…", head, test.want)
		}
	}
}

func TestChips(t *testing.T) {
	status := func(chips ...ui.Chip) tea.Msg { return setStatus(ui.Status{Chips: chips})() }
	live := ui.Chip{Text: "LIVE", Role: theme.Live}
	many := []ui.Chip{{Text: "acme"}, live}
	for i := range 9 {
		many = append(many, ui.Chip{Text: fmt.Sprintf("number %d", i)})
	}
	first := &page{title: "Links"}
	tests := []struct {
		name  string
		chips []ui.Chip
		want  string
	}{
		{"all fit", []ui.Chip{live, {Text: "on"}, {Text: "sandbox", Role: theme.Chip}}, "╭ till ▸ Links ─────────────────────  LIVE   on   sandbox  ╮"},
		{"the last ones go", many, "╭ till ▸ Links ─────────────────────── acme   LIVE   number 0 ╮"},
		{"but never LIVE", []ui.Chip{{Text: strings.Repeat("n", 64)}, live}, "╭ till ▸ Links ─────────────────────────────────────  LIVE  ╮"},
	}
	for _, test := range tests {
		head := top(framed(t, 60, 16, first, status(test.chips...)))
		if strings.ReplaceAll(head, "─", "") != strings.ReplaceAll(test.want, "─", "") {
			t.Errorf("%s:\ngot  %q\nwant %q", test.name, head, test.want)
		}
	}
	head := top(framed(t, 60, 16, &page{title: strings.Repeat("abcdefghi ", 9)}, status(many...)))
	if !strings.Contains(head, " LIVE ") || !strings.Contains(head, "till ▸ abcdefghi") {
		t.Errorf("a long title and many chips leave %q", head)
	}
}

func TestTheFooterDropsWhatDoesNotFit(t *testing.T) {
	var none int
	var actions []ui.Action
	for i := range 9 {
		actions = append(actions, act(fmt.Sprintf("action %d", i), &none, fmt.Sprint(i)))
	}
	first := &page{title: "Links", actions: append([]ui.Action{quiet("quiet", &none, "u")}, actions...)}
	foot := bottom(framed(t, 60, 16, first))
	if want := "╰ 0 action 0  1 action 1  2 action 2  3 action 3  ? help ──╯"; foot != want {
		t.Errorf("got  %q\nwant %q", foot, want)
	}
	if foot := bottom(framed(t, 200, 16, first)); !strings.Contains(foot, "8 action 8  ? help ─") {
		t.Errorf("with room for all it shows %q", foot)
	}
}

func TestTheRowBelowADialogStaysWhole(t *testing.T) {
	wide := &page{title: "First", draw: func(w, h int) string {
		return strings.Repeat(strings.Repeat("東", w)+"\n", h)
	}}
	for _, title := range []string{"Odd", "Even"} { // the border cuts a character on either side
		framed(t, 81, 24, wide, ui.Open(&box{title: title, hint: "esc"})())
		framed(t, 80, 24, wide, ui.Open(&box{title: title, hint: "esc"})())
	}
}

func TestATallDialogKeepsItsBorder(t *testing.T) {
	tall := &box{title: "Tall", hint: "esc close", draw: func(_, h int) string { return strings.Repeat("line\n", h+9) }}
	frame := framed(t, 80, 24, &page{title: "First"}, ui.Open(tall)())
	for _, text := range []string{"╭─ Tall ─", "╰─ esc close ─"} {
		if !strings.Contains(frame, text) {
			t.Errorf("%q is cut off:\n%s", text, frame)
		}
	}
}

// counter counts what reaches the model.
type counter struct {
	tea.Model
	updates int
}

func (c *counter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	c.updates++
	_, cmd := c.Model.Update(msg)
	return c, cmd
}

func TestNothingMovesWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{Model: ui.NewShell(t.Context(), &page{title: "First"})}
		d := uitest.Start(t, c, 80, 24)
		defer d.Quit()
		run(d, ui.Toast(ui.Failure, "broken"))
		run(d, ui.Toast(ui.Notice, "by the way"))
		d.Press(":", "x", "esc", "?", "esc")
		d.Wait(time.Minute)
		before := c.updates
		d.Wait(10 * time.Minute)
		if c.updates != before {
			t.Errorf("%d messages came in while nothing happened", c.updates-before)
		}
	})
}

func TestTheTerminalIsAskedForItsFocus(t *testing.T) {
	if !ui.NewShell(t.Context(), &page{title: "First"}).View().ReportFocus {
		t.Error("it is not")
	}
}
