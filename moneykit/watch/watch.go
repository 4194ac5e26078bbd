// Package watch follows links: it reads each one that it is told of, reads
// what is on screen again and again and all else now and then, and follows
// refreshes until they end. All of it, and what others send, keeps to one budget.
//
// What it learns comes out of one stream of news, [Watcher.Next]. It does
// not read accounts or transactions, and it draws nothing.
package watch

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"till/moneykit"
)

// Snapshot is what is known of a link at one moment. It never changes; news
// come as another Snapshot.
type Snapshot struct {
	ID      moneykit.LinkID
	Link    *moneykit.Link // nil until the first answer
	At      time.Time      // when Link was read
	Err     error          // of the last read, nil when it succeeded
	Refresh *Refresh       // in flight or last ended, nil when there was none
	// Recalled tells that Link was read in an earlier run, and not since.
	Recalled bool
}

// Refreshing reports whether a refresh is in flight.
func (s Snapshot) Refreshing() bool { return s.Refresh != nil && !s.Refresh.Phase.Over() }

// Watcher follows links. Its methods are safe for concurrent use and return at
// once, but for Run, Next and Turn.
type Watcher struct {
	client *moneykit.Client
	off    bool          // no background polling
	wake   chan struct{} // there may be something to do
	news   chan struct{} // there is something for Next

	mu       sync.Mutex
	entries  map[moneykit.LinkID]*entry
	shown    []*entry
	changed  []*entry
	events   []Event
	baseline bool // a link that becomes known has appeared

	clock    clock
	pace     pace
	queues   [classes]queue
	waiting  []chan int   // for a turn, longest first
	served   [classes]int // the last request of each class
	passed   int          // requests in a row that passed over a less urgent class
	rested   bool         // Rest was called
	resting  time.Time    // nothing but what is urgent before: reads have failed
	failed   int          // reads in a row
	failure  error        // of the last read
	reached  time.Time    // the last read that succeeded
	answered time.Time
	seen     int // entries that are

	run      context.Context // nil while not running
	running  sync.WaitGroup
	panicked atomic.Pointer[string] // what work of Run panicked with
}

// entry is a link. Its times, but for the snapshot's, are the clock's.
type entry struct {
	snapshot  Snapshot
	order     int // in which links became known
	class     class
	place     int       // in the queue of class
	due       time.Time // when it is read next
	asked     time.Time // zero when it was not, or is being read
	tried     time.Time // the last read
	restless  time.Time // until then it counts as recently changed
	followers int
	errors    int // in a row
	shown     bool
	reading   chan struct{} // closed when the read in flight is over, nil without one
	stale     bool          // changed while being read: the answer may be older and is dropped
	seen      bool          // answered for since Run began
	appeared  bool          // it became known after Baseline
	changed   bool
}

// New returns a Watcher that reads through client. It does nothing before Run.
func New(client *moneykit.Client, opts ...Option) *Watcher {
	w := &Watcher{
		client: client.WithoutRetries(), wake: make(chan struct{}, 1), news: make(chan struct{}, 1),
		entries: map[moneykit.LinkID]*entry{}, clock: newClock(), pace: newPace(DefaultRate, DefaultInFlight),
	}
	for _, opt := range opts {
		opt(w)
	}
	return w
}

// Add makes links known; each is read in the order given.
func (w *Watcher) Add(ids ...moneykit.LinkID) {
	w.mu.Lock()
	w.know(ids)
	w.mu.Unlock()
	signal(w.wake)
}

// know publishes links that are new. w.mu is held.
func (w *Watcher) know(ids []moneykit.LinkID) {
	for _, id := range ids {
		if _, known := w.entries[id]; !known {
			w.publish(w.entry(id))
		}
	}
}

// Recall makes links known as they were read in an earlier run; each is read
// as by Add. What is known already is newer.
func (w *Watcher) Recall(snapshots ...Snapshot) {
	w.mu.Lock()
	for _, s := range snapshots {
		if _, known := w.entries[s.ID]; !known {
			s.Recalled = true
			e := w.entry(s.ID)
			e.snapshot = s
			w.publish(e)
		}
	}
	w.mu.Unlock()
	signal(w.wake)
}

// Baseline says that the links known by now are those that there were: one that
// becomes known later has appeared.
func (w *Watcher) Baseline() {
	w.mu.Lock()
	w.baseline = true
	w.mu.Unlock()
}

// Show tells which links are on screen: they are read first and kept fresh.
func (w *Watcher) Show(ids ...moneykit.LinkID) {
	w.mu.Lock()
	w.know(ids)
	before := w.shown
	for _, e := range before {
		e.shown = false
	}
	w.shown = make([]*entry, len(ids))
	for i, id := range ids {
		w.shown[i] = w.entries[id]
		w.shown[i].shown = true
	}
	now := w.clock.now()
	for _, e := range slices.Concat(before, w.shown) {
		w.enqueue(e, now)
	}
	w.mu.Unlock()
	signal(w.wake)
}

// Follow keeps a link fresh wherever it stands in a list, until stop is called.
func (w *Watcher) Follow(id moneykit.LinkID) (stop func()) {
	add := func(n int) {
		w.mu.Lock()
		e := w.entry(id)
		e.followers += n
		w.enqueue(e, w.clock.now())
		w.mu.Unlock()
		signal(w.wake)
	}
	add(1)
	return sync.OnceFunc(func() { add(-1) })
}

// Put takes a newer state of a link that was learned elsewhere, such as the
// answer to a reset, and reads the link again soon.
func (w *Watcher) Put(link *moneykit.Link) {
	w.mu.Lock()
	e := w.entry(link.ID)
	w.take(e, link)
	w.look(e)
	w.mu.Unlock()
	signal(w.wake)
}

// Look reads a link as soon as possible, as after a change made elsewhere.
func (w *Watcher) Look(id moneykit.LinkID) {
	w.mu.Lock()
	w.look(w.entry(id))
	w.mu.Unlock()
	signal(w.wake)
}

// look is Look for who holds w.mu.
func (w *Watcher) look(e *entry) {
	e.errors, e.stale = 0, e.reading != nil
	if e.reading == nil {
		w.ask(e)
	}
}

// ask puts a link before what is on screen. w.mu is held.
func (w *Watcher) ask(e *entry) {
	now := w.clock.now()
	if e.stale = false; e.asked.IsZero() {
		e.asked = now
	}
	w.enqueue(e, now)
}

// Snapshot returns what is known of a link.
func (w *Watcher) Snapshot(id moneykit.LinkID) (Snapshot, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, known := w.entries[id]
	if !known {
		return Snapshot{}, false
	}
	return e.snapshot, true
}

// Next waits for news and returns the newest snapshot of every link that
// changed since the last call, and all events. A slow caller misses snapshots in
// between, never the last one, and events only when there are very many.
func (w *Watcher) Next(ctx context.Context) (News, error) {
	for {
		select {
		case <-ctx.Done():
			return News{}, ctx.Err()
		case <-w.news:
		}
		w.mu.Lock()
		news := News{Snapshots: make([]Snapshot, len(w.changed)), Events: w.events}
		for i, e := range w.changed {
			e.changed = false
			news.Snapshots[i] = e.snapshot
		}
		clear(w.changed)
		w.changed, w.events = w.changed[:0], nil
		w.mu.Unlock()
		if len(news.Snapshots) > 0 {
			return news, nil
		}
	}
}

// entry returns a link's entry and makes it if need be. w.mu is held.
func (w *Watcher) entry(id moneykit.LinkID) *entry {
	e, known := w.entries[id]
	if !known {
		e = &entry{snapshot: Snapshot{ID: id}, order: len(w.entries), appeared: w.baseline}
		w.entries[id] = e
		w.enqueue(e, time.Time{}) // it has no past
	}
	return e
}

// publish puts an entry's snapshot on the stream. w.mu is held.
func (w *Watcher) publish(e *entry) {
	if !e.changed {
		e.changed = true
		w.changed = append(w.changed, e)
	}
	signal(w.news)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
