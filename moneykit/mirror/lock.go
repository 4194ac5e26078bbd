package mirror

import (
	"errors"
	"os"

	"github.com/gofrs/flock"
)

// ErrInUse says that a file cannot be taken away while it is open, here or in
// another process.
var ErrInUse = errors.New("mirror: another process uses the file")

// lockSuffix ends the name of the file that tells who uses the one beside it. The
// system lets go of a lock when its process ends, however it ends.
const lockSuffix = ".lock"

// share keeps the file at path from being taken away, until the lock is closed.
func share(path string) (*flock.Flock, error) {
	for {
		lock := flock.New(path + lockSuffix)
		if err := lock.RLock(); err != nil {
			return nil, err
		}
		if current(lock) {
			return lock, nil
		}
		_ = lock.Close()
	}
}

// alone takes the file at path from everybody else, until the lock is closed.
func alone(path string) (*flock.Flock, error) {
	for {
		lock := flock.New(path + lockSuffix)
		held, err := lock.TryLock()
		switch {
		case err != nil:
			return nil, err
		case !held:
			_ = lock.Close()
			return nil, ErrInUse
		case current(lock):
			return lock, nil
		}
		_ = lock.Close()
	}
}

// current reports whether a lock that was waited for is the one that others take:
// Forget may have removed its file meanwhile.
func current(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(held, there)
}
