package mirror

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // encrypts at rest
	_ "github.com/ncruces/go-sqlite3/vfs/memdb"
)

const (
	// KeySize is the length of the key that a file is encrypted with, in bytes.
	KeySize = 32

	busyTime   = 5 * time.Second
	busyLook   = 10 * time.Millisecond
	pageBytes  = "16384"  // of a new file; in the log, a page lies across blocks of the encryption
	cachePages = "-65536" // 64 MB, of which only what is needed is taken
	memoryPage = 4096     // bytes of a page in memory, which are SQLite's own
	logPages   = "2000"   // 32 MB, written before they are copied into the file
)

// ErrDamaged says that a file is no mirror, or is one that cannot be read: it is
// damaged, or was encrypted with another key.
var ErrDamaged = errors.New("mirror: the file is damaged, or belongs to another key")

// ErrNewer says that a file was written by a newer version of this package.
var ErrNewer = errors.New("mirror: the file was written by a newer version")

// ErrClosed says that the mirror was closed.
var ErrClosed = errors.New("mirror: the mirror is closed")

// Store keeps links, transactions and the history of syncs in an SQLite file. It is
// safe for concurrent use, and several processes can share one file. What it
// returns is the caller's to keep: later writes do not change it.
type Store struct {
	path  string // empty in memory
	key   []byte
	lock  *flock.Flock // nil in memory
	write *conn
	read  *conn // the same in memory
	find  *conn // likewise, for what may take long

	sensitive atomic.Bool // account numbers and identity are kept too
}

// Open opens the mirror at path, and makes one where there is none, which only its
// owner can read. key has KeySize bytes; nil leaves the file in the clear. Any
// error but ErrDamaged and ErrNewer is the system's.
func Open(path string, key []byte) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock, err := share(path)
	if err != nil {
		return nil, err
	}
	f, err := openFile(path, key)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	f.lock = lock
	return f, nil
}

func openFile(path string, key []byte) (*Store, error) {
	made, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := made.Close(); err != nil {
		return nil, err
	}
	f := &Store{path: path, key: key}
	if f.write, err = connect(path, key); err != nil {
		return nil, err
	}
	if err := f.write.migrate(); err != nil {
		_ = f.write.close()
		return nil, err
	}
	if f.read, err = connect(path, key); err != nil {
		_ = f.write.close()
		return nil, err
	}
	f.find = newConn(nil)
	f.find.open = func() (err error) {
		f.find.db, err = dial(path, key)
		return err
	}
	return f, nil
}

// ErrFull says that a mirror in memory has no room for more.
var ErrFull = errors.New("mirror: there is no room for more in memory")

// NewMemory returns an empty mirror that lasts as long as it is open. It costs
// nothing until it is used.
func NewMemory() *Store { return newMemory("") }

// NewMemoryOf is NewMemory for so many bytes at most. What would be more fails with
// ErrFull.
func NewMemoryOf(bytes int) *Store {
	return newMemory("; PRAGMA max_page_count = " + strconv.Itoa(bytes/memoryPage))
}

func newMemory(bound string) *Store {
	c := newConn(nil)
	c.full = ErrFull
	c.open = func() (err error) {
		if c.db, err = sqlite3.Open("file:/" + rand.Text() + "?vfs=memdb"); err != nil {
			return err
		}
		if err := c.db.Exec("PRAGMA temp_store = memory; PRAGMA journal_mode = memory; PRAGMA synchronous = off" + bound); err != nil {
			return err
		}
		return c.migrate()
	}
	return &Store{write: c, read: c, find: c}
}

// connect opens one connection to a file.
func connect(path string, key []byte) (*conn, error) {
	db, err := dial(path, key)
	if err != nil {
		return nil, err
	}
	return newConn(db), nil
}

func dial(path string, key []byte) (*sqlite3.Conn, error) {
	escaped := strings.ReplaceAll(url.QueryEscape(path), "+", "%20")
	name := "file:" + escaped + "?modeof=" + escaped
	if key != nil {
		name += "&vfs=adiantum"
	}
	db, err := sqlite3.Open(name)
	if err != nil {
		return nil, reason(err)
	}
	settings := "PRAGMA page_size = " + pageBytes + "; PRAGMA temp_store = memory; PRAGMA secure_delete = on; PRAGMA cache_size = " + cachePages + "; PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA wal_autocheckpoint = " + logPages
	if key != nil {
		settings = "PRAGMA hexkey = '" + hex.EncodeToString(key) + "'; " + settings
	}
	err = db.BusyTimeout(busyTime)
	if err == nil {
		err = db.Exec(settings)
	}
	for began := time.Now(); errors.Is(err, sqlite3.BUSY) && time.Since(began) < busyTime; {
		time.Sleep(busyLook) // for who else makes a log of a new file: SQLite does not
		err = db.Exec(settings)
	}
	if err != nil {
		_ = db.Close()
		return nil, reason(err)
	}
	return db, nil
}

// reason tells a damaged file from trouble of the system's.
func reason(err error) error {
	if errors.Is(err, sqlite3.NOTADB) || errors.Is(err, sqlite3.CORRUPT) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// Close gives the file back. What was applied stays.
func (f *Store) Close() error {
	var err error
	if f.read != f.write {
		err = errors.Join(f.read.close(), f.find.close())
	}
	err = errors.Join(err, f.write.close())
	if f.lock != nil {
		err = errors.Join(err, f.lock.Close())
	}
	return err
}

// Path is the file's place, empty for a mirror in memory.
func (f *Store) Path() string { return f.path }

// Check reads through all of the file, while others read and write. It returns
// ErrDamaged when something in it cannot be right.
func (f *Store) Check(ctx context.Context) error {
	c := f.read
	if f.path != "" {
		own, err := connect(f.path, f.key)
		if err != nil {
			return err
		}
		defer func() { _ = own.close() }()
		c = own
	}
	return c.use(ctx, func() error {
		sound := ""
		err := c.run("PRAGMA quick_check(1)", nil, func(s *sqlite3.Stmt) error {
			sound = s.ColumnText(0)
			return nil
		})
		if err == nil && sound != "ok" {
			return fmt.Errorf("%w: %s", ErrDamaged, sound)
		}
		return reason(err)
	})
}

// SetAside moves a file that cannot be used out of the way, and returns where it is
// now. A new one can be built from MoneyKit. It returns ErrInUse while the file is
// open.
func SetAside(path string, at time.Time) (string, error) {
	lock, err := alone(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	to := path + ".damaged-" + at.UTC().Format("20060102-150405")
	if err := os.Rename(path, to); err != nil {
		return "", err
	}
	return to, remove(path+"-wal", path+"-shm")
}

// Forget removes the file at path, and all that is kept beside it. It returns
// ErrInUse while the file is open.
func Forget(path string) error {
	lock, err := alone(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // not even its folder is there
	}
	if err != nil {
		return err
	}
	err = remove(path, path+"-wal", path+"-shm")
	held := os.Remove(lock.Path())
	err = errors.Join(err, lock.Close())
	if held != nil {
		_ = os.Remove(lock.Path()) // some systems remove no file that is open
	}
	return err
}

// remove removes files, of which some may not be there.
func remove(files ...string) error {
	var all error
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
