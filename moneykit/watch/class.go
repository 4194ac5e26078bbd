package watch

import (
	"container/heap"
	"time"

	"till/moneykit"
)

// class is why a request is sent, the most urgent first.
type class int

const (
	idle       class = iota // no request
	asked                   // Look and Put
	refreshing              // a refresh is in flight
	turns                   // Turn; it holds no links
	onScreen                // shown or followed
	recent                  // changed a short while ago
	round                   // all other links
	classes
)

const (
	// shownEvery is how often links on screen are read.
	shownEvery = 15 * time.Second
	// settlingEvery is how often a link on screen is read while it connects.
	settlingEvery = 2 * time.Second
	// recentEvery is how often a link is read for recentFor after it changed.
	recentEvery = time.Minute
	recentFor   = 10 * time.Minute
	// roundEvery is how often all other links are read, if the budget allows.
	roundEvery = 10 * time.Minute
	// slowestRetry bounds the back-off after errors.
	slowestRetry = 2 * time.Minute
)

// queue holds the links of a class as a heap: the one that is due first is in front,
// and of several the one that became known first.
type queue []*entry

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].order < q[j].order
	}
	return q[i].due.Before(q[j].due)
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push is for container/heap.
func (q *queue) Push(e any) {
	e.(*entry).place = len(*q)
	*q = append(*q, e.(*entry))
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}

// enqueue moves a link into the class that it belongs to by now. Whatever changes
// what a link is read for calls it. w.mu is held.
func (w *Watcher) enqueue(e *entry, now time.Time) {
	if e.class != idle {
		heap.Remove(&w.queues[e.class], e.place)
	}
	if e.class = w.classOf(e, now); e.class != idle {
		e.due = e.dueIn(e.class)
		heap.Push(&w.queues[e.class], e)
	}
}

func (w *Watcher) classOf(e *entry, now time.Time) class {
	visible := e.shown || e.followers > 0
	switch {
	case e.reading != nil, e.awaitsAnswer():
		return idle
	case !e.asked.IsZero():
		return asked
	case e.snapshot.Refreshing():
		return refreshing
	case w.off && (e.seen || !visible):
		return idle
	case visible:
		return onScreen
	case now.Before(e.restless):
		return recent
	}
	return round
}

// awaitsAnswer reports that a refresh was requested and not answered, which
// leaves nothing to learn from a read.
func (e *entry) awaitsAnswer() bool {
	return e.snapshot.Refresh != nil && e.snapshot.Refresh.Phase == Requested
}

// dueIn returns when a link is read next as one of a class.
func (e *entry) dueIn(c class) time.Time {
	switch {
	case c == asked:
		return e.asked
	case e.tried.IsZero():
		return time.Time{}
	}
	return e.tried.Add(e.interval(c))
}

// interval returns how long a link of a class is left alone after a read.
func (e *entry) interval(c class) time.Duration {
	retry := time.Duration(0)
	if e.errors > 0 {
		retry = min(shownEvery<<min(e.errors-1, 8), slowestRetry)
	}
	link := e.snapshot.Link
	switch {
	case c == refreshing:
		return e.snapshot.Refresh.interval()
	case c == recent:
		return max(recentEvery, retry)
	case c == round && e.seen:
		return roundEvery
	case retry > 0:
		return retry
	case link != nil && link.State == moneykit.Connecting:
		return settlingEvery
	}
	return shownEvery
}
