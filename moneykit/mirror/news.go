package mirror

import (
	"context"
	"math"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// News is a sync of one of the links.
type News struct {
	Link moneykit.LinkID
	Sync
}

// News returns the syncs of all links from since on that changed something, newest
// first: those older than before, no more than limit. A zero before begins with the
// newest.
func (f *Store) News(ctx context.Context, since time.Time, before News, limit int) ([]News, error) {
	args := []any{int64(math.MinInt64), int64(math.MaxInt64), "", 0, limit}
	if !since.IsZero() {
		args[0] = since.UnixNano()
	}
	if before.Seq > 0 {
		args[1], args[2], args[3] = before.At.UnixNano(), string(before.Link), before.Seq
	}
	var news []News
	err := f.read.use(ctx, func() error {
		return f.read.run(newsSince, args, func(s *sqlite3.Stmt) error {
			news = append(news, News{moneykit.LinkID(s.ColumnText(10)), syncOf(s)})
			return nil
		})
	})
	return news, err
}

// Mark returns a moment that SetMark kept under a name, the zero time for none.
func (f *Store) Mark(ctx context.Context, name string) (at time.Time, err error) {
	err = f.read.use(ctx, func() error {
		return f.read.run(markOf, []any{name}, func(s *sqlite3.Stmt) error {
			at = time.Unix(0, s.ColumnInt64(0)).UTC()
			return nil
		})
	})
	return at, err
}

// SetMark keeps a moment under a name.
func (f *Store) SetMark(ctx context.Context, name string, at time.Time) error {
	return f.write.commit(ctx, func() error { return f.write.exec(setMark, name, at.UnixNano()) })
}
