package views

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/connect"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// ask shows a question as a form; nil takes the form away.
func (c *connectScreen) ask(q *connect.Question) tea.Cmd {
	c.question, c.form, c.typed = q, nil, false
	if q == nil {
		return nil
	}
	fields, answer := c.fields(q)
	run := c.run
	c.form = form.New("", func() []huh.Field { return fields }, func() tea.Cmd {
		run.Answer(answer())
		return nil
	}).Stays()
	if q.Kind == connect.AskInstitution {
		c.form.Searches().Says(theme.Strong, "Choose your institution")
	}
	if q.Refusal != nil {
		f := explain(q.Refusal)
		c.form.Says(theme.Bad, termsafe.Line(q.Refusal.Message)).Says(theme.Muted, "request id "+f.requestID)
	}
	c.form.SetTheme(c.theme)
	return c.form.Init()
}

// fields are what a question is asked with, and how the answer is read from them.
func (c *connectScreen) fields(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	switch q.Kind {
	case connect.AskInstitution:
		return institutions(q, max(6, c.h-5))
	case connect.AskPermission:
		return permissions(q)
	case connect.AskCredentials:
		return login(q)
	case connect.AskOAuth:
		return atTheBank(q)
	case connect.AskChoice:
		return choice(q)
	case connect.AskAccounts:
		return shared(q)
	}
	return text(q) // also what nobody knows yet
}

func institutions(q *connect.Question, room int) ([]huh.Field, func() connect.Answer) {
	var chosen string
	var options []huh.Option[string]
	for _, i := range q.Institutions {
		name := termsafe.Line(i.Name)
		if i.Country != "" {
			name += " · " + termsafe.Line(string(i.Country))
		}
		options = append(options, huh.NewOption(name, string(i.ID)))
	}
	field := huh.NewSelect[string]().Title("Choose your institution").Options(options...).Value(&chosen).
		Height(min(len(options)+1, room)).Filtering(true)
	return []huh.Field{field}, func() connect.Answer { return connect.Answer{Institution: moneykit.InstitutionID(chosen)} }
}

func permissions(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	var ticked, always []string
	var options []huh.Option[string]
	for _, p := range q.Products {
		name := words(string(p.Product))
		if p.Reason != "" {
			name += ": " + termsafe.Line(p.Reason)
		}
		if !p.Optional {
			always = append(always, name)
			continue
		}
		ticked = append(ticked, string(p.Product))
		options = append(options, huh.NewOption(name, string(p.Product)))
	}
	says := "The app reads accounts and balances"
	if len(always) > 0 {
		says += ", " + strings.Join(always, ", ")
	}
	title, agreed := termsafe.Line(q.Institution.Name)+": what is shared?", true
	field := huh.Field(huh.NewConfirm().Title(title).Description(says + ".").Affirmative("Share it").Negative("").Value(&agreed))
	if len(options) > 0 {
		field = huh.NewMultiSelect[string]().Title(title).Description(says + ", and what is ticked:").
			Options(options...).Value(&ticked).Height(len(options) + 3).Filterable(false)
	}
	return []huh.Field{field}, func() connect.Answer { return connect.Answer{Products: permitted(q.Products, ticked)} }
}

// permitted are the products that nobody is asked about, and those ticked.
func permitted(asked []connect.AskedProduct, ticked []string) []moneykit.Product {
	chosen := map[string]bool{}
	for _, p := range ticked {
		chosen[p] = true
	}
	products := []moneykit.Product{}
	for _, p := range asked {
		if !p.Optional || chosen[string(p.Product)] {
			products = append(products, p.Product)
		}
	}
	return products
}

func login(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	var username, password string
	fields := []huh.Field{
		huh.NewInput().Title("Username at " + termsafe.Line(q.Institution.Name)).Description("in the Sandbox: user_good").
			Value(&username).Validate(required("the username")),
		huh.NewInput().Title("Password").Description("pass_good, mfa_device, mfa_question or mfa_selections").
			EchoMode(huh.EchoModePassword).Value(&password).Validate(required("the password")),
	}
	return fields, func() connect.Answer {
		return connect.Answer{Username: username, Password: moneykit.NewSecret(password)}
	}
}

func atTheBank(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	answer := "allow"
	return []huh.Field{huh.NewSelect[string]().Title(termsafe.Line(q.Prompt)).
			Description("In a browser this is a page of "+termsafe.Line(q.Institution.Name)+".").
			Options(huh.NewOption("Allow access", "allow"), huh.NewOption("Deny it", "deny")).Value(&answer)},
		func() connect.Answer { return connect.Answer{Deny: answer == "deny"} }
}

func choice(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	var answer string
	options := make([]huh.Option[string], len(q.Options))
	for i, o := range q.Options {
		options[i] = huh.NewOption(termsafe.Line(o), o)
	}
	return []huh.Field{huh.NewSelect[string]().Title(termsafe.Line(q.Prompt)).Description(expected(q)).Options(options...).Value(&answer)},
		func() connect.Answer { return connect.Answer{Text: answer} }
}

func text(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	var answer string
	return []huh.Field{huh.NewInput().Title(termsafe.Line(q.Prompt)).Description(expected(q)).Value(&answer)},
		func() connect.Answer { return connect.Answer{Text: answer} }
}

func expected(q *connect.Question) string {
	if q.Expected == "" {
		return ""
	}
	return "the Sandbox expects " + termsafe.Line(q.Expected)
}

func shared(q *connect.Question) ([]huh.Field, func() connect.Answer) {
	var ticked []string
	var options []huh.Option[string]
	for _, a := range q.Accounts {
		ticked = append(ticked, a.ID)
		options = append(options, huh.NewOption(termsafe.Line(a.Name)+" …"+termsafe.Line(a.Mask), a.ID))
	}
	return []huh.Field{huh.NewMultiSelect[string]().Title("Which accounts are shared?").
			Options(options...).Value(&ticked).Height(min(len(options)+1, 12)).Filterable(false).
			Validate(func(ticked []string) error {
				if len(ticked) == 0 {
					return errors.New("tick an account with space")
				}
				return nil
			})},
		func() connect.Answer { return connect.Answer{Accounts: append([]string{}, ticked...)} }
}
