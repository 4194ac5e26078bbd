package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// fleetServer answers the syncs of many links, each with a page of one transaction
// after its time, and fails those of some.
type fleetServer struct {
	pause func(link moneykit.LinkID) time.Duration
	fails map[moneykit.LinkID]string // the body of each one's answer

	mu      sync.Mutex
	order   []moneykit.LinkID // asked for
	at, top int               // under way, and at most
	read    int               // whose accounts were asked for
}

func (s *fleetServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/auth/token" {
		return (&server{}).RoundTrip(r)
	}
	link := moneykit.LinkID(strings.Split(r.URL.Path, "/")[2])
	if strings.HasSuffix(r.URL.Path, "/accounts") {
		s.mu.Lock()
		s.read++
		s.mu.Unlock()
		return (&server{handle: func(string) (int, string) {
			return http.StatusOK, `{"accounts":[{"account_id":"` + string(link) + `_c","name":"Checking"}]}`
		}}).RoundTrip(r)
	}
	s.mu.Lock()
	s.order = append(s.order, link)
	s.at++
	s.top = max(s.top, s.at)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.at--
		s.mu.Unlock()
	}()
	select {
	case <-time.After(s.pause(link)):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if body, ok := s.fails[link]; ok {
		return (&server{handle: func(string) (int, string) { return http.StatusForbidden, body }}).RoundTrip(r)
	}
	return (&server{handle: func(string) (int, string) {
		return http.StatusOK, step("c1", false, string(link)+"_a", string(link)+"_b")
	}}).RoundTrip(r)
}

func (s *fleetServer) asked() []moneykit.LinkID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

func second(moneykit.LinkID) time.Duration { return time.Second }

func (s *fleetServer) mirror(t testing.TB) (*mirror.Mirror, stored) {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
		moneykit.WithTransport(s), moneykit.WithRateLimit(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	kept := newStored(t)
	return mirror.New(client, kept.Store), kept
}

func manyLinks(n int) (links []moneykit.LinkID) {
	for i := range n {
		links = append(links, moneykit.LinkID(fmt.Sprintf("mk_%05d", i)))
	}
	return links
}

// follow collects all versions of a fleet's progress that can be seen.
func follow(t *testing.T, f *mirror.Fleet) (seen []mirror.Progress) {
	t.Helper()
	var syncing [][]moneykit.LinkID // as it was when it was seen
	for version := 0; len(seen) == 0 || !seen[len(seen)-1].Over; {
		p, err := f.Next(t.Context(), version)
		if err != nil {
			t.Fatal(err)
		}
		if p.Version <= version {
			t.Fatalf("version %d after %d", p.Version, version)
		}
		seen, version = append(seen, p), p.Version
		syncing = append(syncing, slices.Clone(p.Syncing))
	}
	for i, p := range seen {
		if !slices.Equal(p.Syncing, syncing[i]) {
			t.Fatalf("version %d was changed: %v, and it was %v", p.Version, p.Syncing, syncing[i])
		}
	}
	return seen
}

// Each link is synced once, those that are wanted first before the others, no more
// than a few at once, and what is told of it adds up at any time.
func TestAFleetSyncsEachLinkOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		links, fails := manyLinks(1+rng.IntN(60)), map[moneykit.LinkID]string{}
		pauses := map[moneykit.LinkID]time.Duration{}
		for _, link := range links {
			pauses[link] = time.Duration(1 + rng.Int64N(int64(5*time.Second))) // no two end at once
			if rng.IntN(5) == 0 {
				fails[link] = `{"error_code":"link_error.forbidden_action"}`
			}
		}
		wanted := slices.Clone(links)
		rng.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
		wanted = wanted[:rng.IntN(len(wanted)+1)]
		when := time.Duration(rng.Int64N(int64(10 * time.Second)))
		synctest.Test(t, func(t *testing.T) {
			srv := &fleetServer{fails: fails, pause: func(link moneykit.LinkID) time.Duration { return pauses[link] }}
			m, s := srv.mirror(t)
			f := m.SyncAll(t.Context(), append(links, links[0], links[len(links)-1]))
			var before []moneykit.LinkID // asked for before some were wanted first
			var told sync.WaitGroup
			told.Go(func() {
				time.Sleep(when)
				synctest.Wait()
				before = srv.asked()
				f.First(append(wanted, "mk_other", before[0])...)
			})
			for _, p := range follow(t, f) {
				if p.Total != len(links) || p.Done+p.Failed+len(p.Syncing) > p.Total || len(p.Syncing) > 8 || p.Created != 2*p.Done {
					t.Fatalf("%+v", p)
				}
			}
			told.Wait()
			asked := srv.asked()
			if got := slices.Sorted(slices.Values(asked)); !slices.Equal(got, links) {
				t.Fatalf("asked for %v", got)
			}
			same(t, "at once", srv.top, min(8, len(links)))
			rest := slices.DeleteFunc(append([]moneykit.LinkID{}, wanted...), func(l moneykit.LinkID) bool { return slices.Contains(before, l) })
			for _, link := range links {
				if !slices.Contains(before, link) && !slices.Contains(wanted, link) {
					rest = append(rest, link)
				}
			}
			same(t, "order", asked[len(before):], rest)
			p, err := f.Wait(t.Context())
			if err != nil || !p.Over || p.Cancelled || p.Err != nil || p.Failed != len(fails) || p.Done != len(links)-len(fails) || len(p.Syncing) > 0 {
				t.Errorf("%+v, %v", p, err)
			}
			var failed []moneykit.LinkID
			for _, failure := range f.Failures() {
				failed = append(failed, failure.Link)
				if !errors.Is(failure.Err, moneykit.LinkForbiddenAction) {
					t.Error(failure.Err)
				}
			}
			same(t, "failed", slices.Sorted(slices.Values(failed)), slices.Sorted(maps.Keys(fails)))
			for _, r := range f.Results() {
				if syncs, err := s.Syncs(t.Context(), r.Link); err != nil || len(syncs) != 1 || r.Sync.Created != 2 {
					t.Errorf("%+v, %v", r, err)
				}
			}
			same(t, "results", len(f.Results()), p.Done)
		})
	}
}

// Who wants other links first wants the ones before no more.
func TestTheLastWishIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &fleetServer{pause: second}
		m, _ := srv.mirror(t)
		links := manyLinks(40)
		f := m.SyncAll(t.Context(), links)
		synctest.Wait()
		f.First(links[20:30]...)
		f.First(links[30:38]...)
		time.Sleep(time.Second)
		synctest.Wait()
		asked := srv.asked()
		same(t, "at first", slices.Sorted(slices.Values(asked[:8])), links[:8])
		same(t, "then", slices.Sorted(slices.Values(asked[8:])), links[30:38])
		f.Cancel()
	})
}

// Nothing runs any more when Cancel returns.
func TestAFleetIsCancelled(t *testing.T) {
	for name, cancel := range map[string]func(f *mirror.Fleet, ctx func()){
		"itself":      func(f *mirror.Fleet, _ func()) { f.Cancel() },
		"its context": func(_ *mirror.Fleet, ctx func()) { ctx() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := &fleetServer{pause: second}
				m, _ := srv.mirror(t)
				ctx, end := context.WithCancel(t.Context())
				defer end()
				f := m.SyncAll(ctx, manyLinks(100))
				time.Sleep(2*time.Second + time.Second/2)
				began := time.Now()
				cancel(f, end)
				if name == "itself" && !f.Progress().Over {
					t.Error("it is not over")
				}
				p, err := f.Wait(t.Context())
				if err != nil || time.Since(began) > 0 {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				p.Version = 0
				same(t, "progress", p, mirror.Progress{Total: 100, Done: 16, Created: 32, Syncing: []moneykit.LinkID{}, Over: true, Cancelled: true})
				same(t, "failures", f.Failures(), []mirror.Failure(nil))
				same(t, "asked for", len(srv.asked()), 24)
				f.Cancel() // once more does nothing
			})
		})
	}
}

func TestWhatConcernsAllEndsAFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		links := manyLinks(100)
		srv := &fleetServer{
			fails: map[moneykit.LinkID]string{links[10]: `{"error_code":"api_error.auth.unauthorized"}`},
			pause: func(link moneykit.LinkID) time.Duration {
				if link == links[10] {
					return time.Second / 2
				}
				return time.Second
			},
		}
		m, _ := srv.mirror(t)
		p, err := m.SyncAll(t.Context(), links).Wait(t.Context())
		if err != nil || !errors.Is(p.Err, moneykit.Unauthorized) || p.Cancelled || p.Failed != 1 || p.Done != 8 || len(srv.asked()) != 16 {
			t.Errorf("%+v, %v", p, err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		m, s := (&fleetServer{pause: second}).mirror(t)
		_ = s.Close()
		p, err := m.SyncAll(t.Context(), manyLinks(1000)).Wait(t.Context())
		if err != nil || !errors.Is(p.Err, mirror.ErrClosed) || p.Failed > 8 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// A link that another process syncs keeps the others from nothing.
func TestALinkThatIsSyncedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mirror.db")
		links := manyLinks(50)
		elsewhere, _ := sharing(t, path, &fleetServer{pause: func(moneykit.LinkID) time.Duration { return 25 * time.Second }})
		var other sync.WaitGroup
		other.Go(func() {
			if _, err := elsewhere.Sync(t.Context(), links[0]); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Second / 7) // so that both never write at once
		m, _ := sharing(t, path, &fleetServer{pause: second})
		f := m.SyncAll(t.Context(), links)
		time.Sleep(20 * time.Second)
		p := f.Progress()
		same(t, "done", p.Done, 49)
		same(t, "syncing", p.Syncing, links[:1])
		p, err := f.Wait(t.Context())
		if err != nil || p.Done != 50 {
			t.Errorf("%+v, %v", p, err)
		}
		other.Wait()
	})
}

func TestAFleetOfNone(t *testing.T) {
	m, _ := (&fleetServer{pause: second}).mirror(t)
	f := m.SyncAll(t.Context(), nil)
	if p, err := f.Wait(t.Context()); err != nil || !p.Over || p.Cancelled || p.Total != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestWhoWaitsForAFleetMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := (&fleetServer{pause: func(moneykit.LinkID) time.Duration { return time.Hour }}).mirror(t)
		f := m.SyncAll(t.Context(), manyLinks(1))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if p, err := f.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || p.Over {
			t.Errorf("%+v, %v", p, err)
		}
		if p, err := f.Next(ctx, f.Progress().Version); !errors.Is(err, context.DeadlineExceeded) || p.Over {
			t.Errorf("%+v, %v", p, err)
		}
		f.Cancel()
	})
}

// What many links wait for is begun at once.
func TestALargeFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &fleetServer{pause: second}
		m, _ := srv.mirror(t)
		links := manyLinks(100_000)
		f := m.SyncAll(t.Context(), links)
		for i := range 100_000 {
			f.First(links[i:min(i+50, len(links))]...)
		}
		f.First(links[99_000:]...)
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		same(t, "then", slices.Sorted(slices.Values(srv.asked()[8:])), links[99_000:99_008])
		f.Cancel()
	})
}

// What was synced has names without MoneyKit: accounts are read once.
func TestAFleetMeetsTheAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &fleetServer{pause: func(moneykit.LinkID) time.Duration { return 0 }}
		m, s := newMirror(t, srv)
		for range 2 {
			if _, err := m.SyncAll(t.Context(), []moneykit.LinkID{"mk_a", "mk_b"}).Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if accounts, _, err := s.Accounts(t.Context(), "mk_b"); err != nil || len(accounts) != 1 || accounts[0].Name != "Checking" {
			t.Errorf("%v, %v", accounts, err)
		}
		same(t, "asked for accounts", srv.read, 2)
	})
}
