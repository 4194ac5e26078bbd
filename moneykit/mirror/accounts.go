package mirror

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/shopspring/decimal"

	"till/moneykit"
)

// BalanceSeen is what an account's balances were from a moment on, as far as they
// were looked at.
type BalanceSeen struct {
	At                        time.Time
	Current, Available, Limit decimal.NullDecimal
	Currency                  string
}

// PutAccounts keeps a link's accounts as they were read, and a row of the history
// of balances for each whose balances are others than before.
func (f *Store) PutAccounts(ctx context.Context, link moneykit.LinkID, at time.Time, accounts ...moneykit.Account) error {
	return f.write.commit(ctx, func() error {
		if err := f.write.exec(rememberLink, string(link)); err != nil {
			return err
		}
		row, _, err := f.write.head(link)
		for _, a := range accounts {
			if err == nil {
				err = f.write.putAccount(row, at, a)
			}
		}
		return err
	})
}

func (c *conn) putAccount(link int64, at time.Time, a moneykit.Account) error {
	if err := c.exec(putAccount, link, string(a.ID), a.JSON(), at.UnixNano()); err != nil {
		return err
	}
	b := a.Balances
	return c.exec(addBalance, link, string(a.ID), at.UnixNano(), text(b.Current), text(b.Available), text(b.Limit), b.Currency)
}

// text is how an amount is stored: exactly.
func text(d decimal.NullDecimal) any {
	if !d.Valid {
		return nil
	}
	return d.Decimal.String()
}

// Accounts returns a link's accounts as they were last read, and when that was; no
// accounts and the zero time when they never were.
func (f *Store) Accounts(ctx context.Context, link moneykit.LinkID) (accounts []moneykit.Account, at time.Time, err error) {
	err = f.read.use(ctx, func() error {
		return f.read.run(accountsOf, []any{string(link)}, func(s *sqlite3.Stmt) error {
			var a moneykit.Account
			if err := decode(s.ColumnBlob(0, nil), &a); err != nil {
				return err
			}
			accounts, at = append(accounts, a), time.Unix(0, s.ColumnInt64(1)).UTC()
			return nil
		})
	})
	return accounts, at, err
}

// Balances returns the history of an account's balances, oldest first.
func (f *Store) Balances(ctx context.Context, link moneykit.LinkID, account moneykit.AccountID) ([]BalanceSeen, error) {
	var history []BalanceSeen
	err := f.read.use(ctx, func() error {
		return f.read.run(balancesOf, []any{string(link), string(account)}, func(s *sqlite3.Stmt) error {
			b := BalanceSeen{At: time.Unix(0, s.ColumnInt64(0)).UTC(), Currency: s.ColumnText(4)}
			for i, into := range []*decimal.NullDecimal{&b.Current, &b.Available, &b.Limit} {
				if s.ColumnType(i+1) == sqlite3.NULL {
					continue
				}
				d, err := decimal.NewFromString(s.ColumnText(i + 1))
				if err != nil {
					return ErrDamaged
				}
				*into = decimal.NewNullDecimal(d)
			}
			history = append(history, b)
			return nil
		})
	})
	return history, err
}
