package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

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
	if l.State != connected {
		return nil, badState("Only a connected link can be refreshed.", l.why())
	}
	for _, name := range asked {
		if l.product(name) == nil {
			return nil, forbidden("The link has no permission for " + string(name) + ".")
		}
	}
	if err := cmp.Or(l.limited(asked, c.at), s.roomForStep(l)); err != nil {
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
	s.touch(l)
	durations := s.durations(l, len(asked))
	for i, name := range asked {
		p := l.product(name)
		p.RequestedAt = now
		if p.InFlight {
			continue // only without a limit: the refresh under way serves this request too
		}
		p.InFlight = true
		s.productChanged(l, name, productPending, "", now)
		s.plan(event{At: now.Add(durations[i] * 3 / 10), Duty: startAttempt, Place: l.Place, Epoch: l.Epoch, Product: name})
		s.plan(event{At: now.Add(durations[i]), Duty: finishRefresh, Place: l.Place, Epoch: l.Epoch, Product: name})
	}
}

// durations draws n durations, the shortest first.
func (s *Sandbox) durations(l *link, n int) []time.Duration {
	l.Attempts++
	rng := s.random(l.id, "duration", strconv.Itoa(l.Attempts))
	span := max(0, s.refreshMax-s.refreshMin)
	all := make([]time.Duration, n)
	for i := range all {
		all[i] = (s.refreshMin + time.Duration(rng.Int64N(int64(span)+1))).Truncate(time.Microsecond)
	}
	slices.Sort(all)
	return all
}

func (s *Sandbox) startAttempt(l *link, name product, at time.Time) {
	l.product(name).AttemptedAt = at
	s.touch(l)
	s.productChanged(l, name, productInProgress, "", at)
}

func (s *Sandbox) finishRefresh(l *link, name product, at time.Time) {
	p := l.product(name)
	s.touch(l)
	if p.Failures > 0 {
		p.Failures--
		p.miss(&failure{"institution_error", l.bank.Name + " did not answer in time. Try again later."})
		s.productChanged(l, name, productFailed, p.Failure.Message, at)
		return
	}
	p.succeed(at)
	l.advance(name, at)
	s.productChanged(l, name, productCompleted, "", at)
}

// advance notes that the link's data moved on.
func (l *link) advance(name product, at time.Time) {
	switch name {
	case accountsProduct, transactionsProduct, investmentsProduct:
		l.Steps = append(l.Steps, step{What: stepKind(name), At: at})
	}
}

// startConnecting lets a link connect in the usual time, for the first time or
// again.
func (s *Sandbox) startConnecting(l *link, now time.Time) {
	s.connectAt(l, now, now.Add(s.durations(l, 1)[0]))
}

func (s *Sandbox) connectAt(l *link, now, at time.Time) {
	s.enter(l, connecting, "", now)
	s.plan(event{At: at, Duty: finishConnect, Place: l.Place, Epoch: l.Epoch})
}

func (s *Sandbox) finishConnecting(l *link, at time.Time) {
	s.enter(l, connected, "", at)
	s.fetch(l, at)
}

// fetch brings in the data of all of a link's products, as a link does that
// was just connected.
func (s *Sandbox) fetch(l *link, at time.Time) {
	first := !l.Fetched
	if first {
		l.Fetched, l.AsOf = true, at
	}
	for i := range l.Products {
		p := &l.Products[i]
		p.AttemptedAt = at
		p.succeed(at)
		if !first {
			l.advance(p.Name, at)
		}
		s.productChanged(l, p.Name, productCompleted, "", at)
	}
	s.touch(l)
}
