package mirror

import (
	"context"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/shopspring/decimal"

	"till/moneykit"
)

// Flow is what moved an account on a day: what entered it less what left it.
type Flow struct {
	Day             moneykit.Date
	Posted, Pending decimal.Decimal
}

// Settlement is a transaction that was pending until a sync at At.
type Settlement struct {
	At     time.Time
	Day    moneykit.Date
	Amount decimal.Decimal // signed, as it was posted
}

// Flow returns what moved an account, oldest first: a Flow for each day that has
// transactions in the table. Transactions in other currencies than the account's
// are left out, and so are all while its currency is not known.
func (f *Store) Flow(ctx context.Context, link moneykit.LinkID, account moneykit.AccountID) ([]Flow, error) {
	var flows []Flow
	err := f.read.use(ctx, func() error {
		return f.read.run(flowOf, []any{string(link), string(account)}, func(s *sqlite3.Stmt) error {
			amount, err := decimal.NewFromString(s.ColumnText(2))
			if err != nil {
				return ErrDamaged
			}
			day := dateOf(s.ColumnInt64(0))
			if len(flows) == 0 || flows[len(flows)-1].Day != day {
				flows = append(flows, Flow{Day: day})
			}
			if last := &flows[len(flows)-1]; s.ColumnBool(1) {
				last.Pending = last.Pending.Add(amount)
			} else {
				last.Posted = last.Posted.Add(amount)
			}
			return nil
		})
	})
	return flows, err
}

// Settlements returns the posted transactions of an account that were pending when they
// were first synced, in the order in which they were seen to settle. It leaves out
// what Flow does.
func (f *Store) Settlements(ctx context.Context, link moneykit.LinkID, account moneykit.AccountID) ([]Settlement, error) {
	var all []Settlement
	err := f.read.use(ctx, func() error {
		return f.read.run(settledOf, []any{string(link), string(account)}, func(s *sqlite3.Stmt) error {
			amount, err := decimal.NewFromString(s.ColumnText(2))
			if err != nil {
				return ErrDamaged
			}
			all = append(all, Settlement{time.Unix(0, s.ColumnInt64(0)).UTC(), dateOf(s.ColumnInt64(1)), amount})
			return nil
		})
	})
	return all, err
}

// dateOf turns back what dayOf counts.
func dateOf(day int64) moneykit.Date {
	return moneykit.DateOf(time.Unix(day*secondsOfDay, 0).UTC())
}
