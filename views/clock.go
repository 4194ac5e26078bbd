package views

import (
	"errors"
	"slices"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// clock tells the time by which a session's data is dated. That of the embedded
// Sandbox can be advanced; everyone else's is this machine's.
type clock struct {
	sandbox  func() time.Time // nil for this machine's clock
	advances []advance        // oldest first
}

// advance is one step of the Sandbox's clock.
type advance struct {
	at time.Time // when it was done, by this machine's clock
	by time.Duration
}

// now is in this machine's time zone, by which today is told. It is the time of day
// alone: what else a time.Time measures stands still while the machine sleeps.
func (c *clock) now() time.Time {
	if c.sandbox == nil {
		return time.Now().Round(0)
	}
	return c.sandbox().Local().Round(0)
}

// tell returns what this clock showed when this machine's showed t.
func (c *clock) tell(t time.Time) time.Time {
	if c.sandbox == nil || t.IsZero() {
		return t
	}
	ahead := time.Until(c.sandbox())
	for _, a := range c.advances {
		if a.at.After(t) {
			ahead -= a.by
		}
	}
	return t.Add(ahead)
}

// reached returns when, by this machine's clock, this one first showed t or later.
func (c *clock) reached(t time.Time) time.Time {
	if c.sandbox == nil || t.IsZero() {
		return t
	}
	at := t.Add(-time.Until(c.sandbox()))
	for _, a := range slices.Backward(c.advances) {
		if !at.Before(a.at) {
			break
		}
		at = at.Add(a.by)
		if at.After(a.at) {
			return a.at // the clock went past t then
		}
	}
	return at
}

// advancedSince reports whether the clock was advanced since this machine's
// showed t.
func (c *clock) advancedSince(t time.Time) bool {
	n := len(c.advances)
	return n > 0 && !c.advances[n-1].at.Before(t)
}

// retryAt returns when a limited refresh is allowed again. A wait that came with
// the refusal was counted by this machine's clock; one from the documented
// limits, from the time of the last attempt.
func (c *clock) retryAt(r *watch.Refresh) time.Time {
	refusal := (*moneykit.Error)(nil)
	if errors.As(r.Err, &refusal) && refusal.RetryAfter > 0 {
		return c.tell(r.Ended).Add(refusal.RetryAfter)
	}
	return r.RetryAt
}
