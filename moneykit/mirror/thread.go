package mirror

import (
	"context"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// Step is one of the changes that a transaction went through.
type Step struct {
	Change
	Seq       int       // of the sync that brought it
	At        time.Time // of that sync
	RequestID string    // of the page that brought it
}

// Thread returns all that happened to a transaction, oldest first: also while it was
// pending under another id, and what became of it under another. It returns nothing
// for one that is not known.
func (f *Store) Thread(ctx context.Context, link moneykit.LinkID, id moneykit.TransactionID) ([]Step, error) {
	var steps []Step
	err := f.read.use(ctx, func() error {
		version, err := f.read.number(threadEnd, string(link), string(id))
		for err == nil && version > 0 {
			var step Step
			if step, version, err = f.read.step(link, version); err == nil {
				steps = append(steps, step)
			}
		}
		return err
	})
	slices.Reverse(steps)
	return steps, err
}

// step returns a version as a step, and the version before.
func (c *conn) step(link moneykit.LinkID, version int64) (step Step, before int64, err error) {
	err = c.run(threadStep, []any{string(link), version}, func(s *sqlite3.Stmt) error {
		before = s.ColumnInt64(3)
		step.Seq, step.At, step.RequestID = s.ColumnInt(4), time.Unix(0, s.ColumnInt64(5)).UTC(), s.ColumnText(6)
		step.Change, err = c.change(link, s)
		return err
	})
	if err == nil && step.Kind == Settled { // which may have been gone before
		before, err = c.number(newestVersion, string(link), string(step.Before.ID))
	}
	return step, before, err
}

// number returns what a query for one finds, 0 for nothing.
func (c *conn) number(query string, args ...any) (n int64, err error) {
	err = c.run(query, args, func(s *sqlite3.Stmt) error {
		n = s.ColumnInt64(0)
		return nil
	})
	return n, err
}
