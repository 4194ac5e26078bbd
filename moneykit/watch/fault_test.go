package watch_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// A storm of refusals neither becomes one of requests nor lasts.
func TestAStormOf429s(t *testing.T) {
	var storm atomic.Bool
	s := &server{latency: 200 * time.Millisecond, handle: func(read) reply {
		if storm.Load() {
			return reply{status: 429, body: limited, retryAfter: "2"}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(2000)...)
		w.Show(many(30)...)
		time.Sleep(time.Minute)
		storm.Store(true)
		s.asked()
		time.Sleep(500 * time.Millisecond)
		if got := w.Pulse().Rate; got != 2 {
			t.Errorf("%v requests a second: answers to what was on its way halve once", got)
		}
		time.Sleep(10 * time.Minute)
		if got := len(s.asked()); got > 8*121 { // a burst after each pause of five seconds
			t.Errorf("%d requests", got)
		}
		if got := w.Pulse().Rate; got != 0.5 {
			t.Errorf("%v requests a second", got)
		}
		storm.Store(false)
		time.Sleep(time.Minute + 2*time.Minute) // the longest rest of the round, then ten steps of growth
		s.asked()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := len(s.asked()); got < 235 || w.Pulse().Rate != 4 || w.Pulse().Failed != nil {
			t.Errorf("%d requests in a minute, %+v", got, w.Pulse())
		}
	})
}

// Reads that hang end by the client's timeout and cost no more than their slots.
func TestHangs(t *testing.T) {
	var hang atomic.Bool
	s := &server{latency: time.Millisecond}
	s.handle = func(read) reply {
		if hang.Load() {
			return reply{hang: true}
		}
		return reply{}
	}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Show(many(20)...)
		time.Sleep(20 * time.Second)
		hang.Store(true)
		time.Sleep(time.Minute)
		if s.most() > 8 || w.Pulse().InFlight != 8 || w.Pulse().Failed == nil {
			t.Errorf("%d at most, %+v", s.most(), w.Pulse())
		}
		hang.Store(false)
		time.Sleep(time.Minute)
		for _, id := range many(20) {
			if got := snapshot(t, w, id); got.Err != nil || time.Since(got.At) > 20*time.Second {
				t.Errorf("%s: read %v ago, %v", id, time.Since(got.At), got.Err)
			}
		}
	})
}

func TestConnectionResets(t *testing.T) {
	var n atomic.Int32
	s := &server{latency: 10 * time.Millisecond, handle: func(read) reply {
		if n.Add(1)%5 == 0 {
			return reply{err: syscall.ECONNRESET}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(200)...)
		w.Show(many(10)...)
		time.Sleep(5 * time.Minute)
		for _, id := range many(200) {
			if got := snapshot(t, w, id); got.Link == nil {
				t.Errorf("%s: %v", id, got.Err)
			}
		}
		within(t, s.asked(), watch.DefaultRate, watch.DefaultInFlight)
	})
}

// When the network is back, the first success brings back all that is on screen.
func TestALostNetwork(t *testing.T) {
	var lost atomic.Bool
	s := &server{latency: 10 * time.Millisecond, handle: func(read) reply {
		if lost.Load() {
			return reply{err: errors.New("network is unreachable")}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(500)...)
		w.Show(many(10)...)
		time.Sleep(20 * time.Second)
		lost.Store(true)
		time.Sleep(10 * time.Minute)
		s.asked()
		lost.Store(false)
		w.Look("mk_0009")
		time.Sleep(50 * time.Millisecond)
		w.Show(many(10)...) // changes nothing
		time.Sleep(5 * time.Second)
		for _, id := range many(10) {
			if got := snapshot(t, w, id); got.Err != nil || time.Since(got.At) > 6*time.Second {
				t.Errorf("%s: read %v ago, %v", id, time.Since(got.At), got.Err)
			}
		}
		if got := len(s.asked()); got < 20 {
			t.Errorf("%d requests: the round rests", got)
		}
	})
}

// One link that cannot be read is left alone for longer and longer while others can.
func TestOneLinkThatFails(t *testing.T) {
	s := &server{handle: func(r read) reply {
		if r.id == "mk_0003" {
			return reply{status: http.StatusInternalServerError}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(2000)...)
		w.Show(many(10)...)
		time.Sleep(11 * time.Minute)
		reads := map[moneykit.LinkID]int{}
		for _, r := range s.asked() {
			reads[r.id]++
		}
		if reads["mk_0003"] > 9 || reads["mk_0004"] < 35 || len(reads) < 1000 {
			t.Errorf("%d reads of it, %d of another, %d links", reads["mk_0003"], reads["mk_0004"], len(reads))
		}
	})
}

// What MoneyKit does not know is an answer, and no reason to rest.
func TestManyUnknownLinks(t *testing.T) {
	s := &server{handle: func(read) reply {
		return reply{status: http.StatusNotFound, body: `{"error_code":"link_error.not_found","error_message":"Link not found."}`}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		w.Add(many(100)...)
		time.Sleep(30 * time.Second)
		if got := len(s.asked()); got != 100 || w.Pulse().Seen != 100 {
			t.Errorf("%d reads, %+v", got, w.Pulse())
		}
	})
}

// After sleep the process's own clock has stood still, and the one on the wall has not.
func TestTheMachineSleeps(t *testing.T) {
	var slept atomic.Int64
	s := &server{latency: 10 * time.Millisecond}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		watch.SetWall(w, func() time.Time { return time.Now().Add(time.Duration(slept.Load())).Round(0) })
		w.Add(many(60)...)
		w.Show(many(10)...)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		s.asked()
		for range 3 { // five seconds after the last reads
			slept.Add(int64(time.Hour))
			time.Sleep(8 * time.Second) // five until Run notices
			synctest.Wait()
			reads := s.asked()
			within(t, reads, watch.DefaultRate, watch.DefaultInFlight)
			seen := map[moneykit.LinkID]int{}
			for _, r := range reads {
				seen[r.id]++
			}
			for _, id := range many(10) {
				if seen[id] != 1 {
					t.Errorf("%s: %d reads", id, seen[id])
				}
			}
			if len(seen) == 10 {
				t.Error("the round does not go on")
			}
			time.Sleep(time.Minute + 4*time.Second)
			s.asked()
		}
	})
}

// A wall clock that is set neither stops polling nor cuts a pause short.
func TestClockJumps(t *testing.T) {
	var ahead atomic.Int64
	var storm atomic.Bool
	s := &server{latency: 10 * time.Millisecond, handle: func(read) reply {
		if storm.Load() {
			return reply{status: 429, body: limited, retryAfter: "60"}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		watch.SetWall(w, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())).Round(0) })
		w.Show(many(5)...)
		for _, jump := range []time.Duration{-time.Hour, -10_000 * time.Hour, time.Second, 20_000 * time.Hour, -20_000 * time.Hour} {
			time.Sleep(16 * time.Second)
			ahead.Add(int64(jump))
			s.asked()
			time.Sleep(15*time.Second + 100*time.Millisecond)
			if got := ids(s.asked()); len(got) < 5 || len(got) > 10 {
				t.Errorf("after %v: %v", jump, got)
			}
		}
		storm.Store(true)
		w.Look("mk_0000")
		time.Sleep(time.Second)
		storm.Store(false)
		s.asked()
		ahead.Add(int64(time.Hour))
		time.Sleep(58 * time.Second)
		if got := s.asked(); len(got) != 0 {
			t.Errorf("in the pause: %v", got)
		}
		time.Sleep(5 * time.Second)
		if got := s.asked(); len(got) < 5 {
			t.Errorf("after the pause: %v", got)
		}
	})
}
