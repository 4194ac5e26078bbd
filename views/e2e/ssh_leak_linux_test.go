package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many guests come at the same time.
const atOnce = 32

// descriptors is how many files and connections the server has open.
func (h *host) descriptors() int {
	h.Helper()
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.cmd.Process.Pid))
	if err != nil {
		h.Fatal(err)
	}
	return len(open)
}

// live is what the server's heap holds when the garbage is gone, in kB. Connections
// without a session make it collect.
func (h *host) live() int {
	h.Helper()
	const collections, heap = "go_gc_duration_seconds_count", "go_memstats_heap_alloc_bytes"
	const round = 20
	began, least := h.metric(collections), h.metric(heap)
	eventually(h.T, "the server collects its garbage", func() bool {
		for range round {
			if client, err := h.dial("nobody"); err == nil {
				_ = client.Close()
			}
		}
		least = min(least, h.metric(heap))
		return h.metric(collections) >= began+2
	})
	return least >> 10
}

// calls is a guest's visit in short: to see the list and leave, in one of three ways.
func (h *host) calls(i int) error {
	client, err := h.dial(fmt.Sprint("guest", i))
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	v, err := sitDown(client, "xterm-256color", 60, 16)
	if err != nil {
		return err
	}
	if i%3 == 0 {
		return nil // in the middle of drawing
	}
	if err := v.out.until(v.over, isDrawn); err != nil || i%3 == 1 {
		return err
	}
	if _, err := v.keys.Write([]byte("q")); err != nil {
		return err
	}
	<-v.over
	return v.err
}

func isDrawn(output string) bool { return strings.Contains(output, "links") }

// inARow lets guests come one after another, some at a time.
func (h *host) inARow(n int) {
	h.Helper()
	var guests errgroup.Group
	guests.SetLimit(atOnce)
	for i := range n {
		guests.Go(func() error { return h.calls(i) })
	}
	if err := guests.Wait(); err != nil {
		h.Fatalf("%v\n%.3000s", err, h.said)
	}
}

// empties waits until no session is left.
func (h *host) empties() {
	h.Helper()
	eventually(h.T, "all guests are gone", func() bool { return h.gauge("sessions") == 0 })
}

// TestGuestsLeaveNothingBehind has a thousand guests, and then two hundred at once.
func TestGuestsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	const few, many, crowd = 50, 1000, 200
	const perGuest = 20 // kB at most
	const slack = 5     // goroutines that come and go by themselves
	h := serveSSH(t, "--seed", "1", "--metrics", "127.0.0.1:0", "--sessions", "300", "--sessions-per-address", "300")
	h.gauge("sessions") // has what is made but once
	empty := h.gauge("goroutines")
	settles := func() {
		t.Helper()
		h.empties()
		eventually(t, "no guest's goroutines are left", func() bool { return h.gauge("goroutines") <= empty+slack })
	}
	h.inARow(few)
	settles()
	files, heap := h.descriptors(), h.live()

	h.inARow(many)
	settles()
	eventually(t, "no guest's descriptors are left", func() bool { return h.descriptors() <= files })
	if grown := h.live() - heap; grown > many*perGuest {
		t.Errorf("%d kB more are held after %d guests", grown, many)
	}

	visitors := make([]*visitor, crowd)
	var arrival errgroup.Group
	arrival.SetLimit(atOnce)
	for i := range visitors {
		arrival.Go(func() error {
			client, err := h.dial(fmt.Sprint("crowd", i))
			if err != nil {
				return err
			}
			if visitors[i], err = sitDown(client, "xterm-256color", 60, 16); err != nil {
				return err
			}
			return visitors[i].out.until(visitors[i].over, isDrawn)
		})
	}
	if err := arrival.Wait(); err != nil {
		t.Errorf("%v\n%.3000s", err, h.said)
	}
	if n := h.gauge("sessions"); n != crowd {
		t.Errorf("%d sessions at once, want %d", n, crowd)
	}
	for _, v := range visitors {
		if v != nil {
			_ = v.client.Close()
		}
	}
	settles()
	eventually(t, "none of the crowd's descriptors is left", func() bool { return h.descriptors() <= files })
}
