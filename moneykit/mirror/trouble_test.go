package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
)

// plain opens a file with SQLite alone.
func plain(t *testing.T, path string, statements ...string) *sqlite3.Conn {
	t.Helper()
	db, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, statement := range statements {
		if err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// later ends db's transaction after a time, and tells when that is done.
func later(db *sqlite3.Conn, wait time.Duration) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		time.Sleep(wait)
		_ = db.Exec("COMMIT")
	}()
	return ended
}

func refused(t *testing.T, path string, key []byte) error {
	t.Helper()
	f, err := mirror.Open(path, key)
	if err == nil {
		_ = f.Close()
		t.Fatal("it was opened")
	}
	return err
}

// What the system refuses is not called a damaged file, which would be set aside.
func TestPlacesWhereNoFileCanBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	astray := filepath.Join(dir, "astray")
	if err := os.Symlink(filepath.Join(dir, "nowhere", "mirror.db"), astray); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		path string
		want error
	}{
		"below a file":            {filepath.Join(file, "mirror.db"), syscall.ENOTDIR},
		"further below a file":    {filepath.Join(file, "sub", "mirror.db"), syscall.ENOTDIR},
		"a folder":                {dir, syscall.EISDIR},
		"a link to nowhere":       {astray, os.ErrNotExist},
		"a name that is too long": {filepath.Join(dir, strings.Repeat("x", 300)), syscall.ENAMETOOLONG},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused(t, x.path, key)
			if !errors.Is(err, x.want) || errors.Is(err, mirror.ErrDamaged) || errors.Is(err, mirror.ErrNewer) {
				t.Errorf("%v", err)
			}
		})
	}
	if content, err := os.ReadFile(file); err != nil || len(content) > 0 {
		t.Errorf("%q, %v", content, err)
	}
}

func TestFilesThatMayNotBeWritten(t *testing.T) {
	if os.Getuid() == 0 { // who may write everything but this
		err := refused(t, "/sys/mirror.db", key)
		if !errors.Is(err, os.ErrPermission) && !errors.Is(err, syscall.EROFS) || errors.Is(err, mirror.ErrDamaged) {
			t.Errorf("%v", err)
		}
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "mirror.db")
	filled(t, path, key)
	for _, place := range []string{path, dir} {
		if err := os.Chmod(place, 0o500); err != nil {
			t.Fatal(err)
		}
		if place == dir {
			path = filepath.Join(dir, "other.db")
		}
		if err := refused(t, path, key); !errors.Is(err, os.ErrPermission) || errors.Is(err, mirror.ErrDamaged) {
			t.Errorf("%s: %v", place, err)
		}
		if err := os.Chmod(place, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// Signs that mean something in a URI are part of a name all the same.
func TestNamesOfFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a%20b.db", "a?vfs=memdb", "a#b", "a&mode=ro", "ä'\"", "a+b"} {
		path := filepath.Join(dir, name, name)
		filled(t, path, key)
		s := stored{t, open(t, path, key)}
		same(t, name, s.ids(mirror.Query{}), []string{"a", "b"})
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// TestAFileThatIsWritten wants a page to wait for another's, for some seconds, and
// to be refused then with everything as it was.
func TestAFileThatIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, nil)
	page := mirror.Page{Seq: 2, At: noon, Before: "c1", After: "c2", Created: []moneykit.Transaction{txn("c")}}
	synctest.Test(t, func(t *testing.T) {
		s := stored{t, open(t, path, nil)}
		defer func() { _ = s.Close() }()
		other := plain(t, path, "BEGIN IMMEDIATE")
		began := time.Now()
		_, err := s.Apply(t.Context(), bank, page)
		if waited := time.Since(began); !errors.Is(err, sqlite3.BUSY) || waited < 4*time.Second || waited > 6*time.Second {
			t.Errorf("%v after %v", err, waited)
		}
		if err == nil || !strings.Contains(err.Error(), "locked") {
			t.Errorf("%v", err)
		}
		same(t, "read meanwhile", s.ids(mirror.Query{}), []string{"a", "b"})

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		_, err = s.Apply(ctx, bank, page)
		if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || waited > 1100*time.Millisecond {
			t.Errorf("%v after %v", err, waited)
		}

		ended := later(other, 2*time.Second) // in time
		began = time.Now()
		if _, err = s.Apply(t.Context(), bank, page); err != nil || time.Since(began) > 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		same(t, "head", s.head(), mirror.Head{Seq: 2, Cursor: "c2"})
		<-ended
		_ = other.Close()
	})
}

// A mirror opens while another process writes to it.
func TestOpenWhileWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, nil)
	synctest.Test(t, func(t *testing.T) {
		other := plain(t, path, "BEGIN IMMEDIATE")
		ended := later(other, time.Second)
		s := stored{t, open(t, path, nil)}
		same(t, "held", s.ids(mirror.Query{}), []string{"a", "b"})
		_ = s.Close()
		<-ended
		_ = other.Close()
	})
}

func TestFilesOfOthers(t *testing.T) {
	for name, x := range map[string]struct {
		statements []string
		want       error
	}{
		"of another program":           {[]string{"PRAGMA application_id = 4711", "CREATE TABLE notes (note TEXT)"}, mirror.ErrDamaged},
		"that another program numbers": {[]string{"PRAGMA user_version = 1", "CREATE TABLE notes (note TEXT)"}, mirror.ErrDamaged},
		"of another that has no mark":  {[]string{"CREATE TABLE notes (note TEXT)"}, mirror.ErrDamaged},
		"of a later version":           {[]string{"PRAGMA application_id = 0x74696c6c", "PRAGMA user_version = 999"}, mirror.ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			if err := plain(t, path, x.statements...).Close(); err != nil {
				t.Fatal(err)
			}
			if err := refused(t, path, nil); !errors.Is(err, x.want) {
				t.Errorf("%v", err)
			}
			db := plain(t, path)
			tables, _, err := db.Prepare("SELECT count(*) FROM sqlite_master WHERE name <> 'notes'")
			if err != nil {
				t.Fatal(err)
			}
			if !tables.Step() || tables.ColumnInt(0) != 0 {
				t.Error("it was changed")
			}
			_ = tables.Close()
		})
	}
}

// Two processes that sync one link at once end in the truth; one may be told that
// the other was there first.
func TestTwoProcessesSyncALink(t *testing.T) {
	answers := map[string]string{}
	for i := range 60 {
		cursor := ""
		if i > 0 {
			cursor = fmt.Sprintf("c%d", i)
		}
		answers[cursor] = step(fmt.Sprintf("c%d", i+1), i < 59, fmt.Sprintf("t%02d", i))
	}
	answers["c60"] = step("c60", false)
	for range 10 {
		path := filepath.Join(t.TempDir(), "mirror.db")
		var both sync.WaitGroup
		for range 2 {
			m := mirror.New(clientOf(t, "https://api.example.com", moneykit.WithTransport(&server{handle: pages(answers)})), open(t, path, key))
			both.Go(func() {
				for {
					_, err := m.Sync(t.Context(), bank)
					if err == nil {
						return
					}
					if !errors.Is(err, mirror.ErrStale) {
						t.Error(err)
						return
					}
				}
			})
		}
		both.Wait()
		s := stored{t, open(t, path, key)}
		same(t, "held", len(s.transactions(mirror.Query{})), 60)
		same(t, "cursor", s.head().Cursor, "c60")
		same(t, "more", s.head().More, false)
		historyTellsTheTable(t, s, bank)
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
