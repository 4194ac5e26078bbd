package mirror

import (
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

const secondsOfDay = 24 * 60 * 60

// fillStep is how many transactions fillColumns takes at a time.
const fillStep = 1000

// columns are what a transaction is found by, in the order of the table.
func columns(t moneykit.Transaction) []any {
	amount, _ := t.Signed().Float64() // to sort and compare; the value is exact
	return []any{
		string(t.AccountID), dayOf(t.Date), t.Pending, amount,
		t.Signed().String(), t.Currency, t.FinestCategory(), words(t),
	}
}

// words is what a search looks through. The description is first: it sorts by it.
func words(t moneykit.Transaction) string {
	all := []string{t.Description}
	for _, more := range []string{t.RawDescription, merchant(t)} {
		if !strings.EqualFold(more, t.Description) {
			all = append(all, more)
		}
	}
	all = append(all, strings.ReplaceAll(t.FinestCategory(), "_", " "), t.Date.String(), t.Amount.String())
	return strings.ToLower(strings.Join(all, "\n"))
}

// dayOf counts days from 1970-01-01.
func dayOf(d moneykit.Date) int64 {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay
}

// fillColumns works the columns out for transactions from before there were any.
func (c *conn) fillColumns() error {
	for after := int64(0); ; {
		filled := map[int64]moneykit.Transaction{}
		err := c.run(versionsAfter, []any{after, fillStep}, func(s *sqlite3.Stmt) error {
			var t moneykit.Transaction
			after = s.ColumnInt64(0)
			_ = decode(s.ColumnBlob(1, nil), &t) // what cannot be read is found nowhere
			filled[after] = t
			return nil
		})
		if err != nil || len(filled) == 0 {
			return err
		}
		for txn, t := range filled {
			if err := c.exec(setColumns, t.Signed().String(), t.Currency, words(t), txn); err != nil {
				return err
			}
		}
	}
}
