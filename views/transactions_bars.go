package views

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/shopspring/decimal"

	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/chart"
	"till/ui/termsafe"
	"till/ui/theme"
)

const (
	lastMonths    = 12
	topCategories = 10
	// detailRoom is what a transaction's detail takes where the bars stand below it.
	detailRoom = 18
	allBars    = lastMonths + topCategories + 7
)

// barsCover reports whether the bars stand in the list's place.
func (t *transactionsTab) barsCover() bool {
	_, beside := panes(t.w)
	return t.bars && beside == 0
}

func (t *transactionsTab) toggleBars() tea.Cmd {
	t.bars = !t.bars
	t.pane.top = 0
	t.drawBars()
	return nil
}

// drawBars draws anew what takes the list's place.
func (t *transactionsTab) drawBars() {
	if t.theme == nil || !t.barsCover() {
		return
	}
	t.pane.w, t.pane.h = t.w, t.listHeight()
	t.pane.set(t.barLines(t.w))
}

// beside is the pane beside the list: the transaction, or the bars, or both where
// there is room for it.
func (t *transactionsTab) beside(w, h int) string {
	switch {
	case !t.bars:
		return cell.Block(t.detail(w), w, h)
	case h < detailRoom+allBars:
		return cell.Block(t.barLines(w), w, h)
	}
	return cell.Block(t.detail(w), w, detailRoom) + "\n" + cell.Block(t.barLines(w), w, h-detailRoom)
}

// barLines draws all that was found, once it is there.
func (t *transactionsTab) barLines(w int) []string {
	switch {
	case t.rows.whole:
	case t.asking:
		return []string{t.theme.Paint(theme.Muted, "Adding up…")}
	default:
		return []string{t.theme.Paint(theme.Muted, "Not all transactions could be read.")}
	}
	return barLines(t.theme, t.rows.found, w)
}

// barLines draws what was found as bars, by month and by category, in the currency
// of most transactions.
func barLines(th *theme.Theme, found mirror.Found, w int) []string {
	if len(found.Sums) == 0 {
		return []string{th.Paint(theme.Muted, "There is nothing to add up.")}
	}
	currency := found.Sums[0].Currency
	var lines []string
	if others := len(found.Sums) - 1; others > 0 {
		more := "and 1 other currency"
		if others > 1 {
			more = fmt.Sprintf("and %d other currencies", others)
		}
		lines = append(lines, th.Paint(theme.Warn, cell.Cut(termsafe.Line(currency)+", "+more+" not shown", w)), "")
	}
	lines = append(lines, monthBars(th, found.Months, currency, w)...)
	return append(append(lines, ""), categoryBars(th, found.Categories, currency, w)...)
}

// sumIn returns a group's sum in one currency.
func sumIn(g mirror.Group, currency string) (mirror.Sum, bool) {
	i := slices.IndexFunc(g.Sums, func(s mirror.Sum) bool { return s.Currency == currency })
	if i < 0 {
		return mirror.Sum{Currency: currency}, false
	}
	return g.Sums[i], true
}

// monthBars has a line for each of the last months, those without a transaction too.
func monthBars(th *theme.Theme, groups []mirror.Group, currency string, w int) []string {
	const (
		label = 9
		least = 4 // of a bar
	)
	months := calendar(groups, currency)
	if len(months) == 0 {
		return nil
	}
	all := months
	earlier, some := before(groups, currency, months[0])
	if some {
		all = append(all, earlier)
	}
	most := 0.0
	for _, m := range months {
		most = max(most, m.In.InexactFloat64(), m.Out.InexactFloat64())
	}
	// Amount and bar of what came in, then of what went out.
	var unit barUnit
	amounts, bars := 0, 0
	for _, unit = range barUnits {
		amounts = len("OUT") + len(unit.name)
		for _, m := range all {
			amounts = max(amounts, cell.Width(unit.tell(m.In, currency)), cell.Width(unit.tell(m.Out.Neg(), currency)))
		}
		if bars = (w - label - 2*amounts - 2 - 2) / 2; bars >= least {
			break
		}
	}
	code := " " + cell.Fit(termsafe.Line(currency), bars)
	title := cell.Fit("MONTH", label) + cell.FitRight("IN"+unit.name, amounts) + code + "  " + cell.FitRight("OUT"+unit.name, amounts) + code
	lines := []string{th.Paint(theme.Muted, cell.Fit(title, w))}
	if some {
		side := func(d decimal.Decimal) string {
			return cell.FitRight(unit.tell(d, currency), amounts) + cell.Blank(bars+1)
		}
		lines = append(lines, th.Paint(theme.Muted, cell.Fit(earlier.name, label)+side(earlier.In)+"  "+side(earlier.Out.Neg())))
	}
	for _, m := range months {
		side := func(d decimal.Decimal, role theme.Role) string {
			amount := ""
			if !d.IsZero() {
				amount = unit.tell(d, currency)
			}
			return th.Paint(theme.Text, cell.FitRight(amount, amounts)) + " " +
				th.Paint(role, cell.Fit(chart.Bar(d.Abs().InexactFloat64(), most, bars), bars))
		}
		lines = append(lines, th.Paint(theme.Muted, cell.Fit(m.name, label))+side(m.In, theme.Good)+"  "+side(m.Out.Neg(), theme.Warn))
	}
	return lines
}

// barUnit is what amounts are told in where there is no room for all of them.
type barUnit struct {
	name   string
	zeroes int32
}

var barUnits = [...]barUnit{{}, {" k", 3}, {" M", 6}, {" bn", 9}}

func (u barUnit) tell(d decimal.Decimal, currency string) string {
	if u.zeroes == 0 {
		return bareIn(d, currency)
	}
	return number(d.Shift(-u.zeroes).Round(0))
}

// monthSum is one month in one currency.
type monthSum struct {
	name string
	at   time.Time // its first day
	mirror.Sum
}

// before adds up the months before the first that is shown.
func before(groups []mirror.Group, currency string, first monthSum) (earlier monthSum, some bool) {
	earlier.name = "earlier"
	for _, g := range groups {
		at, err := time.Parse("2006-01", g.Name)
		sum, ok := sumIn(g, currency)
		if err != nil || !ok || !at.Before(first.at) {
			continue
		}
		some = true
		earlier.In, earlier.Out = earlier.In.Add(sum.In), earlier.Out.Add(sum.Out)
	}
	return earlier, some
}

// calendar is the last months up to the newest that there is.
func calendar(groups []mirror.Group, currency string) []monthSum {
	var months []monthSum
	var next time.Time
	for _, g := range slices.Backward(groups) {
		sum, ok := sumIn(g, currency)
		at, err := time.Parse("2006-01", g.Name)
		if !ok || err != nil {
			continue
		}
		for ; len(months) > 0 && len(months) < lastMonths && next.After(at); next = next.AddDate(0, -1, 0) {
			months = append(months, monthSum{name: next.Format("Jan 2006"), at: next})
		}
		if len(months) == lastMonths {
			break
		}
		months = append(months, monthSum{at.Format("Jan 2006"), at, sum})
		next = at.AddDate(0, -1, 0)
	}
	slices.Reverse(months)
	return months
}

// categoryBars has a line for each of the categories with the largest net.
func categoryBars(th *theme.Theme, groups []mirror.Group, currency string, w int) []string {
	type category struct {
		name string
		net  decimal.Decimal
	}
	var all []category
	for _, g := range groups {
		if sum, ok := sumIn(g, currency); ok {
			all = append(all, category{cmp.Or(words(g.Name), none), sum.Net()})
		}
	}
	slices.SortStableFunc(all, func(a, b category) int { return b.net.Abs().Cmp(a.net.Abs()) })
	var others decimal.Decimal
	left := len(all) - topCategories
	for _, c := range all[len(all)-max(0, left):] {
		others = others.Add(c.net)
	}
	all = all[:min(len(all), topCategories)]
	rest := fmt.Sprintf("%d others", left)
	label, amounts := len("CATEGORY"), len("NET")
	for _, c := range all {
		label = max(label, cell.Width(c.name))
		amounts = max(amounts, cell.Width(signedIn(c.net, currency)))
	}
	if left > 0 {
		label, amounts = max(label, len(rest)), max(amounts, cell.Width(signedIn(others, currency)))
	}
	label = min(label, max(8, w/2-4))
	bars := w - label - amounts - 3
	title := cell.Fit("CATEGORY", label) + "  " + cell.FitRight("NET", amounts) + " " + termsafe.Line(currency)
	lines := []string{th.Paint(theme.Muted, cell.Fit(title, w))}
	for _, c := range all {
		most := all[0].net.Abs().InexactFloat64()
		role := theme.Warn
		if c.net.IsPositive() {
			role = theme.Good
		}
		lines = append(lines, th.Paint(theme.Text, cell.Fit(c.name, label))+"  "+
			th.Paint(theme.Text, cell.FitRight(signedIn(c.net, currency), amounts))+" "+
			th.Paint(role, cell.Fit(chart.Bar(c.net.Abs().InexactFloat64(), most, bars), bars)))
	}
	if left > 0 {
		lines = append(lines, th.Paint(theme.Muted, cell.Fit(cell.Fit(rest, label)+"  "+cell.FitRight(signedIn(others, currency), amounts), w)))
	}
	return lines
}
