package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// MaxRate is how many times as fast as usual the clock can run: a day in less
// than a second.
const MaxRate = 100_000

// longest is a time in nanoseconds that a duration can hold, over a century.
const longest = 1 << 62

// dial is what was done to the Sandbox's clock: at Real, which the clock below
// told, it was set to At, and since then it runs at Rate.
type dial struct {
	At   time.Time `json:"at"`
	Real time.Time `json:"real"`
	Rate float64   `json:"rate"`
}

// lastDay is where the clock stops.
var lastDay = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)

// now tells the time at the resolution of the API's timestamps.
func (d dial) now(real time.Time) time.Time {
	passed := max(0, real.Sub(d.Real))
	if d.Rate != 1 {
		passed = time.Duration(min(float64(passed)*d.Rate, longest))
	}
	now := d.At.Add(passed).UTC().Truncate(time.Microsecond)
	if now.After(lastDay) {
		return lastDay
	}
	return now
}

// wait is how long it really takes until the clock tells a time; false for
// never, when it stands still.
func (d dial) wait(real, at time.Time) (time.Duration, bool) {
	now := d.now(real)
	left := at.Sub(now)
	switch {
	case left <= 0:
		return 0, true
	case d.Rate == 0, now.Equal(lastDay):
		return 0, false
	case d.Rate == 1:
		return left, true
	default:
		return time.Duration(min(math.Ceil(float64(left)/d.Rate), longest)), true // rounded up, so that waiting that long is enough
	}
}

// ErrClock refuses to move the clock as asked.
var ErrClock = errors.New("sandbox: the clock only goes forward, to the year 2200 and at 100000 times the usual rate at most")

// wrongTime is ErrClock, with the bound that this Sandbox has.
func (s *Sandbox) wrongTime() error {
	if last := s.last(); last.Before(lastDay) {
		return fmt.Errorf("%w, and here to %s", ErrClock, last.Format(time.DateOnly))
	}
	return ErrClock
}

// Now is the time in the Sandbox. It never waits for anything else to be done.
func (s *Sandbox) Now() time.Time { return s.dial.Load().now(s.clock()) }

// now reads the clock, with the Sandbox locked.
func (s *Sandbox) now() time.Time { return s.Dial.now(s.clock()) }

// turn sets the clock.
func (s *Sandbox) turn(d dial) {
	s.Dial = d
	s.dial.Store(&d)
}

// SetRate lets the clock run so many times as fast as before; 0 stops it.
func (s *Sandbox) SetRate(rate float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !(rate >= 0 && rate <= MaxRate) { // not a number is refused too
		return ErrClock
	}
	s.turn(dial{At: s.now(), Real: s.clock(), Rate: rate})
	s.tell(happening{Kind: "clock", Message: "runs " + strconv.FormatFloat(rate, 'g', -1, 64) + " times as fast"})
	s.changed()
	return nil
}

// Advance moves the clock on. What is due in between happens at its time, and
// webhooks have been sent, also again where a receiver failed, when it returns.
// A receiver that does not answer holds it up for ten seconds at each attempt.
func (s *Sandbox) Advance(ctx context.Context, by time.Duration) error {
	return s.move(ctx, func(now time.Time) time.Time { return now.Add(by) })
}

// AdvanceTo moves the clock on to a moment, as [Sandbox.Advance] does.
func (s *Sandbox) AdvanceTo(ctx context.Context, at time.Time) error {
	return s.move(ctx, func(time.Time) time.Time { return at.Truncate(time.Microsecond) })
}

func (s *Sandbox) move(ctx context.Context, to func(now time.Time) time.Time) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	start := s.Now()
	target := to(start)
	if target.Before(start) || target.After(s.last()) {
		return s.wrongTime()
	}
	for last := false; !last && ctx.Err() == nil; {
		s.mu.Lock()
		at := target
		if last = len(s.Agenda) == 0 || !s.Agenda[0].At.Before(target); !last {
			at = s.Agenda[0].At
		}
		if at.After(s.now()) {
			s.turn(dial{At: at, Real: s.clock(), Rate: s.Dial.Rate})
		}
		if last {
			s.tell(happening{Kind: "clock", Message: "moved on by " + target.Sub(start).String()})
		}
		s.changed()
		s.mu.Unlock()
		s.deliverDue(ctx)
	}
	return ctx.Err()
}
