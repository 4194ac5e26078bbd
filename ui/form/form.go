// Package form puts huh's fields into a dialog of the shell: every question
// that till asks is one of these.
package form

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
)

// Width is how wide a form's content is; it fits the smallest terminal.
const Width = 48

// tallest is more lines than any form here has.
const tallest = 100

// longest is more than anything that is typed or pasted here, and still quickly drawn.
const longest = 4096

// Dialog asks for values and hands over when they are complete.
type Dialog struct {
	title  string
	intro  []Paragraph
	build  func() []huh.Field
	submit func() tea.Cmd
	stays  bool
	leads  bool
	search bool
	stop   func() // nil for nothing to stop
	closed chan struct{}

	form   *huh.Form
	fields []huh.Field
	busy   bool
	fault  string
	theme  *theme.Theme
}

var (
	_ ui.Dialog = (*Dialog)(nil)
	_ ui.Themed = (*Dialog)(nil)
	_ ui.Closer = (*Dialog)(nil)
)

// Paragraph is text above the fields, safe to draw.
type Paragraph struct {
	Text string
	Role theme.Role
}

// answerMsg is what became of what a dialog handed over.
type answerMsg struct {
	to    *Dialog
	goOn  func() tea.Cmd
	taken chan struct{} // closed once the dialog goes on
}

// New returns a dialog with the fields that build makes. They hold their
// values in the caller's variables, which submit may read.
func New(title string, build func() []huh.Field, submit func() tea.Cmd) *Dialog {
	return &Dialog{title: title, build: build, submit: submit, closed: make(chan struct{}), theme: theme.New(true)}
}

// Says puts a paragraph above the fields.
func (d *Dialog) Says(role theme.Role, text string) *Dialog {
	d.intro = append(d.intro, Paragraph{text, role})
	return d
}

// Stays keeps the dialog open after its values were handed over, until
// ui.Close, an Answer or a Retry.
func (d *Dialog) Stays() *Dialog {
	d.stays = true
	return d
}

// Leads closes the dialog only after what it leads to is there, so that keys typed
// right behind do not reach what is under it.
func (d *Dialog) Leads() *Dialog {
	d.leads = true
	return d
}

// Searches lets what is typed narrow the options of the form's one select field,
// which has to be made filtering.
func (d *Dialog) Searches() *Dialog {
	d.search = true
	return d
}

// OnClose runs stop when the dialog is closed, by whatever way: to give up what
// was handed over and is still under way.
func (d *Dialog) OnClose(stop func()) *Dialog {
	d.stop = stop
	return d
}

// Closed runs what OnClose was given.
func (d *Dialog) Closed() {
	close(d.closed)
	if d.stop != nil {
		d.stop()
	}
}

// Answer goes on from a dialog that stays with then, or with gone when it was closed
// meanwhile; gone may be nil.
func (d *Dialog) Answer(then, gone tea.Cmd) tea.Cmd {
	return d.answer(func() tea.Cmd { return then }, gone)
}

// Retry reopens a dialog that stays, with what went wrong. When it was closed
// meanwhile a toast tells that. fault has to be safe to draw.
func (d *Dialog) Retry(fault string) tea.Cmd {
	return d.answer(func() tea.Cmd { return d.reopen(fault) }, ui.Toast(ui.Failure, fault))
}

func (d *Dialog) answer(goOn func() tea.Cmd, gone tea.Cmd) tea.Cmd {
	msg := answerMsg{d, goOn, make(chan struct{})}
	return tea.Batch(func() tea.Msg { return msg }, func() tea.Msg {
		select {
		case <-msg.taken:
			return nil
		case <-d.closed:
		}
		select {
		case <-msg.taken: // and closed since
			return nil
		default:
		}
		if gone == nil {
			return nil
		}
		return gone()
	})
}

func (d *Dialog) reopen(fault string) tea.Cmd {
	d.busy, d.fault = false, fault
	cmds := []tea.Cmd{d.Init()}
	for range d.fields[1:] { // to the end, where enter tries again
		cmds = append(cmds, d.form.NextField())
	}
	return tea.Batch(cmds...)
}

// SetTheme changes the colours; huh takes them over at the next Init.
func (d *Dialog) SetTheme(t *theme.Theme) { d.theme = t }

// Title names the dialog.
func (d *Dialog) Title() string { return d.title }

// Hint tells the keys of the field in focus.
func (d *Dialog) Hint() string {
	if d.busy {
		if d.stop == nil {
			return "esc close" // which stops nothing
		}
		return "esc cancel"
	}
	switch field := d.form.GetFocusedField().(type) {
	case *huh.MultiSelect[string]:
		return "space tick  ↑↓ choose  enter go on  esc cancel"
	case *huh.Select[string]:
		if d.search {
			return "type to search  ↑↓ choose  enter go on  esc cancel"
		}
		if inline(field) {
			return "←→ choose  enter go on  esc cancel"
		}
		return "↑↓ choose  enter go on  esc cancel"
	case *huh.Confirm:
		return "←→ choose  enter go on  y yes  esc cancel"
	}
	return "enter go on  esc cancel"
}

// inline reports whether a field's options stand in one line.
func inline(field *huh.Select[string]) bool {
	return slices.ContainsFunc(field.KeyBinds(), func(b key.Binding) bool {
		return b.Enabled() && slices.Contains(b.Keys(), "left")
	})
}

// Init builds the fields anew, with the values typed so far.
func (d *Dialog) Init() tea.Cmd {
	d.fields = d.build()
	for _, field := range d.fields {
		if input, is := field.(*huh.Input); is {
			input.CharLimit(longest)
		}
	}
	keys := huh.NewDefaultKeyMap()
	// A few options need no filter.
	keys.Select.Filter, keys.MultiSelect.Filter = key.NewBinding(), key.NewBinding()
	d.form = huh.NewForm(huh.NewGroup(d.fields...)).
		WithTheme(newHuhTheme(d.theme)).WithKeyMap(keys).WithShowHelp(false).WithShowErrors(false).WithWidth(Width)
	cmd := d.form.Init()
	// Without a size huh gives a form no height.
	_, sized := d.form.Update(tea.WindowSizeMsg{Width: Width, Height: tallest})
	return tea.Batch(cmd, sized)
}

// Update passes a message to the fields and hands over once they are complete.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	if answer, ok := msg.(answerMsg); ok {
		if answer.to != d {
			return nil
		}
		close(answer.taken)
		return answer.goOn()
	}
	if d.busy {
		return nil
	}
	cmd := d.pass(msg)
	if d.form.State != huh.StateCompleted {
		return cmd
	}
	d.busy = true
	switch {
	case d.stays:
		return d.submit()
	case d.leads:
		return tea.Sequence(d.submit(), ui.Close(d))
	}
	return tea.Sequence(ui.Close(d), d.submit())
}

// pass hands a message to the fields. huh leaves a field by way of a message to
// itself; keys typed ahead would overtake it and land in the field before, so
// the step is taken here at once.
func (d *Dialog) pass(msg tea.Msg) tea.Cmd {
	field := d.form.GetFocusedField()
	_, cmd := d.form.Update(msg)
	press, ok := msg.(tea.KeyPressMsg)
	if !ok || field.Error() != nil {
		return cmd
	}
	last := field == d.fields[len(d.fields)-1]
	switch name := press.String(); {
	case d.search && nothingFound(field):
	case name == "enter" && last:
		return d.form.NextGroup()
	case name == "enter" || name == "tab" && !last:
		return d.form.NextField()
	}
	return cmd
}

// nothingFound reports whether a search has left no option to choose.
func nothingFound(field huh.Field) bool {
	options, ok := field.(*huh.Select[string])
	if !ok {
		return false
	}
	_, found := options.Hovered()
	return !found
}

// View shows the paragraphs and the fields, or that their values are being worked on.
func (d *Dialog) View(w, h int) string {
	paragraphs := d.intro
	if d.busy {
		return Paragraphs(d.theme, w, append(paragraphs[:len(paragraphs):len(paragraphs)], Paragraph{"Working…", theme.Warn})...)
	}
	refusal := d.refusal(w)
	refusal = refusal[:min(len(refusal), h/2)]
	room := h - len(refusal)
	var lines []string
	if len(paragraphs) > 0 {
		lines = append(strings.Split(Paragraphs(d.theme, w, paragraphs...), "\n"), "")
	}
	if len(lines)+d.focusEnd() > room {
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	}
	intro := len(lines)
	top := max(0, intro+d.focusEnd()-room)
	lines = append(lines, strings.Split(d.form.View(), "\n")...)
	lines = lines[top:min(len(lines), top+room)]
	if top > 0 && top < intro {
		lines[0] = d.theme.Paint(theme.Muted, cell.Cut("↑ there is more above; a taller terminal shows it", w))
	}
	return strings.Join(append(lines, refusal...), "\n")
}

// focusEnd returns how many of the form's lines end with the field in use.
// Where a form is longer than the box, that field is the one to show.
func (d *Dialog) focusEnd() int {
	now, end := d.form.GetFocusedField(), 0
	for _, f := range d.fields {
		end += lipgloss.Height(f.View())
		if f == now {
			break
		}
		end += fieldGap
	}
	return end
}

// refusal tells what is wrong with a value, or was with all of them the last
// time, a blank line before it. It stays in view however long the form is.
func (d *Dialog) refusal(w int) []string {
	faults := []string{d.fault}
	for _, err := range d.form.Errors() {
		faults = append(faults, err.Error())
	}
	var lines []string
	for _, fault := range faults {
		if fault == "" {
			continue
		}
		for _, line := range cell.Wrap(fault, min(w, Width)) {
			lines = append(lines, d.theme.Paint(theme.Bad, line))
		}
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
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
				if word == "" || !strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(word)) {
					return fmt.Errorf("that is not %q: nothing happened", word)
				}
				return nil
			})}
	}, do)
}
