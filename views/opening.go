package views

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/termsafe"
	"till/ui/theme"
)

// opener makes a session; it may wait for the keyring.
type opener struct {
	what string // what is being opened, safe to draw
	open func(context.Context) (*session, error)
}

// openingScreen shows that a session is being opened, and why it could not be.
type openingScreen struct {
	app    *App
	opener opener
	link   moneykit.LinkID
	ctx    context.Context
	id     ui.ID
	theme  *theme.Theme
	w, h   int
	opened resource[*session]
}

var _ ui.Screen = (*openingScreen)(nil)

func newOpening(app *App, o opener, link moneykit.LinkID) *openingScreen {
	return &openingScreen{app: app, opener: o, link: link}
}

type openedMsg struct {
	ui.To
	session *session
	err     error
}

// First returns the screen that till starts with: the embedded Sandbox, the
// profile of that name, else what the environment gives, else the profile last
// chosen, else a welcome. A link is opened over it.
func First(app *App, sandbox bool, profile string, link moneykit.LinkID) ui.Screen {
	if sandbox {
		return newOpening(app, openSandbox(app), link)
	}
	return newOpening(app, openProfile(app, profile), link)
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

func openSandbox(app *App) opener {
	return opener{"the Sandbox", func(ctx context.Context) (*session, error) {
		sandbox, err := app.Sandbox()
		if err != nil {
			return nil, err
		}
		client, err := app.Client(sandbox.URL, sandbox.Credentials)
		if err != nil {
			return nil, err
		}
		return newSandboxSession(app, sandbox, client, mirror.NewMemory()), nil
	}}
}

// openProfile opens a named profile. Without a name it takes what the
// environment gives, then the profile last chosen; a nil session says that
// there is neither.
func openProfile(app *App, name string) opener {
	what := "the profile last chosen"
	if name != "" {
		what = "profile " + termsafe.Line(name)
	}
	return opener{what, func(ctx context.Context) (*session, error) {
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
	kept, unkept := app.Mirror(ctx, p)
	if unkept != nil {
		kept.Store = mirror.NewMemory()
	}
	session := newSession(app, p, where, client, kept.Store)
	session.unkept, session.aside = unkept, kept.Aside
	return session, nil
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
	ctx, open, to := o.ctx, o.opener.open, ui.To{ID: o.id}
	return func() tea.Msg {
		s, err := open(ctx)
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
		return ui.Restart(newWelcome(o.app, o.link))
	}
	return ui.Restart(newLinks(opened.session, o.link))
}

func (o *openingScreen) Actions() []ui.Action {
	return []ui.Action{
		{Name: "Try again", Key: ui.Bind("r", "try again"), Do: o.start},
		{Name: "Profiles", Key: ui.Bind("p", "profiles"), Do: func() tea.Cmd { return ui.Push(newProfiles(o.app)) }},
		requestsAction(o.app, func() error { return o.opened.err }),
	}
}

func (o *openingScreen) SetTheme(t *theme.Theme) { o.theme = t }

func (o *openingScreen) SetSize(w, h int) { o.w, o.h = w, h }

func (o *openingScreen) Title() string { return "" }

func (o *openingScreen) View() string {
	if o.opened.loaded {
		return middle(nil, o.w, o.h)
	}
	return o.opened.blank(o.theme, o.w, o.h, "Opening "+o.opener.what+"…")
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
