package views

import (
	"context"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/ui"
	"till/ui/form"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// profilesScreen lists the profiles; the embedded Sandbox is the first of them.
type profilesScreen struct {
	app   *App
	ctx   context.Context
	to    ui.To
	theme *theme.Theme
	table *table.Model
	w, h  int
	data  resource[profileRows]
}

var _ ui.Screen = (*profilesScreen)(nil)

func newProfiles(app *App) *profilesScreen {
	return &profilesScreen{app: app, table: table.New(
		table.Column{Title: "PROFILE", Width: 16, Flex: 1},
		table.Column{Title: "MODE", Width: 8},
		table.Column{Title: "CLIENT ID", Width: 16, Flex: 1, Drop: 1},
		table.Column{Title: "SECRET", Width: 12},
		table.Column{Title: "BASE URL", Width: 24, Flex: 1, Drop: 2},
	)}
}

// profilesAction opens the profiles. They are no guest's.
func profilesAction(app *App, quiet bool) []ui.Action {
	if app.Guest {
		return nil
	}
	return []ui.Action{{
		Name: "Profiles", Key: ui.Bind("p", "profiles"), Quiet: quiet, Disabled: app.whyPrivate,
		Do: func() tea.Cmd { return ui.Push(newProfiles(app)) },
	}}
}

// profileRow is a profile and where its secret is.
type profileRow struct {
	keystore.Profile
	secret   string
	embedded bool
}

type profileRows []profileRow

func (r profileRows) Len() int { return len(r) }

func (r profileRows) Row(i int) []table.Cell {
	p := r[i]
	mode := theme.Accent
	if p.Mode == keystore.Live {
		mode = theme.Live
	}
	return []table.Cell{
		{Text: termsafe.Line(p.Name), Role: theme.Strong},
		{Text: string(p.Mode), Role: mode},
		{Text: termsafe.Line(p.ClientID), Role: theme.Muted},
		{Text: p.secret, Role: theme.Muted},
		{Text: termsafe.Line(p.BaseURL), Role: theme.Muted},
	}
}

type (
	profilesLoadedMsg struct {
		ui.To
		rows profileRows
		err  error
	}
	// profilesChangedMsg tells that the index is not what it was.
	profilesChangedMsg struct{}
)

func loadProfiles(app *App, to ui.To) tea.Cmd {
	return func() tea.Msg {
		rows := profileRows{{Profile: keystore.Profile{Name: "Embedded Sandbox", Mode: keystore.Sandbox}, secret: "none needed", embedded: true}}
		keys, err := app.Keys()
		if err != nil {
			return profilesLoadedMsg{to, rows, err} // the Sandbox needs no keyring
		}
		for _, p := range keys.Profiles() {
			where := "in keyring"
			if keys.Held(p.Name) {
				where = "not saved"
			}
			rows = append(rows, profileRow{Profile: p, secret: where})
		}
		return profilesLoadedMsg{to, rows, nil}
	}
}

func (p *profilesScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	p.ctx, p.to = ctx, ui.To{ID: id}
	return p.load()
}

func (p *profilesScreen) load() tea.Cmd {
	if !p.data.begin() {
		return nil
	}
	return loadProfiles(p.app, p.to)
}

func (p *profilesScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case profilesLoadedMsg:
		again := p.data.end(msg.rows, nil)
		p.table.SetSource(p.data.value)
		if again {
			return p.load()
		}
		if msg.err != nil {
			return ui.Toast(ui.Failure, "The profiles were not read. "+explain(msg.err).line())
		}
	case profilesChangedMsg:
		return p.load()
	}
	return nil
}

func (p *profilesScreen) Actions() []ui.Action {
	if !p.data.loaded {
		return []ui.Action{{Name: "Read the profiles again", Key: ui.Bind("r", "try again"), Do: p.load}}
	}
	return append([]ui.Action{
		{Name: "Use this profile", Key: ui.Bind("enter", "use"), Do: p.use},
		{Name: "Add a profile", Key: ui.Bind("n", "add"), Ask: func() ui.Dialog { return askCredentials(p.ctx, p.app) }},
		{Name: "Change the redirect URI for OAuth banks", Key: ui.Bind("u", "redirect URI"), Disabled: func() string {
			if p.current().embedded {
				return "the embedded Sandbox takes any"
			}
			return ""
		}, Ask: p.askRedirect},
		{Name: "Remove the profile and its secret", Key: ui.Bind("D", "remove"), Danger: true, Disabled: func() string {
			if p.current().embedded {
				return "the embedded Sandbox is always there"
			}
			return ""
		}, Ask: p.askRemove},
		requestsAction(p.app, untroubled),
	}, moves(p.table, stay)...)
}

func (p *profilesScreen) current() profileRow { return p.data.value[max(0, p.table.Cursor())] }

func (p *profilesScreen) use() tea.Cmd {
	row := p.current()
	if row.embedded {
		return ui.Restart(newOpening(p.app, openSandbox(), place{}))
	}
	return useProfile(p.app, row.Name)
}

// useProfile remembers the choice and opens the profile.
func useProfile(app *App, name string) tea.Cmd {
	return func() tea.Msg {
		keys, err := app.Keys()
		if err == nil {
			err = keys.Choose(name)
		}
		if err != nil {
			return ui.Toast(ui.Failure, "The choice was not remembered. "+explain(err).line())()
		}
		return ui.Restart(newOpening(app, openProfile(name), place{}))()
	}
}

func (p *profilesScreen) askRemove() ui.Dialog {
	profile, app, ctx := p.current().Profile, p.app, p.ctx
	return form.Confirm("Remove "+termsafe.Line(profile.Name)+"?", "Remove it", func() tea.Cmd {
		return func() tea.Msg { return removeProfile(ctx, app, profile) }
	}).Says(theme.Text, "Its secret is taken out of the keyring, and its mirror with the history of syncs is removed. Links at MoneyKit are not touched.")
}

// askRedirect changes where MoneyKit sends the users of OAuth banks back to.
func (p *profilesScreen) askRedirect() ui.Dialog {
	app, row := p.app, p.current()
	uri := row.Redirect()
	var dialog *form.Dialog
	dialog = form.New("Redirect URI of "+termsafe.Line(row.Name), func() []huh.Field {
		return []huh.Field{huh.NewInput().Title("Redirect URI").Description("approved at MoneyKit; till listens there").Value(&uri)}
	}, func() tea.Cmd {
		return func() tea.Msg {
			keys, err := app.Keys()
			if err == nil {
				err = keys.SetRedirect(row.Name, strings.TrimSpace(uri))
			}
			if err != nil {
				return dialog.Retry(explain(err).line())()
			}
			return tea.Sequence(ui.Close(dialog), func() tea.Msg { return profilesChangedMsg{} })()
		}
	}).Stays().Says(theme.Text, "Banks with a login page of their own send the browser back there. One that does not lead to this computer works for all other banks.")
	return dialog
}

func removeProfile(ctx context.Context, app *App, p keystore.Profile) tea.Msg {
	keys, err := app.Keys()
	if err == nil {
		err = app.ForgetMirror(p) // first: one that is in use has to stay
	}
	if err == nil {
		err = keys.Delete(ctx, p.Name)
	}
	if err != nil {
		return ui.Toast(ui.Failure, "Not removed. "+explain(err).line())()
	}
	return profilesChangedMsg{}
}

func unknownProfile(keys *keystore.Store, name string) error {
	names := make([]string, 0, len(keys.Profiles()))
	for _, p := range keys.Profiles() {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return fmt.Errorf("there is no profile %q, nor any other; till without --profile offers to add one", name)
	}
	return errors.New("there is no profile \"" + name + "\"; there is " + strings.Join(names, ", "))
}

func (p *profilesScreen) SetTheme(t *theme.Theme) {
	p.theme = t
	p.table.SetTheme(t)
}

func (p *profilesScreen) SetSize(w, h int) {
	p.w, p.h = w, h
	p.table.SetSize(w, h)
}

func (p *profilesScreen) Title() string { return "Profiles" }

func (p *profilesScreen) View() string {
	if blank := p.data.blank(p.theme, p.w, p.h, "Reading the profiles…"); blank != "" {
		return blank
	}
	return p.table.View()
}
