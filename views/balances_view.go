package views

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/ui/cell"
	"till/ui/chart"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// balanceRows is what accounts had on a day, as a table shows it.
type balanceRows struct {
	list []balanceHistory
	on   day
	code string
}

func (r balanceRows) Len() int { return len(r.list) }

func (r balanceRows) Row(i int) []table.Cell {
	h := r.list[i]
	derived := table.Cell{Text: none, Role: theme.Muted}
	if d, known := h.derivedAt(r.on); known {
		derived = r.told(h.account, decimal.NewNullDecimal(d))
	}
	recorded, read, words := table.Cell{Text: none, Role: theme.Muted}, none, table.Cell{Text: none, Role: theme.Muted}
	if b, known := h.recordedAt(r.on); known {
		recorded, read = r.told(h.account, b.amount), moment(b.at)
		words = table.Cell{Text: b.gap.words(r.code), Role: b.gap.role()}
	}
	return []table.Cell{
		{Text: string(letter(i)), Role: lineRole(i)},
		{Text: accountName(h.account), Role: theme.Text},
		recorded,
		{Text: read, Role: theme.Muted},
		derived, words,
	}
}

func (r balanceRows) told(a moneykit.Account, d decimal.NullDecimal) table.Cell {
	text, role := balance(a, d)
	return table.Cell{Text: bare(text, r.code), Role: role}
}

// role warns of what nothing explains.
func (g gap) role() theme.Role {
	switch {
	case !g.known, g.amount.IsZero():
		return theme.Muted
	case g.pending.Equal(g.amount):
		return theme.Text
	}
	return theme.Warn
}

// letter tells the line of the nth account from the others without colour.
func letter(n int) rune { return 'A' + rune(n%26) }

// lineRole is the colour of the nth account.
func lineRole(n int) theme.Role {
	roles := []theme.Role{theme.Accent, theme.Good, theme.Warn, theme.Info, theme.Text}
	return roles[n%len(roles)]
}

func moment(t time.Time) string { return t.Local().Format("Jan 2 15:04") }

func (b *balancesScreen) View() string {
	if blank := b.data.blank(b.theme, b.w, b.h, "Reading the balances…"); blank != "" {
		return blank
	}
	list := b.shown()
	if len(list) == 0 {
		return middle([]string{b.theme.Paint(theme.Muted, "There are no accounts.")}, b.w, b.h)
	}
	chart := b.chart(list, b.w, max(0, b.h-b.rows()-2))
	parts := []string{b.top(), chart, b.table.View(), b.bottom(list[b.table.Cursor()])}
	return cell.Block(strings.Split(strings.Join(parts, "\n"), "\n"), b.w, b.h)
}

// top tells the day, and what the chart is of.
func (b *balancesScreen) top() string {
	about := []string{"", zooms[b.zoom].word}
	if code := cell.Cut(termsafe.Line(b.code()), 12); code != "" {
		about = append(about, code)
	}
	if b.alone {
		about = append(about, "only "+accountName(b.shown()[b.table.Cursor()].account))
	}
	left := b.at.time().Format("Mon Jan 2 2006")
	rest := cell.Cut(strings.Join(about, " · "), max(0, b.w-len(left)-20))
	right := cell.Cut("read "+ago(b.data.value.read, b.clock.now()), max(0, b.w-len(left)-cell.Width(rest)-2))
	return b.theme.Paint(theme.Accent, left) + b.theme.Paint(theme.Muted, rest) +
		cell.Blank(b.w-len(left)-cell.Width(rest)-cell.Width(right)) + b.theme.Paint(theme.Muted, right)
}

func (b *balancesScreen) chart(list []balanceHistory, w, h int) string {
	from, to := b.window()
	plot := chart.Plot{
		W: w, H: h, Steps: int(to-from) + 1, Ticks: dateTicks(from, to), Label: axisLabel,
		Cursor: chart.Tick{Step: int(b.at - from), Text: b.at.time().Format("Jan 2")},
		Muted:  b.paint(theme.Border), Strong: b.paint(theme.Strong),
	}
	drawn := false
	for i, h := range list {
		if b.alone && i != b.table.Cursor() {
			continue
		}
		recorded, derived := h.lines(from, to, i)
		recorded.Paint, derived.Paint = b.paint(lineRole(i)), b.paint(lineRole(i))
		plot.Lines = append(plot.Lines, derived, recorded)
		drawn = drawn || h.told()
	}
	if !drawn {
		return middle([]string{
			b.theme.Paint(theme.Strong, "No balance is recorded yet."), "",
			b.theme.Paint(theme.Text, "till records one whenever it reads the accounts:"),
			b.theme.Paint(theme.Text, "come back after the next refresh."),
		}, w, h)
	}
	return plot.View()
}

// told reports whether there is any balance at all.
func (h *balanceHistory) told() bool {
	for _, r := range h.recorded {
		if r.amount.Valid {
			return true
		}
	}
	return len(h.derived) > 0
}

func (b *balancesScreen) paint(role theme.Role) chart.Paint {
	return func(s string) string { return b.theme.Paint(role, s) }
}

// lines are the balances of an account on each day from one to another.
func (h *balanceHistory) lines(from, to day, n int) (recorded, derived chart.Line) {
	recorded.Letter = letter(n)
	derived.Letter, derived.Light = letter(n)+'a'-'A', true
	steps := int(to-from) + 1
	recorded.Values, derived.Values = make([]float64, steps), make([]float64, steps)
	r, d := 0, 0
	for i := range steps {
		on := from + day(i)
		for r < len(h.recorded) && h.recorded[r].day <= on {
			r++
		}
		for d < len(h.derived) && h.derived[d].day <= on {
			d++
		}
		recorded.Values[i], derived.Values[i] = math.NaN(), math.NaN()
		if r > 0 {
			recorded.Values[i] = h.recorded[r-1].height
			if h.recorded[r-1].day == on {
				recorded.Stands = append(recorded.Stands, i)
			}
		}
		if d > 0 {
			derived.Values[i] = h.derived[d-1].height
		}
	}
	const times = 3 // letters of accounts stand beside each other
	for i := range times {
		derived.Stands = append(derived.Stands, (times*8*i+8+n*5)*steps/(times*times*8))
	}
	return recorded, derived
}

// dateTicks names days: weeks, months or years, as there is room for.
func dateTicks(from, to day) (ticks []chart.Tick) {
	for on := from; on <= to; on++ {
		t, text := on.time(), ""
		switch days := to - from; {
		case days <= 62:
			if t.Weekday() == time.Monday {
				text = t.Format("Jan 2")
			}
		case days <= 3*366:
			if t.Day() == 1 {
				text = t.Format("Jan")
				if t.Month() == time.January {
					text = t.Format("2006")
				}
			}
		case t.YearDay() == 1:
			text = t.Format("2006")
		}
		if text != "" {
			ticks = append(ticks, chart.Tick{Step: int(on - from), Text: text})
		}
	}
	return ticks
}

// axisLabel leaves out what is wrong in a float's last digits.
func axisLabel(v float64) string {
	d, err := decimal.NewFromString(strconv.FormatFloat(v, 'g', 12, 64))
	if err != nil {
		return ""
	}
	return amount(d, "")
}

// bottom tells where the figures of the account under the cursor are from.
func (b *balancesScreen) bottom(h balanceHistory) string {
	parts := []string{accountName(h.account)}
	if r, known := h.recordedAt(b.at); known {
		parts = append(parts, "read "+moment(r.at))
		if r.gap.known {
			parts = append(parts, "gap "+r.gap.words(b.code()))
		}
	} else {
		parts = append(parts, "nothing was recorded by then")
	}
	if len(h.derived) == 0 {
		parts = append(parts, "nothing to derive it from")
	}
	return b.theme.Paint(theme.Muted, cell.Cut(strings.Join(parts, " · "), b.w))
}
