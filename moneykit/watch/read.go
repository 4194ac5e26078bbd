package watch

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"till/moneykit"
)

// pick returns the link to read now, or how long there is nothing to read.
// What was asked for comes first, then refreshes, what is on screen and the
// backlog.
func (w *Watcher) pick(now time.Time) (moneykit.LinkID, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.paused) {
		return "", w.paused.Sub(now)
	}
	wait := time.Hour
	for _, id := range slices.Concat(w.looked, w.active, w.followed, w.shown) {
		e := w.entries[id]
		if e.reading || e.awaitsAnswer() {
			continue
		}
		if !e.due.After(now) {
			e.reading = true
			w.looked = slices.DeleteFunc(w.looked, func(looked moneykit.LinkID) bool { return looked == id })
			return id, 0
		}
		wait = min(wait, e.due.Sub(now))
	}
	id, later := w.pickBacklog(now)
	return id, min(wait, later)
}

// pickBacklog takes the first link out of the backlog that is due. w.mu is held.
func (w *Watcher) pickBacklog(now time.Time) (moneykit.LinkID, time.Duration) {
	wait := time.Hour
	if now.Before(w.resting) && len(w.backlog) > 0 {
		return "", w.resting.Sub(now)
	}
	for i := 0; i < len(w.backlog); {
		id := w.backlog[i]
		e := w.entries[id]
		if e.due.After(now) && e.errors > 0 {
			wait = min(wait, e.due.Sub(now))
			i++
			continue
		}
		w.backlog = slices.Delete(w.backlog, i, i+1)
		if !e.reading && (e.due.IsZero() || e.errors > 0) { // else it was read meanwhile
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
	link, err := w.client.Link(ctx, id)
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.entries[id]
	e.reading = false
	if ctx.Err() != nil || e.stale {
		w.pause(now, err)
		w.readNext(e)
		return
	}
	w.learn(e, now, link, err)
}

// learn takes an answer into an entry. w.mu is held.
func (w *Watcher) learn(e *entry, now time.Time, link *moneykit.Link, err error) {
	if forgotten := forgotten(e.snapshot.Link, err); forgotten != nil {
		link, err = forgotten, nil
	}
	if err != nil {
		e.errors++
		e.snapshot.Err = err
		w.pause(now, err)
		w.failed++
		w.resting = now.Add(min(firstRest<<min(w.failed-1, 8), slowestRetry))
	} else {
		e.errors = 0
		e.snapshot.Link, e.snapshot.At, e.snapshot.Err, e.snapshot.Recalled = link, now, nil, false
		w.failed, w.resting = 0, time.Time{}
	}
	if e.snapshot.Refreshing() && !e.awaitsAnswer() {
		w.setRefresh(e, e.snapshot.Refresh.seen(now, link))
	}
	e.schedule(now)
	if e.snapshot.Link == nil && passing(err) && !slices.Contains(w.backlog, e.snapshot.ID) {
		w.backlog = append(w.backlog, e.snapshot.ID)
	}
	w.publish(e)
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

// schedule decides when a link is read next. w.mu is held.
func (e *entry) schedule(now time.Time) {
	wait := shownEvery
	switch link := e.snapshot.Link; {
	case e.snapshot.Refreshing():
		wait = e.snapshot.Refresh.interval()
	case e.errors > 0:
		wait = min(shownEvery<<min(e.errors-1, 8), slowestRetry)
	case link != nil && link.State == moneykit.Connecting:
		wait = settlingEvery
	}
	e.due = now.Add(wait)
}

// passing reports that what failed may succeed later.
func passing(err error) bool {
	if refusal := (*moneykit.Error)(nil); errors.As(err, &refusal) {
		return refusal.Status == http.StatusTooManyRequests || refusal.Status >= http.StatusInternalServerError
	}
	return err != nil
}

// pause stops all reads for as long as MoneyKit asks to be left alone. It never
// shortens a pause: answers that were on their way say less. w.mu is held.
func (w *Watcher) pause(now time.Time, err error) {
	refusal := (*moneykit.Error)(nil)
	if !errors.As(err, &refusal) {
		return
	}
	rest := refusal.RetryAfter
	if refusal.Status == http.StatusTooManyRequests {
		rest = max(rest, defaultPause)
	}
	rest = min(rest, longestPause)
	if until := now.Add(rest); until.After(w.paused) {
		w.paused = until
	}
}
