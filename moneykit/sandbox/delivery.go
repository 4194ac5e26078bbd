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
	// deliveryTime is how long a receiver really has to answer, with all that is
	// due for it at once.
	deliveryTime = 10 * time.Second
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
	status   int
	err      error
}

// Run lets the Sandbox live between requests until ctx ends: what is due
// happens when it is due, and webhooks are sent. Without it, what is due happens
// before the next request is answered, and webhooks wait until the clock is
// moved.
func (s *Sandbox) Run(ctx context.Context) {
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

// Advance moves the clock on. What is due in between happens at its time, and
// webhooks have been sent, also again where a receiver failed, when it returns.
func (s *Sandbox) Advance(ctx context.Context, by time.Duration) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	target := s.Now().Add(by)
	if by < 0 || by > 0 && target.After(lastDay) {
		return ErrClock
	}
	for ctx.Err() == nil {
		s.mu.Lock()
		at, last := target, true
		if len(s.Agenda) > 0 && s.Agenda[0].At.Before(target) {
			at, last = s.Agenda[0].At, false
		}
		if now := s.now(); at.After(now) {
			s.turn(dial{At: at, Real: s.clock(), Rate: s.Dial.Rate})
		}
		if last {
			s.tell(happening{Kind: "clock", Message: "moved on by " + by.String()})
		}
		s.changed()
		s.mu.Unlock()
		s.deliverDue(ctx)
		if last {
			break
		}
	}
	return ctx.Err()
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
	ctx, cancel := context.WithTimeout(ctx, deliveryTime)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	var outcomes []outcome
	for _, queue := range batch {
		all.Go(func() {
			for _, d := range queue {
				status, err := s.attempt(ctx, d, at)
				mu.Lock()
				outcomes = append(outcomes, outcome{d, status, err})
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
		d := o.delivery
		told := happening{Kind: "webhook", LinkID: d.LinkID, Delivery: d.Token, Attempt: d.Attempt, Status: o.status}
		next := now.Add(firstRetry << (d.Attempt - 1))
		switch {
		case o.status >= 200 && o.status < 300:
			told.Message = "delivered"
			delete(s.Deliveries, d.Token)
		case errors.Is(o.err, errNotAllowed), errors.Is(o.err, errBadURL):
			told.Message = "dropped: " + o.err.Error()
			delete(s.Deliveries, d.Token)
		case next.After(d.First.Add(retryFor)):
			told.Message = "given up"
			delete(s.Deliveries, d.Token)
		default:
			told.Message = "to be sent again at " + next.Format(time.RFC3339)
			place, _ := s.place(d.LinkID)
			s.plan(event{At: next, Duty: sendWebhook, Place: place, Delivery: d.Token})
		}
		s.tell(told)
		s.changed()
	}
}
