package mirror

import (
	"context"
	"slices"
	"strings"
	"sync"

	"till/moneykit"
)

// Memory is a Store that lasts as long as the process.
type Memory struct {
	mu    sync.RWMutex
	known []moneykit.LinkID
	links map[moneykit.LinkID]*history
}

type history struct {
	head    Head
	now     map[moneykit.TransactionID]moneykit.Transaction
	syncs   []Sync // oldest first; syncs[i].Seq == i+1
	changes [][]Change
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{links: map[moneykit.LinkID]*history{}} }

// Remember notes links in the order they are met.
func (m *Memory) Remember(_ context.Context, links ...moneykit.LinkID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, link := range links {
		if !slices.Contains(m.known, link) {
			m.known = append(m.known, link)
		}
	}
	return nil
}

// Known returns a copy of what was remembered.
func (m *Memory) Known(context.Context) ([]moneykit.LinkID, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.Clone(m.known), nil
}

// Head returns the zero Head for a link that was never synced.
func (m *Memory) Head(_ context.Context, link moneykit.LinkID) (Head, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.history(link).head, nil
}

// Apply commits a page under one lock, so that no reader sees half of it.
func (m *Memory) Apply(_ context.Context, link moneykit.LinkID, page Page) (Sync, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.history(link)
	if page.Before != h.head.Cursor {
		if page.After == h.head.Cursor {
			return h.entry(page.Seq), nil
		}
		return Sync{}, ErrStale
	}
	if page.Seq < 1 || page.Seq < h.head.Seq || page.Seq > h.head.Seq+1 {
		return Sync{}, ErrStale
	}
	m.links[link] = h
	changes := h.apply(page)
	continues := h.head.More
	h.head.Cursor, h.head.More = page.After, page.More
	h.record(page, changes, continues)
	if page.Seq <= len(h.syncs) {
		h.syncs[page.Seq-1].More = page.More
	}
	return h.entry(page.Seq), nil
}

// Syncs returns copies, newest first.
func (m *Memory) Syncs(_ context.Context, link moneykit.LinkID) ([]Sync, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	syncs := slices.Clone(m.history(link).syncs)
	for i := range syncs {
		syncs[i].RequestIDs = slices.Clone(syncs[i].RequestIDs)
	}
	slices.Reverse(syncs)
	return syncs, nil
}

// Changes returns nothing for a sync that is not in the history.
func (m *Memory) Changes(_ context.Context, link moneykit.LinkID, seq int) ([]Change, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	h := m.history(link)
	if seq < 1 || seq > len(h.changes) {
		return nil, nil
	}
	return slices.Clone(h.changes[seq-1]), nil
}

// Transactions sorts what matches at every call.
func (m *Memory) Transactions(_ context.Context, link moneykit.LinkID, q Query) ([]moneykit.Transaction, error) {
	m.mu.RLock()
	var found []moneykit.Transaction
	for _, t := range m.history(link).now {
		if q.Account != "" && t.AccountID != q.Account {
			continue
		}
		if q.After != nil && order(t.Date, t.ID, q.After.Date, q.After.ID) <= 0 {
			continue
		}
		found = append(found, t)
	}
	m.mu.RUnlock()
	slices.SortFunc(found, func(a, b moneykit.Transaction) int { return order(a.Date, a.ID, b.Date, b.ID) })
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	return found, nil
}

// history returns a link's history, an empty one that is not stored yet for a
// link that was never synced.
func (m *Memory) history(link moneykit.LinkID) *history {
	if h, ok := m.links[link]; ok {
		return h
	}
	return &history{now: map[moneykit.TransactionID]moneykit.Transaction{}}
}

func (h *history) apply(page Page) []Change {
	var changes []Change
	for _, t := range slices.Concat(page.Created, page.Updated) {
		before, known := h.now[t.ID]
		h.now[t.ID] = t
		if !known {
			changes = append(changes, Change{Kind: Created, After: t})
			continue
		}
		update := Change{Kind: Updated, Before: before, After: t}
		if len(update.Fields()) > 0 {
			changes = append(changes, update)
		}
	}
	for _, id := range page.Removed {
		if before, known := h.now[id]; known {
			delete(h.now, id)
			changes = append(changes, Change{Kind: Removed, Before: before})
		}
	}
	return changes
}

// record adds changes to the sync that the page belongs to, and makes its
// entry with the first of them.
func (h *history) record(page Page, changes []Change, continues bool) {
	if len(changes) == 0 {
		return
	}
	if h.head.Seq < page.Seq {
		h.head.Seq = page.Seq
		h.syncs = append(h.syncs, Sync{Seq: page.Seq, At: page.At, Before: page.Before, Continues: continues})
		h.changes = append(h.changes, nil)
	}
	sync := &h.syncs[page.Seq-1]
	sync.After = page.After
	sync.RequestIDs = append(sync.RequestIDs, page.RequestID)
	for _, c := range changes {
		switch c.Kind {
		case Created:
			sync.Created++
		case Updated:
			sync.Updated++
		case Removed:
			sync.Removed++
		}
	}
	h.changes[page.Seq-1] = append(h.changes[page.Seq-1], changes...)
}

func (h *history) entry(seq int) Sync {
	if seq < 1 || seq > len(h.syncs) {
		return Sync{}
	}
	entry := h.syncs[seq-1]
	entry.RequestIDs = slices.Clone(entry.RequestIDs)
	return entry
}

// order sorts newest first, and by id within a day.
func order(a moneykit.Date, aID moneykit.TransactionID, b moneykit.Date, bID moneykit.TransactionID) int {
	if c := b.Compare(a); c != 0 {
		return c
	}
	return strings.Compare(string(aID), string(bID))
}
