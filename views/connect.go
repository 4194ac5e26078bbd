package views

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// linking is one run through Connect that is to be done: for a new link, or to
// relink one.
type linking struct {
	name       string // of the institution, safe to draw; empty for a new link
	request    moneykit.LinkSessionRequest
	inTerminal bool
	asked      *NewLink // what the request was made of, nil for a relink
}

func (l linking) relinks() bool { return l.request.ExistingLinkID != "" }

// title names what is done.
func (l linking) title() string {
	if l.relinks() {
		return "Relink " + l.name
	}
	return "New link"
}

// linkInFlight reports whether somebody is on the way through Connect.
func (s *session) linkInFlight() bool { return s.lastRun != nil && !s.lastRun.State().Phase.Over() }

// begin starts a run.
func (s *session) begin(ctx context.Context, l linking) *connect.Run {
	if l.inTerminal {
		return s.app.Connect(ctx, s.client, l.request)
	}
	return connect.InBrowser(ctx, s.client, s.browser(), l.request)
}

// browser says where Connect is, and where banks may send the browser back to. A
// Connect that is not MoneyKit's own is a Sandbox's, which takes any address of
// this computer.
func (s *session) browser() connect.Browser {
	b := connect.Browser{Host: connect.HostOf(s.client.BaseURL())}
	if b.Host == connect.DefaultHost {
		b.Redirect = s.kept().Redirect()
	}
	return b
}

// kept is the session's profile as it is now: its redirect URI may have changed
// since it was opened.
func (s *session) kept() keystore.Profile {
	if s.where == keystore.FromEnvironment || s.app.Keys == nil {
		return s.profile
	}
	if keys, err := s.app.Keys(); err == nil {
		if p, found := profileNamed(keys, s.profile.Name); found {
			return p
		}
	}
	return s.profile
}

// connectScreen takes the operator through Connect, for one link after another.
type connectScreen struct {
	*session
	ctx   context.Context
	to    ui.To
	theme *theme.Theme
	w, h  int

	queue []linking
	at    int
	ended []connect.State // of those before at
	run   *connect.Run
	state connect.State
	began time.Time

	form     *form.Dialog      // the question on screen
	question *connect.Question // that form asks
	typed    bool              // something into it
	page     string            // that a browser was opened on
	unopened error             // why it was not
	feed     textPane
}

var (
	_ ui.Screen   = (*connectScreen)(nil)
	_ ui.Capturer = (*connectScreen)(nil)
	_ ui.Hinter   = (*connectScreen)(nil)
)

func newConnect(s *session, queue ...linking) *connectScreen {
	return &connectScreen{session: s, queue: queue, theme: theme.New(true)}
}

// connecting shows the screen for what is to be done.
func connecting(s *session, queue ...linking) tea.Cmd { return ui.Push(newConnect(s, queue...)) }

type (
	// runMsg tells that a run has changed.
	runMsg struct {
		ui.To
		run   *connect.Run
		state connect.State
	}
	// browsedMsg tells whether a browser was opened.
	browsedMsg struct {
		ui.To
		page  string
		asked bool // by a key
		err   error
	}
	connectTickMsg struct{ ui.To }
)

func (c *connectScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	c.ctx, c.to = ctx, ui.To{ID: id}
	return tea.Batch(c.start(c.begin(ctx, c.queue[0])), c.tick())
}

// start puts a run on screen.
func (c *connectScreen) start(run *connect.Run) tea.Cmd {
	c.run, c.state, c.began = run, connect.State{Phase: connect.Opening}, time.Now()
	c.lastRun = run
	c.form, c.question, c.page, c.unopened = nil, nil, "", nil
	c.fill()
	return c.follow(0)
}

// follow waits until the run has changed.
func (c *connectScreen) follow(seen int) tea.Cmd {
	ctx, run, to := c.ctx, c.run, c.to
	return func() tea.Msg {
		state, err := run.Next(ctx, seen)
		if err != nil {
			return nil
		}
		return runMsg{to, run, state}
	}
}

// tick keeps the clocks on screen going.
func (c *connectScreen) tick() tea.Cmd { return ui.Tick(c.ctx, jobTick, connectTickMsg{c.to}) }

func (c *connectScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case runMsg:
		if msg.run == c.run {
			return c.changed(msg.state)
		}
	case browsedMsg:
		return c.browsed(msg)
	case connectTickMsg:
		return c.tick()
	case tea.KeyPressMsg:
		if msg.String() == "esc" {
			return c.escape()
		}
		c.typed = c.typed || msg.Text != ""
		return c.toForm(msg)
	default:
		return c.toForm(msg)
	}
	return nil
}

func (c *connectScreen) toForm(msg tea.Msg) tea.Cmd {
	if c.form == nil {
		return nil
	}
	return c.form.Update(msg)
}

// escape goes back a step, and leaves Connect where there is none.
func (c *connectScreen) escape() tea.Cmd {
	switch now := c.run.State(); {
	case now.Phase == connect.Exchanging:
		return nil // what is begun stands for a link
	case now.Question == nil:
		return ui.Pop(c.to.ID)
	case now.Question.Kind == connect.AskInstitution && c.typed:
		return c.ask(now.Question) // without what was searched for
	case now.Question.Back:
		c.run.Back()
	default:
		c.run.Leave()
	}
	return nil
}

// changed takes the run's state in.
func (c *connectScreen) changed(state connect.State) tea.Cmd {
	before := c.state.Phase
	c.state = state
	c.fill()
	var cmds []tea.Cmd
	if state.Question != c.question {
		cmds = append(cmds, c.ask(state.Question))
	}
	if state.Page != "" && state.Page != c.page {
		c.page = state.Page
		cmds = append(cmds, c.browse(false))
	}
	if state.Link != "" && state.Phase != before {
		c.watch.Look(state.Link)
		cmds = append(cmds, remember(c.session.ctx, c.mirror.Store(), state.Link))
	}
	if !state.Phase.Over() {
		return tea.Batch(append(cmds, c.follow(state.Version))...)
	}
	if state.Phase == connect.Connected {
		cmds = append(cmds, c.connected())
	}
	return tea.Batch(cmds...)
}

// connected goes on after a run that ended well.
func (c *connectScreen) connected() tea.Cmd {
	switch done := c.queue[c.at]; {
	case len(c.queue) > 1:
		return c.next()
	case done.relinks():
		return tea.Sequence(ui.Pop(c.to.ID), ui.Toast(ui.Success, done.name+" is relinked"))
	}
	// The list tells it, too, if it saw the link connecting.
	return tea.Sequence(ui.Pop(c.to.ID), openLink(c.session, c.state.Link), connectionToast(watch.Snapshot{Link: c.state.Last}))
}

// next goes on with the link after this one.
func (c *connectScreen) next() tea.Cmd {
	c.ended = append(c.ended, c.state)
	c.at++
	if c.at == len(c.queue) {
		return nil
	}
	return c.start(c.begin(c.ctx, c.queue[c.at]))
}

// over reports whether there is nothing left to do.
func (c *connectScreen) over() bool { return c.at == len(c.queue) }

// browse opens a browser on the run's page, if there is one to open.
func (c *connectScreen) browse(asked bool) tea.Cmd {
	if c.app.Browse == nil {
		return nil
	}
	browse, page, to := c.app.Browse, c.page, c.to
	return func() tea.Msg { return browsedMsg{to, page, asked, browse(page)} }
}

func (c *connectScreen) browsed(msg browsedMsg) tea.Cmd {
	if msg.page != c.page {
		return nil // of the run before
	}
	c.unopened = msg.err
	c.fill()
	switch {
	case !msg.asked:
		return nil
	case msg.err != nil:
		return ui.Toast(ui.Failure, "No browser was opened: "+explain(msg.err).what)
	}
	return ui.Toast(ui.Success, "The browser was told to open the page")
}

func (c *connectScreen) Actions() []ui.Action {
	var actions []ui.Action
	if !c.over() && (c.state.Phase == connect.Left || c.state.Phase == connect.Failed) {
		actions = c.endActions()
	}
	if c.state.Page != "" {
		actions = append(actions, c.pageActions()...)
	}
	actions = append(actions, requestsAction(c.app, func() error { return c.state.Err }))
	return append(actions, c.feed.actions()...)
}

// endActions are for a run that ended without a connected link.
func (c *connectScreen) endActions() []ui.Action {
	actions := []ui.Action{{Name: "Try again", Key: ui.Bind("r", "try again"), Do: func() tea.Cmd {
		return c.start(c.run.Again(c.ctx))
	}}}
	if c.made() {
		actions = []ui.Action{{Name: "Open the link", Key: ui.Bind("enter", "open"), Do: func() tea.Cmd {
			return tea.Sequence(ui.Pop(c.to.ID), openLink(c.session, c.state.Link))
		}}}
	}
	if asked := c.queue[c.at].asked; asked != nil && !c.made() {
		actions = append(actions, ui.Action{Name: "Change what the session asks for", Key: ui.Bind("e", "settings"), Ask: func() ui.Dialog {
			return c.askNewLinkFurther(*asked, ui.Pop(c.to.ID))
		}})
	}
	if len(c.queue) > 1 {
		actions = append(actions, ui.Action{Name: "Go on with the next link", Key: ui.Bind("n", "next"), Do: c.next})
	}
	return actions
}

// pageActions are for a run in a browser.
func (c *connectScreen) pageActions() []ui.Action {
	actions := []ui.Action{
		{Name: "Copy the page's address", Key: ui.Bind("c", "copy address"), Do: func() tea.Cmd { return copyText(c.state.Page, "Address") }},
		{Name: "Open the page in a browser", Key: ui.Bind("o", "open browser"), Do: func() tea.Cmd { return c.browse(true) }},
		{Name: "Leave Connect", Key: ui.Bind("esc", "leave"), Ask: func() ui.Dialog {
			return form.Confirm("Leave Connect?", "Leave it", func() tea.Cmd { return ui.Pop(c.to.ID) }).
				Says(theme.Text, "Its page stops working, wherever it is open.")
		}},
	}
	if tunnel := c.tunnel(); tunnel != "" {
		actions = append(actions, ui.Action{Name: "Copy the SSH command that leads to the page", Key: ui.Bind("s", "copy ssh"), Do: func() tea.Cmd {
			return copyText(tunnel, "SSH command")
		}})
	}
	if !c.queue[c.at].relinks() {
		actions = append(actions, ui.Action{Name: "Paste a token from a Connect elsewhere", Key: ui.Bind("v", "paste token"), Ask: c.askToken})
	}
	return actions
}

// tunnel is the command that makes the page and a Sandbox's Connect reachable from
// where the operator sits, empty when that is here.
func (c *connectScreen) tunnel() string {
	if c.app.Tunnel == nil {
		return ""
	}
	return c.app.Tunnel(c.state.Page, c.browser().Host)
}

// askToken takes the token of a Connect that ran elsewhere.
func (c *connectScreen) askToken() ui.Dialog {
	var token string
	run := c.run
	return form.New("Paste an exchangeable token", func() []huh.Field {
		return []huh.Field{huh.NewInput().Title("Token").EchoMode(huh.EchoModePassword).Value(&token).Validate(required("or paste the token"))}
	}, func() tea.Cmd {
		if !run.Paste(moneykit.NewSecret(termsafe.Line(token))) {
			return ui.Toast(ui.Notice, "This run is past Connect already")
		}
		return nil
	}).Says(theme.Text, "If a user went through Connect elsewhere with a session of this app, the token it handed out is exchanged for the link.")
}

// Capturing is true while the bank is waited for, too: what is typed ahead must not
// do something else.
func (c *connectScreen) Capturing() bool {
	waits := c.state.Phase == connect.Opening || c.state.Phase == connect.Asking
	return c.form != nil || !c.over() && c.queue[c.at].inTerminal && waits || c.state.Phase == connect.Exchanging
}

// Hint tells the keys of the question.
func (c *connectScreen) Hint() string {
	switch {
	case c.state.Phase == connect.Exchanging:
		return "in a moment"
	case c.form == nil:
		return "esc give up"
	}
	leaves := "esc leave Connect"
	if c.question.Back {
		leaves = "esc another institution"
	}
	return strings.ReplaceAll(c.form.Hint(), "esc cancel", leaves)
}

func (c *connectScreen) Title() string {
	if c.over() {
		return "Relink"
	}
	return c.queue[c.at].title()
}

// made reports whether the run left a new link behind that did not connect. Another
// run would make another.
func (c *connectScreen) made() bool { return c.state.Link != "" && !c.queue[c.at].relinks() }

// opened reports whether a browser shows the page, as far as anyone knows.
func (c *connectScreen) opened() bool { return c.page != "" && c.unopened == nil }

// remote reports whether the operator sits elsewhere.
func (c *connectScreen) remote() bool { return errors.Is(c.unopened, connect.ErrRemote) }
