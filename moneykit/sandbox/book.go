package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// historyDays is how far back the transactions of a link go: 18 months.
const historyDays = 548

// book is what the bank keeps about a link's accounts, and what of it the API
// shows. The bank may be ahead: a change waits in the queue until the next
// refresh of transactions publishes it.
type book struct {
	sandbox  *Sandbox
	link     *link
	home     household
	accounts []*account

	planned time.Time // the last day whose regular transactions are made
	serial  int
	passed  time.Time // when the bank's time last went on
	steps   int       // how often it did, each time with its own random source
	pending []*transaction
	queue   []change

	log   []change // published, append-only: sync cursors are positions in it
	table map[string]*transaction
	order []*transaction // the table newest first, or nil when it has to be sorted
}

// change is one entry of the log.
type change struct {
	kind changeKind
	*transaction
}

type changeKind int

const (
	created changeKind = iota
	updated
	removed
)

// open returns the link's book, made on first use.
func (l *link) open(s *Sandbox) *book {
	if l.book == nil {
		l.book = newBook(s, l)
		for _, step := range l.backlog {
			l.book.advance(step)
		}
		l.backlog = nil
	}
	return l.book
}

func newBook(s *Sandbox, l *link) *book {
	rng := s.random(l.persona, "household")
	b := &book{
		sandbox:  s,
		link:     l,
		accounts: newAccounts(s, l, rng),
		table:    make(map[string]*transaction, 1024),
	}
	b.home = newHousehold(s, rng)
	today := midnight(l.asOf)
	b.planned = today.AddDate(0, 0, -historyDays)
	b.live(today)
	rng = s.random(l.persona, "recent")
	for i := range between(rng, 1, 3) {
		d := &day{book: b, date: today, until: l.asOf, rng: rng}
		if i > 0 {
			d.date, d.until = today.AddDate(0, 0, -1), time.Time{}
		}
		d.shop(true)
	}
	slices.SortStableFunc(b.queue, func(x, y change) int { return x.date.Compare(y.date) })
	b.look(l.asOf)
	b.publish()
	return b
}

func midnight(t time.Time) time.Time {
	year, month, d := t.UTC().Date()
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// stream is a random source for the book, the same for all links of a persona.
func (b *book) stream(purpose string, n int) *rand.Rand {
	return b.sandbox.random(b.link.persona, purpose, strconv.Itoa(n))
}

// record makes a transaction known to the bank.
func (b *book) record(t *transaction) {
	b.serial++
	t.serial = b.serial
	t.id = b.sandbox.id("txn_", 22, b.link.id, "transaction", strconv.Itoa(t.serial))
	t.account.add(t)
	if t.pending {
		b.pending = append(b.pending, t)
	}
	b.queue = append(b.queue, change{created, t})
}

// replace puts a newer version in a transaction's place.
func (b *book) replace(old, t *transaction) {
	old.account.drop(old)
	t.account.add(t)
	b.queue = append(b.queue, change{updated, t})
}

// advance is a refresh: of accounts it takes new balances, of transactions it
// publishes what is new. Whichever comes first on a day lets the bank's time go
// on, so that balances and transactions asked for together agree.
func (b *book) advance(step advance) {
	switch {
	case len(b.queue) == 0 || !midnight(b.passed).Equal(midnight(step.at)):
		b.pass(step.at)
	case step.what == accountsProduct:
		b.trickle(step.at)
	}
	if step.what == accountsProduct {
		b.look(step.at)
		return
	}
	b.publish()
}

// pass lets the bank's time go on: what was pending is settled, the days since
// then are lived, and today brings something new.
func (b *book) pass(now time.Time) {
	rng := b.step(now)
	b.settle(rng)
	b.amend(rng)
	b.live(midnight(now))
	for i := range between(rng, 2, 5) {
		d := &day{book: b, date: midnight(now), until: now, rng: rng}
		d.shop(i == 0 || chance(rng, 300))
	}
	b.drift(rng)
}

// trickle makes one purchase, so that balances move although no transactions
// were published since the last time.
func (b *book) trickle(now time.Time) {
	rng := b.step(now)
	d := &day{book: b, date: midnight(now), until: now, rng: rng}
	d.shop(false)
	b.drift(rng)
}

func (b *book) step(now time.Time) *rand.Rand {
	b.steps++
	b.passed = now
	return b.stream("step", b.steps)
}

// settle posts what was pending, about every second one with another amount.
func (b *book) settle(rng *rand.Rand) {
	for _, old := range b.pending {
		t := *old
		t.pending = false
		if t.merchant != "" {
			t.description = t.merchant
		}
		if chance(rng, 500) {
			percent := between(rng, 101, 108)
			if t.what.tips {
				percent = between(rng, 115, 122)
			}
			t.amount = t.amount.Mul(decimal.New(int64(percent), -2)).RoundUp(places(t.account.currency))
		}
		b.replace(old, &t)
	}
	b.pending = nil
}

// amend takes back or recategorises an older transaction, now and then.
func (b *book) amend(rng *rand.Rand) {
	if len(b.table) == 0 {
		return
	}
	sorted := b.sorted()
	recent := sorted[min(len(sorted)-1, 8):min(len(sorted), 90)]
	if old := pick(rng, recent); chance(rng, 300) && b.amendable(old) {
		old.account.drop(old)
		b.queue = append(b.queue, change{removed, old})
	}
	if old := pick(rng, recent); chance(rng, 350) && b.amendable(old) {
		t := *old
		t.what = purpose{category: "shopping", subcategory: "other_shopping"}
		if old.what.category == "shopping" {
			t.what = purpose{category: "home", subcategory: "household_goods"}
		}
		b.replace(old, &t)
	}
}

// amendable tells whether a published transaction can still be changed: it is
// neither one leg of several nor about to change anyway.
func (b *book) amendable(t *transaction) bool {
	return !t.what.fixed && !slices.ContainsFunc(b.queue, func(c change) bool { return c.id == t.id })
}

// drift moves what no transaction explains: the value of investments.
func (b *book) drift(rng *rand.Rand) {
	for _, a := range b.accounts {
		if a.kind == "investment.brokerage" {
			a.booked = a.booked.Mul(decimal.New(int64(between(rng, 9880, 10130)), -4)).Round(places(a.currency))
		}
	}
}

func (b *book) look(at time.Time) {
	for _, a := range b.accounts {
		a.look(at)
	}
}

// publish moves the queue into what the API shows.
func (b *book) publish() {
	for _, c := range b.queue {
		if c.kind == removed {
			delete(b.table, c.id)
		} else {
			b.table[c.id] = c.transaction
		}
	}
	b.log = append(b.log, b.queue...)
	b.queue, b.order = nil, nil
}

// sorted returns what is published, newest first.
func (b *book) sorted() []*transaction {
	if b.order == nil {
		b.order = make([]*transaction, 0, len(b.table))
		for _, t := range b.table {
			b.order = append(b.order, t)
		}
		slices.SortFunc(b.order, newer)
	}
	return b.order
}
