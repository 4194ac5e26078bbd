package keystore

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const writerEnv = "TILL_KEYSTORE_WRITER"

// These scenarios need no daemon: each process has a keyring in memory and
// shares the index with the others.
var processScenarios = map[string]func(*testing.T){
	"writer":       writer,
	"endless":      endless,
	"full":         fullDisk,
	"lock holders": lockHolder,
}

func writer(t *testing.T) {
	s := openFake(t, configDir(), newFake())
	for i := range 10 {
		mustSave(t, s, sample(fmt.Sprintf("w%s-%d", os.Getenv(writerEnv), i)), "secret")
	}
}

// endless writes until it is killed.
func endless(t *testing.T) {
	s := openFake(t, configDir(), newFake())
	for i := 0; ; i++ {
		mustSave(t, s, sample(fmt.Sprintf("e%d", i%50)), "secret")
	}
}

// fullDisk lets a file grow to a few bytes only, which fails in the middle of
// the write as a full disk does.
func fullDisk(t *testing.T) {
	v := newFake()
	s := openFake(t, configDir(), v)
	mustSave(t, s, sample("a"), "secret-a")
	good, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16, Max: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	err = s.Save(t.Context(), sample("b"), "secret-b")
	if err == nil || !strings.Contains(err.Error(), syscall.EFBIG.Error()) {
		t.Errorf("want %v, got %v", syscall.EFBIG, err)
	}
	if raw, err := os.ReadFile(s.Path()); err != nil || string(raw) != string(good) {
		t.Errorf("the index was changed to %q, %v", raw, err)
	}
	if _, err := os.Stat(s.Path() + ".tmp"); !os.IsNotExist(err) {
		t.Errorf("the temporary file stays: %v", err)
	}
	if _, ok := v.held()["b"]; ok {
		t.Error("the secret stays in the keyring")
	}
}

// lockHolder holds the lock of the index until its input ends.
func lockHolder(t *testing.T) {
	s := openFake(t, configDir(), newFake())
	release, err := s.lock(t.Context(), indexLock)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	fmt.Println("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func (s *session) config() string { return filepath.Join(s.home, "config", "till") }

func TestManyProcesses(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { s.child("writer", fmt.Sprintf("%s=%d", writerEnv, i)) })
	}
	wg.Wait()
	if got := len(openFake(t, s.config(), newFake()).Profiles()); got != 40 {
		t.Errorf("%d profiles are left of 40", got)
	}
}

func TestKilledWriter(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	for range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestScenario$")
		cmd.Env = slices.Concat(s.env, []string{scenarioEnv + "=endless"})
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := written(s)
		for end := time.Now().Add(20 * time.Second); written(s) == before; {
			if time.Now().After(end) {
				t.Fatal("the child wrote nothing")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		mustSave(t, openFake(t, s.config(), newFake()), sample("after"), "secret")
	}
}

// written tells one state of the index file from the next.
func written(s *session) string {
	info, err := os.Stat(filepath.Join(s.config(), indexName))
	if err != nil {
		return ""
	}
	return info.ModTime().String()
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	newSession(t).child("full")
}

// A process that holds the lock delays the others for a while, not for ever.
func TestLockIsNotWaitedOnForEver(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestScenario$")
	cmd.Env = slices.Concat(s.env, []string{scenarioEnv + "=lock holders"})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	v := newFake()
	mine := openFake(t, s.config(), v, WithTimeout(50*time.Millisecond))
	err = mine.Save(t.Context(), sample("a"), hush)
	if err == nil || !strings.Contains(err.Error(), indexLock) {
		t.Errorf("want an error that names the lock, got %v", err)
	}
	if len(v.held()) != 0 {
		t.Errorf("the keyring was not put back: %v", v.held())
	}
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	mustSave(t, mine, sample("a"), hush)
}
