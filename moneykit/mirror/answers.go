package mirror

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

// ErrSensitive says that account numbers or identity were not kept, because the store
// was not told to.
var ErrSensitive = errors.New("mirror: account numbers and identity are not kept")

// Answer is what a product answered, and when it last did.
type Answer struct {
	Product   moneykit.Product
	At        time.Time
	RequestID string
	Body      []byte // the API's JSON
}

// sensitive are the products whose answers are kept only on demand.
func sensitive() []moneykit.Product {
	return []moneykit.Product{moneykit.ProductAccountNumbers, moneykit.ProductIdentity}
}

// KeepSensitive says whether account numbers and identity are kept. If they are not,
// those that were kept before go.
func (f *Store) KeepSensitive(ctx context.Context, keep bool) error {
	f.sensitive.Store(keep)
	if keep || f.write.untouched() {
		return nil
	}
	dropped := false
	err := f.write.commit(ctx, func() error {
		for _, product := range sensitive() {
			if err := f.write.exec(dropAnswers, string(product)); err != nil {
				return err
			}
			dropped = dropped || f.write.db.Changes() > 0
		}
		return nil
	})
	if err != nil || !dropped {
		return err
	}
	// The log holds what was there.
	return f.write.use(ctx, func() error { return f.write.exec("PRAGMA wal_checkpoint(TRUNCATE)") })
}

// PutAnswer keeps an answer in a row of its own when it is another than the one
// before. What was answered earlier than what is kept is left out.
func (f *Store) PutAnswer(ctx context.Context, link moneykit.LinkID, a Answer) error {
	return f.write.commit(ctx, func() error {
		if slices.Contains(sensitive(), a.Product) && !f.sensitive.Load() {
			return ErrSensitive
		}
		if err := f.write.exec(rememberLink, string(link)); err != nil {
			return err
		}
		row, _, err := f.write.head(link)
		if err != nil {
			return err
		}
		before, err := f.write.answer(link, a.Product)
		switch {
		case err != nil:
			return err
		case !before.At.IsZero() && inFuture(before.At.UnixNano()):
			if err := f.write.rewind(row, a.At); err != nil {
				return err
			}
			before.At = a.At.Add(-1)
		case a.At.Before(before.At):
			return nil
		}
		switch {
		case !before.At.IsZero() && bytes.Equal(a.Body, before.Body):
			return f.write.exec(sameAnswer, a.At.UnixNano(), a.RequestID, row, string(a.Product), before.At.UnixNano())
		}
		return f.write.exec(addAnswer, row, string(a.Product), a.At.UnixNano(), a.Body, a.RequestID)
	})
}

// Answer returns what a link's product answered last, the zero Answer when nothing is
// kept of it.
func (f *Store) Answer(ctx context.Context, link moneykit.LinkID, product moneykit.Product) (a Answer, err error) {
	err = f.read.use(ctx, func() error {
		a, err = f.read.answer(link, product)
		return err
	})
	return a, err
}

func (c *conn) answer(link moneykit.LinkID, product moneykit.Product) (a Answer, err error) {
	err = c.run(newestAnswer, []any{string(link), string(product)}, func(s *sqlite3.Stmt) error {
		a = Answer{Product: product, At: time.Unix(0, s.ColumnInt64(0)).UTC(), Body: s.ColumnBlob(1, nil), RequestID: s.ColumnText(2)}
		return nil
	})
	return a, err
}
