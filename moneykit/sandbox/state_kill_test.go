package sandbox

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// stateVariable names the file that a process of this test saves to until it is
// killed.
const stateVariable = "TILL_TEST_SANDBOX_STATE"

// A process can be killed at any moment: the state it leaves can be opened.
func TestStateSurvivesKills(t *testing.T) {
	if path := os.Getenv(stateVariable); path != "" {
		saveForEver(t, path)
	}
	path := filepath.Join(t.TempDir(), "state")
	rng := rand.New(rand.NewPCG(1, 1))
	last := uint64(0)
	for range 32 {
		killSaving(t, path, 1+rng.IntN(6))
		box, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if box.Minted <= last {
			t.Fatalf("%d tokens were handed out, and %d before", box.Minted, last)
		}
		last = box.Minted
	}
}

// killSaving starts a process that saves, and kills it after so many times.
func killSaving(t *testing.T, path string, saves int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStateSurvivesKills$")
	cmd.Env = append(os.Environ(), stateVariable+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); saves > 0 && lines.Scan(); {
		saves--
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if saves > 0 {
		t.Fatal("the process ended by itself")
	}
}

func saveForEver(t *testing.T, path string) {
	box, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for {
		box.mu.Lock()
		box.mint("key_")
		box.mu.Unlock()
		if err := box.Save(path); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Println("saved"); err != nil {
			os.Exit(1) // nobody is there any more
		}
	}
}
