package moneykit_test

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
)

const (
	account     = `{"account_id":"acc_1","account_type":"depository.checking","name":"Checking","balances":{}}`
	transaction = `{"transaction_id":"txn_1","account_id":"acc_1","amount":"12.30","type":"debit","currency":"USD","date":"2026-03-09","pending":false}`
	security    = `{"security_id":"sec_1","name":"Fund","type":"etf","currency":"USD","close_price":"10.5","close_date":"2026-03-09"}`
)

// day is what the tests narrow by.
var day = moneykit.Date{Year: 2026, Month: 3, Day: 9}

func importOperations() []operation {
	exact := func(n string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(n)) }
	at := time.Date(2026, 3, 9, 8, 7, 6, 500e6, time.FixedZone("", 3600))
	full := moneykit.ImportTransaction{
		AccountID: "acc_1", ID: "txn_1", Amount: decimal.RequireFromString("12345678901234567890.10"), Date: day, Time: at,
		Description: "Coffee", Type: moneykit.Credit,
	}
	const sentFull = `{"account_id":"acc_1","transaction_id":"txn_1","amount":"12345678901234567890.1",
		"date":"2026-03-09T08:07:06.5+01:00","description":"Coffee","type":"credit"}`
	least := moneykit.ImportTransaction{AccountID: "acc_1", Amount: decimal.RequireFromString("0.30"), Date: day}
	const sentLeast = `{"account_id":"acc_1","amount":"0.3","date":"2026-03-09"}`
	return []operation{
		{"ImportLink", func(ctx context.Context, c *moneykit.Client) (any, error) {
			return c.ImportLink(ctx, moneykit.ImportLinkRequest{
				CustomerUser: moneykit.CustomerUser{
					ID: "user_1", Email: &moneykit.CustomerEmail{Address: "a@b.example", VerifiedAt: verifiedAt},
					Phone: &moneykit.CustomerPhone{Number: "+4930123", Country: moneykit.Canada, VerifiedAt: verifiedAt},
				},
				Provider: moneykit.ProviderPlaid, InstitutionID: "bank",
				Accounts: []moneykit.ImportAccount{{
					ID: "acc_1", Name: "Checking", Nickname: "Daily", Type: "depository.checking", Mask: "0042",
					Balances: moneykit.Balances{Currency: "USD", Current: exact("-0.10"), Available: exact("12345678901234567890.5"), Date: at},
				}},
				Transactions: []moneykit.ImportTransaction{full, least},
			})
		}, "POST", "/links/import", `{
			"customer_user":{"id":"user_1","email":{"address":"a@b.example","customer_verified_at":"2026-03-09T12:00:00Z"},
				"phone":{"number":"+4930123","country":"CA","customer_verified_at":"2026-03-09T12:00:00Z"}},
			"provider":"plaid","institution_id":"bank","accounts":[{"account_id":"acc_1","name":"Checking","nickname":"Daily","type":"depository.checking",
				"mask":"0042","balances":{"currency":"USD","current":-0.10,"available":12345678901234567890.5,"limit":null,"balance_date":"2026-03-09T08:07:06.5+01:00"}}],
			"transactions":[` + sentFull + `,` + sentLeast + `]}`, 200, link("state", `"error"`, "error_code", `"auth_expired"`)},
		{"ImportLink with the least", func(ctx context.Context, c *moneykit.Client) (any, error) {
			return c.ImportLink(ctx, moneykit.ImportLinkRequest{
				CustomerUser: moneykit.CustomerUser{ID: "user_1"}, InstitutionID: "bank",
				Accounts: []moneykit.ImportAccount{{ID: "acc_1", Name: "Checking", Type: "depository.checking"}},
			})
		}, "POST", "/links/import", `{"customer_user":{"id":"user_1"},"institution_id":"bank","transactions":[],
			"accounts":[{"account_id":"acc_1","name":"Checking","type":"depository.checking","balances":{"current":null,"available":null,"limit":null}}]}`, 200, link()},
		{"ImportTransactions", func(ctx context.Context, c *moneykit.Client) (any, error) {
			return c.ImportTransactions(ctx, linkID, []moneykit.ImportTransaction{full, least})
		}, "POST", "/links/mk_link_4711/import/transactions", `{"transactions":[` + sentFull + `,` + sentLeast + `]}`, 200, link()},
	}
}

func accountOperations() []operation {
	return []operation{
		{
			"Accounts", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Accounts(ctx, linkID, "b", "a&b") },
			"GET", "/links/mk_link_4711/accounts?account_ids=b&account_ids=a%26b", "", 200, `{"accounts":[` + account + `],"link":` + link() + `}`,
		},
		{
			"Account", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Account(ctx, linkID, "acc?1") },
			"GET", "/links/mk_link_4711/accounts/acc%3F1", "", 200, `{"account":` + account + `,"link":` + link() + `}`,
		},
		{
			"AccountNumbers", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.AccountNumbers(ctx, linkID) },
			"GET", "/links/mk_link_4711/accounts/numbers", "", 200,
			`{"accounts":[{"account_id":"acc_1","account_type":"depository.checking","name":"Checking","balances":{},
				"numbers":{"ach":[{"account_number":"1","routing_number":"2"}],"eft":[],"bacs":[],"international":[]}}],"link":` + link() + `}`,
		},
		{
			"Identities", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.Identities(ctx, linkID, "acc_1", "acc_2")
			}, "GET", "/links/mk_link_4711/identity?account_ids=acc_1&account_ids=acc_2", "", 200,
			`{"accounts":[{"account_id":"acc_1","account_type":"depository.checking","name":"Checking","balances":{},
				"owners":[{"names":["Ann"],"addresses":[],"phone_numbers":[],"emails":[]}]}],"link":` + link() + `}`,
		},
	}
}

func transactionOperations() []operation {
	return []operation{
		{
			"TransactionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.TransactionsPage(ctx, linkID, 3, moneykit.TransactionsQuery{Accounts: []moneykit.AccountID{"a", "b"}, From: day, To: day, PageSize: 50})
			}, "GET", "/links/mk_link_4711/transactions?account_ids=a&account_ids=b&end_date=2026-03-09&page=3&size=50&start_date=2026-03-09", "", 200,
			`{"total":1,"page":3,"size":50,"transactions":[` + transaction + `],"accounts":[],"link":` + link() + `}`,
		},
		{
			"SyncTransactions", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.SyncTransactions(ctx, linkID, "from=here", 500)
			}, "GET", "/links/mk_link_4711/transactions/sync?cursor=from%3Dhere&size=500", "", 200,
			`{"transactions":{"created":[` + transaction + `],"updated":[],"removed":["txn_0"]},"accounts":[],"cursor":{"next":"on"},"has_more":false,"link":` + link() + `}`,
		},
		{
			"SyncTransactions from the start", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.SyncTransactions(ctx, linkID, "", 0)
			}, "GET", "/links/mk_link_4711/transactions/sync", "", 200,
			`{"transactions":{"created":[],"updated":[],"removed":[]},"accounts":[],"cursor":{"next":"on"},"has_more":true,"link":` + link() + `}`,
		},
		{
			"CorrectEnrichment", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.CorrectEnrichment(ctx, linkID, "txn/1", moneykit.Correction{
					Category: moneykit.CategoryBanking, Subcategory: moneykit.SubcategoryATMFees,
				})
			}, "POST", "/links/mk_link_4711/transactions/txn%2F1/enrichment", `{"category":"banking","subcategory":"atm_fees"}`, 200,
			`{"transactions":[` + transaction + `],"accounts":[],"link":` + link() + `,"cursor":{"next":null}}`,
		},
		{
			"CorrectEnrichment without a subcategory", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.CorrectEnrichment(ctx, linkID, "txn_1", moneykit.Correction{Category: moneykit.CategoryCharity})
			}, "POST", "/links/mk_link_4711/transactions/txn_1/enrichment", `{"category":"charity"}`, 200,
			`{"transactions":[],"accounts":[],"link":` + link() + `,"cursor":{}}`,
		},
	}
}

func investmentOperations() []operation {
	return []operation{
		{
			"Holdings", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.Holdings(ctx, linkID, "acc_1", "b")
			},
			"GET", "/links/mk_link_4711/investments/holdings?account_ids=acc_1&account_ids=b", "", 200,
			`{"holdings":[{"account_id":"acc_1","security_id":"sec_1","quantity":"0.5","price":"10.5","value":"5.25","cost_basis":null}],
				"securities":[` + security + `],"accounts":[` + account + `],"link":` + link() + `}`,
		},
		{
			"InvestmentTransactionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.InvestmentTransactionsPage(ctx, linkID, 2, moneykit.TransactionsQuery{Accounts: []moneykit.AccountID{"a", "b"}, From: day, To: day, PageSize: 1000})
			}, "GET", "/links/mk_link_4711/investments/transactions?account_ids=a&account_ids=b&end_date=2026-03-09&page=2&size=1000&start_date=2026-03-09", "", 200,
			`{"total":1,"page":2,"size":1000,"investment_transactions":[{"investment_transaction_id":"inv_1","account_id":"acc_1","amount":"-3.50",
				"date":"2026-03-09","description":"Dividend","type":"cash","security_id":null}],
				"securities":[` + security + `],"accounts":[],"link":` + link() + `}`,
		},
	}
}

func userOperations() []operation {
	return []operation{
		{
			"UserLinks", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.UserLinks(ctx, "user/1") },
			"GET", "/users/user%2F1/links", "", 200, `{"links":{"mk_link_4711":` + link() + `}}`,
		},
		{
			"UserAccounts", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.UserAccounts(ctx, "user_1", moneykit.UserAccountsQuery{
					Accounts: []moneykit.AccountID{"a", "b"}, Institutions: []moneykit.InstitutionID{"bank", "ba&nk"},
				})
			}, "GET", "/users/user_1/accounts?account_ids=a&account_ids=b&institution_ids=bank&institution_ids=ba%26nk", "", 200,
			`{"links":{"mk_link_4711":{"accounts":[` + account + `],"last_synced_at":null}}}`,
		},
		{
			"UserTransactionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.UserTransactionsPage(ctx, "user_1", 4, moneykit.UserTransactionsQuery{
					Types: []moneykit.TransactionType{moneykit.Credit, moneykit.Debit}, Categories: []string{"travel", "home"},
					Accounts: []moneykit.AccountID{"a", "b"}, Institutions: []moneykit.InstitutionID{"bank", "c"}, From: day, To: day, PageSize: 10,
				})
			}, "GET", "/users/user_1/transactions?account_id=a&account_id=b&category=travel&category=home&end_date=2026-03-09" +
				"&institution_id=bank&institution_id=c&page=4&size=10&start_date=2026-03-09&transaction_type=credit&transaction_type=debit", "", 200,
			`{"total":1,"page":4,"size":10,"transactions":[` + transaction + `],"accounts":{"acc_1":` + account + `}}`,
		},
	}
}
