package ui

import (
	"slices"
	"till/ui/theme"

	tea "charm.land/bubbletea/v2"
)

// Actions are what the shell's own keys do on every screen. A screen's action
// with the same key comes first. Dialogs open at once: a key typed right behind
// must find them there.
func (s *Shell) Actions() []Action {
	return []Action{
		{Name: "Go back", Key: Bind("esc", "back"), Quiet: len(s.stack) < 2, Do: func() tea.Cmd { s.pop(s.top().id); return nil }},
		{Name: "Help for this screen", Key: Bind("?", "help"), Do: func() tea.Cmd { return s.open(newHelp(s)) }},
		{Name: "Every action by name", Key: Bind(":", "palette", ":", "ctrl+k"), Quiet: true, Do: func() tea.Cmd { return s.open(newPalette(s)) }},
		{Name: "Change the theme: auto, dark, light", Key: Bind("t", "theme"), Quiet: true, Do: s.nextTheme},
		{Name: "Draw the screen anew", Key: Bind("ctrl+l", "redraw"), Quiet: true, Do: func() tea.Cmd { return tea.ClearScreen }},
		{Name: "Quit", Key: Bind("q", "quit", "q", "ctrl+c"), Quiet: true, Do: s.leave},
	}
}

func (s *Shell) nextTheme() tea.Cmd {
	modes := theme.Modes()
	s.mode = modes[(slices.Index(modes, s.mode)+1)%len(modes)]
	s.retheme()
	return Toast(Notice, "Theme: "+string(s.mode))
}

// all returns the actions that work now: the screen's, then the shell's that
// the screen has not taken.
func (s *Shell) all() []Action {
	actions := slices.Clone(s.top().Actions())
	for _, own := range s.Actions() {
		taken := slices.ContainsFunc(actions, func(a Action) bool {
			return slices.Contains(a.Key.Keys(), own.Key.Keys()[0])
		})
		if !taken {
			actions = append(actions, own)
		}
	}
	return actions
}
