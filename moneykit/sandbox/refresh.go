package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// advance is a step of a link's data: what a refresh brought at a moment.
type advance struct {
	what product // accounts or transactions
	at   time.Time
}

type refreshBody struct {
	Products *[]product `json:"products"`
}

func (s *Sandbox) refreshProducts(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	var body refreshBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	asked, err := body.distinct()
	if err != nil {
		return nil, err
	}
	if l.state != connected {
		return nil, badState("Only a connected link can be refreshed.", l.why())
	}
	for _, name := range asked {
		if l.product(name) == nil {
			return nil, forbidden("The link has no permission for " + string(name) + ".")
		}
	}
	if err := l.limited(asked, c.at); err != nil {
		return nil, err
	}
	s.startRefresh(l, asked, c.at)
	return l.answer(), nil
}

// distinct returns the products asked for, in the contract's order.
func (b refreshBody) distinct() ([]product, error) {
	if b.Products == nil {
		return nil, invalid(bodyError("field required", "value_error.missing", "products"))
	}
	var asked []product
	for i, name := range *b.Products {
		if !slices.Contains(allProducts[:], name) {
			return nil, invalid(bodyError("value is not a valid enumeration member", "type_error.enum", "products", strconv.Itoa(i)))
		}
	}
	for _, name := range allProducts {
		if slices.Contains(*b.Products, name) {
			asked = append(asked, name)
		}
	}
	return asked, nil
}

// limited refuses the whole request when one of its products was asked for too
// recently, naming the one that has to wait longest.
func (l *link) limited(asked []product, now time.Time) error {
	var longest time.Duration
	var which product
	for _, name := range asked {
		if wait := l.product(name).limitedFor(now); wait > longest {
			longest, which = wait, name
		}
	}
	if longest == 0 {
		return nil
	}
	often := "an hour"
	if which.limit() > time.Hour {
		often = "a day"
	}
	return rateLimited(fmt.Sprintf("Rate limit exceeded: the %s of a link can be refreshed once %s.", which, often), longest)
}

// startRefresh puts the start and the end of each product's refresh on the
// agenda. Products finish in the contract's order, so that balances are never
// older than the transactions of the same refresh.
func (s *Sandbox) startRefresh(l *link, asked []product, now time.Time) {
	durations := s.durations(l, len(asked))
	for i, name := range asked {
		p := l.product(name)
		p.requestedAt = now
		if p.inFlight {
			continue // only without a limit: the refresh under way serves this request too
		}
		p.inFlight = true
		s.schedule(l, now.Add(durations[i]*3/10), func(at time.Time) { l.product(name).attemptedAt = at })
		s.schedule(l, now.Add(durations[i]), func(at time.Time) { l.finishRefresh(s, name, at) })
	}
}

// schedule puts something on the agenda that is void once the link's state has
// changed.
func (s *Sandbox) schedule(l *link, at time.Time, do func(at time.Time)) {
	epoch := l.epoch
	s.agenda.add(at, func(at time.Time) {
		if l.epoch == epoch {
			do(at)
		}
	})
}

// durations draws n durations, the shortest first.
func (s *Sandbox) durations(l *link, n int) []time.Duration {
	l.attempts++
	rng := s.random(l.id, "duration", strconv.Itoa(l.attempts))
	span := max(0, s.refreshMax-s.refreshMin)
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = (s.refreshMin + time.Duration(rng.Int64N(int64(span)+1))).Truncate(time.Microsecond)
	}
	slices.Sort(all)
	return all
}

func (l *link) finishRefresh(s *Sandbox, name product, at time.Time) {
	p := l.product(name)
	if p.failures > 0 {
		p.failures--
		p.miss(&fault{"institution_error", l.bank.Name + " did not answer in time. Try again later."})
		return
	}
	p.succeed(at)
	l.advance(s, name, at)
}

// advance moves the link's data on, at once or, when nobody has asked for it
// yet, as soon as somebody does.
func (l *link) advance(s *Sandbox, name product, at time.Time) {
	if name != accountsProduct && name != transactionsProduct {
		return
	}
	step := advance{what: name, at: at}
	if l.book == nil {
		l.backlog = append(l.backlog, step)
		return
	}
	l.book.advance(step)
}

// startConnecting lets a link connect in the usual time, for the first time or
// again.
func (s *Sandbox) startConnecting(l *link, now time.Time) {
	s.connectAt(l, now.Add(s.durations(l, 1)[0]))
}

func (s *Sandbox) connectAt(l *link, at time.Time) {
	l.enter(connecting, "")
	s.schedule(l, at, func(at time.Time) { l.finishConnecting(s, at) })
}

func (l *link) finishConnecting(s *Sandbox, at time.Time) {
	l.enter(connected, "")
	for i := range l.products {
		l.products[i].attemptedAt = at
		l.products[i].succeed(at)
	}
	if !l.fetched {
		l.fetched, l.asOf = true, at
		return
	}
	for _, p := range l.products {
		l.advance(s, p.name, at)
	}
}
