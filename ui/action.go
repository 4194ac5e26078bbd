package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Action is one thing a screen can do. Keys, the footer, help, the palette and
// README's table of keys all come from it.
type Action struct {
	Name   string // for help and the palette: "Refresh the link"
	Key    key.Binding
	Danger bool // it changes something at MoneyKit or throws something away
	Quiet  bool // left out of the footer
	// Disabled says why the action cannot be taken now, "" when it can; nil
	// for always.
	Disabled func() string
	Do       func() tea.Cmd
}

// Bind names an action's keys: how they are shown, the word in the footer, and
// the keys themselves, by default as they are shown.
func Bind(shown, word string, keys ...string) key.Binding {
	if len(keys) == 0 {
		keys = []string{shown}
	}
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, word))
}

// Reason returns why the action cannot be taken, "" when it can.
func (a Action) Reason() string {
	if a.Disabled == nil {
		return ""
	}
	return a.Disabled()
}

// run does the action, or says why not.
func (a Action) run() tea.Cmd {
	if reason := a.Reason(); reason != "" {
		return Toast(Notice, reason)
	}
	return a.Do()
}

// find returns the action that a key belongs to. Under a keyboard layout
// without Latin letters the key's place on the board decides.
func find(actions []Action, press tea.KeyPressMsg) (Action, bool) {
	names := []string{press.String()}
	if press.BaseCode != 0 && press.BaseCode != press.Code && press.Mod&^tea.ModShift == 0 {
		base := string(press.BaseCode)
		if press.Mod&tea.ModShift != 0 {
			base = upper(base)
		}
		names = append(names, base)
	}
	for _, name := range names {
		for _, a := range actions {
			if slices.Contains(a.Key.Keys(), name) {
				return a, true
			}
		}
	}
	return Action{}, false
}

func upper(s string) string {
	if len(s) == 1 && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0] - 'a' + 'A')
	}
	return s
}
