package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// chaos answers by chance: late, not at all, or with a refusal.
type chaos struct {
	mu     sync.Mutex
	random *rand.Rand
	over   bool
}

func (c *chaos) answer(r read) reply {
	c.mu.Lock()
	dice, late := c.random.IntN(100), time.Duration(c.random.IntN(900))*time.Millisecond
	if c.over {
		dice, late = 100, 0
	}
	c.mu.Unlock()
	time.Sleep(late + time.Millisecond)
	switch {
	case dice < 2:
		return reply{hang: true}
	case dice < 6:
		return reply{status: http.StatusTooManyRequests, body: limited, retryAfter: []string{"", "1", "20"}[dice%3]}
	case dice < 12:
		return reply{err: errors.New("connection reset by peer")}
	case dice < 16:
		return reply{status: http.StatusBadGateway}
	case dice < 30:
		return reply{body: link(r.id, moneykit.Connecting, nil)}
	case dice < 40:
		return stuck(r.id)
	}
	return reply{}
}

func (c *chaos) ends() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// TestWhateverHappens lets fleets of all sizes live through half an hour of chance, and
// looks that the budget is kept all the time, that no link is read while it is being
// read, and that all links are read once the faults are over.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			rate, inFlight := []float64{0.5, 2, 4, 20}[random.IntN(4)], 1+random.IntN(10)
			all := many(1 + random.IntN(200))
			faults := &chaos{random: rand.New(rand.NewPCG(seed, 8))}
			s := &server{handle: faults.answer}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				live(t, w, s, random, all)
				faults.ends()
				w.Rest(false)
				w.Show(some(random, all, 30)...)
				time.Sleep(3 * time.Minute) // pauses, hangs and refreshes end
				began := time.Now()
				time.Sleep(10*time.Minute + 10*time.Second + time.Duration(16*float64(len(all))/rate*float64(time.Second)))
				synctest.Wait()
				for _, id := range all {
					if got := snapshot(t, w, id); got.Err != nil || got.At.Before(began) {
						t.Errorf("%s is starved: %v before, %v", id, began.Sub(got.At), got.Err)
					}
				}
				if p := w.Pulse(); p.Rate != rate || p.Known != p.Seen || p.InFlight > inFlight {
					t.Errorf("%+v", p)
				}
				within(t, s.asked(), rate, inFlight)
				if s.most() > inFlight {
					t.Errorf("%d in flight, %d are allowed", s.most(), inFlight)
				}
				for _, id := range s.overlaps {
					if id != "turn" {
						t.Errorf("%s was read while being read", id)
					}
				}
			}, watch.WithBudget(rate, inFlight))
		})
	}
}

// live does for half an hour what people and screens do.
func live(t *testing.T, w *watch.Watcher, s *server, random *rand.Rand, all []moneykit.LinkID) {
	w.Add(all...)
	client := newClient(t, s)
	for range 180 {
		id := all[random.IntN(len(all))]
		switch random.IntN(8) {
		case 0:
			w.Show(some(random, all, 40)...)
		case 1:
			w.Show()
		case 2:
			w.Look(id)
		case 3:
			stop := w.Follow(id)
			time.AfterFunc(time.Duration(random.IntN(300))*time.Second, stop)
		case 4:
			w.Rest(random.IntN(4) == 0)
		case 5:
			w.Put(&moneykit.Link{ID: id, State: moneykit.InError})
		case 6:
			if strings.HasSuffix(string(id), "7") {
				_ = w.Refresh(id, moneykit.ProductAccounts)
			}
		case 7:
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if done, err := w.Turn(ctx); err == nil {
					_, err = client.WithoutRetries().Link(t.Context(), "turn")
					done(err)
				}
			}()
		}
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Millisecond)
	}
}

// some returns up to n links that stand together.
func some(random *rand.Rand, all []moneykit.LinkID, n int) []moneykit.LinkID {
	from := random.IntN(len(all))
	return all[from:min(len(all), from+n)]
}

// The round reads the least recently read link first, and no link more often than in
// ten minutes.
func TestTheRoundIsFair(t *testing.T) {
	for name, x := range map[string]struct {
		rate float64
		want time.Duration // between two reads of a link
	}{
		"a large fleet": {0.25, 20 * time.Minute},
		"a small fleet": {10, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{latency: 10 * time.Millisecond}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				all := many(300)
				slices.Reverse(all)
				w.Add(all...)
				time.Sleep(61 * time.Minute)
				reads := s.asked()
				for i, r := range reads {
					if r.id != all[i%300] {
						t.Fatalf("read %d is of %s, want %s", i, r.id, all[i%300])
					}
					if i < 300 {
						continue
					}
					if gap := r.at.Sub(reads[i-300].at); (gap - x.want).Abs() > 5*time.Second {
						t.Fatalf("read %d is %v after the one before", i, gap)
					}
				}
				if len(reads) < 900 {
					t.Errorf("%d reads", len(reads))
				}
			}, watch.WithBudget(x.rate, 1))
		})
	}
}

// However much there is to do for what is urgent, one request in four is for the rest.
func TestNoClassStarves(t *testing.T) {
	const seconds = 4 * 60
	every := func(do func()) {
		go func() {
			for range seconds {
				do()
				time.Sleep(time.Second)
			}
		}()
	}
	for name, busy := range map[string]func(*watch.Watcher, *moneykit.Client, []moneykit.LinkID){
		"what is on screen": func(w *watch.Watcher, _ *moneykit.Client, urgent []moneykit.LinkID) { w.Show(urgent...) },
		"what is asked for": func(w *watch.Watcher, _ *moneykit.Client, urgent []moneykit.LinkID) {
			every(func() {
				for _, id := range urgent {
					w.Look(id)
				}
			})
		},
		"refreshes in flight": func(w *watch.Watcher, _ *moneykit.Client, urgent []moneykit.LinkID) {
			every(func() {
				for _, id := range urgent {
					_ = w.Refresh(id, moneykit.ProductAccounts)
				}
			})
		},
		"turns": func(w *watch.Watcher, client *moneykit.Client, urgent []moneykit.LinkID) {
			every(func() {
				for _, id := range urgent[:6] {
					go func() {
						ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
						defer cancel()
						if done, err := w.Turn(ctx); err == nil {
							_, err = client.Link(ctx, id)
							done(err)
						}
					}()
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{latency: time.Millisecond, handle: func(r read) reply {
				return reply{body: link(r.id, moneykit.Connecting, map[moneykit.Product]moneykit.ProductStatus{
					moneykit.ProductAccounts: {RefreshedAt: yesterday, LastAttemptedAt: yesterday},
				})}
			}}
			running(t, s, func(t *testing.T, w *watch.Watcher) {
				urgent, rest := many(130)[:50], many(130)[50:]
				w.Add(rest...)
				busy(w, newClient(t, s), urgent)
				time.Sleep(seconds * time.Second)
				reads := s.asked()
				passed, read := 0, map[moneykit.LinkID]bool{}
				for _, r := range reads {
					if passed++; !slices.Contains(urgent, r.id) {
						passed, read[r.id] = 0, true
					}
					// What is sent at the same time is seen in any order, and turns wait beside polls.
					if len(read) < len(rest) && passed > 2*4+3 {
						t.Fatalf("%d requests in a row that were not for the round", passed)
					}
				}
				if len(read) != len(rest) {
					t.Errorf("%d of %d links were read", len(read), len(rest))
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// A link that changed is read every minute for ten, though nobody looks.
func TestWhatChangedIsReadMoreOften(t *testing.T) {
	var began time.Time
	s := &server{handle: func(r read) reply {
		if r.id == "b" && time.Since(began) > time.Minute {
			return reply{body: link(r.id, moneykit.InError, nil)}
		}
		return reply{}
	}}
	running(t, s, func(t *testing.T, w *watch.Watcher) {
		began = time.Now()
		w.Add("a", "b", "c")
		time.Sleep(2 * time.Minute)
		w.Look("b")
		synctest.Wait()
		s.asked()
		time.Sleep(11*time.Minute - time.Second)
		got := map[moneykit.LinkID]int{}
		for _, r := range s.asked() {
			got[r.id]++
		}
		if got["b"] != 10 || got["a"] != 1 || got["c"] != 1 {
			t.Errorf("%v", got)
		}
		time.Sleep(8 * time.Minute)
		for _, r := range s.asked() {
			if r.id == "b" {
				t.Errorf("read again at %v", r.at)
			}
		}
	}, watch.WithBudget(math.Inf(1), 1))
}
