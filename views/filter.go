package views

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/theme"
)

// filter narrows a list while it is typed: enter keeps it, esc clears it.
type filter struct {
	input  textinput.Model
	typing bool
	needle string // lower case
}

// longestFilter is what a filter takes, in letters.
const longestFilter = 200

func newFilter() filter {
	f := filter{input: textinput.New()}
	f.input.Prompt, f.input.CharLimit = "/", longestFilter
	return f
}

func (f *filter) active() bool { return f.needle != "" }

func (f *filter) start() tea.Cmd {
	f.typing = true
	return f.input.Focus()
}

func (f *filter) clear() {
	f.typing, f.needle = false, ""
	f.input.Reset()
	f.input.Blur()
}

// update takes a message while the filter is typed and reports whether what it
// looks for has changed.
func (f *filter) update(msg tea.Msg) (changed bool, cmd tea.Cmd) {
	before := f.needle
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "enter":
			f.typing = false
			f.input.Blur()
			return false, nil
		case "esc":
			f.clear()
			return before != "", nil
		}
	}
	f.input, cmd = f.input.Update(msg)
	f.needle = strings.ToLower(f.input.Value())
	return f.needle != before, cmd
}

// matches reports whether any of texts holds what is looked for.
func (f *filter) matches(texts ...string) bool {
	for _, text := range texts {
		if strings.Contains(strings.ToLower(text), f.needle) {
			return true
		}
	}
	return !f.active()
}

// view shows the filter while it is typed or kept.
func (f *filter) view(t *theme.Theme, w int) string {
	if f.typing {
		in := f.input
		in.SetWidth(max(1, w-3))
		return in.View()
	}
	return t.Paint(theme.Accent, "/"+f.input.Value()) + t.Paint(theme.Muted, "  esc clears")
}

// actions are the filter's keys on the screen that has it.
func (f *filter) actions(changed func() tea.Cmd) []ui.Action {
	actions := []ui.Action{{Name: "Filter as you type", Key: ui.Bind("/", "filter"), Do: f.start}}
	if f.active() {
		actions = append(actions, ui.Action{Name: "Clear the filter", Key: ui.Bind("esc", "clear"), Do: func() tea.Cmd {
			f.clear()
			return changed()
		}})
	}
	return actions
}
