package e2e

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestAnIdleGuestIsToldWhy(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--idle-timeout", "1s")
	v := h.visits("sleeper", 80, 24)
	v.reads(regexp.MustCompile(`(?i)idle|without a key|no key`))
	if _, end := h.ended("sleeper"); !strings.Contains(end.text("reason"), "idle") {
		t.Errorf("the log tells %v", end)
	}
	h.visits("next", 80, 24).sees("12 links")
}

// presses lets a guest press a key again and again, until the session or the time is over.
func (v *visitor) presses(key string, long time.Duration) {
	again, enough := time.NewTicker(50*time.Millisecond), time.After(long)
	defer again.Stop()
	for {
		select {
		case <-v.over:
			return
		case <-enough:
			return
		case <-again.C:
			_, _ = io.WriteString(v.keys, key)
		}
	}
}

func TestAGuestWhoPressesKeysIsNotIdle(t *testing.T) {
	t.Parallel()
	v := serveSSH(t, "--idle-timeout", "4s").visits("busy", 80, 24)
	v.presses("j", 5*time.Second)
	v.sees("12 links")
	v.quits()
}

func TestASessionEndsForAllThat(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--session-timeout", "2s")
	v := h.visits("busy", 80, 24)
	v.presses("j", patience)
	v.reads(regexp.MustCompile(`(?i)session|time`))
	if _, end := h.ended("busy"); end.text("reason") == "" {
		t.Errorf("the log tells %v", end)
	}
}

// refused returns all that somebody reads who cannot come in.
func (h *host) refused(from string) string {
	h.Helper()
	banner := ""
	config := h.config("refused")
	config.BannerCallback = func(text string) error {
		banner += text
		return nil
	}
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", h.address())
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	transport, channels, requests, err := ssh.NewClientConn(conn, h.address(), config)
	if err != nil {
		return banner + err.Error()
	}
	client := ssh.NewClient(transport, channels, requests)
	defer func() { _ = client.Close() }()
	v, err := sitDown(client, "xterm", 80, 24)
	if err != nil {
		return banner + err.Error()
	}
	v.T = h.T
	v.leaves()
	return banner + v.out.String()
}

// from lets a guest come from another address of this computer.
func (h *host) from(address, user string) *visitor {
	h.Helper()
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).Dial("tcp", h.address())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = conn.Close() })
	transport, channels, requests, err := ssh.NewClientConn(conn, h.address(), h.config(user))
	if err != nil {
		h.Fatal(err)
	}
	return h.sits(ssh.NewClient(transport, channels, requests), "xterm-256color", 80, 24)
}

func TestAFullServer(t *testing.T) {
	t.Parallel()
	full := regexp.MustCompile(`(?i)full|too many|busy|as many|no room|taken`)
	for name, test := range map[string]struct {
		args   []string
		others bool // from another address still come in
	}{
		"in all":      {[]string{"--sessions", "1"}, false},
		"one address": {[]string{"--sessions-per-address", "1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := serveSSH(t, test.args...)
			first := h.visits("first", 80, 24)
			first.sees("12 links")
			said := h.refused("127.0.0.1")
			if !full.MatchString(said) || strings.Contains(said, "\x1b[?1049h") {
				t.Errorf("the second guest read %q", said)
			}
			if test.others {
				other := h.from("127.0.0.2", "other")
				other.sees("12 links")
				other.quits()
			} else if said := h.refused("127.0.0.2"); !full.MatchString(said) {
				t.Errorf("a guest from elsewhere read %q", said)
			}
			// A second terminal of the same guest is a session too.
			if again, err := sitDown(first.client, "xterm", 80, 24); err == nil {
				again.T = t
				again.leaves()
				if !full.MatchString(again.out.String()) {
					t.Errorf("the second terminal read %q", again.out)
				}
			}
			first.types("j")
			first.quits()
			_ = first.client.Close()
			h.ended("first")
			next := h.visits("next", 80, 24)
			next.sees("12 links")
			next.quits()
		})
	}
}

// TestAStormOfConnections has far more connections than are accepted.
func TestAStormOfConnections(t *testing.T) {
	t.Parallel()
	const storm = 60
	h := serveSSH(t, "--new-per-second", "1")
	began := time.Now()
	var greeted int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range storm {
		conn, err := net.Dial("tcp", h.address())
		if err != nil {
			continue // refused, which is as well
		}
		defer func() { _ = conn.Close() }()
		all.Go(func() {
			_ = conn.SetReadDeadline(began.Add(2 * time.Second))
			if line, err := bufio.NewReader(conn).ReadString('\n'); err == nil && strings.HasPrefix(line, "SSH-2.0-") {
				mu.Lock()
				greeted++
				mu.Unlock()
			}
			_ = conn.Close()
		})
	}
	all.Wait()
	if most := storm/2 + int(time.Since(began).Seconds()); greeted > most {
		t.Errorf("%d of %d connections were accepted at once, want at most %d", greeted, storm, most)
	}
	eventually(t, "a guest comes in after the storm", func() bool {
		client, err := h.dial("patient")
		if err == nil {
			_ = client.Close()
		}
		return err == nil
	})
}

var closes = regexp.MustCompile(`(?i)clos|stop|shut|restart|going|leav|end`)

// letsNobodyIn waits until new connections are refused.
func (h *host) letsNobodyIn() {
	h.Helper()
	eventually(h.T, "nobody else comes in", func() bool {
		conn, err := net.Dial("tcp", h.address())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

// TestStoppedServerDrains has a server that goes with its last guest.
func TestStoppedServerDrains(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--drain", "1h")
	v := h.visits("last", 80, 24)
	v.sees("12 links")
	h.signals(syscall.SIGTERM)
	h.letsNobodyIn()
	_, _ = io.WriteString(v.keys, "q") // the session may be over
	v.leaves()
	if code := h.ends(); code != 0 {
		t.Errorf("exit code %d; it said\n%s", code, h.said)
	}
	if _, end := h.ended("last"); end.text("reason") == "" {
		t.Errorf("the log tells %v", end)
	}
}

func TestDrainingEnds(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--drain", "1s")
	v := h.visits("stays", 80, 24)
	v.sees("12 links")
	h.signals(syscall.SIGTERM)
	v.reads(closes)
	if code := h.ends(); code != 0 {
		t.Errorf("exit code %d; it said\n%s", code, h.said)
	}
}

func TestAnEmptyServerStopsAtOnce(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		h := serveSSH(t, "--drain", "1h")
		conn, err := net.Dial("tcp", h.address()) // who is no guest holds nothing up
		if err != nil {
			t.Fatal(err)
		}
		h.signals(signal)
		if code := h.ends(); code != 0 {
			t.Errorf("exit code %d after %v; it said\n%s", code, signal, h.said)
		}
		_ = conn.Close()
	}
}

func TestASecondSignalDoesNotWait(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--drain", "1h")
	v := h.visits("stays", 80, 24)
	v.sees("12 links")
	h.signals(syscall.SIGTERM)
	h.letsNobodyIn()
	_ = h.cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	h.ends()
}
