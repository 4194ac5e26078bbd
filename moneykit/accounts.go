package moneykit

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"
)

// AccountID identifies an account of a link.
type AccountID string

// AccountType is dotted, as in depository.checking; older links bring
// credit_card, loan.* or unknown.
type AccountType string

// Liability reports whether the account is a debt of its owner's. Its balances
// then read the other way round.
func (t AccountType) Liability() bool {
	group, _, _ := strings.Cut(string(t), ".")
	return group == "liability" || group == "loan" || group == "credit_card"
}

// Account is one account of a link.
type Account struct {
	Object
	ID       AccountID   `json:"account_id"`
	Type     AccountType `json:"account_type"`
	Name     string      `json:"name"`
	Nickname string      `json:"nickname"`
	Mask     string      `json:"account_mask"` // the number's last digits
	Balances Balances    `json:"balances"`
	Closed   bool        `json:"closed"`
	// OriginalID is the account's id at the provider, "" when not told.
	OriginalID string `json:"original_id"`
}

// UnmarshalJSONFrom decodes an account and remembers its JSON.
func (a *Account) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Account
	if err := a.keep(d, (*plain)(a)); err != nil {
		return err
	}
	return a.Balances.bounded()
}

// Balances are in Currency. For liabilities a positive amount is owed; for all
// other accounts a negative one is.
type Balances struct {
	Extra
	Currency  string              `json:"currency"` // ISO 4217 or similar
	Current   decimal.NullDecimal `json:"current"`
	Available decimal.NullDecimal `json:"available"`
	Limit     decimal.NullDecimal `json:"limit"`
	Date      time.Time           `json:"balance_date"` // zero when not told
}

func (b Balances) bounded() error { return bounded(b.Current, b.Available, b.Limit) }

// MarshalJSON encodes the amounts as JSON numbers with the decimals they have.
func (b Balances) MarshalJSON() ([]byte, error) {
	number := func(d decimal.NullDecimal) jsontext.Value {
		if !d.Valid {
			return jsontext.Value("null")
		}
		return jsontext.Value(d.Decimal.StringFixed(max(0, -d.Decimal.Exponent())))
	}
	return json.Marshal(struct {
		Currency  string         `json:"currency,omitzero"`
		Current   jsontext.Value `json:"current"`
		Available jsontext.Value `json:"available"`
		Limit     jsontext.Value `json:"limit"`
		Date      time.Time      `json:"balance_date,omitzero"`
	}{b.Currency, number(b.Current), number(b.Available), number(b.Limit), b.Date})
}

// AccountsResult holds a link's accounts and the link they were read from.
type AccountsResult struct {
	Response `json:"-"`
	Extra
	Accounts []Account `json:"accounts"`
	Link     Link      `json:"link"`
}

// AccountResult holds one account and the link it was read from.
type AccountResult struct {
	Response `json:"-"`
	Extra
	Account Account `json:"account"`
	Link    Link    `json:"link"`
}

// Accounts returns a link's accounts with their balances, all of them or the
// given ones. It never asks the institution.
//
// MoneyKit API: GET /links/{id}/accounts
func (c *Client) Accounts(ctx context.Context, id LinkID, only ...AccountID) (*AccountsResult, error) {
	return call[AccountsResult](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/accounts", args: []string{string(id)},
		query: accountIDs(only),
	})
}

// Account returns one account.
//
// MoneyKit API: GET /links/{id}/accounts/{account_id}
func (c *Client) Account(ctx context.Context, id LinkID, account AccountID) (*AccountResult, error) {
	return call[AccountResult](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/accounts/{account_id}",
		args: []string{string(id), string(account)},
	})
}

func accountIDs(ids []AccountID) url.Values {
	params := url.Values{}
	add(params, "account_ids", ids)
	return params
}
