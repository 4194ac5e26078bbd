package sshserve_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

func TestNoMoreSessionsThanMayBe(t *testing.T) {
	for _, test := range []struct {
		text   string
		change func(*sshserve.Limits)
	}{
		{"till: every place is taken. ssh again in a few minutes.\r\n", func(l *sshserve.Limits) { l.Sessions = 2 }},
		{"till: there are as many sessions from your address as may be. Leave one, then ssh again.\r\n", func(l *sshserve.Limits) { l.PerAddress = 2 }},
	} {
		c := config(t)
		test.change(&c.Limits)
		s := serve(t, c)
		first := open(t, s.dial())
		first.wait("size=80x24.")
		open(t, s.dial()).wait("size=80x24.")
		third := open(t, s.dial())
		if code := third.code(); code != 1 || third.String() != test.text {
			t.Errorf("read %q, code %d", third, code)
		}
		first.press("q")
		first.code()
		s.log.wait(t, "session ended")
		open(t, s.dial()).wait("size=80x24.")
	}
}

// closed tells whether the server closes a connection before it says anything.
func closed(t *testing.T, address string) (net.Conn, bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Read(make([]byte, 1))
	return conn, err != nil
}

func TestConnectionsWithoutASessionAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		most   int
		change func(*sshserve.Limits)
	}{
		"in all":           {8, func(l *sshserve.Limits) { l.Sessions = 2 }},
		"from one address": {8, func(l *sshserve.Limits) { l.PerAddress = 2 }},
		"a second":         {3, func(l *sshserve.Limits) { l.NewPerSecond = 6 }},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			test.change(&c.Limits)
			s := serve(t, c)
			for range test.most {
				if _, is := closed(t, s.address); is {
					t.Fatal("closed too early")
				}
			}
			refused := false
			for range 100 { // the bucket fills while they come
				_, is := closed(t, s.address)
				refused = refused || is
			}
			if !refused {
				t.Error("none is closed")
			}
			s.log.wait(t, "refused")
			if n := strings.Count(s.log.String(), "refused"); n > 10 {
				t.Errorf("%d records", n)
			}
		})
	}
}

func TestGuestsBehindABalancerCountByThemselves(t *testing.T) {
	c := config(t)
	c.Proxies, c.Limits.PerAddress = []string{"127.0.0.0/8"}, 1
	s := serve(t, c)
	from := func(header string) (*ssh.Client, error) {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.WriteString(conn, header); err != nil {
			t.Fatal(err)
		}
		sc, channels, requests, err := ssh.NewClientConn(conn, s.address, client())
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
		made := ssh.NewClient(sc, channels, requests)
		t.Cleanup(func() { _ = made.Close() })
		return made, nil
	}
	for i, test := range []struct {
		source string
		in     bool
	}{{"203.0.113.1", true}, {"203.0.113.1", false}, {"203.0.113.2", true}, {"2001:db8:0:1::1", true}, {"2001:db8:0:1::2", false}, {"2001:db8:0:2::1", true}} {
		family, to := "TCP4", "192.0.2.1"
		if strings.Contains(test.source, ":") {
			family, to = "TCP6", "2001:db8::1"
		}
		conn, err := from(fmt.Sprintf("PROXY %s %s %s 4000 22\r\n", family, test.source, to))
		if err != nil {
			t.Fatal(err)
		}
		term := open(t, conn)
		if test.in {
			term.wait("size=80x24.")
			s.log.wait(t, "session began", `"address":"`+test.source+`"`)
		} else if code := term.code(); code != 1 || !strings.Contains(term.String(), "from your address") {
			t.Errorf("%d: read %q, code %d", i, term, code)
		}
	}
	for _, header := range []string{"", "PROXY TCP4 x y 1 2\r\n"} {
		if _, err := from(header); err == nil {
			t.Errorf("let in with %q", header)
		}
	}
	untrusted := serve(t, config(t))
	conn, err := net.Dial("tcp", untrusted.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "PROXY TCP4 203.0.113.1 192.0.2.1 4000 22\r\n")
	if sc, channels, requests, err := ssh.NewClientConn(conn, untrusted.address, client()); err == nil {
		open(t, ssh.NewClient(sc, channels, requests))
		untrusted.log.wait(t, "session began", `"address":"127.0.0.1"`)
	}
}

// get reads a page of the metrics.
func (s *served) get(path string) (int, string) {
	s.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Get(s.metrics + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestMetricsTellOfSessions(t *testing.T) {
	c := config(t)
	c.Metrics, c.Limits.Drain = "127.0.0.1:0", patience
	s := serve(t, c)
	if code, text := s.get("/healthz"); code != 200 || text != "ok\n" {
		t.Errorf("%d %q", code, text)
	}
	first, second := open(t, s.dial()), open(t, s.dial())
	first.wait("size=80x24.")
	second.wait("size=80x24.")
	first.press("q")
	first.code()
	s.log.wait(t, "session ended")
	bad, _ := net.Dial("tcp", s.address)
	_, _ = io.WriteString(bad, "GET / HTTP/1.1\r\n\r\n")
	_ = bad.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, bad)
	_ = bad.Close()
	s.log.wait(t, "refused")
	code, text := s.get("/metrics")
	for _, want := range []string{
		"till_ssh_sessions_total 2\n", `till_ssh_ended_total{reason="left"} 1` + "\n", `till_ssh_refused_total{reason="handshake"} 1` + "\n",
		`till_ssh_session_seconds_bucket{le="+Inf"} 1` + "\n", "till_ssh_session_seconds_count 1\n", "till_ssh_session_seconds_sum ", "till_ssh_handshakes ", "till_ssh_sessions ",
		"till_ssh_written_bytes_total ", "go_goroutines ", "process_open_fds ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%d: no %q in\n%s", code, want, text)
		}
	}
	s.stop()
	s.log.wait(t, "stopping")
	if code, _ = s.get("/healthz"); code != 503 {
		t.Errorf("%d while it stops", code)
	}
	second.press("q")
	if second.code() != 0 || s.end() != nil {
		t.Error("it does not stop")
	}
}

// descriptors are those that the tests have open.
func descriptors(t *testing.T) int {
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd")
	}
	return len(files)
}

func TestManySessionsLeaveNothingBehind(t *testing.T) {
	const atOnce, inARow, workers = 200, 1000, 10
	running, before := goleak.IgnoreCurrent(), descriptors(t)
	c := config(t)
	c.Limits.Width, c.Limits.Height = 20, 2 // little to draw
	s := serve(t, c)
	visit := func(meet func()) {
		quick := client()
		quick.KeyExchanges = []string{ssh.KeyExchangeCurve25519}
		conn, err := ssh.Dial("tcp", s.address, quick)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		term := open(t, conn)
		term.wait("size=20x2.")
		meet()
		term.press("q")
		if code := term.code(); code != 0 {
			t.Errorf("code %d: %q", code, term)
		}
	}
	var group, all sync.WaitGroup
	all.Add(atOnce)
	for range atOnce {
		group.Go(func() {
			arrive := sync.OnceFunc(all.Done)
			defer arrive()
			visit(func() {
				arrive()
				all.Wait()
			})
		})
	}
	group.Wait()
	for range workers {
		group.Go(func() {
			for range inARow / workers {
				visit(func() {})
			}
		})
	}
	group.Wait()
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(s.log.String(), "session ended"); n != atOnce+inARow {
		t.Errorf("%d sessions ended", n)
	}
	if err := goleak.Find(running); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}
