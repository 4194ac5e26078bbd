package sandbox

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// account is one account of a link, as the bank keeps it.
type account struct {
	id       string
	kind     string // the contract's dotted account_type
	name     string
	nickname string
	number   string
	mask     string // the last digits of the number
	routing  string // where the customer said it
	currency string
	limit    decimal.Decimal // of a credit card, else zero
	opening  decimal.Decimal // before the first transaction
	booked   decimal.Decimal // the opening balance and all that is posted
	held     decimal.Decimal // what pending transactions will add to it

	hidden    bool            // not shared: the household lives on it, the API does not show it
	portfolio *portfolio      // of an investment account, else nil
	unvalued  bool            // seen lacks what the portfolio is worth
	imported  *balancesAnswer // what was imported, shown until something happens
	seen      balancesAnswer  // the balances of the last refresh, which the API shows
}

func (a *account) invests() bool { return strings.HasPrefix(a.kind, "investment.") }

func (a *account) liability() bool { return strings.HasPrefix(a.kind, "liability.") }

// effect is what a transaction does to the balance. On a liability, where the
// balance is what is owed, money that leaves makes it grow.
func (a *account) effect(t *transaction) decimal.Decimal {
	if t.credit == a.liability() {
		return t.amount.Neg()
	}
	return t.amount
}

// add books a transaction, or holds it while it is pending.
func (a *account) add(t *transaction) {
	if t.pending {
		a.held = a.held.Add(a.effect(t))
	} else {
		a.booked = a.booked.Add(a.effect(t))
	}
}

// drop undoes add.
func (a *account) drop(t *transaction) {
	if t.pending {
		a.held = a.held.Sub(a.effect(t))
	} else {
		a.booked = a.booked.Sub(a.effect(t))
	}
}

type balancesAnswer struct {
	Currency    string       `json:"currency"`
	Available   *json.Number `json:"available"`
	Current     *json.Number `json:"current"`
	Limit       *json.Number `json:"limit"`
	BalanceDate time.Time    `json:"balance_date"`
}

// look takes the balances that the API shows from now on.
func (a *account) look(at time.Time) {
	if a.imported != nil {
		a.seen, a.imported = *a.imported, nil
		return
	}
	a.unvalued = a.portfolio != nil
	a.seen = balancesAnswer{Currency: a.currency, Current: number(a.booked, a.currency), BalanceDate: at}
	switch {
	case a.limit.IsPositive():
		a.seen.Limit = number(a.limit, a.currency)
		a.seen.Available = number(a.limit.Sub(a.booked).Sub(a.held), a.currency)
	case strings.HasPrefix(a.kind, "depository."):
		a.seen.Available = number(a.booked.Add(a.held), a.currency)
	}
}

// balances are those of the last refresh. What investments are worth is only
// worked out when somebody wants to know.
func (a *account) balances() balancesAnswer {
	if a.unvalued {
		a.portfolio.live(a.priced())
		a.booked = a.portfolio.value(a.priced())
		a.seen.Current, a.unvalued = number(a.booked, a.currency), false
	}
	return a.seen
}

type accountAnswer struct {
	AccountID   string         `json:"account_id"`
	AccountType string         `json:"account_type"`
	Name        string         `json:"name"`
	Nickname    *string        `json:"nickname"`
	AccountMask *string        `json:"account_mask"`
	Balances    balancesAnswer `json:"balances"`
	OriginalID  *string        `json:"original_id"`
	Closed      bool           `json:"closed"`
}

func (a *account) answer() accountAnswer {
	return accountAnswer{
		AccountID:   a.id,
		AccountType: a.kind,
		Name:        a.name,
		Nickname:    optional(a.nickname),
		AccountMask: optional(a.mask),
		Balances:    a.balances(),
	}
}
