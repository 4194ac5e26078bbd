package views

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/inspect"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
	"till/moneykit/webhooks"
	"till/ui"
	"till/ui/uitest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // frames must not depend on where they are drawn
	if os.Getenv(inTheWest) != "" {
		time.Local = time.FixedZone("west", -8*60*60)
	}
	// As over SSH: no test reaches the keyring of who runs it.
	if err := os.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+os.DevNull); err != nil {
		panic(err)
	}
	debug.SetGCPercent(gcPercent)
	code := m.Run()
	if err := leaked(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// ticksEnd is well above the longest tick of a program: Bubble Tea lets those that
// have begun go on to their end.
const ticksEnd = 20 * time.Second

// leaked tells which goroutines are left once no tick can go on.
func leaked() (err error) {
	for until := time.Now().Add(ticksEnd); time.Now().Before(until); {
		// teatest waits for an interrupt that never comes, beyond the test's end.
		if err = goleak.Find(goleak.IgnoreTopFunction("github.com/charmbracelet/x/exp/teatest/v2.NewTestModel.func2")); err == nil {
			return nil
		}
	}
	return err
}

// gcPercent is the program's own.
const gcPercent = 400

// isApart names the test that a process of these tests was started for.
const isApart = "TILL_TEST_APART"

// apart runs a test in a process and a folder of its own, and reports whether this
// process is that one. Other tests run beside it, which they could not if it
// changed the folder or the time zone of theirs.
func apart(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv(isApart) == t.Name() {
		return true
	}
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = t.TempDir()
	cmd.Env = append(append(os.Environ(), isApart+"="+t.Name()), env...)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// world is till with the Sandbox behind it, in one process and on a clock that
// the test moves. Sockets would keep that clock from moving, so requests reach
// the Sandbox in process.
type world struct {
	*uitest.Driver
	sandbox  *sandbox.Sandbox
	controls *recorder
	wire     *wire
	app      *App
	first    ui.Screen // the Sandbox's links unless a test sets another
	profile  string
	remote   bool // the terminal is elsewhere
}

// wire carries requests to the Sandbox, unless a fault stands in the way.
type wire struct {
	sandbox http.RoundTripper
	mu      sync.Mutex
	fault   func(*http.Request) (*http.Response, error) // nil, nil lets it pass
	seen    []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	fault := w.fault
	w.seen = append(w.seen, r.Method+" "+r.URL.Path)
	w.mu.Unlock()
	if fault != nil {
		if res, err := fault(r); res != nil || err != nil {
			return res, err
		}
	}
	return w.sandbox.RoundTrip(r)
}

// breaks answers every request whose path ends in suffix with fault.
func (w *wire) breaks(method, suffix string, fault func(*http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = func(r *http.Request) (*http.Response, error) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
			return fault(r)
		}
		return nil, nil
	}
}

func (w *wire) mends() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = nil
}

func (w *wire) asked(request string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.seen {
		if s == request {
			n++
		}
	}
	return n
}

// recorder stands in for what moves the Sandbox and records what it was asked.
// Only the clock really moves.
type recorder struct {
	mu     sync.Mutex
	ahead  time.Duration
	states []string
	faults []SandboxFault
	err    error // refuses everything
}

func (r *recorder) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.ahead)
}

func (r *recorder) active() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.faults)
}

// refuses makes everything fail with err; nil ends that.
func (r *recorder) refuses(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *recorder) controls() *Controls {
	unless := func(do func()) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.err == nil {
			do()
		}
		return r.err
	}
	return &Controls{
		Now: r.now, Faults: r.active,
		Advance: func(_ context.Context, d time.Duration) error { return unless(func() { r.ahead += d }) },
		SetState: func(link moneykit.LinkID, state moneykit.LinkState, code moneykit.LinkError) error {
			return unless(func() { r.states = append(r.states, fmt.Sprint(link, " ", state, " ", code)) })
		},
		Fault:       func(f SandboxFault) error { return unless(func() { r.faults = append(r.faults, f) }) },
		ClearFaults: func() { _ = unless(func() { r.faults = nil }) },
	}
}

// status answers with a status, a body and a request id.
func status(code int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		rec.Header().Set("X-Request-Id", "req_broken")
		for i := 0; i < len(headers); i += 2 {
			rec.Header().Set(headers[i], headers[i+1])
		}
		rec.WriteHeader(code)
		_, _ = rec.WriteString(body)
		res := rec.Result()
		res.Request = r
		return res, nil
	}
}

func unplugged(*http.Request) (*http.Response, error) {
	return nil, errors.New("dial tcp: network is unreachable")
}

const sandboxURL = "http://127.0.0.1:1"

// testApp returns an App whose every request goes through w, with profiles in
// a folder of the test's and no keyring that it could reach.
func testApp(t *testing.T, w *wire, s *sandbox.Sandbox, controls *Controls) *App {
	dir := t.TempDir()
	calls, drift := inspect.NewLog(), moneykit.NewDriftReport()
	return &App{
		Calls: calls, Drift: drift, Program: "till test",
		Keys: sync.OnceValues(func() (*keystore.Store, error) { return keystore.Open(keystore.WithDir(dir)) }),
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithTransport(w),
				moneykit.WithObserver(calls.Add), moneykit.WithDriftReport(drift))
		},
		Connect: func(ctx context.Context, c *moneykit.Client, r moneykit.LinkSessionRequest) *connect.Run {
			return connect.InTerminal(ctx, c, w, r)
		},
		Webhooks: func(context.Context, *moneykit.Client, webhooks.Config) (WebhookReceiver, error) {
			return newFakeReceiver(), nil
		},
		Mirror: func(context.Context, keystore.Profile) (KeptMirror, error) {
			return KeptMirror{Store: mirror.NewMemory()}, nil
		},
		ForgetMirror: func(keystore.Profile) error { return nil },
		Browse:       func(string) error { return connect.ErrNoDisplay },
		Tunnel:       func(...string) string { return "" },
		Environment: func() (keystore.Profile, moneykit.Secret, bool, error) {
			return keystore.Profile{}, moneykit.Secret{}, false, nil
		},
		Sandbox: func() (Embedded, error) {
			return Embedded{
				URL: sandboxURL, Controls: controls,
				Credentials: moneykit.Credentials{
					ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
				},
				Links: func() []moneykit.LinkID {
					var ids []moneykit.LinkID
					for _, id := range s.LinkIDs() {
						ids = append(ids, moneykit.LinkID(id))
					}
					return ids
				},
			}, nil
		},
	}
}

// in runs test with till open on the Sandbox in a terminal of width by height.
func in(t *testing.T, width, height int, test func(*testing.T, *world), setUp ...func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		controls := &recorder{}
		s := sandbox.New(sandbox.WithNow(controls.now))
		w := &world{sandbox: s, controls: controls, wire: &wire{sandbox: s.Transport()}}
		w.app = testApp(t, w.wire, s, controls.controls())
		for _, set := range setUp {
			set(w)
		}
		if w.first == nil {
			w.first = First(w.app, true, "", "")
		}
		shell := ui.NewShell(t.Context(), w.first)
		if w.remote {
			shell.Remote()
		}
		w.Driver = uitest.Start(t, shell, width, height)
		defer w.Quit()
		test(t, w)
	})
}

// link returns the id of the nth seeded link, counted from 1.
func (w *world) link(n int) string { return w.sandbox.LinkIDs()[n-1] }

// at puts the cursor of the list on the row that shows a link's id.
func (w *world) at(t *testing.T, n int) {
	t.Helper()
	id := w.link(n)[:8]
	w.Press("g")
	for range 40 {
		// A wide list has no room for ids; the pane beside it does.
		if strings.Contains(w.Row("▌"), id) || strings.Contains(w.Frame(), "link         "+id) {
			return
		}
		w.Press("down")
	}
	t.Fatalf("link %d is not in the list:\n%s", n, w.Frame())
}

// refreshNow asks for fresh accounts and transactions of the link under the cursor,
// also when their limit is not over as far as till knows.
func (w *world) refreshNow() {
	w.Press("r")
	for _, product := range []string{"accounts", "transactions"} {
		for range 6 {
			if strings.Contains(w.Row("▌ ["), "] "+product) {
				break
			}
			w.Press("down")
		}
		if strings.Contains(w.Row("▌ ["), "[ ] "+product) {
			w.Press("space")
		}
	}
	w.Press("enter")
}
