package mirror

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// Stats counts what a mirror holds.
type Stats struct {
	Links        int
	Transactions int       // in the tables of all links
	Versions     int       // of them, with those that were removed
	Syncs        int       // that changed something
	LastSync     time.Time // that did; zero for none
}

// Stats reads through the file's indexes.
func (f *Store) Stats(ctx context.Context) (stats Stats, err error) {
	err = f.read.use(ctx, func() error {
		return f.read.run(mirrorStats, nil, func(s *sqlite3.Stmt) error {
			stats = Stats{Links: s.ColumnInt(0), Transactions: s.ColumnInt(1), Versions: s.ColumnInt(2), Syncs: s.ColumnInt(3)}
			if at := s.ColumnInt64(4); at > 0 {
				stats.LastSync = time.Unix(0, at).UTC()
			}
			return nil
		})
	})
	return stats, err
}
