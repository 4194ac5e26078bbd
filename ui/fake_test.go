package ui_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/theme"
	"till/ui/uitest"
)

// page is a screen that remembers what the shell does to it.
type page struct {
	title     string
	actions   []ui.Action
	capturing bool
	draw      func(w, h int) string

	ctx    context.Context
	to     ui.To
	w, h   int
	theme  *theme.Theme
	around ui.Status
	calls  []string
	got    []tea.Msg
}

func (p *page) Init(ctx context.Context, id ui.ID) tea.Cmd {
	p.ctx, p.to = ctx, ui.To{ID: id}
	p.calls = append(p.calls, "Init")
	return nil
}

func (p *page) Update(msg tea.Msg) tea.Cmd {
	if s, ok := msg.(ui.Status); ok {
		p.around = s
		return nil
	}
	p.got = append(p.got, msg)
	return nil
}

func (p *page) Status() ui.Status { return p.around }

// setStatus changes what pages tell of themselves.
func setStatus(s ui.Status) tea.Cmd { return func() tea.Msg { return s } }

func (p *page) SetSize(w, h int) {
	p.w, p.h = w, h
	p.calls = append(p.calls, fmt.Sprintf("SetSize %d×%d", w, h))
}

func (p *page) SetTheme(t *theme.Theme) {
	p.theme = t
	p.calls = append(p.calls, "SetTheme")
}

func (p *page) View() string {
	if p.draw == nil {
		return "this is " + p.title
	}
	return p.draw(p.w, p.h)
}

func (p *page) Title() string        { return p.title }
func (p *page) Actions() []ui.Action { return p.actions }
func (p *page) Capturing() bool      { return p.capturing }

// box is a dialog that remembers what the shell does to it.
type box struct {
	title, hint string
	draw        func(w, h int) string
	theme       *theme.Theme
	got         []tea.Msg
	closed      int
}

func (b *box) Init() tea.Cmd           { return nil }
func (b *box) Title() string           { return b.title }
func (b *box) Hint() string            { return b.hint }
func (b *box) SetTheme(t *theme.Theme) { b.theme = t }
func (b *box) Closed()                 { b.closed++ }

func (b *box) Update(msg tea.Msg) tea.Cmd {
	b.got = append(b.got, msg)
	return nil
}

func (b *box) View(w, h int) string {
	if b.draw == nil {
		return "inside " + b.title
	}
	return b.draw(w, h)
}

// keys returns the keys among what was received.
func keys(got []tea.Msg) []string {
	var names []string
	for _, msg := range got {
		if press, ok := msg.(tea.KeyPressMsg); ok {
			names = append(names, press.String())
		}
	}
	return names
}

func count(got []tea.Msg, msg tea.Msg) int {
	n := 0
	for _, m := range got {
		if m == msg {
			n++
		}
	}
	return n
}

// act returns an action that counts how often it is done.
func act(name string, done *int, names ...string) ui.Action {
	return ui.Action{Name: name, Key: ui.Bind(names[0], name, names...), Do: func() tea.Cmd { *done++; return nil }}
}

// quiet is act for an action that is not in the footer.
func quiet(name string, done *int, names ...string) ui.Action {
	a := act(name, done, names...)
	a.Quiet = true
	return a
}

// in runs test in a terminal of 80×24 with first as the only screen.
func in(t *testing.T, first *page, test func(t *testing.T, d *uitest.Driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := uitest.Start(t, ui.NewShell(t.Context(), first), 80, 24)
		defer d.Quit()
		test(t, d)
	})
}

func run(d *uitest.Driver, cmd tea.Cmd) { d.Send(cmd()) }

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
