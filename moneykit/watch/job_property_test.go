package watch_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit/watch"
)

// TestJobsWhateverHappens pauses, resumes and cancels jobs at any moment.
func TestJobsWhateverHappens(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		kind := []watch.JobKind{watch.DisconnectJob, watch.ResetJob, watch.RefreshJob}[random.IntN(3)]
		c := &changer{server: &server{latency: time.Duration(1+random.IntN(900)) * time.Millisecond}}
		replies := make([]reply, 40)
		for i := range replies {
			replies[i] = []reply{{}, {}, {}, {}, {status: 429, body: limited, retryAfter: "1"}, {status: 422, body: "{}"}, {err: errors.New("x")}}[random.IntN(7)]
		}
		var mu sync.Mutex
		c.handle = func(r read) reply {
			if r.method == http.MethodGet {
				return reply{}
			}
			mu.Lock()
			defer mu.Unlock()
			i := slices.Index(many(40), r.id)
			answer := replies[i]
			if answer.status == 429 {
				replies[i] = reply{}
			}
			return answer
		}
		working(t, c, 40, func(t *testing.T, w *watch.Watcher) {
			var pauses [][2]time.Time
			var cancelled time.Time
			job := start(t, w, kind, 40, nil)
			for range 6 + random.IntN(6) {
				time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
				switch now := time.Now(); random.IntN(7) {
				case 0, 1, 2:
					job.Pause()
					pauses = append(pauses, [2]time.Time{now, now.Add(1000 * time.Hour)})
				case 3, 4, 5:
					job.Resume()
					for i := range pauses {
						pauses[i][1] = earlier(pauses[i][1], now)
					}
				default:
					job.Cancel()
					cancelled = now
				}
				synctest.Wait()
			}
			for !job.Progress().Over {
				job.Resume()
				for i := range pauses {
					pauses[i][1] = earlier(pauses[i][1], time.Now())
				}
				time.Sleep(time.Minute)
			}
			complete(t, job)
			begun := kind == watch.RefreshJob // what has begun goes on while paused
			for _, r := range c.sent {
				if !cancelled.IsZero() && r.at.After(cancelled) {
					t.Fatalf("seed %d: %s is sent after the cancel", seed, r.id)
				}
				for _, p := range pauses {
					if !begun && r.at.After(p[0]) && r.at.Before(p[1]) {
						t.Fatalf("seed %d: %s is sent while paused", seed, r.id)
					}
				}
			}
			for id, n := range c.done {
				if n != 1 {
					t.Fatalf("seed %d: %s is done %d times", seed, id, n)
				}
			}
			if n := job.Progress().Counts[watch.Succeeded]; n != len(c.done) {
				t.Fatalf("seed %d: %d done, told %d", seed, len(c.done), n)
			}
		})
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
