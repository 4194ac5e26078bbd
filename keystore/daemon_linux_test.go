package keystore

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// These tests run against a real bus and a real keyring daemon. The parent
// starts both and then this test binary again with the bus's address in its
// environment, because the keyring library takes the address from there and
// keeps one connection a process.

const (
	scenarioEnv = "TILL_KEYSTORE_SCENARIO"
	busPidEnv   = "TILL_KEYSTORE_BUS_PID"
	daemonEnv   = "TILL_KEYSTORE_DAEMON_PID"
	runEnv      = "XDG_RUNTIME_DIR"

	password = "correct horse battery staple"
)

// session is a bus of its own with, perhaps, a keyring daemon.
type session struct {
	t    *testing.T
	home string
	env  []string
}

func newSession(t *testing.T) *session {
	t.Helper()
	home := t.TempDir()
	run := filepath.Join(home, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	return &session{t: t, home: home, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, runEnv + "=" + run,
		"XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"TMPDIR=" + os.TempDir(), "LC_ALL=C", "GORACE=atexit_sleep_ms=0",
	}}
}

// need finds a program, or skips the test; where it must run, it fails.
func need(t *testing.T, program, debian string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install the Debian package %s", program, debian)
	}
	t.Skipf("%s is missing: install the Debian package %s", program, debian)
	return ""
}

// start runs a program until the test ends, and returns its process.
func (s *session) start(stdin string, out io.Writer, program string, args ...string) *os.Process {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program, args...)
	cmd.Env, cmd.Stdout, cmd.Stdin = s.env, out, strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process
}

// bus starts a bus that starts no service by itself.
func (s *session) bus() {
	s.t.Helper()
	program := need(s.t, "dbus-daemon", "dbus-daemon")
	config := filepath.Join(s.home, "bus.conf")
	text := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=` + filepath.Join(s.home, "bus") + `</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p := s.start("", w, program, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	_ = w.Close()
	address, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		s.t.Fatalf("the bus printed no address: %v", err)
	}
	s.env = append(s.env, "DBUS_SESSION_BUS_ADDRESS="+strings.TrimSpace(address), busPidEnv+"="+strconv.Itoa(p.Pid))
}

// daemon starts the keyring daemon; with a password its keyring is made, or
// unlocked.
func (s *session) daemon(password string) *os.Process {
	s.t.Helper()
	program := need(s.t, "gnome-keyring-daemon", "gnome-keyring")
	args := []string{"--foreground", "--components=secrets"}
	if password != "" {
		args = append(args, "--unlock")
	}
	p := s.start(password, io.Discard, program, args...)
	s.env = append(s.env, daemonEnv+"="+strconv.Itoa(p.Pid))
	return p
}

// child runs one scenario in a process of its own.
func (s *session) child(name string, env ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), os.Args[0], "-test.run=^TestScenario$", "-test.v", "-test.timeout=60s")
	cmd.Env = slices.Concat(s.env, env, []string{scenarioEnv + "=" + name})
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), doneMark(name)) {
		s.t.Errorf("scenario %s: %v\n%s", name, err, out)
	}
}

func doneMark(name string) string { return fmt.Sprintf("<<%s done>>", name) }

// TestScenario is the child's side: it runs the scenario it was started for.
func TestScenario(t *testing.T) {
	name := os.Getenv(scenarioEnv)
	if name == "" {
		return // this is the parent; its tests start the child with a name
	}
	scenario := scenarios[name]
	if scenario == nil {
		scenario = processScenarios[name]
	}
	if scenario == nil {
		t.Fatalf("no scenario %q", name)
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" { // or the library would start a bus
		t.Cleanup(closeBus)
	}
	scenario(t)
	if !t.Failed() {
		fmt.Println(doneMark(name))
	}
}

// closeBus closes the connection that go-keyring keeps for as long as a program runs.
func closeBus() {
	if conn, err := dbus.SessionBus(); err == nil {
		_ = conn.Close()
	}
}

func TestNoBus(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.env = append(s.env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(s.home, "nothing"))
	s.child("no bus")
}

// Without an address the D-Bus library would start a bus by itself.
func TestNoBusIsStarted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			t.Skip("this user has a session bus, which would be found without an address")
		}
	}
	s := newSession(t)
	script := "#!/bin/sh\ntouch " + filepath.Join(s.home, "launched") + "\n"
	if err := os.WriteFile(filepath.Join(s.home, "dbus-launch"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	s.env = append(s.env, "PATH="+s.home+":"+os.Getenv("PATH"))
	s.child("no bus")
	if _, err := os.Stat(filepath.Join(s.home, "launched")); err == nil {
		t.Error("a bus was started")
	}
}

func TestNoDaemon(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.bus()
	s.child("no daemon")
}

func TestNoCollection(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.bus()
	s.daemon("")
	s.child("no collection")
}

func TestUnlocked(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.bus()
	s.daemon(password)
	s.child("unlocked")
}

func TestMirrorKeyInADaemon(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.bus()
	s.daemon(password)
	s.child("mirror key")
}

func TestHungDaemon(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	s.bus()
	s.daemon(password)
	s.child("hung")
}

// lockedSession has a keyring that an earlier daemon made and saved a profile
// in, and a new daemon that nobody gave the password.
func lockedSession(t *testing.T) *session {
	t.Helper()
	s := newSession(t)
	s.bus()
	first := s.daemon(password)
	s.child("save one")
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = first.Wait()
	s.child("daemon is gone")
	s.daemon("")
	return s
}

func TestLockedUnanswered(t *testing.T) {
	t.Parallel()
	lockedSession(t).child("locked, prompt unanswered")
}

func TestLockedDismissed(t *testing.T) {
	t.Parallel()
	s := lockedSession(t)
	s.env = append(s.env, "DISPLAY=:0")
	s.child("locked, prompt dismissed")
}

func TestLockedWithoutDisplay(t *testing.T) {
	t.Parallel()
	lockedSession(t).child("locked, no display")
}

func TestBusDiesDuringPrompt(t *testing.T) {
	t.Parallel()
	lockedSession(t).child("bus dies during prompt")
}
