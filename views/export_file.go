package views

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// errTaken says that a file is in the place where another is to be written.
var errTaken = errors.New("there is a file of this name already")

// takenPlace says whether something is at path: errTaken for a file that could be
// replaced.
func takenPlace(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the file %s cannot be written: %w", path, cause(err))
	case info.IsDir():
		return fmt.Errorf("there is a folder called %s", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("what is called %s is no ordinary file", path)
	}
	return errTaken
}

// saveFile writes a file that only its owner can read: all of it, or none. What is
// there already is replaced only if that is wanted.
func saveFile(path string, replace bool, fill func(io.Writer) error) error {
	if err := takenPlace(path); err != nil && (!replace || !errors.Is(err, errTaken)) {
		return err
	}
	file, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = fill(file)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
	case replace:
		err = os.Rename(file.Name(), path)
	default:
		err = putNew(os.Link, file.Name(), path)
	}
	return cause(err)
}

// createBeside makes a file in the folder where path is.
func createBeside(path string) (*os.File, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".till-export-*")
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be written: %w", filepath.Dir(path), cause(err))
	}
	return file, nil
}

// writableFolder says why no file can be made where path is, if so.
func writableFolder(path string) error {
	file, err := createBeside(path)
	if err != nil {
		return err
	}
	_ = file.Close()
	return os.Remove(file.Name())
}

// putNew moves a file to a place that has to be free. Where a file cannot have two
// names the place is taken first.
func putNew(link func(from, to string) error, from, to string) error {
	if err := link(from, to); err == nil || errors.Is(err, fs.ErrExist) {
		return taken(err)
	}
	place, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return taken(err)
	}
	_ = place.Close()
	err = os.Rename(from, to)
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}

func taken(err error) error {
	if errors.Is(err, fs.ErrExist) {
		return errTaken
	}
	return err
}

// cause leaves out of an error which file it is about: that may be one that nobody
// has heard of.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// fileName proposes where a sheet is written: in the current folder, under a name
// that every system takes.
func (s sheet) fileName(as exportFormat, day time.Time) string {
	parts := []string{"till", plainName(s.of), s.thing + "s", day.Format("20060102")}
	if parts[1] == "" {
		parts = append(parts[:1], parts[2:]...)
	}
	return strings.Join(parts, "-") + "." + string(as)
}

// longestName is how much of an institution's name goes into a file's, in letters.
const longestName = 24

// plainName is a name in small letters and digits, with a hyphen for all else.
func plainName(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case unicode.Is(unicode.Mn, r): // the accent of a letter
			return -1
		}
		return ' '
	}, strings.ToLower(norm.NFKD.String(name)))
	plain = strings.Join(strings.Fields(plain), "-")
	return strings.Trim(plain[:min(len(plain), longestName)], "-")
}
