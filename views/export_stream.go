package views

import (
	"context"
	"iter"
	"slices"

	"till/moneykit"
	"till/moneykit/mirror"
)

// sheet is what was asked for, of all links.
func (c ExportCommand) sheet(store *mirror.Store, links []moneykit.LinkID) (sheet, error) {
	filter, err := c.filter()
	if err != nil {
		return sheet{}, err
	}
	ofEach := func(rows func(context.Context, moneykit.LinkID) iter.Seq2[exportRow, error]) func(context.Context) iter.Seq2[exportRow, error] {
		return func(ctx context.Context) iter.Seq2[exportRow, error] { return chained(ctx, links, rows) }
	}
	m := mirrored{store, filter}
	switch c.What {
	case "links":
		return sheet{columns: linkColumns, rows: func(ctx context.Context) iter.Seq2[exportRow, error] { return m.links(ctx, links) }}, nil
	case "accounts":
		return sheet{columns: accountColumns, rows: ofEach(m.accounts)}, nil
	case "transactions":
		return sheet{columns: transactionColumns, rows: ofEach(m.transactions)}, nil
	}
	return sheet{columns: changeColumns, rows: ofEach(m.changes)}, nil
}

// chained are the rows of one link after another's.
func chained(
	ctx context.Context, links []moneykit.LinkID, rows func(context.Context, moneykit.LinkID) iter.Seq2[exportRow, error],
) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		for _, link := range links {
			for row, err := range rows(ctx, link) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// orElse are rows, or where there is none the error that why returns, if any.
func orElse(rows func(context.Context) iter.Seq2[exportRow, error], why func(context.Context) error) func(context.Context) iter.Seq2[exportRow, error] {
	return func(ctx context.Context) iter.Seq2[exportRow, error] {
		return func(yield func(exportRow, error) bool) {
			none := true
			for row, err := range rows(ctx) {
				none = false
				if !yield(row, err) {
					return
				}
			}
			if none {
				if err := why(ctx); err != nil {
					yield(nil, err)
				}
			}
		}
	}
}

// mirrored reads rows from a mirror.
type mirrored struct {
	store  *mirror.Store
	filter mirror.Filter
}

func (m mirrored) links(ctx context.Context, links []moneykit.LinkID) iter.Seq2[exportRow, error] {
	wanted := make(map[moneykit.LinkID]bool, len(links))
	for _, id := range links {
		wanted[id] = true
	}
	return func(yield func(exportRow, error) bool) {
		goOn := true
		err := m.store.Links(ctx, func(page []mirror.LinkSeen) bool {
			for _, seen := range page {
				if wanted[seen.Link.ID] && goOn {
					goOn = yield(exportedLink{seen.Link.ID, seen.Link, seen.At}, nil)
				}
			}
			return goOn
		})
		if err != nil && goOn {
			yield(nil, err)
		}
	}
}

func (m mirrored) accounts(ctx context.Context, link moneykit.LinkID) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		accounts, _, err := m.store.Accounts(ctx, link)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, a := range accounts {
			if m.about(a.ID) && !yield(exportedAccount{link, a}, nil) {
				return
			}
		}
	}
}

func (m mirrored) transactions(ctx context.Context, link moneykit.LinkID) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		found, err := m.store.Find(ctx, link, m.filter, mirror.ByDate, false, 0)
		if err != nil {
			yield(nil, err)
			return
		}
		transactionsSheet(m.store, "", link, found.Rows).rows(ctx)(yield)
	}
}

// changes are the oldest first.
func (m mirrored) changes(ctx context.Context, link moneykit.LinkID) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		syncs, err := m.store.Syncs(ctx, link)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, sync := range slices.Backward(syncs) {
			if !m.during(moneykit.DateOf(sync.At.Local())) {
				continue
			}
			changes, err := m.store.Changes(ctx, link, sync.Seq)
			if err != nil {
				yield(nil, err)
				return
			}
			changes = slices.DeleteFunc(changes, func(c mirror.Change) bool { return !m.about(c.Transaction().AccountID) })
			for row, err := range changesOf(ctx, m.store, link, sync, changes) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// about reports whether an account is wanted.
func (m mirrored) about(account moneykit.AccountID) bool {
	return m.filter.Account == "" || m.filter.Account == account
}

// during reports whether a day is wanted.
func (m mirrored) during(day moneykit.Date) bool {
	return (m.filter.From.IsZero() || day.Compare(m.filter.From) >= 0) && (m.filter.To.IsZero() || day.Compare(m.filter.To) <= 0)
}
