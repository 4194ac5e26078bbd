package mirror

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/shopspring/decimal"

	"till/moneykit"
)

// Filter says which of a link's transactions are meant; the zero Filter means all
// of those in its table.
type Filter struct {
	Text        string // all of its words are to be found; case does not matter
	Account     moneykit.AccountID
	From, To    moneykit.Date       // both included
	Least, Most decimal.NullDecimal // of the amount, without its direction; both included
	Type        moneykit.TransactionType
	Status      Status
	Category    string // the finest that is known
}

// Status is whether a transaction is settled.
type Status string

// The states of a transaction; the empty Status stands for both.
const (
	Pending Status = "pending"
	Posted  Status = "posted"
)

// Order is what transactions are sorted by. Those that are alike in it come newest
// first.
type Order string

// The orders.
const (
	ByDate        Order = "date"
	ByAmount      Order = "amount" // with its direction: debits first
	ByDescription Order = "description"
	ByAccount     Order = "account"
	ByCategory    Order = "category"
)

// Row is the place of a transaction in the store. It stays the same as long as the
// store is there.
type Row int64

// Found is what a Filter picks.
type Found struct {
	Rows       []Row // in order
	Sums       []Sum // one a currency
	Months     []Group
	Categories []Group // the largest first
}

// Sum is what some transactions in one currency add up to.
type Sum struct {
	Currency string
	Count    int
	In, Out  decimal.Decimal // what entered and what left; neither is negative
}

// Net is what entered less what left.
func (s Sum) Net() decimal.Decimal { return s.In.Sub(s.Out) }

// Group is the transactions of one month, "2026-09", or of one category.
type Group struct {
	Name string
	Sums []Sum // one a currency
}

// errEnough ends a query.
var errEnough = errors.New("mirror: enough")

// Find picks transactions of a link and adds them up. It reads no more than limit
// of them, 0 for all.
func (f *Store) Find(ctx context.Context, link moneykit.LinkID, filter Filter, order Order, reverse bool, limit int) (Found, error) {
	words := strings.Fields(strings.ToLower(filter.Text))
	t := tally{sums: sums{}, months: map[int64]sums{}, categories: map[string]sums{}}
	var rows []Row
	err := f.find.use(ctx, func() error {
		return f.find.run(findTransactions(order, reverse), filter.args(link, words), func(s *sqlite3.Stmt) error {
			if len(words) > 1 && !holdsAll(s.ColumnText(5), words[1:]) {
				return nil
			}
			if limit > 0 && len(rows) == limit {
				return errEnough
			}
			rows = append(rows, Row(s.ColumnInt64(0)))
			return t.add(s.ColumnInt64(1), s.ColumnText(2), s.ColumnText(3), s.ColumnText(4))
		})
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Found{}, err
	}
	return Found{Rows: rows, Sums: t.sums.list(), Months: t.byMonth(), Categories: t.byCategory()}, nil
}

// args are the parameters of findTransactions.
func (f Filter) args(link moneykit.LinkID, words []string) []any {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if f.From != (moneykit.Date{}) {
		from = dayOf(f.From)
	}
	if f.To != (moneykit.Date{}) {
		to = dayOf(f.To)
	}
	least, most := 0.0, math.MaxFloat64
	if f.Least.Valid {
		least, _ = f.Least.Decimal.Float64()
	}
	if f.Most.Valid {
		most, _ = f.Most.Decimal.Float64()
	}
	first := ""
	if len(words) > 0 {
		first = words[0]
	}
	return []any{
		string(link), from, to, string(f.Account), least, most, string(f.Type), string(f.Status), f.Category,
		first, len(words) > 1,
	}
}

func holdsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// At returns what is at each of rows now. Those that are gone meanwhile
// are left out.
func (f *Store) At(ctx context.Context, rows ...Row) (map[Row]moneykit.Transaction, error) {
	found := make(map[Row]moneykit.Transaction, len(rows))
	err := f.read.use(ctx, func() error {
		for _, row := range rows {
			err := f.read.run(transactionAt, []any{int64(row)}, func(s *sqlite3.Stmt) error {
				var t moneykit.Transaction
				if err := decode(s.ColumnBlob(0, nil), &t); err != nil {
					return err
				}
				found[row] = t
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}
