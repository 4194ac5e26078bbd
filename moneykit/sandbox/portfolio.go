package sandbox

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// portfolio is what became of a brokerage account since it was opened. No money
// is paid in or out later, so that on any day its cash is the opening amount
// less the amounts of all trades until then.
type portfolio struct {
	sandbox  *Sandbox
	stream   func(purpose string, n int) *rand.Rand
	owner    string
	currency string
	opening  decimal.Decimal

	first       time.Time // when the opening amount is invested: the market is open
	plan        []stake   // what it invests in, nothing bought yet
	buyDay      int
	installment decimal.Decimal // what it spends on a monthly purchase
	fee         decimal.Decimal // what it pays a quarter

	next   time.Time // the first day not lived yet
	trades []trade   // oldest first
	now    wallet    // what came of all trades
}

// trade is whatever changes the cash of a portfolio.
type trade struct {
	id          string
	date        time.Time
	at          time.Time // zero when it has no time of day
	kind        string
	description string
	of          *listing        // nil when it is about cash alone
	quantity    decimal.Decimal // of shares, zero unless they are bought or sold
	price       decimal.Decimal // of one share
	fees        decimal.Decimal // part of the amount
	amount      decimal.Decimal // what the cash loses, negative when it gains
}

// stake is how much of a security a portfolio has.
type stake struct {
	*listing
	weight   int64 // its share in the plan, next to the others'
	quantity decimal.Decimal
	cost     decimal.Decimal // what was paid for it, at the average of all purchases
}

// wallet is what a portfolio has at a moment. Its stakes are in the plan's order.
type wallet struct {
	cash   decimal.Decimal
	stakes []stake
}

// holding is a line of a portfolio on a day: a security, or the cash.
type holding struct {
	of       *listing // nil for cash
	quantity decimal.Decimal
	price    decimal.Decimal
	value    decimal.Decimal
	cost     decimal.Decimal // zero for cash
}

// newPortfolio opens a portfolio that is invested on the first day of trading.
// The owner distinguishes its trades from those of others.
func newPortfolio(s *Sandbox, stream func(purpose string, n int) *rand.Rand, owner string, opening decimal.Decimal, currency string, first time.Time) *portfolio {
	rng := stream("portfolio", 0)
	p := &portfolio{
		sandbox: s, stream: stream, owner: owner, currency: currency, opening: opening,
		first:       first,
		buyDay:      between(rng, 2, 24),
		installment: opening.Mul(decimal.New(int64(between(rng, 7, 13)), -3)).Round(-1),
		fee:         amount(between(rng, 15, 60)*50, currency),
	}
	for !trading(p.first) {
		p.first = p.first.AddDate(0, 0, 1)
	}
	p.next = p.first
	all := s.listings()
	for _, i := range rng.Perm(len(all))[:between(rng, 4, 6)] {
		p.plan = append(p.plan, stake{listing: all[i], weight: int64(between(rng, 8, 24))})
	}
	p.now = p.empty()
	return p
}

// empty is the wallet before the first trade.
func (p *portfolio) empty() wallet { return wallet{p.opening, slices.Clone(p.plan)} }

// live lives the days not lived yet, up to and including the given one.
func (p *portfolio) live(until time.Time) {
	for ; !p.next.After(until); p.next = p.next.AddDate(0, 0, 1) {
		p.spend(p.next)
	}
}

// until returns the trades up to and including a day, oldest first.
func (p *portfolio) until(day time.Time) []trade {
	n := slices.IndexFunc(p.trades, func(t trade) bool { return t.date.After(day) })
	if n < 0 {
		n = len(p.trades)
	}
	return p.trades[:n]
}

// holdings returns what the portfolio has at the end of a day that was lived.
// Cash comes last.
func (p *portfolio) holdings(day time.Time) []holding {
	then := p.empty()
	for _, t := range p.until(day) {
		then.apply(t)
	}
	var all []holding
	for _, k := range then.stakes {
		if k.quantity.IsPositive() {
			price := p.sandbox.price(k.listing, day, p.currency)
			all = append(all, holding{k.listing, k.quantity, price, p.times(k.quantity, price), k.cost.Round(places(p.currency))})
		}
	}
	return append(all, holding{quantity: then.cash, price: decimal.New(1, 0), value: then.cash})
}

// value is what all holdings of a day are worth together.
func (p *portfolio) value(day time.Time) decimal.Decimal {
	sum := decimal.Zero
	for _, h := range p.holdings(day) {
		sum = sum.Add(h.value)
	}
	return sum
}

// times is what a quantity costs at a price.
func (p *portfolio) times(quantity, price decimal.Decimal) decimal.Decimal {
	return quantity.Mul(price).Round(places(p.currency))
}

// apply makes a trade's changes. What is sold takes its part of the cost along.
func (w *wallet) apply(t trade) {
	w.cash = w.cash.Sub(t.amount)
	i := slices.IndexFunc(w.stakes, func(k stake) bool { return k.listing == t.of })
	if i < 0 {
		return
	}
	k := &w.stakes[i]
	switch t.kind {
	case bought:
		k.quantity, k.cost = k.quantity.Add(t.quantity), k.cost.Add(t.amount)
	case sold:
		gone := k.cost.Mul(t.quantity).Div(k.quantity)
		k.quantity, k.cost = k.quantity.Sub(t.quantity), k.cost.Sub(gone)
	}
}
