package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

var key = []byte("0123456789abcdef0123456789abcdef")

func open(t testing.TB, path string, key []byte) *mirror.Store {
	t.Helper()
	f, err := mirror.Open(path, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func filled(t testing.TB, path string, key []byte) {
	t.Helper()
	f := open(t, path, key)
	stored{t, f}.apply(mirror.Page{Seq: 1, At: noon, After: "c1", RequestID: "r1", Created: []moneykit.Transaction{txn("a"), txn("b", pending)}})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileKeepsWhatWasApplied(t *testing.T) {
	for name, key := range map[string][]byte{"encrypted": key, "plain": nil} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "new & + 100%41?#", "mirror.db")
			filled(t, path, key)
			s := stored{t, open(t, path, key)}
			same(t, "head", s.head(), mirror.Head{Seq: 1, Cursor: "c1"})
			same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b"})
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
			for _, file := range []string{filepath.Dir(path), path, path + "-wal"} {
				info, err := os.Stat(file)
				if err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s: %v, %v", file, info.Mode(), err)
				}
			}
		})
	}
}

func TestAnEncryptedFileTellsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	f := open(t, path, key)
	stored{t, f}.apply(mirror.Page{Seq: 1, At: noon, After: "c1", RequestID: "r1", Created: []moneykit.Transaction{txn("a", func(t *moneykit.Transaction) { t.Description = "Whispering Oaks" })}})
	for range 2 { // while it is open, and closed
		for _, suffix := range []string{"", "-wal", "-shm"} {
			raw, err := os.ReadFile(path + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			for _, text := range []string{"Whispering", "whispering", "mk_bank", "checking", "SQLite format"} {
				if strings.Contains(string(raw), text) {
					t.Errorf("the file%s holds %q", suffix, text)
				}
			}
		}
		_ = f.Close()
	}
}

func TestFilesThatAreNoMirror(t *testing.T) {
	for name, spoil := range map[string]func(path string) []byte{
		"another key": func(string) []byte { return []byte("another key, of the same length.") },
		"damaged header": func(path string) []byte {
			overwrite(t, path, 0, "garbage, garbage, garbage, garbage")
			return key
		},
		"a text": func(path string) []byte {
			if err := os.WriteFile(path, []byte(strings.Repeat("no mirror at all\n", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
			return key
		},
		"cut off": func(path string) []byte {
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
			return key
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mirror.db")
			filled(t, path, key)
			key := spoil(path)
			f, err := mirror.Open(path, key)
			if err == nil { // it can be opened, and is seen by who reads all of it
				defer func() { _ = f.Close() }()
				err = f.Check(t.Context())
			}
			if !errors.Is(err, mirror.ErrDamaged) {
				t.Fatalf("%v", err)
			}
		})
	}
}

func overwrite(t *testing.T, path string, at int64, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedFileIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, key)
	overwrite(t, path, 0, "garbage")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	aside, err := mirror.SetAside(path, noon)
	if err != nil || aside != path+".damaged-20260309-120000" {
		t.Fatalf("%q, %v", aside, err)
	}
	if after, err := os.ReadFile(aside); err != nil || string(after) != string(before) {
		t.Errorf("it was changed: %v", err)
	}
	s := stored{t, open(t, path, key)}
	same(t, "a new one", s.head(), mirror.Head{})
}

func TestForget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, key)
	if err := mirror.Forget(path); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	if err := mirror.Forget(path); err != nil {
		t.Error(err)
	}
}

func TestTwoProcessesShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	one, other := stored{t, open(t, path, key)}, stored{t, open(t, path, key)}
	one.apply(mirror.Page{Seq: 1, At: noon, After: "c1", RequestID: "r1", Created: []moneykit.Transaction{txn("a")}})
	same(t, "seen by the other", other.head(), mirror.Head{Seq: 1, Cursor: "c1"})
	_, err := other.Apply(t.Context(), bank, mirror.Page{Seq: 1, At: noon, After: "x1", Created: []moneykit.Transaction{txn("b")}})
	if !errors.Is(err, mirror.ErrStale) {
		t.Errorf("%v", err)
	}
	same(t, "transactions", one.ids(mirror.Query{}), []string{"a"})
}

func TestACancelledCallChangesNothing(t *testing.T) {
	s := newStored(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Apply(ctx, bank, mirror.Page{Seq: 1, At: time.Now(), After: "c1", Created: []moneykit.Transaction{txn("a")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	same(t, "head", s.head(), mirror.Head{})
}

// TestTwoProcessesSyncOneLink lets both have every page, and wants each applied once.
func TestTwoProcessesSyncOneLink(t *testing.T) {
	answers := map[string]string{}
	for i := range 30 {
		cursor := fmt.Sprintf("c%02d", i)
		if i == 0 {
			cursor = ""
		}
		answers[cursor] = step(fmt.Sprintf("c%02d", i+1), i < 29, fmt.Sprintf("t%02d", i))
	}
	answers["c30"] = step("c30", false)
	path := filepath.Join(t.TempDir(), "mirror.db")
	ended := make(chan error)
	var one stored
	for range 2 {
		client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")},
			moneykit.WithTransport(&server{handle: pages(answers)}), moneykit.WithRateLimit(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		one = stored{t, open(t, path, key)}
		store := one.Store
		go func() {
			_, err := mirror.New(client, store).Sync(t.Context(), bank)
			ended <- err
		}()
	}
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := len(one.ids(mirror.Query{})); n != 30 || one.head().Cursor != "c30" {
		t.Errorf("%d transactions, %+v", n, one.head())
	}
	created := 0
	for _, sync := range one.syncs() {
		created += sync.Created
	}
	if created != 30 {
		t.Errorf("%d were created", created)
	}
}
