package mirror

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// Known returns the links in the order they were met.
func (f *Store) Known(ctx context.Context) ([]moneykit.LinkID, error) {
	if f.read.untouched() {
		return nil, nil // and need not be opened to say so
	}
	var ids []moneykit.LinkID
	err := f.read.use(ctx, func() error {
		return f.read.run(knownLinks, nil, func(s *sqlite3.Stmt) error {
			ids = append(ids, moneykit.LinkID(s.ColumnText(0)))
			return nil
		})
	})
	return ids, err
}

// Head returns the zero Head for a link that was never synced.
func (f *Store) Head(ctx context.Context, link moneykit.LinkID) (head Head, err error) {
	err = f.read.use(ctx, func() error {
		_, head, err = f.read.head(link)
		return err
	})
	return head, err
}

// Syncs returns the history, newest first.
func (f *Store) Syncs(ctx context.Context, link moneykit.LinkID) ([]Sync, error) {
	var syncs []Sync
	err := f.read.use(ctx, func() error {
		return f.read.run(allSyncs, []any{string(link)}, func(s *sqlite3.Stmt) error {
			syncs = append(syncs, syncOf(s))
			return nil
		})
	})
	return syncs, err
}

// Changes returns nothing for a sync that is not in the history.
func (f *Store) Changes(ctx context.Context, link moneykit.LinkID, seq int) ([]Change, error) {
	var changes []Change
	err := f.read.use(ctx, func() error {
		return f.read.run(changesOfSync, []any{string(link), seq}, func(s *sqlite3.Stmt) error {
			c, err := f.read.change(link, s)
			changes = append(changes, c)
			return err
		})
	})
	return changes, err
}

// change reads a kind and the bodies before and after.
func (c *conn) change(link moneykit.LinkID, s *sqlite3.Stmt) (Change, error) {
	read := Change{Kind: Kind(s.ColumnText(0))}
	if err := decode(s.ColumnBlob(1, nil), &read.Before); err != nil {
		return read, err
	}
	if err := decode(s.ColumnBlob(2, nil), &read.After); err != nil || read.Kind != Settled {
		return read, err
	}
	err := c.run(confidenceOf, []any{string(link), string(read.Before.ID)}, func(s *sqlite3.Stmt) error {
		read.Confidence, read.WasGone = s.ColumnFloat(0), s.ColumnBool(1)
		return nil
	})
	return read, err
}

// Transactions pages by key: the last one seen says where to go on.
func (f *Store) Transactions(ctx context.Context, link moneykit.LinkID, q Query) ([]moneykit.Transaction, error) {
	var found []moneykit.Transaction
	args := []any{string(link), string(q.Account), int64(math.MaxInt64), "", int64(math.MaxInt64)}
	if q.After != nil {
		args[2], args[3] = dayOf(q.After.Date), string(q.After.ID)
	}
	if q.Limit > 0 {
		args[4] = q.Limit
	}
	err := f.read.use(ctx, func() error {
		return f.read.run(transactionsOf, args, func(s *sqlite3.Stmt) error {
			var t moneykit.Transaction
			if err := decode(s.ColumnBlob(0, nil), &t); err != nil {
				return err
			}
			found = append(found, t)
			return nil
		})
	})
	return found, err
}

// head returns a link's row, 0 for a link that is not known.
func (c *conn) head(link moneykit.LinkID) (row int64, head Head, err error) {
	err = c.run(linkHead, []any{string(link)}, func(s *sqlite3.Stmt) error {
		row = s.ColumnInt64(0)
		head = Head{Seq: s.ColumnInt(1), Cursor: s.ColumnText(2), More: s.ColumnBool(3)}
		return nil
	})
	return row, head, err
}

func (c *conn) entry(row int64, seq int) (entry Sync, err error) {
	err = c.run(oneSync, []any{row, seq}, func(s *sqlite3.Stmt) error {
		entry = syncOf(s)
		return nil
	})
	return entry, err
}

func syncOf(s *sqlite3.Stmt) Sync {
	return Sync{
		Seq: s.ColumnInt(0), At: time.Unix(0, s.ColumnInt64(1)).UTC(), Before: s.ColumnText(2), After: s.ColumnText(3),
		Created: s.ColumnInt(4), Updated: s.ColumnInt(5), Removed: s.ColumnInt(6), More: s.ColumnBool(7), Continues: s.ColumnBool(8),
		RequestIDs: strings.Fields(s.ColumnText(9)),
	}
}
