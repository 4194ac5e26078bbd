// Package inspect keeps the last exchanges with MoneyKit, shows them with
// private values hidden, and builds from them what MoneyKit's support asks for.
//
// A [Log] is an observer of the client. What it keeps is as it went over the
// wire, other people's data included; [Show], [Curl] and [Bundle] give out only
// what is on the lists of this package. It draws nothing, stores nothing on
// disk and sends nothing.
package inspect

import (
	"context"
	"net/http"
	"sync"

	"till/moneykit"
)

// What a Log keeps.
const (
	// MaxExchanges is how many exchanges a Log keeps.
	MaxExchanges = 500
	// MaxBodies is how many bytes of bodies it keeps with them.
	MaxBodies = 16 << 20
)

// Log keeps the last exchanges. It is safe for concurrent use.
type Log struct {
	mu     sync.Mutex
	ring   [MaxExchanges]Entry // entry n is at (n-1) % MaxExchanges
	beats  [maxBeats]beat      // that of entry n is at (n-1) % maxBeats
	newest uint64              // number of the newest entry
	bodies int                 // bytes of the bodies in ring
	full   uint64              // no entry before this number has bodies
	added  chan struct{}       // closed by the next Add; nil while nobody waits
}

// NewLog returns a Log with nothing in it.
func NewLog() *Log { return &Log{full: 1} }

// Entry is an exchange with its place in a Log.
type Entry struct {
	Number uint64 // counts from 1 for the life of the log
	moneykit.Exchange
	BodiesGone bool // they made room for those of newer entries

	sent, received int // bytes of the bodies that are gone
}

// Sent returns the size of the request's body in bytes.
func (e Entry) Sent() int { return e.sent + len(e.RequestBody) }

// Received returns the size of the answer's body in bytes.
func (e Entry) Received() int { return e.received + len(e.ResponseBody) }

// Failed reports that no whole answer arrived, or a refusal.
func (e Entry) Failed() bool {
	return e.Err != nil || e.Status == 0 || e.Status >= http.StatusBadRequest
}

// Retry returns how many attempts came before this one.
func (e Entry) Retry() int { return max(0, e.Attempt-1) }

// Add appends an exchange. It is meant to be the client's observer, and
// returns at once.
func (l *Log) Add(e moneykit.Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.newest >= MaxExchanges {
		l.dropBodies(l.newest - MaxExchanges + 1)
	}
	l.newest++
	entry := Entry{Number: l.newest, Exchange: e}
	*l.at(l.newest) = entry
	l.beats[(l.newest-1)%maxBeats] = beat{e.At, e.Duration, entry.Failed()}
	l.bodies += entry.Sent() + entry.Received()
	for l.bodies > MaxBodies {
		l.dropBodies(l.full)
	}
	if l.added != nil {
		close(l.added)
		l.added = nil
	}
}

// at returns the entry with number n, which has to be in the ring. l.mu is held.
func (l *Log) at(n uint64) *Entry { return &l.ring[(n-1)%MaxExchanges] }

// dropBodies takes the bodies from entry n, unless it has lost them before.
// All entries before n have. l.mu is held.
func (l *Log) dropBodies(n uint64) {
	if n < l.full {
		return
	}
	l.full = n + 1
	e := l.at(n)
	held := len(e.RequestBody) + len(e.ResponseBody)
	if held == 0 {
		return
	}
	l.bodies -= held
	e.sent, e.received, e.BodiesGone = len(e.RequestBody), len(e.ResponseBody), true
	e.RequestBody, e.ResponseBody = nil, nil
}

// Entries returns what the log holds, newest first. Later Adds do not change
// it; the bodies are shared and must not be written to.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := min(l.newest, MaxExchanges)
	entries := make([]Entry, 0, count)
	for i := range count {
		entries = append(entries, *l.at(l.newest - i))
	}
	return entries
}

// Next waits until there is an entry with a number above after, and returns the
// number of the newest. After 0 the first entry will do. It ends with ctx.
func (l *Log) Next(ctx context.Context, after uint64) (uint64, error) {
	for {
		newest, added := l.wait(after)
		if newest > after {
			return newest, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-added:
		}
	}
}

// wait returns the newest number and, unless it is above after, what the next
// Add will close.
func (l *Log) wait(after uint64) (newest uint64, added <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.newest <= after && l.added == nil {
		l.added = make(chan struct{})
	}
	return l.newest, l.added
}
