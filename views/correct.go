package views

import (
	"cmp"
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/theme"
)

// correctAction puts the transaction under the cursor into another category.
func (t *transactionsTab) correctAction() []ui.Action {
	if t.app.ReadOnly {
		return nil
	}
	return []ui.Action{{
		Name: "Correct the category", Key: ui.Bind("c", "correct"), Disabled: t.whyNoCorrection,
		Ask: func() ui.Dialog { return t.askCorrection(*t.current()) },
	}}
}

func (t *transactionsTab) whyNoCorrection() string {
	if none := t.whyNone(); none != "" {
		return none
	}
	switch link := t.snapshot.Link; {
	case link == nil:
		return "the link has not been read yet"
	case link.Products.Of(moneykit.ProductEnrichment) == nil:
		return "this link has no enrichment: MoneyKit takes no corrections for it"
	}
	return ""
}

// askCorrection lets the operator choose a category.
func (t *transactionsTab) askCorrection(of moneykit.Transaction) ui.Dialog {
	const room = 10
	now := optionOf(of)
	chosen := now
	var dialog *form.Dialog
	dialog = form.New("Correct the category", func() []huh.Field {
		return []huh.Field{huh.NewSelect[string]().Title("It is for").Options(correctionOptions(now)...).Value(&chosen).
			Height(room).Filtering(true)}
	}, func() tea.Cmd {
		if chosen == now {
			return ui.Close(dialog)
		}
		return correct(t.session, t.id, of, correctionOf(chosen), dialog)
	}).Stays().Searches()
	return dialog.
		Says(theme.Text, cell.Cut(description(of), form.Width)+"\n"+signed(of.Signed(), of.Currency)+", now "+category(of)).
		Says(theme.Muted, "Past ones like it may be corrected, too.")
}

// correctionOptions are the category as it is, and all others, each followed by its
// parts. What is typed must not lead to the end of the list, so it begins at the top.
func correctionOptions(now string) []huh.Option[string] {
	options := []huh.Option[string]{correctionOption(correctionOf(now))}
	add := func(c moneykit.Correction) {
		if option := correctionOption(c); option.Value != now {
			options = append(options, option)
		}
	}
	for _, c := range categories() {
		add(moneykit.Correction{Category: c.category})
		for _, part := range c.parts {
			add(moneykit.Correction{Category: c.category, Subcategory: part})
		}
	}
	return options
}

func correctionOption(c moneykit.Correction) huh.Option[string] {
	name := words(string(c.Category))
	if c.Subcategory != "" {
		name = words(string(c.Subcategory)) + " · " + name
	}
	return huh.NewOption(cell.Cut(name, form.Width-4), string(c.Category)+"/"+string(c.Subcategory))
}

// correctionOf reads the value of an option.
func correctionOf(option string) moneykit.Correction {
	category, part, _ := strings.Cut(option, "/")
	return moneykit.Correction{Category: moneykit.Category(category), Subcategory: moneykit.Subcategory(part)}
}

// optionOf is the option that a transaction's category is.
func optionOf(t moneykit.Transaction) string {
	e := t.Enrichment
	switch {
	case e == nil:
		return t.Category + "/"
	case e.Subcategory == nil:
		return e.Category.Value + "/"
	}
	return e.Category.Value + "/" + e.Subcategory.Value
}

// corrected is what a correction has changed.
type corrected struct {
	of     moneykit.Transaction
	to     moneykit.Correction
	answer []moneykit.Transaction
	before map[moneykit.TransactionID]moneykit.Transaction // of those that the sync brought
}

// correct sends a correction, and syncs what it has changed.
func correct(s *session, link moneykit.LinkID, of moneykit.Transaction, c moneykit.Correction, asked *form.Dialog) tea.Cmd {
	ctx := s.ctx
	return func() tea.Msg {
		answer, err := s.client.CorrectEnrichment(ctx, link, of.ID, c)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return asked.Retry("The category" + unsure(err, "corrected") + explain(err).line())()
		}
		done, err := s.mirror.Sync(ctx, link)
		before := versionsBefore(ctx, s.mirror.Store(), link, done.Seq)
		tells := newCorrectedDialog(corrected{of, c, answer.Transactions, before})
		later := ui.Tick(ctx, time.Second, s.toast(ui.Success, tells.line())()) // than the toast about the sync
		return tea.Batch(sendMsg(syncedMsg{s.mirror, link, done, err}),
			asked.Answer(tea.Sequence(ui.Open(tells), ui.Close(asked)), later))()
	}
}

// versionsBefore is what the transactions that a sync updated were before it.
func versionsBefore(ctx context.Context, store *mirror.Store, link moneykit.LinkID, seq int) map[moneykit.TransactionID]moneykit.Transaction {
	before := map[moneykit.TransactionID]moneykit.Transaction{}
	changes, err := store.Changes(ctx, link, seq)
	if err != nil {
		return before // they are told without what they were
	}
	for _, c := range changes {
		if c.Kind == mirror.Updated {
			before[c.After.ID] = c.Before
		}
	}
	return before
}

func sendMsg(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// follows reports whether a transaction is what a correction asked for.
func follows(t moneykit.Transaction, c moneykit.Correction) bool {
	e := t.Enrichment
	switch {
	case e == nil:
		return t.FinestCategory() == string(c.Category) || t.FinestCategory() == string(c.Subcategory)
	case e.Category.Value != string(c.Category):
		return false
	}
	return c.Subcategory == "" || e.Subcategory != nil && e.Subcategory.Value == string(c.Subcategory)
}

// correctedDialog tells which transactions a correction was about.
type correctedDialog struct {
	title         string
	of            string
	done, similar []string // a line each
	theme         *theme.Theme
}

var (
	_ ui.Dialog = (*correctedDialog)(nil)
	_ ui.Themed = (*correctedDialog)(nil)
)

func newCorrectedDialog(c corrected) *correctedDialog {
	target := cmp.Or(words(string(c.to.Subcategory)), words(string(c.to.Category)))
	d := &correctedDialog{title: "Corrected: " + target, theme: theme.New(true)}
	d.of = description(c.of) + "  " + category(c.of) + " → " + target
	for _, t := range c.answer {
		switch before, known := c.before[t.ID]; {
		case t.ID == c.of.ID:
		case !follows(t, c.to):
			d.similar = append(d.similar, t.Date.String()+"  "+description(t)+"  "+category(t))
		case known:
			d.done = append(d.done, t.Date.String()+"  "+description(t)+"  "+category(before)+" → "+category(t))
		default:
			d.done = append(d.done, t.Date.String()+"  "+description(t)+"  → "+category(t))
		}
	}
	return d
}

// line tells it to who did not wait for the dialog.
func (d *correctedDialog) line() string {
	if len(d.done) == 0 {
		return d.title
	}
	return d.title + ", and " + plural(len(d.done), "past transaction") + " alike"
}

func (d *correctedDialog) Init() tea.Cmd           { return nil }
func (d *correctedDialog) Title() string           { return d.title }
func (d *correctedDialog) Hint() string            { return "enter go on" }
func (d *correctedDialog) SetTheme(t *theme.Theme) { d.theme = t }

func (d *correctedDialog) Update(msg tea.Msg) tea.Cmd {
	if press, ok := msg.(tea.KeyPressMsg); ok && press.String() == "enter" {
		return ui.Close(d)
	}
	return nil
}

func (d *correctedDialog) View(w, h int) string {
	const named = 5
	lines := []string{d.theme.Paint(theme.Strong, cell.Cut(d.of, w))}
	list := func(says string, all []string) {
		if len(all) == 0 {
			return
		}
		lines = append(lines, "", d.theme.Paint(theme.Muted, cell.Cut(says, w)))
		for _, line := range all[:min(named, len(all))] {
			lines = append(lines, cell.Cut(line, w))
		}
		if more := len(all) - named; more > 0 {
			lines = append(lines, d.theme.Paint(theme.Muted, "and "+grouped(more)+" more"))
		}
	}
	list("Corrected, too, since alike: "+plural(len(d.done), "past transaction"), d.done)
	list("Alike, and not corrected: "+plural(len(d.similar), "past transaction"), d.similar)
	if len(d.done)+len(d.similar) == 0 {
		lines = append(lines, "", d.theme.Paint(theme.Muted, "MoneyKit knows no other like it."))
	}
	return strings.Join(lines[:min(len(lines), h)], "\n")
}
