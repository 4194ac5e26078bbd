package watch_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
)

// phases receives from w until a refresh of a link is over.
func phases(t *testing.T, w *watch.Watcher, id moneykit.LinkID) (phases []watch.Phase, last watch.Snapshot) {
	t.Helper()
	for {
		changed, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range changed.Snapshots {
			if s.ID != id || s.Refresh == nil {
				continue
			}
			if n := len(phases); n == 0 || phases[n-1] != s.Refresh.Phase {
				phases = append(phases, s.Refresh.Phase)
			}
			if s.Refresh.Phase.Over() {
				return phases, s
			}
		}
	}
}

func TestRefreshAgainstTheSandbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New()
		client := newClient(t, box.Transport())
		w := watch.New(client)
		stop := run(t, w)
		defer stop()
		link := func(place int) moneykit.LinkID { return moneykit.LinkID(box.LinkIDs()[place-1]) }
		refresh := func(id moneykit.LinkID, products ...moneykit.Product) ([]watch.Phase, watch.Snapshot) {
			t.Helper()
			if err := w.Refresh(id, products...); err != nil {
				t.Fatal(err)
			}
			return phases(t, w, id)
		}
		both := []moneykit.Product{moneykit.ProductAccounts, moneykit.ProductTransactions}

		began := time.Now()
		seen, got := refresh(link(3), both...)
		if got.Refresh.Phase != watch.Done || !got.Refresh.Brought(both[0]) || !got.Refresh.Brought(both[1]) || got.Refresh.Brought(moneykit.ProductIdentity) {
			t.Errorf("%v %+v", seen, got.Refresh)
		}
		if took := got.Refresh.Took(time.Now()); took < time.Second || took > 4*time.Second || !got.Refresh.Started.Equal(began) {
			t.Errorf("took %v", took)
		}
		if at := got.Link.Products.Transactions.RefreshedAt; !at.After(began) {
			t.Errorf("the snapshot's link is from before: %v", at)
		}
		if !slices.Contains(seen, watch.Accepted) { // what comes and goes in an instant may be missed
			t.Errorf("%v", seen)
		}

		_, got = refresh(link(3), both...)
		if got.Refresh.Phase != watch.Limited || !errors.Is(got.Refresh.Err, moneykit.RateLimitExceeded) {
			t.Errorf("%+v", got.Refresh)
		}
		if wait := got.Refresh.RetryAt.Sub(began); wait < time.Hour-time.Second || wait > time.Hour+time.Minute {
			t.Errorf("retry after %v", wait)
		}
		if got.Err != nil {
			t.Errorf("a limit of the link is no failed read: %v", got.Err)
		}

		_, got = refresh(link(8), both...) // its transactions fail once
		if got.Refresh.Phase != watch.Failed || !got.Refresh.Brought(both[0]) || got.Refresh.Brought(both[1]) {
			t.Errorf("%+v", got.Refresh)
		}
		if status := got.Refresh.Failures[both[1]]; status.ErrorCode != moneykit.ProductInstitutionError || status.ErrorMessage == "" {
			t.Errorf("%+v", status)
		}

		_, got = refresh(link(2), both...)
		if got.Refresh.Phase != watch.Failed || !errors.Is(got.Refresh.Err, moneykit.LinkBadState) || got.Refresh.Brought(both[0]) {
			t.Errorf("%+v", got.Refresh)
		}

		time.Sleep(time.Hour)
		if _, got = refresh(link(3), both...); got.Refresh.Phase != watch.Done {
			t.Errorf("after the limit: %+v", got.Refresh)
		}
	})
}

func TestOneRefreshOfALinkAtATime(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		products := []moneykit.Product{moneykit.ProductAccounts}
		for _, id := range []moneykit.LinkID{"a", "b"} {
			if err := w.Refresh(id, products...); err != nil {
				t.Fatal(err)
			}
		}
		products[0] = "spoilt"
		if got := snapshot(t, w, "a").Refresh; got.Phase != watch.Requested || got.Products[0] != moneykit.ProductAccounts {
			t.Errorf("%+v", got)
		}
		if err := w.Refresh("a", moneykit.ProductIdentity); !errors.Is(err, watch.ErrBusy) {
			t.Errorf("%v", err)
		}
		time.Sleep(5 * time.Second) // the link has no such product: nothing will come
		if got := snapshot(t, w, "a"); got.Refresh.Phase != watch.Done || got.Refresh.Brought(moneykit.ProductAccounts) {
			t.Errorf("%+v", got.Refresh)
		}
		if err := w.Refresh("a", moneykit.ProductIdentity); err != nil {
			t.Errorf("the first one is over: %v", err)
		}
		posts := 0
		for _, r := range s.asked() {
			if r.method == http.MethodPost {
				posts++
			}
		}
		if posts != 2 {
			t.Errorf("%d requests for a refresh", posts)
		}
	})
}

var yesterday = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)

func stuck(id moneykit.LinkID) reply {
	return reply{body: link(id, moneykit.Connected, map[moneykit.Product]moneykit.ProductStatus{
		moneykit.ProductAccounts: {RefreshedAt: yesterday, LastAttemptedAt: yesterday},
	})}
}

func TestRefreshTimesOut(t *testing.T) {
	for name, later := range map[string]func(moneykit.LinkID) reply{
		"when nothing comes":   stuck,
		"when all polls fail":  func(moneykit.LinkID) reply { return reply{err: errors.New("network is unreachable")} },
		"when the server errs": func(moneykit.LinkID) reply { return reply{status: 500} },
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Time{}
			s := &server{handle: func(r read) reply {
				if r.at.Equal(began) {
					return stuck(r.id)
				}
				return later(r.id)
			}}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				began = time.Now()
				if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2*time.Minute - time.Second)
				if got := snapshot(t, w, "a"); !got.Refreshing() {
					t.Errorf("too early: %+v", got.Refresh)
				}
				time.Sleep(10 * time.Second)
				if got := snapshot(t, w, "a"); got.Refresh.Phase != watch.TimedOut || got.Refresh.Brought(moneykit.ProductAccounts) {
					t.Errorf("%+v", got.Refresh)
				}
				if n := len(s.asked()); n < 20 || n > 45 {
					t.Errorf("%d requests", n)
				}
				time.Sleep(10 * time.Minute)
				if n := len(s.asked()); n > 1 { // it is not on screen
					t.Errorf("%d requests after its end", n)
				}
			})
		})
	}
}

// A read that was on its way when a refresh was accepted says nothing of it.
func TestAReadFromBeforeTheRequest(t *testing.T) {
	var reads atomic.Int32
	s := &server{latency: 10 * time.Millisecond, handle: func(r read) reply {
		if reads.Add(1) == 1 {
			time.Sleep(500 * time.Millisecond)
			return reply{body: link(r.id, moneykit.InError, nil)}
		}
		return stuck(r.id)
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Show("a")
		synctest.Wait()
		if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(600 * time.Millisecond)
		if got := snapshot(t, w, "a"); got.Link.State != moneykit.Connected || got.Refresh.Phase != watch.Accepted {
			t.Errorf("%+v %+v", got.Link, got.Refresh)
		}
	})
}

// MoneyKit that is asked too much says nothing of the link's own limits.
func TestAskedTooMuchBeforeTheRequest(t *testing.T) {
	for _, refusals := range []int32{3, 4} {
		var reads atomic.Int32
		s := &server{handle: func(r read) reply {
			if reads.Add(1) <= refusals {
				return reply{status: 429, body: limited, retryAfter: "60"}
			}
			return stuck(r.id)
		}}
		running(t, s, func(t *testing.T, w *watch.Watcher) {
			if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3*time.Minute - time.Second)
			if got := s.asked(); len(got) != 3 {
				t.Errorf("the API asked to be left alone: %v", got)
			}
			time.Sleep(2 * time.Second)
			got := snapshot(t, w, "a").Refresh
			if refusals == 3 && got.Phase != watch.Accepted {
				t.Errorf("%+v", got)
			}
			if refusals == 4 && (got.Phase != watch.Failed || !errors.Is(got.Err, moneykit.RateLimitExceeded) || !got.RetryAt.IsZero()) {
				t.Errorf("%+v", got)
			}
		}, watch.WithBudget(0, 8)) // nothing else asks
	}
}

// A link that is deleted while it is refreshed brings nothing any more.
func TestALinkThatIsDeletedMeanwhile(t *testing.T) {
	for name, answer := range map[string]reply{
		"deleted":   {body: link("a", moneykit.Deleted, nil)},
		"forgotten": {status: http.StatusNotFound, body: `{"error_code":"link_error.not_found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var reads atomic.Int32
			s := &server{handle: func(r read) reply {
				if reads.Add(1) <= 2 {
					return stuck(r.id)
				}
				return answer
			}}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				if got := snapshot(t, w, "a").Refresh; got.Phase != watch.Failed || !errors.Is(got.Err, moneykit.LinkDeleted) {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// A refresh waits for a read of its link that is on its way.
func TestARefreshDuringARead(t *testing.T) {
	s := &server{latency: time.Second, handle: func(r read) reply { return stuck(r.id) }}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Look("a")
		synctest.Wait()
		if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if got := snapshot(t, w, "a").Refresh; got.Phase != watch.Accepted || len(s.overlaps) > 0 {
			t.Errorf("%+v, %v read while being read", got, s.overlaps)
		}
	})
}

func TestPollsOfARefresh(t *testing.T) {
	s := &server{handle: func(r read) reply { return stuck(r.id) }}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		reads := s.asked()
		var got []int
		for _, r := range reads {
			got = append(got, int(r.at.Sub(reads[0].at).Seconds()))
		}
		want := []int{0, 0, 1, 2, 4, 6, 9, 12, 16, 20, 25, 30, 36, 42, 49, 56, 64, 72, 81, 90, 100, 110, 120}
		if !slices.Equal(got, want) {
			t.Errorf("polled after %v seconds", got)
		}
	}, watch.WithBudget(0, 8))
}

func TestRunReturnsWhenNothingIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{handle: func(read) reply {
			time.Sleep(5 * time.Second) // gives nothing for the caller's context
			return reply{}
		}}
		w := watch.New(newClient(t, s))
		ctx, cancel := context.WithCancel(t.Context())
		w.Add("a")
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		w.Run(ctx)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("after %v", took)
		}
	})
}
