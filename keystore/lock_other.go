//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package keystore

import (
	"errors"
	"os"
)

// tryLock fails: the systems left over have no keyring either, so that there
// is nothing for an index to list.
func tryLock(path string) (release func(), err error) {
	return nil, &os.PathError{Op: "lock", Path: path, Err: errors.ErrUnsupported}
}
