package sshserve_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

const plain = "till: this is a terminal program; run ssh -t HOST without a command"

func TestWhatIsNoTerminalGetsOneLine(t *testing.T) {
	s := serve(t, config(t))
	for name, test := range map[string]struct {
		pty bool
		do  func(*ssh.Session) error
		end string
	}{
		"no terminal":             {false, (*ssh.Session).Shell, "\n"},
		"a command":               {false, func(s *ssh.Session) error { return s.Start("id") }, "\n"},
		"a command in a terminal": {true, func(s *ssh.Session) error { return s.Start("id") }, "\r\n"},
		"scp":                     {false, func(s *ssh.Session) error { return s.Start("scp -f /etc/passwd") }, "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			session, err := s.dial().NewSession()
			if err != nil {
				t.Fatal(err)
			}
			read := &terminal{t: t, added: make(chan struct{}, 1)}
			session.Stdout, session.Stderr = read, read
			if test.pty {
				if err = session.RequestPty("xterm", 24, 80, nil); err != nil {
					t.Fatal(err)
				}
			}
			if err = test.do(session); err != nil {
				t.Fatal(err)
			}
			exit, is := session.Wait().(*ssh.ExitError)
			if !is || exit.ExitStatus() != 2 || read.String() != plain+test.end {
				t.Errorf("read %q, %v", read, exit)
			}
		})
	}
}

func TestWhatIsNoSessionIsRefused(t *testing.T) {
	s := serve(t, config(t))
	c := s.dial()
	for _, kind := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "forwarded-tcpip", "auth-agent@openssh.com", "tun@openssh.com", ""} {
		if channel, _, err := c.OpenChannel(kind, nil); err == nil {
			_ = channel.Close()
			t.Errorf("%s is open", kind)
		}
	}
	for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "cancel-tcpip-forward", "hostkeys-prove-00@openssh.com"} {
		if ok, _, err := c.SendRequest(kind, true, ssh.Marshal(struct {
			Host string
			Port uint32
		}{"127.0.0.1", 0})); ok || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
	term := open(t, c, func(session *ssh.Session) {
		for _, kind := range []string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "break", "signal", "nonsense"} {
			if ok, err := session.SendRequest(kind, true, ssh.Marshal(struct{ Name string }{"sftp"})); ok || err != nil {
				t.Errorf("%s: %v, %v", kind, ok, err)
			}
		}
	})
	term.wait("size=80x24.")
	for range 300 {
		if err := term.session.Signal(ssh.SIGINT); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"shell", "exec", "pty-req", "env", "subsystem", "auth-agent-req@openssh.com"} {
		if ok, err := term.session.SendRequest(kind, true, nil); ok || err != nil {
			t.Errorf("%s: %v, %v", kind, ok, err)
		}
	}
	if second, err := c.NewSession(); err == nil {
		_ = second.Close()
		t.Error("two sessions on one connection")
	}
	term.press("q")
	if code := term.code(); code != 0 {
		t.Errorf("code %d", code)
	}
	if again, err := c.NewSession(); err == nil {
		_ = again.Close()
		t.Error("a session after another on one connection")
	}
}

func TestOfTheEnvironmentOnlyTheTerminalAndTheLanguageArrive(t *testing.T) {
	t.Setenv("SECRET_OF_THE_SERVER", "x")
	t.Setenv("COLORTERM", "truecolor")
	env, profiles := make(chan tea.EnvMsg, 1), make(chan tea.ColorProfileMsg, 1)
	c := config(t)
	c.Start = func(context.Context, sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &model{seen: func(msg tea.Msg) {
			switch msg := msg.(type) {
			case tea.EnvMsg:
				env <- msg
			case tea.ColorProfileMsg:
				profiles <- msg
			}
		}}}, nil
	}
	s := serve(t, c)
	open(t, s.dial(), func(session *ssh.Session) {
		set := func(name, value string) { _ = session.Setenv(name, value) }
		for i := range 10_000 {
			_, _ = session.SendRequest("env", false, ssh.Marshal(struct{ Name, Value string }{fmt.Sprintf("X%d", i), strings.Repeat("x", 100)}))
		}
		set("LANG", "de_DE.UTF-8")
		set("LC_TIME", "C\x1b]0;x\a")
		set("LC_ALL", strings.Repeat("x", 1000))
		set("LC_X\nY", "x")
		set("PATH", "/bin")
		set("TERM", "evil")
		set("LD_PRELOAD", "x")
		set("TEA_TRACE", "/tmp/x")
		set("TMUX", "x")
		set("CLICOLOR_FORCE", "1")
		set("", "x")
		for range 100 {
			set("LC_NAME", "C")
		}
	}).wait("size=80x24.")
	got := <-env
	if len(got) != 33 || got[0] != "LANG=de_DE.UTF-8" || got[1] != "LC_NAME=C" || got[32] != "TERM=xterm-256color" {
		t.Errorf("environment %d %q", len(got), got)
	}
	if profile := <-profiles; profile.String() != "ANSI256" {
		t.Errorf("profile %v", profile)
	}
}

func TestATerminalWithAnEvilNameIsUnknown(t *testing.T) {
	s := serve(t, config(t))
	for _, name := range []string{"../../etc/passwd", "\x1b]0;x\a", strings.Repeat("x", 65), ""} {
		session, err := s.dial().NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err = session.RequestPty(name, 24, 80, ssh.TerminalModes{ssh.ECHO: 1}); err != nil {
			t.Fatal(err)
		}
		if err = session.Shell(); err != nil {
			t.Fatal(err)
		}
	}
	s.log.wait(t, "session began", `"terminal":"unknown"`)
	if strings.Contains(s.log.String(), "passwd") {
		t.Error("the name is in the log")
	}
}

func TestAGuestsNameIsMadeSafe(t *testing.T) {
	s := serve(t, config(t))
	config := client()
	config.User = "a\x1b[31m\nb\u202e" + strings.Repeat("x", 100)
	c, err := ssh.Dial("tcp", s.address, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	open(t, c)
	if user := s.log.wait(t, "session began")["user"]; user != "a[31mb"+strings.Repeat("x", 58) {
		t.Errorf("user %q", user)
	}
}

func TestRandomBytesDoNoHarm(t *testing.T) {
	s := serve(t, config(t))
	noise := make([]byte, 10_000)
	_, _ = rand.Read(noise)
	for _, before := range []string{"", "SSH-2.0-noise\r\n"} {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(append([]byte(before), noise...))
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn) // until the server closes it
		_ = conn.Close()
	}
	for range 10 {
		_, _ = rand.Read(noise)
		term := open(t, s.dial())
		_, _ = term.keys.Write(noise)
		_ = term.session.Close()
	}
	last := open(t, s.dial())
	last.wait("size=80x24.")
	last.press("q")
	if code := last.code(); code != 0 {
		t.Errorf("code %d", code)
	}
	if strings.Contains(s.log.String(), `"in":"input"`) {
		t.Errorf("input panicked: %s", s.log)
	}
}

func TestAHandshakeThatLastsIsCutOff(t *testing.T) {
	c := config(t)
	c.Limits.Handshake = time.Second
	s := serve(t, c)
	silent, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	waiting := s.dial() // whose handshake is over, and who begins no session
	for err == nil {    // byte by byte, for as long as anybody listens
		_, err = slow.Write([]byte("S"))
	}
	_, _ = io.Copy(io.Discard, silent)
	if waiting.Wait() == nil {
		t.Error("a connection without a session stays")
	}
	_, _ = slow.Close(), silent.Close()
	s.log.wait(t, "refused", "handshake")
}
