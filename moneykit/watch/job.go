package watch

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"till/moneykit"
)

// Outcome is how a job ended with one link.
type Outcome string

// The outcomes.
const (
	Succeeded Outcome = "done"
	Refused   Outcome = "failed"    // Err or Failures say why
	Unsure    Outcome = "unknown"   // no answer came: it may or may not be done
	Left      Outcome = "skipped"   // Why says why
	LimitMet  Outcome = "limited"   // Until says when it may be done
	NoEnd     Outcome = "timed out" // the bank had not answered
	Cancelled Outcome = "cancelled" // it was not begun
)

// Outcomes returns them all, what went well first.
func Outcomes() []Outcome {
	return []Outcome{Succeeded, Refused, Unsure, NoEnd, LimitMet, Cancelled, Left}
}

// Result is how a job ended with one link.
type Result struct {
	Link      moneykit.LinkID
	Outcome   Outcome
	Why       SkipReason
	Until     time.Time
	Err       error
	RequestID string // of the answer, empty when none came
	At        time.Time
	Took      time.Duration
	Products  []moneykit.Product // of a refresh: what was asked for
	// Failures holds the products of a refresh whose attempt failed.
	Failures map[moneykit.Product]moneykit.ProductStatus
}

// JobProgress is how far a job has come.
type JobProgress struct {
	Version  int // grows with every change
	Total    int // tasks
	Ended    int
	InFlight int
	Counts   map[Outcome]int // skipped ones too
	Paused   bool
	Lost     error // why the job paused by itself, nil when it did not
	Stopping bool  // Cancel was called, and something is in flight
	Over     bool
	Left     time.Duration // about how long it takes yet; 0 when nobody knows
}

const (
	refreshesAtOnce = 8
	changesAtOnce   = 4
	// lostInARow is after how many tasks in a row, which none can do any better, a
	// job pauses by itself.
	lostInARow = 4
)

// Job does a plan. Its methods are safe for concurrent use and return at once, but
// for Next. Without a network it pauses by itself.
type Job struct {
	watcher *Watcher
	plan    Plan
	before  func(context.Context, moneykit.LinkID) // nil for nothing
	run     context.Context                        // ends with the Watcher's
	going   context.Context                        // ends with Cancel, too
	cancel  context.CancelFunc

	mu       sync.Mutex
	progress JobProgress
	results  []Result // only ever grows; what is in it does not change
	next     int      // the first task that was not begun
	lost     int      // in a row
	since    time.Time
	worked   time.Duration // before since
	changed  chan struct{} // closed at the next change
}

// Start begins a plan. before is done first with each link of a refresh, and may be
// nil. It fails with ErrStopped when the Watcher is not running.
func (w *Watcher) Start(plan Plan, before func(context.Context, moneykit.LinkID)) (*Job, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.run == nil {
		return nil, ErrStopped
	}
	now := time.Now()
	j := &Job{watcher: w, plan: plan, before: before, run: w.run, since: now, changed: make(chan struct{})}
	j.going, j.cancel = context.WithCancel(w.run)
	j.progress = JobProgress{Version: 1, Total: len(plan.Tasks), Counts: map[Outcome]int{}}
	j.results = make([]Result, 0, len(plan.Skipped)+len(plan.Tasks))
	for _, s := range plan.Skipped {
		j.results = append(j.results, Result{Link: s.Link, Outcome: Left, Why: s.Why, Until: s.Until, At: now})
		j.progress.Counts[Left]++
	}
	w.running.Go(w.guarded(j.work))
	return j, nil
}

// Plan returns what the job does.
func (j *Job) Plan() Plan { return j.plan }

// Next waits until the job is farther than version and tells how far.
func (j *Job) Next(ctx context.Context, version int) (JobProgress, error) {
	for {
		j.mu.Lock()
		progress, changed := j.told(), j.changed
		j.mu.Unlock()
		if progress.Version > version {
			return progress, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return progress, ctx.Err()
		}
	}
}

// Progress tells how far the job is.
func (j *Job) Progress() JobProgress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.told()
}

// told is a copy of the progress. j.mu is held.
func (j *Job) told() JobProgress {
	p := j.progress
	p.Counts = maps.Clone(p.Counts)
	switch {
	case p.Over || p.Paused || p.Stopping:
	case p.Ended == 0:
		p.Left = j.plan.Takes
	default:
		each := float64(j.worked+time.Since(j.since)) / float64(p.Ended)
		p.Left = time.Duration(each * float64(p.Total-p.Ended))
	}
	return p
}

// Results returns how the job ended with its links so far, in the order in which it did;
// those that the plan skipped come first. Nobody may change them.
func (j *Job) Results() []Result {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clip(j.results)
}

// Pause begins no further task until Resume.
func (j *Job) Pause() { j.pause(nil) }

func (j *Job) pause(lost error) {
	j.change(func(p *JobProgress) bool {
		if p.Paused || p.Stopping || p.Over {
			return false
		}
		p.Paused, p.Lost = true, lost
		j.worked += time.Since(j.since)
		return true
	})
}

// Resume goes on after Pause.
func (j *Job) Resume() {
	j.change(func(p *JobProgress) bool {
		if !p.Paused || p.Over {
			return false
		}
		p.Paused, p.Lost = false, nil
		j.since, j.lost = time.Now(), 0
		return true
	})
}

// Cancel begins no further task for good. What is in flight ends by itself.
func (j *Job) Cancel() {
	j.change(func(p *JobProgress) bool {
		if p.Stopping || p.Over {
			return false
		}
		p.Stopping, p.Paused, p.Lost = true, false, nil
		j.cancel()
		return true
	})
}

// change changes the progress and tells everybody who waits, unless nothing was
// changed.
func (j *Job) change(change func(*JobProgress) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !change(&j.progress) {
		return
	}
	j.progress.Version++
	close(j.changed)
	j.changed = make(chan struct{})
}
