package mirror_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"till/moneykit/mirror"
)

func TestAFileInUseStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	one, other := open(t, path, key), open(t, path, key)
	if info, err := os.Stat(path + ".lock"); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, store := range []*mirror.Store{one, other} {
		if err := mirror.Forget(path); !errors.Is(err, mirror.ErrInUse) {
			t.Errorf("forgotten: %v", err)
		}
		if _, err := mirror.SetAside(path, noon); !errors.Is(err, mirror.ErrInUse) {
			t.Errorf("set aside: %v", err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := mirror.SetAside(path, noon); err != nil {
		t.Error(err)
	}
	if err := open(t, path, key).Close(); err != nil {
		t.Error(err)
	}
	if err := mirror.Forget(path); err != nil {
		t.Error(err)
	}
}

func TestAFileThatWasNotOpenedIsNotInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, key)
	if _, err := mirror.Open(path, []byte("another key, of the same length.")); !errors.Is(err, mirror.ErrDamaged) {
		t.Fatal(err)
	}
	if _, err := mirror.SetAside(path, noon); err != nil {
		t.Error(err)
	}
}

func TestForgetOfWhatNeverWas(t *testing.T) {
	if err := mirror.Forget(filepath.Join(t.TempDir(), "nowhere", "mirror.db")); err != nil {
		t.Error(err)
	}
}

// TestNobodyWritesToAForgottenFile opens and forgets a file side by side: who has it
// open has the one that the others see.
func TestNobodyWritesToAForgottenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if err := mirror.Forget(path); err != nil && !errors.Is(err, mirror.ErrInUse) {
					t.Error(err)
				}
				store, err := mirror.Open(path, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := os.Stat(path); err != nil {
					t.Error(err)
				}
				if err := mirror.Forget(path); !errors.Is(err, mirror.ErrInUse) {
					t.Errorf("forgotten while it is open: %v", err)
				}
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

const heldPath = "TILL_MIRROR_HELD"

// TestAKillLetsGo kills a process that has the file open.
func TestAKillLetsGo(t *testing.T) {
	if path := os.Getenv(heldPath); path != "" {
		if _, err := mirror.Open(path, nil); err != nil {
			tell("%v", err)
			os.Exit(1)
		}
		tell("open")
		select {}
	}
	path := filepath.Join(t.TempDir(), "mirror.db")
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKillLetsGo$")
	cmd.Env = append(os.Environ(), heldPath+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if inUse := mirror.Forget(path); line != "open\n" || !errors.Is(inUse, mirror.ErrInUse) {
		t.Errorf("%q, %v; forgotten: %v", line, err, inUse)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if err := mirror.Forget(path); err != nil {
		t.Error(err)
	}
}
