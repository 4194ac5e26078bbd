package moneykit

import (
	"context"
	"net/http"
)

// Correction puts a transaction into another category.
type Correction struct {
	Category    Category    `json:"category"`
	Subcategory Subcategory `json:"subcategory,omitzero"` // empty for none
}

// CorrectedTransactions are the transaction that was corrected and past ones
// like it.
type CorrectedTransactions struct {
	Response `json:"-"`
	Extra
	Transactions []Transaction `json:"transactions"`
	Accounts     []Account     `json:"accounts"`
	Cursor       Cursor        `json:"cursor"`
	Link         Link          `json:"link"`
}

// CorrectEnrichment corrects the category of a transaction.
//
// MoneyKit API: POST /links/{id}/transactions/{txn_id}/enrichment
func (c *Client) CorrectEnrichment(ctx context.Context, id LinkID, transaction TransactionID, to Correction) (*CorrectedTransactions, error) {
	return call[CorrectedTransactions](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/transactions/{txn_id}/enrichment",
		args: []string{string(id), string(transaction)}, body: to,
	})
}
