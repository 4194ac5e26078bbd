package e2e

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// How a till ssh ends that does not come to serve.
var failure, wrongUsage = []int{1}, []int{2}

// refuses runs a till ssh that ends with one of these codes instead of serving, and
// returns the one line it says.
func refuses(t *testing.T, codes []int, args ...string) string {
	t.Helper()
	cmd := sshCommand(t, args...)
	out, said := newTranscript(), newTranscript()
	cmd.Stdout, cmd.Stderr = out, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { defer close(over); _ = cmd.Wait() }()
	h := &host{T: t, cmd: cmd, told: out, said: said, over: over}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-over
	})
	if err := out.until(over, func(text string) bool { return text != "" }); err == nil {
		t.Errorf("it tells %q", out)
		return ""
	}
	if got := h.ends(); !slices.Contains(codes, got) {
		t.Errorf("exit code %d, want %v", got, codes)
	}
	text := said.String()
	if strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "till: ") {
		t.Errorf("said %q, want one line", text)
	}
	return text
}

func TestWrongUsageOfSSH(t *testing.T) {
	t.Parallel()
	keys := authorized(t, newKey(t))
	for name, test := range map[string]struct {
		args []string
		says []string
	}{
		"everywhere":               {[]string{"--addr", "0.0.0.0:0"}, []string{"--authorized-keys", "--anonymous"}},
		"everywhere, v6":           {[]string{"--addr", "[::]:0"}, []string{"--authorized-keys", "--anonymous"}},
		"every address":            {[]string{"--addr", ":0"}, []string{"--authorized-keys", "--anonymous"}},
		"no address":               {[]string{"--addr", "2222"}, []string{"--addr"}},
		"no keys file":             {[]string{"--authorized-keys", filepath.Join(t.TempDir(), "none")}, []string{"none"}},
		"a folder of keys":         {[]string{"--authorized-keys", t.TempDir()}, nil},
		"empty keys file":          {[]string{"--authorized-keys", written(t, "empty", nil)}, []string{"empty", "key"}},
		"comments for keys":        {[]string{"--authorized-keys", written(t, "comments", []byte("# nobody\n"))}, []string{"comments", "key"}},
		"broken keys file":         {[]string{"--authorized-keys", written(t, "broken", []byte("ssh-ed25519 AAAAnonsense\n"))}, []string{"broken"}},
		"half a keys file":         {[]string{"--authorized-keys", written(t, "half", append(readFile(t, keys), "ssh-ed25519 AAAA"...))}, []string{"half"}},
		"profile that is written":  {[]string{"--profile", "acme", "--authorized-keys", keys}, []string{"--profile", "--read-only"}},
		"profile for everybody":    {[]string{"--profile", "acme", "--read-only"}, []string{"--profile", "--authorized-keys"}},
		"profile for anybody":      {[]string{"--profile", "acme", "--read-only", "--anonymous"}, []string{"--authorized-keys"}},
		"profile that is not here": {[]string{"--profile", "nobody", "--read-only", "--authorized-keys", keys}, []string{"nobody"}},
		"metrics for everybody":    {[]string{"--metrics", "0.0.0.0:9"}, []string{"--metrics"}},
		"metrics everywhere":       {[]string{"--metrics", ":0"}, []string{"--metrics"}},
		"metrics nowhere":          {[]string{"--metrics", "9222"}, []string{"--metrics"}},
		"an argument":              {[]string{"host"}, []string{`"host"`}},
		"no duration":              {[]string{"--idle-timeout", "soon"}, []string{"--idle-timeout"}},
		"negative duration":        {[]string{"--session-timeout", "-1s"}, []string{"--session-timeout"}},
		"fewer than none":          {[]string{"--sessions", "-1"}, []string{"--sessions"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--addr", "127.0.0.1:0"}, test.args...)
			if text := refuses(t, wrongUsage, args...); !holdsAll(text, test.says...) {
				t.Errorf("said %q, want %q", text, test.says)
			}
		})
	}
}

func holdsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSSHWhereAnotherListens(t *testing.T) {
	t.Parallel()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if text := refuses(t, failure, "--addr", other.Addr().String()); !strings.Contains(text, "in use") {
		t.Errorf("said %q", text)
	}
}

// TestSSHOnEveryAddress is what is asked for in so many words.
func TestSSHOnEveryAddress(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	everybody := serveSSH(t, "--addr", "0.0.0.0:0", "--anonymous")
	v := everybody.visits("anybody", 80, 24)
	v.sees("12 links")
	v.quits()
	some := serveSSH(t, "--addr", "0.0.0.0:0", "--authorized-keys", authorized(t, k))
	if client, err := some.dial("anybody"); err == nil {
		_ = client.Close()
		t.Error("anybody comes in")
	}
	v = some.visits("guest", 80, 24, k.auth())
	v.sees("12 links")
	v.quits()
}

func TestTheHostKeyStays(t *testing.T) {
	t.Parallel()
	first := serveSSH(t)
	path := filepath.Join(homeOf(first.cmd), hostKey)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if folder, err := os.Stat(filepath.Dir(path)); err != nil || folder.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may look into the folder of the key: %v, %v", folder.Mode(), err)
	}
	was := readFile(t, path)
	first.signals(syscall.SIGTERM)
	first.ends()
	again := sshCommand(t, "--addr", "127.0.0.1:0", "--host-key", path)
	if second := startSSH(t, again); second.fingerprint != first.fingerprint || !bytes.Equal(readFile(t, path), was) {
		t.Errorf("the host key was %s and is %s", first.fingerprint, second.fingerprint)
	}
	if other := serveSSH(t); other.fingerprint == first.fingerprint {
		t.Error("another server has the same key")
	}
}

func TestAHostKeyThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	good := identity(t, privateKey(t))
	started := startSSH(t, sshCommand(t, "--addr", "127.0.0.1:0", "--host-key", good))
	if client, err := started.dial("guest"); err != nil { // checks the fingerprint
		t.Error(err)
	} else {
		_ = client.Close()
	}
	for name, path := range map[string]string{
		"nonsense": written(t, "nonsense", []byte("nonsense\n")), "empty": written(t, "empty", nil), "public": authorized(t, newKey(t)),
	} {
		if text := refuses(t, append(failure, wrongUsage...), "--addr", "127.0.0.1:0", "--host-key", path); !strings.Contains(text, path) {
			t.Errorf("%s: said %q", name, text)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644} {
		if err := os.Chmod(good, mode); err != nil {
			t.Fatal(err)
		}
		if text := refuses(t, append(failure, wrongUsage...), "--addr", "127.0.0.1:0", "--host-key", good); !strings.Contains(text, good) {
			t.Errorf("%v: said %q", mode, text)
		}
	}
}
