package views

import (
	"cmp"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/termsafe"
	"till/ui/theme"
)

// linkState is a state that a link can be put into, and why, if it is an error.
type linkState struct {
	state moneykit.LinkState
	code  moneykit.LinkError
}

// linkStates begin with what banks do most.
var linkStates = []linkState{
	{moneykit.InError, moneykit.AuthExpired},
	{moneykit.InError, moneykit.InvalidCredentials},
	{moneykit.InError, moneykit.InstitutionError},
	{moneykit.InError, moneykit.UserSetupRequired},
	{moneykit.InError, moneykit.UserInputIncorrect},
	{moneykit.InError, moneykit.UserOAuthDenied},
	{moneykit.InError, moneykit.UserError},
	{moneykit.InError, moneykit.NoAccounts},
	{moneykit.InError, moneykit.ProviderError},
	{moneykit.InError, moneykit.SystemError},
	{moneykit.InError, moneykit.Incomplete},
	{moneykit.Connecting, ""},
	{moneykit.AwaitingTokenExchange, ""},
	{moneykit.Connected, ""},
	{moneykit.Deleted, ""},
}

func (l linkState) String() string { return words(cmp.Or(string(l.code), string(l.state))) }

// breakAction changes the state of a link.
func (s *session) breakAction(on subject) []ui.Action {
	if s.controls == nil || s.app.ReadOnly {
		return nil
	}
	return []ui.Action{{
		Name: "Break this link (Sandbox)", Key: ui.Bind("X", "break"), Danger: true, Quiet: true,
		Disabled: func() string {
			if link, ok := on.current(); !ok || link.ID == "" {
				return noLink
			}
			return on.whyHeld()
		},
		Ask: func() ui.Dialog {
			link, _ := on.current()
			return s.askBreak(link)
		},
	}}
}

func (s *session) askBreak(link watch.Snapshot) ui.Dialog {
	labels := make([]string, len(linkStates))
	for i, state := range linkStates {
		labels[i] = state.String()
		if state.state == moneykit.Connected {
			labels[i] += ": mend it"
		}
	}
	return choose("Break "+linkName(link), fmt.Sprintf("Which of these %d states?", len(labels)), labels, func(i int) tea.Cmd {
		return s.setState(link, linkStates[i])
	}).Says(theme.Muted, termsafe.Line(string(link.ID)))
}

func (s *session) setState(link watch.Snapshot, to linkState) tea.Cmd {
	controls, w := s.controls, s.watch
	return func() tea.Msg {
		err := controls.SetState(link.ID, to.state, to.code)
		w.Look(link.ID)
		if err != nil {
			return s.toast(ui.Failure, linkName(link)+" was not changed: "+explain(err).line())()
		}
		return s.toast(ui.Success, linkName(link)+" is now "+to.told())()
	}
}

// told is the state in a sentence.
func (l linkState) told() string {
	if l.state == moneykit.InError {
		return "in error: " + l.String()
	}
	return l.String()
}

// linkName is the name of a link's institution, the link's id where nobody
// knows it.
func linkName(link watch.Snapshot) string {
	return cmp.Or(institution(link), termsafe.Line(string(link.ID)))
}
