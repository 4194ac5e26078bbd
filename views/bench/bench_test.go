// Package bench measures till as a person meets it, in a pseudo terminal of
// 80×24, beside floors and peers in the same run. Machines differ; the ratios
// hold. It fails nothing: see `make bench`.
package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"till/ui/uitest/ptytest"
)

const (
	starts   = 25
	presses  = 250
	patience = 30 * time.Second
	// think is longer than a frame, and not a multiple of one.
	think = 27 * time.Millisecond
)

var programs = map[string]string{
	"till": "till", "floor": "till/views/bench/floor", "list": "till/views/bench/list", "fleet": "till/views/bench/fleet",
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "till-bench")
	if err != nil {
		panic(err)
	}
	for name, path := range programs {
		programs[name] = filepath.Join(dir, name)
		if out, err := exec.Command("go", "build", "-o", programs[name], path).CombinedOutput(); err != nil {
			panic(string(out))
		}
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// subject is a program and how to see that its first frame is whole.
type subject struct {
	name  string
	args  []string
	shows []string
}

func (s subject) start(b *testing.B) (*ptytest.Terminal, time.Duration) {
	b.Helper()
	cmd := exec.Command(s.args[0], s.args[1:]...)
	began := time.Now()
	t, err := ptytest.Start(cmd, 80, 24)
	if err != nil {
		b.Fatal(err)
	}
	at, err := t.Until(patience, func(screen string) bool {
		for _, text := range s.shows {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		b.Fatalf("%s: %v", s.name, err)
	}
	return t, at.Sub(began)
}

func BenchmarkStart(b *testing.B) {
	subjects := []subject{
		{"Bubble Tea, one line, 120 fps", []string{programs["floor"]}, []string{"floor: 0 keys"}},
		{"Bubble Tea, one line, 60 fps", []string{programs["floor"], "-fps", "60"}, []string{"floor: 0 keys"}},
		{"till --sandbox, links on screen", []string{programs["till"], "--sandbox"}, []string{"12 links", "● 5 connected", "✕ 4 error", "? help"}},
	}
	if tig, err := exec.LookPath("tig"); err == nil {
		subjects = append(subjects, subject{"tig, in this repository", []string{tig}, []string{"[main]"}})
	}
	for b.Loop() {
		took := make([][]time.Duration, len(subjects))
		for range starts {
			for i, s := range subjects {
				t, d := s.start(b)
				took[i] = append(took[i], d)
				t.Kill()
			}
		}
		floor := percentile(took[0], 50)
		fmt.Printf("\nStart to the first full frame, 80×24, median of %d\n", starts)
		fmt.Printf("  %-34s %9s %9s %9s\n", "", "p50", "p90", "× floor")
		for i, s := range subjects {
			p50 := percentile(took[i], 50)
			fmt.Printf("  %-34s %9s %9s %9.2f\n", s.name, ms(p50), ms(percentile(took[i], 90)), float64(p50)/float64(floor))
		}
	}
}

func BenchmarkKeyToFrame(b *testing.B) {
	subjects := []subject{
		{"Bubble Tea, one line, 120 fps", []string{programs["floor"]}, []string{"floor: 0 keys"}},
		{"till, 1,000 links", []string{programs["list"], "-rows", "1000"}, []string{"1,000 links", "● connected"}},
		{"till, 100,000 links", []string{programs["list"], "-rows", "100000"}, []string{"100,000 links", "● connected"}},
		{"till, 1,000,000 links", []string{programs["list"], "-rows", "1000000"}, []string{"1,000,000 links", "● connected"}},
		{"till --sandbox", []string{programs["till"], "--sandbox"}, []string{"● 5 connected", "? help"}},
		{"Bubble Tea, one line, 60 fps", []string{programs["floor"], "-fps", "60"}, []string{"floor: 0 keys"}},
		{"till, 1,000,000 links, 60 fps", []string{programs["list"], "-rows", "1000000", "-fps", "60"}, []string{"1,000,000 links", "● connected"}},
	}
	for b.Loop() {
		fmt.Printf("\nKey to frame, cursor down, 80×24, %d presses\n", presses)
		fmt.Printf("  %-34s %9s %9s %9s %9s %9s\n", "", "p50", "p99", "bytes", "idle B/s", "memory")
		for _, s := range subjects {
			t, _ := s.start(b)
			settle(t)
			took, size := press(b, t)
			fmt.Printf("  %-34s %9s %9s %9d %9d %6d MB\n", s.name,
				ms(percentile(took, 50)), ms(percentile(took, 99)), size, idle(t), t.Memory()>>20)
			t.Kill()
		}
	}
}

// press walks down and up again and returns how long each frame took, and how
// many bytes the middle one had.
func press(b *testing.B, t *ptytest.Terminal) (took []time.Duration, size int) {
	b.Helper()
	var sizes []int
	for i := range presses {
		before, _ := t.Bytes()
		began := time.Now()
		key := "j"
		if i/8%2 == 1 {
			key = "k"
		}
		if err := t.Type(key); err != nil {
			b.Fatal(err)
		}
		at, err := t.Until(patience, func(string) bool {
			now, _ := t.Bytes()
			return now > before
		})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, at.Sub(began))
		time.Sleep(think + time.Duration(i%7)*time.Millisecond)
		after, _ := t.Bytes()
		sizes = append(sizes, after-before)
	}
	slices.Sort(sizes)
	return took, sizes[len(sizes)/2]
}

// settle waits until nothing arrives any more.
func settle(t *ptytest.Terminal) {
	for {
		before, _ := t.Bytes()
		time.Sleep(300 * time.Millisecond)
		if after, _ := t.Bytes(); after == before {
			return
		}
	}
}

// idle returns the bytes that arrive in a second without a key.
func idle(t *ptytest.Terminal) int {
	settle(t)
	before, _ := t.Bytes()
	time.Sleep(time.Second)
	after, _ := t.Bytes()
	return after - before
}

func percentile(d []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
