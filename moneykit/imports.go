package moneykit

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"
)

// ImportLinkRequest makes a link from data of the app's own: at most 1 MB of
// it, about 4,000 transactions.
type ImportLinkRequest struct {
	CustomerUser  CustomerUser        `json:"customer_user"`
	Provider      Provider            `json:"provider,omitzero"`
	InstitutionID InstitutionID       `json:"institution_id"`
	Accounts      []ImportAccount     `json:"accounts"`
	Transactions  []ImportTransaction `json:"transactions"`
}

// ImportAccount is an account to import.
type ImportAccount struct {
	ID       AccountID   `json:"account_id"`
	Name     string      `json:"name"`
	Nickname string      `json:"nickname,omitzero"`
	Type     AccountType `json:"type"`
	Mask     string      `json:"mask,omitzero"`
	Balances Balances    `json:"balances"`
}

// ImportTransaction is a transaction to import. Time, when set, is sent in place
// of Date.
type ImportTransaction struct {
	AccountID   AccountID
	ID          TransactionID // empty leaves it to MoneyKit
	Amount      decimal.Decimal
	Date        Date
	Time        time.Time
	Description string
	Type        TransactionType // empty leaves it to MoneyKit
}

// MarshalJSON encodes the transaction as the API takes it.
func (t ImportTransaction) MarshalJSON() ([]byte, error) {
	date := t.Date.String()
	if !t.Time.IsZero() {
		date = t.Time.Format(time.RFC3339Nano)
	}
	return json.Marshal(struct {
		AccountID   AccountID       `json:"account_id"`
		ID          TransactionID   `json:"transaction_id,omitzero"`
		Amount      string          `json:"amount"`
		Date        string          `json:"date"`
		Description string          `json:"description,omitzero"`
		Type        TransactionType `json:"type,omitzero"`
	}{t.AccountID, t.ID, t.Amount.String(), date, t.Description, t.Type})
}

// ImportLink makes a link in state InError with AuthExpired, whose data can be
// read; a relink connects it.
//
// MoneyKit API: POST /links/import
func (c *Client) ImportLink(ctx context.Context, r ImportLinkRequest) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/import", body: r,
	})
}

// ImportTransactions adds transactions to a link that was imported.
//
// MoneyKit API: POST /links/{id}/import/transactions
func (c *Client) ImportTransactions(ctx context.Context, id LinkID, transactions []ImportTransaction) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/import/transactions", args: []string{string(id)},
		body: struct {
			Transactions []ImportTransaction `json:"transactions"`
		}{transactions},
	})
}
