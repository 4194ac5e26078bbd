package mirror

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// fleetWorkers is how many links are synced side by side.
const fleetWorkers = 8

// Progress is how far a Fleet has come. It is a copy that nothing changes.
type Progress struct {
	Version                   int // grows with every change
	Total                     int // links
	Done, Failed              int // of them; those that Failed are not Done
	Created, Updated, Removed int // transactions
	Syncing                   []moneykit.LinkID
	Over                      bool  // nothing runs any more
	Cancelled                 bool  // before its end
	Err                       error // that concerns every link, and ended it
}

// Failure is a link that could not be synced.
type Failure struct {
	Link moneykit.LinkID
	Err  error
}

// Result is what the sync of a link changed.
type Result struct {
	Link moneykit.LinkID
	Sync Sync
}

// Fleet syncs many links, some side by side. Its methods are safe for concurrent
// use.
type Fleet struct {
	mirror *Mirror
	cancel context.CancelFunc
	over   chan struct{}

	mu       sync.Mutex
	waiting  map[moneykit.LinkID]bool // not begun
	first    []moneykit.LinkID        // begun before the rest; both may hold what is not waiting
	rest     []moneykit.LinkID
	progress Progress
	changed  chan struct{} // closed at the next change
	failures []Failure
	results  []Result
}

// SyncAll syncs each of the links once, and reads the accounts of those of which none
// are known, until all are done or ctx ends. A link that
// fails does not keep the others from theirs.
func (m *Mirror) SyncAll(ctx context.Context, links []moneykit.LinkID) *Fleet {
	ctx, cancel := context.WithCancel(ctx)
	f := &Fleet{
		mirror: m, cancel: cancel, over: make(chan struct{}), changed: make(chan struct{}),
		rest: slices.Clone(links), waiting: make(map[moneykit.LinkID]bool, len(links)),
	}
	for _, link := range links {
		f.waiting[link] = true
	}
	f.progress = Progress{Version: 1, Total: len(f.waiting)}
	var workers sync.WaitGroup
	for range min(fleetWorkers, f.progress.Total) {
		workers.Go(func() { f.work(ctx) })
	}
	go func() {
		defer close(f.over)
		defer cancel()
		workers.Wait()
		f.change(func(p *Progress) {
			p.Over, p.Cancelled = true, p.Err == nil && p.Done+p.Failed < p.Total
		})
	}()
	return f
}

// First lets links be begun before all others, in this order; those that an earlier
// call named are among the others again.
func (f *Fleet) First(links ...moneykit.LinkID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first = slices.Clone(links)
}

// Progress returns how far the Fleet has come.
func (f *Fleet) Progress() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progress
}

// Next waits until the Fleet has come further than the version seen, and returns
// its progress. The error is that of ctx.
func (f *Fleet) Next(ctx context.Context, seen int) (Progress, error) {
	for {
		f.mu.Lock()
		progress, changed := f.progress, f.changed
		f.mu.Unlock()
		if progress.Version > seen {
			return progress, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return progress, ctx.Err()
		}
	}
}

// Wait returns when the Fleet is over. The error is that of ctx.
func (f *Fleet) Wait(ctx context.Context) (Progress, error) {
	select {
	case <-f.over:
		return f.Progress(), nil
	case <-ctx.Done():
		return f.Progress(), ctx.Err()
	}
}

// Cancel ends the Fleet, and waits until nothing of it is left. What was synced
// stays.
func (f *Fleet) Cancel() {
	f.cancel()
	<-f.over
}

// Failures returns the links that failed, in the order they did.
func (f *Fleet) Failures() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.failures)
}

// Results returns the links that were changed, in the order their syncs ended.
func (f *Fleet) Results() []Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.results)
}

// work syncs one link after another.
func (f *Fleet) work(ctx context.Context) {
	for ctx.Err() == nil {
		link, ok := f.begin()
		if !ok {
			return
		}
		done, err := f.sync(ctx, link)
		f.end(ctx, link, done, err)
	}
}

// sync syncs one link. A panic is its failure: nobody else could recover from it.
func (f *Fleet) sync(ctx context.Context, link moneykit.LinkID) (done Sync, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mirror: the sync broke off: %v", p)
		}
	}()
	if done, err = f.mirror.Sync(ctx, link); err == nil {
		f.mirror.meetAccounts(ctx, link)
	}
	return done, err
}

// begin takes the next link that waits.
func (f *Fleet) begin() (link moneykit.LinkID, ok bool) {
	f.change(func(p *Progress) {
		for _, queue := range []*[]moneykit.LinkID{&f.first, &f.rest} {
			for !ok && len(*queue) > 0 {
				link, *queue = (*queue)[0], (*queue)[1:]
				ok = f.waiting[link]
			}
		}
		if delete(f.waiting, link); ok {
			p.Syncing = append(slices.Clip(p.Syncing), link)
		}
	})
	return link, ok
}

func (f *Fleet) end(ctx context.Context, link moneykit.LinkID, done Sync, err error) {
	f.change(func(p *Progress) {
		p.Syncing = slices.DeleteFunc(slices.Clone(p.Syncing), func(l moneykit.LinkID) bool { return l == link })
		p.Created, p.Updated, p.Removed = p.Created+done.Created, p.Updated+done.Updated, p.Removed+done.Removed
		if done.Seq > 0 {
			f.results = append(f.results, Result{link, done})
		}
		switch {
		case err == nil:
			p.Done++
		case ctx.Err() != nil && errors.Is(err, ctx.Err()): // it was not its own end
		default:
			p.Failed++
			f.failures = append(f.failures, Failure{link, err})
			if p.Err == nil && concernsAll(err) {
				p.Err = err
				f.cancel()
			}
		}
	})
}

// concernsAll reports whether no other link can be synced either.
func concernsAll(err error) bool {
	return slices.ContainsFunc([]error{moneykit.Unauthorized, moneykit.ExpiredAccessToken, ErrClosed, sqlite3.FULL},
		func(target error) bool { return errors.Is(err, target) })
}

// change tells everybody who waits that the progress is another.
func (f *Fleet) change(change func(*Progress)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.progress)
	f.progress.Version++
	close(f.changed)
	f.changed = make(chan struct{})
}
