package views

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// holds wants a folder to hold nothing but these files: their names and contents
// by turns.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want)/2 {
		t.Errorf("%d files are there, want %d: %v %v", len(entries), len(want)/2, entries, err)
	}
	for i := 0; i < len(want); i += 2 {
		if text, err := os.ReadFile(filepath.Join(dir, want[i])); err != nil || string(text) != want[i+1] {
			t.Errorf("%s holds %q, want %q (%v)", want[i], text, want[i+1], err)
		}
	}
}

func TestAFileIsWrittenForItsOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	if err := saveFile(path, false, says("one")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a.csv", "one")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := saveFile(path, false, says("two")); !errors.Is(err, errTaken) {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "a.csv", "one")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := saveFile(path, true, says("two")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a.csv", "two")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := saveFile(filepath.Join(dir, "b.csv"), true, says("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a.csv", "two", "b.csv", "new")
}

func TestAFailureLeavesWhatWasThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	breaks := func(w io.Writer) error {
		if err := says("half")(w); err != nil {
			return err
		}
		return errMiddle
	}
	old, other := filepath.Join(dir, "old.csv"), filepath.Join(dir, "new.csv")
	if err := saveFile(old, false, says("old")); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{saveFile(old, true, breaks), saveFile(other, false, breaks)} {
		if !errors.Is(err, errMiddle) {
			t.Errorf("got %v", err)
		}
	}
	holds(t, dir, "old.csv", "old")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, replace := range []bool{false, true} {
		if _, err := brokenSheet(3).save(ctx, other, replace, formatCSV); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := brokenSheet(100_000).save(t.Context(), other, replace, formatCSV); !errors.Is(err, errMiddle) {
			t.Errorf("got %v", err)
		}
	}
	holds(t, dir, "old.csv", "old")
}

// Another program writes the file while the export is under way.
func TestAFileThatCameMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.csv")
	err := saveFile(path, false, func(w io.Writer) error {
		if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
			return err
		}
		return says("ours")(w)
	})
	if !errors.Is(err, errTaken) {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "a.csv", "theirs")
}

func TestWhereAFileCannotHaveTwoNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	single := func(string, string) error { return errors.ErrUnsupported }
	if err := os.WriteFile(from, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := putNew(single, from, to); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "to", "ours")
	if err := os.WriteFile(from, []byte("again"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := putNew(single, from, to); !errors.Is(err, errTaken) {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "from", "again", "to", "ours")
	if err := putNew(single, filepath.Join(dir, "nothing"), filepath.Join(dir, "c")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "from", "again", "to", "ours")
}

func TestPlacesThatTakeNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, folder, link := filepath.Join(dir, "file"), filepath.Join(dir, "folder"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		folder:                                 "there is a folder called " + folder,
		link:                                   "what is called " + link + " is no ordinary file",
		filepath.Join(dir, "missing", "a.csv"): "the folder " + filepath.Join(dir, "missing") + " cannot be written: no such file or directory",
		filepath.Join(file, "a.csv"):           "the file " + filepath.Join(file, "a.csv") + " cannot be written: not a directory",
	}
	if os.Geteuid() != 0 { // who may write everywhere
		places[filepath.Join(folder, "a.csv")] = "the folder " + folder + " cannot be written: permission denied"
	}
	for path, want := range places {
		for _, replace := range []bool{false, true} {
			err := saveFile(path, replace, func(io.Writer) error {
				t.Errorf("%s: something was written", path)
				return nil
			})
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for of, want := range map[string]string{
		"Credentials Bank":         "till-credentials-bank-transactions-20261121.csv",
		"Crédit Agricole / Nörd":   "till-credit-agricole-nord-transactions-20261121.csv",
		"東京メトロ":                    "till-transactions-20261121.csv",
		"../../etc/passwd\x00":     "till-etc-passwd-transactions-20261121.csv",
		"":                         "till-transactions-20261121.csv",
		strings.Repeat("long ", 9): "till-long-long-long-long-long-transactions-20261121.csv",
	} {
		if got := (sheet{thing: "transaction", of: of}).fileName(formatCSV, day); got != want {
			t.Errorf("%q: %s, want %s", of, got, want)
		}
	}
}
