package privacy

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
)

// call is a call of the client and the request that has to arrive for it. What the
// client is given are pseudonyms.
type call struct {
	id   string // the contract's name of the operation
	do   func(context.Context, *moneykit.Client) (any, error)
	uri  string
	body string
}

// calls are all calls of the client, with pseudonyms of m.
func calls(m *Mask) []call {
	type (
		ctx = context.Context
		c   = *moneykit.Client
	)
	link, acc, acc2 := moneykit.LinkID(m.ID("mk_L1nk")), moneykit.AccountID(m.ID("acc_One")), moneykit.AccountID(m.ID("acc?2"))
	txn, bank, user := moneykit.TransactionID(m.ID("txn/One")), moneykit.InstitutionID(m.ID("bank-one")), moneykit.UserID(m.ID("user_Ann"))
	day := moneykit.Date{Year: 2026, Month: 3, Day: 9}
	tags := []string{m.ID("vip"), m.ID("é")}
	entered := moneykit.ImportTransaction{AccountID: acc, ID: txn, Amount: decimal.New(120, -2), Date: day, Description: "Tea", Type: moneykit.Debit}
	const sentEntry = `{"account_id":"acc_One","transaction_id":"txn/One","amount":"1.2","date":"2026-03-09","description":"Tea","type":"debit"}`
	narrowed := moneykit.TransactionsQuery{Accounts: []moneykit.AccountID{acc, acc2}, From: day, To: day, PageSize: 5}
	const narrow = "?account_ids=acc_One&account_ids=acc%3F2&end_date=2026-03-09&page=2&size=5&start_date=2026-03-09"
	return []call{
		{"create_access_token", func(x ctx, c c) (any, error) { _, err := c.AccessToken(x); return nil, err }, "/auth/token", ""},
		{"instrospect_client", func(x ctx, c c) (any, error) { return c.Introspect(x) }, "/auth/introspect", ""},
		{"get_well_known_jwks", func(x ctx, c c) (any, error) { return c.JWKS(x) }, "/.well-known/jwks.json", ""},
		{"get_institutions", func(x ctx, c c) (any, error) {
			return c.InstitutionsPage(x, m.ID("cur=1"), moneykit.InstitutionsQuery{Featured: new(bool), PageSize: 9})
		}, "/institutions?cursor=cur%3D1&featured=false&limit=9", ""},
		{"get_institution", func(x ctx, c c) (any, error) { return c.Institution(x, bank) }, "/institutions/bank-one", ""},
		{"create_link_session", func(x ctx, c c) (any, error) {
			return c.CreateLinkSession(x, moneykit.LinkSessionRequest{
				CustomerUser: moneykit.CustomerUser{ID: user, Email: &moneykit.CustomerEmail{Address: "a@b.c"}}, RedirectURI: "https://app.test/back",
				ExistingLinkID: link, InstitutionID: bank, LinkTags: tags,
			})
		}, "/link-session", `{"customer_user":{"id":"user_Ann","email":{"address":"a@b.c"}},"redirect_uri":"https://app.test/back",` +
			`"existing_link_id":"mk_L1nk","institution_id":"bank-one","link_tags":["vip","é"]}`},
		{
			"exchange_token", func(x ctx, c c) (any, error) { return c.ExchangeToken(x, moneykit.NewSecret("mk_ex_1")) },
			"/link-session/exchange-token", `{"exchangeable_token":"mk_ex_1"}`,
		},
		{"get_links", func(x ctx, c c) (any, error) { return c.LinksPage(x, m.ID("a b"), 500) }, "/links?cursor=a+b&limit=500", ""},
		{"get_link", func(x ctx, c c) (any, error) { return c.Link(x, link) }, "/links/mk_L1nk", ""},
		{"delete_link", func(x ctx, c c) (any, error) { return c.DeleteLink(x, link) }, "/links/mk_L1nk", ""},
		{"update_link", func(x ctx, c c) (any, error) {
			return c.UpdateLink(x, link, moneykit.LinkUpdate{LinkTags: &tags, Webhook: new(string)})
		}, "/links/mk_L1nk", `{"link_tags":["vip","é"],"webhook":null}`},
		{"reset_link", func(x ctx, c c) (any, error) { return c.ResetLink(x, link) }, "/links/mk_L1nk/reset", ""},
		{
			"refresh_products", func(x ctx, c c) (any, error) { return c.RefreshProducts(x, link, moneykit.ProductAccounts) },
			"/links/mk_L1nk/products", `{"products":["accounts"]}`,
		},
		{"import_link", func(x ctx, c c) (any, error) {
			return c.ImportLink(x, moneykit.ImportLinkRequest{
				CustomerUser: moneykit.CustomerUser{ID: user}, InstitutionID: bank,
				Accounts:     []moneykit.ImportAccount{{ID: acc, Name: "Mine", Type: "other"}},
				Transactions: []moneykit.ImportTransaction{entered},
			})
		}, "/links/import", `{"customer_user":{"id":"user_Ann"},"institution_id":"bank-one","accounts":[{"account_id":"acc_One","name":"Mine",` +
			`"type":"other","balances":{"current":null,"available":null,"limit":null}}],"transactions":[` + sentEntry + `]}`},
		{"import_transactions", func(x ctx, c c) (any, error) {
			return c.ImportTransactions(x, link, []moneykit.ImportTransaction{entered})
		}, "/links/mk_L1nk/import/transactions", `{"transactions":[` + sentEntry + `]}`},
		{
			"get_accounts", func(x ctx, c c) (any, error) { return c.Accounts(x, link, acc, acc2) },
			"/links/mk_L1nk/accounts?account_ids=acc_One&account_ids=acc%3F2", "",
		},
		{"get_account", func(x ctx, c c) (any, error) { return c.Account(x, link, acc2) }, "/links/mk_L1nk/accounts/acc%3F2", ""},
		{"get_account_numbers", func(x ctx, c c) (any, error) { return c.AccountNumbers(x, link) }, "/links/mk_L1nk/accounts/numbers", ""},
		{"get_identities", func(x ctx, c c) (any, error) { return c.Identities(x, link, acc) }, "/links/mk_L1nk/identity?account_ids=acc_One", ""},
		{"get_transactions", func(x ctx, c c) (any, error) { return c.TransactionsPage(x, link, 2, narrowed) }, "/links/mk_L1nk/transactions" + narrow, ""},
		{
			"get_transactions_sync", func(x ctx, c c) (any, error) { return c.SyncTransactions(x, link, m.ID("at1"), 7) },
			"/links/mk_L1nk/transactions/sync?cursor=at1&size=7", "",
		},
		{"correct_enrichment", func(x ctx, c c) (any, error) {
			return c.CorrectEnrichment(x, link, txn, moneykit.Correction{Category: moneykit.CategoryBanking})
		}, "/links/mk_L1nk/transactions/txn%2FOne/enrichment", `{"category":"banking"}`},
		{
			"get_holdings", func(x ctx, c c) (any, error) { return c.Holdings(x, link, acc) },
			"/links/mk_L1nk/investments/holdings?account_ids=acc_One", "",
		},
		{
			"get_investment_transactions", func(x ctx, c c) (any, error) { return c.InvestmentTransactionsPage(x, link, 2, narrowed) },
			"/links/mk_L1nk/investments/transactions" + narrow, "",
		},
		{"get_user_accounts", func(x ctx, c c) (any, error) {
			return c.UserAccounts(x, user, moneykit.UserAccountsQuery{Accounts: []moneykit.AccountID{acc}, Institutions: []moneykit.InstitutionID{bank}})
		}, "/users/user_Ann/accounts?account_ids=acc_One&institution_ids=bank-one", ""},
		{"get_user_links", func(x ctx, c c) (any, error) { return c.UserLinks(x, user) }, "/users/user_Ann/links", ""},
		{"get_user_transactions", func(x ctx, c c) (any, error) {
			return c.UserTransactionsPage(x, user, 1, moneykit.UserTransactionsQuery{
				Types: []moneykit.TransactionType{moneykit.Credit}, Categories: []string{"travel"}, Accounts: []moneykit.AccountID{acc},
				Institutions: []moneykit.InstitutionID{bank}, From: day, To: day, PageSize: 3,
			})
		}, "/users/user_Ann/transactions?account_id=acc_One&category=travel&end_date=2026-03-09&institution_id=bank-one&page=1&size=3" +
			"&start_date=2026-03-09&transaction_type=credit", ""},
		{"trigger_test_link_webhook_event", func(x ctx, c c) (any, error) {
			return c.TriggerTestWebhook(x, link, moneykit.EventProductRefresh, "key-1")
		}, "/webhooks/test/link/mk_L1nk", `{"webhook_event":"link.product_refresh","webhook_idempotency_key":"key-1"}`},
	}
}

// quick is a client's options for tests that want one try of each call.
func quick() []moneykit.Option {
	return []moneykit.Option{moneykit.WithRetries(0), moneykit.WithRateLimit(0, 0), moneykit.WithTimeout(time.Minute)}
}
