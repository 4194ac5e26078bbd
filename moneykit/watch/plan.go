package watch

import (
	"slices"
	"time"

	"till/moneykit"
)

// JobKind is what a job does with each of its links.
type JobKind string

// The kinds of jobs.
const (
	RefreshJob    JobKind = "refresh"
	DisconnectJob JobKind = "disconnect"
	ResetJob      JobKind = "reset"
)

// SkipReason says why a plan leaves a link out.
type SkipReason string

// The reasons.
const (
	SkipUnread    SkipReason = "not read yet"
	SkipDeleted   SkipReason = "deleted"
	SkipState     SkipReason = "not connected"
	SkipLimit     SkipReason = "limit not over" // Until tells when it is
	SkipNoProduct SkipReason = "has none of these products"
	// SkipNotPermitted is a link whose products cannot be had, or not without the
	// customer's permission.
	SkipNotPermitted SkipReason = "not permitted"
	SkipInFlight     SkipReason = "a refresh is in flight"
)

// Skipped is a link that a plan leaves out.
type Skipped struct {
	Link  moneykit.LinkID
	Why   SkipReason
	Until time.Time // of SkipLimit, by MoneyKit's clock
}

// Task is what a plan does with one link.
type Task struct {
	Link     moneykit.LinkID
	Products []moneykit.Product // of a refresh: those that may be refreshed
	Limited  []moneykit.Product // of a refresh: those whose limit is not over
	Denied   []moneykit.Product // of a refresh: those that are not permitted
}

// Plan is what a job will do, before it does anything.
type Plan struct {
	Kind     JobKind
	Products []moneykit.Product // of a refresh
	Tasks    []Task
	Skipped  []Skipped
	Requests int           // about how many it takes
	Takes    time.Duration // about how long, within the budget
}

// What a job is taken to ask for each link of a refresh: the link before, the refresh
// itself, polls until it ends, and what its transactions bring.
const (
	requestsOfRefresh = 2
	pollsOfRefresh    = 4
	requestsOfSync    = 1
	// requestsOfChange are a disconnect or a reset, and a look at what came of it.
	requestsOfChange = 2
	// bankTakes is about how long a bank takes for a refresh.
	bankTakes = 10 * time.Second
)

// Plan works out what a job over links would do at now, by MoneyKit's clock. It
// asks MoneyKit nothing.
func (w *Watcher) Plan(kind JobKind, links []moneykit.LinkID, products []moneykit.Product, now time.Time) Plan {
	plan := Plan{Kind: kind, Products: slices.Clone(products), Tasks: make([]Task, 0, len(links))}
	planned := make(map[moneykit.LinkID]bool, len(links))
	for _, id := range links {
		if planned[id] {
			continue
		}
		planned[id] = true
		known, _ := w.Snapshot(id)
		known.ID = id
		if skipped, skip := plan.add(known, now); skip {
			plan.Skipped = append(plan.Skipped, skipped)
		}
	}
	plan.estimate(w.Pulse().Limit)
	return plan
}

// add makes a task of a link, or tells why it is left out.
func (p *Plan) add(s Snapshot, now time.Time) (skipped Skipped, skip bool) {
	task := Task{Link: s.ID}
	skipped = Skipped{Link: s.ID}
	switch {
	case s.Link == nil:
		skipped.Why = SkipUnread
	case s.Link.State == moneykit.Deleted:
		skipped.Why = SkipDeleted
	case p.Kind == DisconnectJob:
	case s.Link.State != moneykit.Connected:
		skipped.Why = SkipState
	case p.Kind == ResetJob:
	case s.Refreshing():
		skipped.Why = SkipInFlight
	default:
		skipped.Until = task.divide(s.Link, p.Products, now)
		switch {
		case len(task.Products) > 0:
		case len(task.Limited) > 0:
			skipped.Why = SkipLimit
		case len(task.Denied) > 0:
			skipped.Why = SkipNotPermitted
		default:
			skipped.Why = SkipNoProduct
		}
	}
	if skipped.Why != "" {
		return skipped, true
	}
	p.Tasks = append(p.Tasks, task)
	return Skipped{}, false
}

// divide tells which of the products that a link has may be refreshed at now and which
// may not, and when the first of those that are limited may be.
func (t *Task) divide(link *moneykit.Link, products []moneykit.Product, now time.Time) (until time.Time) {
	for _, p := range products {
		status := link.Products.Of(p)
		if status == nil {
			continue
		}
		at := NextAllowed(link, p, now)
		switch {
		case denied(status):
			t.Denied = append(t.Denied, p)
		case at.IsZero():
			t.Products = append(t.Products, p)
		default:
			t.Limited = append(t.Limited, p)
			if until.IsZero() || at.Before(until) {
				until = at
			}
		}
	}
	return until
}

// denied reports that no refresh brings a product.
func denied(status *moneykit.ProductStatus) bool {
	return status.Unavailable != "" || status.ErrorCode == moneykit.ProductNoPermission || status.ErrorCode == moneykit.ProductNotSupported
}

// estimate tells about how much the plan takes at a rate of requests a second.
func (p *Plan) estimate(rate float64) {
	if rate <= 0 {
		rate = DefaultRate
	}
	each, least := requestsOfChange, time.Duration(0)
	if p.Kind == RefreshJob {
		each = requestsOfRefresh + pollsOfRefresh
		batches := (len(p.Tasks) + refreshesAtOnce - 1) / refreshesAtOnce
		least = time.Duration(batches) * bankTakes
	}
	p.Requests = each * len(p.Tasks)
	for _, task := range p.Tasks {
		if slices.Contains(task.Products, moneykit.ProductTransactions) {
			p.Requests += requestsOfSync
		}
	}
	p.Takes = max(least, time.Duration(float64(p.Requests)/rate*float64(time.Second)))
}
