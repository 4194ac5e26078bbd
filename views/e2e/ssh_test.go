package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// transcript keeps all that is written to it.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	arrived chan struct{} // closed and replaced when text arrives
}

func newTranscript() *transcript { return &transcript{arrived: make(chan struct{})} }

func (tr *transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.text.Write(p)
	close(tr.arrived)
	tr.arrived = make(chan struct{})
	return len(p), nil
}

func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// until waits for what is asked for, and gives up after patience or when over is closed.
func (tr *transcript) until(over <-chan struct{}, holds func(text string) bool) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		tr.mu.Lock()
		arrived := tr.arrived
		tr.mu.Unlock()
		if holds(tr.String()) {
			return nil
		}
		select {
		case <-arrived:
		case <-over:
			if holds(tr.String()) {
				return nil
			}
			return errors.New("it is over")
		case <-deadline.C:
			return fmt.Errorf("not after %v", patience)
		}
	}
}

// eventually looks again and again until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-again.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %v it does not hold that %s", patience, what)
		}
	}
}

// host is a running till ssh.
type host struct {
	*testing.T
	cmd         *exec.Cmd
	port        string
	fingerprint string      // of the host key, as it was told
	told, said  *transcript // standard output and error
	over        chan struct{}
}

// in is the server as a part of a test sees it.
func (h host) in(t *testing.T) *host {
	h.T = t
	return &h
}

// sshCommand is a till ssh on a machine on which till never ran.
func sshCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := home(t, append([]string{"ssh"}, args...)...)
	dir := homeOf(cmd)
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "XDG_DATA_HOME="+filepath.Join(dir, "data"), "TMPDIR="+temporary)
	return cmd
}

func homeOf(cmd *exec.Cmd) string { return strings.TrimPrefix(cmd.Env[0], "HOME=") }

// serveSSH starts a till ssh on a free port, without a tour, and wants it to leave
// nothing but its host key behind.
func serveSSH(t *testing.T, args ...string) *host {
	t.Helper()
	cmd := sshCommand(t, append([]string{"--addr", "127.0.0.1:0", "--tour=false", "--new-per-second", "10000", "--sessions-per-address", "100"}, args...)...)
	t.Cleanup(func() {
		for _, path := range filesUnder(t, homeOf(cmd)) {
			if !strings.HasPrefix(path, hostKey) {
				t.Errorf("the server wrote %s", path)
			}
		}
	})
	return startSSH(t, cmd)
}

// hostKey is where the host key is kept beneath HOME.
const hostKey = "data/till/ssh_host_ed25519_key"

var (
	whereToCome = regexp.MustCompile(`ssh -p (\d+) (?:\S+@)?([^\s@]+)`)
	fingerprint = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)
)

func startSSH(t *testing.T, cmd *exec.Cmd) *host {
	t.Helper()
	h := &host{T: t, cmd: cmd, told: newTranscript(), said: newTranscript(), over: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = h.told, h.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(h.over)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-h.over
	})
	err := h.told.until(h.over, func(text string) bool {
		at, key := whereToCome.FindStringSubmatch(text), fingerprint.FindString(text)
		if at == nil || key == "" || !strings.HasSuffix(text, "\n") {
			return false
		}
		h.port, h.fingerprint = at[1], key
		return true
	})
	if err != nil {
		t.Fatalf("where it listens and its host key were not told: %v\nstdout: %s\nstderr: %s", err, h.told, h.said)
	}
	return h
}

func (h *host) address() string { return net.JoinHostPort("127.0.0.1", h.port) }

func (h *host) signals(signal syscall.Signal) {
	h.Helper()
	if err := h.cmd.Process.Signal(signal); err != nil {
		h.Fatal(err)
	}
}

// ends waits until the server is gone, and returns its exit code.
func (h *host) ends() int {
	h.Helper()
	select {
	case <-h.over:
	case <-time.After(patience):
		h.Fatalf("the server is still there; it said\n%s", h.said)
	}
	return h.cmd.ProcessState.ExitCode()
}

// record is a line of the log.
type record map[string]any

// text is a field of a record, empty for none.
func (r record) text(name string) string {
	text, _ := r[name].(string)
	return text
}

// key is the fingerprint of the key that the guest has proved to have.
func (r record) key() string { return r.text("key") }

// of returns the records that tell of a guest who calls himself user.
func (h *host) of(user string) []record {
	h.Helper()
	var found []record
	lines := bufio.NewScanner(strings.NewReader(h.said.String()))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			h.Fatalf("%v: %q is no JSON", err, lines.Text())
		}
		if r["user"] == user {
			found = append(found, r)
		}
	}
	return found
}

// ended waits until the log tells that a guest has left, and returns what it tells of him.
func (h *host) ended(user string) (begin, end record) {
	h.Helper()
	var all []record
	// A line that is written in part is no JSON yet.
	whole := func(text string) bool { return text == "" || strings.HasSuffix(text, "\n") }
	err := h.said.until(h.over, func(text string) bool {
		if !whole(text) {
			return false
		}
		all = h.of(user)
		return len(all) > 1
	})
	if err != nil || len(all) != 2 {
		h.Fatalf("%d records of %s, want one at the begin and one at the end: %v\n%s", len(all), user, err, h.said)
	}
	return all[0], all[1]
}

// filesUnder are the files beneath a folder, by their paths from there.
func filesUnder(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
