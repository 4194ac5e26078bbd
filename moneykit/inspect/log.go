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
	"sync"

	"till/moneykit"
)

// What a Log keeps unless [WithBounds] says otherwise.
const (
	// MaxExchanges is how many exchanges a Log keeps.
	MaxExchanges = 500
	// MaxBodies is how many bytes of bodies and headers it keeps with them.
	// The bodies of the oldest entries make room first.
	MaxBodies = 16 << 20

	headersPart = 4 // of the bytes, so that headers alone never crowd out bodies
)

// Log keeps the last exchanges. It is safe for concurrent use.
type Log struct {
	maxEntries uint64
	maxBytes   int

	mu      sync.Mutex
	ring    []Entry       // entry n is at (n-1) % maxEntries
	beats   []beat        // that of entry n is at (n-1) % maxBeats
	newest  uint64        // number of the newest entry
	bytes   int           // weight of all that is in ring
	headers int           // of it, that of headers
	full    uint64        // no entry before this number has bodies
	headed  uint64        // no entry before this number has headers
	added   chan struct{} // closed by the next Add; nil while nobody waits
}

// Option changes what a Log keeps.
type Option func(*Log)

// WithBounds sets how many exchanges a Log keeps, one at least, and how many bytes
// of bodies and headers with them, in place of [MaxExchanges] and [MaxBodies].
func WithBounds(exchanges, bytes int) Option {
	return func(l *Log) { l.maxEntries, l.maxBytes = uint64(max(1, exchanges)), max(0, bytes) }
}

// NewLog returns a Log with nothing in it.
func NewLog(opts ...Option) *Log {
	l := &Log{maxEntries: MaxExchanges, maxBytes: MaxBodies, full: 1, headed: 1}
	for _, opt := range opts {
		opt(l)
	}
	return l
}

// Add appends an exchange. It is meant to be the client's observer, and
// returns at once.
func (l *Log) Add(e moneykit.Exchange) {
	entry := newEntry(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.newest >= l.maxEntries {
		l.forget(l.newest - l.maxEntries + 1)
	}
	l.newest++
	entry.Number = l.newest
	l.ring = put(l.ring, l.newest, l.maxEntries, entry)
	l.beats = put(l.beats, l.newest, maxBeats, beat{e.At, e.Duration, entry.Failed()})
	l.headers += entry.headers()
	l.bytes += entry.bodies() + entry.headers() + entry.texts()
	l.makeRoom()
	if l.added != nil {
		close(l.added)
		l.added = nil
	}
}

// put puts what has number n into a ring of so many places at most.
func put[T any](ring []T, n, most uint64, v T) []T {
	if n <= most {
		return append(ring, v)
	}
	ring[(n-1)%most] = v
	return ring
}

// makeRoom keeps the ring within its bounds. The texts of all entries together
// are within them. l.mu is held.
func (l *Log) makeRoom() {
	for l.headers > l.maxBytes/headersPart {
		l.dropHeaders(l.headed)
	}
	for l.bytes > l.maxBytes && l.full <= l.newest {
		l.dropBodies(l.full)
	}
}

// at returns the entry with number n, which has to be in the ring. l.mu is held.
func (l *Log) at(n uint64) *Entry { return &l.ring[(n-1)%l.maxEntries] }

// forget takes all that weighs from entry n, which leaves the ring. l.mu is
// held.
func (l *Log) forget(n uint64) {
	l.dropHeaders(n)
	l.dropBodies(n)
	l.bytes -= l.at(n).texts()
}

// dropBodies takes the bodies from entry n, unless it has lost them before.
// All entries before n have. l.mu is held.
func (l *Log) dropBodies(n uint64) {
	if n < l.full {
		return
	}
	l.full = n + 1
	e := l.at(n)
	if held := e.bodies(); held > 0 {
		l.bytes -= held
		e.RequestBody, e.ResponseBody, e.BodiesGone = nil, nil, true
	}
}

// dropHeaders takes the headers from entry n in the same way.
func (l *Log) dropHeaders(n uint64) {
	if n < l.headed {
		return
	}
	l.headed = n + 1
	e := l.at(n)
	if held := e.headers(); held > 0 {
		l.bytes -= held
		l.headers -= held
		e.RequestHeader, e.ResponseHeader, e.headersGone = nil, nil, true
	}
}

// Entries returns what the log holds, newest first. Later Adds do not change
// it; bodies and headers are shared and must not be written to.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := min(l.newest, l.maxEntries)
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
