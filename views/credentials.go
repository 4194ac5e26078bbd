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
	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// checkTime bounds the whole of checking and storing credentials.
const checkTime = time.Minute

// credentials is what the form asks for.
type credentials struct {
	keystore.Profile
	secret string
}

// askCredentials asks for a profile and tries it against the API before
// anything is stored.
func askCredentials(ctx context.Context, app *App) ui.Dialog {
	c := &credentials{Profile: keystore.Profile{
		Mode:        keystore.Sandbox,
		BaseURL:     keystore.DefaultBaseURL,
		RedirectURI: keystore.DefaultRedirectURI,
	}}
	mode := string(c.Mode)
	ctx, cancel := context.WithCancel(ctx)
	var dialog *form.Dialog
	dialog = form.New("Add MoneyKit credentials", func() []huh.Field {
		return []huh.Field{
			huh.NewInput().Title("Profile name").Placeholder("acme sandbox").Value(&c.Name).Validate(required("a name")),
			huh.NewSelect[string]().Title("Mode of the app").Options(
				huh.NewOption("Sandbox · test data", string(keystore.Sandbox)),
				huh.NewOption("Live · real customers and real money", string(keystore.Live)),
			).Value(&mode),
			huh.NewInput().Title("Client id").Value(&c.ClientID).Validate(required("the client id")),
			huh.NewInput().Title("Client secret").EchoMode(huh.EchoModePassword).Value(&c.secret).Validate(required("the client secret")),
			huh.NewInput().Title("Base URL").Value(&c.BaseURL).Validate(required("a base URL")),
			huh.NewInput().Title("Redirect URI for OAuth banks").Description("approved at MoneyKit; till listens there").Value(&c.RedirectURI),
		}
	}, func() tea.Cmd {
		c.Mode = keystore.Mode(mode)
		filled := *c
		return func() tea.Msg { return tryCredentials(ctx, app, dialog, filled) }
	}).Stays().OnClose(cancel)
	return dialog
}

func required(what string) func(string) error {
	return func(s string) error {
		if strings.TrimSpace(s) == "" {
			return errors.New("type " + what)
		}
		return nil
	}
}

// tryCredentials checks a profile against the API, stores it, and opens it. A
// keyring that fails leads to the offer to keep the secret for the session.
func tryCredentials(asked context.Context, app *App, dialog *form.Dialog, c credentials) tea.Msg {
	ctx, cancel := context.WithTimeout(asked, checkTime)
	defer cancel()
	for _, value := range []*string{&c.Name, &c.ClientID, &c.BaseURL, &c.RedirectURI} {
		*value = strings.TrimSpace(*value)
	}
	keys, err := app.Keys()
	if err == nil {
		err = check(ctx, app, c)
	}
	if err == nil {
		err = keys.Save(ctx, c.Profile, c.secret)
	}
	if asked.Err() != nil {
		return nil // the form was closed meanwhile
	}
	if failed := (*keystore.Error)(nil); errors.As(err, &failed) {
		return dialog.Answer(tea.Sequence(ui.Close(dialog), offerSession(app, keys, c, failed)), nil)()
	}
	if err != nil {
		return dialog.Retry(explain(err).line())()
	}
	return tea.Sequence(ui.Close(dialog), useProfile(app, c.Name))()
}

func check(ctx context.Context, app *App, c credentials) error {
	if err := c.Validate(); err != nil {
		return err
	}
	client, err := app.Client(c.BaseURL, moneykit.Credentials{ClientID: c.ClientID, ClientSecret: moneykit.NewSecret(c.secret)})
	if err != nil {
		return err
	}
	info, err := client.Introspect(ctx)
	if err == nil && !info.DisabledAt.IsZero() {
		return errors.New("MoneyKit says this key pair is disabled")
	}
	return err
}

// offerSession asks whether the secret may be kept in memory, since the
// keyring would not have it. Nothing else stores it.
func offerSession(app *App, keys *keystore.Store, c credentials, failed *keystore.Error) tea.Cmd {
	f := explain(failed)
	return ui.Open(form.Confirm("The credentials work, the keyring does not", "Use them this once", func() tea.Cmd {
		keys.Hold(c.Profile, c.secret)
		return useProfile(app, c.Name)
	}).
		Says(theme.Bad, f.what).Says(theme.Text, termsafe.Line(f.next)).
		Says(theme.Text, "till stores a secret nowhere else. It can keep this one in memory until you leave."))
}
