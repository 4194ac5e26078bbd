package views

import (
	"errors"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/theme"
)

// markedActions are what can be done with the marked links, in the places of what can be
// done with one.
func (l *linksScreen) markedActions() []ui.Action {
	job := func(kind watch.JobKind) func() ui.Dialog {
		return func() ui.Dialog { return l.askJob(kind, l.marked(), nil) }
	}
	return []ui.Action{
		{Name: "Refresh the marked links", Key: ui.Bind("r", "refresh"), Ask: func() ui.Dialog {
			return l.askRefreshMarked(len(l.rows.marks), l.marked())
		}},
		{Name: "Relink the marked links", Key: ui.Bind("R", "relink"), Danger: true, Disabled: l.app.whyPrivate, Ask: func() ui.Dialog {
			return l.askRelinkMarked(l.marked())
		}},
		{Name: "Disconnect the marked links for good", Key: ui.Bind("D", "disconnect"), Danger: true, Ask: job(watch.DisconnectJob)},
		{Name: "Reset: break the marked links on purpose (Sandbox)", Key: ui.Bind("x", "reset"), Danger: true, Quiet: true, Disabled: func() string {
			if l.profile.Mode == keystore.Live {
				return noResetOfLive
			}
			return ""
		}, Ask: job(watch.ResetJob)},
	}
}

// askRefreshMarked lets the operator choose products before it shows the plan.
func (s *session) askRefreshMarked(n int, links func() []moneykit.LinkID) ui.Dialog {
	chosen := []string{string(moneykit.ProductAccounts), string(moneykit.ProductTransactions)}
	var options []huh.Option[string]
	for _, product := range moneykit.Products() {
		options = append(options, huh.NewOption(words(string(product)), string(product)))
	}
	return form.New("Refresh "+plural(n, "marked link"), func() []huh.Field {
		return []huh.Field{chooseProducts(options, &chosen)}
	}, func() tea.Cmd {
		return ui.Open(s.askJob(watch.RefreshJob, links, productsOf(chosen)))
	}).Leads().Says(theme.Muted, "What will be done, and what is skipped, is shown next.")
}

func chooseProducts(options []huh.Option[string], chosen *[]string) huh.Field {
	return huh.NewMultiSelect[string]().
		Title("Which products?").
		Options(options...).Value(chosen).Height(len(options) + 1).Filterable(false).
		Validate(func(ticked []string) error {
			if len(ticked) == 0 {
				return errors.New("tick a product with space")
			}
			return nil
		})
}

func productsOf(chosen []string) []moneykit.Product {
	products := make([]moneykit.Product, len(chosen))
	for i, p := range chosen {
		products[i] = moneykit.Product(p)
	}
	return products
}
