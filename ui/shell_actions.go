package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"till/ui/theme"
)

// Everywhere is a Screen with actions that the screens above it have, too.
type Everywhere interface{ Everywhere() []Action }

// Actions are what the shell's own keys do on every screen, and what the screen nearest
// the bottom that has such adds to them. A screen's action with the same key comes first.
func (s *Shell) Actions() []Action {
	actions := []Action{
		{Name: "Go back", Key: Bind("esc", "back"), Quiet: len(s.stack) < 2, Do: func() tea.Cmd { s.pop(s.top().id); return nil }},
		{Name: "Help for this screen", Key: Bind("?", "help"), Ask: func() Dialog { return newHelp(s) }},
		{Name: "Every action by name", Key: Bind(":", "palette", ":", "ctrl+k"), Quiet: true, Ask: func() Dialog { return newPalette(s) }},
		{Name: "Change the theme: auto, dark, light", Key: Bind("t", "theme"), Quiet: true, Do: s.nextTheme},
		{Name: "Draw the screen anew", Key: Bind("ctrl+l", "redraw"), Quiet: true, Do: func() tea.Cmd { return tea.ClearScreen }},
	}
	for _, p := range s.stack {
		if e, ok := p.Screen.(Everywhere); ok {
			actions = append(actions, e.Everywhere()...)
			break
		}
	}
	if !s.remote {
		actions = append(actions, s.suspension())
	}
	return append(actions, Action{Name: "Quit", Key: Bind("q", "quit", "q", "ctrl+c"), Quiet: true, Do: s.leave})
}

// Remote says that the program's user sits elsewhere, and that there is no shell which
// ctrl+z could give the terminal back to.
func (s *Shell) Remote() { s.remote = true }

// MaySuspend lets ctrl+z give the terminal back to whoever till was started by.
// The command suspend stops the program and, once it goes on, draws it anew.
func (s *Shell) MaySuspend(suspend tea.Cmd) { s.suspend = suspend }

func (s *Shell) suspension() Action {
	if s.remote {
		return Action{Do: func() tea.Cmd { return nil }}
	}
	return Action{
		Name: "Suspend till", Key: Bind("ctrl+z", "suspend"), Quiet: true,
		Disabled: func() string {
			if s.suspend == nil {
				return "till was not started by a shell that could take the terminal back"
			}
			return ""
		},
		Do: func() tea.Cmd { return s.suspend },
	}
}

func (s *Shell) nextTheme() tea.Cmd {
	modes := theme.Modes()
	s.mode = modes[(slices.Index(modes, s.mode)+1)%len(modes)]
	s.retheme()
	return Toast(Notice, "Theme: "+string(s.mode))
}

// all returns the screen's actions, then the shell's. Of two with the same key
// only the first counts, as it does when the key is pressed.
func (s *Shell) all() []Action {
	var actions []Action
	taken := map[string]bool{}
	for _, a := range slices.Concat(s.top().Actions(), s.Actions()) {
		if first := a.Key.Keys()[0]; !taken[first] {
			taken[first] = true
			actions = append(actions, a)
		}
	}
	return actions
}
