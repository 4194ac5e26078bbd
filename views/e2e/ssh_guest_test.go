package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"
	"golang.org/x/crypto/ssh"
)

// dial connects to the server and checks its host key.
func (h *host) dial(user string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", h.address(), h.config(user, auth...))
}

func (h *host) config(user string, auth ...ssh.AuthMethod) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User: user, Auth: auth, Timeout: patience,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			if got := ssh.FingerprintSHA256(key); got != h.fingerprint {
				return fmt.Errorf("the host key is %s, told was %s", got, h.fingerprint)
			}
			return nil
		},
	}
}

// comes connects, and leaves with the test.
func (h *host) comes(user string, auth ...ssh.AuthMethod) *ssh.Client {
	h.Helper()
	client, err := h.dial(user, auth...)
	if err != nil {
		h.Fatalf("%v\n%s", err, h.said)
	}
	h.Cleanup(func() { _ = client.Close() })
	return client
}

// visitor is a guest with a terminal.
type visitor struct {
	*testing.T
	client  *ssh.Client
	session *ssh.Session
	keys    io.Writer
	out     *transcript
	over    chan struct{}
	err     error // how the session ended
	w, h    int
}

// visits lets a guest come and see the explorer in a window of w by h cells.
func (h *host) visits(user string, w, height int, auth ...ssh.AuthMethod) *visitor {
	h.Helper()
	return h.sits(h.comes(user, auth...), "xterm-256color", w, height)
}

// sits gives a client a terminal of this kind.
func (h *host) sits(client *ssh.Client, terminal string, w, height int, env ...string) *visitor {
	h.Helper()
	v, err := sitDown(client, terminal, w, height, env...)
	if err != nil {
		h.Fatalf("%v\n%s", err, h.said)
	}
	v.T = h.T
	return v
}

func sitDown(client *ssh.Client, terminal string, w, h int, env ...string) (*visitor, error) {
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	v := &visitor{client: client, session: session, out: newTranscript(), over: make(chan struct{}), w: w, h: h}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		_ = session.Setenv(name, value) // the server may refuse it
	}
	if err := session.RequestPty(terminal, h, w, nil); err != nil {
		return nil, err
	}
	session.Stdout, session.Stderr = v.out, v.out
	if v.keys, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if err := session.Shell(); err != nil {
		return nil, err
	}
	go func() {
		defer close(v.over)
		v.err = session.Wait()
	}()
	return v, nil
}

// screen is what is on screen, a line for each row.
func (v *visitor) screen() string { return drawn(v.out.String(), v.w, v.h) }

func drawn(output string, w, h int) string {
	screen := vt10x.New(vt10x.WithSize(w, h))
	_, _ = screen.Write([]byte(output))
	return screen.String()
}

func (v *visitor) sees(texts ...string) {
	v.Helper()
	err := v.out.until(v.over, func(string) bool {
		screen := v.screen()
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		v.Fatalf("%q is not on screen: %v; the screen is\n%s", texts, err, v.screen())
	}
}

// loses waits until a text is on screen no more.
func (v *visitor) loses(text string) {
	v.Helper()
	if err := v.out.until(v.over, func(string) bool { return !strings.Contains(v.screen(), text) }); err != nil {
		v.Fatalf("%q is still on screen: %v\n%s", text, err, v.screen())
	}
}

// reads wants a text among what the guest is left with once the session is over.
func (v *visitor) reads(why *regexp.Regexp) {
	v.Helper()
	v.leaves()
	_, rest := splitAfterLast(v.out.String(), "\x1b[?1049l")
	if text := plain(rest); !why.MatchString(text) {
		v.Errorf("the guest was not told %v but\n%q", why, text)
	}
}

// leaves waits until the session is over.
func (v *visitor) leaves() {
	v.Helper()
	select {
	case <-v.over:
	case <-time.After(patience):
		v.Fatalf("the session is not over; the screen is\n%s", v.screen())
	}
}

func (v *visitor) types(keys string) {
	v.Helper()
	if _, err := io.WriteString(v.keys, keys); err != nil {
		v.Fatal(err)
	}
}

// quits leaves as one should, and wants all to be in order.
func (v *visitor) quits() {
	v.Helper()
	v.types("q")
	v.leaves()
	if v.err != nil {
		v.Errorf("the session ended with %v", v.err)
	}
}

func splitAfterLast(text, mark string) (before, after string) {
	if i := strings.LastIndex(text, mark); i >= 0 {
		return text[:i], text[i+len(mark):]
	}
	return "", text
}

var sequences = regexp.MustCompile(`\x1b(?:\[[0-9;?<=>$" ]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[()].|[=>78])`)

// plain is a text without what steers a terminal.
func plain(text string) string { return sequences.ReplaceAllString(text, "") }

// status is the exit status of a session, -1 for none.
func status(err error) int {
	if err == nil {
		return 0
	}
	if exit := (*ssh.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitStatus()
	}
	return -1
}

// key is a guest's key.
type key struct{ ssh.Signer }

func newKey(t *testing.T) key {
	t.Helper()
	return keyOf(t, privateKey(t))
}

func privateKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func keyOf(t *testing.T, private ed25519.PrivateKey) key {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return key{signer}
}

func (k key) auth() ssh.AuthMethod { return ssh.PublicKeys(k.Signer) }

func (k key) fingerprint() string { return ssh.FingerprintSHA256(k.PublicKey()) }

// authorized writes a file of keys that may come in.
func authorized(t *testing.T, keys ...key) string {
	t.Helper()
	text := "# the guests\n\n"
	for _, k := range keys {
		text += string(ssh.MarshalAuthorizedKey(k.PublicKey()))
	}
	return written(t, "authorized_keys", []byte(text))
}

// written writes a file of the test's own, which only its owner may read.
func written(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// identity writes a private key as OpenSSH reads it.
func identity(t *testing.T, private ed25519.PrivateKey) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return written(t, "id_ed25519", pem.EncodeToMemory(block))
}
