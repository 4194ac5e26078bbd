package watch_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

var tooMany = &moneykit.Error{Status: http.StatusTooManyRequests, Code: moneykit.RateLimitExceeded}

func TestTheBudgetIsKeptByDefault(t *testing.T) {
	s := &server{latency: 10 * time.Millisecond}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(100)...)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		reads := s.asked()
		within(t, reads, watch.DefaultRate, watch.DefaultInFlight)
		if len(reads) < watch.DefaultInFlight+10*watch.DefaultRate-1 {
			t.Errorf("%d reads: the budget was not used", len(reads))
		}
	})
}

func TestNothingIsSavedUpBeyondTheBurst(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		time.Sleep(time.Hour)
		w.Add(many(20)...)
		synctest.Wait()
		if got := len(s.asked()); got != 3 {
			t.Errorf("%d reads at once", got)
		}
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if got := len(s.asked()); got != 2 {
			t.Errorf("%d reads in a second", got)
		}
	}, watch.WithBudget(2, 3))
}

func TestInFlightIsBounded(t *testing.T) {
	s := &server{latency: time.Minute / 4}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		done, err := w.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.Add(many(20)...)
		time.Sleep(10 * time.Second)
		if got := len(s.asked()); got != 2 || w.Pulse().InFlight != 3 {
			t.Errorf("%d reads beside the turn, %+v", got, w.Pulse())
		}
		done(nil)
		done(nil) // once is enough
		synctest.Wait()
		if got := len(s.asked()); got != 1 || w.Pulse().InFlight != 3 {
			t.Errorf("%d reads after the turn, %+v", got, w.Pulse())
		}
	}, watch.WithBudget(math.Inf(1), 3))
}

// Requests of others and refreshes come out of the same budget as reads.
func TestOneBudgetForAll(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(1000)...)
		for i := range 40 {
			go func() {
				done, err := w.Turn(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				_, err = newClient(t, s).Link(t.Context(), "turn")
				done(err)
			}()
			if err := w.Refresh(many(20)[i%20], moneykit.ProductAccounts); err != nil && !errors.Is(err, watch.ErrBusy) {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		reads := s.asked()
		within(t, reads, watch.DefaultRate, watch.DefaultInFlight)
		seen := map[string]int{}
		for _, r := range reads {
			switch {
			case r.id == "turn":
				seen["turns"]++
			case r.method == http.MethodPost:
				seen["refreshes"]++
			default:
				seen["reads"]++
			}
		}
		if seen["turns"] != 40 || seen["refreshes"] != 20 || seen["reads"] < 120 {
			t.Errorf("%v", seen)
		}
	})
}

func TestATurnIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch.New(newClient(t, &server{}), watch.WithBudget(math.Inf(1), 1))
		stop := run(t, w)
		defer stop()
		first, err := w.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Turn(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		first(nil)
		second, err := w.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second(nil)
		for range 500 { // one is granted and gives up at the same moment
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			first, err := w.Turn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if done, err := w.Turn(ctx); err == nil {
					done(nil)
				}
			}()
			synctest.Wait()
			first(nil)
			cancel()
		}
		synctest.Wait()
		if got := w.Pulse().InFlight; got != 0 {
			t.Errorf("%d in flight", got)
		}
	})
}

func TestARefusedTurnPausesAndSlowsDown(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		done, err := w.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(&moneykit.Error{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second})
		began := time.Now()
		if got := w.Pulse(); got.Rate != 2 || got.Limit != 4 || !got.Paused.Equal(began.Add(30*time.Second)) {
			t.Errorf("%+v", got)
		}
		w.Look("a")
		if done, err = w.Turn(t.Context()); err != nil || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		done(nil)
		synctest.Wait()
		if got := s.asked(); len(got) != 1 || !got[0].at.Equal(began.Add(30*time.Second)) || !w.Pulse().Paused.IsZero() {
			t.Errorf("%v, %+v", got, w.Pulse())
		}
	})
}

func TestAPauseHasAnEnd(t *testing.T) {
	running(t, &server{}, func(t *testing.T, w *watch.Watcher) {
		done, err := w.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done(&moneykit.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Hour})
		if got := w.Pulse(); !got.Paused.Equal(time.Now().Add(2*time.Minute)) || got.Rate != 4 {
			t.Errorf("%+v", got)
		}
	})
}

// A limit of one link's products is none of the API.
func TestALimitedRefreshDoesNotSlowDown(t *testing.T) {
	s := &server{handle: func(r read) reply {
		if r.method == http.MethodPost {
			return reply{status: 429, body: limited, retryAfter: "3600"}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		if err := w.Refresh("a", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		if got := snapshot(t, w, "a"); got.Refresh.Phase != watch.Limited {
			t.Errorf("%+v", got.Refresh)
		}
		if got := w.Pulse(); got.Rate != 4 || !got.Paused.IsZero() {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheRateHalvesAndGrowsBack(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		turn := func() func(error) {
			t.Helper()
			done, err := w.Turn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		rate := func(want float64) {
			t.Helper()
			if got := w.Pulse().Rate; math.Abs(got-want) > 1e-9 {
				t.Errorf("%v requests a second, want %v", got, want)
			}
		}
		storm := []func(error){turn(), turn(), turn(), turn()}
		for _, done := range storm { // what was on its way halves once
			done(tooMany)
		}
		rate(2)
		for _, want := range []float64{1, 0.5, 0.5} {
			turn()(tooMany)
			rate(want)
		}
		turn()(nil) // after the pause of five seconds
		rate(0.5)
		time.Sleep(5 * time.Second)
		turn()(nil)
		rate(0.9)
		turn()(nil)
		rate(0.9)
		turn()(&moneykit.Error{Status: 500})
		rate(0.9)
		for want := 1.3; want < 4.8; want += 0.4 {
			time.Sleep(10 * time.Second)
			turn()(nil)
			rate(min(want, 4))
		}
	})
}

func TestABudgetOfNothing(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(50)...)
		w.Show(many(20)...)
		w.Follow("followed")
		time.Sleep(time.Minute)
		synctest.Wait()
		reads := s.asked()
		within(t, reads, watch.DefaultRate, watch.DefaultInFlight)
		got := ids(reads)
		slices.Sort(got)
		if want := append([]moneykit.LinkID{"followed"}, many(20)...); !slices.Equal(got, want) {
			t.Errorf("what is on screen is read once: %v", got)
		}
		time.Sleep(time.Hour)
		if got := s.asked(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		w.Look("mk_0000")
		w.Look("mk_0040")
		if err := w.Refresh("mk_0001", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := s.asked(); len(got) != 5 || snapshot(t, w, "mk_0001").Refresh.Phase != watch.Done {
			t.Errorf("what is asked for is done: %v", got)
		}
		if got := w.Pulse(); got.Limit != 0 || got.Known != 51 || got.Seen != 22 || got.Left != 0 {
			t.Errorf("%+v", got)
		}
	}, watch.WithBudget(0, 8))
}

func TestRest(t *testing.T) {
	s := &server{handle: func(r read) reply {
		if r.id == "refreshing" {
			return stuck(r.id)
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		all := many(500)
		w.Add(all...)
		w.Show(all[100:103]...)
		time.Sleep(20 * time.Second)
		w.Rest(true)
		if err := w.Refresh("refreshing", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		w.Look("looked")
		time.Sleep(time.Minute)
		s.asked()
		w.Look("looked")
		time.Sleep(20 * time.Second)
		looked := 0
		for _, r := range s.asked() {
			switch r.id {
			case "looked":
				looked++
			case "refreshing":
			default:
				t.Errorf("%s is read", r.id)
			}
		}
		if p := w.Pulse(); looked != 1 || !p.Resting || p.Left != 0 {
			t.Errorf("%d reads of what was asked for, %+v", looked, p)
		}
		time.Sleep(5 * time.Minute) // the refresh is given up
		s.asked()
		began := time.Now()
		w.Rest(false)
		time.Sleep(time.Second)
		reads := s.asked()
		if !slices.Equal(ids(reads[:3]), all[100:103]) || !reads[0].at.Equal(began) || w.Pulse().Resting {
			t.Errorf("what is on screen is first: %v", reads)
		}
	}, watch.WithBudget(4, 1))
}

func TestPulse(t *testing.T) {
	var lost atomic.Bool
	s := &server{latency: 10 * time.Millisecond, handle: func(read) reply {
		if lost.Load() {
			return reply{err: errors.New("network is unreachable")}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		if got := w.Pulse(); got != (watch.Pulse{Rate: 4, Limit: 4}) {
			t.Errorf("%+v", got)
		}
		began := time.Now()
		w.Add(many(500)...)
		time.Sleep(10*time.Second - time.Millisecond)
		synctest.Wait()
		got := w.Pulse()
		if got.Known != 500 || got.Seen != 47 || got.Left != 453*time.Second/4 || got.Failed != nil || !got.Paused.IsZero() {
			t.Errorf("%+v", got)
		}
		if ago := began.Add(10 * time.Second).Sub(got.Answered); ago > time.Second || ago < 0 {
			t.Errorf("answered %v ago", ago)
		}
		w.Show(many(30)...) // takes two requests a second
		if got := w.Pulse(); got.Left != 453*time.Second/2 {
			t.Errorf("%v left", got.Left)
		}
		answered := got.Answered
		lost.Store(true)
		time.Sleep(20 * time.Second)
		if got := w.Pulse(); got.Failed == nil || got.Left != 0 || got.Answered.Sub(answered) > time.Second {
			t.Errorf("%+v", got)
		}
		lost.Store(false)
		time.Sleep(10 * time.Minute)
		if got := w.Pulse(); got.Failed != nil || got.Seen != 500 || got.Left != 0 {
			t.Errorf("%+v", got)
		}
	})
}
