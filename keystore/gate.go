package keystore

import (
	"context"
	"sync"
)

// gate lets one keyring call through at a time: the library cannot be
// interrupted, so calls behind one that hangs would pile up.
type gate struct {
	mu      sync.Mutex
	current *flight // nil when no call is under way
	aside   int     // hanging calls that were set aside and have not ended
}

// flight is one keyring call under way.
type flight struct {
	mu       sync.Mutex
	answered bool
	left     bool          // the caller is gone: nobody takes the answer
	done     chan struct{} // closed when the call has ended
	stuck    chan struct{} // closed when somebody waited in vain for a whole deadline
	reason   Reason        // why it is stuck; set before stuck is closed
}

// enter returns a new flight and true, or the flight in the way and false when
// that one is stuck or ctx has ended.
func (g *gate) enter(ctx context.Context) (*flight, bool) {
	for {
		g.mu.Lock()
		f := g.current
		if f == nil {
			f = &flight{done: make(chan struct{}), stuck: make(chan struct{})}
			g.current = f
			g.mu.Unlock()
			return f, true
		}
		g.mu.Unlock()
		select {
		case <-f.done:
		case <-f.stuck:
			return f, false
		case <-ctx.Done():
			return f, false
		}
	}
}

func (g *gate) leave(f *flight) {
	g.mu.Lock()
	if g.current == f {
		g.current = nil
	} else {
		g.aside--
	}
	g.mu.Unlock()
	close(f.done)
}

// setAside lets the next call past a stuck one, for a prompt can stay open for
// ever after the keyring was unlocked by other means. The caller has seen that
// the keyring works again. It returns false when too many hang already.
func (g *gate) setAside(f *flight) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current != f {
		return true
	}
	if g.aside == maxAside {
		return false
	}
	g.aside++
	g.current = nil
	return true
}

func (f *flight) isStuck() bool {
	select {
	case <-f.stuck:
		return true
	default:
		return false
	}
}

// abandon notes that the caller goes. It returns false when the answer is
// already there.
func (f *flight) abandon() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answered {
		return false
	}
	f.left = true
	return true
}

// answer returns false when nobody waits for the answer any more.
func (f *flight) answer() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = !f.left
	return f.answered
}

func (f *flight) abandoned() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left
}

// giveUp marks the flight as stuck; the first reason stays.
func (f *flight) giveUp(r Reason) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.isStuck() {
		f.reason = r
		close(f.stuck)
	}
}
