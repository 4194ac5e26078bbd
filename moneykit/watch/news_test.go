package watch_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// happened returns what events w has to tell without waiting.
func happened(t testing.TB, w *watch.Watcher) []watch.Event {
	t.Helper()
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	news, err := w.Next(ctx)
	if err != nil {
		return nil
	}
	return news.Events
}

// inShort tells events in a line each.
func inShort(events []watch.Event) (lines []string) {
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("%s %s %s>%s", e.Link, e.Kind, e.Before.State, e.After.State))
	}
	return lines
}

func TestEveryStepIsAnEvent(t *testing.T) {
	var state atomic.Value
	state.Store(moneykit.Connecting)
	s := &server{handle: func(r read) reply { return reply{body: link(r.id, state.Load().(moneykit.LinkState), nil)} }}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add("a")
		synctest.Wait()
		for _, next := range []moneykit.LinkState{moneykit.Connected, moneykit.Connected, moneykit.InError} {
			state.Store(next)
			w.Look("a")
			synctest.Wait()
		}
		w.Put(&moneykit.Link{ID: "a", State: moneykit.Connected, Response: moneykit.Response{RequestID: "req_put"}})
		got := happened(t, w)
		want := []string{"a state changed connecting>connected", "a state changed connected>error", "a state changed error>connected", "a state changed connected>error"}
		if !slices.Equal(inShort(got), want) {
			t.Fatalf("%q", inShort(got))
		}
		if got[0].RequestID != "req_1" || got[2].RequestID != "req_put" || !got[0].At.Equal(time.Now()) {
			t.Errorf("%+v", got)
		}
		w.Look("a")
		if again := happened(t, w); len(again) != 0 {
			t.Errorf("told twice: %q", inShort(again))
		}
	})
}

func TestARefreshIsAnEvent(t *testing.T) {
	var refreshed atomic.Bool
	s := &server{handle: func(r read) reply {
		status := moneykit.ProductStatus{RefreshedAt: yesterday, LastAttemptedAt: yesterday}
		if refreshed.Load() {
			status.RefreshedAt = yesterday.Add(time.Hour)
		}
		return reply{body: link(r.id, moneykit.Connected, map[moneykit.Product]moneykit.ProductStatus{moneykit.ProductAccounts: status})}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		refreshed.Store(true)
		time.Sleep(3 * time.Second)
		got := happened(t, w)
		if len(got) != 1 || got[0].Kind != watch.ProductRefreshed || got[0].Product != moneykit.ProductAccounts {
			t.Errorf("%+v", got)
		}
	})
}

func TestOnlyWhatBecomesKnownLaterHasAppeared(t *testing.T) {
	s := &server{handle: func(r read) reply {
		if r.id == "unknown" {
			return reply{status: http.StatusNotFound, body: `{"error_code":"link_error.not_found","error_message":"Link not found."}`}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add("added")
		synctest.Wait()
		w.Rest(true)
		w.Add("unread")
		w.Baseline()
		w.Rest(false)
		synctest.Wait()
		if got := happened(t, w); len(got) != 0 {
			t.Errorf("there before: %q", inShort(got))
		}
		w.Add("added", "new", "unknown")
		synctest.Wait()
		w.Show("shown", "unread")
		synctest.Wait()
		w.Put(&moneykit.Link{ID: "put", State: moneykit.Connecting})
		w.Look("new")
		want := []string{
			"new link appeared >connected", "shown link appeared >connected", "put link appeared >connecting",
			"put state changed connecting>connected",
		}
		if got := happened(t, w); !slices.Equal(inShort(got), want) {
			t.Errorf("%q", inShort(got))
		}
	})
}

// What was read in an earlier run is a before like any other.
func TestRecalledLinksChange(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Baseline()
		w.Recall(
			watch.Snapshot{ID: "a", At: yesterday, Link: &moneykit.Link{ID: "a", State: moneykit.InError}},
			watch.Snapshot{ID: "b", At: yesterday, Link: &moneykit.Link{ID: "b", State: moneykit.Connected}},
		)
		got := happened(t, w)
		if !slices.Equal(inShort(got), []string{"a state changed error>connected"}) || !got[0].Since.Equal(yesterday) {
			t.Errorf("%q", inShort(got))
		}
		time.Sleep(9 * time.Minute)
		if reads := s.asked(); len(reads) != 2 {
			t.Errorf("nobody knows when it changed: %v", reads)
		}
	})
}

func TestAForgottenLinkIsGone(t *testing.T) {
	var gone atomic.Bool
	s := &server{handle: func(read) reply {
		if gone.Load() {
			return reply{status: http.StatusNotFound, body: `{"error_code":"link_error.not_found","error_message":"Link not found."}`}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Look("a")
		synctest.Wait()
		gone.Store(true)
		for range 3 {
			w.Look("a")
			synctest.Wait()
		}
		if got := happened(t, w); !slices.Equal(inShort(got), []string{"a link gone connected>deleted"}) {
			t.Errorf("%q", inShort(got))
		}
	})
}

func TestVeryManyEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch.New(newClient(t, &server{}))
		w.Baseline()
		all := many(10_003)
		for _, id := range all {
			w.Put(&moneykit.Link{ID: id, State: moneykit.Connected})
		}
		got := happened(t, w)
		if len(got) != 10_000 || got[0].Link != all[3] || got[9_999].Link != all[10_002] {
			t.Errorf("%d events", len(got))
		}
	})
}
