package views

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// customerUser is who the Sandbox's sessions are opened for.
const customerUser = "till-operator"

// redirectURI is what a session has to name; the Sandbox approves any loopback
// address, and in the terminal nothing is ever sent there.
const redirectURI = "http://127.0.0.1/till"

func (s *session) whyNoRelink(link watch.Snapshot) string {
	switch {
	case link.Link.State == moneykit.Deleted:
		return "this link was disconnected; only a new link brings it back"
	case link.Link.State == moneykit.Connecting || link.Link.State == moneykit.AwaitingTokenExchange:
		return "this link is being made; wait until it is connected or in error"
	case !s.embedded:
		return "a relink outside the embedded Sandbox needs Connect in a browser, which till cannot open yet"
	}
	return ""
}

func (s *session) askRelink(link watch.Snapshot) ui.Dialog {
	ctx, cancel := context.WithCancel(s.ctx)
	return &relinkDialog{session: s, link: link, ctx: ctx, cancel: cancel, theme: theme.New(true)}
}

// relinkDialog takes the operator through the bank's questions, one form after
// another, until the link is repaired.
type relinkDialog struct {
	*session
	link   watch.Snapshot
	ctx    context.Context
	cancel context.CancelFunc
	run    *connect.Run
	input  connect.Input
	form   *form.Dialog // the question on screen, nil while waiting
	asking int          // questions asked since the last start
	fault  string
	failed bool // nothing left to ask
	theme  *theme.Theme
}

var (
	_ ui.Dialog = (*relinkDialog)(nil)
	_ ui.Closer = (*relinkDialog)(nil)
)

type (
	// askedMsg brings the bank's next question.
	askedMsg struct {
		dialog   *relinkDialog
		run      *connect.Run
		question connect.Question
		err      error
	}
	// relinkedMsg tells that everything was handed in.
	relinkedMsg struct {
		dialog *relinkDialog
		err    error
	}
	// answeredMsg tells that a question's form was filled in.
	answeredMsg struct{ dialog *relinkDialog }
)

// Closed gives up whatever is under way.
func (d *relinkDialog) Closed() { d.cancel() }

func (d *relinkDialog) SetTheme(t *theme.Theme) {
	d.theme = t
	if d.form != nil {
		d.form.SetTheme(t)
	}
}

func (d *relinkDialog) Title() string { return "Relink " + institution(d.link) }

func (d *relinkDialog) Hint() string {
	if d.form == nil {
		return "esc close"
	}
	return d.form.Hint()
}

// Init opens the session and asks for the first question.
func (d *relinkDialog) Init() tea.Cmd {
	ctx, app, client, id, dialog := d.ctx, d.app, d.client, d.link.ID, d
	return func() tea.Msg {
		run, err := app.Connect(ctx, client, moneykit.LinkSessionRequest{
			CustomerUser: moneykit.CustomerUser{ID: customerUser}, RedirectURI: redirectURI, ExistingLinkID: id,
		})
		if err != nil {
			return askedMsg{dialog: dialog, err: err}
		}
		question, err := run.Next(ctx, connect.Input{})
		return askedMsg{dialog, run, question, err}
	}
}

func (d *relinkDialog) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case askedMsg:
		if msg.dialog == d {
			return d.asked(msg)
		}
	case answeredMsg:
		if msg.dialog == d {
			return d.next()
		}
	case relinkedMsg:
		if msg.dialog == d {
			return d.relinked(msg.err)
		}
	default:
		if d.form != nil {
			return d.form.Update(msg)
		}
	}
	return nil
}

func (d *relinkDialog) asked(msg askedMsg) tea.Cmd {
	if msg.run != nil {
		d.run = msg.run
	}
	if msg.err != nil {
		return d.refused(msg.err)
	}
	if msg.question.Kind == connect.Nothing {
		return d.finish()
	}
	return d.ask(msg.question)
}

// refused tells what the bank said. A refusal of what was entered starts over
// with the first question; anything else ends the relink, also a refusal when
// nothing was entered: the answer would be the same for ever.
func (d *relinkDialog) refused(err error) tea.Cmd {
	f := explain(err)
	d.fault, d.form = f.line(), nil
	refusal := (*connect.Refusal)(nil)
	if d.run == nil || d.asking == 0 || !errors.As(err, &refusal) {
		d.failed = true
		return nil
	}
	d.input, d.asking = connect.Input{}, 0
	return d.next()
}

// next asks the bank what it wants to know after what was entered so far.
func (d *relinkDialog) next() tea.Cmd {
	ctx, run, input, dialog := d.ctx, d.run, d.input, d
	return func() tea.Msg {
		question, err := run.Next(ctx, input)
		return askedMsg{dialog, run, question, err}
	}
}

func (d *relinkDialog) finish() tea.Cmd {
	d.form = nil
	ctx, run, input, dialog := d.ctx, d.run, d.input, d
	return func() tea.Msg {
		_, err := run.Finish(ctx, input)
		return relinkedMsg{dialog, err}
	}
}

func (d *relinkDialog) relinked(err error) tea.Cmd {
	if err != nil {
		return d.refused(err)
	}
	d.watch.Look(d.link.ID)
	return tea.Sequence(ui.Close(d), ui.Toast(ui.Success, institution(d.link)+" is relinked; MoneyKit is fetching its data"))
}

// ask shows a question as a form.
func (d *relinkDialog) ask(q connect.Question) tea.Cmd {
	build := map[connect.Kind]func(connect.Question) *form.Dialog{
		connect.AskCredentials: d.credentials, connect.AskOAuth: d.oauth, connect.AskChoice: d.choice,
		connect.AskCode: d.text, connect.AskText: d.text,
	}[q.Kind]
	if build == nil {
		d.failed, d.fault = true, "The bank asks for something till does not know: "+words(string(q.Kind))
		return nil
	}
	d.asking++
	d.form = build(q).Stays()
	if d.fault != "" {
		d.form.Says(theme.Bad, d.fault)
		d.fault = ""
	}
	d.form.SetTheme(d.theme)
	return d.form.Init()
}

func (d *relinkDialog) answered() tea.Cmd {
	dialog := d
	return func() tea.Msg { return answeredMsg{dialog} }
}

func (d *relinkDialog) credentials(q connect.Question) *form.Dialog {
	var username, password string
	return form.New(d.Title(), func() []huh.Field {
		return []huh.Field{
			huh.NewInput().Title("Username").Description("in the Sandbox: user_good").Value(&username).Validate(required("the username")),
			huh.NewInput().Title("Password").Description("pass_good, mfa_device, mfa_question or mfa_selections").
				EchoMode(huh.EchoModePassword).Value(&password).Validate(required("the password")),
		}
	}, func() tea.Cmd {
		d.input.Username, d.input.Password = username, moneykit.NewSecret(password)
		return d.answered()
	}).Says(theme.Text, d.why()).Says(theme.Muted, termsafe.Line(q.Prompt))
}

// why tells why the link is broken and what the relink does about it.
func (d *relinkDialog) why() string {
	if d.link.Link.State == moneykit.InError {
		return "This link is in error: " + words(string(d.link.Link.ErrorCode)) + ". A new login at the bank repairs it."
	}
	return "This link is connected. A new login at the bank renews it."
}

func (d *relinkDialog) oauth(q connect.Question) *form.Dialog {
	answer := "allow"
	return form.New(d.Title(), func() []huh.Field {
		return []huh.Field{huh.NewSelect[string]().Title(termsafe.Line(q.Prompt)).Options(
			huh.NewOption("Allow access", "allow"), huh.NewOption("Deny it", "deny"),
		).Value(&answer)}
	}, func() tea.Cmd {
		d.input.Deny = answer == "deny"
		return d.finish()
	}).Says(theme.Text, d.why())
}

func (d *relinkDialog) choice(q connect.Question) *form.Dialog {
	var answer string
	options := make([]huh.Option[string], len(q.Options))
	for i, o := range q.Options {
		options[i] = huh.NewOption(termsafe.Line(o), o)
	}
	return form.New(d.Title(), func() []huh.Field {
		return []huh.Field{huh.NewSelect[string]().Title(termsafe.Line(q.Prompt)).Description(hint(q)).Options(options...).Value(&answer)}
	}, func() tea.Cmd {
		d.input.Answers = append(d.input.Answers, answer)
		return d.answered()
	})
}

func (d *relinkDialog) text(q connect.Question) *form.Dialog {
	var answer string
	return form.New(d.Title(), func() []huh.Field {
		return []huh.Field{huh.NewInput().Title(termsafe.Line(q.Prompt)).Description(hint(q)).Value(&answer)}
	}, func() tea.Cmd {
		d.input.Answers = append(d.input.Answers, answer)
		return d.answered()
	})
}

func hint(q connect.Question) string {
	if q.Answer == "" {
		return ""
	}
	return "the Sandbox expects " + termsafe.Line(q.Answer)
}

func (d *relinkDialog) View(w, h int) string {
	switch {
	case d.form != nil:
		return d.form.View(w, h)
	case d.failed:
		return form.Paragraphs(d.theme, w, form.Paragraph{Text: d.fault, Role: theme.Bad})
	}
	return form.Paragraphs(d.theme, w, form.Paragraph{Text: "Waiting for the bank…", Role: theme.Warn})
}
