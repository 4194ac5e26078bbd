package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// day is one day in the life of a household.
type day struct {
	book  *book
	date  time.Time
	until time.Time // zero, or how much of the day has passed
	rng   *rand.Rand
}

// live makes the transactions of all days not lived yet, up to but without
// today. Of a longer gap only the last part counts,
// but for lives that are the same for every link.
func (b *book) live(today time.Time) {
	if first := today.AddDate(0, 0, -b.sandbox.history.days-1); b.planned.Before(first) && !b.origin.Fixed {
		b.planned = first
	}
	for date := b.planned.AddDate(0, 0, 1); date.Before(today); date = date.AddDate(0, 0, 1) {
		b.planned = date
		for life := range b.sandbox.history.lives {
			d := &day{book: b, date: date, rng: b.stream("day "+strconv.Itoa(life), b.day(date))}
			d.regular()
			d.habits()
			d.holiday()
			d.travel()
			if life == 0 {
				d.upkeep()
			}
		}
	}
}

// regular makes what comes by contract.
func (d *day) regular() {
	b, home, on := d.book, d.book.home, d.date.Day()
	checking, card := b.checking, b.card
	if int(d.date.Unix()/86400)%14 == home.payday {
		d.enter(checking, home.salary, home.employer, "ACH CREDIT %s PAYROLL %06d", home.employer,
			purpose{category: "income", subcategory: "employment_income", frequency: "biweekly", fixed: true}, d.date.AddDate(0, 0, 14))
	}
	if on == home.rentDay {
		d.housing(checking)
	}
	for _, due := range home.bills {
		if on == due.day {
			d.leave(checking, due.cents*between(d.rng, 82, 125)/100, due.merchant, "ACH DEBIT %s %06d", due.merchant, due.what, d.date.AddDate(0, 1, 0))
		}
	}
	for _, due := range home.plans {
		if on == due.day {
			d.leave(card, due.cents, due.merchant, "RECURRING %s %06d", due.merchant, due.what, d.date.AddDate(0, 1, 0))
		}
	}
}

// housing pays the rent, or the mortgage where there is one.
func (d *day) housing(checking *account) {
	if d.book.sandbox.history.lives > 1 { // and all of them pay on this day
		d.fund(checking, d.book.home.rent+70000)
	}
	next := d.date.AddDate(0, 1, 0)
	if loan := d.book.mortgage; loan != nil && loan.booked.GreaterThan(amount(d.book.home.rent, loan.currency)) {
		what := purpose{category: "mortgage_and_rent", subcategory: "mortgage", frequency: "monthly", fixed: true}
		d.leave(checking, d.book.home.rent, "", "ACH DEBIT %s %06d", "Mortgage Payment", what, next)
		d.enter(loan, d.book.home.rent, "", "%s %06d", "Payment Received", what, next)
		return
	}
	d.leave(checking, d.book.home.rent, d.book.home.landlord, "ACH DEBIT %s RENT %06d", d.book.home.landlord,
		purpose{category: "mortgage_and_rent", subcategory: "rent", frequency: "monthly", fixed: true}, next)
}

// upkeep moves money between the accounts, so that none runs dry.
func (d *day) upkeep() {
	b, home, on := d.book, d.book.home, d.date.Day()
	checking, savings, card := b.checking, b.savings, b.card
	if owed := card.booked; on == home.cardDay && owed.IsPositive() {
		d.payCard(checking, card, owed)
	}
	if d.date.AddDate(0, 0, 1).Day() == 1 && savings.booked.IsPositive() {
		interest := savings.booked.Mul(decimal.New(33, -4)).Round(places(savings.currency))
		d.book.record(&transaction{
			account: savings, amount: interest, credit: true, date: d.date, description: "Interest Paid", raw: "INTEREST PAYMENT",
			what: purpose{category: "income", subcategory: "investment_income", frequency: "monthly", fixed: true}, next: d.date.AddDate(0, 0, 32),
		})
	}
	d.cash(checking)
	low, high := amount(60000, checking.currency), amount(750000, checking.currency)
	switch {
	case checking.booked.LessThan(low) && savings.booked.GreaterThan(amount(120000, savings.currency)):
		d.transfer(savings, checking, 100000)
	case checking.booked.GreaterThan(high):
		d.transfer(checking, savings, 250000)
	case on == home.saveDay && checking.booked.GreaterThan(amount(home.saved*4, checking.currency)):
		d.transfer(checking, savings, home.saved)
	}
}

func (d *day) payCard(checking, card *account, owed decimal.Decimal) {
	if owed.GreaterThan(checking.booked) {
		owed = checking.booked.Mul(decimal.New(5, -1)).Round(places(checking.currency))
	}
	if !owed.IsPositive() {
		return
	}
	what := purpose{category: "borrowing_and_loans", subcategory: "credit_cards", frequency: "monthly", fixed: true}
	next := d.date.AddDate(0, 1, 0)
	d.book.record(&transaction{
		account: checking, amount: owed, date: d.date, description: "Credit Card Payment",
		raw: "ONLINE PAYMENT TO CARD " + card.mask, what: what, next: next,
	})
	d.book.record(&transaction{
		account: card, amount: owed, credit: true, date: d.date, description: "Payment Received, Thank You",
		raw: "PAYMENT FROM CHECKING " + checking.mask, what: what, next: next,
	})
}

// transfer moves money between two accounts of the household, changing it into
// the other's currency where they differ.
func (d *day) transfer(from, to *account, cents int) {
	what := purpose{category: "transfers", subcategory: "internal_transfers", fixed: true}
	if from.currency != to.currency {
		what = purpose{category: "banking", subcategory: "currency_exchange_and_fees", fixed: true}
	}
	d.book.record(&transaction{
		account: from, amount: amount(cents, from.currency), date: d.date, description: "Transfer to " + to.name,
		raw: "ONLINE TRANSFER TO " + to.mask, what: what,
	})
	d.book.record(&transaction{
		account: to, amount: amount(cents, to.currency), credit: true, date: d.date, description: "Transfer from " + from.name,
		raw: "ONLINE TRANSFER FROM " + from.mask, what: what,
	})
}

// cash withdraws some, sometimes at a price.
func (d *day) cash(checking *account) {
	if !chance(d.rng, 26) || checking.booked.LessThan(amount(80000, checking.currency)) {
		return
	}
	d.leave(checking, between(d.rng, 2, 10)*2000, "", "%s %06d", "ATM Withdrawal",
		purpose{category: "banking", subcategory: "cash_withdrawals"}, time.Time{})
	if chance(d.rng, 450) {
		d.leave(checking, 350, "", "%s %06d", "ATM Fee", purpose{category: "banking", subcategory: "atm_fees", fixed: true}, time.Time{})
	}
}

// leave takes money from an account. The format's verbs are a name and a number.
func (d *day) leave(a *account, cents int, merchant, format, description string, what purpose, next time.Time) {
	d.book.record(d.movement(a, cents, merchant, format, description, what, next))
}

// enter brings money into an account.
func (d *day) enter(a *account, cents int, merchant, format, description string, what purpose, next time.Time) {
	t := d.movement(a, cents, merchant, format, description, what, next)
	t.credit = true
	d.book.record(t)
}

func (d *day) movement(a *account, cents int, merchant, format, description string, what purpose, next time.Time) *transaction {
	return &transaction{
		account: a, amount: amount(cents, a.currency), date: d.date, description: description,
		raw:      fmt.Sprintf(format, strings.ToUpper(description), d.rng.IntN(1_000_000)),
		merchant: merchant, what: what, next: next,
	}
}
