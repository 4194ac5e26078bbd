package watch

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"till/moneykit"
)

// What a Watcher does unless WithBudget says otherwise.
const (
	DefaultRate     = 4 // requests a second
	DefaultInFlight = 8
)

// Option changes how a Watcher is built.
type Option func(*Watcher)

// WithBudget replaces DefaultRate and DefaultInFlight. In any d seconds at most
// inFlight + perSecond·d requests are begun; math.Inf(1) sets no such limit. A rate of 0
// turns background polling off: what is asked for is read within DefaultRate, what is
// on screen is read until there was one answer, and nothing is read again by itself but
// a link whose refresh is in flight.
func WithBudget(perSecond float64, inFlight int) Option {
	return func(w *Watcher) {
		if w.off = perSecond <= 0; w.off {
			perSecond = DefaultRate
		}
		w.pace = newPace(perSecond, max(1, inFlight))
	}
}

// Pulse is how the polling of a Watcher stands.
type Pulse struct {
	Rate, Limit float64 // requests a second: allowed now, and at most; Limit is 0 when background polling is off
	InFlight    int
	Paused      time.Time     // nothing is asked before, since MoneyKit asked for a rest; zero for none
	Resting     bool          // Rest was called
	Known, Seen int           // links known, and read since Run began
	Left        time.Duration // about how long until all known links are seen, 0 when they are or nobody knows
	Answered    time.Time     // the last answer of any kind, zero for none
	Failed      error         // of the last read, nil when it succeeded
}

// Pulse tells how the polling stands.
func (w *Watcher) Pulse() Pulse {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := Pulse{
		Rate: w.pace.rate, Limit: w.pace.limit, InFlight: w.pace.inFlight, Resting: w.rested,
		Known: len(w.entries), Seen: w.seen, Answered: w.answered, Failed: w.failure,
	}
	if w.off {
		p.Limit = 0
	}
	if time.Now().Before(w.pace.paused) {
		p.Paused = w.pace.paused
	}
	p.Left = w.left()
	return p
}

// left reckons with what links on screen take of the budget. w.mu is held.
func (w *Watcher) left() time.Duration {
	unseen, rate := len(w.entries)-w.seen, w.pace.rate
	if unseen == 0 || w.off || w.rested || w.lost(w.clock.now()) || math.IsInf(rate, 1) {
		return 0
	}
	spare := max(rate-float64(len(w.queues[onScreen]))/shownEvery.Seconds(), rate/(passes+1))
	return time.Duration(min(float64(unseen)/spare*float64(time.Second), math.MaxInt64/2))
}

// Rest stops polling, as while nobody looks at the terminal, until it is called with
// false. What is asked for and refreshes in flight go on.
func (w *Watcher) Rest(rest bool) {
	w.mu.Lock()
	w.rested, w.passed = rest, 0
	w.mu.Unlock()
	signal(w.wake)
}

// Turn waits until a request may be sent within the budget, and for Run. Whoever sends
// requests beside the Watcher's own takes a turn for each, and calls done when it is
// answered. It fails when ctx ends.
func (w *Watcher) Turn(ctx context.Context) (done func(error), err error) {
	granted := make(chan int, 1)
	w.mu.Lock()
	w.waiting = append(w.waiting, granted)
	w.mu.Unlock()
	signal(w.wake)
	select {
	case number := <-granted:
		var once sync.Once
		return func(err error) { once.Do(func() { w.endTurn(number, err) }) }, nil
	case <-ctx.Done():
		w.leave(granted, ctx.Err())
		return nil, ctx.Err()
	}
}

// leave gives a turn back, or the place of one who waits for it.
func (w *Watcher) leave(granted chan int, err error) {
	w.mu.Lock()
	i := slices.Index(w.waiting, granted)
	if i >= 0 {
		w.waiting = slices.Delete(w.waiting, i, i+1)
	}
	w.mu.Unlock()
	if i < 0 {
		w.endTurn(<-granted, err)
	}
}

func (w *Watcher) endTurn(number int, err error) {
	w.mu.Lock()
	w.end(number, err)
	w.mu.Unlock()
	signal(w.wake)
}

// end takes how a request was answered. w.mu is held.
func (w *Watcher) end(number int, err error) {
	now := time.Now()
	w.pace.end(now, number, err)
	if refusal := (*moneykit.Error)(nil); err == nil || errors.As(err, &refusal) {
		w.answered = now
	}
}
