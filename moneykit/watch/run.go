package watch

import (
	"context"
	"errors"
	"slices"
	"till/moneykit"
	"time"
)

// ErrBusy says that a refresh of the link is already in flight.
var ErrBusy = errors.New("watch: a refresh of this link is in flight")

// ErrStopped says that the Watcher is not running.
var ErrStopped = errors.New("watch: not running")

// Run reads links until ctx ends. It returns when nothing is in flight.
func (w *Watcher) Run(ctx context.Context) {
	w.mu.Lock()
	w.run = ctx
	w.mu.Unlock()
	defer w.stop()
	slots := make(chan struct{}, workers)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		id, wait := w.pick(time.Now())
		if id != "" {
			w.running.Go(func() {
				defer func() { <-slots; signal(w.wake) }()
				w.read(ctx, id)
			})
			continue
		}
		<-slots
		timer := time.NewTimer(wait)
		select {
		case <-w.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// stop refuses new refreshes and waits for what is in flight.
func (w *Watcher) stop() {
	w.mu.Lock()
	w.run = nil
	w.mu.Unlock()
	w.running.Wait()
}

// Refresh asks for fresh data of a link and follows the refresh on the stream.
// It fails with ErrBusy while another one of that link is in flight.
func (w *Watcher) Refresh(id moneykit.LinkID, products ...moneykit.Product) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.run == nil {
		return ErrStopped
	}
	e := w.entry(id)
	if e.snapshot.Refreshing() {
		return ErrBusy
	}
	refresh := newRefresh(time.Now(), products)
	w.setRefresh(e, refresh)
	ctx := w.run
	w.running.Go(func() { w.request(ctx, id, refresh) })
	return nil
}

// request notes where the products stand and asks for the refresh.
func (w *Watcher) request(ctx context.Context, id moneykit.LinkID, refresh Refresh) {
	link, err := w.client.Link(ctx, id)
	if err == nil {
		refresh = refresh.remember(link)
		link, err = w.client.RefreshProducts(ctx, id, refresh.Products...)
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entry(id)
	if err != nil {
		w.setRefresh(e, refresh.refused(now, err))
		return
	}
	refresh.Phase = Accepted
	w.setRefresh(e, refresh)
	e.snapshot.Link, e.snapshot.At, e.snapshot.Err = link, now, nil
	e.stale = false // a read in flight is from before the request
	e.due = now.Add(firstPoll)
	signal(w.wake)
}

// setRefresh replaces the refresh in a link's snapshot. w.mu is held.
func (w *Watcher) setRefresh(e *entry, refresh Refresh) {
	e.snapshot.Refresh = &refresh
	w.active = slices.DeleteFunc(w.active, func(id moneykit.LinkID) bool { return id == e.snapshot.ID })
	if !refresh.Phase.Over() {
		w.active = append(w.active, e.snapshot.ID)
	}
	w.publish(e)
}

// pick returns the link to read now, or how long there is nothing to read.
// Refreshes come first, then what is on screen, then the backlog.
func (w *Watcher) pick(now time.Time) (moneykit.LinkID, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.paused) {
		return "", w.paused.Sub(now)
	}
	wait := time.Hour
	for _, id := range slices.Concat(w.active, w.shown) {
		e := w.entries[id]
		if e.reading || e.awaitsAnswer() {
			continue
		}
		if !e.due.After(now) {
			e.reading = true
			return id, 0
		}
		wait = min(wait, e.due.Sub(now))
	}
	for len(w.backlog) > 0 {
		id := w.backlog[0]
		w.backlog = w.backlog[1:]
		if e := w.entries[id]; !e.reading && e.due.IsZero() {
			e.reading = true
			return id, 0
		}
	}
	return "", wait
}

// awaitsAnswer reports that a refresh was requested and not answered, which
// leaves nothing to learn from a read.
func (e *entry) awaitsAnswer() bool {
	return e.snapshot.Refresh != nil && e.snapshot.Refresh.Phase == Requested
}

// read asks for one link and takes what it learns into the link's entry.
func (w *Watcher) read(ctx context.Context, id moneykit.LinkID) {
	started := time.Now()
	link, err := w.client.Link(ctx, id)
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entries[id]
	e.reading = false
	w.learn(e, started, now, link, err)
	if e.stale {
		w.readNext(e)
	}
}

// learn takes an answer into an entry. w.mu is held.
func (w *Watcher) learn(e *entry, started, now time.Time, link *moneykit.Link, err error) {
	switch {
	case err != nil:
		e.errors++
		e.snapshot.Err = err
		w.paused = now.Add(rest(err))
	case started.Before(e.snapshot.At):
		// Something newer came in while the answer was on its way.
		e.schedule(now)
		return
	default:
		e.errors = 0
		e.snapshot.Link, e.snapshot.At, e.snapshot.Err = link, now, nil
	}
	if e.snapshot.Refreshing() && !e.awaitsAnswer() {
		w.setRefresh(e, e.snapshot.Refresh.seen(now, link))
	}
	e.schedule(now)
	w.publish(e)
}
