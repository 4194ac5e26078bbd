package moneykit

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"
)

// SecurityID identifies a security.
type SecurityID string

// Security is what a holding is of: a share, a fund, a bond.
type Security struct {
	Object
	ID         SecurityID          `json:"security_id"`
	Name       string              `json:"name"`
	Type       string              `json:"type"`
	Currency   string              `json:"currency"` // of its prices
	Ticker     string              `json:"ticker"`
	ISIN       string              `json:"isin"`
	SEDOL      string              `json:"sedol"`
	ClosePrice decimal.NullDecimal `json:"close_price"`
	CloseDate  Date                `json:"close_date"`
}

// UnmarshalJSONFrom decodes a security and remembers its JSON.
func (s *Security) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Security
	if err := s.keep(d, (*plain)(s)); err != nil {
		return err
	}
	return bounded(s.ClosePrice)
}

// Holding is how much of a security an account holds. Amounts are in the
// security's currency.
type Holding struct {
	Object
	AccountID  AccountID           `json:"account_id"`
	SecurityID SecurityID          `json:"security_id"`
	Quantity   decimal.Decimal     `json:"quantity"`
	Price      decimal.NullDecimal `json:"price"`          // of one
	PricedAt   time.Time           `json:"price_datetime"` // zero when not told
	Value      decimal.NullDecimal `json:"value"`
	CostBasis  decimal.NullDecimal `json:"cost_basis"` // what was paid for it
}

// UnmarshalJSONFrom decodes a holding and remembers its JSON.
func (h *Holding) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Holding
	if err := h.keep(d, (*plain)(h)); err != nil {
		return err
	}
	return bounded(known(h.Quantity), h.Price, h.Value, h.CostBasis)
}

// HoldingsResult holds what a link's accounts hold, and the securities and
// accounts that it speaks of.
type HoldingsResult struct {
	Response `json:"-"`
	Extra
	Holdings   []Holding  `json:"holdings"`
	Securities []Security `json:"securities"`
	Accounts   []Account  `json:"accounts"`
	Link       Link       `json:"link"`
}

// Holdings returns what a link's accounts hold, all of them or the given ones.
//
// MoneyKit API: GET /links/{id}/investments/holdings
func (c *Client) Holdings(ctx context.Context, id LinkID, only ...AccountID) (*HoldingsResult, error) {
	return call[HoldingsResult](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/investments/holdings", args: []string{string(id)},
		query: accountIDs(only),
	})
}

// InvestmentTransactionID identifies an investment transaction of a link.
type InvestmentTransactionID string

// InvestmentTransaction is a purchase, a sale, a dividend or the like. Unlike a
// [Transaction] its amount has a sign, and a positive one is a debit.
type InvestmentTransaction struct {
	Object
	ID          InvestmentTransactionID `json:"investment_transaction_id"`
	AccountID   AccountID               `json:"account_id"`
	Amount      decimal.Decimal         `json:"amount"`
	Date        Date                    `json:"date"`
	Time        time.Time               `json:"datetime"` // zero when not told
	Description string                  `json:"description"`
	Type        string                  `json:"type"`
	Fees        decimal.NullDecimal     `json:"fees"`
	ForexRate   decimal.NullDecimal     `json:"forex_rate"`
	Price       decimal.NullDecimal     `json:"price"` // of one
	Quantity    decimal.NullDecimal     `json:"quantity"`
	SecurityID  SecurityID              `json:"security_id"` // empty when it is of none
}

// UnmarshalJSONFrom decodes an investment transaction and remembers its JSON.
func (t *InvestmentTransaction) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain InvestmentTransaction
	if err := t.keep(d, (*plain)(t)); err != nil {
		return err
	}
	return bounded(known(t.Amount), t.Fees, t.ForexRate, t.Price, t.Quantity)
}

// Signed returns the amount as a [Transaction] has it: negative for a debit.
func (t InvestmentTransaction) Signed() decimal.Decimal { return t.Amount.Neg() }

// InvestmentTransactionsPage is one page of investment transactions, newest
// first, and the securities and accounts that it speaks of.
type InvestmentTransactionsPage struct {
	Response `json:"-"`
	Extra
	Total        int                     `json:"total"`
	Page         int                     `json:"page"`
	Size         int                     `json:"size"`
	Transactions []InvestmentTransaction `json:"investment_transactions"`
	Securities   []Security              `json:"securities"`
	Accounts     []Account               `json:"accounts"`
	Link         Link                    `json:"link"`
}

// InvestmentTransactions walks a link's investment transactions, newest first.
//
// MoneyKit API: GET /links/{id}/investments/transactions
func (c *Client) InvestmentTransactions(ctx context.Context, id LinkID, q TransactionsQuery) iter.Seq2[InvestmentTransaction, error] {
	return walkPages(func(page int) ([]InvestmentTransaction, int, error) {
		p, err := c.InvestmentTransactionsPage(ctx, id, page, q)
		if err != nil {
			return nil, 0, err
		}
		return p.Transactions, p.Total, nil
	})
}

// InvestmentTransactionsPage returns one page, counted from 1.
//
// MoneyKit API: GET /links/{id}/investments/transactions
func (c *Client) InvestmentTransactionsPage(ctx context.Context, id LinkID, page int, q TransactionsQuery) (*InvestmentTransactionsPage, error) {
	return call[InvestmentTransactionsPage](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/investments/transactions", args: []string{string(id)},
		query: q.params(page),
	})
}
