package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// firstRetry is how long after a failed delivery the webhook is sent again;
	// each further time it takes twice as long.
	firstRetry = 10 * time.Second
	// retryFor is how long after the first attempt there may be another.
	retryFor = 2 * time.Hour
)

// delivery is a webhook on its way.
type delivery struct {
	Token   string    `json:"token"`
	Number  uint64    `json:"number"` // later ones have higher numbers
	LinkID  string    `json:"link_id"`
	URL     string    `json:"url"`
	Body    string    `json:"body"`
	First   time.Time `json:"first"` // when it was first to be sent
	Attempt int       `json:"attempt"`
}

// outcome is what became of an attempt.
type outcome struct {
	delivery delivery
	unsent   bool // not even tried, since the receiver hangs
	status   int
	err      error
}

// Run lets the Sandbox live between requests until ctx ends: what is due
// happens when it is due, and webhooks are sent. Without it, what is due happens
// before the next request is answered, and webhooks wait until the clock is
// moved.
func (s *Sandbox) Run(ctx context.Context) {
	defer s.courier.close()
	for ctx.Err() == nil {
		s.deliverDue(ctx)
		s.rest(ctx)
	}
}

// rest waits until something is due, or may be.
func (s *Sandbox) rest(ctx context.Context) {
	var due <-chan time.Time
	if wait, any := s.untilNext(); any {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-due:
	}
}

// untilNext is how long it really takes until something is due.
func (s *Sandbox) untilNext() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.outbox) > 0 {
		return 0, true
	}
	if len(s.Agenda) == 0 {
		return 0, false
	}
	return s.Dial.wait(s.clock(), s.Agenda[0].At)
}

// deliverDue lets everything happen that is due, and sends the webhooks that
// are: those for one receiver in their order, all receivers at once.
func (s *Sandbox) deliverDue(ctx context.Context) {
	s.sending.Lock()
	defer s.sending.Unlock()
	for ctx.Err() == nil {
		batch, at := s.takeOutbox()
		if len(batch) == 0 {
			return
		}
		s.noteOutcomes(s.send(ctx, batch, at))
	}
}

// takeOutbox settles, and returns the webhooks to send by their URL.
func (s *Sandbox) takeOutbox() (map[string][]delivery, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(s.now())
	batch := map[string][]delivery{}
	for _, token := range s.outbox {
		if d := s.Deliveries[token]; d != nil {
			d.Attempt++
			batch[d.URL] = append(batch[d.URL], *d)
		}
	}
	s.outbox = nil
	return batch, s.now()
}

func (s *Sandbox) send(ctx context.Context, batch map[string][]delivery, at time.Time) []outcome {
	var mu sync.Mutex
	var all sync.WaitGroup
	var outcomes []outcome
	for _, queue := range batch {
		all.Go(func() {
			hangs := false
			for _, d := range queue {
				o := outcome{delivery: d, unsent: hangs || ctx.Err() != nil}
				if !o.unsent {
					o.status, o.err = s.attempt(ctx, d, at)
					hangs = errors.Is(o.err, context.DeadlineExceeded)
				}
				mu.Lock()
				outcomes = append(outcomes, o)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return outcomes
}

func (s *Sandbox) attempt(ctx context.Context, d delivery, at time.Time) (int, error) {
	signature, err := s.signer.sign([]byte(d.Body), at)
	if err != nil {
		return 0, err
	}
	return s.courier.send(ctx, d.URL, http.Header{
		"Moneykit-Signature":        {signature},
		"Moneykit-Delivery-Token":   {d.Token},
		"Moneykit-Delivery-Attempt": {strconv.Itoa(d.Attempt)},
	}, []byte(d.Body))
}

// noteOutcomes forgets what was delivered and plans the next attempt of what
// was not.
func (s *Sandbox) noteOutcomes(outcomes []outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, o := range outcomes {
		s.noteOutcome(o, now)
	}
	s.changed()
}

func (s *Sandbox) noteOutcome(o outcome, now time.Time) {
	d := o.delivery
	told := happening{Kind: "webhook", LinkID: d.LinkID, Delivery: d.Token, Attempt: d.Attempt, Status: o.status}
	defer func() { s.tell(told) }()
	why := ""
	if o.err != nil {
		why = o.err.Error() + ": "
	}
	next, done := now.Add(firstRetry<<(d.Attempt-1)), true
	switch {
	case o.unsent:
		done = false
		told.Message, next = "not sent while the receiver hangs", now.Add(firstRetry)
		s.Deliveries[d.Token].Attempt--
	case o.status >= 200 && o.status < 300:
		told.Message = "delivered"
	case errors.Is(o.err, errNotAllowed), errors.Is(o.err, errBadURL):
		told.Message = "dropped: " + o.err.Error()
	case next.After(d.First.Add(retryFor)):
		told.Message = why + "given up"
	default:
		done = false
		told.Message = why + "to be sent again at " + next.Format(time.RFC3339)
	}
	if done {
		delete(s.Deliveries, d.Token)
		return
	}
	place, _ := s.place(d.LinkID)
	s.plan(event{At: next, Duty: sendWebhook, Place: place, Delivery: d.Token})
}
