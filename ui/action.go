package ui

import (
	"slices"
	"unicode"
	"unicode/utf8"

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
	// Ask is in place of Do for an action that begins with a dialog. It opens
	// at once: keys typed right behind must find it there.
	Ask func() Dialog
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

// find returns the action that a key belongs to.
func find(actions []Action, press tea.KeyPressMsg) (Action, bool) {
	for _, name := range keyNames(press) {
		for _, a := range actions {
			if slices.Contains(a.Key.Keys(), name) {
				return a, true
			}
		}
	}
	return Action{}, false
}

// keyNames returns what a key may be called: as it was typed and, under a
// keyboard layout without Latin letters, by its place on the board. A Latin
// layout has its own letters in other places, so there the place says nothing.
func keyNames(press tea.KeyPressMsg) []string {
	const locks = tea.ModCapsLock | tea.ModNumLock | tea.ModScrollLock
	names := []string{press.String()}
	if press.BaseCode == 0 || press.Code < utf8.RuneSelf || press.Mod&^(tea.ModShift|locks) != 0 {
		return names
	}
	base := press.BaseCode
	if press.Mod.Contains(tea.ModShift) != press.Mod.Contains(tea.ModCapsLock) {
		base = unicode.ToUpper(base)
	}
	return append(names, string(base))
}
