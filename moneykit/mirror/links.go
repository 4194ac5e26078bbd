package mirror

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// linksPage is how many links are read from the file at once.
const linksPage = 500

// LinkSeen is a link as it was read at a moment.
type LinkSeen struct {
	Link *moneykit.Link
	At   time.Time
}

// StateSeen is a link's state from a moment on, as far as it was looked at.
type StateSeen struct {
	At        time.Time
	State     moneykit.LinkState
	Error     moneykit.LinkError
	RequestID string // of the answer that showed it
}

// PutLinks keeps links as they were read, and a row of their history for each whose
// state is another than before. What was read earlier than what is kept is left out.
func (f *Store) PutLinks(ctx context.Context, seen ...LinkSeen) error {
	return f.write.commit(ctx, func() error {
		for _, s := range seen {
			if err := f.write.putLink(s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *conn) putLink(s LinkSeen) error {
	if err := c.exec(rememberLink, string(s.Link.ID)); err != nil {
		return err
	}
	var row, readAt int64
	err := c.run(linkRead, []any{string(s.Link.ID)}, func(q *sqlite3.Stmt) error {
		row, readAt = q.ColumnInt64(0), q.ColumnInt64(1)
		return nil
	})
	switch {
	case err != nil:
		return err
	case inFuture(readAt):
		if err := c.rewind(row, s.At); err != nil {
			return err
		}
	case readAt >= s.At.UnixNano():
		return nil
	}
	if err := c.exec(setLink, s.Link.JSON(), s.At.UnixNano(), s.Link.RequestID, row); err != nil {
		return err
	}
	return c.exec(addState, row, s.At.UnixNano(), string(s.Link.State), string(s.Link.ErrorCode), s.Link.RequestID)
}

// Links calls page with the links that were read at least once, some at a time in
// the order they were met, until it returns false.
func (f *Store) Links(ctx context.Context, page func([]LinkSeen) bool) error {
	if f.read.untouched() {
		return nil
	}
	for after := int64(0); ; {
		var seen []LinkSeen
		err := f.read.use(ctx, func() error {
			return f.read.run(linksAfter, []any{after, linksPage}, func(s *sqlite3.Stmt) error {
				var link moneykit.Link
				after = s.ColumnInt64(0)
				if err := decode(s.ColumnBlob(1, nil), &link); err != nil {
					return err
				}
				link.RequestID = s.ColumnText(3)
				if moneykit.LinkState(s.ColumnText(4)) == moneykit.Deleted {
					link.State, link.ErrorCode = moneykit.Deleted, "" // which the last JSON may not say
				}
				seen = append(seen, LinkSeen{Link: &link, At: time.Unix(0, s.ColumnInt64(2)).UTC()})
				return nil
			})
		})
		if err != nil || len(seen) == 0 || !page(seen) {
			return err
		}
	}
}

// States returns the history of a link's state, newest first.
func (f *Store) States(ctx context.Context, link moneykit.LinkID) ([]StateSeen, error) {
	var states []StateSeen
	err := f.read.use(ctx, func() error {
		return f.read.run(statesOf, []any{string(link)}, func(s *sqlite3.Stmt) error {
			states = append(states, StateSeen{
				At: time.Unix(0, s.ColumnInt64(0)).UTC(), State: moneykit.LinkState(s.ColumnText(1)),
				Error: moneykit.LinkError(s.ColumnText(2)), RequestID: s.ColumnText(3),
			})
			return nil
		})
	})
	return states, err
}
