// Package views holds till's screens: what each shows and what its keys do.
// They read snapshots and send commands; the packages below moneykit do the
// work.
package views

import (
	"context"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/theme"
)

// App is what the program is given to work with. It never changes.
type App struct {
	// Keys opens the profiles and their secrets.
	Keys func() (*keystore.Store, error)
	// Client builds a client for a profile.
	Client func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error)
	// Sandbox starts the embedded Sandbox; it is called at most once.
	Sandbox func() (Embedded, error)
	// Connect starts a run through the embedded Sandbox's Connect.
	Connect func(context.Context, *moneykit.Client, moneykit.LinkSessionRequest) (*connect.Run, error)
	// Environment returns a profile given by environment variables, if any.
	Environment func() (keystore.Profile, moneykit.Secret, bool, error)
	// ReadOnly removes every action that changes something at MoneyKit.
	ReadOnly bool
}

// Embedded is the embedded Sandbox as a client sees it.
type Embedded struct {
	URL         string
	Credentials moneykit.Credentials
	// Links returns every link it knows, those that GET /links leaves out too.
	Links func() []moneykit.LinkID
}

// session is one profile in use: the bundle that its screens share.
type session struct {
	app      *App
	profile  keystore.Profile
	where    keystore.Where // where the secret came from
	embedded bool
	known    func() []moneykit.LinkID
	client   *moneykit.Client
	watch    *watch.Watcher
	mirror   *mirror.Mirror
	ctx      context.Context // of the links screen, which lives as long as the session
}

func newSession(app *App, profile keystore.Profile, where keystore.Where, client *moneykit.Client) *session {
	return &session{
		app: app, profile: profile, where: where, client: client,
		watch: watch.New(client), mirror: mirror.New(client, mirror.NewMemory()),
		known: func() []moneykit.LinkID { return nil },
	}
}

func newSandboxSession(app *App, sandbox Embedded, client *moneykit.Client) *session {
	s := newSession(app, keystore.Profile{Name: "sandbox", Mode: keystore.Sandbox, BaseURL: sandbox.URL}, "", client)
	s.embedded, s.known = true, sandbox.Links
	return s
}

// chips are the session's part of the header.
func (s *session) chips(offline bool, jobs int) []ui.Chip {
	var chips []ui.Chip
	switch {
	case s.profile.Mode == keystore.Live:
		chips = append(chips, ui.Chip{Text: s.profile.Name, Role: theme.Muted}, ui.Chip{Text: "LIVE", Role: theme.Live})
	case s.embedded:
		chips = append(chips, ui.Chip{Text: "sandbox", Role: theme.Chip})
	default:
		chips = append(chips, ui.Chip{Text: s.profile.Name, Role: theme.Muted}, ui.Chip{Text: "sandbox", Role: theme.Chip})
	}
	if s.where == keystore.FromSession {
		chips = append(chips, ui.Chip{Text: "secret not saved", Role: theme.Warn})
	}
	if s.app.ReadOnly {
		chips = append(chips, ui.Chip{Text: "read-only", Role: theme.Warn})
	}
	if offline {
		return append(chips, ui.Chip{Text: "✕ offline", Role: theme.Bad})
	}
	flight := ui.Chip{Text: "0 in flight", Role: theme.Muted}
	if jobs > 0 {
		flight = ui.Chip{Text: strconv.Itoa(jobs) + " in flight", Role: theme.Warn}
	}
	return append(chips, ui.Chip{Text: "● live", Role: theme.Good}, flight)
}

// Messages without an address reach every screen of the session.
type (
	// newsMsg carries what the watcher has learned.
	newsMsg struct{ snapshots []watch.Snapshot }
	// syncedMsg tells that a link's transactions were synced.
	syncedMsg struct {
		link moneykit.LinkID
		sync mirror.Sync
		err  error
	}
	// knownMsg tells of a link that the operator opened by its id.
	knownMsg struct{ id moneykit.LinkID }
)

// listen waits for the watcher's next news.
func listen(ctx context.Context, w *watch.Watcher) tea.Cmd {
	return func() tea.Msg {
		snapshots, err := w.Next(ctx)
		if err != nil {
			return nil
		}
		return newsMsg{snapshots}
	}
}

// run lets the watcher work until ctx ends.
func run(ctx context.Context, w *watch.Watcher) tea.Cmd {
	return func() tea.Msg {
		w.Run(ctx)
		return nil
	}
}

// syncLink brings a link's transactions up to date.
func syncLink(ctx context.Context, m *mirror.Mirror, link moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		done, err := m.Sync(ctx, link)
		if ctx.Err() != nil {
			return nil
		}
		return syncedMsg{link, done, err}
	}
}

// copyText puts a text on the terminal's clipboard, over SSH too.
func copyText(text, what string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), ui.Toast(ui.Success, what+" copied"))
}

func tick(after time.Duration, msg tea.Msg) tea.Cmd {
	return tea.Tick(after, func(time.Time) tea.Msg { return msg })
}
