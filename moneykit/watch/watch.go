// Package watch follows links: it reads each one that it is told of, reads
// what is on screen again and again, and follows refreshes until they end.
//
// What it learns comes out of one stream of snapshots, [Watcher.Next]. It does
// not read accounts or transactions, and it draws nothing.
package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"till/moneykit"
)

const (
	// shownEvery is how often links on screen are read.
	shownEvery = 15 * time.Second
	// settlingEvery is how often a link on screen is read while it connects.
	settlingEvery = 2 * time.Second
	// slowestRetry bounds the back-off after errors.
	slowestRetry = 2 * time.Minute
	// firstRest is how long the backlog rests after a failed read; it doubles
	// until one succeeds.
	firstRest = time.Second
	// longestPause bounds how long MoneyKit's wish to be left alone is heeded
	// without another look.
	longestPause = 2 * time.Minute
	// workers bounds the reads in flight.
	workers = 8
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
// once, but for Run and Next.
type Watcher struct {
	client *moneykit.Client
	wake   chan struct{} // there may be something to read
	news   chan struct{} // there is something for Next

	mu       sync.Mutex
	entries  map[moneykit.LinkID]*entry
	backlog  []moneykit.LinkID // to be read once, oldest first
	looked   []moneykit.LinkID // to be read once, before all others
	shown    []moneykit.LinkID
	followed []moneykit.LinkID // once for each follower
	active   []moneykit.LinkID // with a refresh in flight
	changed  []moneykit.LinkID
	paused   time.Time       // no reads before: MoneyKit asked for a rest
	resting  time.Time       // no reads of the backlog before
	failed   int             // reads in a row
	run      context.Context // nil while not running
	running  sync.WaitGroup
}

type entry struct {
	snapshot Snapshot
	due      time.Time // when it is read next, if it is shown or refreshing
	reading  bool
	stale    bool // changed while being read: the answer may be older and is dropped
	errors   int  // in a row
	changed  bool
}

// New returns a Watcher that reads through client. It does nothing before Run.
func New(client *moneykit.Client) *Watcher {
	return &Watcher{
		client: client.WithoutRetries(), wake: make(chan struct{}, 1), news: make(chan struct{}, 1),
		entries: map[moneykit.LinkID]*entry{},
	}
}

// Add makes links known; each is read once in the order given.
func (w *Watcher) Add(ids ...moneykit.LinkID) {
	w.mu.Lock()
	w.know(ids)
	w.mu.Unlock()
	signal(w.wake)
}

// know publishes links that are new and puts them into the backlog. w.mu is held.
func (w *Watcher) know(ids []moneykit.LinkID) {
	for _, id := range ids {
		if _, known := w.entries[id]; !known {
			w.publish(w.entry(id))
			w.backlog = append(w.backlog, id)
		}
	}
}

// Recall makes links known as they were read in an earlier run; each is read once,
// as by Add. What is known already is newer.
func (w *Watcher) Recall(snapshots ...Snapshot) {
	w.mu.Lock()
	for _, s := range snapshots {
		if _, known := w.entries[s.ID]; !known {
			s.Recalled = true
			w.entry(s.ID).snapshot = s
			w.publish(w.entries[s.ID])
			w.backlog = append(w.backlog, s.ID)
		}
	}
	w.mu.Unlock()
	signal(w.wake)
}

// Show tells which links are on screen: they are read first and kept fresh.
func (w *Watcher) Show(ids ...moneykit.LinkID) {
	w.mu.Lock()
	w.shown = slices.Clone(ids)
	w.know(ids)
	w.mu.Unlock()
	signal(w.wake)
}

// Follow keeps a link fresh wherever it stands in a list, until stop is called.
func (w *Watcher) Follow(id moneykit.LinkID) (stop func()) {
	w.mu.Lock()
	w.entry(id)
	w.followed = append(w.followed, id)
	w.mu.Unlock()
	signal(w.wake)
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if i := slices.Index(w.followed, id); i >= 0 {
			w.followed = slices.Delete(slices.Clone(w.followed), i, i+1)
		}
	})
}

// Put takes a newer state of a link that was learned elsewhere, such as the
// answer to a reset, and reads the link again soon.
func (w *Watcher) Put(link *moneykit.Link) {
	w.mu.Lock()
	e := w.entry(link.ID)
	e.snapshot.Link, e.snapshot.At, e.snapshot.Err, e.snapshot.Recalled = link, time.Now(), nil, false
	w.publish(e)
	w.mu.Unlock()
	w.Look(link.ID)
}

// Look reads a link as soon as possible, as after a change made elsewhere.
func (w *Watcher) Look(id moneykit.LinkID) {
	w.mu.Lock()
	e := w.entry(id)
	e.errors, e.stale = 0, e.reading
	if !e.reading {
		w.readNext(e)
	}
	w.mu.Unlock()
	signal(w.wake)
}

// readNext puts a link before what is on screen. w.mu is held.
func (w *Watcher) readNext(e *entry) {
	e.due, e.stale = time.Time{}, false
	if !slices.Contains(w.looked, e.snapshot.ID) {
		w.looked = append(w.looked, e.snapshot.ID)
	}
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
// changed since the last call. A slow caller misses steps, never the last one.
func (w *Watcher) Next(ctx context.Context) ([]Snapshot, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-w.news:
		}
		w.mu.Lock()
		changed := make([]Snapshot, 0, len(w.changed))
		for _, id := range w.changed {
			e := w.entries[id]
			e.changed = false
			changed = append(changed, e.snapshot)
		}
		w.changed = w.changed[:0]
		w.mu.Unlock()
		if len(changed) > 0 {
			return changed, nil
		}
	}
}

// entry returns a link's entry and makes it if need be. w.mu is held.
func (w *Watcher) entry(id moneykit.LinkID) *entry {
	e, known := w.entries[id]
	if !known {
		e = &entry{snapshot: Snapshot{ID: id}}
		w.entries[id] = e
	}
	return e
}

// publish puts an entry's snapshot on the stream. w.mu is held.
func (w *Watcher) publish(e *entry) {
	if !e.changed {
		e.changed = true
		w.changed = append(w.changed, e.snapshot.ID)
	}
	signal(w.news)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
