package watch

import (
	"context"
	"errors"
	"sync"
	"time"

	"till/moneykit"
)

// triesOfChange is how often a disconnect or a reset is sent, and a link read before
// its refresh, while MoneyKit answers that it is asked too much.
const triesOfChange = 4

// work does the tasks in order, some side by side, and ends the job.
func (j *Job) work() {
	defer j.cancel()
	atOnce := changesAtOnce
	if j.plan.Kind == RefreshJob {
		atOnce = refreshesAtOnce
	}
	var workers sync.WaitGroup
	for range min(atOnce, len(j.plan.Tasks)) {
		workers.Go(j.watcher.guarded(func() {
			for task, ok := j.begin(); ok; task, ok = j.begin() {
				j.end(j.do(task))
			}
		}))
	}
	workers.Wait()
	j.change(func(p *JobProgress) bool {
		for _, task := range j.plan.Tasks[j.next:] {
			j.results = append(j.results, Result{Link: task.Link, Outcome: Cancelled, At: time.Now()})
			p.Counts[Cancelled]++
		}
		p.Ended, p.Over, p.Stopping, p.Paused, p.Lost = p.Total, true, false, false, nil
		return true
	})
}

// begin takes the next task, once the job is not paused.
func (j *Job) begin() (task Task, ok bool) {
	for j.unpaused() {
		j.change(func(p *JobProgress) bool {
			if ok = !p.Paused && j.next < len(j.plan.Tasks); ok {
				task = j.plan.Tasks[j.next]
				j.next++
			}
			return ok
		})
		if ok || j.none() {
			return task, ok
		}
	}
	return Task{}, false
}

// none reports whether every task was begun.
func (j *Job) none() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.next == len(j.plan.Tasks)
}

// unpaused waits while the job is paused, and reports whether it goes on.
func (j *Job) unpaused() bool {
	for j.run.Err() == nil && j.going.Err() == nil { // run ends a moment before
		j.mu.Lock()
		paused, changed := j.progress.Paused, j.changed
		j.mu.Unlock()
		if !paused {
			return true
		}
		select {
		case <-changed:
		case <-j.going.Done():
		}
	}
	return false
}

// end takes in how a task ended. When nothing gets through any more, the job pauses:
// the other tasks would fail alike.
func (j *Job) end(result Result) {
	j.change(func(p *JobProgress) bool {
		p.Ended++
		p.Counts[result.Outcome]++
		j.results = append(j.results, result)
		if result.hopeless() {
			j.lost++
		} else {
			j.lost = 0
		}
		return true
	})
	if j.failing() {
		j.pause(result.Err)
	}
}

func (j *Job) failing() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lost >= lostInARow && j.next < len(j.plan.Tasks)
}

// hopeless reports that what failed would fail with any other link, too. The limit of
// one link says nothing of others.
func (r Result) hopeless() bool {
	lost := (*moneykit.ConnectionError)(nil)
	return errors.As(r.Err, &lost) || errors.Is(r.Err, moneykit.Unauthorized) || errors.Is(r.Err, moneykit.ExpiredAccessToken) ||
		r.Outcome == Refused && errors.Is(r.Err, moneykit.RateLimitExceeded)
}

// fly counts a task as in flight until landed is called.
func (j *Job) fly() (landed func()) {
	count := func(by int) {
		j.change(func(p *JobProgress) bool {
			p.InFlight += by
			return true
		})
	}
	count(1)
	return func() { count(-1) }
}

// do does one task to its end.
func (j *Job) do(task Task) Result {
	var result Result
	switch j.plan.Kind {
	case RefreshJob:
		result = j.refresh(task)
	case DisconnectJob:
		result = j.persist(func() (string, error) { return j.disconnect(task.Link) })
	default:
		result = j.persist(func() (string, error) { return j.reset(task.Link) })
	}
	result.Link, result.Products, result.At = task.Link, task.Products, time.Now()
	return result
}

// refresh asks for fresh data of a link and waits for the end of that.
func (j *Job) refresh(task Task) Result {
	defer j.fly()()
	ended, err := j.watcher.begin(j.going, func(ctx context.Context) {
		if j.before != nil {
			j.before(ctx, task.Link)
		}
	}, task.Link, task.Products)
	switch {
	case errors.Is(err, ErrBusy):
		return Result{Outcome: Left, Why: SkipInFlight}
	case err != nil:
		return Result{Outcome: Cancelled}
	}
	select {
	case refresh := <-ended:
		if refresh.Err == nil || j.run.Err() == nil { // else it was broken off
			return outcomeOf(refresh)
		}
	case <-j.run.Done():
	}
	return Result{Outcome: Unsure, Err: ErrStopped}
}

// outcomeOf tells how a refresh that is over ended.
func outcomeOf(r Refresh) Result {
	result := Result{Outcome: Refused, Err: r.Err, RequestID: r.RequestID, Failures: r.Failures, Took: r.Took(r.Ended)}
	switch {
	case errors.Is(r.Err, errCalledOff):
		return Result{Outcome: Cancelled}
	case r.Phase == Done:
		result.Outcome = Succeeded
	case r.Phase == Limited:
		result.Outcome, result.Until = LimitMet, r.RetryAt
	case r.Phase == TimedOut:
		result.Outcome = NoEnd
	case r.unanswered():
		result.Outcome = Unsure
	}
	return result
}

// persist sends a change within the budget, again when MoneyKit is asked too much.
func (j *Job) persist(send func() (requestID string, err error)) Result {
	var last Result
	for range triesOfChange {
		done, going := j.turn()
		if !going {
			break
		}
		landed, sent := j.fly(), time.Now()
		id, err := send()
		landed()
		done(err)
		last = changed(id, err)
		last.Took = time.Since(sent)
		if !errors.Is(err, moneykit.RateLimitExceeded) {
			break
		}
	}
	if last.Outcome == "" {
		last.Outcome = Cancelled
	}
	return last
}

// turn waits until a request may be sent: within the budget, and while the job is
// neither paused nor cancelled.
func (j *Job) turn() (done func(error), going bool) {
	for j.unpaused() {
		done, err := j.watcher.Turn(j.going)
		if err != nil {
			return nil, false
		}
		if !j.Progress().Paused && j.going.Err() == nil {
			return done, true
		}
		done(context.Canceled) // nothing is sent in it
	}
	return nil, false
}

// changed tells how a disconnect or a reset ended. A request without an answer may
// have arrived.
func changed(requestID string, err error) Result {
	refusal := (*moneykit.Error)(nil)
	switch {
	case err == nil:
		return Result{Outcome: Succeeded, RequestID: requestID}
	case errors.As(err, &refusal):
		return Result{Outcome: Refused, Err: err, RequestID: refusal.RequestID}
	}
	return Result{Outcome: Unsure, Err: err, RequestID: moneykit.RequestID(err)}
}

// disconnect deletes a link. One that is gone already is as good.
func (j *Job) disconnect(id moneykit.LinkID) (requestID string, err error) {
	answer, err := j.watcher.client.DeleteLink(j.run, id)
	j.watcher.Look(id)
	switch {
	case err == nil:
		return answer.RequestID, nil
	case errors.Is(err, moneykit.LinkDeleted), errors.Is(err, moneykit.LinkNotFound):
		return moneykit.RequestID(err), nil
	}
	return "", err
}

func (j *Job) reset(id moneykit.LinkID) (requestID string, err error) {
	link, err := j.watcher.client.ResetLink(j.run, id)
	if err != nil {
		j.watcher.Look(id)
		return "", err
	}
	j.watcher.Put(link)
	return link.RequestID, nil
}
