package views

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/termsafe"
	"till/ui/theme"
)

// whyHistory is how much of what happened to a link is looked at.
const whyHistory = 200

// whyScreen tells why a link is stuck and what to do next.
type whyScreen struct {
	*session
	ctx      context.Context
	to       ui.To
	link     watch.Snapshot
	history  []watch.Event // newest first, dated by the session's clock
	unread   error         // why what happened before is missing, nil when it is not
	why      watch.Diagnosis
	theme    *theme.Theme
	w, h     int
	evidence textPane
}

var _ ui.Screen = (*whyScreen)(nil)

func newWhy(s *session, link watch.Snapshot) *whyScreen { return &whyScreen{session: s, link: link} }

// whyAction tells why a link is stuck.
func (s *session) whyAction(on subject) ui.Action {
	return ui.Action{
		Name: "Why is this link stuck?", Key: ui.Bind("w", "why stuck"), Quiet: true,
		Disabled: func() string {
			if link, ok := on.current(); !ok || link.ID == "" {
				return noLink
			}
			return ""
		},
		Do: func() tea.Cmd {
			link, _ := on.current()
			return ui.Push(newWhy(s, link))
		},
	}
}

type whyMsg struct {
	ui.To
	history []watch.Event
	err     error
}

func readHistory(ctx context.Context, store *mirror.Store, link moneykit.LinkID, c clock, to ui.To) tea.Cmd {
	return func() tea.Msg {
		kept, err := store.Events(ctx, link, 0, whyHistory)
		var history []watch.Event
		for _, k := range kept {
			history = append(history, dated(eventOf(k).Event, &c))
		}
		return whyMsg{to, history, err}
	}
}

func (y *whyScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	y.ctx, y.to = ctx, ui.To{ID: id}
	context.AfterFunc(ctx, y.watch.Follow(y.link.ID))
	y.diagnose()
	return readHistory(ctx, y.mirror.Store(), y.link.ID, *y.clock, y.to)
}

func (y *whyScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case whyMsg:
		y.unread = msg.err
		y.remember(msg.history)
	case newsMsg:
		return y.news(msg)
	case movedMsg:
		y.diagnose()
	}
	return nil
}

// remember adds what happened before what is known.
func (y *whyScreen) remember(before []watch.Event) {
	for _, e := range before {
		known := func(other watch.Event) bool {
			return other.RequestID == e.RequestID && other.Kind == e.Kind && other.Product == e.Product
		}
		if !slices.ContainsFunc(y.history, known) {
			y.history = append(y.history, e)
		}
	}
	y.diagnose()
}

func (y *whyScreen) news(msg newsMsg) tea.Cmd {
	for _, e := range msg.events {
		if e.Link == y.link.ID {
			y.history = slices.Insert(y.history, 0, dated(e, y.clock))
		}
	}
	for _, s := range msg.snapshots {
		if s.ID == y.link.ID {
			y.link = s
			y.diagnose()
		}
	}
	return nil
}

// diagnose works out anew why the link is stuck. All of it is dated by the session's
// clock.
func (y *whyScreen) diagnose() {
	link := y.link
	link.At = y.clock.tell(link.At)
	if r := link.Refresh; r != nil {
		refresh := *r
		refresh.Started, refresh.RetryAt = y.clock.tell(r.Started), y.clock.retryAt(r)
		link.Refresh = &refresh
	}
	y.why = watch.Why(link, y.history, y.clock.now())
	y.fill()
}

func (y *whyScreen) Actions() []ui.Action {
	actions := []ui.Action{y.step()}
	actions = append(actions, beside([]ui.Action{y.step(), y.whyAction(subject{})}, y.linkActions(subject{
		current: func() (watch.Snapshot, bool) { return y.link, true },
		changes: func() tea.Cmd {
			screen := newLink(y.session, y.link.ID)
			screen.tab = tabChanges
			return ui.Push(screen)
		},
	}))...)
	actions = append(actions, y.elsewhere(func() error { return y.link.Err })...)
	return append(actions, y.evidence.actions()...)
}

// step is the action that does what the diagnosis says.
func (y *whyScreen) step() ui.Action {
	a := ui.Action{Name: "Do the next step", Key: ui.Bind("enter", "look again"), Do: y.lookAgain}
	ask := func(word string, whyNot func(watch.Snapshot) string, dialog func() ui.Dialog) {
		a.Do, a.Key, a.Ask = nil, ui.Bind("enter", word), dialog
		a.Disabled = func() string { return y.whyNot(whyNot) }
	}
	switch y.why.Step {
	case watch.RefreshStep:
		ask("refresh", whyNoRefresh, func() ui.Dialog { return y.askRefreshOf(y.link, y.why.Products...) })
	case watch.RelinkStep, watch.AskStep:
		a.Danger = true
		ask("relink", y.whyNoRelink, func() ui.Dialog { return y.askRelink(y.link) })
	case watch.NewLinkStep:
		ask("new link", func(watch.Snapshot) string { return y.app.whyPrivate() }, y.askNewLink)
	case watch.ContactStep:
		a.Key, a.Do = ui.Bind("enter", "bundle"), func() tea.Cmd { return ui.Push(y.bundle(y.link)) }
	}
	return a
}

// whyNot says why what changes the link cannot be done now, "" when it can.
func (y *whyScreen) whyNot(reason func(watch.Snapshot) string) string {
	switch {
	case y.app.ReadOnly:
		return "till is read-only here"
	case y.link.Link == nil:
		return "the link has not been read yet"
	}
	return reason(y.link)
}

func (y *whyScreen) lookAgain() tea.Cmd {
	y.watch.Look(y.link.ID)
	return ui.Toast(ui.Notice, "Reading the link again")
}

func (y *whyScreen) SetTheme(t *theme.Theme) {
	y.theme = t
	y.fill()
}

func (y *whyScreen) SetSize(w, h int) {
	y.w, y.h = w, h
	y.fill()
}

func (y *whyScreen) Title() string { return "Why" }

// told is the step in big words.
func (y *whyScreen) told() string {
	switch why := y.why; why.Step {
	case watch.NoStep:
		return "Nothing is wrong"
	case watch.WaitStep:
		if why.Until.IsZero() {
			return "Wait: nobody knows for how long"
		}
		return "Wait until " + clockTime(why.Until, y.clock.now())
	case watch.RefreshStep:
		return "Refresh " + productNames(why.Products)
	case watch.RelinkStep:
		return "Relink: the customer logs in again"
	case watch.AskStep:
		return "Ask the customer to log in at the bank"
	case watch.ContactStep:
		return "Contact support, with this bundle"
	case watch.NewLinkStep:
		return "Link anew: this link is gone"
	case watch.LookAgainStep:
		return "Read the link again"
	}
	return capital(termsafe.Line(strings.TrimSpace(string(y.why.Step))))
}
