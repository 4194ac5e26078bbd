package e2e

import (
	"encoding/base64"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// need finds a program, or skips the test; where it must run, it fails.
func need(t *testing.T, program, debian string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is missing: install the Debian package %s", program, debian)
	}
	t.Skipf("%s is missing: install the Debian package %s", program, debian)
	return ""
}

// openSSH is Debian's client on the way to the server, which knows the host key
// already and asks nothing.
func (h *host) openSSH(user string, args ...string) *exec.Cmd {
	h.Helper()
	program := need(h.T, "ssh", "openssh-client")
	var known ssh.PublicKey
	config := h.config("scan")
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		known = key
		return nil
	}
	if client, err := ssh.Dial("tcp", h.address(), config); err == nil {
		_ = client.Close()
	}
	if known == nil || ssh.FingerprintSHA256(known) != h.fingerprint {
		h.Fatalf("the host key is not the one that was told, %s", h.fingerprint)
	}
	line := knownhosts.Line([]string{knownhosts.Normalize(h.address())}, known)
	cmd := exec.Command(program, append([]string{
		"-F", "none", "-o", "IdentityFile=none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes",
		"-o", "UserKnownHostsFile=" + written(h.T, "known_hosts", []byte(line+"\n")), "-o", "GlobalKnownHostsFile=none",
		"-p", h.port, "-l", user,
	}, append(args, "127.0.0.1")...)...)
	cmd.Env = []string{"HOME=" + h.TempDir(), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	return cmd
}

// sitsAt lets a guest come with OpenSSH's client.
func (h *host) sitsAt(user string, w, height int) person {
	h.Helper()
	return sit(h.T, h.openSSH(user), w, height)
}

// copied waits until a text has arrived at the guest's own clipboard.
func (p person) copied(text string) {
	p.t.Helper()
	sequence := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text))
	if _, err := p.Until(patience, func(string) bool { return strings.Contains(p.Output(), sequence) }); err != nil {
		p.t.Errorf("%q was not copied: %v", text, err)
	}
}

var linkID = regexp.MustCompile(`mk_[0-9A-Za-z]+`)

// fills reports whether a frame takes all of a window.
func fills(w, h int) func(string) bool {
	return func(screen string) bool {
		lines := strings.Split(strings.TrimRight(screen, "\n"), "\n")
		if len(lines) != h || !strings.HasPrefix(lines[0], "╭") || !strings.HasPrefix(lines[h-1], "╰") {
			return false
		}
		return !slices.ContainsFunc(lines, func(line string) bool {
			return len([]rune(strings.TrimRight(line, " "))) != w
		})
	}
}

// TestMainJobOverSSH does with Debian's ssh what TestMainJob does at the computer.
func TestMainJobOverSSH(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "7")
	p := h.sitsAt("operator", 100, 30)
	p.sees("12 links", "✕ 4 error", "Credentials Bank", "sandbox")
	p.types("jjj\r") // the link whose login the bank refuses
	p.sees("Credentials Bank", "✕ invalid credentials", "accounts")
	p.types("w")
	p.sees("▸ Why", "relink")
	p.types("\x1b")
	p.sees("1 Overview", "✕ invalid credentials")
	p.types("2")
	p.sees("Checking", "Credit Card", "3 accounts")
	p.types("3")
	p.sees("transactions · in", "net")
	p.types("1")
	p.sees("institution  moneykit-creds-bank")
	id := regexp.MustCompile(`link +(mk_[0-9A-Za-z]+)`).FindStringSubmatch(p.Screen())
	if id == nil {
		t.Fatalf("no link id on screen:\n%s", p.Screen())
	}
	p.types("y")
	p.sees("Link id copied")
	p.copied(id[1])

	p.types("R")
	p.sees("Relink Credentials Bank")
	p.types("\r")
	p.sees("Username at Credentials Bank", "user_good", "EVENTS")
	p.types("user_good\r")
	p.sees("pass_good")
	p.types("pass_good\r")
	p.sees("1 Overview", "● connected")

	p.types("\x1b")
	p.sees("12 links", "✕ 3 error")
	p.types("g\r")
	p.sees("1 Overview", "● connected")
	p.types("r")
	p.sees("Refresh Credentials Bank", "[x] transactions")
	p.types("\r")
	p.sees("in its transactions", "● connected", "0 in flight")
	p.types("d")
	p.sees("sync 2", "pending → posted")

	if err := p.Resize(132, 40); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Until(patience, fills(132, 40)); err != nil {
		t.Errorf("the frame does not fill a larger window: %v", err)
	}
	if err := p.Resize(80, 24); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Until(patience, fills(80, 24)); err != nil {
		t.Errorf("the frame does not fill a smaller window: %v", err)
	}
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ssh left with code %d", code)
	}
	p.gaveBack(p.Output())
	if screen := p.Screen(); strings.Contains(screen, "till ▸") {
		t.Errorf("the alternate screen is still there:\n%s", screen)
	}
}

// TestGuestsHaveNothingOfTheComputer looks for what would reach beyond a session.
func TestGuestsHaveNothingOfTheComputer(t *testing.T) {
	t.Parallel()
	h := serveSSH(t, "--seed", "7")
	v := h.visits("curious", 120, 60)
	v.sees("12 links", "? help")
	v.types("?")
	v.sees("Keys · Links", "filter")
	absent(t, v, "export", "profiles", "browser")
	v.types("\x1b")
	v.loses("Keys · Links")
	v.types("ep\r") // the first two are no keys at all
	v.sees("1 Overview")
	absent(t, v, "Export", "Profiles")
	v.types("R")
	v.sees("Relink Credentials Bank")
	absent(t, v, "browser")
	v.types("\x1b")
	v.loses("Relink Credentials Bank")
	v.quits()
}

func absent(t *testing.T, v *visitor, words ...string) {
	t.Helper()
	for _, word := range words {
		if screen := v.screen(); strings.Contains(strings.ToLower(screen), strings.ToLower(word)) {
			t.Errorf("%q is on a guest's screen:\n%s", word, screen)
		}
	}
}

// TestEachGuestHasAWorld compares what two guests see who come at the same time.
func TestEachGuestHasAWorld(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		same bool
	}{
		"of their own": {nil, false},
		"seeded":       {[]string{"--seed", "11"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := serveSSH(t, test.args...)
			one, other := h.visits("one", 100, 30), h.visits("other", 100, 30)
			var ids [2][]string
			for i, v := range []*visitor{one, other} {
				v.sees("12 links", "✕ 4 error")
				ids[i] = linkID.FindAllString(v.screen(), -1)
			}
			if len(ids[0]) != 12 || slices.Equal(ids[0], ids[1]) != test.same {
				t.Errorf("the same links: %t, want %t:\n%s\n%s", !test.same, test.same, one.screen(), other.screen())
			}
			one.types("x")
			one.sees("Reset Credentials Bank?")
			one.types("\x1b[D\r")
			one.sees("✕ 5 error")
			other.types("\r") // reads the link anew
			other.sees("1 Overview", "● connected", "read         just now")
			other.types("\x1b")
			other.sees("12 links", "✕ 4 error")
			one.quits()
			other.quits()
		})
	}
}
