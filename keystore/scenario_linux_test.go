package keystore

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const prompterName = "org.gnome.keyring.SystemPrompter"

var scenarios = map[string]func(*testing.T){
	"no bus":                    func(t *testing.T) { failsWith(t, NoBus) },
	"no daemon":                 func(t *testing.T) { failsWith(t, NoDaemon) },
	"no collection":             noCollection,
	"unlocked":                  unlocked,
	"mirror key":                mirrorKey,
	"hung":                      hung,
	"save one":                  saveOne,
	"daemon is gone":            daemonIsGone,
	"locked, prompt unanswered": lockedUnanswered,
	"locked, prompt dismissed":  lockedDismissed,
	"locked, no display":        lockedNoDisplay,
	"bus dies during prompt":    busDies,
}

func configDir() string { return filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "till") }

// connect gives a connection of the test's own to the session's bus.
func connect(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// owned waits until a keyring service is on the bus, or is not.
func owned(t *testing.T, conn *dbus.Conn, want bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		var has bool
		if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, secretsName).Store(&has); err != nil {
			t.Fatal(err)
		}
		if has == want {
			return
		}
	}
	t.Fatalf("%s: owned is not %v", secretsName, want)
}

// lockedProperty asks the daemon itself, not through the code under test.
func lockedProperty(t *testing.T, conn *dbus.Conn) bool {
	t.Helper()
	v, err := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets/aliases/default").
		GetProperty("org.freedesktop.Secret.Collection.Locked")
	if err != nil {
		t.Fatal(err)
	}
	return v.Value().(bool)
}

// failsWith saves, reads and deletes, and wants the same failure each time and
// an index without the new profile.
func failsWith(t *testing.T, want Reason) {
	t.Helper()
	const secret = "swordfish-0001"
	s, err := Open(WithTimeout(5 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if found := diagnose(t.Context()); found != want && want != Denied {
		t.Errorf("the system is found to have %q, want %q", found, want)
	}
	before := len(s.Profiles())
	wantReason(t, s.Save(t.Context(), sample("new"), secret), want, secret)
	_, _, err = s.Secret(t.Context(), "new")
	wantReason(t, err, want, secret)
	_, err = s.MirrorKey(t.Context(), "new")
	wantKeyFailure(t, err, want, secret)
	again, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(again.Profiles()); n != before {
		t.Errorf("the index lists %d profiles after the failure, %d before", n, before)
	}
}

func noCollection(t *testing.T) {
	owned(t, connect(t), true)
	failsWith(t, NoCollection)
}

func saveOne(t *testing.T) {
	owned(t, connect(t), true)
	s, err := Open(WithTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), sample("one"), "swordfish-one"); err != nil {
		t.Fatal(err)
	}
}

func daemonIsGone(t *testing.T) { owned(t, connect(t), false) }

func unlocked(t *testing.T) {
	saveOne(t)
	ctx := t.Context()
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	wantSecret(t, s, "one", "swordfish-one", FromKeyring)
	if found := diagnose(ctx); found != well {
		t.Errorf("a keyring that works is found to have %q", found)
	}
	const odd = "pä'ss \"w\\ord\t$HOME %s\n"
	if err := s.Save(ctx, sample("one"), odd); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, s, "one", odd, FromKeyring)
	raw, err := os.ReadFile(s.Path())
	if err != nil || strings.Contains(string(raw), "swordfish") {
		t.Errorf("index %s, %v", raw, err)
	}

	// An index that cannot be written puts the keyring back.
	blockIndex(t, s)
	if err := s.Save(ctx, sample("one"), "swordfish-two"); err == nil || ReasonOf(err) != "" {
		t.Errorf("want a failure of the index, got %v", err)
	}
	if err := s.Save(ctx, sample("two"), "swordfish-two"); err == nil {
		t.Error("want a failure of the index")
	}
	wantSecret(t, s, "one", odd, FromKeyring)
	_, _, err = s.Secret(ctx, "two")
	wantReason(t, err, NotFound, "swordfish-two")
	unblockIndex(t, s)

	if err := s.Delete(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Secret(ctx, "one")
	wantReason(t, err, NotFound, odd)
	if p := s.Profiles(); len(p) != 0 {
		t.Errorf("still listed: %v", p)
	}
}

// mirrorKey is a key's way: made, read by another store, and forgotten.
func mirrorKey(t *testing.T) {
	saveOne(t)
	ctx := t.Context()
	first, err := Open(WithTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(WithTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	key := mustKey(t, first, "one")
	if again := mustKey(t, second, "one"); !bytes.Equal(again, key) {
		t.Error("the second store is given another key")
	}
	if other := mustKey(t, second, environmentName); bytes.Equal(other, key) {
		t.Error("two profiles have the same key")
	}
	wantSecret(t, second, "one", "swordfish-one", FromKeyring)
	for range 2 {
		if err := first.ForgetMirrorKey(ctx, "one"); err != nil {
			t.Fatal(err)
		}
	}
	wantSecret(t, second, "one", "swordfish-one", FromKeyring)
	key2 := mustKey(t, second, "one")
	if bytes.Equal(key2, key) {
		t.Error("the forgotten key is back")
	}
	if err := second.Delete(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	if again := mustKey(t, first, "one"); bytes.Equal(again, key2) {
		t.Error("the key outlived its profile")
	}
	wantNoFileOf(t, configDir(), hex.EncodeToString(key))
}

// hung stops the daemon's process: the bus knows it, and it answers nothing.
func hung(t *testing.T) {
	saveOne(t)
	s, err := Open(WithTimeout(300 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	wantSecret(t, s, "one", "swordfish-one", FromKeyring)
	kill(t, daemonEnv, syscall.SIGSTOP)
	_, _, err = s.Secret(t.Context(), "one")
	wantReason(t, err, Timeout, "swordfish-one")
	kill(t, daemonEnv, syscall.SIGCONT)
	s.timeout = 20 * time.Second
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if _, _, err = s.Secret(t.Context(), "one"); err == nil {
			return
		}
	}
	t.Errorf("not well again after the daemon woke: %v", err)
}

func kill(t *testing.T, pidEnv string, sig syscall.Signal) {
	t.Helper()
	pid, err := strconv.Atoi(os.Getenv(pidEnv))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}

// prompter stands in for the window that asks for the password. It is told of
// each prompt; begin's answer goes back to the daemon.
type prompter struct {
	asked chan struct{}
	begin func() *dbus.Error
}

func (p prompter) BeginPrompting(dbus.ObjectPath) *dbus.Error {
	p.asked <- struct{}{}
	return p.begin()
}

// installPrompter checks that the keyring is locked, and then takes the
// prompter's place on the bus.
func installPrompter(t *testing.T, begin func() *dbus.Error) (asked chan struct{}) {
	t.Helper()
	conn := connect(t)
	p := prompter{asked: make(chan struct{}, 16), begin: begin}
	if err := conn.Export(p, "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter"); err != nil {
		t.Fatal(err)
	}
	reply, err := conn.RequestName(prompterName, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("own %s: %v %v", prompterName, reply, err)
	}
	owned(t, conn, true)
	if !lockedProperty(t, conn) {
		t.Fatal("the collection is not locked: the test would prove nothing")
	}
	return p.asked
}

// lockedUnanswered has a prompt that nobody answers: the library's call hangs.
func lockedUnanswered(t *testing.T) {
	asked := installPrompter(t, func() *dbus.Error { return nil })
	conn := connect(t)
	s, err := Open(WithTimeout(500 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	wantReason(t, s.Save(t.Context(), sample("new"), "swordfish-new"), Locked, "swordfish-new")
	if d := time.Since(start); d < 500*time.Millisecond {
		t.Errorf("gave up after %v: the user had no time to answer", d)
	}
	select {
	case <-asked:
	default:
		t.Error("the daemon asked nobody for the password")
	}
	s.timeout = time.Hour
	_, _, err = s.Secret(t.Context(), "one")
	wantReason(t, err, Locked, "swordfish-one")
	if p := s.Profiles(); len(p) != 1 || p[0].Name != "one" {
		t.Errorf("profiles after the failure: %v", p)
	}
	if len(asked) != 0 {
		t.Error("a second prompt was opened while the first hangs")
	}

	// Unlocked by other means, while the first prompt is still open.
	unlock(t, conn)
	wantSecret(t, s, "one", "swordfish-one", FromKeyring)
	if err := s.Save(t.Context(), sample("new"), "swordfish-new"); err != nil {
		t.Error(err)
	}
	wantSecret(t, s, "new", "swordfish-new", FromKeyring)
}

// unlock gives the daemon the password as another program would, past the
// prompt that is still open.
func unlock(t *testing.T, conn *dbus.Conn) {
	t.Helper()
	service := conn.Object(secretsName, secretsPath)
	var output dbus.Variant
	var session dbus.ObjectPath
	err := service.Call(serviceInterface+".OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session)
	if err != nil {
		t.Fatal(err)
	}
	master := struct {
		Session       dbus.ObjectPath
		Params, Value []byte
		ContentType   string
	}{session, []byte{}, []byte(password), "text/plain"}
	err = service.Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword", 0,
		loginPath, master).Err
	if err != nil {
		t.Fatal(err)
	}
	if lockedProperty(t, conn) {
		t.Fatal("the collection is still locked")
	}
}

func lockedDismissed(t *testing.T) {
	installPrompter(t, func() *dbus.Error {
		return dbus.NewError("org.gnome.keyring.Prompter.Failed", []any{"dismissed"})
	})
	failsWith(t, Denied)
}

func lockedNoDisplay(t *testing.T) {
	conn := connect(t)
	owned(t, conn, true)
	if !lockedProperty(t, conn) {
		t.Fatal("the collection is not locked: the test would prove nothing")
	}
	failsWith(t, Locked)
}

// busDies kills the bus while a prompt is open: the library then panics in its
// goroutine, which must not end the program.
func busDies(t *testing.T) {
	asked := installPrompter(t, func() *dbus.Error { return nil })
	s, err := Open(WithTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, _, err := s.Secret(context.Background(), "one")
		failed <- err
	}()
	<-asked
	kill(t, busPidEnv, syscall.SIGKILL)
	err = <-failed
	wantReason(t, err, NoBus, "swordfish-one")
}
