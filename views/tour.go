package views

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/watch"
	"till/ui"
)

// Tour is a short walk through till's main job on its real screens.
func Tour() ui.Tour {
	return ui.Tour{
		Steps: []ui.Step{
			{Text: unlessBare(tellList), Done: atBroken},
			{Text: unlessBare(tellWhy), Done: atWhy},
			{Text: unlessBare(tellRelink), Done: relinked},
			{Text: unlessBare(tellAccounts), Done: atTab(tabAccounts)},
			{Text: unlessBare(tellTransactions), Done: atTab(tabTransactions)},
			{Text: unlessBare(tellRefresh), Done: refreshed},
			{Text: unlessBare(tellChanges), Done: atTab(tabChanges)},
			{Text: unlessBare(tellAnything), Done: askedForKeys},
		},
		End: "That was the tour, and `:` finds it again. Now have a look around!",
	}
}

// linkOf returns the link that a screen of the tour is about.
func linkOf(top ui.Screen) (watch.Snapshot, bool) {
	switch s := top.(type) {
	case *linksScreen:
		link, ok := s.current()
		return link, ok && link.Link != nil
	case *linkScreen:
		return s.snapshot, s.snapshot.Link != nil
	case *whyScreen:
		return s.link, s.link.Link != nil
	}
	return watch.Snapshot{}, false
}

// stands reports whether the link that a screen is about is in a state.
func stands(top ui.Screen, state moneykit.LinkState) bool {
	link, ok := linkOf(top)
	return ok && link.Link.State == state
}

func atBroken(top ui.Screen, _ tea.Msg) bool {
	_, listed := top.(*linksScreen)
	return listed && stands(top, moneykit.InError)
}

func atWhy(top ui.Screen, _ tea.Msg) bool {
	_, ok := top.(*whyScreen)
	return ok
}

func atTab(tab int) func(ui.Screen, tea.Msg) bool {
	return func(top ui.Screen, _ tea.Msg) bool {
		l, ok := top.(*linkScreen)
		return ok && l.tab == tab
	}
}

// relinked reports whether the last run through Connect ended well.
func relinked(top ui.Screen, _ tea.Msg) bool {
	s, ok := top.(interface{ lastPhase() connect.Phase })
	return ok && s.lastPhase() == connect.Connected
}

// lastPhase is how far the last run through Connect came.
func (s *session) lastPhase() connect.Phase {
	if s.lastRun == nil {
		return connect.Opening
	}
	return s.lastRun.State().Phase
}

func refreshed(top ui.Screen, _ tea.Msg) bool {
	link, ok := linkOf(top)
	return ok && link.Refresh != nil && link.Refresh.Phase.Over()
}

// askedForKeys reports whether help or the palette was opened.
func askedForKeys(top ui.Screen, last tea.Msg) bool {
	press, ok := last.(tea.KeyPressMsg)
	if c, typing := top.(ui.Capturer); !ok || typing && c.Capturing() {
		return false
	}
	return slices.Contains([]string{"?", ":", "ctrl+k"}, press.String())
}
