package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// book is what the bank keeps about a link's accounts, and what of it the API
// shows. The bank may be ahead: a change waits in the queue until the next
// refresh of transactions publishes it.
type book struct {
	purse
	sandbox *Sandbox
	place   int    // of the link
	owner   string // the link's id
	origin  origin
	asOf    time.Time
	epoch   time.Time // the day that the days of this life are counted from
	home    household

	taken int    // how many of the link's steps are in it
	used  uint64 // when it was last opened, counted in openings

	weight int // on the shelf

	planned time.Time // the last day whose regular transactions are made
	serial  int
	passed  time.Time // when the bank's time last went on
	passes  int       // how often it did, each time with its own random source
	pending []*transaction
	queue   []change

	log   []change // published, append-only: sync cursors are positions in it
	table map[string]*transaction
	order []*transaction // the table newest first, or nil when it has to be sorted
	walk  walk           // the last stretch of the log that was walked
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
	// vanished is what happens to a pending transaction that another takes the
	// place of: no sync tells.
	vanished
)

func newBook(s *Sandbox, l *link) *book {
	b := &book{
		purse:   s.purse(l.Origin),
		sandbox: s, place: l.Place, owner: l.id, origin: l.Origin, asOf: l.AsOf,
		home:  newHousehold(s, s.stream(l.Origin, "household", 0)),
		table: map[string]*transaction{},
	}
	today := midnight(l.AsOf)
	b.epoch = today
	if l.Origin.Fixed {
		b.epoch = midnight(s.Born)
	}
	first := b.epoch.AddDate(0, 0, -s.history.days)
	if l.Origin.Imported {
		first = today
	}
	for _, a := range b.all {
		if a.invests() {
			a.portfolio = newPortfolio(s, b.stream, a.id, a.opening, a.currency, first)
		}
	}
	b.planned = first
	if !l.Origin.Imported {
		b.invent(today)
	}
	b.look(l.AsOf)
	b.publish()
	return b
}

// invent makes the transactions from before the first data came in.
func (b *book) invent(today time.Time) {
	b.live(today)
	rng := b.stream("recent", b.day(today))
	for i := range between(rng, 1, 3) {
		d := &day{book: b, date: today, until: b.asOf, rng: rng}
		if i > 0 {
			d.date, d.until = today.AddDate(0, 0, -1), time.Time{}
		}
		d.shop(true)
	}
	slices.SortStableFunc(b.queue, func(x, y change) int { return x.date.Compare(y.date) })
}

func midnight(t time.Time) time.Time {
	year, month, d := t.UTC().Date()
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// day numbers the days of this life.
func (b *book) day(date time.Time) int { return int(date.Sub(b.epoch).Hours() / 24) }

// stream is a random source for the book, the same for all links of a persona.
func (b *book) stream(purpose string, n int) *rand.Rand {
	return b.sandbox.stream(b.origin, purpose, n)
}

// record makes a transaction known to the bank.
func (b *book) record(t *transaction) {
	t.account.add(t)
	if t.account.hidden {
		return
	}
	b.serial++
	t.serial = b.serial
	if t.id == "" {
		t.id = b.sandbox.id("txn_", 22, b.owner, "transaction", strconv.Itoa(t.serial))
	}
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

// take moves the book on by a step. Whichever refresh comes first on a day lets
// the bank's time go on, so that balances and transactions asked for together
// agree.
func (b *book) take(next step) {
	switch next.What {
	case importStep:
		b.bring(next.Imported)
		return
	case correctionStep:
		b.correct(*next.Correction)
		return
	case investmentsStep:
		b.lookAt(func(a *account) bool { return a.portfolio != nil }, next.At)
		return
	}
	switch {
	case len(b.queue) == 0 || !midnight(b.passed).Equal(midnight(next.At)):
		b.pass(next.At)
	case next.What == accountsStep:
		b.trickle(next.At)
	}
	if next.What == accountsStep {
		b.look(next.At)
		return
	}
	b.publish()
}

// pass lets the bank's time go on: what was pending is settled, the days since
// then are lived, and today brings something new.
func (b *book) pass(now time.Time) {
	rng := b.next(now)
	b.settle(rng)
	b.amend(rng)
	b.live(midnight(now))
	for i := range between(rng, 2, 5) {
		d := &day{book: b, date: midnight(now), until: now, rng: rng}
		d.shop(i == 0 || chance(rng, 300))
	}
}

// trickle makes one purchase, so that balances move although no transactions
// were published since the last time.
func (b *book) trickle(now time.Time) {
	d := &day{book: b, date: midnight(now), until: now, rng: b.next(now)}
	d.shop(false)
}

func (b *book) next(now time.Time) *rand.Rand {
	b.passes++
	b.passed = now
	return b.stream("step", b.passes)
}

func (b *book) look(at time.Time) {
	b.lookAt(func(*account) bool { return true }, at)
}

// lookAt takes the balances of some of the accounts.
func (b *book) lookAt(which func(*account) bool, at time.Time) {
	for _, a := range b.all {
		if which(a) {
			a.look(at)
		}
	}
}

// publish moves the queue into what the API shows.
func (b *book) publish() {
	for _, c := range b.queue {
		if c.kind == removed || c.kind == vanished {
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
