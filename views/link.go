package views

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// The tabs of a link, in order.
const (
	tabOverview = iota
	tabAccounts
	tabTransactions
	tabChanges
	tabIdentity
	tabNumbers
	tabInvestments
	tabEvents
	tabJSON
)

// tab is one page of a link. It lives as long as the link's screen.
type tab interface {
	name() string
	// show runs when the tab comes on screen; it loads what is missing.
	show() tea.Cmd
	update(tea.Msg) tea.Cmd
	actions() []ui.Action
	capturing() bool
	failure() error // why its data could not be read
	setSize(w, h int)
	setTheme(*theme.Theme)
	view() string
}

// hider is a tab that has something to put away when it is left.
type hider interface{ hide() }

// linkPage is what a link's tabs share: which link it is, and the last that
// the watcher told of it.
type linkPage struct {
	*session
	ctx      context.Context
	to       ui.To
	id       moneykit.LinkID
	snapshot watch.Snapshot
	theme    *theme.Theme
	// turnTo shows a transaction's part in a sync in the link's screen, which is right
	// below; nil where another one is.
	turnTo func(seq int, id moneykit.TransactionID) tea.Cmd
}

// linkScreen shows one link in tabs.
type linkScreen struct {
	linkPage
	w, h int
	tab  int
	tabs []tab
}

var _ ui.Screen = (*linkScreen)(nil)

func newLink(s *session, id moneykit.LinkID) *linkScreen {
	l := &linkScreen{linkPage: linkPage{session: s, id: id}}
	l.snapshot.ID = id
	if known, ok := s.watch.Snapshot(id); ok {
		l.snapshot = known
	}
	l.tabs = []tab{
		newOverviewTab(&l.linkPage), newAccountsTab(&l.linkPage), newTransactionsTab(&l.linkPage, ""),
		newChangesTab(&l.linkPage), newIdentityTab(&l.linkPage), newNumbersTab(&l.linkPage),
		newInvestmentsTab(&l.linkPage), newEventsTab(&l.linkPage), newJSONTab(&l.linkPage),
	}
	l.turnTo = func(seq int, id moneykit.TransactionID) tea.Cmd {
		changes := l.tabs[tabChanges].(*changesTab)
		changes.first, changes.sought = seq, id
		return l.turn(tabChanges)
	}
	return l
}

func (l *linkScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	l.ctx, l.to = ctx, ui.To{ID: id}
	gone := func(other *linkScreen) bool { return other.ctx.Err() != nil }
	l.links = append(slices.DeleteFunc(l.links, gone), l)
	l.watch.Look(l.id)
	context.AfterFunc(ctx, l.watch.Follow(l.id))
	return l.tabs[l.tab].show()
}

func (l *linkScreen) Update(msg tea.Msg) tea.Cmd {
	return tea.Batch(l.update(msg), l.accountNews.tell(l.id))
}

func (l *linkScreen) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case newsMsg:
		return l.news(msg.snapshots)
	case tea.ResumeMsg:
		l.watch.Look(l.id)
		return nil
	}
	if _, typed := msg.(tea.KeyPressMsg); typed {
		return l.tabs[l.tab].update(msg)
	}
	cmds := make([]tea.Cmd, len(l.tabs))
	for i, t := range l.tabs {
		cmds[i] = t.update(msg)
	}
	return tea.Batch(cmds...)
}

func (l *linkScreen) news(snapshots []watch.Snapshot) tea.Cmd {
	var cmds []tea.Cmd
	for _, s := range snapshots {
		if s.ID != l.id {
			continue
		}
		before := l.snapshot
		l.snapshot = s
		if before.Link == nil && s.Link != nil {
			cmds = append(cmds, remember(l.ctx, l.mirror.Store(), l.id))
		}
		for _, t := range l.tabs {
			cmds = append(cmds, t.update(linkNewsMsg{before, s}))
		}
	}
	return tea.Batch(cmds...)
}

// remember keeps the id of a link that GET /links may leave out.
func remember(ctx context.Context, store *mirror.Store, id moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		if err := store.Remember(ctx, id); err != nil && ctx.Err() == nil {
			return ui.Toast(ui.Failure, "The link's id was not kept. "+explain(err).line())()
		}
		return nil
	}
}

// linkNewsMsg tells a link's tabs what is new.
type linkNewsMsg struct{ before, now watch.Snapshot }

// refreshed reports whether the news are that a product was refreshed.
func (m linkNewsMsg) refreshed(product moneykit.Product) bool {
	if m.now.Link == nil {
		return false
	}
	status := m.now.Link.Products.Of(product)
	if status == nil || m.before.Link == nil {
		return false
	}
	before := m.before.Link.Products.Of(product)
	return before == nil || status.RefreshedAt.After(before.RefreshedAt)
}

// gained reports whether the news are that the link has a product that it had not.
func (m linkNewsMsg) gained(product moneykit.Product) bool {
	return m.before.Link != nil && m.before.Link.Products.Of(product) == nil && m.now.Link != nil && m.now.Link.Products.Of(product) != nil
}

// mended reports whether the news are that the link is in another state, in
// which what could not be read before may be read.
func (m linkNewsMsg) mended(failed error) bool {
	return failed != nil && m.before.Link != nil && m.now.Link != nil && m.before.Link.State != m.now.Link.State
}

func (l *linkScreen) Actions() []ui.Action {
	actions := l.tabs[l.tab].actions()
	actions = append(actions, beside(actions, l.linkActions(subject{
		current: func() (watch.Snapshot, bool) { return l.snapshot, true },
		changes: func() tea.Cmd { return l.turn(tabChanges) },
	}))...)
	actions = append(actions,
		ui.Action{Name: "Next tab", Key: ui.Bind("tab", "next tab"), Do: func() tea.Cmd { return l.turn(l.tab + 1) }},
		ui.Action{Name: "Previous tab", Key: ui.Bind("shift+tab", "previous tab"), Quiet: true, Do: func() tea.Cmd { return l.turn(l.tab + len(l.tabs) - 1) }},
	)
	actions = append(actions, l.elsewhere(func() error { return cmp.Or(l.tabs[l.tab].failure(), l.snapshot.Err) })...)
	for i, t := range l.tabs {
		key := strconv.Itoa(i + 1)
		actions = append(actions, ui.Action{Name: "Tab " + t.name(), Key: ui.Bind(key, t.name()), Quiet: true, Do: func() tea.Cmd { return l.turn(i) }})
	}
	return actions
}

// beside leaves out the actions whose keys the first ones take.
func beside(first, actions []ui.Action) []ui.Action {
	taken := map[string]bool{}
	for _, a := range first {
		for _, key := range a.Key.Keys() {
			taken[key] = true
		}
	}
	return slices.DeleteFunc(actions, func(a ui.Action) bool {
		return slices.ContainsFunc(a.Key.Keys(), func(key string) bool { return taken[key] })
	})
}

func (l *linkScreen) turn(tab int) tea.Cmd {
	if left, ok := l.tabs[l.tab].(hider); ok {
		left.hide()
	}
	l.tab = tab % len(l.tabs)
	return l.tabs[l.tab].show()
}

func (l *linkScreen) Capturing() bool { return l.tabs[l.tab].capturing() }

func (l *linkScreen) SetTheme(t *theme.Theme) {
	l.theme = t
	for _, tab := range l.tabs {
		tab.setTheme(t)
	}
}

func (l *linkScreen) SetSize(w, h int) {
	l.w, l.h = w, h
	for _, t := range l.tabs {
		t.setSize(w, max(0, h-2))
	}
}

func (l *linkScreen) Title() string {
	if name := institution(l.snapshot); name != "" {
		return name
	}
	return termsafe.Line(string(l.id))
}

func (l *linkScreen) View() string {
	return l.bar() + "\n" + cell.Blank(l.w) + "\n" + l.tabs[l.tab].view()
}
