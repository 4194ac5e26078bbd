package views

import (
	"strconv"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// transactionDetail tells all that is known of a transaction, in lines of w cells.
func transactionDetail(th *theme.Theme, t moneykit.Transaction, names names, w int, now time.Time) []string {
	status, role := transactionStatus(t, now)
	lines := []string{
		th.Paint(theme.Strong, cell.Cut(description(t), w)),
		th.Paint(direction(t.Signed()), cell.Cut(signed(t.Signed(), t.Currency), w)),
		th.Paint(role, cell.Cut(status, w)), "",
	}
	when := ""
	if !t.Time.IsZero() {
		when = t.Time.Local().Format(time.DateTime)
	}
	all := []fact{
		{"date", t.Date.String()},
		{"time", when},
		{"account", names.of(t.AccountID)},
		{"as it came", termsafe.Line(t.RawDescription)},
	}
	all = append(all, enrichmentFacts(t)...)
	return append(lines, facts(th, w, append(all,
		fact{"id", termsafe.Line(string(t.ID))},
		fact{"original id", termsafe.Line(t.OriginalID)},
	))...)
}

func transactionStatus(t moneykit.Transaction, now time.Time) (string, theme.Role) {
	switch {
	case mirror.Stale(t, now):
		return "pending since " + t.Date.Time().Format("Jan 2") + ", stale", theme.Bad
	case t.Pending:
		return "pending", theme.Warn
	}
	return "posted", theme.Text
}

// enrichmentFacts is what MoneyKit worked out about a transaction, and how sure it is.
func enrichmentFacts(t moneykit.Transaction) []fact {
	e := t.Enrichment
	if e == nil {
		return []fact{{"category", words(t.Category)}}
	}
	all := []fact{{"category", sure(words(e.Category.Value), e.Category.Confidence)}}
	if e.Subcategory != nil {
		all = append(all, fact{"subcategory", sure(words(e.Subcategory.Value), e.Subcategory.Confidence)})
	}
	for _, p := range []struct {
		name  string
		party *moneykit.Party
	}{{"merchant", e.Merchant}, {"processor", e.Processor}} {
		if p.party != nil {
			all = append(all, fact{p.name, sure(termsafe.Line(p.party.Name), p.party.Confidence)})
		}
	}
	if e.Recurrence != nil {
		comes := words(e.Recurrence.Frequency)
		if !e.Recurrence.Next.IsZero() {
			comes += " · next " + e.Recurrence.Next.String()
		}
		all = append(all, fact{"comes", comes})
	}
	return all
}

// sure puts a confidence behind what it is about.
func sure(what string, confidence *int) string {
	if what == "" || confidence == nil {
		return what
	}
	return what + " " + strconv.Itoa(*confidence) + " %"
}
