package e2e

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// TestNothingButTheExplorerIsServed asks for everything else that SSH can do.
func TestNothingButTheExplorerIsServed(t *testing.T) {
	t.Parallel()
	h := serveSSH(t)
	helpful := func(t *testing.T, said string, err error) {
		t.Helper()
		if code := status(err); code <= 0 {
			t.Errorf("the exit code is %d: %v", code, err)
		}
		if strings.Count(strings.TrimSpace(said), "\n") != 0 || !strings.Contains(said, "ssh") || !strings.Contains(said, "terminal") {
			t.Errorf("said %q, want one line that helps", said)
		}
	}
	session := func(t *testing.T) *ssh.Session {
		t.Helper()
		s, err := h.in(t).comes("tinkerer").NewSession()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("exec", func(t *testing.T) {
		t.Parallel()
		for _, command := range []string{"id", "scp -t /tmp", "till", "sh -c 'echo $HOME'", "\x00\x1b[2J"} {
			out, err := session(t).CombinedOutput(command)
			helpful(t, string(out), err)
			if strings.ContainsAny(string(out), "\x00\x1b") {
				t.Errorf("%q", out)
			}
		}
	})
	t.Run("exec with a terminal", func(t *testing.T) {
		t.Parallel()
		s := session(t)
		if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
			t.Fatal(err)
		}
		out, err := s.CombinedOutput("id")
		helpful(t, string(out), err)
	})
	t.Run("no terminal", func(t *testing.T) {
		t.Parallel()
		s, out := session(t), newTranscript()
		s.Stdout, s.Stderr = out, out
		if err := s.Shell(); err != nil {
			t.Fatal(err)
		}
		err := s.Wait()
		helpful(t, out.String(), err)
	})
	t.Run("subsystems", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"sftp", "netconf", ""} {
			if err := session(t).RequestSubsystem(name); err == nil {
				t.Errorf("the subsystem %q is served", name)
			}
		}
	})
	t.Run("forwarding", func(t *testing.T) {
		t.Parallel()
		client := h.in(t).comes("tinkerer")
		for _, address := range []string{h.address(), "127.0.0.1:22"} {
			if conn, err := client.Dial("tcp", address); err == nil {
				_ = conn.Close()
				t.Errorf("there is a way through to %s", address)
			}
		}
		if _, err := client.Dial("unix", "/run/dbus/system_bus_socket"); err == nil {
			t.Error("there is a way through to a socket")
		}
		if _, err := client.Listen("tcp", "127.0.0.1:0"); err == nil {
			t.Error("the server listens for a guest")
		}
		if _, err := client.ListenUnix(t.TempDir() + "/socket"); err == nil {
			t.Error("the server listens on a socket for a guest")
		}
		for _, kind := range []string{"x11", "auth-agent@openssh.com", "tun@openssh.com", "", "session\x00"} {
			if _, _, err := client.OpenChannel(kind, nil); err == nil {
				t.Errorf("a channel %q was opened", kind)
			}
		}
		for _, kind := range []string{"tcpip-forward", "streamlocal-forward@openssh.com", "no-such@till"} {
			if ok, _, err := client.SendRequest(kind, true, nil); ok || err != nil {
				t.Errorf("the request %s was granted, %v", kind, err)
			}
		}
	})
	t.Run("agent", func(t *testing.T) {
		t.Parallel()
		client := h.in(t).comes("tinkerer")
		if err := agent.ForwardToAgent(client, agent.NewKeyring()); err != nil {
			t.Fatal(err)
		}
		s, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := agent.RequestAgentForwarding(s); err == nil {
			t.Error("the forwarding of an agent was granted")
		}
	})
	t.Run("x11", func(t *testing.T) {
		t.Parallel()
		if ok, err := session(t).SendRequest("x11-req", true, nil); ok || err != nil {
			t.Errorf("x11 was granted: %t, %v", ok, err)
		}
	})
}

// TestOpenSSHIsToldWhatToDo is what a person does who thinks of a shell.
func TestOpenSSHIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	h := serveSSH(t)
	cmd := h.openSSH("tinkerer", "-T")
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); err == nil || code == 255 || strings.Count(strings.TrimSpace(string(out)), "\n") != 0 || !strings.Contains(string(out), "terminal") {
		t.Errorf("exit code %d, %v, said %q", code, err, out)
	}
}

// TestOnlyKeysLetIn has a server for one guest.
func TestOnlyKeysLetIn(t *testing.T) {
	t.Parallel()
	private := privateKey(t)
	right, other := keyOf(t, private), newKey(t)
	h := serveSSH(t, "--authorized-keys", authorized(t, right))
	asked := 0
	for name, auth := range map[string][]ssh.AuthMethod{
		"nothing":   nil,
		"password":  {ssh.Password("password")},
		"wrong key": {other.auth()},
		"questions": {ssh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
			asked++
			return nil, nil
		})},
	} {
		if client, err := h.dial("mallory", auth...); err == nil {
			_ = client.Close()
			t.Errorf("%s lets in", name)
		}
	}
	if asked > 0 {
		t.Error("a guest was asked")
	}
	for _, r := range h.of("mallory") {
		if r.key() == right.fingerprint() {
			t.Errorf("a guest who did not come in has a key: %v", r)
		}
	}

	v := h.visits("alice", 80, 24, right.auth())
	v.sees("12 links")
	v.quits()
	if begin, _ := h.ended("alice"); begin.key() != right.fingerprint() {
		t.Errorf("%v", begin)
	}
	p := sit(t, h.openSSH("bob", "-i", identity(t, private)), 80, 24)
	p.sees("12 links")
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ssh left with code %d", code)
	}
}

// TestWithoutKeysNobodyIsAsked has a server for everybody: passwords are no way in,
// since no way is needed.
func TestWithoutKeysNobodyIsAsked(t *testing.T) {
	t.Parallel()
	h := serveSSH(t)
	method := ""
	for _, auth := range []ssh.AuthMethod{
		ssh.PasswordCallback(func() (string, error) { method = "password"; return "sesame", nil }),
		ssh.KeyboardInteractive(func(string, string, []string, []bool) ([]string, error) {
			method = "keyboard-interactive"
			return nil, nil
		}),
	} {
		v := h.visits("anybody", 80, 24, auth)
		v.sees("12 links")
		v.quits()
	}
	if method != "" {
		t.Errorf("the server asked by %s", method)
	}
}

// falseSigner offers one key and signs with another.
type falseSigner struct{ offered, signs ssh.Signer }

func (f falseSigner) PublicKey() ssh.PublicKey { return f.offered.PublicKey() }

func (f falseSigner) Sign(random io.Reader, data []byte) (*ssh.Signature, error) {
	return f.signs.Sign(random, data)
}

// TestAnOfferedKeyIsNoIdentity comes with the keys of two guests, of which only one
// is the guest's own.
func TestAnOfferedKeyIsNoIdentity(t *testing.T) {
	t.Parallel()
	private := privateKey(t)
	own, others := keyOf(t, private), newKey(t)
	h := serveSSH(t, "--authorized-keys", authorized(t, own, others))
	if client, err := h.dial("thief", ssh.PublicKeys(falseSigner{others.Signer, own.Signer})); err == nil {
		_ = client.Close()
		t.Error("an offered key lets in")
	}
	// ssh offers the key that it has in public only, and then goes on to the next.
	public := written(t, "other.pub", ssh.MarshalAuthorizedKey(others.PublicKey()))
	p := sit(t, h.openSSH("both", "-v", "-i", public, "-i", identity(t, private)), 80, 24)
	p.sees("12 links")
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ssh left with code %d", code)
	}
	if accepted := strings.Count(p.Output(), "Server accepts key"); accepted != 2 {
		t.Errorf("%d keys were offered with success, want both", accepted)
	}
	begin, end := h.ended("both")
	if begin.key() != own.fingerprint() || end.key() != own.fingerprint() {
		t.Errorf("the guest's key is %s, the log tells\n%v\n%v", own.fingerprint(), begin, end)
	}
	if strings.Contains(h.said.String(), others.fingerprint()) {
		t.Errorf("a key that nobody proved is in the log:\n%s", h.said)
	}
}
