package watch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
)

// server answers in memory after latency: tokens itself, links by handle.
type server struct {
	latency time.Duration
	handle  func(read) reply

	mu               sync.Mutex
	reads            []read
	inFlight, atMost int
	polled           map[moneykit.LinkID]int // reads in flight
	overlaps         []moneykit.LinkID       // read while being read
}

// read is a request for a link, or for its refresh.
type read struct {
	method string
	id     moneykit.LinkID
	at     time.Time
}

// reply is what a request is answered with; the zero reply is a link that is
// connected.
type reply struct {
	status     int
	body       string
	retryAfter string
	err        error
	hang       bool
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	if r.URL.Path == "/auth/token" {
		rec.WriteHeader(http.StatusCreated)
		_, _ = rec.WriteString(`{"access_token":"t","token_type":"bearer","expires_in":86400}`)
		return rec.Result(), nil
	}
	got := read{r.Method, moneykit.LinkID(strings.Split(r.URL.Path, "/")[2]), time.Now()}
	s.mu.Lock()
	s.reads = append(s.reads, got)
	s.inFlight++
	s.atMost = max(s.atMost, s.inFlight)
	if s.polled == nil {
		s.polled = map[moneykit.LinkID]int{}
	}
	if s.polled[got.id]++; s.polled[got.id] > 1 {
		s.overlaps = append(s.overlaps, got.id)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.polled[got.id]--
		s.mu.Unlock()
	}()
	answer := reply{}
	if s.handle != nil {
		answer = s.handle(got)
	}
	if answer.hang {
		<-r.Context().Done()
	} else if s.latency > 0 { // the race detector of Go 1.26 crashes on a timer that is due when made in a bubble
		select {
		case <-time.After(s.latency):
		case <-r.Context().Done():
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return answer.response(rec, got)
}

func (a reply) response(rec *httptest.ResponseRecorder, to read) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	if a.status == 0 {
		a.status = http.StatusOK
		if to.method == http.MethodPost {
			a.status = http.StatusAccepted
		}
	}
	if a.body == "" && a.status < 300 {
		a.body = link(to.id, moneykit.Connected, nil)
	}
	rec.Header().Set("X-Request-Id", "req_1")
	if a.retryAfter != "" {
		rec.Header().Set("Retry-After", a.retryAfter)
	}
	rec.WriteHeader(a.status)
	_, _ = rec.WriteString(a.body)
	return rec.Result(), nil
}

// asked returns the requests since the last call.
func (s *server) asked() []read {
	s.mu.Lock()
	defer s.mu.Unlock()
	reads := s.reads
	s.reads = nil
	return reads
}

// most returns how many requests were in flight at most.
func (s *server) most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atMost
}

func ids(reads []read) (ids []moneykit.LinkID) {
	for _, r := range reads {
		ids = append(ids, r.id)
	}
	return ids
}

const limited = `{"error_code":"api_error.rate_limit_exceeded","error_message":"Rate limit exceeded"}`

func link(id moneykit.LinkID, state moneykit.LinkState, products map[moneykit.Product]moneykit.ProductStatus) string {
	wire := map[string]any{}
	for p, s := range products {
		fields := map[string]any{"error_code": s.ErrorCode, "error_message": s.ErrorMessage}
		for name, at := range map[string]time.Time{"refreshed_at": s.RefreshedAt, "last_attempted_at": s.LastAttemptedAt} {
			if !at.IsZero() {
				fields[name] = at
			}
		}
		wire[string(p)] = fields
	}
	text, err := json.Marshal(map[string]any{"link_id": id, "state": state, "products": wire})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func newClient(t testing.TB, rt http.RoundTripper) *moneykit.Client {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(rt))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// running runs test with a Watcher at work, in a synctest bubble that begins at
// midnight of the first of January 2000.
func running(t *testing.T, s *server, test func(*testing.T, *watch.Watcher), opts ...watch.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := watch.New(newClient(t, s), opts...)
		stop := run(t, w)
		test(t, w)
		stop()
	})
}

// run lets w work until the function that it returns is called.
func run(t *testing.T, w *watch.Watcher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	synctest.Wait()
	return func() {
		t.Helper()
		cancel()
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("Run goes on")
		}
	}
}

// snapshot returns what w knows of a link once all that can happen now has.
func snapshot(t testing.TB, w *watch.Watcher, id moneykit.LinkID) watch.Snapshot {
	t.Helper()
	synctest.Wait()
	s, known := w.Snapshot(id)
	if !known {
		t.Fatalf("%s is not known", id)
	}
	return s
}

// news returns what w publishes without waiting.
func news(t testing.TB, w *watch.Watcher) []watch.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	changed, err := w.Next(ctx)
	if err != nil {
		return nil
	}
	return changed.Snapshots
}

// unlimited is a budget that only bounds what is in flight.
func unlimited() watch.Option { return watch.WithBudget(math.Inf(1), watch.DefaultInFlight) }

func many(n int) (ids []moneykit.LinkID) {
	for i := range n {
		ids = append(ids, moneykit.LinkID(fmt.Sprintf("mk_%04d", i)))
	}
	return ids
}

// within holds that requests keep to a budget in every window. level is how much the
// fullest of the windows that end with a request holds beyond what its time allows.
func within(t testing.TB, reads []read, perSecond float64, burst int) {
	t.Helper()
	level := 0.
	for i, r := range reads {
		if i > 0 {
			level = max(0, level-perSecond*r.at.Sub(reads[i-1].at).Seconds())
		}
		if level++; level > float64(burst)+1e-6 {
			t.Fatalf("request %d is one too many: %v", i, r)
		}
	}
}
