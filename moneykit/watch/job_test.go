package watch_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// changer passes requests on and notes those that change something.
type changer struct {
	*server
	mu               sync.Mutex
	sent             []read
	done             map[moneykit.LinkID]int
	inFlight, atMost int
}

func (c *changer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || !strings.HasPrefix(r.URL.Path, "/links/") {
		return c.server.RoundTrip(r)
	}
	id := moneykit.LinkID(strings.Split(r.URL.Path, "/")[2])
	c.mu.Lock()
	c.sent = append(c.sent, read{r.Method, id, time.Now()})
	c.inFlight++
	c.atMost = max(c.atMost, c.inFlight)
	c.mu.Unlock()
	res, err := c.server.RoundTrip(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight--
	if err == nil && res.StatusCode < 300 {
		if c.done == nil {
			c.done = map[moneykit.LinkID]int{}
		}
		c.done[id]++
	}
	return res, err
}

// working runs test with a Watcher that knows n links, all connected.
func working(t *testing.T, c *changer, n int, test func(*testing.T, *watch.Watcher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := watch.New(newClient(t, c))
		for _, id := range many(n) {
			w.Recall(watch.Snapshot{ID: id, Link: attemptedLink(id)})
		}
		stop := run(t, w)
		time.Sleep(time.Hour) // all are read
		test(t, w)
		stop()
	})
}

func start(t *testing.T, w *watch.Watcher, kind watch.JobKind, n int, before func(context.Context, moneykit.LinkID)) *watch.Job {
	t.Helper()
	job, err := w.Start(tasks(kind, n), before)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// tasks is a plan for n links.
func tasks(kind watch.JobKind, n int) watch.Plan {
	plan := watch.Plan{Kind: kind, Takes: time.Hour}
	for _, id := range many(n) {
		task := watch.Task{Link: id}
		if kind == watch.RefreshJob {
			task.Products = []moneykit.Product{accounts}
		}
		plan.Tasks = append(plan.Tasks, task)
	}
	return plan
}

// over waits until a job is.
func over(t *testing.T, job *watch.Job) watch.JobProgress {
	t.Helper()
	p := job.Progress()
	for !p.Over {
		var err error
		if p, err = job.Next(t.Context(), p.Version); err != nil {
			t.Fatal(err)
		}
	}
	complete(t, job)
	return p
}

// complete checks that a job that is over has one result for each link.
func complete(t *testing.T, job *watch.Job) {
	t.Helper()
	p, plan := job.Progress(), job.Plan()
	seen, counts := map[moneykit.LinkID]int{}, map[watch.Outcome]int{}
	for _, r := range job.Results() {
		seen[r.Link]++
		counts[r.Outcome]++
	}
	for _, task := range plan.Tasks {
		if seen[task.Link] != 1 {
			t.Fatalf("%s has %d results", task.Link, seen[task.Link])
		}
	}
	if len(seen) != len(plan.Tasks)+len(plan.Skipped) || p.Ended != p.Total || p.InFlight != 0 || p.Left != 0 || p.Paused {
		t.Fatalf("%d results, %+v", len(seen), p)
	}
	for outcome, n := range counts {
		if p.Counts[outcome] != n {
			t.Fatalf("%d %s, told %d", n, outcome, p.Counts[outcome])
		}
	}
}

func outcomes(job *watch.Job) (found []watch.Outcome) {
	for _, r := range job.Results() {
		found = append(found, r.Outcome)
	}
	return found
}

func TestJobsGoInOrderAndAFewAtOnce(t *testing.T) {
	for kind, atOnce := range map[watch.JobKind]int{watch.DisconnectJob: 4, watch.ResetJob: 4, watch.RefreshJob: 8} {
		c := &changer{server: &server{latency: 100 * time.Millisecond}}
		working(t, c, 50, func(t *testing.T, w *watch.Watcher) {
			job := start(t, w, kind, 50, nil)
			inFlight := 0
			for p := job.Progress(); !p.Over; p, _ = job.Next(t.Context(), p.Version) {
				inFlight = max(inFlight, p.InFlight)
			}
			complete(t, job)
			if inFlight != atOnce || c.atMost > atOnce {
				t.Errorf("%s: %d at once, %d requests", kind, inFlight, c.atMost)
			}
			if p := job.Progress(); p.Counts[watch.Succeeded] != 50 {
				t.Errorf("%s: %+v", kind, p)
			}
			for i, r := range c.sent {
				if got := slices.Index(many(50), r.id); got > i+atOnce || got < i-atOnce {
					t.Errorf("%s: link %d is the %dth", kind, got, i)
				}
			}
			for _, r := range job.Results() {
				if r.RequestID != "req_1" || r.At.IsZero() || r.Took <= 0 {
					t.Fatalf("%s: %+v", kind, r)
				}
			}
		})
	}
}

func TestJobWithSkippedLinksAlone(t *testing.T) {
	working(t, &changer{server: &server{}}, 1, func(t *testing.T, w *watch.Watcher) {
		until := time.Now().Add(time.Hour)
		job, err := w.Start(watch.Plan{Kind: watch.RefreshJob, Skipped: []watch.Skipped{{Link: "mk_1", Why: watch.SkipLimit, Until: until}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		over(t, job)
		if r := job.Results()[0]; r.Outcome != watch.Left || r.Why != watch.SkipLimit || !r.Until.Equal(until) {
			t.Errorf("%+v", r)
		}
	})
}

func TestHowChangesEnd(t *testing.T) {
	const deleted, missing, state = `{"error_code":"link_error.deleted"}`, `{"error_code":"link_error.not_found"}`, `{"error_code":"link_error.bad_state"}`
	for _, x := range []struct {
		name  string
		kind  watch.JobKind
		reply reply
		want  watch.Outcome
		sent  int
	}{
		{"done", watch.DisconnectJob, reply{status: 204}, watch.Succeeded, 1},
		{"deleted before", watch.DisconnectJob, reply{status: 410, body: deleted}, watch.Succeeded, 1},
		{"forgotten", watch.DisconnectJob, reply{status: 404, body: missing}, watch.Succeeded, 1},
		{"refused", watch.DisconnectJob, reply{status: 422, body: state}, watch.Refused, 1},
		{"no answer", watch.DisconnectJob, reply{err: errors.New("x")}, watch.Unsure, 1},
		{"asked too much", watch.DisconnectJob, reply{status: 429, body: limited, retryAfter: "1"}, watch.Refused, 4},
		{"done", watch.ResetJob, reply{}, watch.Succeeded, 1},
		{"deleted before", watch.ResetJob, reply{status: 410, body: deleted}, watch.Refused, 1},
		{"no answer", watch.ResetJob, reply{err: errors.New("x")}, watch.Unsure, 1},
		{"an answer that makes no sense", watch.ResetJob, reply{body: "{"}, watch.Unsure, 1},
	} {
		t.Run(string(x.kind)+" "+x.name, func(t *testing.T) {
			var changing atomic.Bool
			c := &changer{server: &server{handle: func(r read) reply {
				if r.method == http.MethodGet || !changing.Load() {
					return reply{}
				}
				return x.reply
			}}}
			working(t, c, 1, func(t *testing.T, w *watch.Watcher) {
				changing.Store(true)
				c.asked()
				job := start(t, w, x.kind, 1, nil)
				over(t, job)
				synctest.Wait()
				if !slices.ContainsFunc(c.asked(), func(r read) bool { return r.method == http.MethodGet }) {
					t.Error("nobody looked what came of it")
				}
				r := job.Results()[0]
				if r.Outcome != x.want || len(c.sent) != x.sent {
					t.Errorf("%+v after %d requests", r, len(c.sent))
				}
				if refused := x.want == watch.Refused || x.want == watch.Unsure; refused != (r.Err != nil) || x.reply.err == nil && r.RequestID != "req_1" {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

func TestAskedTooMuchOnce(t *testing.T) {
	c := &changer{server: &server{}}
	refusals := 2
	c.handle = func(r read) reply {
		if r.method == http.MethodDelete && refusals > 0 {
			refusals--
			return reply{status: 429, body: limited}
		}
		return reply{}
	}
	working(t, c, 1, func(t *testing.T, w *watch.Watcher) {
		job := start(t, w, watch.DisconnectJob, 1, nil)
		over(t, job)
		if got := outcomes(job); got[0] != watch.Succeeded || len(c.sent) != 3 {
			t.Errorf("%v after %d requests", got, len(c.sent))
		}
	})
}

func TestHowRefreshesEnd(t *testing.T) {
	old := moneykit.ProductStatus{RefreshedAt: noon, LastAttemptedAt: noon}
	fresh := moneykit.ProductStatus{RefreshedAt: noon.Add(time.Hour), LastAttemptedAt: noon.Add(time.Hour)}
	broken := moneykit.ProductStatus{RefreshedAt: noon, LastAttemptedAt: noon.Add(time.Hour), ErrorCode: moneykit.ProductTimeout}
	for _, x := range []struct {
		name         string
		post         reply
		then         moneykit.ProductStatus
		want         watch.Outcome
		failed, when bool
	}{
		{"done", reply{}, fresh, watch.Succeeded, false, false},
		{"the bank failed", reply{}, broken, watch.Refused, true, false},
		{"the bank does not answer", reply{}, old, watch.NoEnd, false, false},
		{"too soon", reply{status: 429, body: limited, retryAfter: "60"}, old, watch.LimitMet, false, true},
		{"refused", reply{status: 422, body: `{"error_code":"link_error.bad_state"}`}, old, watch.Refused, false, false},
		{"no answer", reply{err: errors.New("x")}, old, watch.Unsure, false, false},
		{"an answer that makes no sense", reply{status: 202, body: "{"}, old, watch.Unsure, false, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			var posted atomic.Bool
			c := &changer{server: &server{handle: func(r read) reply {
				status := old
				if r.method == http.MethodPost {
					posted.Store(true)
					if x.post.err != nil || x.post.status != 0 {
						return x.post
					}
				} else if posted.Load() {
					status = x.then
				}
				return reply{body: link(r.id, moneykit.Connected, map[moneykit.Product]moneykit.ProductStatus{accounts: status})}
			}}}
			working(t, c, 1, func(t *testing.T, w *watch.Watcher) {
				var before []moneykit.LinkID
				job := start(t, w, watch.RefreshJob, 1, func(_ context.Context, id moneykit.LinkID) {
					if len(c.sent) == 0 {
						before = append(before, id)
					}
				})
				over(t, job)
				r := job.Results()[0]
				if r.Outcome != x.want || x.failed != (len(r.Failures) > 0) || x.when != r.Until.Equal(r.At.Add(time.Minute)) || r.Products[0] != accounts {
					t.Errorf("%+v", r)
				}
				if x.post.err == nil && r.RequestID != "req_1" || !slices.Equal(before, many(1)) {
					t.Errorf("%+v, before it %v", r, before)
				}
			})
		})
	}
}

func TestARefreshThatWasBegunMeanwhile(t *testing.T) {
	working(t, &changer{server: &server{latency: time.Second}}, 1, func(t *testing.T, w *watch.Watcher) {
		if err := w.Refresh("mk_0000", accounts); err != nil {
			t.Fatal(err)
		}
		job := start(t, w, watch.RefreshJob, 1, nil)
		over(t, job)
		if r := job.Results()[0]; r.Outcome != watch.Left || r.Why != watch.SkipInFlight {
			t.Errorf("%+v", r)
		}
	})
}

func TestJobPausesWithoutNetwork(t *testing.T) {
	for _, kind := range []watch.JobKind{watch.DisconnectJob, watch.ResetJob, watch.RefreshJob} {
		var gone atomic.Bool
		c := &changer{server: &server{latency: 10 * time.Millisecond}}
		c.handle = func(read) reply {
			if gone.Load() {
				return reply{err: errors.New("network is unreachable")}
			}
			return reply{}
		}
		working(t, c, 100, func(t *testing.T, w *watch.Watcher) {
			gone.Store(true)
			job := start(t, w, kind, 100, nil)
			time.Sleep(time.Hour)
			p := job.Progress()
			if lost := (*moneykit.ConnectionError)(nil); !p.Paused || !errors.As(p.Lost, &lost) || p.Ended > 12 || p.InFlight > 0 {
				t.Errorf("%s: %+v", kind, p)
			}
			gone.Store(false)
			time.Sleep(time.Hour)
			job.Resume()
			if p := over(t, job); p.Counts[watch.Succeeded] < 88 || p.Lost != nil {
				t.Errorf("%s: %+v", kind, p)
			}
		})
	}
}

func TestJobEndsWithTheWatcher(t *testing.T) {
	for _, kind := range []watch.JobKind{watch.DisconnectJob, watch.RefreshJob} {
		for _, paused := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := watch.New(newClient(t, &server{latency: time.Second}))
				if _, err := w.Start(tasks(kind, 1), nil); !errors.Is(err, watch.ErrStopped) {
					t.Errorf("before the start: %v", err)
				}
				stop := run(t, w)
				job := start(t, w, kind, 100, nil)
				time.Sleep(2500 * time.Millisecond)
				if paused {
					job.Pause()
				}
				stop()
				p := over(t, job)
				if p.Counts[watch.Unsure] == 0 || p.Counts[watch.Refused] > 0 || p.Counts[watch.Cancelled] < 50 {
					t.Errorf("%s: %+v", kind, p)
				}
				if _, err := w.Start(tasks(kind, 1), nil); !errors.Is(err, watch.ErrStopped) {
					t.Errorf("after the end: %v", err)
				}
			})
		}
	}
}

func TestTimeLeft(t *testing.T) {
	working(t, &changer{server: &server{latency: time.Second}}, 40, func(t *testing.T, w *watch.Watcher) {
		job := start(t, w, watch.DisconnectJob, 40, nil)
		if p := job.Progress(); p.Left != time.Hour {
			t.Errorf("as planned: %v", p.Left)
		}
		time.Sleep(5500 * time.Millisecond)
		job.Pause()
		if p := job.Progress(); p.Left != 0 {
			t.Errorf("paused: %v", p.Left)
		}
		time.Sleep(time.Hour)
		job.Resume()
		if p := job.Progress(); p.Ended == 0 || p.Left < 3*time.Second || p.Left > 10*time.Second {
			t.Errorf("%v with %d ended", p.Left, p.Ended)
		}
		over(t, job)
	})
}

func TestTenThousandLinksAreDisconnected(t *testing.T) {
	c := &changer{server: &server{}}
	c.handle = func(r read) reply {
		if r.method == http.MethodDelete {
			return reply{status: 204}
		}
		return reply{}
	}
	working(t, c, 10_000, func(t *testing.T, w *watch.Watcher) {
		job := start(t, w, watch.DisconnectJob, 10_000, nil)
		p := over(t, job)
		if p.Counts[watch.Succeeded] != 10_000 || len(c.done) != 10_000 || len(c.sent) != 10_000 {
			t.Errorf("%+v, %d sent", p, len(c.sent))
		}
	})
}
