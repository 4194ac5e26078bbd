package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
)

// numbered answers pages c1, c2, … with a transaction each, and an empty one at the
// end; between comes before each.
func numbered(count int, between func(cursor string)) func(string) (int, string) {
	return func(cursor string) (int, string) {
		between(cursor)
		n := 0
		_, _ = fmt.Sscanf(cursor, "c%d", &n)
		if n == count {
			return http.StatusOK, step(cursor, false)
		}
		return http.StatusOK, step(fmt.Sprintf("c%d", n+1), n < count-1, fmt.Sprintf("t%03d", n))
	}
}

// once has the cursors of as many pages asked for once, and then the end.
func once(count int) []string {
	cursors := []string{""}
	for n := range count {
		cursors = append(cursors, fmt.Sprintf("c%d", n+1))
	}
	return cursors
}

// sharing opens a file of its own connections, as a process does.
func sharing(t *testing.T, path string, rt http.RoundTripper) (*mirror.Mirror, stored) {
	t.Helper()
	s := stored{t, open(t, path, nil)}
	return mirror.New(clientOf(t, "https://api.example.com", moneykit.WithTransport(rt)), s.Store), s
}

func (s stored) syncing() []moneykit.LinkID {
	s.Helper()
	links, err := s.Syncing(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return links
}

var nobody []moneykit.LinkID

// Who finds a link being synced waits for its end, however long it takes, and then
// asks for what came after.
func TestSyncsOfALinkTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &server{handle: numbered(20, func(string) { time.Sleep(time.Second) })}
		path := filepath.Join(t.TempDir(), "mirror.db")
		one, s := sharing(t, path, srv)
		two, other := sharing(t, path, srv)
		var both sync.WaitGroup
		for i, m := range []*mirror.Mirror{one, two} {
			both.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				done, err := m.Sync(t.Context(), bank)
				if err != nil || done.Created != 20*(1-i) {
					t.Errorf("%d: %+v, %v", i, done, err)
				}
			})
		}
		time.Sleep(17*time.Second + time.Second/2)
		if left := leaseLeft(t, path); left <= 4*time.Second {
			t.Errorf("the lease was not renewed: %v left", left)
		}
		same(t, "syncing", [][]moneykit.LinkID{s.syncing(), other.syncing()}, [][]moneykit.LinkID{{bank}, {bank}})
		began := time.Now()
		both.Wait()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("both took %v more", took)
		}
		same(t, "asked for", srv.cursors, once(20))
		same(t, "syncing at the end", s.syncing(), nobody)
		same(t, "held", len(other.ids(mirror.Query{})), 20)
	})
}

// leaseLeft is how long the file's only lease is believed yet.
func leaseLeft(t *testing.T, path string) time.Duration {
	t.Helper()
	until, _, err := plain(t, path).Prepare("SELECT until FROM links")
	if err != nil || !until.Step() {
		t.Fatal(err)
	}
	defer func() { _ = until.Close() }()
	return time.Until(time.Unix(0, until.ColumnInt64(0)))
}

// Other links are synced meanwhile.
func TestALeaseIsOfOneLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mirror.db")
		slow, s := sharing(t, path, &server{handle: numbered(1, func(string) { time.Sleep(time.Second) })})
		quick, _ := sharing(t, path, &server{handle: numbered(1, func(string) {})})
		ended := make(chan error)
		go func() {
			_, err := slow.Sync(t.Context(), bank)
			ended <- err
		}()
		synctest.Wait()
		began := time.Now()
		if _, err := quick.Sync(t.Context(), "mk_other"); err != nil || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		same(t, "syncing", s.syncing(), []moneykit.LinkID{bank})
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// However a sync ends, nobody waits for it afterwards.
func TestALeaseIsGivenBack(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	for name, x := range map[string]struct {
		ctx    context.Context
		handle func(string) (int, string)
	}{
		"an error": {t.Context(), func(string) (int, string) { return http.StatusInternalServerError, "" }},
		"a cancel": {cancelled, func(string) (int, string) {
			cancel()
			return http.StatusOK, step("c1", true, "a")
		}},
		"a loop": {t.Context(), pages(map[string]string{"": step("c1", true, "a"), "c1": step("c2", true), "c2": step("c1", true)})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "mirror.db")
				m, s := sharing(t, path, &server{handle: x.handle})
				if _, err := m.Sync(x.ctx, bank); err == nil {
					t.Fatal("no error")
				}
				same(t, "syncing", s.syncing(), nobody)
				next, _ := sharing(t, path, &server{handle: func(string) (int, string) { return http.StatusOK, step("end", false, "z") }})
				began := time.Now()
				if _, err := next.Sync(t.Context(), bank); err != nil || time.Since(began) > 0 {
					t.Errorf("%v after %v", err, time.Since(began))
				}
			})
		})
	}
}

// Who lost a lease does not give back another's.
func TestALeaseThatSomebodyElseHasNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mirror.db")
		other := fmt.Sprintf("UPDATE links SET holder = '%d other', until = %d", os.Getpid(), time.Now().Add(time.Hour).UnixNano())
		m, s := sharing(t, path, &server{handle: func(string) (int, string) {
			_ = plain(t, path, other).Close()
			return http.StatusOK, step("c1", false, "a")
		}})
		if _, err := m.Sync(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
		same(t, "syncing", s.syncing(), []moneykit.LinkID{bank})
		same(t, "held", s.ids(mirror.Query{}), []string{"a"})
	})
}

// A file that another process writes to keeps nobody from leaving.
func TestGivingALeaseBackIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mirror.db")
		ctx, cancel := context.WithCancel(t.Context())
		var other *sqlite3.Conn
		m, s := sharing(t, path, &server{handle: func(string) (int, string) {
			other = plain(t, path, "BEGIN IMMEDIATE")
			cancel()
			return http.StatusOK, step("c1", true, "a")
		}})
		began := time.Now()
		if _, err := m.Sync(ctx, bank); !errors.Is(err, context.Canceled) || time.Since(began) > 1100*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err := other.Exec("COMMIT"); err != nil {
			t.Fatal(err)
		}
		same(t, "syncing", s.syncing(), []moneykit.LinkID{bank})
		_ = other.Close()
	})
}

func TestALeaseThatCannotBeTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, nil)
	synctest.Test(t, func(t *testing.T) {
		srv := &server{handle: pages(nil)}
		m, s := sharing(t, path, srv)
		other := plain(t, path, "BEGIN IMMEDIATE")
		if _, err := m.Sync(t.Context(), bank); !errors.Is(err, sqlite3.BUSY) {
			t.Errorf("%v", err)
		}
		_ = other.Close()
		_ = s.Close()
		if _, err := m.Sync(t.Context(), bank); !errors.Is(err, mirror.ErrClosed) {
			t.Errorf("%v", err)
		}
		same(t, "asked for", srv.cursors, []string(nil))
	})
}

func TestWhoseLeaseIsBelieved(t *testing.T) {
	living := fmt.Sprint(os.Getpid(), " other")
	for name, x := range map[string]struct {
		holder string
		until  time.Duration
		want   time.Duration // waited
	}{
		"a living one's":           {living, 6 * time.Second, 6 * time.Second},
		"a living one's, of late":  {living, 0, 0},
		"a dead one's":             {fmt.Sprint(1<<30, " other"), time.Hour, 0},
		"of no process":            {"0 other", time.Hour, 0},
		"of something else":        {"other", time.Hour, 0},
		"of a group of processes":  {fmt.Sprint(-os.Getpid(), " other"), time.Hour, 0},
		"of one without a process": {"", time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mirror.db")
			filled(t, path, nil)
			synctest.Test(t, func(t *testing.T) {
				m, s := sharing(t, path, &server{handle: func(string) (int, string) { return http.StatusOK, step("c2", false, "z") }, list: still("a", "b")})
				statement := fmt.Sprintf("UPDATE links SET holder = '%s', until = %d", x.holder, time.Now().Add(x.until).UnixNano())
				if err := plain(t, path, statement).Close(); err != nil {
					t.Fatal(err)
				}
				same(t, "syncing", len(s.syncing()) > 0, x.want > 0)
				began := time.Now()
				if _, err := m.Sync(t.Context(), bank); err != nil || time.Since(began) != x.want {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				same(t, "held", s.ids(mirror.Query{}), []string{"a", "b", "z"})
			})
		})
	}
}

// Whatever becomes of leases, the syncs end in the right table.
func TestLeasesThatAreLost(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng, twice := rand.New(rand.NewPCG(seed, 0)), 0
	for range 10 {
		pauses := make([]time.Duration, 100)
		for i := range pauses {
			pauses[i] = time.Duration(rng.Int64N(int64(2 * time.Second)))
		}
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			srv := &server{handle: numbered(30, func(string) { time.Sleep(pauses[int(asked.Add(1))%len(pauses)]) })}
			path := filepath.Join(t.TempDir(), "mirror.db")
			var all sync.WaitGroup
			for range 3 {
				m, _ := sharing(t, path, srv)
				all.Go(func() {
					// Another may be faster again and again.
					_, err := m.Sync(t.Context(), bank)
					for errors.Is(err, mirror.ErrStale) {
						_, err = m.Sync(t.Context(), bank)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			for i := range 5 {
				time.Sleep(3 * pauses[i])
				_ = plain(t, path, "PRAGMA busy_timeout = 1000", "UPDATE links SET until = 0").Close()
			}
			all.Wait()
			twice += len(srv.cursors) - 33
			m, s := sharing(t, path, srv)
			if _, err := m.Sync(t.Context(), bank); err != nil {
				t.Fatal(err)
			}
			same(t, "held", len(s.ids(mirror.Query{})), 30)
			historyTellsTheTable(t, s, bank)
		})
	}
	if twice == 0 {
		t.Error("no lease was lost")
	}
}

// child is a process of TestTwoProcessesTakeTurns that syncs from a server of the
// test's, which answers nothing after the first page until it is let go.
type child struct {
	*exec.Cmd
	srv   *server
	path  string
	letGo func()
	told  chan string // all that it says, at its end
}

func startChild(t *testing.T) child {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mirror.db")
	there, goOn := make(chan struct{}), make(chan struct{})
	var first sync.Once
	srv := &server{handle: numbered(3, func(cursor string) {
		if cursor == "c1" {
			first.Do(func() {
				close(there)
				<-goOn
			})
		}
	})}
	letGo := sync.OnceFunc(func() { close(goOn) })
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := srv.RoundTrip(r)
		if err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", answer.Header.Get("X-Request-Id"))
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(listening.Close)
	t.Cleanup(letGo)
	cmd := exec.Command(os.Args[0], "-test.run=^TestTwoProcessesTakeTurns$")
	cmd.Env = append(os.Environ(), killPath+"="+path, killURL+"="+listening.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	told := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(out)
		told <- string(text)
	}()
	select {
	case <-there:
	case text := <-told:
		t.Fatalf("the process ended by itself: %s", text)
	}
	return child{cmd, srv, path, letGo, told}
}

// syncOnce is what the child does.
func syncOnce(path string) {
	store, err := mirror.Open(path, nil)
	if err == nil {
		client, _ := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")}, moneykit.WithBaseURL(os.Getenv(killURL)))
		var done mirror.Sync
		done, err = mirror.New(client, store).Sync(context.Background(), bank)
		tell("synced %d", done.Created)
	}
	if err != nil {
		tell("%v", err)
	}
	os.Exit(0)
}

func TestTwoProcessesTakeTurns(t *testing.T) {
	if path := os.Getenv(killPath); path != "" {
		syncOnce(path)
	}
	c := startChild(t)
	synctest.Test(t, func(t *testing.T) {
		m, s := sharing(t, c.path, c.srv)
		same(t, "syncing", s.syncing(), []moneykit.LinkID{bank})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := m.Sync(ctx, bank); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		_ = s.Close()
	})
	same(t, "asked for meanwhile", len(c.srv.cursors), 2)
	m, s := sharing(t, c.path, c.srv)
	synced := make(chan mirror.Sync)
	go func() {
		done, err := m.Sync(t.Context(), bank)
		if err != nil {
			t.Error(err)
		}
		synced <- done
	}()
	c.letGo()
	if told := <-c.told; !strings.Contains(told, "synced 3\n") || c.Wait() != nil {
		t.Errorf("%s", told)
	}
	same(t, "left to the second", (<-synced).Created, 0)
	same(t, "asked for", c.srv.cursors, once(3))
	same(t, "syncing at the end", s.syncing(), nobody)
}

// Nobody waits for who was killed.
func TestTheLeaseOfAKilledProcess(t *testing.T) {
	c := startChild(t)
	_ = c.Process.Kill()
	<-c.told
	_ = c.Wait() // it was killed
	c.letGo()
	synctest.Test(t, func(t *testing.T) {
		m, s := sharing(t, c.path, c.srv)
		same(t, "syncing", s.syncing(), nobody)
		began := time.Now()
		if _, err := m.Sync(t.Context(), bank); err != nil || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		same(t, "held", s.ids(mirror.Query{}), []string{"t000", "t001", "t002"})
		_ = s.Close()
	})
}

// still answers a listing with pending transactions that are there.
func still(ids ...string) func(url.Values) (int, string) {
	return func(url.Values) (int, string) {
		var there []json.RawMessage
		for _, id := range ids {
			there = append(there, txn(id, pending).JSON())
		}
		return listing(len(there), there)
	}
}
