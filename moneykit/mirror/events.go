package mirror

import (
	"context"
	"math"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// eventsKept is how many events are kept, over all links.
const eventsKept = 100_000

// Event is something that was seen to happen to a link.
type Event struct {
	Place     int64 // in the order in which they were kept; 0 for one that is not kept yet
	Link      moneykit.LinkID
	At        time.Time // of the answer that showed it
	RequestID string    // of that answer
	Body      []byte    // what happened, as JSON of whoever saw it
}

// PutEvents keeps events, all of them or none, each in a place of its own after those
// that are kept. Of all links together the newest 100,000 stay; older ones go.
func (f *Store) PutEvents(ctx context.Context, events ...Event) error {
	if len(events) == 0 {
		return nil
	}
	return f.write.commit(ctx, func() error {
		for _, e := range events {
			if err := f.write.exec(rememberLink, string(e.Link)); err != nil {
				return err
			}
			if err := f.write.exec(addEvent, string(e.Link), e.At.UnixNano(), e.RequestID, e.Body); err != nil {
				return err
			}
		}
		return f.write.exec(dropEvents, eventsKept)
	})
}

// Events returns at most limit events, newest first, of one link or of all when link is
// empty: those before a place, or from the newest on for 0.
func (f *Store) Events(ctx context.Context, link moneykit.LinkID, before int64, limit int) ([]Event, error) {
	if f.read.untouched() {
		return nil, nil
	}
	if before == 0 {
		before = math.MaxInt64
	}
	query, args := allEvents, []any{before, limit}
	if link != "" {
		query, args = eventsOf, append(args, string(link))
	}
	var events []Event
	err := f.read.use(ctx, func() error {
		return f.read.run(query, args, func(s *sqlite3.Stmt) error {
			events = append(events, Event{
				Place: s.ColumnInt64(0), Link: moneykit.LinkID(s.ColumnText(1)), At: time.Unix(0, s.ColumnInt64(2)).UTC(),
				RequestID: s.ColumnText(3), Body: s.ColumnBlob(4, nil),
			})
			return nil
		})
	})
	return events, err
}
