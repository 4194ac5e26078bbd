package views

import (
	"math"
	"slices"
	"sort"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// day counts days from 1970-01-01.
type day int

func dayOf(d moneykit.Date) day { return day(d.Time().Unix() / (24 * 60 * 60)) }

func (d day) time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// months returns the same day of the month n months later, or the last there is.
func (d day) months(n int) day {
	t := d.time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1)
	return dayOf(moneykit.DateOf(first.AddDate(0, 0, min(t.Day(), last.Day())-1)))
}

// balanceHistory is an account's balance over time, as the bank told it and as its
// transactions say. Amounts are in the account's own terms: owed is positive for a
// liability.
type balanceHistory struct {
	account  moneykit.Account
	recorded []recordedBalance // one a day, oldest first
	derived  []derivedBalance  // one a day that moved it, oldest first
}

// recordedBalance is what the bank told last on a day. It holds until the next one.
type recordedBalance struct {
	day    day
	at     time.Time
	amount decimal.NullDecimal // null when the bank told none
	height float64             // in a chart
	gap    gap
}

// derivedBalance is the balance from the end of a day on.
type derivedBalance struct {
	day    day
	amount decimal.Decimal
	height float64 // in a chart
}

// gap is what lies between the recorded balance and the derived one.
type gap struct {
	known   bool
	amount  decimal.Decimal // recorded less derived
	pending decimal.Decimal // what pending transactions explain of it
}

// movements is what the mirror knows of an account.
type movements struct {
	synced  bool // its transactions ever were
	seen    []mirror.BalanceSeen
	flow    []mirror.Flow
	settled []mirror.Settlement
}

// newBalanceHistory walks from the newest recorded balance over the transactions
// that are posted, back to the first and on to the last. The moments of the mirror
// are by the clock tell.
func newBalanceHistory(a moneykit.Account, m movements, tell func(time.Time) time.Time) balanceHistory {
	dayAt := func(t time.Time) day { return dayOf(moneykit.DateOf(tell(t).Local())) }
	h := balanceHistory{account: a}
	anchor := -1
	for _, b := range m.seen {
		if b.Currency != a.Balances.Currency {
			continue
		}
		r := recordedBalance{day: dayAt(b.At), at: tell(b.At), amount: b.Current, height: math.NaN()}
		if b.Current.Valid {
			r.height = h.height(b.Current.Decimal)
		}
		if n := len(h.recorded); n > 0 && h.recorded[n-1].day == r.day {
			h.recorded[n-1] = r
		} else {
			h.recorded = append(h.recorded, r)
		}
		if r.amount.Valid {
			anchor = len(h.recorded) - 1
		}
	}
	var from recordedBalance
	switch {
	case !m.synced:
		return h
	case anchor >= 0:
		from = h.recorded[anchor]
	case a.Balances.Current.Valid: // what was read could not be recorded
		from = recordedBalance{day: dayAt(a.Balances.Date), at: tell(a.Balances.Date), amount: a.Balances.Current}
	default:
		return h
	}
	// The data may be dated by UTC. Where that is a day ahead, the balance holds what is
	// dated so already.
	if ahead := dayOf(moneykit.DateOf(from.at.UTC())); ahead > from.day && postedOn(m.flow, ahead) {
		from.day = ahead
		if anchor >= 0 {
			h.recorded[anchor].day = ahead
		}
	}
	h.derive(from, m.flow)
	open := slices.DeleteFunc(slices.Clone(m.flow), func(f mirror.Flow) bool { return f.Pending.IsZero() })
	for i, r := range h.recorded {
		if amount, known := h.derivedAt(r.day); known && r.amount.Valid {
			h.recorded[i].gap = gap{true, r.amount.Decimal.Sub(amount), decimal.Zero}
			h.recorded[i].gap.explain(h.counted(open, r.day, from.day), h.uncounted(m.settled, r.day, dayAt))
		}
	}
	return h
}

func postedOn(flow []mirror.Flow, on day) bool {
	return slices.ContainsFunc(flow, func(f mirror.Flow) bool { return dayOf(f.Day) == on && !f.Posted.IsZero() })
}

// own turns what moved the account into the account's terms.
func (h *balanceHistory) own(d decimal.Decimal) decimal.Decimal {
	if h.account.Type.Liability() {
		return d.Neg()
	}
	return d
}

// height is what is owed below zero, whichever way the account counts.
func (h *balanceHistory) height(d decimal.Decimal) float64 { return h.own(d).InexactFloat64() }

func (h *balanceHistory) derive(from recordedBalance, flow []mirror.Flow) {
	amount, start := from.amount.Decimal, from.day
	for _, f := range flow {
		if dayOf(f.Day) <= from.day {
			amount = amount.Sub(h.own(f.Posted))
		}
	}
	if len(h.recorded) > 0 {
		start = min(start, h.recorded[0].day)
	}
	if len(flow) == 0 || dayOf(flow[0].Day) > start {
		h.derived = append(h.derived, derivedBalance{start, amount, h.height(amount)})
	}
	for _, f := range flow {
		amount = amount.Add(h.own(f.Posted))
		h.derived = append(h.derived, derivedBalance{dayOf(f.Day), amount, h.height(amount)})
	}
}

// counted is what pending transactions make of the gap on a day at a bank that
// counts them in: they are in the newest balance, and not yet in that day's.
func (h *balanceHistory) counted(open []mirror.Flow, on, newest day) (sum decimal.Decimal) {
	for _, f := range open {
		if d := dayOf(f.Day); on < d && d <= newest {
			sum = sum.Sub(h.own(f.Pending))
		}
	}
	return sum
}

// uncounted is the same at a bank that counts them when they are posted: those of
// that day or before were in no balance until they settled.
func (h *balanceHistory) uncounted(settled []mirror.Settlement, on day, dayAt func(time.Time) day) (sum decimal.Decimal) {
	for _, s := range settled {
		if dayOf(s.Day) <= on && on < dayAt(s.At) {
			sum = sum.Sub(h.own(s.Amount))
		}
	}
	return sum
}

// explain takes the sum that there is, of two the one that leaves less of the gap.
func (g *gap) explain(counted, uncounted decimal.Decimal) {
	g.pending = counted
	left := func(d decimal.Decimal) decimal.Decimal { return g.amount.Sub(d).Abs() }
	if counted.IsZero() || !uncounted.IsZero() && left(uncounted).LessThan(left(counted)) {
		g.pending = uncounted
	}
}

// words says how large the gap is and what pending transactions have to do with it.
func (g gap) words(code string) string {
	size := bare(amount(g.amount, code), code)
	switch {
	case !g.known:
		return none
	case g.amount.IsZero():
		return size
	case g.pending.Equal(g.amount):
		return size + ", all of it pending"
	case g.pending.IsZero():
		return size + ", not explained"
	}
	return size + ", of which pending " + bare(amount(g.pending, code), code)
}

// recordedAt returns the recorded balance that holds on a day.
func (h *balanceHistory) recordedAt(on day) (r recordedBalance, known bool) {
	i := sort.Search(len(h.recorded), func(i int) bool { return h.recorded[i].day > on })
	if i == 0 {
		return r, false
	}
	return h.recorded[i-1], true
}

// derivedAt returns the derived balance at the end of a day.
func (h *balanceHistory) derivedAt(on day) (amount decimal.Decimal, known bool) {
	i := sort.Search(len(h.derived), func(i int) bool { return h.derived[i].day > on })
	if i == 0 {
		return amount, false
	}
	return h.derived[i-1].amount, true
}

// first is the day from which something is known.
func (h *balanceHistory) first() (first day, known bool) {
	if len(h.recorded) > 0 {
		first, known = h.recorded[0].day, true
	}
	if len(h.derived) > 0 && (!known || h.derived[0].day < first) {
		first, known = h.derived[0].day, true
	}
	return first, known
}
