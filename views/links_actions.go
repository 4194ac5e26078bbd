package views

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
)

const noLink = "there is no link under the cursor"

func (l *linksScreen) Actions() []ui.Action {
	if l.rows.known() == 0 && !l.listing.loaded {
		return append([]ui.Action{{Name: "Ask for the links again", Key: ui.Bind("r", "try again"), Do: l.list}, l.newsAction()}, l.elsewhere(l.failure)...)
	}
	actions := []ui.Action{{
		Name: "Open the link", Key: ui.Bind("enter", "open"), Disabled: l.none,
		Do: func() tea.Cmd { return l.enter(tabOverview) },
	}}
	actions = append(actions, l.linkActions(subject{
		current: l.current,
		changes: func() tea.Cmd { return l.enter(tabChanges) },
		held:    l.held,
		instead: l.markedActions,
	})...)
	actions = append(actions, l.newLinkAction()...)
	actions = append(actions, l.filter.actions(l.filtered)...)
	actions = append(actions, l.newsAction())
	actions = append(actions, l.markActions()...)
	actions = append(actions, l.syncAction())
	actions = append(actions, l.exportAction(l.sheet, nil)...)
	actions = append(actions, l.elsewhere(l.failure)...)
	actions = append(actions,
		ui.Action{Name: "Ask MoneyKit for its links again", Key: ui.Bind("ctrl+r", "reload"), Quiet: true, Do: l.list},
		ui.Action{Name: "Sort by the next column", Key: ui.Bind("s", "sort"), Quiet: true, Do: func() tea.Cmd {
			return l.sort((l.rows.sorted+1)%sortColumns, false)
		}},
		ui.Action{Name: "Reverse the sort", Key: ui.Bind("S", "reverse"), Quiet: true, Do: func() tea.Cmd {
			return l.sort(max(0, l.rows.sorted), !l.rows.reverse)
		}},
	)
	return append(actions, moves(l.table, l.show)...)
}

// failure is why the list, or the link under the cursor, could not be read.
func (l *linksScreen) failure() error {
	if s, ok := l.current(); ok && s.Err != nil {
		return s.Err
	}
	return l.listing.err
}

func (l *linksScreen) none() string {
	if _, ok := l.current(); !ok {
		return noLink
	}
	return ""
}

func (l *linksScreen) enter(tab int) tea.Cmd {
	s, ok := l.current()
	if !ok {
		return ui.Toast(ui.Notice, noLink)
	}
	screen := newLink(l.session, s.ID)
	screen.tab = tab
	return ui.Push(screen)
}

// sheet is the links shown.
func (l *linksScreen) sheet() sheet {
	shown := make([]watch.Snapshot, l.rows.Len())
	for i := range shown {
		shown[i] = l.rows.at(i)
	}
	return linksSheet(l.profile.Name, shown)
}

func (l *linksScreen) filtered() tea.Cmd {
	l.refilter()
	return l.show()
}

func (l *linksScreen) sort(column int, reverse bool) tea.Cmd {
	current, ok := l.current()
	l.rows.sort(column, reverse)
	l.rows.pick(&l.filter)
	if ok {
		l.table.MoveTo(l.rows.index(current.ID))
	}
	mark := " ↓"
	if reverse {
		mark = " ↑"
	}
	l.table.SetMark(column, mark)
	return l.show()
}

// elsewhere are the actions that lead to other links and profiles.
func (s *session) elsewhere(why func() error) []ui.Action {
	actions := []ui.Action{{Name: "Open a link by its id", Key: ui.Bind("o", "open id"), Quiet: true, Ask: s.askID}}
	actions = append(actions, profilesAction(s.app, true)...)
	actions = append(actions, requestsAction(s.app, why), s.healthAction(), s.eventsAction())
	actions = append(actions, s.webhooksAction()...)
	actions = append(actions, s.jobsAction())
	return append(actions, s.controlActions()...)
}

// askID opens a link that the list may leave out.
func (s *session) askID() ui.Dialog {
	var id string
	return form.New("Open a link by its id", func() []huh.Field {
		return []huh.Field{huh.NewInput().Title("Link id").Placeholder("mk_…").Value(&id).Validate(ValidLinkID)}
	}, func() tea.Cmd {
		return openLink(s, s.typed(moneykit.LinkID(strings.TrimSpace(id))))
	})
}

// openLink shows a link by its id.
func openLink(s *session, id moneykit.LinkID) tea.Cmd { return ui.Push(newLink(s, id)) }
