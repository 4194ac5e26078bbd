package watch_test

import (
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

func TestRateLimitPausesAllReads(t *testing.T) {
	for name, x := range map[string]struct {
		retryAfter string
		want       time.Duration
	}{
		"for as long as it says": {"90", 90 * time.Second},
		"until when it says":     {"Sat, 01 Jan 2000 00:01:00 GMT", 50 * time.Second}, // from the tenth second on
		"when it does not say":   {"", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			began, from := time.Time{}, 10*time.Second
			s := &server{handle: func(r read) reply {
				if since := r.at.Sub(began); since >= from && since < from+x.want {
					return reply{status: 429, body: limited, retryAfter: x.retryAfter}
				}
				return reply{}
			}}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				began = time.Now()
				w.Show(many(4)...)
				time.Sleep(from)
				synctest.Wait()
				s.asked()
				w.Look("mk_0000")
				synctest.Wait()
				if got := ids(s.asked()); !slices.Equal(got, many(1)) {
					t.Fatalf("%v", got)
				}
				if got := snapshot(t, w, "mk_0000"); !errors.Is(got.Err, moneykit.RateLimitExceeded) || got.Link == nil {
					t.Errorf("%+v", got)
				}
				w.Look("mk_0001")
				w.Add("mk_new")
				time.Sleep(x.want - time.Millisecond)
				synctest.Wait()
				if got := s.asked(); len(got) != 0 {
					t.Errorf("read in the pause: %v", got)
				}
				time.Sleep(20 * time.Second)
				for _, id := range append(many(4), "mk_new") {
					if got := snapshot(t, w, id); got.Err != nil || got.Link == nil {
						t.Errorf("%s: %+v", id, got)
					}
				}
			})
		})
	}
}

// An answer that was on its way when the limit came does not end the pause.
func TestAPauseIsNotShortened(t *testing.T) {
	began := time.Time{}
	s := &server{latency: time.Millisecond}
	s.handle = func(r read) reply {
		switch {
		case r.at.Sub(began) >= time.Minute:
			return reply{}
		case r.id == "mk_0000":
			return reply{status: 429, body: limited, retryAfter: "60"}
		}
		time.Sleep(time.Second)
		return reply{status: 500}
	}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		began = time.Now()
		w.Show(many(8)...)
		time.Sleep(59 * time.Second)
		if got := s.asked(); len(got) != 8 {
			t.Errorf("%d reads", len(got))
		}
		time.Sleep(30 * time.Second)
		for _, id := range many(8) {
			if got := snapshot(t, w, id); got.Err != nil {
				t.Errorf("%s: %v", id, got.Err)
			}
		}
	})
}

func TestErrorsBackOff(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	s := &server{handle: func(read) reply {
		if broken.Load() {
			return reply{err: errors.New("network is unreachable")}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Show("a")
		time.Sleep(10 * time.Minute)
		var gaps []time.Duration
		reads := s.asked()
		for i := range reads[1:] {
			gaps = append(gaps, reads[i+1].at.Sub(reads[i].at))
		}
		want := []time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 2 * time.Minute, 2 * time.Minute, 2 * time.Minute}
		if !slices.Equal(gaps, want) {
			t.Errorf("%v", gaps)
		}
		e := (*moneykit.ConnectionError)(nil)
		if got := snapshot(t, w, "a"); !errors.As(got.Err, &e) || got.Link != nil {
			t.Errorf("%+v", got)
		}
		broken.Store(false)
		w.Look("a") // the operator does not wait for the back-off
		if got := snapshot(t, w, "a"); got.Err != nil || got.Link == nil {
			t.Errorf("%+v", got)
		}
	})
}

// The backlog survives an outage, and an outage does not make a storm of it.
func TestBacklogThroughAnOutage(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	s := &server{latency: 10 * time.Millisecond, handle: func(r read) reply {
		switch {
		case broken.Load():
			return reply{err: errors.New("network is unreachable")}
		case r.id == "mk_0005":
			return reply{status: http.StatusNotFound, body: `{"error_code":"link_error.not_found","error_message":"Link not found."}`}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(500)...)
		time.Sleep(10 * time.Minute)
		if got := len(s.asked()); got > 100 {
			t.Errorf("%d reads during the outage", got)
		}
		broken.Store(false)
		time.Sleep(5 * time.Minute)
		for i, id := range many(500) {
			if got := snapshot(t, w, id); (got.Link == nil) != (i == 5) {
				t.Errorf("%s: %+v", id, got)
			}
		}
		if got := len(s.asked()); got != 500 {
			t.Errorf("%d reads after it: what is not found is not asked for again", got)
		}
	})
}

// A link that was there once and is not found any more was deleted; one that was
// never there is an error.
func TestAForgottenLinkIsDeleted(t *testing.T) {
	var gone atomic.Bool
	s := &server{handle: func(read) reply {
		if gone.Load() {
			return reply{status: http.StatusNotFound, body: `{"error_code":"link_error.not_found","error_message":"Link not found."}`}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Look("a")
		was := snapshot(t, w, "a").Link
		gone.Store(true)
		w.Look("a")
		w.Look("b")
		got := snapshot(t, w, "a")
		if got.Err != nil || got.Link.State != moneykit.Deleted || got.Link.ID != was.ID || was.State == moneykit.Deleted {
			t.Errorf("%+v", got)
		}
		if got := snapshot(t, w, "b"); got.Link != nil || !errors.Is(got.Err, moneykit.LinkNotFound) {
			t.Errorf("%+v", got)
		}
	})
}
