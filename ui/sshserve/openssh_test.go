package sshserve_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/crypto/ssh"
)

// openSSH is a command of Debian's client.
func openSSH(t *testing.T, s *served, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("ssh is missing; install Debian's openssh-client")
		}
		t.Skip("ssh is missing; install Debian's openssh-client")
	}
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(t.TempDir(), "known_hosts")
	command := exec.CommandContext(t.Context(), path, append([]string{
		"-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + known, "-o", "LogLevel=ERROR", "-p", port, host,
	}, args...)...)
	command.Env = []string{"TERM=xterm-256color", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	return command
}

func TestOpenSSHShowsTheProgram(t *testing.T) {
	s := serve(t, config(t))
	command := openSSH(t, s)
	file, err := pty.StartWithSize(command, &pty.Winsize{Rows: 30, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	term := &terminal{t: t, added: make(chan struct{}, 1), keys: file}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = file.WriteTo(term)
	}()
	term.wait("size=100x30.")
	if err = pty.Setsize(file, &pty.Winsize{Rows: 20, Cols: 60}); err != nil {
		t.Fatal(err)
	}
	term.wait("60x20.")
	term.press("k")
	term.wait("k.")
	term.press("q")
	if err = command.Wait(); err != nil {
		t.Error(err)
	}
	<-read
}

func TestOpenSSHWithoutATerminal(t *testing.T) {
	s := serve(t, config(t))
	for _, args := range [][]string{{"-T"}, {"id"}, {"-s", "sftp"}} {
		command := openSSH(t, s, args...)
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, &out
		var exit *exec.ExitError
		if err := command.Run(); !errors.As(err, &exit) {
			t.Errorf("%v: %v", args, err)
			continue
		}
		if args[0] != "-s" && (exit.ExitCode() != 2 || out.String() != plain+"\n") {
			t.Errorf("%v: read %q, %v", args, &out, exit)
		}
		if args[0] == "-s" && strings.Contains(out.String(), "till:") {
			t.Errorf("%v: read %q", args, &out)
		}
	}
}

func TestOpenSSHIsKnownByTheKeyThatItProves(t *testing.T) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	theirs := newKey(t)
	s, _, guests := locked(t, line(mine)+line(theirs))
	folder := t.TempDir()
	write(filepath.Join(folder, "theirs.pub"), line(theirs), 0o600)
	write(filepath.Join(folder, "mine"), string(pem.EncodeToMemory(block)), 0o600)
	// Their key is offered first, and the server would take it.
	command := openSSH(t, s, "-tt", "-v", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=DEBUG1",
		"-i", filepath.Join(folder, "theirs"), "-i", filepath.Join(folder, "theirs.pub"), "-i", filepath.Join(folder, "mine"))
	var said bytes.Buffer
	command.Stderr = &said
	keys, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = command.Start(); err != nil {
		t.Fatal(err)
	}
	if guest := <-guests; guest.Key != ssh.FingerprintSHA256(mine.PublicKey()) {
		t.Errorf("guest %+v", guest)
	}
	_ = keys.Close()
	_ = command.Wait()
	if accepted := strings.Count(said.String(), "Server accepts key"); accepted != 2 {
		t.Errorf("%d keys were offered that the server would take:\n%s", accepted, &said)
	}
}
