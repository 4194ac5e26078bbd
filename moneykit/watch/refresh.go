package watch

import (
	"errors"
	"slices"
	"time"

	"till/moneykit"
)

// Phase is where a refresh stands.
type Phase string

// The phases; the last four end a refresh.
const (
	Requested  Phase = "requested"  // not answered yet
	Accepted   Phase = "accepted"   // MoneyKit took it
	Attempting Phase = "attempting" // the institution is being asked
	Done       Phase = "done"
	Failed     Phase = "failed"
	Limited    Phase = "limited"
	TimedOut   Phase = "timed out"
)

// Over reports whether the refresh has ended.
func (p Phase) Over() bool {
	return p == Done || p == Failed || p == Limited || p == TimedOut
}

const (
	// giveUpAfter is well above what an institution takes; the refresh may
	// still succeed later, and the link's row will show it.
	giveUpAfter  = 2 * time.Minute
	firstPoll    = time.Second
	slowestPoll  = 10 * time.Second
	defaultPause = 5 * time.Second
)

// Refresh follows one request for fresh data until it ends.
type Refresh struct {
	Products []moneykit.Product
	Phase    Phase
	Started  time.Time
	Ended    time.Time // zero while in flight
	// Failures holds the products whose attempt failed.
	Failures map[moneykit.Product]moneykit.ProductStatus
	// Err is why the request itself was refused or not sent, or that the link was
	// deleted meanwhile.
	Err error
	// RetryAt is when a limited refresh is allowed again; it is worked out
	// from the documented limits when MoneyKit does not say.
	RetryAt time.Time
	// RequestID is of MoneyKit's answer to the request, empty when none came.
	RequestID string

	ended   chan Refresh // gets the refresh once it is over
	since   time.Time    // when it was accepted: from then on the bank has time
	before  map[moneykit.Product]moneykit.ProductStatus
	brought []moneykit.Product
	polls   int
	sent    bool // the request, whether or not it was answered
}

// Took returns how long the refresh has been going on, or went on.
func (r Refresh) Took(now time.Time) time.Duration {
	if !r.Ended.IsZero() {
		now = r.Ended
	}
	return now.Sub(r.Started)
}

// Brought reports whether the refresh ended with new data of product.
func (r Refresh) Brought(product moneykit.Product) bool {
	return r.Phase.Over() && slices.Contains(r.brought, product)
}

func newRefresh(now time.Time, products []moneykit.Product) Refresh {
	return Refresh{Products: products, Phase: Requested, Started: now, since: now, ended: make(chan Refresh, 1)}
}

// unanswered reports that the refresh may have been asked for, and that nobody knows.
func (r Refresh) unanswered() bool {
	refusal := (*moneykit.Error)(nil)
	return r.sent && r.Err != nil && !errors.As(r.Err, &refusal) && !errors.Is(r.Err, moneykit.LinkDeleted)
}

// remember notes where the products stood before the request.
func (r Refresh) remember(link *moneykit.Link) Refresh {
	r.before = map[moneykit.Product]moneykit.ProductStatus{}
	for _, p := range r.Products {
		if status := link.Products.Of(p); status != nil {
			r.before[p] = *status
		}
	}
	return r
}

// refused ends the refresh with the error that answered the request.
func (r Refresh) refused(now time.Time, err error) Refresh {
	r.Err, r.Ended, r.Phase, r.RequestID = err, now, Failed, moneykit.RequestID(err)
	refusal := (*moneykit.Error)(nil)
	if !r.sent || !errors.Is(err, moneykit.RateLimitExceeded) || !errors.As(err, &refusal) {
		return r
	}
	r.Phase = Limited
	if refusal.RetryAfter > 0 {
		r.RetryAt = now.Add(refusal.RetryAfter)
		return r
	}
	for p, status := range r.before {
		if at := status.LastAttemptedAt.Add(Limit(p)); at.After(now) && at.After(r.RetryAt) {
			r.RetryAt = at
		}
	}
	return r
}

// seen moves the refresh on after a poll, which brought no link when it failed.
func (r Refresh) seen(now time.Time, link *moneykit.Link) Refresh {
	r.polls++
	if link != nil {
		r = r.advance(now, link)
	}
	if !r.Phase.Over() && now.Sub(r.since) >= giveUpAfter {
		r.Phase, r.Ended = TimedOut, now
	}
	return r
}

// advance compares the link with how it was before the request.
func (r Refresh) advance(now time.Time, link *moneykit.Link) Refresh {
	if link.State == moneykit.Deleted { // nothing will come
		r.Err, r.Phase, r.Ended = moneykit.LinkDeleted, Failed, now
		return r
	}
	failures := map[moneykit.Product]moneykit.ProductStatus{}
	var brought []moneykit.Product
	waiting, attempting := 0, false
	for _, p := range r.Products {
		status := link.Products.Of(p)
		if status == nil {
			continue // not a product of this link (any more): nothing will come
		}
		before := r.before[p]
		switch moved := status.LastAttemptedAt.After(before.LastAttemptedAt); {
		case status.RefreshedAt.After(before.RefreshedAt):
			brought = append(brought, p)
		case moved && status.ErrorCode != "":
			failures[p] = *status
		default:
			waiting++
			attempting = attempting || moved
		}
	}
	r.Failures, r.brought = failures, brought
	switch {
	case waiting == 0 && len(failures) > 0:
		r.Phase, r.Ended = Failed, now
	case waiting == 0:
		r.Phase, r.Ended = Done, now
	case attempting:
		r.Phase = Attempting
	}
	return r
}

// interval eases off from one second.
func (r Refresh) interval() time.Duration {
	return min(firstPoll+time.Duration(r.polls/2)*time.Second, slowestPoll)
}
