package views

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"till/moneykit"
	"till/moneykit/webhooks"
)

// fakeReceiver hands on the deliveries that a test puts in.
type fakeReceiver struct {
	config webhooks.Config
	over   atomic.Bool // its context has ended

	mu      sync.Mutex
	state   webhooks.State
	changed chan struct{}
	closed  chan struct{}
}

func newFakeReceiver() *fakeReceiver {
	return &fakeReceiver{changed: make(chan struct{}), closed: make(chan struct{})}
}

func (f *fakeReceiver) URL() string   { return "http://127.0.0.1:41977/8ZK2Q7M4T9XW3C5VB6NDRAJEUF" }
func (f *fakeReceiver) Local() string { return f.URL() }

func (f *fakeReceiver) Close() { close(f.closed) }

func (f *fakeReceiver) Next(ctx context.Context, seen int) (webhooks.State, error) {
	for {
		f.mu.Lock()
		state, changed := f.state, f.changed
		f.mu.Unlock()
		if state.Version > seen {
			return state, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return webhooks.State{}, ctx.Err()
		case <-f.closed:
			return webhooks.State{}, webhooks.ErrClosed
		}
	}
}

func (f *fakeReceiver) change(do func(*webhooks.State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(&f.state)
	f.state.Version++
	close(f.changed)
	f.changed = make(chan struct{})
}

// comes puts deliveries in.
func (f *fakeReceiver) comes(all ...*webhooks.Delivery) {
	f.change(func(s *webhooks.State) {
		for _, d := range all {
			s.Received++
			d.Number = s.Received
			s.Deliveries = append(s.Deliveries[:len(s.Deliveries):len(s.Deliveries)], d)
		}
	})
}

// delivered is a webhook as a receiver has it: what fails and why, nothing for a
// good one.
func delivered(at time.Time, body string, fails string, err error) *webhooks.Delivery {
	d := &webhooks.Delivery{
		At: at, Attempt: 1, Token: "whd_7", KeyID: "yc60M29-B3jVtBS_vxkDAdRVTrhQOHOTf3RMTIXaX_w", SignedAt: at.Add(-2 * time.Second), Age: 2 * time.Second,
		Body: []byte(body), Size: len(body), Err: err,
	}
	d.Webhook, _ = moneykit.ParseWebhook(d.Body)
	outcome := webhooks.Passed
	for _, c := range []webhooks.Check{{Name: "signature header"}, {Name: "algorithm", Detail: "ES256"}, {Name: "key id (kid)", Detail: d.KeyID}, {Name: "signature"}, {Name: "age", Detail: "signed 2s ago"}, {Name: "body hash", Detail: fmt.Sprintf("SHA-256 of %d bytes", d.Size)}, {Name: "readable"}} {
		if c.Outcome = outcome; c.Name == fails {
			c.Outcome, c.Detail, outcome = webhooks.Failed, string(d.Fault()), webhooks.NotReached
		} else if outcome == webhooks.NotReached {
			c.Detail = ""
		}
		d.Checks = append(d.Checks, c)
	}
	return d
}

// stateWebhook is what MoneyKit sends when a link's state changes.
func stateWebhook(link, state string, at time.Time) string {
	return fmt.Sprintf(`{"webhook_event":"link.state_changed","webhook_timestamp":%q,"webhook_idempotency_key":"whk_1","link_id":%q,"link_tags":["retail"],"state":%q,"error":null}`,
		at.Format(time.RFC3339), link, state)
}

// receives makes the world's receiver the fake one, which made hands out.
func receives(made *[]*fakeReceiver) func(*world) {
	return func(w *world) {
		w.app.Webhooks = func(ctx context.Context, _ *moneykit.Client, c webhooks.Config) (WebhookReceiver, error) {
			f := newFakeReceiver()
			f.config = c
			context.AfterFunc(ctx, func() { f.over.Store(true) })
			*made = append(*made, f)
			return f, nil
		}
	}
}

// hookStory is one webhook of each kind, the newest last.
func hookStory(w *world) []*webhooks.Delivery {
	now := time.Now()
	at := func(ago int) time.Time { return now.Add(-time.Duration(ago) * time.Second) }
	good := delivered(at(50), stateWebhook(w.link(1), "connected", at(51)), "", nil)
	again := delivered(at(40), stateWebhook(w.link(1), "connected", at(51)), "", nil)
	again.Duplicate, again.First, again.Attempt = true, good.At, 2
	late := delivered(at(30), fmt.Sprintf(`{"webhook_event":"link.product_refresh","link_id":%q,"product":"transactions","state":"completed","webhook_timestamp":%q,"state_changed_at":%q}`,
		w.link(3), at(60).Format(time.RFC3339), at(60).Format(time.RFC3339)), "", nil)
	late.OutOfOrder, late.Newer = true, at(45)
	forged := delivered(at(20), stateWebhook(w.link(2), "deleted", at(20)), "key id (kid)", &moneykit.WebhookError{Fault: moneykit.WebhookUnknownKey})
	garbled := delivered(at(10), "\x1b[2Jno JSON", "readable", &moneykit.WebhookError{Fault: moneykit.WebhookUnreadable})
	unknown := delivered(at(5), `{"webhook_event":"link.some_new_thing","link_id":"mk_unknown","webhook_timestamp":"2000-01-01T00:00:00Z"}`, "", nil)
	return []*webhooks.Delivery{good, again, late, forged, garbled, unknown}
}
