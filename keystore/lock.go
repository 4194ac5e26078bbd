package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const lockRetry = 20 * time.Millisecond

var errHeld = errors.New("another till is using it")

// lock takes one of the lock files in the folder, and makes the folder first.
// It waits until the store's deadline or the context ends.
func (s *Store) lock(ctx context.Context, name string) (release func(), err error) {
	if err := s.makeDir(); err != nil {
		return nil, fmt.Errorf("make the folder of the profiles: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout+diagnoseTimeout)
	defer cancel()
	tick := time.NewTicker(lockRetry)
	defer tick.Stop()
	path := filepath.Join(s.dir, name)
	for {
		release, err := tryLock(path)
		if err == nil {
			return release, nil
		}
		if !errors.Is(err, errHeld) {
			return nil, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w (%w)", path, errHeld, ctx.Err())
		}
	}
}

func (s *Store) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if !s.ownDir {
		return nil
	}
	return os.Chmod(s.dir, 0o700) //nolint:gosec // a folder needs its x bit
}
