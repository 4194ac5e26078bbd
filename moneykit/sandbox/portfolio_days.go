package sandbox

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Kinds of trades.
const (
	bought   = "buy"
	sold     = "sell"
	dividend = "dividend"
	interest = "interest"
	charge   = "fee"
)

// spend lives one day.
func (p *portfolio) spend(day time.Time) {
	if day.Equal(p.first) {
		p.invest(day)
		return
	}
	p.dividends(day)
	if falls(day, p.buyDay) {
		p.monthly(day)
	}
	if falls(day, 5) && day.Month()%3 == 1 && p.fee.LessThan(p.now.cash) {
		p.record(trade{date: day, kind: charge, description: "Account fee", amount: p.fee})
	}
	if day.AddDate(0, 0, 1).Day() == 1 {
		p.interest(day)
	}
}

// invest spends most of the opening amount.
func (p *portfolio) invest(day time.Time) {
	total := int64(0)
	for _, k := range p.plan {
		total += k.weight
	}
	spent := p.opening.Mul(decimal.New(int64(between(p.stream("portfolio opening", 0), 84, 92)), -2))
	for _, k := range p.plan {
		p.buy(k.listing, spent.Mul(decimal.New(k.weight, 0)).DivRound(decimal.New(total, 0), places(p.currency)), day)
	}
}

// monthly buys what the plan has most room for. When cash is short, and now and
// then to restore the plan, it first sells some of what outgrew it.
func (p *portfolio) monthly(day time.Time) {
	rng := p.stream("portfolio month", int(day.Sub(p.first).Hours()/24))
	least, most := p.extremes(day)
	short := p.now.cash.LessThan(p.installment.Mul(decimal.New(2, 0)))
	if chance(rng, 100) || short {
		p.sell(most, p.installment.Mul(decimal.New(int64(between(rng, 25, 60)), -1)), day)
	}
	if p.installment.LessThanOrEqual(p.now.cash) {
		p.buy(least.listing, p.installment, day)
	}
}

// extremes returns the stakes that are worth least and most for their weight.
func (p *portfolio) extremes(day time.Time) (least, most stake) {
	var low, high decimal.Decimal
	for i, k := range p.now.stakes {
		worth := p.times(k.quantity, p.sandbox.price(k.listing, day, p.currency)).Div(decimal.New(k.weight, 0))
		if i == 0 || worth.LessThan(low) {
			least, low = k, worth
		}
		if i == 0 || worth.GreaterThan(high) {
			most, high = k, worth
		}
	}
	return least, most
}

// buy spends an amount of cash, less what is not enough for a fraction of a share.
func (p *portfolio) buy(of *listing, spent decimal.Decimal, day time.Time) {
	price := p.sandbox.price(of, day, p.currency)
	quantity := shares(spent, price)
	if !quantity.IsPositive() {
		return
	}
	p.record(trade{
		date: day, at: p.hour(day), kind: bought, description: "Bought " + quantity.String() + " " + of.name,
		of: of, quantity: quantity, price: price, amount: p.times(quantity, price),
	})
}

// sell turns some of a stake into cash, all of it when it is worth no more.
func (p *portfolio) sell(k stake, wanted decimal.Decimal, day time.Time) {
	price, fees := p.sandbox.price(k.listing, day, p.currency), amount(495, p.currency)
	quantity := decimal.Min(shares(wanted, price), k.quantity)
	gain := p.times(quantity, price).Sub(fees)
	if !gain.IsPositive() {
		return
	}
	p.record(trade{
		date: day, at: p.hour(day), kind: sold, description: "Sold " + quantity.String() + " " + k.name,
		of: k.listing, quantity: quantity, price: price, fees: fees, amount: gain.Neg(),
	})
}

// shares tells how many shares an amount buys.
func shares(spent, price decimal.Decimal) decimal.Decimal {
	const digits = 4
	return spent.DivRound(price, digits+4).RoundDown(digits)
}

// hour is when the next order of a day is carried out, each later than the one
// before.
func (p *portfolio) hour(day time.Time) time.Time {
	orders := 0
	for i := len(p.trades) - 1; i >= 0 && p.trades[i].date.Equal(day); i-- {
		if !p.trades[i].at.IsZero() {
			orders++
		}
	}
	const slot = 45 * time.Minute
	rng := p.stream("portfolio order", len(p.trades))
	return day.Add(marketOpens + time.Duration(orders)*slot + time.Duration(rng.Int64N(int64(slot/time.Second)))*time.Second)
}

// dividends come in for what was held the day before.
func (p *portfolio) dividends(day time.Time) {
	for _, k := range p.now.stakes {
		if !falls(day, k.payDay) || int(day.Month()-1)%3 != k.payMonth {
			continue
		}
		const perYear = 4
		each := p.sandbox.price(k.listing, day, p.currency).Mul(decimal.New(k.yield, -4)).DivRound(decimal.New(perYear, 0), 4)
		if paid := p.times(k.quantity, each); paid.IsPositive() {
			p.record(trade{date: day, kind: dividend, description: "Dividend " + k.name, of: k.listing, amount: paid.Neg()})
		}
	}
}

// interest comes in for the cash of a month.
func (p *portfolio) interest(day time.Time) {
	const perMonth = 18 // in hundredths of a percent
	if paid := p.times(p.now.cash, decimal.New(perMonth, -4)); paid.IsPositive() {
		p.record(trade{date: day, kind: interest, description: "Interest on cash", amount: paid.Neg()})
	}
}

// record adds a trade to the history.
func (p *portfolio) record(t trade) {
	t.id = p.sandbox.id("itx_", 22, p.owner, "trade", strconv.Itoa(len(p.trades)+1))
	p.trades = append(p.trades, t)
	p.now.apply(t)
}
