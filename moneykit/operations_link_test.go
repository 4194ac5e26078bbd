package moneykit_test

import (
	"context"
	"time"

	"till/moneykit"
)

// verifiedAt is when an end user's address was.
var verifiedAt = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func appOperations() []operation {
	featured := true
	return []operation{
		{
			"Introspect", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Introspect(ctx) },
			"GET", "/auth/introspect", "", 200,
			`{"client_id":"c","client_name":"n","scope":"a b","app":{"app_id":"a","name":"n","id":"a","app_name":"n"}}`,
		},
		{
			"JWKS", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.JWKS(ctx) },
			"GET", "/.well-known/jwks.json", "", 200, `{"keys":[{"kty":"EC","crv":"P-256","kid":"k1"},{"kid":"k2"}]}`,
		},
		{
			"InstitutionsPage", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.InstitutionsPage(ctx, "cur&sor", moneykit.InstitutionsQuery{Name: "Å & co", Featured: &featured, PageSize: 20})
			}, "GET", "/institutions?cursor=cur%26sor&featured=true&limit=20&name=%C3%85+%26+co", "", 200,
			`{"institutions":[{"institution_id":"b","institution_id_aliases":["c"],"name":"B","country":"CA","is_featured":false}],"cursors":{"next":null}}`,
		},
		{
			"InstitutionsPage with the least", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.InstitutionsPage(ctx, "", moneykit.InstitutionsQuery{})
			}, "GET", "/institutions", "", 200, `{"institutions":[],"cursors":{"next":null}}`,
		},
		{
			"Institution", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Institution(ctx, "bank/1") },
			"GET", "/institutions/bank%2F1", "", 200,
			`{"institution_id":"b","institution_id_aliases":[],"name":"B","country":"US","is_featured":true}`,
		},
		{
			"TriggerTestWebhook", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.TriggerTestWebhook(ctx, linkID, moneykit.EventProductRefresh, "idem-1")
			}, "POST", "/webhooks/test/link/mk_link_4711",
			`{"webhook_event":"link.product_refresh","webhook_idempotency_key":"idem-1"}`, 200, `{"delivery_token":"d"}`,
		},
	}
}

func sessionOperations() []operation {
	return []operation{
		{"CreateLinkSession", createSession, "POST", "/link-session", `{
				"customer_user":{"id":"user_1","email":{"address":"a@b.example","customer_verified_at":"2026-03-09T12:00:00Z"},
					"phone":{"number":"+4930123","country":"GB","customer_verified_at":"2026-03-09T12:00:00Z"}},
				"redirect_uri":"https://app.example/back","existing_link_id":"mk_link_4711",
				"institution_id":"bank","webhook":"https://app.example/hook","link_tags":["a"],
				"settings":{"countries":["US"],"providers":["mx"],"products":{
					"account_numbers":{"required":true,"require_permission":true,"prefetch":true,"reason":"why"},
					"identity":{"required":true,"require_permission":true,"prefetch":true,"reason":"why"},
					"transactions":{"required":true,"require_permission":true,"prefetch":true,"reason":"why"},
					"investments":{"required":true,"require_permission":true,"prefetch":true,"reason":"why"}}},
				"connect_features":{"issue_reporter":true,"enable_money_id":true,"duplicate_institution_warning":true,
					"duplicate_institution_rejected":true,"connect_manually":true,"permit_only_one_account":true,"permit_only_depository_accounts":true},
				"custom_sandbox_data":{
					"accounts":[{"account_type":"depository.savings","name":"Pot","account_number":"0042","routing_number":"011"}],
					"owners":[{"names":["Ann"],"addresses":[{"street":"1 Elm","city":"X","region":"CA","postal_code":"90","country":"US","primary":true}],
						"phone_numbers":[{"number":"1","type":"home","primary":true}],"emails":[{"address":"a@b.example","primary":true}]}]}
			}`, 201, `{"link_session_token":"mk_ls_secret"}`},
		{
			"CreateLinkSession with the least", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
					CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
				})
			}, "POST", "/link-session", `{"customer_user":{"id":"user_1"},"redirect_uri":"https://app.example/back"}`, 201,
			`{"link_session_token":"mk_ls_secret"}`,
		},
		{
			"ExchangeToken", func(ctx context.Context, c *moneykit.Client) (any, error) {
				return c.ExchangeToken(ctx, moneykit.NewSecret("mk_ex_secret"))
			}, "POST", "/link-session/exchange-token", `{"exchangeable_token":"mk_ex_secret"}`, 201,
			`{"link_id":"mk_link_4711","link":` + link() + `}`,
		},
	}
}

func createSession(ctx context.Context, c *moneykit.Client) (any, error) {
	asked := moneykit.ProductSettings{Required: true, RequirePermission: true, Prefetch: true, Reason: "why"}
	return c.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
		CustomerUser: moneykit.CustomerUser{
			ID:    "user_1",
			Email: &moneykit.CustomerEmail{Address: "a@b.example", VerifiedAt: verifiedAt},
			Phone: &moneykit.CustomerPhone{Number: "+4930123", Country: moneykit.UnitedKingdom, VerifiedAt: verifiedAt},
		},
		RedirectURI: "https://app.example/back", ExistingLinkID: linkID, InstitutionID: "bank",
		Webhook: "https://app.example/hook", LinkTags: []string{"a"},
		Settings: &moneykit.LinkSessionSettings{
			Countries: []moneykit.Country{"US"}, Providers: []moneykit.Provider{"mx"},
			Products: map[moneykit.Product]moneykit.ProductSettings{
				moneykit.ProductAccountNumbers: asked, moneykit.ProductIdentity: asked,
				moneykit.ProductTransactions: asked, moneykit.ProductInvestments: asked,
			},
		},
		Features: &moneykit.ConnectFeatures{
			IssueReporter: true, EnableMoneyID: true, DuplicateInstitutionWarning: true, DuplicateInstitutionRejected: true,
			ConnectManually: true, PermitOnlyOneAccount: true, PermitOnlyDepositoryAccounts: true,
		},
		SandboxData: &moneykit.CustomSandboxData{
			Accounts: []moneykit.CustomSandboxAccount{{Type: "depository.savings", Name: "Pot", AccountNumber: "0042", RoutingNumber: "011"}},
			Owners: []moneykit.Owner{{
				Names:        []string{"Ann"},
				Addresses:    []moneykit.Address{{Street: "1 Elm", City: "X", Region: "CA", PostalCode: "90", Country: "US", Primary: true}},
				PhoneNumbers: []moneykit.PhoneNumber{{Number: "1", Type: moneykit.PhoneHome, Primary: true}},
				Emails:       []moneykit.Email{{Address: "a@b.example", Primary: true}},
			}},
		},
	})
}

func linkOperations() []operation {
	hook, none := "https://app.example/hook", ""
	update := func(u moneykit.LinkUpdate) func(context.Context, *moneykit.Client) (any, error) {
		return func(ctx context.Context, c *moneykit.Client) (any, error) { return c.UpdateLink(ctx, linkID, u) }
	}
	return []operation{
		{
			"LinksPage", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.LinksPage(ctx, "", 0) },
			"GET", "/links", "", 200, `{"links":[{"link_id":"mk_link_4711","created_at":"2026-03-09T12:00:00Z"}],"next_cursor":""}`,
		},
		{
			"LinksPage from a cursor", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.LinksPage(ctx, "a b", 500) },
			"GET", "/links?cursor=a+b&limit=500", "", 200, `{"links":[],"next_cursor":""}`,
		},
		{
			"Link", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.Link(ctx, linkID) },
			"GET", "/links/mk_link_4711", "", 200, link(),
		},
		{
			"DeleteLink", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.DeleteLink(ctx, linkID) },
			"DELETE", "/links/mk_link_4711", "", 204, "",
		},
		{
			"UpdateLink", update(moneykit.LinkUpdate{Webhook: &hook, LinkTags: &[]string{"a", "b"}, Tags: &[]string{"c"}}),
			"PATCH", "/links/mk_link_4711", `{"webhook":"https://app.example/hook","link_tags":["a","b"],"tags":["c"]}`, 200, link(),
		},
		{
			"UpdateLink to have no webhook", update(moneykit.LinkUpdate{Webhook: &none}),
			"PATCH", "/links/mk_link_4711", `{"webhook":null}`, 200, link(),
		},
		{
			"UpdateLink to have no tags", update(moneykit.LinkUpdate{LinkTags: new([]string), Tags: &[]string{}}),
			"PATCH", "/links/mk_link_4711", `{"link_tags":[],"tags":[]}`, 200, link(),
		},
		{"UpdateLink in nothing", update(moneykit.LinkUpdate{}), "PATCH", "/links/mk_link_4711", `{}`, 200, link()},
		{
			"ResetLink", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.ResetLink(ctx, linkID) },
			"POST", "/links/mk_link_4711/reset", "", 200, link(),
		},
		{"RefreshProducts", func(ctx context.Context, c *moneykit.Client) (any, error) {
			return c.RefreshProducts(ctx, linkID, moneykit.ProductAccounts, moneykit.ProductTransactions)
		}, "POST", "/links/mk_link_4711/products", `{"products":["accounts","transactions"]}`, 202, link()},
		{
			"RefreshProducts of none", func(ctx context.Context, c *moneykit.Client) (any, error) { return c.RefreshProducts(ctx, linkID) },
			"POST", "/links/mk_link_4711/products", `{"products":[]}`, 202, link(),
		},
	}
}
