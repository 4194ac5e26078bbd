package moneykit_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

// crowd counts how many requests are under way, each for a second.
type crowd struct {
	next      http.RoundTripper
	mu        sync.Mutex
	now, most int
	began     []time.Duration // after the first
	first     time.Time
}

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	if c.first.IsZero() {
		c.first = time.Now()
	}
	c.began = append(c.began, time.Since(c.first))
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.now--
		c.mu.Unlock()
	}()
	select {
	case <-time.After(time.Second):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return c.next.RoundTrip(r)
}

func TestConcurrencyIsCapped(t *testing.T) {
	for _, x := range []struct {
		opts []moneykit.Option
		most int
	}{
		{[]moneykit.Option{moneykit.WithConcurrency(3)}, 3},
		{[]moneykit.Option{moneykit.WithConcurrency(1)}, 1},
		{nil, moneykit.DefaultConcurrency},
	} {
		synctest.Test(t, func(t *testing.T) {
			crowd := &crowd{next: &api{handle: answer(200, link())}}
			c := inMemory(t, crowd, x.opts...)
			once := c.WithoutRetries() // shares the slots
			var callers sync.WaitGroup
			for range 2 * x.most {
				callers.Go(func() { must(get(t.Context(), c)) })
				callers.Go(func() { must(get(t.Context(), once)) })
			}
			callers.Wait()
			same(t, "at once", crowd.most, x.most)
			same(t, "took", time.Since(crowd.first), 5*time.Second) // a token, and four rounds of calls
		})
	}
}

// TestLeavingTheQueueFreesNoSlot cancels a caller that waits for its turn, and
// looks that neither more nor fewer may go afterwards.
func TestLeavingTheQueueFreesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crowd := &crowd{next: &api{handle: answer(200, link())}}
		c := inMemory(t, crowd, moneykit.WithConcurrency(2))
		must(get(t.Context(), c))
		var callers sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			callers.Go(func() { must(get(t.Context(), c)) })
		}
		synctest.Wait()
		left := make(chan error, 3)
		for range cap(left) {
			go func() { left <- get(ctx, c) }()
		}
		synctest.Wait()
		cancel()
		synctest.Wait() // without a moment passing
		for range cap(left) {
			err := <-left
			if lost := (*moneykit.ConnectionError)(nil); !errors.As(err, &lost) || !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		}
		for range 6 {
			callers.Go(func() { must(get(t.Context(), c)) })
		}
		callers.Wait()
		same(t, "at once", crowd.most, 2)
		same(t, "took", time.Since(crowd.first), 6*time.Second)
	})
}

// TestLeavingThePaceFreesOneSlot cancels a caller that has a slot and waits for
// the pace, while another is under way.
func TestLeavingThePaceFreesOneSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crowd := &crowd{next: &api{handle: slow(time.Minute, answer(200, link()))}}
		c := inMemory(t, crowd, moneykit.WithConcurrency(2), moneykit.WithRateLimit(1, 1), moneykit.WithTimeout(time.Hour))
		var callers sync.WaitGroup
		callers.Go(func() { must(get(t.Context(), c)) })
		time.Sleep(1500 * time.Millisecond) // the token is there, the call under way
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() { left <- get(ctx, c) }()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for range 3 {
			callers.Go(func() { must(get(t.Context(), c)) })
		}
		callers.Wait()
		same(t, "at once", crowd.most, 2)
	})
}

// TestRequestsKeepThePace wants ten requests a second, the first three at once,
// and the token to count as one of them.
func TestRequestsKeepThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crowd := &crowd{next: &api{handle: answer(200, link())}}
		c := inMemory(t, crowd, moneykit.WithRateLimit(10, 3))
		must(get(t.Context(), c)) // a second for the token and one for the call: the burst is full again
		crowd.began = nil
		var callers sync.WaitGroup
		for i := range 6 {
			client := []*moneykit.Client{c, c.WithoutRetries()}[i%2]
			callers.Go(func() { must(get(t.Context(), client)) })
		}
		callers.Wait()
		var got []time.Duration
		for _, at := range crowd.began {
			got = append(got, at-crowd.began[0])
		}
		same(t, "began", got, []time.Duration{0, 0, 0, 100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond})

		crowd.began, crowd.first = nil, time.Time{}
		slow := inMemory(t, crowd, moneykit.WithRateLimit(0.1, 1))
		must(get(t.Context(), slow))
		same(t, "the token's turn counts", crowd.began, []time.Duration{0, 10 * time.Second})
	})
}

// TestAWaitBeyondTheDeadlineIsNone wants an error at once where the pace would
// not let the request go in time.
func TestAWaitBeyondTheDeadlineIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(200, link())}
		c := inMemory(t, a, moneykit.WithRateLimit(0.01, 2), moneykit.WithTimeout(30*time.Second), moneykit.WithConcurrency(1))
		must(get(t.Context(), c))
		began := time.Now()
		err := get(t.Context(), c)
		if lost := (*moneykit.ConnectionError)(nil); !errors.As(err, &lost) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%T %v", err, err)
		}
		hides(t, err.Error())
		if !strings.Contains(err.Error(), "rate limit") {
			t.Error(err)
		}
		same(t, "took", time.Since(began), 0)
		time.Sleep(100 * time.Second)
		if err := get(t.Context(), c); err != nil { // the slot was given back
			t.Error(err)
		}
	})
}

func TestNoRateLimitIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(200, link())}
		c := inMemory(t, a, moneykit.WithRateLimit(0, 0))
		began := time.Now()
		for range 500 {
			must(get(t.Context(), c))
		}
		same(t, "took", time.Since(began), 0)
	})
}

func TestPacesThatCannotBe(t *testing.T) {
	for name, opt := range map[string]moneykit.Option{
		"a negative rate": moneykit.WithRateLimit(-1, 1), "no burst": moneykit.WithRateLimit(1, 0), "no slot": moneykit.WithConcurrency(0),
	} {
		if c, err := moneykit.New(credentials(), opt); err == nil || c != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWithoutRetriesSharesTokens wants one token for both, and one try.
func TestWithoutRetriesSharesTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{}
		a := &api{handle: sequence(answer(200, link("mood", "1")), answer(503, ""), answer(200, link()))}
		c := inMemory(t, a, w.option())
		must(get(t.Context(), c))
		once := c.WithoutRetries()
		if err := get(t.Context(), once); err == nil {
			t.Error("no error")
		}
		calls, tokens := a.asked()
		same(t, "calls and tokens", []int{len(calls), tokens, len(w.exchanges())}, []int{2, 1, 3})
		same(t, "drift", len(once.Drift()), 1)
		if err := get(t.Context(), c); err != nil {
			t.Error(err)
		}
	})
}
