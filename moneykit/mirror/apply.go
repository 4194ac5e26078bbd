package mirror

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// Remember notes links in the order they are met.
func (f *Store) Remember(ctx context.Context, links ...moneykit.LinkID) error {
	return f.write.commit(ctx, func() error {
		for _, link := range links {
			if err := f.write.exec(rememberLink, string(link)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Apply commits pages and the last one's cursor together, or nothing of them. A page
// that was applied before changes nothing. It returns the history's entry so far,
// with Seq 0 while there is nothing in it.
func (f *Store) Apply(ctx context.Context, link moneykit.LinkID, pages ...Page) (Sync, error) {
	var entry Sync
	err := f.write.commit(ctx, func() (err error) {
		if err := f.write.exec(rememberLink, string(link)); err != nil {
			return err
		}
		row, head, err := f.write.head(link)
		if err != nil {
			return err
		}
		last, err := f.write.lastVersion()
		if err != nil {
			return err
		}
		for _, page := range pages {
			switch {
			case page.Before != head.Cursor && page.After == head.Cursor:
			case page.Before != head.Cursor || page.Seq < 1 || page.Seq < head.Seq || page.Seq > head.Seq+1:
				return ErrStale
			default:
				a := applier{conn: f.write, link: row, page: page, head: head, last: last}
				if head, err = a.apply(); err != nil {
					return err
				}
				last = a.last
			}
			if entry, err = f.write.entry(row, page.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Sync{}, err
	}
	return entry, nil
}

// applier applies one page to one link.
type applier struct {
	*conn
	link                      int64
	page                      Page
	head                      Head
	last                      int64 // version there is
	created, updated, removed int
}

// apply returns the head after the page.
func (a *applier) apply() (Head, error) {
	first := a.last + 1
	for _, t := range slices.Concat(a.page.Created, a.page.Updated) {
		if err := a.put(t); err != nil {
			return Head{}, err
		}
	}
	for _, id := range a.page.Removed {
		if err := a.remove(id); err != nil {
			return Head{}, err
		}
	}
	head := Head{Seq: a.head.Seq, Cursor: a.page.After, More: a.page.More}
	if a.created+a.updated+a.removed > 0 {
		if err := a.record(first); err != nil {
			return Head{}, err
		}
		head.Seq = a.page.Seq
	}
	if err := a.exec(seePage, a.last, a.link); err != nil {
		return Head{}, err
	}
	if err := a.exec(endSync, a.page.More, a.link, a.page.Seq); err != nil {
		return Head{}, err
	}
	return head, a.exec(advance, head.Cursor, head.More, head.Seq, a.link)
}

// record adds what was changed to the sync's entry, which the first change makes.
func (a *applier) record(first int64) error {
	if a.head.Seq < a.page.Seq {
		if err := a.exec(beginSync, a.link, a.page.Seq, a.page.At.UnixNano(), a.page.Before, a.head.More); err != nil {
			return err
		}
	}
	if err := a.exec(addPage, a.link, a.page.Seq, first, a.last, a.page.RequestID); err != nil {
		return err
	}
	return a.exec(growSync, a.page.At.UnixNano(), a.page.After, a.created, a.updated, a.removed, a.page.RequestID, a.link, a.page.Seq)
}

// put takes a created or updated transaction in.
func (a *applier) put(t moneykit.Transaction) error {
	body, err := bodyOf(t)
	if err != nil {
		return err
	}
	columns := append([]any{a.last + 1}, columns(t)...)
	columns = append(columns, seenNow(t))
	if err := a.exec(addTransaction, append(columns, a.link, string(t.ID))...); err != nil {
		return err
	}
	if a.db.Changes() > 0 {
		a.created++
		return a.version(Created, nil, body)
	}
	was, err := a.current(t.ID)
	if err != nil {
		return err
	}
	if was.settled {
		if err := a.unsettle(was.txn); err != nil {
			return err
		}
	}
	switch {
	case !was.told: // it was removed or gone, and is there again
		a.created++
		err = a.version(Created, was.version, body)
	case len(Change{Kind: Updated, Before: was.Transaction, After: t}.Fields()) == 0:
		// What has changed is nothing that anybody is told of.
		columns[0] = was.version
		err = a.exec(sameBody, body, was.version)
	default:
		a.updated++
		err = a.version(Updated, was.version, body)
	}
	if err != nil {
		return err
	}
	return a.exec(setTransaction, append(columns, was.txn)...)
}

// seenNow is what put notes of when a transaction was seen: of a pending one, later
// than all until its page ends.
func seenNow(t moneykit.Transaction) int64 {
	if t.Pending {
		return math.MaxInt64
	}
	return 0
}

func (a *applier) remove(id moneykit.TransactionID) error {
	was, err := a.current(id)
	if err != nil || !was.live {
		return err
	}
	a.removed++
	if err := a.version(Removed, was.version, nil); err != nil {
		return err
	}
	return a.exec(setGone, a.last, 0, was.txn)
}

// latest is what is known of a transaction, zero for nothing.
type latest struct {
	moneykit.Transaction
	txn, version int64
	live         bool
	settled      bool // another took its place
	told         bool // the version is one of the transaction, and not that it went
}

func (a *applier) current(id moneykit.TransactionID) (was latest, err error) {
	err = a.run(currentVersion, []any{a.link, string(id)}, func(s *sqlite3.Stmt) error {
		body := s.ColumnBlob(3, nil)
		was = latest{txn: s.ColumnInt64(0), live: s.ColumnBool(1), version: s.ColumnInt64(2), told: len(body) > 0, settled: s.ColumnBool(4)}
		return decode(body, &was.Transaction)
	})
	return was, err
}

// version adds the next version of a transaction.
func (a *applier) version(kind Kind, prior any, body []byte) error {
	a.last++
	var stored any
	if body != nil {
		stored = body
	}
	return a.exec(addVersion, a.last, string(kind), prior, stored)
}

func (c *conn) lastVersion() (last int64, err error) {
	err = c.run(lastVersion, nil, func(s *sqlite3.Stmt) error {
		last = s.ColumnInt64(0)
		return nil
	})
	return last, err
}

// bodyOf is a transaction as the API gave it.
func bodyOf(t moneykit.Transaction) ([]byte, error) {
	if raw := t.JSON(); len(raw) > 0 {
		return raw, nil
	}
	return json.Marshal(t)
}

func decode[T any](body []byte, into *T) error {
	if len(body) == 0 {
		return nil
	}
	v, err := moneykit.Decode[T](body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	*into = *v
	return nil
}
