package mirror_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
)

// happened is an event of a link at an hour of the day.
func happened(link moneykit.LinkID, hour int, what string) mirror.Event {
	return mirror.Event{Link: link, At: noon.Add(time.Duration(hour) * time.Hour), RequestID: fmt.Sprintf("r%d", hour), Body: []byte(what)}
}

func (s stored) keep(events ...mirror.Event) {
	s.Helper()
	if err := s.PutEvents(s.Context(), events...); err != nil {
		s.Fatal(err)
	}
}

// events are what a link's events say, newest first, read limit at a time.
func (s stored) events(link moneykit.LinkID, limit int) (all []string) {
	s.Helper()
	for before := int64(0); ; {
		page, err := s.Events(s.Context(), link, before, limit)
		if err != nil {
			s.Fatal(err)
		}
		if len(page) > limit {
			s.Fatalf("%d at once", len(page))
		}
		if len(page) == 0 {
			return all
		}
		for _, e := range page {
			if before != 0 && e.Place >= before || e.Place < 1 {
				s.Fatalf("place %d after %d", e.Place, before)
			}
			before = e.Place
			all = append(all, string(e.Body))
		}
	}
}

func TestEventsAreKeptInTheirOrder(t *testing.T) {
	for name, store := range map[string]*mirror.Store{
		"in memory": newStored(t).Store, "in a file": open(t, filepath.Join(t.TempDir(), "mirror.db"), key),
	} {
		t.Run(name, func(t *testing.T) {
			s := stored{t, store}
			same(t, "none yet", s.events("", 5), []string(nil))
			s.keep()
			same(t, "none put", s.events("", 5), []string(nil))
			s.keep(happened("a", 1, "one"), happened("b", 1, "two"), happened("a", 1, "three"))
			s.keep(happened("c", -5, "four, which came late"), happened("a", 2, "five"))
			for limit := range 7 {
				if limit == 0 {
					same(t, "none asked for", s.events("", 0), []string(nil))
					continue
				}
				same(t, "of all", s.events("", limit), []string{"five", "four, which came late", "three", "two", "one"})
				same(t, "of one", s.events("a", limit), []string{"five", "three", "one"})
				same(t, "of another", s.events("b", limit), []string{"two"})
				same(t, "of a link that is not known", s.events("z", limit), []string(nil))
			}
			page, err := s.Events(t.Context(), "a", 0, 1)
			if err != nil || len(page) != 1 {
				t.Fatal(page, err)
			}
			want := happened("a", 2, "five")
			want.Place = 5
			same(t, "an event", page[0], want)
			known, err := s.Known(t.Context())
			same(t, "links", known, []moneykit.LinkID{"a", "b", "c"})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEventsOfAClosedMirror(t *testing.T) {
	s := newStored(t)
	s.keep(happened("a", 1, "one"))
	_ = s.Close()
	if err := s.PutEvents(t.Context(), happened("a", 1, "two")); !errors.Is(err, mirror.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// A disk that is full in the middle of them leaves none of the events, and no links.
func TestEventsAreKeptTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := stored{t, open(t, path, nil)}
	s.keep(happened("a", 1, "one"))
	if err := s.Full(); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 1<<20)
	if err := s.PutEvents(t.Context(), happened("a", 2, "two"), happened("b", 2, large)); !errors.Is(err, sqlite3.FULL) {
		t.Fatalf("%v", err)
	}
	_ = s.Close()
	s = stored{t, open(t, path, nil)}
	same(t, "events", s.events("", 5), []string{"one"})
	known, err := s.Known(t.Context())
	if same(t, "links", known, []moneykit.LinkID{"a"}); err != nil {
		t.Error(err)
	}
	s.keep(happened("a", 3, "three"))
	same(t, "events that follow", s.events("a", 5), []string{"three", "one"})
}

func TestTheNewestEventsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := stored{t, open(t, path, nil)}
	s.keep(happened("a", 1, "oldest"))
	db := plain(t, path, `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
		INSERT INTO events SELECT i, 1, 0, '', CAST(i AS BLOB) FROM n`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	count := func(want int, oldest string) {
		t.Helper()
		all := s.events("", 10_000)
		if len(all) != want || all[len(all)-1] != oldest {
			t.Errorf("%d events, the oldest is %s", len(all), all[len(all)-1])
		}
	}
	s.keep(happened("b", 1, "b"))
	count(100_000, "oldest")
	s.keep(happened("b", 1, "c"))
	count(100_000, "2")
	s.keep(happened("b", 1, "d"), happened("b", 1, "e"), happened("b", 1, "f"))
	count(100_000, "5")
	same(t, "of the link with new ones", s.events("b", 10), []string{"f", "e", "d", "c", "b"})
}

// A clock that goes back changes neither the order of events nor which are kept.
func TestEventsOfAClockThatGoesBack(t *testing.T) {
	s := stored{t, open(t, filepath.Join(t.TempDir(), "mirror.db"), nil)}
	s.keep(happened("a", 9, "first"))
	s.keep(happened("a", 1, "second"), happened("a", 5, "third"))
	same(t, "of all", s.events("", 10), []string{"third", "second", "first"})
	same(t, "of the link", s.events("a", 10), []string{"third", "second", "first"})
}

// A file of the second version keeps what it holds, and takes events.
func TestAFileOfTheSecondVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	statements := []string{"PRAGMA application_id = 0x74696c6c", "PRAGMA user_version = 2"}
	for _, name := range []string{"1.sql", "2.sql"} {
		schema, err := os.ReadFile(filepath.Join("migrations", name))
		if err != nil {
			t.Fatal(err)
		}
		statements = append(statements, string(schema))
	}
	statements = append(statements, `INSERT INTO links (id) VALUES ('a')`, `INSERT INTO states VALUES (1, 7, 'connected', '', 'r')`)
	if err := plain(t, path, statements...).Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := stored{t, open(t, path, nil)}
		states, err := s.States(t.Context(), "a")
		if err != nil || len(states) != 1 || states[0].RequestID != "r" {
			t.Errorf("%+v, %v", states, err)
		}
		_ = s.Close()
	}
	s := stored{t, open(t, path, nil)}
	same(t, "none of before", s.events("", 5), []string(nil))
	s.keep(happened("a", 1, "one"))
	s.sensitive(false)
	_ = s.Close()
	s = stored{t, open(t, path, nil)}
	same(t, "kept", s.events("a", 5), []string{"one"})
}
