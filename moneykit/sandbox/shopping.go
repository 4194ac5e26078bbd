package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// habits makes the day's everyday purchases.
func (d *day) habits() {
	for _, sp := range spendings {
		if chance(d.rng, sp.often*d.book.home.activity/100) {
			d.buy(sp, d.book.home.favourite[sp.list], d.payer(), false)
		}
	}
	if chance(d.rng, 12) {
		card := d.book.card
		t := d.purchase(shopping, d.book.home.favourite[shopping.list], card)
		t.credit, t.raw = true, "REFUND "+t.raw
		t.description = "Refund from " + t.merchant
		t.what = purpose{category: "banking", subcategory: "refunds_and_reversals"}
		if card.booked.GreaterThan(t.amount) { // else the bank would owe the user
			d.book.record(t)
		}
	}
}

// payer is the account that pays for a purchase: the card more often than not,
// and always when there is little in the checking account. It is nil when
// neither has enough.
func (d *day) payer() *account {
	checking, card := d.book.checking, d.book.card
	funds := checking.booked.GreaterThanOrEqual(amount(70000, checking.currency))
	credit := card.limit.Sub(card.booked).Sub(card.held).GreaterThanOrEqual(amount(30000, card.currency))
	switch prefersCard := chance(d.rng, 580); {
	case credit && (prefersCard || !funds):
		return card
	case funds:
		return checking
	default:
		return nil
	}
}

// travel spends from the accounts in other currencies, and tops them up.
func (d *day) travel() {
	checking := d.book.checking
	for _, a := range d.book.abroad {
		sp, known := abroad[a.currency]
		if !known {
			continue
		}
		if a.booked.LessThan(amount(25000, a.currency)) && checking.booked.GreaterThan(amount(90000, checking.currency)) {
			d.transfer(checking, a, 60000)
		}
		if chance(d.rng, sp.often) && a.booked.GreaterThan(amount(sp.high*2, a.currency)) {
			d.buy(sp, d.book.sandbox.list(sp.list), a, false)
		}
	}
}

// holiday spends on the card where the household is on holiday. The bank
// changes the money, and tells what it was.
func (d *day) holiday() {
	currency := d.book.home.awayOn(d.date)
	card := d.book.card
	if currency == "" || card.limit.Sub(card.booked).LessThan(amount(60000, card.currency)) {
		return
	}
	sp := abroad[currency]
	for range between(d.rng, 1, 3) {
		cents := between(d.rng, sp.low, sp.high)
		t := d.purchase(sp, d.book.sandbox.list(sp.list), card)
		local := amount(cents, currency)
		t.amount = amount(cents, card.currency)
		t.raw = fmt.Sprintf("%s %s %s", t.raw, local.StringFixed(places(currency)), currency)
		d.book.record(t)
	}
}

// shop makes one purchase of any kind, on any account that purchases are made
// from.
func (d *day) shop(pending bool) {
	if d.book.origin.Traveller && chance(d.rng, 600) {
		a := pick(d.rng, d.book.abroad[1:]) // not from the savings
		sp := abroad[a.currency]
		d.fund(a, sp.high*2)
		d.buy(sp, d.book.sandbox.list(sp.list), a, pending)
		return
	}
	from := d.payer()
	if from == nil || from.hidden {
		from = d.book.usual()
		d.fund(from, 70000)
	}
	sp := pick(d.rng, spendings)
	d.buy(sp, d.book.home.favourite[sp.list], from, pending)
}

// usual is an account that purchases can be shown on: where the household's
// own are not shared, any other.
func (b *book) usual() *account {
	for _, a := range []*account{b.checking, b.card, b.savings} {
		if !a.hidden {
			return a
		}
	}
	return b.checking
}

// fund brings in money where an account has less than some US cents. Refreshes
// every hour, each with its purchases, would run it dry.
func (d *day) fund(a *account, least int) {
	switch {
	case a.liability() && a.limit.Sub(a.booked).Sub(a.held).LessThan(amount(30000, a.currency)) && a.booked.IsPositive():
		d.book.record(&transaction{
			account: a, amount: a.booked, credit: true, date: d.date, description: "Payment Received, Thank You", raw: "PAYMENT RECEIVED",
			what: purpose{category: "borrowing_and_loans", subcategory: "credit_cards", fixed: true},
		})
	case !a.liability() && a.booked.Add(a.held).LessThan(amount(least, a.currency)):
		d.enter(a, max(250000, least), "", "%s %06d", "Mobile Deposit", purpose{category: "income", subcategory: "deposits", fixed: true}, time.Time{})
	}
}

func (d *day) buy(sp spending, places []string, from *account, pending bool) {
	if from == nil {
		return
	}
	t := d.purchase(sp, places, from)
	if pending {
		t.pending = true
		t.description = "PENDING " + strings.ToUpper(t.merchant)
	}
	d.book.record(t)
}

func (d *day) purchase(sp spending, places []string, from *account) *transaction {
	merchant := pick(d.rng, places)
	return &transaction{
		account:     from,
		amount:      amount(between(d.rng, sp.low, sp.high), from.currency),
		date:        d.date,
		at:          d.moment(),
		description: merchant,
		raw:         fmt.Sprintf("POS %04d %s #%03d", d.rng.IntN(10000), strings.ToUpper(merchant), d.rng.IntN(1000)),
		merchant:    merchant,
		what:        sp.what,
	}
}

// moment draws a time of the day, or none: banks often tell only the day.
func (d *day) moment() time.Time {
	first, last := 7*time.Hour, 22*time.Hour
	if !d.until.IsZero() {
		first, last = 0, d.until.Sub(d.date)
	}
	at := d.date.Add(first + time.Duration(d.rng.Int64N(int64(last-first)+1)).Truncate(time.Second))
	if chance(d.rng, 450) {
		return time.Time{}
	}
	return at
}
