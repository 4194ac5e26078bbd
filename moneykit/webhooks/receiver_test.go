package webhooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsNoDelivery(t *testing.T) {
	g := newRig(t)
	u, _ := url.Parse(g.r.URL())
	_, port, _ := net.SplitHostPort(u.Host)
	body := event("k", 1)
	large := strings.Repeat(" ", maxBody+1)
	refused := 0
	for name, x := range map[string]struct {
		method, url, host, body string
		status                  int
		says                    string
	}{
		"another method":        {"GET", g.r.URL(), "", "", 405, `"GET"`},
		"the root":              {"POST", "http://" + u.Host + "/", "", body, 404, "path"},
		"a path below":          {"POST", g.r.URL() + "/x", "", body, 404, "path"},
		"an escaped path":       {"POST", "http://" + u.Host + "/%41" + u.Path[2:], "", body, 404, "path"},
		"another host":          {"POST", g.r.URL(), "evil.example", body, 403, "evil.example"},
		"another port":          {"POST", g.r.URL(), "localhost:1", body, 403, "localhost:1"},
		"too long":              {"POST", g.r.URL(), "", large, 413, "too long"},
		"too long, not told":    {"POST", g.r.URL(), "", "chunked", 413, "too long"},
		"its host as localhost": {"POST", g.r.URL(), "LOCALHOST:" + port, body, 204, ""},
	} {
		before := g.r.State()
		got := g.send(x.method, x.url, x.body, func(q *http.Request) {
			q.Header = g.signed(x.body).headers(t)
			q.Host = x.host
			if x.body == "chunked" {
				q.Body, q.ContentLength = io.NopCloser(strings.NewReader(large)), -1
			}
		})
		same(t, "status of "+name, got, x.status)
		after := g.r.State()
		if x.status == 204 {
			same(t, "deliveries", after.Received, before.Received+1)
			continue
		}
		refused++
		same(t, "deliveries after "+name, after.Received, before.Received)
		if after.Refused != refused || !strings.Contains(after.Refusal, x.says) || after.Version <= before.Version {
			t.Errorf("%s: %d refused, the last for %q", name, after.Refused, after.Refusal)
		}
	}
}

// Whoever makes up key ids does not make the receiver ask for the keys each time.
func TestForgedKeyIDs(t *testing.T) {
	g := newRig(t)
	body := event("k", 1)
	for i := range 20 {
		s := g.signed(body)
		s.kid = fmt.Sprint("forged-", i)
		same(t, "status", g.post(body, s), 401)
	}
	same(t, "fetches of the keys", g.fetches(), 1)
	same(t, "status of a genuine one", g.post(body, g.signed(body)), 204)
	same(t, "fetches of the keys", g.fetches(), 1)
}

// A webhook that could not be judged is sent again, and taken then.
func TestKeysThatComeBack(t *testing.T) {
	g := newRig(t)
	body := event("k", 1)
	g.set(func() { g.down = true })
	same(t, "status without keys", g.post(body, g.signed(body)), 503)
	g.set(func() { g.down, g.ahead = false, time.Minute })
	s := g.signed(body)
	s.header.Set("MoneyKit-Delivery-Attempt", "2")
	same(t, "status with keys", g.post(body, s), 204)
	if d := g.last(); d.Duplicate || d.Attempt != 2 {
		t.Errorf("%+v", d)
	}
}

func TestManyAtOnce(t *testing.T) {
	g := newRig(t)
	var all sync.WaitGroup
	for i := range 200 {
		body := event(fmt.Sprint("key-", i%100), 1)
		s := g.signed(body)
		all.Go(func() { same(t, "status", g.post(body, s), 204) })
	}
	all.Wait()
	state, duplicates := g.r.State(), 0
	for i, d := range state.Deliveries {
		same(t, "number", d.Number, i+1)
		if d.Duplicate {
			duplicates++
		}
	}
	same(t, "received", state.Received, 200)
	same(t, "duplicates", duplicates, 100)
	same(t, "fetches of the keys", g.fetches(), 1)
}

func TestLongBodiesAreNotKeptWhole(t *testing.T) {
	g := newRig(t)
	body := strings.Replace(event("k", 1), "{", "{"+strings.Repeat(" ", maxShown), 1)
	same(t, "status", g.post(body, g.signed(body)), 204)
	d := g.last()
	same(t, "kept", len(d.Body), maxShown)
	same(t, "size", d.Size, len(body))
	forged := g.signed(body)
	forged.token = "none"
	g.post(body, forged)
	if g.last().Webhook != nil {
		t.Error("a long body that is not MoneyKit's was kept")
	}
}

func TestNext(t *testing.T) {
	g := newRig(t)
	body := event("k", 1)
	came := make(chan State, 1)
	go func() {
		s, err := g.r.Next(t.Context(), 0)
		if err != nil {
			t.Error(err)
		}
		came <- s
	}()
	g.post(body, g.signed(body))
	s := <-came
	same(t, "received", s.Received, 1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.r.Next(gone, s.Version); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	g.r.Close()
	if again, err := g.r.Next(t.Context(), 0); err != nil || again.Received != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := g.r.Next(t.Context(), s.Version); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestWhereItListens(t *testing.T) {
	client := newMoneyKit().client(t)
	for _, c := range []Config{
		{Address: "0.0.0.0:0"},
		{Address: ":0"},
		{Address: "192.0.2.1:0"},
		{Address: "example.com:80"},
		{Address: "127.0.0.1"},
		{Path: "hook"},
		{Path: "/hook?x=1"},
		{Path: "/ho ok"},
		{Path: "//evil.example/x"},
		{Public: "http://hooks.example"},
		{Public: "https://user@hooks.example"},
		{Public: "https://hooks.example/path"},
		{Public: "hooks.example"},
	} {
		if r, err := Listen(t.Context(), client, c); err == nil || !strings.HasPrefix(err.Error(), "webhooks: ") {
			t.Errorf("%+v: %v", c, err)
			if r != nil {
				r.Close()
			}
		}
	}
	r, err := Listen(t.Context(), client, Config{Address: "localhost:0", Path: "/hook/a%20b"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if u := r.URL(); !strings.HasPrefix(u, "http://127.0.0.1:") && !strings.HasPrefix(u, "http://[::1]:") || !strings.HasSuffix(u, "/hook/a%20b") || u != r.Local() {
		t.Error(u)
	}
	_, err = Listen(t.Context(), client, Config{Address: strings.TrimSuffix(strings.TrimPrefix(r.URL(), "http://"), "/hook/a%20b")})
	if err == nil {
		t.Error("one port was taken twice")
	}
	a, errA := Listen(t.Context(), client, Config{})
	b, errB := Listen(t.Context(), client, Config{})
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	defer a.Close()
	defer b.Close()
	if pathA, pathB := a.path, b.path; pathA == pathB || len(pathA) < 20 {
		t.Errorf("%s and %s can be guessed", pathA, pathB)
	}
}

// A tunnel brings the name that the internet knows it by.
func TestTunnel(t *testing.T) {
	m := newMoneyKit()
	r, err := Listen(t.Context(), m.client(t), Config{Public: "https://Hooks.example:443/", Now: m.now})
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{t, m, r, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	defer r.Close()
	same(t, "URL", r.URL(), "https://Hooks.example:443"+r.path)
	body := event("k", 1)
	for host, want := range map[string]int{"hooks.example": 204, "": 204, "other.example": 403} {
		same(t, "status for "+host, g.send("POST", r.Local(), body, func(q *http.Request) { q.Header, q.Host = g.signed(body).headers(t), host }), want)
	}
}

// What is being verified when the receiver is closed is answered and kept.
func TestCloseInFlight(t *testing.T) {
	g := newRig(t)
	asking, go_ := make(chan struct{}), make(chan struct{})
	g.set(func() { g.before = sync.OnceFunc(func() { close(asking); <-go_ }) })
	body := event("k", 1)
	s := g.signed(body)
	answered := make(chan int)
	go func() { answered <- g.post(body, s) }()
	<-asking
	closed := make(chan struct{})
	go func() { g.r.Close(); close(closed) }()
	for { // until it listens no more
		conn, err := net.Dial("tcp", g.r.hosts[0])
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(go_)
	same(t, "status", <-answered, 204)
	<-closed
	same(t, "received", g.r.State().Received, 1)
	g.r.Close() // again
}

// nothing of the receiver's own runs any more.
func leaks() string {
	stacks := make([]byte, 1<<20)
	for _, s := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(s, "webhooks.(*Receiver)") || strings.Contains(s, "webhooks.(*limited)") {
			return s
		}
	}
	return ""
}

func TestNothingRunsAfterClose(t *testing.T) {
	m := newMoneyKit()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Listen(ctx, m.client(t), Config{Now: m.now})
	if err != nil {
		t.Fatal(err)
	}
	conns := make([]net.Conn, connections+3) // some wait for a place
	for i := range conns {
		if conns[i], err = net.Dial("tcp", r.hosts[0]); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conns[i].Close() }()
		_, _ = fmt.Fprintf(conns[i], "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\n\r\n{", r.path, r.hosts[0])
	}
	cancel() // as Close does
	r.Close()
	if s := leaks(); s != "" {
		t.Error(s)
	}
}

// pipes is a listener whose connections are in memory, so that time can be made
// to pass.
type pipes struct {
	conns chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.gone) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9} }

// Whoever is slow is not waited for, and makes room for others.
func TestSlowRequests(t *testing.T) {
	for name, x := range map[string]struct {
		sends string
		after time.Duration
	}{
		"nothing":       {"", 5 * time.Second},
		"half a header": {"POST /hook HTTP/1.1\r\n", 5 * time.Second},
		"half a body":   {"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:9\r\nContent-Length: 9\r\n\r\n{", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMoneyKit()
				p := &pipes{conns: make(chan net.Conn), gone: make(chan struct{})}
				r, err := start(t.Context(), m.client(t), Config{Path: "/hook", Now: m.now}, p)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				var all sync.WaitGroup
				for range connections { // all of them
					here, there := net.Pipe()
					p.conns <- there
					all.Go(func() {
						go func() { _, _ = io.WriteString(here, x.sends) }()
						_, _ = io.ReadAll(here)
						same(t, "patience", time.Since(began).Round(time.Second), x.after)
						_ = here.Close()
					})
				}
				here, there := net.Pipe()
				all.Go(func() { // it gets its turn
					p.conns <- there
					body := event("k", 1)
					q, _ := http.NewRequest("POST", "http://127.0.0.1:9/hook", strings.NewReader(body))
					q.Header = m.signed(body).headers(t)
					_ = q.Write(here)
					answer := make([]byte, 12)
					_, _ = io.ReadFull(here, answer)
					same(t, "answer", string(answer), "HTTP/1.1 204")
					same(t, "whether it waited for its turn", time.Since(began) >= x.after, true)
					_ = here.Close()
				})
				all.Wait()
				same(t, "received", r.State().Received, 1)
				r.Close()
			})
		})
	}
}
