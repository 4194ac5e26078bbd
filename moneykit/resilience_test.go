package moneykit_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
)

// lost gives no answer.
type lost struct{ http.RoundTripper }

func (lost) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection reset by peer")
}

// TestRetries wants a second and a third try where another one may go better,
// and only where it does no harm.
func TestRetries(t *testing.T) {
	reading := get
	deleting := func(ctx context.Context, c *moneykit.Client) error { _, err := c.DeleteLink(ctx, linkID); return err }
	tagging := func(ctx context.Context, c *moneykit.Client) error {
		_, err := c.UpdateLink(ctx, linkID, moneykit.LinkUpdate{LinkTags: &[]string{"a"}})
		return err
	}
	refreshing := func(ctx context.Context, c *moneykit.Client) error {
		_, err := c.RefreshProducts(ctx, linkID, moneykit.ProductAccounts)
		return err
	}
	for _, x := range []struct {
		name   string
		call   func(context.Context, *moneykit.Client) error
		status int
		after  string
		calls  int
		least  time.Duration
		most   time.Duration
	}{
		{"429", reading, 429, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"429 that says how long", reading, 429, "3", 3, 6 * time.Second, 6 * time.Second},
		{"429 for longer than the call may take", reading, 429, "60", 1, 0, 0},
		{"502", reading, 502, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"503", reading, 503, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"504", reading, 504, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"500", reading, 500, "", 1, 0, 0},
		{"404", reading, 404, "", 1, 0, 0},
		{"a deletion", deleting, 503, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"a change that sets values", tagging, 503, "", 3, 375 * time.Millisecond, 750 * time.Millisecond},
		{"a request that counts", refreshing, 503, "", 1, 0, 0},
		{"a request that counts, limited", refreshing, 429, "1", 1, 0, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &api{handle: answer(x.status, "", "Retry-After", x.after)}
				began := time.Now()
				err := x.call(t.Context(), inMemory(t, a))
				if refused := (*moneykit.Error)(nil); !errors.As(err, &refused) || refused.Status != x.status {
					t.Fatalf("%v", err)
				}
				calls, _ := a.asked()
				same(t, "calls", len(calls), x.calls)
				if took := time.Since(began); took < x.least || took > x.most {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestRetriesEndWithAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: sequence(answer(503, ""), answer(429, ""), answer(200, link()))}
		if err := get(t.Context(), inMemory(t, a)); err != nil {
			t.Fatal(err)
		}
		a = &api{handle: sequence(answer(503, ""), answer(503, ""), answer(200, link()))}
		if err := get(t.Context(), inMemory(t, a, moneykit.WithRetries(1))); err == nil {
			t.Error("asked more often than it may")
		}
	})
}

func TestALostConnectionIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen int
		c := inMemory(t, lost{}, moneykit.WithObserver(func(e moneykit.Exchange) { seen = e.Attempt }))
		err := get(t.Context(), c)
		if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		same(t, "tries", seen, 3)
	})
}

// A deletion whose answer was lost is done: the second try finds nothing left.
func TestADeletionWhoseAnswerWasLostIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := answer(410, `{"error_code":"link_error.deleted","error_message":"Gone."}`)
		a := &api{handle: sequence(answer(502, ""), gone)}
		if _, err := inMemory(t, a).DeleteLink(t.Context(), linkID); err != nil {
			t.Fatal(err)
		}
		_, err := inMemory(t, &api{handle: gone}).DeleteLink(t.Context(), linkID)
		if !errors.Is(err, moneykit.LinkDeleted) {
			t.Errorf("the first try: %v", err)
		}
	})
}

func TestACallerThatLeavesEndsTheRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{handle: answer(503, "", "Retry-After", "10")}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(time.Second, cancel)
		if err := get(ctx, inMemory(t, a)); err == nil {
			t.Fatal("no error")
		}
		same(t, "left after", time.Since(began), time.Second)
	})
}
