package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
	currency string
	limit    decimal.Decimal // of a credit card, else zero
	opening  decimal.Decimal // before the first transaction
	booked   decimal.Decimal // the opening balance and all that is posted
	held     decimal.Decimal // what pending transactions will add to it

	seen balancesAnswer // the balances of the last refresh, which the API shows
}

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
	a.seen = balancesAnswer{Currency: a.currency, Current: number(a.booked, a.currency), BalanceDate: at}
	switch {
	case a.limit.IsPositive():
		a.seen.Limit = number(a.limit, a.currency)
		a.seen.Available = number(a.limit.Sub(a.booked).Sub(a.held), a.currency)
	case strings.HasPrefix(a.kind, "depository."):
		a.seen.Available = number(a.booked.Add(a.held), a.currency)
	}
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
		Balances:    a.seen,
	}
}

// sketch is an account before it has a number and money.
type sketch struct {
	kind, name, nickname, currency string
	low, high                      int // bounds of the opening balance in US cents
}

// Sketches of the accounts that links have, main account first.
var (
	everyday = []sketch{
		{"depository.checking", "Checking", "", "USD", 180000, 420000},
		{"depository.savings", "Savings", "Rainy day", "USD", 400000, 2200000},
		{"liability.credit_card", "Credit Card", "", "USD", 12000, 90000},
	}
	wealth = []sketch{
		{"investment.brokerage", "Brokerage", "Long haul", "USD", 3500000, 12000000},
		{"liability.mortgage", "Mortgage", "", "USD", 18000000, 42000000},
	}
	travels = []sketch{
		{"depository.checking", "Checking", "Home", "GBP", 220000, 480000},
		{"depository.savings", "Savings", "", "KWD", 600000, 1800000},
		{"liability.credit_card", "Credit Card", "", "GBP", 12000, 90000},
		{"depository.checking", "Euro Checking", "Été à Paris", "EUR", 60000, 140000},
		{"depository.prepaid", "Travel Money", "東京の旅費", "JPY", 40000, 120000},
	}
)

// newAccounts opens the accounts of a link.
func newAccounts(s *Sandbox, l *link, rng *rand.Rand) []*account {
	sketches := everyday
	switch {
	case l.traveller:
		sketches = travels
	case l.product(investmentsProduct) != nil:
		sketches = append(append([]sketch{}, everyday...), wealth...)
	}
	accounts := make([]*account, len(sketches))
	for i, sk := range sketches {
		a := &account{
			id:       s.id("acc_", 22, l.id, "account", sk.name),
			kind:     sk.kind,
			name:     sk.name,
			nickname: sk.nickname,
			number:   fmt.Sprintf("%010d", rng.Int64N(1e10)),
			currency: sk.currency,
			opening:  amount(between(rng, sk.low, sk.high), sk.currency),
		}
		if chance(rng, 400) && !l.traveller {
			a.nickname = ""
		}
		if a.kind == "liability.credit_card" {
			a.limit = amount(between(rng, 6, 15)*100000, a.currency)
		}
		a.mask = a.number[len(a.number)-4:]
		a.booked = a.opening
		accounts[i] = a
	}
	return accounts
}
