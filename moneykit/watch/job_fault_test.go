package watch_test

import (
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit/watch"
)

var kinds = []watch.JobKind{watch.DisconnectJob, watch.ResetJob, watch.RefreshJob}

// A job in a storm of refusals pauses by itself, and does the rest after it.
func TestAJobInAStormOf429s(t *testing.T) {
	for _, kind := range kinds {
		var storm atomic.Bool
		c := &changer{server: &server{latency: 10 * time.Millisecond}}
		c.handle = func(read) reply {
			if storm.Load() {
				return reply{status: http.StatusTooManyRequests, body: limited, retryAfter: "2"}
			}
			return reply{}
		}
		working(t, c, 100, func(t *testing.T, w *watch.Watcher) {
			storm.Store(true)
			c.asked()
			job := start(t, w, kind, 100, nil)
			time.Sleep(time.Hour)
			p := job.Progress()
			if !p.Paused || p.Lost == nil || p.Ended > 16 || p.Counts[watch.Refused] != p.Ended || p.InFlight > 0 {
				t.Errorf("%s: %+v", kind, p)
			}
			within(t, c.asked(), watch.DefaultRate, watch.DefaultInFlight)
			storm.Store(false)
			time.Sleep(time.Hour)
			c.asked()
			job.Resume()
			if p := over(t, job); p.Counts[watch.Succeeded] != 100-p.Counts[watch.Refused] || len(c.done) != p.Counts[watch.Succeeded] {
				t.Errorf("%s: %+v", kind, p)
			}
			within(t, c.asked(), watch.DefaultRate, watch.DefaultInFlight)
		})
	}
}

// Changes without an answer are never told as done or as not done, and not sent again.
func TestAJobWhoseChangesHangOrBreakOff(t *testing.T) {
	for name, fault := range map[string]reply{"hangs": {hang: true}, "resets": {err: syscall.ECONNRESET}} {
		for _, kind := range kinds {
			c := &changer{server: &server{latency: 10 * time.Millisecond}}
			c.handle = func(r read) reply {
				if r.method != http.MethodGet && r.id < "mk_0003" {
					return fault
				}
				return reply{}
			}
			working(t, c, 20, func(t *testing.T, w *watch.Watcher) {
				p := over(t, start(t, w, kind, 20, nil))
				if p.Counts[watch.Unsure] != 3 || p.Counts[watch.Succeeded] != 17 || len(c.sent) != 20 {
					t.Errorf("%s, %s: %+v, %d sent", kind, name, p, len(c.sent))
				}
			})
		}
	}
}

// Nothing is sent for a job that was cancelled while MoneyKit wanted to be left alone,
// and its links are as they were.
func TestAJobCancelledInAPause(t *testing.T) {
	for _, kind := range kinds {
		var storm atomic.Bool
		c := &changer{server: &server{}}
		c.handle = func(read) reply {
			if storm.Load() {
				return reply{status: http.StatusTooManyRequests, body: limited, retryAfter: "60"}
			}
			return reply{}
		}
		working(t, c, 20, func(t *testing.T, w *watch.Watcher) {
			storm.Store(true)
			w.Look("mk_0019")
			synctest.Wait()
			storm.Store(false)
			job := start(t, w, kind, 20, nil)
			time.Sleep(time.Second)
			job.Cancel()
			synctest.Wait()
			if p := job.Progress(); !p.Over || p.Counts[watch.Cancelled] != 20 {
				t.Errorf("%s: %+v", kind, p)
			}
			time.Sleep(time.Hour)
			complete(t, job)
			if got := snapshot(t, w, "mk_0000"); len(c.sent) > 0 || got.Refresh != nil {
				t.Errorf("%s: %d sent, %+v", kind, len(c.sent), got.Refresh)
			}
			if err := w.Refresh("mk_0000", accounts); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		})
	}
}

// A turn that a paused job gives back is no answer of MoneyKit's.
func TestATurnGivenBackIsNoAnswer(t *testing.T) {
	var storm atomic.Bool
	c := &changer{server: &server{}}
	c.handle = func(read) reply {
		if storm.Load() {
			return reply{status: http.StatusTooManyRequests, body: limited, retryAfter: "60"}
		}
		return reply{}
	}
	synctest.Test(t, func(t *testing.T) {
		w := watch.New(newClient(t, c), watch.WithBudget(0, 8)) // nothing else asks
		stop := run(t, w)
		storm.Store(true)
		w.Look("mk_0000")
		synctest.Wait()
		storm.Store(false)
		w.Rest(true)
		job := start(t, w, watch.DisconnectJob, 1, nil)
		time.Sleep(time.Second)
		job.Pause()
		answered := w.Pulse().Answered
		time.Sleep(10 * time.Minute)
		if got := w.Pulse(); !got.Answered.Equal(answered) || got.InFlight != 0 || len(c.sent) > 0 {
			t.Errorf("%+v, answered before %v", got, answered)
		}
		job.Cancel()
		stop()
	})
}

// After sleep a job goes on where it was.
func TestAJobWhileTheMachineSleeps(t *testing.T) {
	for _, kind := range kinds {
		var slept atomic.Int64
		c := &changer{server: &server{latency: 100 * time.Millisecond}}
		working(t, c, 60, func(t *testing.T, w *watch.Watcher) {
			watch.SetWall(w, func() time.Time { return time.Now().Add(time.Duration(slept.Load())).Round(0) })
			c.asked()
			job := start(t, w, kind, 60, nil)
			for range 3 {
				time.Sleep(2 * time.Second)
				slept.Add(int64(time.Hour))
			}
			if p := over(t, job); p.Counts[watch.Succeeded] != 60 || len(c.sent) != 60 {
				t.Errorf("%s: %+v, %d sent", kind, p, len(c.sent))
			}
			within(t, c.asked(), watch.DefaultRate, watch.DefaultInFlight)
		})
	}
}
