package sandbox

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func (a *api) moves(body string, want time.Time, rate float64) {
	a.Helper()
	got := into[clockAnswer](a, a.post("/sandbox/clock", body).want(a, 200))
	if !got.Now.Equal(want) || got.Rate != rate || !a.box.Now().Equal(want) {
		a.Errorf("%s: %s at rate %v, want %s at %v", body, got.Now, got.Rate, want, rate)
	}
	if again := into[clockAnswer](a, a.get("/sandbox/clock").want(a, 200)); again != got {
		a.Errorf("%+v, then %+v", got, again)
	}
}

func TestClockMoves(t *testing.T) {
	a := newAPI(t)
	a.moves(`{"advance":"90m"}`, noon.Add(90*time.Minute), 1)
	a.moves(`{"set":"2026-03-19T12:00:00+01:00"}`, noon.Add(23*time.Hour), 1)
	a.clock.Move(time.Minute)
	a.moves(`{"rate":60}`, noon.Add(23*time.Hour+time.Minute), 60)
	a.clock.Move(time.Minute)
	a.moves(`{"advance":"0s"}`, noon.Add(24*time.Hour+time.Minute), 60)
	a.moves(`{"rate":0}`, noon.Add(24*time.Hour+time.Minute), 0)
	a.clock.Move(time.Hour)
	a.moves(`{"advance":"1s"}`, noon.Add(24*time.Hour+61*time.Second), 0)
	a.moves(`{"rate":0.5,"advance":"59s"}`, noon.Add(24*time.Hour+2*time.Minute), 0.5)
	a.clock.Move(time.Hour)
	a.moves(`{"rate":100000}`, noon.Add(24*time.Hour+32*time.Minute), 100000)
}

func TestClockRefuses(t *testing.T) {
	a := newAPI(t)
	before := a.box.Now()
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"advance":"1h"`, `{"advance":"-1s"}`, `{"advance":"tomorrow"}`, `{"advance":60}`, `{"advance":"2400000h"}`,
		`{"set":"2026-03-18T11:59:59Z"}`, `{"set":"yesterday"}`, `{"set":"9999-12-31T00:00:00Z"}`, `{"advance":"1s","set":"2026-03-19T12:00:00Z"}`,
		`{"rate":-1}`, `{"rate":-0.001}`, `{"rate":100001}`, `{"rate":1e300}`, `{"rate":NaN}`, `{"rate":1e999}`, `{"rate":"fast"}`, `{"rate":-1,"advance":"1h"}`,
		`{"rate":60,"advance":"-1h"}`,
	} {
		a.post("/sandbox/clock", body).refused(t, 422, "api_error.request.validation_failed")
	}
	for _, rate := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, MaxRate + 1} {
		if err := a.box.SetRate(rate); !errors.Is(err, ErrClock) {
			t.Errorf("rate %v: %v", rate, err)
		}
	}
	for _, by := range []time.Duration{-1, math.MinInt64, math.MaxInt64} {
		if err := a.box.Advance(t.Context(), by); !errors.Is(err, ErrClock) {
			t.Errorf("by %v: %v", by, err)
		}
	}
	a.moves(`{"advance":"0s"}`, before, 1)
}

// The clock never goes back, however fast it runs and for however long.
func TestClockAtExtremes(t *testing.T) {
	for _, rate := range []float64{MaxRate, math.SmallestNonzeroFloat64, 1e-9, 0.3} {
		d := dial{At: noon, Real: noon, Rate: rate}
		last := noon
		for passed := time.Duration(0); passed >= 0 && passed < math.MaxInt64/4; passed = passed*3 + 1 {
			now := d.now(noon.Add(passed))
			if now.Before(last) {
				t.Fatalf("rate %v: %s after %s", rate, now, last)
			}
			last = now
			if wait, _ := d.wait(noon.Add(passed), now.Add(time.Microsecond)); wait <= 0 {
				t.Fatalf("rate %v: a wait of %v", rate, wait)
			}
		}
	}
}

func TestClockRunsTokensOut(t *testing.T) {
	a := newAPI(t)
	token := a.session("")
	body := connectBody{Token: token, InstitutionID: instantBank}
	a.post("/sandbox/clock", `{"advance":"29m59s"}`)
	a.post("/sandbox/connect/next", body).want(t, 200)
	done := a.post("/sandbox/connect", connectBody{Token: a.session(""), InstitutionID: instantBank}).want(t, 200)
	a.post("/sandbox/clock", `{"advance":"1s"}`)
	a.post("/sandbox/connect/next", body).refused(t, 422, "session_expired")
	a.post("/sandbox/clock", `{"advance":"29m59s"}`)
	a.post("/link-session/exchange-token", map[string]any{"exchangeable_token": done.text("exchangeable_token")}).refused(t, 400, "link_session_error.invalid_token_exchange")
	a.get("/links/"+a.link(1)).want(t, 200)
	a.post("/sandbox/clock", `{"advance":"1s"}`)
	a.get("/links/"+a.link(1)).refused(t, 401, "api_error.auth.expired_access_token")
}

func TestClockEndsLimits(t *testing.T) {
	a := newAPI(t)
	for name, wait := range map[product]time.Duration{accountsProduct: time.Hour, identityProduct: 24 * time.Hour} {
		a.authorize()
		a.refresh(1, name).want(t, 202)
		a.advance((wait - time.Second).String())
		a.refresh(1, name).refused(t, 429, "api_error.rate_limit_exceeded")
		a.advance("1s")
		a.refresh(1, name).want(t, 202)
	}
}

func TestClockForgetsDeletedLinks(t *testing.T) {
	a := newAPI(t)
	a.call("DELETE", "/links/"+a.link(1), nil).want(t, 204)
	a.advance((90*24*time.Hour - time.Second).String())
	a.get("/links/"+a.link(1)).want(t, 200)
	a.get("/links/"+a.link(1)+"/accounts").refused(t, 410, "link_error.deleted")
	a.advance("1s")
	a.get("/links/"+a.link(1)).refused(t, 404, "link_error.not_found")
}

// What is due on the way happens at its own time, also between the ticks of the
// clock.
func TestAdvanceStopsOnTheWay(t *testing.T) {
	for seed := range uint64(20) {
		a := newAPI(t, WithSeed(seed))
		a.refresh(1, accountsProduct).want(t, 202)
		a.advance("1h")
		p := a.show(1).Products.Accounts
		if p.RefreshedAt.Before(noon.Add(time.Second)) || p.RefreshedAt.After(noon.Add(2*time.Second)) || !p.LastAttemptedAt.Before(*p.RefreshedAt) {
			t.Errorf("attempted %s, refreshed %s", p.LastAttemptedAt, p.RefreshedAt)
		}
	}
}

func TestAdvanceAtOnce(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	a.refresh(1, accountsProduct, transactionsProduct).want(t, 202)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if err := a.box.Advance(t.Context(), 100*time.Millisecond); err != nil {
					t.Error(err)
				}
				a.get("/links/" + a.link(1))
			}
		})
	}
	all.Wait()
	if now := a.box.Now(); !now.Equal(noon.Add(8 * time.Second)) {
		t.Errorf("the clock is at %s", now)
	}
	if got := in.take(); len(got) != 7 {
		t.Errorf("%d webhooks", len(got))
	}
}

// piped lets the Sandbox send webhooks without a socket, to a receiver that
// tells when they come.
func piped(box *Sandbox, got func()) {
	box.courier.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		listener := &onePipe{conn: server, closed: make(chan struct{})}
		go func() {
			_ = (&http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				got()
			})}).Serve(listener)
		}()
		return client, nil
	}
}

// onePipe is a listener of one connection.
type onePipe struct {
	conn   net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *onePipe) Accept() (conn net.Conn, err error) {
	conn, l.conn = l.conn, nil
	if conn == nil {
		return nil, io.EOF
	}
	return conn, nil
}

func (l *onePipe) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *onePipe) Addr() net.Addr { return &net.TCPAddr{} }

// subscribed is a Sandbox whose first link has a webhook.
func subscribed(opts ...Option) (*Sandbox, *link) {
	box := New(append([]Option{WithRefreshTime(time.Hour, time.Hour)}, opts...)...)
	l, url := box.linkAt(0), "http://localhost/"
	l.Webhook = &url
	box.touch(l)
	return box, l
}

// Whatever the rate, what is due is done when it is due, also when the rate
// changes while it is waited for.
func TestRunWakesInTime(t *testing.T) {
	for _, x := range []struct {
		name         string
		first, later float64
		after, want  time.Duration
	}{
		{"as usual", 1, 1, time.Minute, time.Hour},
		{"fast", 60, 60, time.Second, time.Minute},
		{"very fast", MaxRate, MaxRate, time.Millisecond, 36 * time.Millisecond},
		{"oddly", 0.7, 0.7, time.Second, time.Duration(math.Ceil(float64(time.Hour) / 0.7))},
		{"faster on the way", 1, 60, 30 * time.Minute, 30*time.Minute + 30*time.Second},
		{"slower on the way", 60, 1, 30 * time.Second, 30*time.Second + 30*time.Minute},
		{"stopped, then on", 0, 1, 24 * time.Hour, 25 * time.Hour},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box, l := subscribed()
				var times []time.Duration
				started := time.Now()
				piped(box, func() { times = append(times, time.Since(started)) })
				defer box.courier.close()
				if err := box.SetRate(x.first); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				var run sync.WaitGroup
				run.Go(func() { box.Run(ctx) })
				box.mu.Lock()
				box.connectAt(l, box.now(), box.now().Add(time.Hour))
				box.mu.Unlock()
				time.Sleep(x.after)
				if err := box.SetRate(x.later); err != nil {
					t.Fatal(err)
				}
				time.Sleep(1000 * time.Hour)
				stop()
				run.Wait()
				if len(times) < 3 || times[0] != 0 {
					t.Fatalf("webhooks at %v", times)
				}
				if late := times[1] - x.want; late < -time.Microsecond || late > 2*time.Microsecond {
					t.Errorf("connected after %v, want %v", times[1], x.want)
				}
			})
		})
	}
}

// Something that is due earlier than all else is not waited for too long.
func TestRunNoticesWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, l := subscribed()
		var times []time.Duration
		started := time.Now()
		piped(box, func() { times = append(times, time.Since(started)) })
		defer box.courier.close()
		ctx, stop := context.WithCancel(t.Context())
		var run sync.WaitGroup
		run.Go(func() { box.Run(ctx) })
		time.Sleep(90 * time.Second) // the seeded connection is over, nothing is due
		if err := box.SetState(l.id, string(inError), authExpired); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(times) != 1 || times[0] != 90*time.Second {
			t.Errorf("webhooks at %v", times)
		}
		stop()
		run.Wait()
	})
}
