package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// stillServes wants the server to be as it was for a guest who comes now.
func (h *host) stillServes() {
	h.Helper()
	v := h.visits("next", 80, 24)
	v.sees("12 links", "✕ 4 error", "sandbox")
	v.quits()
	_ = v.client.Close()
}

func TestHostileEnvironment(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "3")
	t.Run("variables", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		v := h.sits(h.comes("env"), "xterm-256color", 100, 30,
			"LD_PRELOAD=/tmp/evil.so", "HOME=/evil", "PATH=/evil", "XDG_DATA_HOME=/evil", "TMPDIR=/evil", "TILL=evil", "=evil", "A=\x00\x1b]0;evil\x07",
			"MONEYKIT_CLIENT_ID=evil", "MONEYKIT_CLIENT_SECRET=evil", "MONEYKIT_URL=http://127.0.0.1:1/evil", "LANG=\x1b]0;evil\x07", "LC_ALL=../../evil",
			"COLORTERM=\x1b]0;evil\x07", "TEA_TRACE=/evil", "SSH_TTY=/evil", "GODEBUG=evil=1")
		v.sees("12 links", "sandbox")
		v.quits()
		if strings.Contains(v.out.String(), "evil") {
			t.Errorf("what the guest sent comes back: %q", v.out)
		}
	})
	for name, terminal := range map[string]string{
		"escape sequences": "xterm\x1b]0;evil\x07\x1b[2J", "nothing": "", "a path": "../../../../evil", "zero bytes": "\x00\x00", "dumb": "dumb",
		"long": strings.Repeat("evil", 8000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := h.in(t)
			client := h.comes("term")
			v, err := sitDown(client, terminal, 100, 30)
			if err != nil {
				return // refused, which is as well
			}
			v.T = t
			v.types("q")
			v.leaves()
			if strings.Contains(v.out.String(), "evil") {
				t.Errorf("what the guest sent comes back: %.200q", v.out)
			}
		})
	}
	t.Run("many", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		session, err := h.comes("many").NewSession()
		if err != nil {
			t.Fatal(err)
		}
		value := strings.Repeat("x", 1000)
		for i := range 10_000 {
			pair := struct{ Name, Value string }{fmt.Sprintf("LC_%d", i), value}
			if _, err := session.SendRequest("env", false, ssh.Marshal(pair)); err != nil {
				break // the guest was cut off, which is as well
			}
		}
	})
	t.Cleanup(h.stillServes)
}

// keysTime is enough to take in ten thousand keys.
const keysTime = 10 * time.Second

// noise is the same from run to run.
func noise(seed byte, n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(raw)
	return raw
}

func TestRandomBytes(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "3", "--handshake-timeout", "2s")
	for seed := range byte(8) {
		t.Run(fmt.Sprint("at the port ", seed), func(t *testing.T) {
			t.Parallel()
			h := h.in(t)
			for _, before := range []string{"", "SSH-2.0-noise\r\n"} {
				conn, err := net.Dial("tcp", h.address())
				if err != nil {
					t.Fatal(err)
				}
				_, _ = conn.Write(append([]byte(before), noise(seed, 10_000)...)) // it may be cut off meanwhile
				wantClosed(t, conn)
			}
		})
	}
	for seed := range byte(2) {
		t.Run(fmt.Sprint("as keys ", seed), func(t *testing.T) {
			t.Parallel()
			h := h.in(t)
			user := fmt.Sprint("noise", seed)
			v := h.visits(user, 80, 24)
			v.sees("12 links")
			stays := func(r rune) rune {
				if r == 'q' || r == 0x03 {
					return -1
				}
				return r
			}
			_, _ = v.keys.Write(bytes.Map(stays, noise(seed+100, 10_000))) // it may be cut off meanwhile
			_, _ = io.WriteString(v.keys, "\x03")
			select {
			case <-v.over:
			case <-time.After(keysTime): // it may ask whether to leave what was begun
			}
			_ = v.client.Close()
			if _, end := h.ended(user); end.text("reason") == "" {
				t.Errorf("the session ended with %v", end)
			}
		})
	}
	t.Cleanup(func() {
		h.stillServes()
		if said := h.said.String(); strings.Contains(said, "panic") {
			t.Errorf("a guest's keys made the program panic:\n%s", said)
		}
	})
}

// wantClosed waits until the server has closed a connection.
func wantClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			t.Error("the server has not closed the connection")
		}
	}
}

// TestSlowLoris lets many connections take as long as they can at each step of the way
// to a session, while a guest comes and works.
func TestSlowLoris(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--handshake-timeout", "3s", "--sessions", "50", "--sessions-per-address", "50", "--new-per-second", "1000")
	for name, begin := range map[string]string{
		"says nothing": "", "stops in its version": "SSH-2.", "stops behind its version": "SSH-2.0-slow\r\n",
		"stops in a packet": "SSH-2.0-slow\r\n\x00\x00\x10\x00\x04",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := h.in(t)
			var conns []net.Conn
			for range 10 {
				conn, err := net.Dial("tcp", h.address())
				if err != nil {
					t.Fatal(err)
				}
				conns = append(conns, conn)
				if _, err := io.WriteString(conn, begin); err != nil {
					t.Fatal(err)
				}
			}
			for _, conn := range conns {
				wantClosed(t, conn)
			}
		})
	}
	t.Run("drips", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		conn, err := net.Dial("tcp", h.address())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			drops := time.NewTicker(50 * time.Millisecond)
			defer drops.Stop()
			for range drops.C {
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
			}
		}()
		wantClosed(t, conn)
	})
	t.Run("opens no session", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		client := h.comes("silent")
		gone := make(chan struct{})
		go func() { defer close(gone); _ = client.Wait() }()
		select {
		case <-gone:
		case <-time.After(patience):
			t.Error("the server has not closed the connection")
		}
	})
	t.Run("asks for nothing in a session", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		client := h.comes("silent")
		if _, err := client.NewSession(); err != nil {
			t.Fatal(err)
		}
		gone := make(chan struct{})
		go func() { defer close(gone); _ = client.Wait() }()
		select {
		case <-gone:
		case <-time.After(patience):
			t.Error("the server has not closed the connection")
		}
	})
	t.Run("a guest meanwhile", func(t *testing.T) {
		t.Parallel()
		h := h.in(t)
		h.stillServes()
	})
	t.Cleanup(h.stillServes)
}

func TestWindowsOfAllSizes(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "3")
	for _, size := range [][2]int{{100_000, 100_000}, {0, 0}, {1, 1}, {-1, -1}, {1 << 31, 3}, {3, 1 << 31}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			h := h.in(t)
			v := h.visits("window", size[0], size[1])
			v.w, v.h = 80, 24
			for i := range 200 {
				if err := v.session.WindowChange(size[1]-i, size[0]+i); err != nil {
					t.Fatal(err)
				}
			}
			v.types("j")
			if err := v.session.WindowChange(24, 80); err != nil {
				t.Fatal(err)
			}
			v.sees("12 links", "? help")
			v.quits()
		})
	}
	t.Cleanup(h.stillServes)
}

// TestDisconnectInTheMiddle has guests whose network breaks while the first frame is
// drawn.
func TestDisconnectInTheMiddle(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "3")
	for i := range 20 {
		user := fmt.Sprint("gone", i)
		v := h.visits(user, 200, 60)
		if i%2 == 0 {
			if err := v.out.until(v.over, func(text string) bool { return text != "" }); err != nil {
				t.Fatal(err)
			}
		}
		_ = v.client.Close()
		_, end := h.ended(user)
		if reason, _ := end["reason"].(string); reason == "" {
			t.Errorf("the log does not tell why it ended: %v", end)
		}
	}
	h.stillServes()
}
