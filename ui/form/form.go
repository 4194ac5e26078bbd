// Package form puts huh's fields into a dialog of the shell: every question
// that till asks is one of these.
package form

import (
	"fmt"
	"strings"
	"till/ui"
	"till/ui/cell"
	"till/ui/theme"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
)

// Width is how wide a form's content is; it fits the smallest terminal.
const Width = 48

// tallest is more lines than any form here has.
const tallest = 100

// Dialog asks for values and hands over when they are complete.
type Dialog struct {
	title  string
	intro  []Paragraph
	build  func() []huh.Field
	submit func() tea.Cmd
	stays  bool

	form  *huh.Form
	busy  bool
	fault string
	theme *theme.Theme
}

var (
	_ ui.Dialog = (*Dialog)(nil)
	_ ui.Themed = (*Dialog)(nil)
)

// Paragraph is text above the fields, safe to draw.
type Paragraph struct {
	Text string
	Role theme.Role
}

// Retry reopens a dialog that stays, with what went wrong above its fields.
// Fault has to be safe to draw.
type Retry struct{ Fault string }

// New returns a dialog with the fields that build makes. They hold their
// values in the caller's variables, which submit may read.
func New(title string, build func() []huh.Field, submit func() tea.Cmd) *Dialog {
	return &Dialog{title: title, build: build, submit: submit, theme: theme.New(true)}
}

// Says puts a paragraph above the fields.
func (d *Dialog) Says(role theme.Role, text string) *Dialog {
	d.intro = append(d.intro, Paragraph{text, role})
	return d
}

// Stays keeps the dialog open after its values were handed over, until
// ui.Close or a Retry.
func (d *Dialog) Stays() *Dialog {
	d.stays = true
	return d
}

// SetTheme implements ui.Themed.
func (d *Dialog) SetTheme(t *theme.Theme) { d.theme = t }

// Title implements ui.Dialog.
func (d *Dialog) Title() string { return d.title }

// Hint implements ui.Dialog.
func (d *Dialog) Hint() string {
	if d.busy {
		return "esc cancel"
	}
	switch d.form.GetFocusedField().(type) {
	case *huh.MultiSelect[string]:
		return "space tick  ↑↓ choose  enter go on  esc cancel"
	case *huh.Select[string]:
		return "↑↓ choose  enter go on  esc cancel"
	case *huh.Confirm:
		return "←→ choose  enter go on  esc cancel"
	}
	return "enter go on  esc cancel"
}

// Init implements ui.Dialog.
func (d *Dialog) Init() tea.Cmd {
	d.form = huh.NewForm(huh.NewGroup(d.build()...)).
		WithTheme(huhTheme{d.theme}).WithShowHelp(false).WithWidth(Width)
	cmd := d.form.Init()
	// Without a size huh gives a form no height.
	_, sized := d.form.Update(tea.WindowSizeMsg{Width: Width, Height: tallest})
	return tea.Batch(cmd, sized)
}

// Update implements ui.Dialog.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	if retry, ok := msg.(Retry); ok && d.stays {
		d.busy, d.fault = false, retry.Fault
		return d.Init()
	}
	if d.busy {
		return nil
	}
	_, cmd := d.form.Update(msg)
	if d.form.State != huh.StateCompleted {
		return cmd
	}
	d.busy = true
	if d.stays {
		return d.submit()
	}
	return tea.Sequence(ui.Close(), d.submit())
}

// View implements ui.Dialog.
func (d *Dialog) View(w, _ int) string {
	paragraphs := d.intro
	if d.fault != "" {
		paragraphs = append(paragraphs[:len(paragraphs):len(paragraphs)], Paragraph{d.fault, theme.Bad})
	}
	if d.busy {
		return Paragraphs(d.theme, w, append(paragraphs[:len(paragraphs):len(paragraphs)], Paragraph{"Working…", theme.Warn})...)
	}
	if len(paragraphs) == 0 {
		return d.form.View()
	}
	return Paragraphs(d.theme, w, paragraphs...) + "\n\n" + d.form.View()
}

// Paragraphs lays out text in at most w cells, a blank line between two.
func Paragraphs(t *theme.Theme, w int, paragraphs ...Paragraph) string {
	blocks := make([]string, len(paragraphs))
	for i, p := range paragraphs {
		lines := cell.Wrap(p.Text, min(w, Width))
		for n, line := range lines {
			lines[n] = t.Paint(p.Role, line)
		}
		blocks[i] = strings.Join(lines, "\n")
	}
	return strings.Join(blocks, "\n\n")
}

// Confirm asks a question whose answer is no unless yes is chosen.
func Confirm(title, yes string, do func() tea.Cmd) *Dialog {
	var agreed bool
	return New(title, func() []huh.Field {
		return []huh.Field{huh.NewConfirm().Affirmative(yes).Negative("Cancel").Value(&agreed)}
	}, func() tea.Cmd {
		if !agreed {
			return nil
		}
		return do()
	})
}

// TypeToConfirm asks to type a word before anything happens.
func TypeToConfirm(title, word string, do func() tea.Cmd) *Dialog {
	var typed string
	return New(title, func() []huh.Field {
		return []huh.Field{huh.NewInput().
			Title(fmt.Sprintf("Type %q to confirm", word)).
			Value(&typed).
			Validate(func(s string) error {
				if !strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(word)) {
					return fmt.Errorf("that is not %q: nothing happened", word)
				}
				return nil
			})}
	}, do)
}
