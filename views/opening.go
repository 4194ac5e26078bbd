package views

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/termsafe"
	"till/ui/theme"
)

// opener makes a session of an App; it may wait for the keyring.
type opener struct {
	what string // what is being opened, safe to draw
	open func(context.Context, *App) (*session, error)
}

// openingScreen shows that a session is being opened, and why it could not be.
type openingScreen struct {
	app    *App
	opener opener
	place  place // where the operator will be
	ctx    context.Context
	id     ui.ID
	theme  *theme.Theme
	w, h   int
	opened resource[*session]
}

var (
	_ ui.Screen     = (*openingScreen)(nil)
	_ ui.Statuser   = (*openingScreen)(nil)
	_ ui.Everywhere = (*openingScreen)(nil)
)

func newOpening(app *App, o opener, at place) *openingScreen {
	return &openingScreen{app: app, opener: o, place: at}
}

type openedMsg struct {
	ui.To
	session *session
	err     error
}

// First returns the screen that till starts with: the embedded Sandbox, the
// profile of that name, else what the environment gives, else the profile last
// chosen, else a welcome. Guests get the Sandbox. A link is opened over it, by its id
// with privacy on, too.
func First(app *App, sandbox bool, profile string, link moneykit.LinkID) ui.Screen {
	at := place{open: link}.in(&App{}, app)
	if app.Guest { // nothing is waited for, and what goes wrong the opening screen tells
		if s, err := sandboxSession(app); err == nil {
			return newLinks(s, at)
		}
	}
	if sandbox || app.Guest {
		return newOpening(app, openSandbox(), at)
	}
	return newOpening(app, openProfile(profile), at)
}

// errServed keeps from a guest what is wrong with the profile that is served.
var errServed = errors.New("what is served here cannot be opened at the moment")

// Serve returns the screen that till starts with for a guest who is shown a profile of
// somebody else's. The App has to be read-only. Guests are not told why open fails.
func Serve(app *App, open func(context.Context) (keystore.Profile, moneykit.Secret, error)) ui.Screen {
	return newOpening(app, opener{"what is served here", func(ctx context.Context, app *App) (*session, error) {
		profile, secret, err := open(ctx)
		if err != nil {
			return nil, errServed
		}
		return sessionOf(ctx, app, profile, "", secret, nil)
	}}, place{})
}

// CheckProfile says that there is no profile of that name, if so.
func CheckProfile(app *App, name string) error {
	keys, err := app.Keys()
	if err != nil {
		return err
	}
	if _, found := profileNamed(keys, name); !found {
		return unknownProfile(keys, name)
	}
	return nil
}

// guestMirror is how much is kept in memory for a guest, in bytes: of a Sandbox, several
// years of all its links.
const guestMirror = 32 << 20

func openSandbox() opener {
	return opener{"the Sandbox", func(_ context.Context, app *App) (*session, error) { return sandboxSession(app) }}
}

func sandboxSession(app *App) (*session, error) {
	sandbox, err := app.Sandbox()
	if err != nil {
		return nil, err
	}
	client, err := app.Client(sandbox.URL, sandbox.Credentials)
	if err != nil {
		return nil, err
	}
	store := mirror.NewMemory()
	if app.Guest {
		store = mirror.NewMemoryOf(guestMirror)
	}
	return newSandboxSession(app, sandbox, client, store), nil
}

// openProfile opens a named profile. Without a name it takes what the
// environment gives, then the profile last chosen; a nil session says that
// there is neither.
func openProfile(name string) opener {
	what := "the profile last chosen"
	if name != "" {
		what = "profile " + termsafe.Line(name)
	}
	return opener{what, func(ctx context.Context, app *App) (*session, error) {
		if name == "" {
			profile, secret, given, err := app.Environment()
			if err != nil || given {
				return sessionOf(ctx, app, profile, keystore.FromEnvironment, secret, err)
			}
		}
		keys, err := app.Keys()
		if err != nil {
			return nil, err
		}
		profile, found := keys.Current()
		if name != "" {
			profile, found = profileNamed(keys, name)
			if !found {
				return nil, unknownProfile(keys, name)
			}
		}
		if !found {
			return nil, nil
		}
		secret, where, err := keys.Secret(ctx, profile.Name)
		return sessionOf(ctx, app, profile, where, moneykit.NewSecret(secret), err)
	}}
}

func sessionOf(ctx context.Context, app *App, p keystore.Profile, where keystore.Where, secret moneykit.Secret, err error) (*session, error) {
	if err != nil {
		return nil, err
	}
	client, err := app.Client(p.BaseURL, moneykit.Credentials{ClientID: p.ClientID, ClientSecret: secret})
	if err != nil {
		return nil, err
	}
	again := opener{"profile " + termsafe.Line(p.Name), func(ctx context.Context, app *App) (*session, error) {
		return sessionOf(ctx, app, p, where, secret, nil)
	}}
	kept, unkept := app.mirror(ctx, p)
	session := newSession(app, p, where, client, kept.Store)
	if app.Masked {
		session.profile.Name = "" // but again knows it
	}
	session.unkept, session.aside, session.again = unkept, kept.Aside, again
	return session, nil
}

// mirror opens the mirror of a profile. Guests leave none behind, and what is masked
// must not come among what is not.
func (a *App) mirror(ctx context.Context, p keystore.Profile) (kept KeptMirror, unkept error) {
	switch {
	case a.Guest:
		return KeptMirror{Store: mirror.NewMemoryOf(guestMirror)}, nil
	case a.Mirror == nil || a.Masked:
		return KeptMirror{Store: mirror.NewMemory()}, nil
	}
	if kept, unkept = a.Mirror(ctx, p); unkept != nil {
		kept.Store = mirror.NewMemory()
	}
	return kept, unkept
}

func profileNamed(keys *keystore.Store, name string) (keystore.Profile, bool) {
	for _, p := range keys.Profiles() {
		if p.Name == name {
			return p, true
		}
	}
	return keystore.Profile{}, false
}

func (o *openingScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	o.ctx, o.id = ctx, id
	return o.start()
}

func (o *openingScreen) start() tea.Cmd {
	if !o.opened.begin() {
		return nil
	}
	ctx, app, open, to := o.ctx, o.app, o.opener.open, ui.To{ID: o.id}
	return func() tea.Msg {
		s, err := open(ctx, app)
		if err != nil && app.Masked && isLocal(err) && !errors.Is(err, errServed) {
			err = errors.New("why this cannot be opened is hidden: " + app.whyPrivate()) // it can name a profile or a server
		}
		if s != nil {
			s.keepSensitive(ctx)
		}
		return openedMsg{to, s, err}
	}
}

func (o *openingScreen) Update(msg tea.Msg) tea.Cmd {
	opened, ok := msg.(openedMsg)
	if !ok {
		return nil
	}
	o.opened.end(opened.session, opened.err)
	switch {
	case opened.err != nil:
		return nil
	case opened.session == nil:
		return ui.Restart(newWelcome(o.app, o.place.open))
	}
	return ui.Restart(newLinks(opened.session, o.place))
}

func (o *openingScreen) Actions() []ui.Action {
	actions := []ui.Action{{Name: "Try again", Key: ui.Bind("r", "try again"), Do: o.start}}
	actions = append(actions, profilesAction(o.app, false)...)
	return append(actions, requestsAction(o.app, func() error { return o.opened.err }))
}

// Everywhere lets who cannot open a profile with privacy on open it without.
func (o *openingScreen) Everywhere() []ui.Action {
	return []ui.Action{privacyAction(o.app, o.opener, func() place { return o.place })}
}

func (o *openingScreen) Status() ui.Status { return ui.Status{Chips: o.app.watermark()} }

func (o *openingScreen) SetTheme(t *theme.Theme) { o.theme = t }

func (o *openingScreen) SetSize(w, h int) { o.w, o.h = w, h }

func (o *openingScreen) Title() string { return "" }

func (o *openingScreen) View() string {
	if o.opened.loaded {
		return middle(nil, o.w, o.h)
	}
	what := o.opener.what
	if o.app.Masked {
		what = "the links with privacy on"
	}
	return o.opened.blank(o.theme, o.w, o.h, "Opening "+what+"…")
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
