package moneykit

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// NumberedAccount is an account with the numbers that money can be sent to.
type NumberedAccount struct {
	Account
	Numbers Numbers `json:"numbers"`
}

// UnmarshalJSONFrom decodes an account with its numbers and remembers its JSON.
func (a *NumberedAccount) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type Plain Account
	err := a.keep(d, &struct {
		*Plain
		Numbers *Numbers `json:"numbers"`
	}{(*Plain)(&a.Account), &a.Numbers})
	if err != nil {
		return err
	}
	return a.Balances.bounded()
}

// Numbers are an account's, in as many systems as it has some.
type Numbers struct {
	Extra
	ACH           []ACHNumber           `json:"ach"`
	EFT           []EFTNumber           `json:"eft"`
	BACS          []BACSNumber          `json:"bacs"`
	International []InternationalNumber `json:"international"`
}

// ACHNumber is an account's in the United States.
type ACHNumber struct {
	Extra
	Account     string `json:"account_number"`
	Routing     string `json:"routing_number"`
	WireRouting string `json:"wire_routing_number"` // empty when not told
}

// EFTNumber is an account's in Canada.
type EFTNumber struct {
	Extra
	Account     string `json:"account_number"`
	Institution string `json:"institution_number"`
	Branch      string `json:"branch_number"`
}

// BACSNumber is an account's in the United Kingdom.
type BACSNumber struct {
	Extra
	Account  string `json:"account_number"`
	SortCode string `json:"sort_code"`
}

// InternationalNumber is an account's anywhere.
type InternationalNumber struct {
	Extra
	IBAN string `json:"iban"`
	BIC  string `json:"bic"`
}

// NumbersResult holds a link's accounts with their numbers.
type NumbersResult struct {
	Response `json:"-"`
	Extra
	Accounts []NumberedAccount `json:"accounts"`
	Link     Link              `json:"link"`
}

// AccountNumbers returns a link's accounts with their numbers. Without
// permission the error is LinkForbiddenAction.
//
// MoneyKit API: GET /links/{id}/accounts/numbers
func (c *Client) AccountNumbers(ctx context.Context, id LinkID) (*NumbersResult, error) {
	return call[NumbersResult](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/accounts/numbers", args: []string{string(id)},
	})
}
