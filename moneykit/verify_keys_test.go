package moneykit_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

func TestWebhookKeysAreFetchedAgainForAnUnknownKid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newSigner("key-old"), newSigner("key-next")
		a := &api{handle: sequence(keySet(old.public()), keySet(old.public()), keySet(next.public()))}
		c := inMemory(t, a)
		asked := func(want int) {
			t.Helper()
			same(t, "requests", keyRequests(t, a), want)
		}
		forged := func() {
			t.Helper()
			w, err := c.VerifyWebhook(t.Context(), newSigner("key-forged").deliver(stateChanged), []byte(stateChanged))
			refused(t, w, err, moneykit.WebhookUnknownKey)
		}
		verified(t, c, old.deliver(stateChanged), stateChanged)
		asked(1)
		for range 20 {
			forged()
		}
		time.Sleep(5*time.Minute - 1)
		forged()
		asked(1)
		time.Sleep(time.Nanosecond)
		for range 20 {
			forged()
		}
		asked(2)
		verified(t, c, old.deliver(stateChanged), stateChanged)

		// MoneyKit rotates its keys now.
		time.Sleep(5*time.Minute - 1)
		w, err := c.VerifyWebhook(t.Context(), next.deliver(stateChanged), []byte(stateChanged))
		refused(t, w, err, moneykit.WebhookUnknownKey)
		asked(2)
		time.Sleep(time.Nanosecond)
		verified(t, c, next.deliver(stateChanged), stateChanged)
		asked(3)
		w, err = c.VerifyWebhook(t.Context(), old.deliver(stateChanged), []byte(stateChanged))
		refused(t, w, err, moneykit.WebhookUnknownKey)
		asked(3)
	})
}

func TestWebhookKeysLiveForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner("key-one")
		down := answer(500, `{"error_code":"x","error_message":"Down."}`)
		a := &api{handle: sequence(slow(time.Second, keySet(s.public())), down, down, keySet(s.public()))}
		c := inMemory(t, a)
		verified(t, c, s.deliver(stateChanged), stateChanged)
		time.Sleep(24*time.Hour - time.Second - 1) // the day begins when the keys are asked for
		verified(t, c, s.deliver(stateChanged), stateChanged)
		same(t, "requests within a day", keyRequests(t, a), 1)

		unavailable := func(requests int) {
			t.Helper()
			w, err := c.VerifyWebhook(t.Context(), s.deliver(stateChanged), []byte(stateChanged))
			refused(t, w, err, moneykit.WebhookKeysUnavailable)
			if e := (*moneykit.Error)(nil); !errors.As(err, &e) || e.Status != 500 || e.RequestID == "" {
				t.Errorf("the cause is lost: %v", err)
			}
			same(t, "requests", keyRequests(t, a), requests)
		}
		time.Sleep(time.Nanosecond)
		unavailable(2)
		unavailable(2)
		time.Sleep(10*time.Second - 1)
		unavailable(2)
		time.Sleep(time.Nanosecond)
		unavailable(3)
		time.Sleep(10 * time.Second)
		verified(t, c, s.deliver(stateChanged), stateChanged)
		same(t, "requests", keyRequests(t, a), 4)
	})
}

// A key that cannot be looked up now may be one of MoneyKit's, so it is not
// called unknown; those that are known stay good.
func TestAFailureToFetchWebhookKeysKeepsTheKnownOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, next := newSigner("key-one"), newSigner("key-next")
		a := &api{handle: sequence(keySet(s.public()), answer(500, ""), keySet(next.public()))}
		c := inMemory(t, a)
		verified(t, c, s.deliver(stateChanged), stateChanged)
		time.Sleep(time.Hour)
		for _, pause := range []time.Duration{0, 10 * time.Second, 5*time.Minute - 10*time.Second - 1} {
			time.Sleep(pause)
			w, err := c.VerifyWebhook(t.Context(), next.deliver(stateChanged), []byte(stateChanged))
			refused(t, w, err, moneykit.WebhookKeysUnavailable)
			verified(t, c, s.deliver(stateChanged), stateChanged)
			same(t, "requests", keyRequests(t, a), 2)
		}
		time.Sleep(time.Nanosecond)
		verified(t, c, next.deliver(stateChanged), stateChanged)
		same(t, "requests", keyRequests(t, a), 3)
	})
}

func TestManyWebhooksShareOneFetchOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner("key-one")
		a := &api{handle: slow(time.Second, keySet(s.public()))}
		c := inMemory(t, a)
		h := s.deliver(stateChanged)
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { verified(t, c, h, stateChanged) })
		}
		callers.Wait()
		same(t, "requests", keyRequests(t, a), 1)
	})
}

func TestACallerThatLeavesLeavesTheFetchOfWebhookKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner("key-one")
		a := &api{handle: slow(10*time.Second, keySet(s.public()))}
		c := inMemory(t, a)
		h := s.deliver(stateChanged)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan struct{})
		go func() { // starts the fetch
			defer close(left)
			w, err := c.VerifyWebhook(ctx, h, []byte(stateChanged))
			refused(t, w, err, moneykit.WebhookKeysUnavailable)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		}()
		synctest.Wait()
		var stayed sync.WaitGroup
		stayed.Go(func() { verified(t, c, h, stateChanged) })
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case <-left:
		default:
			t.Error("it still waits")
		}
		stayed.Wait()
		same(t, "requests", keyRequests(t, a), 1)
	})
}

// A fetch that takes long and fails is not started again at once.
func TestAFetchOfWebhookKeysThatTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner("key-one")
		a := &api{handle: slow(time.Hour, keySet(s.public()))}
		c := inMemory(t, a, moneykit.WithTimeout(20*time.Second), moneykit.WithRetries(0))
		for range 2 {
			w, err := c.VerifyWebhook(t.Context(), s.deliver(stateChanged), []byte(stateChanged))
			refused(t, w, err, moneykit.WebhookKeysUnavailable)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		same(t, "requests", keyRequests(t, a), 1)
	})
}

func TestAClockSetBackEndsTheTrustInWebhookKeys(t *testing.T) {
	s := newSigner("key-one")
	a := &api{handle: keySet(s.public())}
	now := at
	c := inMemory(t, a, moneykit.WithClock(func() time.Time { return now }))
	for i, moved := range []time.Duration{0, -time.Hour, -time.Hour} {
		now = at.Add(moved)
		verified(t, c, signature(s.sign(claims(stateChanged, now))), stateChanged)
		same(t, "requests", keyRequests(t, a), []int{1, 2, 2}[i])
	}
}

func TestAClockSetBackWhileWebhookKeysAreFetched(t *testing.T) {
	s := newSigner("key-one")
	var back atomic.Bool
	a := &api{handle: func(w http.ResponseWriter, r *http.Request) {
		back.Store(true)
		keySet(s.public())(w, r)
	}}
	c := inMemory(t, a, moneykit.WithClock(func() time.Time {
		if back.Load() {
			return at.Add(-time.Hour)
		}
		return at
	}))
	w, err := c.VerifyWebhook(t.Context(), signature(s.sign(claims(stateChanged, at))), []byte(stateChanged))
	refused(t, w, err, moneykit.WebhookKeysUnavailable)
}
