package form

import (
	"strings"

	"charm.land/huh/v2"
	"charm.land/lipgloss/v2"

	"till/ui/theme"
)

// fieldGap is the blank lines between two fields.
const fieldGap = 1

// huhTheme dresses huh's fields in till's roles. huh asks for the styles of every
// option it draws, so they are made once.
type huhTheme struct{ styles *huh.Styles }

func (h huhTheme) Theme(bool) *huh.Styles { return h.styles }

func newHuhTheme(t *theme.Theme) huhTheme {
	s := huh.ThemeBase(true) // the same on any background
	s.FieldSeparator = lipgloss.NewStyle().SetString(strings.Repeat("\n", fieldGap+1))
	style := t.Style
	for _, f := range []*huh.FieldStyles{&s.Focused, &s.Blurred} {
		f.Base = lipgloss.NewStyle()
		f.Title = style(theme.Strong)
		f.Description = style(theme.Muted)
		f.ErrorIndicator = lipgloss.NewStyle().SetString("") // the fault itself stands below
		f.ErrorMessage = style(theme.Bad)
		f.SelectSelector = style(theme.Accent).SetString("▌ ")
		f.MultiSelectSelector = style(theme.Accent).SetString("▌ ")
		f.SelectedPrefix = style(theme.Good).SetString("[x] ")
		f.UnselectedPrefix = style(theme.Muted).SetString("[ ] ")
		f.SelectedOption = style(theme.Text)
		f.FocusedButton = style(theme.Chip).Padding(0, 2).MarginRight(1)
		f.Card, f.NoteTitle, f.Next = lipgloss.NewStyle(), f.Title, f.FocusedButton
		f.BlurredButton = style(theme.Muted).Padding(0, 2).MarginRight(1)
		f.TextInput.Prompt = style(theme.Accent)
		f.TextInput.Placeholder = style(theme.Muted)
	}
	s.Focused.PrevIndicator = lipgloss.NewStyle()
	s.Focused.NextIndicator = style(theme.Accent).SetString("  ←→")
	s.Blurred.Title = style(theme.Muted)
	s.Blurred.SelectSelector = style(theme.Muted).SetString("▌ ")
	s.Blurred.MultiSelectSelector = lipgloss.NewStyle().SetString("  ")
	return huhTheme{s}
}
