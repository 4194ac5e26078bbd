package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"till/moneykit"
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
	return w.RefreshAfter(func(context.Context) {}, id, products...)
}

// RefreshAfter is Refresh with something to be done first, which is already part
// of the job that the stream tells of.
func (w *Watcher) RefreshAfter(first func(context.Context), id moneykit.LinkID, products ...moneykit.Product) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.run == nil {
		return ErrStopped
	}
	e := w.entry(id)
	if e.snapshot.Refreshing() {
		return ErrBusy
	}
	refresh := newRefresh(time.Now(), slices.Clone(products))
	w.setRefresh(e, refresh)
	ctx := w.run
	w.running.Go(func() {
		first(ctx)
		w.request(ctx, id, refresh)
	})
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
	defer signal(w.wake)
	e := w.entry(id)
	if err != nil {
		if refresh.before == nil { // the API as a whole is limited, not this link's products
			w.pause(now, err)
		}
		w.setRefresh(e, refresh.refused(now, err))
		return
	}
	refresh.Phase = Accepted
	w.setRefresh(e, refresh)
	e.snapshot.Link, e.snapshot.At, e.snapshot.Err, e.snapshot.Recalled = link, now, nil, false
	e.errors, e.stale = 0, e.reading
	e.due = now.Add(firstPoll)
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
