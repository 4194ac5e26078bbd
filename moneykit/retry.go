package moneykit

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// The pauses before repeating a request: the first, doubled each time up to the
// last. Half of each is left to chance, so that many clients that failed
// together do not come back together.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 8 * time.Second
)

// persist sends until an answer comes that another try would not change, as
// often as the client may.
func (c *Client) persist(ctx context.Context, send func(attempt int) error) error {
	for n := 1; ; n++ {
		err := send(n)
		if n > c.retries || ctx.Err() != nil || !passing(err) || !rest(ctx, pause(n, err)) {
			return err
		}
	}
}

// passing reports whether err may be gone on the next try. Time-outs of the
// transport are like those of a context; the caller's own are looked at before.
func passing(err error) bool {
	if errors.Is(err, errPace) || errors.Is(err, context.Canceled) {
		return false
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return slices.Contains([]int{
			http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		}, e.Status)
	}
	if e := (*ResponseError)(nil); errors.As(err, &e) {
		return e.brokeOff
	}
	lost := (*ConnectionError)(nil)
	return errors.As(err, &lost)
}

// pause returns how long to wait after the nth try: what the server asked for,
// if that is longer than what the client would wait.
func pause(n int, err error) time.Duration {
	wait := min(firstPause<<min(n-1, 10), lastPause)
	wait = wait/2 + rand.N(wait/2)
	if e := (*Error)(nil); errors.As(err, &e) {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}

// rest waits, and reports false when ctx ends before or would.
func rest(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
