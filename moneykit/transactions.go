package moneykit

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/shopspring/decimal"
)

// TransactionID identifies a transaction of a link.
type TransactionID string

// TransactionType is the direction of a transaction.
type TransactionType string

// The documented directions.
const (
	Credit TransactionType = "credit" // enters the account
	Debit  TransactionType = "debit"  // leaves the account
)

// Transaction is one movement on an account. Amount is never negative: Type
// tells the direction, and Signed puts both together.
type Transaction struct {
	Object
	ID             TransactionID   `json:"transaction_id"`
	AccountID      AccountID       `json:"account_id"`
	Amount         decimal.Decimal `json:"amount"`
	Type           TransactionType `json:"type"`
	Currency       string          `json:"currency"`
	Date           Date            `json:"date"`
	Time           time.Time       `json:"datetime"` // zero when not told
	Description    string          `json:"description"`
	RawDescription string          `json:"raw_description"`
	Pending        bool            `json:"pending"`
	Category       string          `json:"category"`
	Enrichment     *Enrichment     `json:"enrichment"`
	// OriginalID is the transaction's id at the provider, "" when not told.
	OriginalID string `json:"original_id"`
}

// UnmarshalJSONFrom decodes a transaction and remembers its JSON.
func (t *Transaction) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Transaction
	if err := t.keep(d, (*plain)(t)); err != nil {
		return err
	}
	return bounded(known(t.Amount))
}

// Signed returns the amount with its direction: negative for a debit.
func (t Transaction) Signed() decimal.Decimal {
	if t.Type == Debit {
		return t.Amount.Neg()
	}
	return t.Amount
}

// FinestCategory returns the most precise category that is known: the
// enrichment's subcategory, else its category, else the transaction's own.
func (t Transaction) FinestCategory() string {
	switch e := t.Enrichment; {
	case e == nil:
		return t.Category
	case e.Subcategory != nil:
		return e.Subcategory.Value
	default:
		return e.Category.Value
	}
}

// Enrichment is what MoneyKit worked out about a transaction. Confidences are
// percentages.
type Enrichment struct {
	Extra
	Category    Guess       `json:"category"`
	Subcategory *Guess      `json:"subcategory"`
	Merchant    *Party      `json:"merchant"`
	Processor   *Party      `json:"processor"`
	Recurrence  *Recurrence `json:"recurrence"`
}

// Guess is a value and how sure MoneyKit is of it.
type Guess struct {
	Extra
	Value      string `json:"value"`
	Confidence *int   `json:"confidence"`
}

// Party is a merchant or a payment processor.
type Party struct {
	Extra
	ID         string `json:"id"`
	Name       string `json:"name"`
	Logo       string `json:"logo"`
	Confidence *int   `json:"confidence"`
}

// Recurrence says how often a transaction comes and when it is due next.
type Recurrence struct {
	Extra
	Frequency string `json:"frequency"`
	Next      Date   `json:"next_predicted_date"`
}

// TransactionsQuery narrows a walk over transactions.
type TransactionsQuery struct {
	Accounts []AccountID
	From, To Date // inclusive; zero for no bound
	PageSize int  // up to 1000, 0 leaves it to the server
}

func (q TransactionsQuery) params(page int) url.Values {
	params := pageOf(page, q.PageSize, q.From, q.To)
	add(params, "account_ids", q.Accounts)
	return params
}

// TransactionsPage is one page of transactions, newest first.
type TransactionsPage struct {
	Response `json:"-"`
	Extra
	Total        int           `json:"total"`
	Page         int           `json:"page"`
	Size         int           `json:"size"`
	Transactions []Transaction `json:"transactions"`
	Accounts     []Account     `json:"accounts"`
	Link         Link          `json:"link"`
}

// Transactions walks a link's transactions, newest first.
//
// MoneyKit API: GET /links/{id}/transactions
func (c *Client) Transactions(ctx context.Context, id LinkID, q TransactionsQuery) iter.Seq2[Transaction, error] {
	return walkPages(func(page int) ([]Transaction, int, error) {
		p, err := c.TransactionsPage(ctx, id, page, q)
		if err != nil {
			return nil, 0, err
		}
		return p.Transactions, p.Total, nil
	})
}

// TransactionsPage returns one page, counted from 1.
//
// MoneyKit API: GET /links/{id}/transactions
func (c *Client) TransactionsPage(ctx context.Context, id LinkID, page int, q TransactionsQuery) (*TransactionsPage, error) {
	return call[TransactionsPage](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/transactions", args: []string{string(id)},
		query: q.params(page),
	})
}

// SyncPage is one step of a sync: what was created, updated and removed since
// a cursor. The lists are unordered.
type SyncPage struct {
	Response `json:"-"`
	Extra
	Transactions SyncedTransactions `json:"transactions"`
	Accounts     []Account          `json:"accounts"`
	Cursor       Cursor             `json:"cursor"`
	HasMore      bool               `json:"has_more"`
	Link         Link               `json:"link"`
}

// SyncedTransactions are what a step of a sync brought.
type SyncedTransactions struct {
	Extra
	Created []Transaction   `json:"created"`
	Updated []Transaction   `json:"updated"`
	Removed []TransactionID `json:"removed"`
}

// SyncTransactions returns one step from cursor on; an empty one starts at the
// beginning of the history. size may be up to 500, 0 leaves it to the server.
// Cursor.Next has to be kept together with what the page brought: MoneyKit
// keeps none for its clients.
//
// MoneyKit API: GET /links/{id}/transactions/sync
func (c *Client) SyncTransactions(ctx context.Context, id LinkID, cursor string, size int) (*SyncPage, error) {
	page, err := call[SyncPage](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}/transactions/sync", args: []string{string(id)},
		query: query("cursor", cursor, "size", positive(size)),
	})
	if err != nil {
		return nil, err
	}
	if page.HasMore && (page.Cursor.Next == "" || page.Cursor.Next == cursor) {
		return nil, stuckCursor("/links/{id}/transactions/sync", page.Response)
	}
	if page.Cursor.Next == "" {
		page.Cursor.Next = cursor // to lose it would mean to read all of the history again
	}
	return page, nil
}
