package mirror

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// A lease says which Mirror syncs a link, to all that share the file. It saves the
// others the same work; that nothing is applied twice does not depend on it.
const (
	leaseTime  = 6 * time.Second // how long one is believed
	leaseRenew = 2 * time.Second
	leaseLook  = 250 * time.Millisecond // how often who waits for one looks again
	leaseBack  = time.Second            // how long giving it back may take
)

// lease is who has a link's lease, and until when in nanoseconds; zero for nobody.
type lease struct {
	holder string
	until  int64
}

// newHolder makes a name for one Mirror of this process.
func newHolder() string { return fmt.Sprint(os.Getpid(), " ", rand.Text()) }

// living reports whether the holder can be at work.
func (l lease) living() bool {
	if l.until <= time.Now().UnixNano() {
		return false
	}
	name, _, _ := strings.Cut(l.holder, " ")
	pid, err := strconv.Atoi(name)
	if err != nil || pid < 1 {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = process.Release() }()
	return !errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// Syncing returns the links that somebody who shares the file syncs right now.
func (f *Store) Syncing(ctx context.Context) ([]moneykit.LinkID, error) {
	if f.path == "" {
		return nil, nil // there is nobody to tell
	}
	var links []moneykit.LinkID
	err := f.read.use(ctx, func() error {
		return f.read.run(allLeases, nil, func(s *sqlite3.Stmt) error {
			if (lease{s.ColumnText(1), s.ColumnInt64(2)}).living() {
				links = append(links, moneykit.LinkID(s.ColumnText(0)))
			}
			return nil
		})
	})
	return links, err
}

// takeLease takes a link's lease or renews it, and reports false while somebody else
// has it.
func (f *Store) takeLease(ctx context.Context, link moneykit.LinkID, holder string) (taken bool, err error) {
	var seen lease
	err = f.read.use(ctx, func() error {
		return f.read.run(oneLease, []any{string(link)}, func(s *sqlite3.Stmt) error {
			seen = lease{s.ColumnText(0), s.ColumnInt64(1)}
			return nil
		})
	})
	if err != nil || seen.holder != holder && seen.living() {
		return false, err
	}
	err = f.write.commit(ctx, func() error {
		until := time.Now().Add(leaseTime).UnixNano()
		err := f.write.exec(takeLease, string(link), holder, until, seen.holder, seen.until)
		taken = f.write.db.Changes() > 0 // nobody was faster
		return err
	})
	return taken && err == nil, err
}

// giveLease gives a lease back, even when ctx has ended. One that cannot be given
// back runs out by itself.
func (f *Store) giveLease(ctx context.Context, link moneykit.LinkID, holder string) {
	ctx = context.WithoutCancel(ctx)
	_ = f.write.use(ctx, func() error {
		ctx, cancel := context.WithTimeout(ctx, leaseBack)
		defer cancel()
		f.write.db.SetInterrupt(ctx)
		return f.write.exec(giveLease, string(link), holder)
	})
}

// take waits for a link's lease, and keeps it until give is called.
func (m *Mirror) take(ctx context.Context, link moneykit.LinkID) (give func(), err error) {
	if m.store.Path() == "" {
		return func() {}, nil
	}
	for {
		taken, err := m.store.takeLease(ctx, link, m.holder)
		if err != nil {
			return nil, err
		}
		if taken {
			break
		}
		select {
		case <-time.After(leaseLook):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	renewing, stop := context.WithCancel(ctx)
	var renewer sync.WaitGroup
	renewer.Go(func() { m.renew(renewing, link) })
	return func() {
		stop()
		renewer.Wait()
		m.store.giveLease(ctx, link, m.holder)
	}, nil
}

// renew keeps a lease until ctx ends. What one renewal misses, the next makes good.
func (m *Mirror) renew(ctx context.Context, link moneykit.LinkID) {
	again := time.NewTicker(leaseRenew)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			_, _ = m.store.takeLease(ctx, link, m.holder)
		case <-ctx.Done():
			return
		}
	}
}
