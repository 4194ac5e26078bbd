package mirror

import (
	"context"
	"slices"
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

// AccountChange is what a read of a link's accounts showed to be otherwise than the
// read before: an account that is new, one that is gone, or one that has another id.
type AccountChange struct {
	Before moneykit.Account // zero when it is new
	After  moneykit.Account // zero when it is gone
}

// PutAccounts keeps all of a link's accounts as they were read, and a row of the
// history of balances for each whose balances are others than before. It returns how
// the accounts differ from those of the read before, nothing for the first. What was
// read earlier than what is kept is left out.
func (f *Store) PutAccounts(ctx context.Context, link moneykit.LinkID, at time.Time, accounts ...moneykit.Account) ([]AccountChange, error) {
	var changes []AccountChange
	err := f.write.commit(ctx, func() error {
		if err := f.write.exec(rememberLink, string(link)); err != nil {
			return err
		}
		row, _, err := f.write.head(link)
		if err != nil {
			return err
		}
		before, first, last, err := f.write.accountsBefore(row)
		switch {
		case err != nil:
			return err
		case inFuture(last):
			if err := f.write.rewind(row, at); err != nil {
				return err
			}
		case at.UnixNano() < last:
			return nil
		}
		if !first {
			changes = compareAccounts(before, accounts)
		}
		return f.write.putAccounts(row, at, accounts, changes)
	})
	if err != nil {
		return nil, err
	}
	return changes, nil
}

// meetAccounts reads a link's accounts when nobody has yet, so that what was synced has
// names without MoneyKit. That they cannot be read is told where they are shown.
func (m *Mirror) meetAccounts(ctx context.Context, link moneykit.LinkID) {
	if _, at, err := m.store.Accounts(ctx, link); err != nil || !at.IsZero() {
		return
	}
	at := time.Now()
	if got, err := m.client.Accounts(ctx, link); err == nil {
		_, _ = m.store.PutAccounts(ctx, link, at, got.Accounts...)
	}
}

// accountsBefore returns what the last read of a link's accounts showed, when that
// was, and whether there was none before.
func (c *conn) accountsBefore(link int64) (accounts []moneykit.Account, first bool, last int64, err error) {
	first = true
	err = c.run(accountsBefore, []any{link}, func(s *sqlite3.Stmt) error {
		first = false
		seen := s.ColumnInt64(1)
		if seen > last {
			accounts, last = nil, seen
		}
		if seen == 0 || seen < last {
			return nil
		}
		var a moneykit.Account
		err := decode(s.ColumnBlob(0, nil), &a)
		accounts = append(accounts, a)
		return err
	})
	return accounts, first, last, err
}

func (c *conn) putAccounts(link int64, at time.Time, accounts []moneykit.Account, changes []AccountChange) error {
	if len(accounts) == 0 {
		return c.exec(noAccounts, link)
	}
	was := map[moneykit.AccountID]moneykit.AccountID{}
	for _, change := range changes {
		was[change.After.ID] = change.Before.ID
	}
	for _, a := range accounts {
		if err := c.exec(putAccount, link, string(a.ID), a.JSON(), at.UnixNano(), string(was[a.ID])); err != nil {
			return err
		}
		b := a.Balances
		err := c.exec(addBalance, link, string(a.ID), at.UnixNano(), text(b.Current), text(b.Available), text(b.Limit), b.Currency)
		if err != nil {
			return err
		}
	}
	return nil
}

// compareAccounts tells two reads apart. An account that is gone and a new one are the
// same with another id when nothing else can be meant.
func compareAccounts(before, after []moneykit.Account) []AccountChange {
	gone, added := missing(before, after), missing(after, before)
	var changes []AccountChange
	moved := map[moneykit.AccountID]bool{}
	for _, a := range gone {
		change := AccountChange{Before: a}
		if now := sameAs(a, added); len(now) == 1 && len(sameAs(a, gone)) == 1 {
			change.After = now[0]
			moved[now[0].ID] = true
		}
		changes = append(changes, change)
	}
	for _, a := range added {
		if !moved[a.ID] {
			changes = append(changes, AccountChange{After: a})
		}
	}
	return changes
}

// missing returns those accounts whose ids are not among the others'.
func missing(accounts, others []moneykit.Account) []moneykit.Account {
	known := map[moneykit.AccountID]bool{}
	for _, a := range others {
		known[a.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(a moneykit.Account) bool { return known[a.ID] })
}

// sameAs returns the accounts that could be a, but for the id.
func sameAs(a moneykit.Account, accounts []moneykit.Account) []moneykit.Account {
	var same []moneykit.Account
	for _, b := range accounts {
		if a.Mask != "" && a.Mask == b.Mask && a.Type == b.Type && a.Name == b.Name {
			same = append(same, b)
		}
	}
	return same
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

// Balances returns the history of an account's balances, oldest first. It begins
// before a change of the account's id.
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
