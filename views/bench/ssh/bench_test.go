// Package main's benchmark measures what a guest of till ssh costs the server, beside
// a bare Bubble Tea program behind wish in the same run. Machines differ; the ratios
// hold. It fails nothing: see `make bench`.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	patience = 30 * time.Second
	rest     = 250 * time.Millisecond
	// warm is longer than till's start, in which it collects less garbage.
	warm     = 6 * time.Second
	watched  = 4 * time.Second // for the processors' time while keys are pressed
	crowd    = 64              // of which a session's memory is the mean
	full     = 200             // sessions of which the processors' time is told
	idles    = 15              // seconds that a guest only looks
	together = 8               // come at once
	presses  = 5
	perGuest = 10 // keys that make the memory that of a session in use
)

var programs = map[string]string{"till": "till", "bare": "till/views/bench/ssh"}

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

func subjects() []subject {
	lines := []string{" line 1 of", " line 12 of"}
	return []subject{
		{"bare, 30 fps", []string{programs["bare"], "--fps", "30"}, lines},
		{"bare, 60 fps", []string{programs["bare"], "--fps", "60"}, lines},
		{"till ssh", []string{
			programs["till"], "ssh", "--sessions", "1000", "--sessions-per-address", "1000", "--new-per-second", "100000", "--seed", "7", "--tour=false",
		}, []string{"12 links", "● 5 connected", "✕ 4 error", "? help"}},
	}
}

func BenchmarkSSH(b *testing.B) {
	for b.Loop() {
		sizes := [][2]int{{80, 24}, {200, 60}}
		servers := make([][]*server, len(sizes))
		for i := range sizes {
			for _, s := range subjects() {
				servers[i] = append(servers[i], start(b, s))
			}
		}
		time.Sleep(warm)
		for i, size := range sizes {
			measure(b, servers[i], size[0], size[1])
		}
		leaks(b)
	}
}

// visits are the sessions at a server, and what they cost.
type visits struct {
	*server
	guests            []*guest
	first, listed     []time.Duration
	before, memory    int   // in bytes
	key               int   // bytes of output
	idle              []int // in each of some seconds
	resting, pressing float64
}

// measure prints what a session of w by h cells costs. The servers take turns, so that
// what else goes on meets all of them.
func measure(b *testing.B, servers []*server, w, h int) {
	var all []*visits
	for _, v := range servers {
		leave(come(b, v, together, w, h))
		all = append(all, &visits{server: v, before: v.memory()})
	}
	for range crowd / together {
		for _, v := range all {
			guests := come(b, v.server, together, w, h)
			for _, g := range guests {
				v.first, v.listed = append(v.first, g.first), append(v.listed, g.listed)
			}
			v.guests = append(v.guests, guests...)
		}
	}
	for range perGuest {
		for _, v := range all {
			for _, g := range v.guests {
				g.move()
			}
		}
		time.Sleep(rest / 4)
	}
	for _, v := range all {
		v.memory = (v.server.memory() - v.before) / len(v.guests)
		v.key = press(v.guests[0])
	}
	for _, v := range all {
		v.guests = append(v.guests, come(b, v.server, full-len(v.guests), w, h)...)
	}
	for _, v := range all {
		v.guests[len(v.guests)-1].settle()
	}
	busy(all, func() { look(all) }, func(v *visits, cores float64) { v.resting = cores })
	stop := make(chan struct{})
	for _, v := range all {
		go type_(v.guests, stop)
	}
	busy(all, func() { time.Sleep(watched) }, func(v *visits, cores float64) { v.pressing = cores })
	close(stop)
	fmt.Printf("\nA session over SSH, %d×%d, %d come at a time\n", w, h, together)
	fmt.Printf("  %-14s %9s %9s %9s %9s %9s %6s %6s %6s %7s %9s %9s\n", "", "memory", "byte p50", "list p50", "p90", "p99", "frame", "key", "idle", fmt.Sprintf("in %d s", idles), "200 idle", "200 press")
	for _, v := range all {
		fmt.Printf("  %-14s %6.2f MB %9s %9s %9s %9s %6d %6d %6d %7d %9.2f %9.2f\n", v.name, float64(v.memory)/(1<<20),
			ms(percentile(v.first, 50)), ms(percentile(v.listed, 50)), ms(percentile(v.listed, 90)), ms(percentile(v.listed, 99)),
			v.guests[0].frame, v.key, middle(v.idle), sum(v.idle), v.resting, v.pressing)
		leave(v.guests)
		v.stop()
	}
}

// busy tells how many processors each server keeps busy during something.
func busy(all []*visits, during func(), tell func(v *visits, cores float64)) {
	before := make([]time.Duration, len(all))
	for i, v := range all {
		before[i] = v.busy()
	}
	began := time.Now()
	during()
	for i, v := range all {
		tell(v, float64(v.busy()-before[i])/float64(time.Since(began)))
	}
}

// leaks prints what sessions leave behind.
func leaks(b *testing.B) {
	fmt.Printf("\nWhat sessions leave behind, 80×24\n")
	fmt.Printf("  %-14s %21s %21s %11s\n", "", "memory after 100", "after 400", "goroutines")
	for _, s := range subjects()[1:] {
		v := start(b, s)
		fmt.Printf("  %-14s", v.name)
		for _, n := range []int{100, 300} {
			for range n / (2 * together) {
				leave(come(b, v, 2*together, 80, 24))
			}
			leave(come(b, v, n%(2*together), 80, 24))
			time.Sleep(rest)
			fmt.Printf(" %8.1f MB, %3d files", float64(v.memory())/(1<<20), v.descriptors())
		}
		fmt.Printf(" %11d\n", v.stop())
	}
}

// come opens sessions, some at a time.
func come(b *testing.B, v *server, n, w, h int) []*guest {
	b.Helper()
	guests, failures := make([]*guest, n), make([]error, n)
	var wait sync.WaitGroup
	turns := make(chan struct{}, together)
	for i := range n {
		turns <- struct{}{}
		wait.Go(func() {
			guests[i], failures[i] = visit(v, w, h)
			<-turns
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			b.Fatal(err)
		}
	}
	return guests
}

func leave(guests []*guest) {
	for _, g := range guests {
		g.leave()
	}
}

// press returns how many bytes the middle key has as an answer.
func press(g *guest) int {
	var sizes []int
	for before := g.settle(); len(sizes) < presses; {
		g.move()
		for began := time.Now(); g.received() == before && time.Since(began) < time.Second; {
			time.Sleep(time.Millisecond)
		}
		after := g.settle()
		sizes = append(sizes, after-before)
		before = after
	}
	return middle(sizes)
}

// look counts what the first guest of each server is sent while nobody presses a key.
func look(all []*visits) {
	for range idles {
		before := make([]int, len(all))
		for i, v := range all {
			before[i] = v.guests[0].received()
		}
		time.Sleep(time.Second)
		for i, v := range all {
			v.idle = append(v.idle, v.guests[0].received()-before[i])
		}
	}
}

func middle(n []int) int { return slices.Sorted(slices.Values(n))[len(n)/2] }

func sum(n []int) (all int) {
	for _, i := range n {
		all += i
	}
	return all
}

// type_ presses two keys a second for each guest.
func type_(guests []*guest, stop <-chan struct{}) {
	every := time.NewTicker(time.Second / 2 / time.Duration(len(guests)))
	defer every.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-every.C:
			guests[i%len(guests)].move()
		}
	}
}

func percentile(d []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
