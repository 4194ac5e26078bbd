package watch_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

func TestIDsFirstThenStates(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add("a", "b")
		w.Add("b", "c", "a")
		first := news(t, w)
		for i, got := range first {
			if got.Link != nil || got.ID != moneykit.LinkID("abc"[i:i+1]) {
				t.Errorf("%d: %+v", i, got)
			}
		}
		time.Sleep(2 * time.Second)
		second := news(t, w)
		if len(first) != 3 || len(second) != 3 || len(s.asked()) != 3 {
			t.Fatalf("%d, then %d", len(first), len(second))
		}
		for _, got := range second {
			if got.Link == nil || got.Link.ID != got.ID || got.Err != nil || got.At.IsZero() {
				t.Errorf("%+v", got)
			}
		}
		if again := news(t, w); again != nil {
			t.Errorf("no news: %+v", again)
		}
		if _, known := w.Snapshot("d"); known {
			t.Error("d is known")
		}
	})
}

func TestAtMostEightReadsInFlight(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(100)...)
		time.Sleep(13*time.Second + time.Millisecond)
		synctest.Wait()
		if got := s.asked(); s.atMost != 8 || len(got) != 100 {
			t.Errorf("%d in flight, %d reads", s.atMost, len(got))
		}
		time.Sleep(9*time.Minute + 40*time.Second)
		if again := s.asked(); len(again) != 0 {
			t.Errorf("links not on screen were read again: %d", len(again))
		}
	}, unlimited())
}

func TestShownLinksComeFirstAndAgain(t *testing.T) {
	s := &server{latency: 100 * time.Millisecond}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		all := many(200)
		shown := slices.Clone(all[100:108])
		w.Add(all...)
		time.Sleep(150 * time.Millisecond)
		s.asked()
		w.Show(shown...)
		kept := slices.Clone(shown)
		clear(shown) // what Show was given stays the caller's
		time.Sleep(100 * time.Millisecond)
		next := slices.DeleteFunc(ids(s.asked()), func(id moneykit.LinkID) bool { return !slices.Contains(kept, id) })
		slices.Sort(next)                  // they are sent at the same time
		if !slices.Equal(next, kept[:6]) { // and two of the others
			t.Fatalf("read next: %v", next)
		}
		time.Sleep(5 * time.Second)
		s.asked()
		for range 4 {
			time.Sleep(15*time.Second + 200*time.Millisecond)
			got := ids(s.asked())
			slices.Sort(got)
			if !slices.Equal(got, kept) {
				t.Fatalf("within 15 s: %v", got)
			}
		}
		w.Show(all[0])
		time.Sleep(time.Minute)
		if got := ids(s.asked()); len(got) < 4 || slices.Contains(got, kept[0]) {
			t.Errorf("after another was shown: %v", got)
		}
	}, unlimited())
}

func TestALinkThatConnectsIsReadOften(t *testing.T) {
	began := time.Time{}
	s := &server{handle: func(r read) reply {
		if time.Since(began) < 9*time.Second {
			return reply{body: link(r.id, moneykit.Connecting, nil)}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		began = time.Now()
		w.Show("a")
		time.Sleep(20 * time.Second)
		if got := s.asked(); len(got) != 6 { // 0, 2, 4, 6, 8 and 10 s
			t.Errorf("%d reads", len(got))
		}
		if got := snapshot(t, w, "a"); got.Link.State != moneykit.Connected {
			t.Error(got.Link.State)
		}
	})
}

// TestTenMinutes keeps a screen of links among many fresh.
func TestTenMinutes(t *testing.T) {
	s := &server{latency: 50 * time.Millisecond}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		all := many(1000)
		w.Add(all...)
		w.Show(all[:30]...)
		time.Sleep(10 * time.Minute)
		if got := len(s.asked()); got < 1000+30*35 || got > 1000+30*40 {
			t.Errorf("%d requests", got)
		}
	})
}

func TestShowOfAnUnknownLink(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(8)...)
		time.Sleep(time.Millisecond)
		news(t, w)
		w.Show("new") // all workers are busy
		if got := news(t, w); len(got) != 1 || got[0].ID != "new" {
			t.Errorf("%+v", got)
		}
		w.Show()
		w.Add("new")
		time.Sleep(3 * time.Second)
		if got := snapshot(t, w, "new"); got.Link == nil {
			t.Error("it was never read")
		}
	})
}

func TestCancelEndsRun(t *testing.T) {
	s := &server{latency: time.Hour / 200}
	synctest.Test(t, func(t *testing.T) { // fails when a goroutine is left
		w := watch.New(newClient(t, s), unlimited())
		if err := w.Refresh("a"); !errors.Is(err, watch.ErrStopped) {
			t.Errorf("before Run: %v", err)
		}
		stop := run(t, w)
		w.Add(many(50)...)
		w.Show("mk_0000")
		if err := w.Refresh("mk_0001", moneykit.ProductAccounts); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		stop()
		if err := w.Refresh("a"); !errors.Is(err, watch.ErrStopped) {
			t.Errorf("after Run: %v", err)
		}
		for _, id := range many(50) {
			if got := snapshot(t, w, id); got.Err != nil {
				t.Errorf("%s: a read that was given up is no error: %v", id, got.Err)
			}
		}
		if got := snapshot(t, w, "mk_0001"); got.Refreshing() {
			t.Errorf("%+v", got.Refresh)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 3 { // the news left over, and no more
			if _, err := w.Next(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		// Another Run takes up what the first one left.
		s.asked()
		s.latency = 0
		stop = run(t, w)
		synctest.Wait()
		if got := len(s.asked()); got < 49 {
			t.Errorf("%d reads", got)
		}
		stop()
	})
}

func TestAnOlderAnswerDoesNotOverwrite(t *testing.T) {
	var state atomic.Value
	state.Store(moneykit.Connected)
	s := &server{latency: time.Second, handle: func(r read) reply {
		return reply{body: link(r.id, state.Load().(moneykit.LinkState), nil)} // decided when asked, told a second later
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Show("a")
		for _, wait := range []time.Duration{0, time.Second / 2} {
			state.Store(moneykit.Connected)
			w.Look("a")
			time.Sleep(wait)
			synctest.Wait() // the read is on its way
			state.Store(moneykit.InError)
			w.Put(&moneykit.Link{ID: "a", State: moneykit.InError, ErrorCode: moneykit.AuthExpired})
			for range 30 {
				if got := snapshot(t, w, "a"); got.Link.State != moneykit.InError {
					t.Fatalf("after %v: %s", wait, got.Link.State)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if got := snapshot(t, w, "a"); got.Link.ErrorCode != "" {
				t.Error("it was not read again after the Put")
			}
		}
	})
}

func TestPut(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		began := time.Now()
		w.Put(&moneykit.Link{ID: "a", State: moneykit.Deleted})
		got := news(t, w)
		if len(got) != 1 || got[0].Link.State != moneykit.Deleted || !got[0].At.Equal(began) || got[0].Err != nil {
			t.Fatalf("%+v", got)
		}
		time.Sleep(2 * time.Second)
		if got := snapshot(t, w, "a"); got.Link.State != moneykit.Connected || len(s.asked()) != 1 {
			t.Errorf("it is read once: %+v", got)
		}
	})
}

func TestLookDuringARead(t *testing.T) {
	s := &server{latency: time.Second}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add("a")
		synctest.Wait()
		for range 5 {
			w.Look("a")
		}
		time.Sleep(10 * time.Second)
		reads := s.asked()
		if len(reads) != 2 || reads[1].at.Sub(reads[0].at) != time.Second {
			t.Errorf("%v", reads)
		}
	})
}

func TestNextCoalesces(t *testing.T) {
	s := &server{}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add("a")
		w.Show("a", "b")
		time.Sleep(5*time.Minute - time.Second) // some twenty reads that nobody received
		got := news(t, w)
		if len(got) != 2 || got[0].ID != "a" || got[1].ID != "b" {
			t.Fatalf("%+v", got)
		}
		for _, one := range got {
			if newest := snapshot(t, w, one.ID); newest != one {
				t.Errorf("not the newest: %+v, %+v", one, newest)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := w.Next(ctx); err != nil || time.Since(began) > 15*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
