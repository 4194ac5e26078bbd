package watch

import (
	"container/heap"
	"slices"
	"time"
)

const (
	// never is longer than anything is waited for.
	never = time.Hour
	// passes is how many requests in a row may pass over one that is due in a
	// less urgent class.
	passes = 3
)

// errand is a link to read now.
type errand struct {
	entry  *entry
	number int // of the request
}

// pick returns the read to begin, or how long there is none. It grants turns.
func (w *Watcher) pick() (errand, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if wait := w.pace.wait(time.Now()); wait > 0 {
			return errand{}, wait
		}
		chosen, wait := w.choose(w.clock.now())
		switch chosen {
		case idle:
			return errand{}, wait
		case turns:
			w.waiting[0] <- w.pace.begin()
			w.waiting = slices.Delete(w.waiting, 0, 1)
		default:
			e := heap.Pop(&w.queues[chosen]).(*entry)
			e.class, e.reading, e.asked = idle, make(chan struct{}), time.Time{}
			return errand{e, w.pace.begin()}, 0
		}
	}
}

// choose returns the class that the next request is for, or how long nothing is due.
// The most urgent comes first; when it has passed over others for long enough, it is
// the turn of the one that has gone without for longest. w.mu is held.
func (w *Watcher) choose(now time.Time) (class, time.Duration) {
	first, hungry, wait := idle, idle, never
	for c := asked; c < classes; c++ {
		later := w.later(c, now)
		switch wait = min(wait, later); {
		case later > 0:
		case first == idle:
			first = c
		case hungry == idle || w.served[c] < w.served[hungry]:
			hungry = c
		}
	}
	if first == idle {
		return idle, wait
	}
	chosen := first
	switch {
	case hungry == idle:
		w.passed = 0
	case w.passed < passes:
		w.passed++
	default:
		chosen, w.passed = hungry, 0
	}
	w.served[chosen] = w.pace.begun + 1
	return chosen, 0
}

// later returns how long nothing of a class is due. w.mu is held.
func (w *Watcher) later(c class, now time.Time) time.Duration {
	switch {
	case c == turns && len(w.waiting) > 0:
		return 0
	case len(w.queues[c]) == 0, w.rested && c > turns:
		return never
	}
	due := w.queues[c][0].due
	if c >= recent && due.Before(w.resting) {
		due = w.resting
	}
	return max(0, due.Sub(now))
}
