package watch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"till/moneykit"
)

// ErrBusy says that a refresh of the link is already in flight.
var ErrBusy = errors.New("watch: a refresh of this link is in flight")

// ErrStopped says that the Watcher is not running.
var ErrStopped = errors.New("watch: not running")

// errCalledOff says that a refresh was not asked for, since nobody wants it any more.
var errCalledOff = errors.New("watch: the refresh was called off")

// nap bounds how long Run sleeps: a timer does not notice that the machine slept too.
const nap = 5 * time.Second

// Run reads links until ctx ends. It returns when nothing is in flight. When something
// that it started panics, so does Run, since only who calls it can recover.
func (w *Watcher) Run(ctx context.Context) {
	w.mu.Lock()
	w.run = ctx
	w.mu.Unlock()
	defer w.stop()
	for ctx.Err() == nil {
		if p := w.panicked.Load(); p != nil {
			panic(*p)
		}
		next, wait := w.pick()
		if next.entry != nil {
			w.running.Go(w.guarded(func() { w.read(ctx, next) }))
			continue
		}
		timer := time.NewTimer(min(wait, nap))
		select {
		case <-w.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// guarded is work that does not end the program when it panics: Run does in its place.
func (w *Watcher) guarded(work func()) func() {
	return func() {
		defer func() {
			if p := recover(); p != nil {
				told := fmt.Sprintf("%v\n\n%s", p, debug.Stack())
				w.panicked.Store(&told)
				signal(w.wake)
			}
		}()
		work()
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
	going := w.run
	w.mu.Unlock()
	if going == nil {
		return ErrStopped
	}
	_, err := w.begin(going, first, id, products)
	return err
}

// begin is RefreshAfter for whoever waits for the end. What it returns gets the
// refresh once that is over; it never does when Run returns before. Once going ends,
// nothing more is sent for the refresh, unless it was asked for already.
func (w *Watcher) begin(going context.Context, first func(context.Context), id moneykit.LinkID, products []moneykit.Product) (ended <-chan Refresh, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.run == nil {
		return nil, ErrStopped
	}
	e := w.entry(id)
	if e.snapshot.Refreshing() {
		return nil, ErrBusy
	}
	refresh := newRefresh(time.Now(), slices.Clone(products))
	w.setRefresh(e, refresh)
	ctx, reading := w.run, e.reading
	w.running.Go(w.guarded(func() {
		first(going)
		if reading != nil {
			<-reading // never two reads of one link at once
		}
		w.request(ctx, going, id, refresh)
	}))
	return refresh.ended, nil
}

// request notes where the products stand and asks for the refresh.
func (w *Watcher) request(ctx, going context.Context, id moneykit.LinkID, refresh Refresh) {
	link, err := w.before(ctx, going, id)
	if err == nil {
		refresh = refresh.remember(link)
		link, refresh.sent, err = w.order(ctx, going, id, refresh.Products)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer signal(w.wake)
	e := w.entry(id)
	switch {
	case err == nil:
		refresh.Phase, refresh.RequestID, refresh.since = Accepted, link.RequestID, time.Now()
		w.take(e, link)
		e.errors, e.stale, e.tried = 0, e.reading != nil, w.clock.now()
		w.setRefresh(e, refresh)
	case errors.Is(err, errCalledOff):
		refresh.ended <- refresh.refused(time.Now(), err)
		e.snapshot.Refresh = nil
		w.enqueue(e, w.clock.now())
		w.publish(e)
	default:
		w.setRefresh(e, refresh.refused(time.Now(), err))
	}
}

// before reads a link within the budget, again when MoneyKit is asked too much.
func (w *Watcher) before(ctx, going context.Context, id moneykit.LinkID) (link *moneykit.Link, err error) {
	for range triesOfChange {
		var done func(error)
		if done, err = w.turnOf(ctx, going); err != nil {
			return nil, err
		}
		link, err = w.client.Link(ctx, id)
		done(err)
		if !errors.Is(err, moneykit.RateLimitExceeded) {
			break
		}
	}
	return link, err
}

// order asks for fresh data of a link in a turn of its own.
func (w *Watcher) order(ctx, going context.Context, id moneykit.LinkID, products []moneykit.Product) (link *moneykit.Link, sent bool, err error) {
	done, err := w.turnOf(ctx, going)
	if err != nil {
		return nil, false, err
	}
	link, err = w.client.RefreshProducts(ctx, id, products...)
	if errors.Is(err, moneykit.RateLimitExceeded) {
		done(nil) // this link's products are limited, not the API as a whole
	} else {
		done(err)
	}
	return link, true, err
}

// turnOf is Turn for a refresh that is called off when going ends before ctx.
func (w *Watcher) turnOf(ctx, going context.Context) (done func(error), err error) {
	if done, err = w.Turn(going); err == nil && going.Err() != nil {
		done(going.Err()) // nothing is sent in it
		err = going.Err()
	}
	if err != nil && ctx.Err() == nil {
		err = errCalledOff
	}
	return done, err
}

// setRefresh replaces the refresh in a link's snapshot. w.mu is held.
func (w *Watcher) setRefresh(e *entry, refresh Refresh) {
	e.snapshot.Refresh = &refresh
	if refresh.Phase.Over() {
		refresh.ended <- refresh
	}
	w.enqueue(e, w.clock.now())
	w.publish(e)
}
