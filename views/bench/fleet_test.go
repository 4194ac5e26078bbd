package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/ui/uitest/ptytest"
)

const (
	fleetLinks = 100_000
	// fleetPatience is enough to read them all.
	fleetPatience = 10 * time.Minute
	idleFor       = 10 * time.Second
)

// BenchmarkFleet measures till over a Sandbox of 100,000 links in a process of its
// own: its first starts, and one that finds a mirror.
func BenchmarkFleet(b *testing.B) {
	for b.Loop() {
		url := serveFleet(b)
		kept := b.TempDir()
		fmt.Printf("\ntill over %d links, 80×24, the Sandbox in another process\n", fleetLinks)
		fmt.Printf("  %-38s %12s %12s %12s %12s %9s %9s\n", "", "first frame", "first ids", "screenful", "all seen", "memory", "idle CPU")
		for _, run := range []struct {
			name    string
			poll    int
			mirrors string
			all     bool
		}{
			{"first start, 4 requests a second", 4, b.TempDir(), false},
			{"first start, as fast as it goes", 1_000_000, kept, true},
			{"with the mirror, 4 requests a second", 4, kept, false},
		} {
			f := openFleet(b, url, run.mirrors, run.poll)
			row := []string{
				f.until(func(screen string) bool { return strings.Contains(screen, "till") }),
				f.until(func(screen string) bool { return rows(screen) > 0 }),
				f.until(func(screen string) bool { return rows(screen) > 10 && !strings.Contains(screen, "reading") }),
				"-",
			}
			if run.all {
				row[3] = f.until(func(screen string) bool {
					return strings.Contains(screen, "links") && !strings.Contains(screen, " seen")
				})
			}
			settle(f.terminal)
			began := f.terminal.Busy()
			time.Sleep(idleFor)
			busy := 100 * float64(f.terminal.Busy()-began) / float64(idleFor)
			fmt.Printf("  %-38s %12s %12s %12s %12s %6d MB %8.1f%%\n", run.name, row[0], row[1], row[2], row[3], f.terminal.Memory()>>20, busy)
			f.terminal.Kill()
		}
	}
}

// linkRow is a row of the list of links.
var linkRow = regexp.MustCompile(`\bmk_`)

func rows(screen string) int { return len(linkRow.FindAllString(screen, -1)) }

// fleet is till over many links.
type fleet struct {
	b        *testing.B
	terminal *ptytest.Terminal
	began    time.Time
}

func openFleet(b *testing.B, url, mirrors string, poll int) *fleet {
	b.Helper()
	cmd := exec.Command(programs["fleet"], "-server", url, "-mirrors", mirrors, "-poll", strconv.Itoa(poll))
	began := time.Now()
	t, err := ptytest.Start(cmd, 80, 24)
	if err != nil {
		b.Fatal(err)
	}
	return &fleet{b, t, began}
}

// until tells how long after the start the screen shows something.
func (f *fleet) until(shows func(screen string) bool) string {
	f.b.Helper()
	at, err := f.terminal.Until(fleetPatience, shows)
	if err != nil {
		f.b.Fatal(err)
	}
	if took := at.Sub(f.began); took > 10*time.Second {
		return fmt.Sprintf("%.1f s", took.Seconds())
	}
	return ms(at.Sub(f.began))
}

// serveFleet serves a Sandbox of 100,000 links and returns its URL.
func serveFleet(b *testing.B) string {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, programs["till"], "sandbox", "serve", "--json", "--addr", "127.0.0.1:0",
		"--links", strconv.Itoa(fleetLinks), "--client", "bench:bench")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cancel(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		b.Fatal(err)
	}
	var served struct {
		URL string `json:"base_url"`
	}
	if err := json.Unmarshal(line, &served); err != nil {
		b.Fatal(err)
	}
	return served.URL
}
