// Package views holds till's screens: what each shows and what its keys do.
// They read snapshots and send commands; the packages below moneykit do the
// work.
package views

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/inspect"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/moneykit/webhooks"
	"till/ui"
	"till/ui/theme"
)

// App is what the program is given to work with. What it is given never changes.
type App struct {
	// Keys opens the profiles and their secrets.
	Keys func() (*keystore.Store, error)
	// Client builds a client for a profile.
	Client func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error)
	// Sandbox starts the embedded Sandbox, or returns the one that runs.
	Sandbox func() (Embedded, error)
	// Connect starts a run that asks the questions of the embedded Sandbox's Connect.
	Connect func(context.Context, *moneykit.Client, moneykit.LinkSessionRequest) *connect.Run
	// Webhooks starts a receiver of webhooks, which is closed when the context ends.
	Webhooks func(context.Context, *moneykit.Client, webhooks.Config) (WebhookReceiver, error)
	// Browse opens a page in the operator's browser. It may return only when that
	// ends.
	Browse func(page string) error
	// Tunnel is the command that makes addresses of this computer reachable from
	// where the operator sits, empty when that is here.
	Tunnel func(addresses ...string) string
	// Mirror opens the mirror that is kept of a profile.
	Mirror func(context.Context, keystore.Profile) (KeptMirror, error)
	// ForgetMirror removes it.
	ForgetMirror func(keystore.Profile) error
	// Environment returns a profile given by environment variables, if any.
	Environment func() (keystore.Profile, moneykit.Secret, bool, error)
	// Calls holds the last requests of every client that Client built.
	Calls *inspect.Log
	// Drift counts what their answers held beyond the contract.
	Drift *moneykit.DriftReport
	// Program is this program's name and version.
	Program string
	// ReadOnly removes every action that changes something at MoneyKit.
	ReadOnly bool
	// MirrorSensitive keeps account numbers and identity in the mirror too.
	MirrorSensitive bool
	// Guest says that the operator sits elsewhere: nothing of this computer is theirs, so
	// there are no files, profiles, browser or webhooks.
	Guest bool
	// Masked says that privacy is on: Client masks all that it reads.
	Masked bool
	// Mask returns this App with privacy on or off; nil where it stays as it is.
	Mask func(on bool) *App
	// Pseudonym is what a link is called while privacy is on, and Reveal the link of a
	// pseudonym; nil where it is off.
	Pseudonym, Reveal func(moneykit.LinkID) moneykit.LinkID
	// Poll is how many requests a second background polling may take, nil for the
	// default; with 0 there is none.
	Poll *float64
	// PollInFlight is how many of them may be under way at once, 0 for the default.
	PollInFlight int

	writing sync.WaitGroup // files that are being exported
	first   *App           // that counts them in the place of this one, nil for none
}

// Embedded is the embedded Sandbox as a client sees it.
type Embedded struct {
	URL         string
	Credentials moneykit.Credentials
	// Links returns every link it knows, those that GET /links leaves out too.
	Links func() []moneykit.LinkID
	// Controls move it; nil for a Sandbox that cannot be moved.
	Controls *Controls
}

// session is one profile in use: the bundle that its screens share.
type session struct {
	app      *App
	profile  keystore.Profile // without a name while privacy is on
	where    keystore.Where   // where the secret came from
	again    opener           // opens the same anew
	embedded bool
	known    func() []moneykit.LinkID
	controls *Controls // nil for none
	clock    *clock
	client   *moneykit.Client
	watch    *watch.Watcher
	mirror   *mirror.Mirror
	ctx      context.Context // of the links screen, which lives as long as the session
	lastRun  *connect.Run    // nil for none yet
	aside    string          // where a damaged mirror was put, empty for none
	writing  atomic.Int32    // files that are being exported
	unkept   error           // why the mirror is in memory, nil when it is not or need not be kept
	began    time.Time       // by this machine's clock
	// unkeptEvents is why what happens to links is not kept in the mirror, nil when it is.
	unkeptEvents error

	jobs  []*job        // of this session, oldest first
	links []*linkScreen // that were opened, those that are gone as long as no other is

	accountNews accountNews
	hooks       hooks
}

func newSession(app *App, profile keystore.Profile, where keystore.Where, client *moneykit.Client, store *mirror.Store) *session {
	return &session{
		app: app, profile: profile, where: where, client: client,
		watch: watch.New(client, app.budget(watch.DefaultRate)), mirror: mirror.New(client, store),
		known: func() []moneykit.LinkID { return nil }, clock: &clock{}, began: time.Now(),
		hooks: hooks{awaiting: map[moneykit.LinkID][]*hook{}},
	}
}

// sandboxRate is how many requests a second the embedded Sandbox is polled with: it is
// nobody else's server.
var sandboxRate = math.Inf(1)

// budget is what a Watcher may ask for, with this rate when none was given.
func (a *App) budget(rate float64) watch.Option {
	if a.Poll != nil {
		rate = *a.Poll
	}
	return watch.WithBudget(rate, cmp.Or(a.PollInFlight, watch.DefaultInFlight))
}

func newSandboxSession(app *App, sandbox Embedded, client *moneykit.Client, store *mirror.Store) *session {
	s := newSession(app, keystore.Profile{Name: "sandbox", Mode: keystore.Sandbox, BaseURL: sandbox.URL}, "", client, store)
	s.embedded, s.known, s.controls, s.again = true, sandbox.Links, sandbox.Controls, openSandbox()
	s.watch = watch.New(client, app.budget(sandboxRate))
	if s.controls != nil {
		s.clock.sandbox = s.controls.Now
	}
	return s
}

// chips are the session's part of the header.
func (s *session) chips(trouble string, jobs int) []ui.Chip {
	chips := s.app.watermark()
	if !s.embedded && s.profile.Name != "" {
		chips = append(chips, ui.Chip{Text: s.profile.Name, Role: theme.Muted})
	}
	if s.profile.Mode == keystore.Live {
		chips = append(chips, ui.Chip{Text: "LIVE", Role: theme.Live})
	} else {
		chips = append(chips, ui.Chip{Text: "sandbox", Role: theme.Chip})
	}
	if s.where == keystore.FromSession {
		chips = append(chips, ui.Chip{Text: "secret not saved", Role: theme.Warn})
	}
	if s.unkept != nil {
		chips = append(chips, ui.Chip{Text: "mirror not kept", Role: theme.Warn})
	}
	if s.app.ReadOnly {
		chips = append(chips, ui.Chip{Text: "read-only", Role: theme.Warn})
	}
	if s.hooks.receiver != nil {
		chips = append(chips, ui.Chip{Text: "webhooks", Role: theme.Muted})
	}
	if s.controls != nil {
		if n := s.controls.Faults(); n > 0 {
			chips = append(chips, ui.Chip{Text: plural(n, "fault"), Role: theme.Warn})
		}
	}
	if trouble != "" {
		return append(chips, ui.Chip{Text: "✕ " + trouble, Role: theme.Bad})
	}
	flight := ui.Chip{Text: "0 in flight", Role: theme.Muted}
	if jobs > 0 {
		flight = ui.Chip{Text: strconv.Itoa(jobs) + " in flight", Role: theme.Warn}
	}
	return append(chips, ui.Chip{Text: "● online", Role: theme.Good}, flight)
}

// Messages without an address reach every screen of the session.
type (
	// newsMsg carries what the watcher has learned.
	newsMsg struct {
		of        *watch.Watcher
		snapshots []watch.Snapshot
		events    []watch.Event
	}
	// syncedMsg tells that a link's transactions were synced.
	syncedMsg struct {
		of   *mirror.Mirror
		link moneykit.LinkID
		sync mirror.Sync
		err  error
	}
	// mirroredMsg tells that a sync of which syncedMsg does not tell has changed the
	// mirror. Who shows what it holds of the links reads it again, and syncs nothing.
	mirroredMsg struct{ links []moneykit.LinkID }
)

func (m mirroredMsg) of(link moneykit.LinkID) bool { return slices.Contains(m.links, link) }

// listen waits for the watcher's next news.
func listen(ctx context.Context, w *watch.Watcher) tea.Cmd {
	return func() tea.Msg {
		news, err := w.Next(ctx)
		if err != nil {
			return nil
		}
		return newsMsg{w, news.Snapshots, news.Events}
	}
}

// run lets the watcher work until ctx ends.
func run(ctx context.Context, w *watch.Watcher) tea.Cmd {
	return func() tea.Msg {
		w.Run(ctx)
		return nil
	}
}

// syncAgain brings a link's transactions up to date if they were ever synced;
// who has not looked at them yet needs none of their history.
func syncAgain(ctx context.Context, m *mirror.Mirror, link moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		head, err := m.Store().Head(ctx, link)
		if err == nil && head.Cursor == "" {
			return nil
		}
		done, err := m.Sync(ctx, link)
		if ctx.Err() != nil {
			return nil
		}
		return syncedMsg{m, link, done, err}
	}
}

// update brings a link's transactions up to date. When that fails and there are
// some from before, the failure is only the reason why they are late.
func (s *session) update(ctx context.Context, link moneykit.LinkID) (done mirror.Sync, late, err error) {
	if done, late = s.mirror.Sync(ctx, link); late == nil {
		return done, nil, nil
	}
	head, err := s.mirror.Store().Head(ctx, link)
	if err == nil && head.Cursor == "" {
		err = late
	}
	return done, late, err
}

// after brings what was loaded after a sync, and then tells the others of what the
// sync has changed.
func after(done mirror.Sync, link moneykit.LinkID, loaded tea.Msg) tea.Msg {
	if done.Seq == 0 {
		return loaded
	}
	return tea.Sequence(sendMsg(loaded), sendMsg(mirroredMsg{[]moneykit.LinkID{link}}))()
}

// told says that data on screen could not be read anew. Where there is none, the
// pane says why.
func told(what string, shown bool, err, late error) tea.Cmd {
	if err == nil {
		err = late
		shown = true
	}
	if err == nil || !shown || errors.Is(err, context.Canceled) {
		return nil
	}
	return ui.Toast(ui.Failure, what+" not brought up to date. "+explain(err).line())
}

// toast tells of what was done in the session, as long as that lasts.
func (s *session) toast(kind ui.ToastKind, text string) tea.Cmd { return ui.ToastOf(s.ctx, kind, text) }

// copyText puts a text on the terminal's clipboard, over SSH too.
func copyText(text, what string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), ui.Toast(ui.Success, what+" copied"))
}
