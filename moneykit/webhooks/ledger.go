package webhooks

import (
	"container/list"
	"time"

	"till/moneykit"
)

// maxRemembered is how many idempotency keys are remembered, and of how many
// links, events and products the newest webhook.
const maxRemembered = 10_000

// ledger remembers the webhooks that were taken, longer than they are kept.
type ledger struct {
	first  *memory[string] // by idempotency key
	newest *memory[subject]
}

// subject is what webhooks that follow one another are about.
type subject struct {
	link    moneykit.LinkID
	event   moneykit.WebhookEvent
	product moneykit.Product
}

func newLedger(size int) *ledger {
	return &ledger{newMemory[string](size), newMemory[subject](size)}
}

// note finds out whether a verified delivery came before, or comes late, and
// remembers it.
func (l *ledger) note(d *Delivery) {
	w := d.Webhook
	if w.IdempotencyKey != "" {
		if first, seen := l.first.get(w.IdempotencyKey); seen {
			d.Duplicate, d.First = true, first
		} else {
			l.first.put(w.IdempotencyKey, d.At)
		}
	}
	at := w.Timestamp
	if !w.StateChangedAt.IsZero() {
		at = w.StateChangedAt
	}
	about := subject{w.LinkID, w.Event, w.Product}
	newest, seen := l.newest.get(about)
	switch {
	case at.IsZero():
	case seen && at.Before(newest):
		d.OutOfOrder, d.Newer = true, newest
	default:
		l.newest.put(about, at)
	}
}

// memory keeps a moment for each of the keys that were used last.
type memory[K comparable] struct {
	size int
	by   map[K]*list.Element
	used *list.List // of memo, last used first
}

type memo[K comparable] struct {
	key K
	at  time.Time
}

func newMemory[K comparable](size int) *memory[K] {
	return &memory[K]{size, map[K]*list.Element{}, list.New()}
}

func (m *memory[K]) get(key K) (time.Time, bool) {
	e, there := m.by[key]
	if !there {
		return time.Time{}, false
	}
	m.used.MoveToFront(e)
	return e.Value.(memo[K]).at, true
}

func (m *memory[K]) put(key K, at time.Time) {
	if e, there := m.by[key]; there {
		m.used.Remove(e)
	} else if len(m.by) == m.size {
		delete(m.by, m.used.Remove(m.used.Back()).(memo[K]).key)
	}
	m.by[key] = m.used.PushFront(memo[K]{key, at})
}
