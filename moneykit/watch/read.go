package watch

import (
	"container/heap"
	"context"
	"errors"
	"net/http"
	"time"

	"till/moneykit"
)

const (
	// firstRest is how long the round rests after a failed read; it doubles
	// until one succeeds.
	firstRest = time.Second
	// mostEvents bounds how many wait for Next.
	mostEvents = 10_000
)

// read asks for one link and takes what it learns into the link's entry.
func (w *Watcher) read(ctx context.Context, errand errand) {
	e, over := errand.entry, errand.entry.reading
	defer close(over)
	link, err := w.client.Link(ctx, e.snapshot.ID)
	w.mu.Lock()
	defer w.mu.Unlock()
	defer signal(w.wake)
	w.end(errand.number, err)
	e.reading = nil
	if ctx.Err() != nil || e.stale {
		w.ask(e)
		return
	}
	w.learn(e, link, err)
}

// learn takes the answer to a read into an entry. w.mu is held.
func (w *Watcher) learn(e *entry, link *moneykit.Link, err error) {
	now := w.clock.now()
	if forgotten := forgotten(e.snapshot.Link, err); forgotten != nil {
		link, err = forgotten, nil
	}
	e.tried, w.failure = now, err
	if err != nil {
		e.errors++
		e.snapshot.Err = err
	} else {
		e.errors = 0
		w.take(e, link)
	}
	if err == nil || errors.Is(err, moneykit.LinkNotFound) {
		w.reach(now)
	} else {
		w.failed++
		w.resting = now.Add(min(firstRest<<min(w.failed-1, 8), slowestRetry))
	}
	if !passing(err) {
		w.see(e)
	}
	if e.snapshot.Refreshing() && !e.awaitsAnswer() {
		w.setRefresh(e, e.snapshot.Refresh.seen(time.Now(), link))
	}
	w.enqueue(e, now)
	w.publish(e)
}

// see notes that there was an answer for a link. w.mu is held.
func (w *Watcher) see(e *entry) {
	if !e.seen {
		e.seen = true
		w.seen++
	}
}

// take replaces what is known of a link and tells what happened to it. w.mu is held.
func (w *Watcher) take(e *entry, link *moneykit.Link) {
	before := e.snapshot
	e.snapshot.Link, e.snapshot.At, e.snapshot.Err, e.snapshot.Recalled = link, time.Now(), nil, false
	w.see(e)
	w.publish(e)
	if before.Link == nil && !e.appeared {
		return
	}
	events := Between(before, e.snapshot)
	if len(events) > 0 && e.snapshot.At.Sub(before.At) < 2*roundEvery { // else nobody knows when it changed
		e.restless = w.clock.now().Add(recentFor)
	}
	w.events = append(w.events, events...)
	w.events = w.events[max(0, len(w.events)-mostEvents):]
}

// reach takes it that a read succeeded: when reads had failed for long, what is on
// screen does not wait for the end of its back-off. w.mu is held.
func (w *Watcher) reach(now time.Time) {
	if w.lost(now) {
		for _, e := range w.queues[onScreen] {
			if e.errors > 0 {
				e.tried, e.due = time.Time{}, time.Time{}
			}
		}
		heap.Init(&w.queues[onScreen])
	}
	w.failed, w.resting, w.reached = 0, time.Time{}, now
}

// lost reports that reads have failed for long, and not of some links alone. w.mu is held.
func (w *Watcher) lost(now time.Time) bool {
	return w.failed > 0 && now.Sub(w.reached) > shownEvery
}

// forgotten is a link that MoneyKit knows no longer: it was deleted more than 90
// days ago. It is nil for any other answer, and for a link that was never seen.
func forgotten(known *moneykit.Link, err error) *moneykit.Link {
	refusal := (*moneykit.Error)(nil)
	if known == nil || !errors.Is(err, moneykit.LinkNotFound) || !errors.As(err, &refusal) {
		return nil
	}
	link := *known
	link.State, link.ErrorCode, link.RequestID = moneykit.Deleted, "", refusal.RequestID
	return &link
}

// passing reports that what failed may succeed later.
func passing(err error) bool {
	if refusal := (*moneykit.Error)(nil); errors.As(err, &refusal) {
		return refusal.Status == http.StatusTooManyRequests || refusal.Status >= http.StatusInternalServerError
	}
	return err != nil
}
