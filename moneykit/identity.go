package moneykit

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

// AccountIdentity is an account with those who own it.
type AccountIdentity struct {
	Account
	Owners []Owner `json:"owners"`
}

// UnmarshalJSONFrom decodes an account with its owners and remembers its JSON.
func (a *AccountIdentity) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type Plain Account
	err := a.keep(d, &struct {
		*Plain
		Owners *[]Owner `json:"owners"`
	}{(*Plain)(&a.Account), &a.Owners})
	if err != nil {
		return err
	}
	return a.Balances.bounded()
}

// Owner is a person or a firm that owns an account.
type Owner struct {
	Extra
	Names        []string      `json:"names"`
	Addresses    []Address     `json:"addresses"`
	PhoneNumbers []PhoneNumber `json:"phone_numbers"`
	Emails       []Email       `json:"emails"`
}

// Address is where an owner lives; what is not known is empty.
type Address struct {
	Extra
	Street     string `json:"street,omitzero"`
	City       string `json:"city,omitzero"`
	Region     string `json:"region,omitzero"`
	PostalCode string `json:"postal_code,omitzero"`
	Country    string `json:"country,omitzero"`
	Primary    bool   `json:"primary,omitzero"`
}

// PhoneNumber is an owner's.
type PhoneNumber struct {
	Extra
	Number  string    `json:"number"`
	Type    PhoneType `json:"type"`
	Primary bool      `json:"primary,omitzero"`
}

// PhoneType says where a phone rings.
type PhoneType string

// The documented types.
const (
	PhoneHome   PhoneType = "home"
	PhoneWork   PhoneType = "work"
	PhoneMobile PhoneType = "mobile"
	PhoneOther  PhoneType = "other"
)

// Email is an owner's.
type Email struct {
	Extra
	Address string `json:"address"`
	Primary bool   `json:"primary,omitzero"`
}

// IdentityResult holds a link's accounts with their owners.
type IdentityResult struct {
	Response `json:"-"`
	Extra
	Accounts []AccountIdentity `json:"accounts"`
	Link     Link              `json:"link"`
}

// Identities returns a link's accounts with their owners, all of them or the
// given ones. Without permission the error is LinkForbiddenAction.
//
// MoneyKit API: GET /links/{id}/identity
func (c *Client) Identities(ctx context.Context, id LinkID, only ...AccountID) (*IdentityResult, error) {
	return call[IdentityResult](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/identity", args: []string{string(id)},
		query: accountIDs(only),
	})
}
