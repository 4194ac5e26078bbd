package moneykit

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// UserLinks are the links of one end user.
type UserLinks struct {
	Response `json:"-"`
	Extra
	Links map[LinkID]Link `json:"links"`
}

// UserLinks returns the links that an end user made.
//
// MoneyKit API: GET /users/{id}/links
func (c *Client) UserLinks(ctx context.Context, user UserID) (*UserLinks, error) {
	return call[UserLinks](ctx, c, request{
		method: http.MethodGet, route: "/users/{id}/links", args: []string{string(user)},
	})
}

// UserAccounts are the accounts of one end user by the link they came through.
type UserAccounts struct {
	Response `json:"-"`
	Extra
	Links map[LinkID]AccountGroup `json:"links"`
}

// AccountGroup holds the accounts of one link.
type AccountGroup struct {
	Extra
	Accounts     []Account `json:"accounts"`
	LastSyncedAt time.Time `json:"last_synced_at"` // zero when never
}

// UserAccountsQuery narrows what is returned of an end user's accounts.
type UserAccountsQuery struct {
	Accounts     []AccountID
	Institutions []InstitutionID
}

// UserAccounts returns an end user's accounts at all institutions.
//
// MoneyKit API: GET /users/{id}/accounts
func (c *Client) UserAccounts(ctx context.Context, user UserID, q UserAccountsQuery) (*UserAccounts, error) {
	params := url.Values{}
	add(params, "account_ids", q.Accounts)
	add(params, "institution_ids", q.Institutions)
	return call[UserAccounts](ctx, c, request{
		method: http.MethodGet, route: "/users/{id}/accounts", args: []string{string(user)}, query: params,
	})
}

// UserTransactionsQuery narrows a walk over an end user's transactions.
type UserTransactionsQuery struct {
	Types        []TransactionType
	Categories   []string
	Accounts     []AccountID
	Institutions []InstitutionID
	From, To     Date // inclusive; zero for no bound
	PageSize     int  // up to 1000, 0 leaves it to the server
}

// UserTransactionsPage is one page of an end user's transactions, and the
// accounts that it speaks of.
type UserTransactionsPage struct {
	Response `json:"-"`
	Extra
	Total        int                   `json:"total"`
	Page         int                   `json:"page"`
	Size         int                   `json:"size"`
	Transactions []Transaction         `json:"transactions"`
	Accounts     map[AccountID]Account `json:"accounts"`
}

// UserTransactions walks an end user's transactions at all institutions.
//
// MoneyKit API: GET /users/{id}/transactions
func (c *Client) UserTransactions(ctx context.Context, user UserID, q UserTransactionsQuery) iter.Seq2[Transaction, error] {
	return walkPages(func(page int) ([]Transaction, int, error) {
		p, err := c.UserTransactionsPage(ctx, user, page, q)
		if err != nil {
			return nil, 0, err
		}
		return p.Transactions, p.Total, nil
	})
}

// UserTransactionsPage returns one page, counted from 1.
//
// MoneyKit API: GET /users/{id}/transactions
func (c *Client) UserTransactionsPage(ctx context.Context, user UserID, page int, q UserTransactionsQuery) (*UserTransactionsPage, error) {
	params := pageOf(page, q.PageSize, q.From, q.To)
	add(params, "transaction_type", q.Types)
	add(params, "category", q.Categories)
	add(params, "account_id", q.Accounts)
	add(params, "institution_id", q.Institutions)
	return call[UserTransactionsPage](ctx, c, request{
		method: http.MethodGet, route: "/users/{id}/transactions", args: []string{string(user)}, query: params,
	})
}
