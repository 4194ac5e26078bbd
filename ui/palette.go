package ui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"till/ui/cell"
	"till/ui/theme"
)

// palette finds actions by their names.
type palette struct {
	input   textinput.Model
	actions []Action
	found   []int
	cursor  int
	theme   *theme.Theme
	close   func()
	do      func(Action) tea.Cmd
}

func newPalette(s *Shell) *palette {
	p := &palette{input: textinput.New(), actions: s.findable(), close: s.closeDialog, do: s.do}
	p.input.Prompt, p.input.CharLimit = "", 100
	p.input.Placeholder = "what do you want to do?"
	p.search()
	return p
}

func (p *palette) SetTheme(t *theme.Theme) { p.theme = t }
func (p *palette) Init() tea.Cmd           { return p.input.Focus() }
func (p *palette) Title() string           { return "Every action" }
func (p *palette) Hint() string            { return "enter do it  ↑↓ choose  esc close" }

func (p *palette) Update(msg tea.Msg) tea.Cmd {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "up", "ctrl+p":
			p.cursor = max(0, p.cursor-1)
			return nil
		case "down", "ctrl+n":
			p.cursor = max(0, min(p.cursor+1, len(p.found)-1))
			return nil
		case "enter":
			if len(p.found) == 0 {
				return nil
			}
			p.close()
			return p.do(p.actions[p.found[p.cursor]])
		}
	}
	before := p.input.Value()
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	if p.input.Value() != before {
		p.search()
	}
	return cmd
}

func (p *palette) search() {
	p.found, p.cursor = p.found[:0], 0
	if p.input.Value() == "" {
		for i := range p.actions {
			p.found = append(p.found, i)
		}
		return
	}
	var loosely []int
	for _, match := range fuzzy.FindFrom(p.input.Value(), byName(p.actions)) {
		if containsFold(p.actions[match.Index].Name, p.input.Value()) {
			p.found = append(p.found, match.Index)
		} else {
			loosely = append(loosely, match.Index)
		}
	}
	p.found = append(p.found, loosely...)
}

func (p *palette) View(w, h int) string {
	const keys = 8
	w = min(w, 64)
	p.input.SetWidth(w - 2)
	lines := []string{p.input.View(), ""}
	room := max(1, h-len(lines))
	top := max(0, p.cursor-room+1)
	for i := top; i < len(p.found) && i < top+room; i++ {
		a := p.actions[p.found[i]]
		var b strings.Builder
		lead, role := "  ", theme.Text
		if i == p.cursor {
			lead = "▌ "
		}
		if a.Reason() != "" {
			role = theme.Muted
		}
		p.theme.PaintRow(&b, theme.Accent, lead, i == p.cursor)
		p.theme.PaintRow(&b, role, cell.Fit(a.Name, w-keys-2), i == p.cursor)
		p.theme.PaintRow(&b, theme.Muted, cell.FitRight(a.Key.Help().Key, keys), i == p.cursor)
		lines = append(lines, b.String())
	}
	if len(p.found) == 0 {
		lines = append(lines, p.theme.Paint(theme.Muted, "nothing goes by that name"))
	}
	return strings.Join(lines, "\n")
}

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

type byName []Action

func (a byName) String(i int) string { return a[i].Name }
func (a byName) Len() int            { return len(a) }
