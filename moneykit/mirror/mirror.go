// Package mirror keeps what MoneyKit does not keep for its clients: the cursor
// of each link, the transactions it stands for, and the history of what every
// sync changed.
//
// A [Mirror] runs syncs; a [Store] holds their results. The package draws
// nothing and never asks an institution for data.
package mirror

import (
	"context"
	"errors"
	"sync"

	"till/moneykit"
)

// pageSize is the largest page that the sync operation gives.
const pageSize = 500

// maxTries bounds how often a sync begins again because another process that shares
// the store was faster, or because transactions moved while they were listed.
const maxTries = 5

// Mirror brings a Store up to date from MoneyKit. It is safe for concurrent
// use; one link is synced by one caller at a time, of all that share the file.
type Mirror struct {
	client *moneykit.Client
	store  *Store
	holder string // of leases

	mu    sync.Mutex
	locks map[moneykit.LinkID]chan struct{}
}

// New returns a Mirror that reads through client and writes to store.
func New(client *moneykit.Client, store *Store) *Mirror {
	return &Mirror{client: client, store: store, holder: newHolder(), locks: map[moneykit.LinkID]chan struct{}{}}
}

// Store gives access to what the syncs brought.
func (m *Mirror) Store() *Store { return m.store }

// Sync applies all that happened to a link's transactions since its last sync,
// page by page; the first one brings the whole history. Pending ones that no page
// mentioned are asked for then. It returns the entry of the history, whose Seq is 0
// when nothing had changed. On an error the pages before it are kept, and the next
// Sync goes on after them.
func (m *Mirror) Sync(ctx context.Context, link moneykit.LinkID) (Sync, error) {
	unlock, err := m.lock(ctx, link)
	if err != nil {
		return Sync{}, err
	}
	defer unlock()
	var done Sync
	for try := 1; ; try++ {
		newest, err := m.syncAlone(ctx, link)
		if newest.Seq > 0 {
			done = newest
		}
		if !errors.Is(err, ErrStale) && !errors.Is(err, ErrListing) || try == maxTries {
			return done, err
		}
	}
}

// syncAlone is sync while nobody else who shares the file syncs the link.
func (m *Mirror) syncAlone(ctx context.Context, link moneykit.LinkID) (Sync, error) {
	give, err := m.take(ctx, link)
	if err != nil {
		return Sync{}, err
	}
	defer give()
	return m.sync(ctx, link)
}

// sync fetches and applies from where the store stands.
func (m *Mirror) sync(ctx context.Context, link moneykit.LinkID) (Sync, error) {
	head, err := m.store.Head(ctx, link)
	if err != nil {
		return Sync{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan fetched, ahead)
	go m.fetch(ctx, link, head, pages)
	defer func() { // leave nothing running
		cancel()
		for range pages {
		}
	}()
	done, err := m.applyAll(ctx, link, pages)
	if err != nil {
		return done, err
	}
	return m.settle(ctx, link, done)
}

// Baseline makes sure that a link was synced to its end at least once, so that
// what a refresh brings can be told from what was there before.
func (m *Mirror) Baseline(ctx context.Context, link moneykit.LinkID) error {
	head, err := m.store.Head(ctx, link)
	if err != nil || head.Cursor != "" && !head.More {
		return err
	}
	_, err = m.Sync(ctx, link)
	return err
}

func (m *Mirror) lock(ctx context.Context, link moneykit.LinkID) (unlock func(), err error) {
	m.mu.Lock()
	lock, ok := m.locks[link]
	if !ok {
		lock = make(chan struct{}, 1)
		m.locks[link] = lock
	}
	m.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
