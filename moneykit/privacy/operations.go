package privacy

import "maps"

// operation is one of the contract's. What stands in braces in its route is an id.
type operation struct {
	method, route string
	query         map[string]*ruling
	body          *ruling // of the request, nil for none that could hold ids
	answer        *ruling // of a success
}

var operations = []operation{
	{method: "POST", route: "/auth/token", answer: object(fields{"access_token": asIs, "token_type": code, "expires_in": count})},
	{method: "GET", route: "/auth/introspect", answer: object(fields{
		"client_id": id, "client_name": label, "scope": scopes, "disabled_at": moment,
		"app": object(fields{"app_id": id, "name": label, "id": id, "app_name": label}),
	})},
	{method: "GET", route: "/.well-known/jwks.json", answer: object(fields{"keys": asIs})},

	{
		method: "GET", route: "/institutions", query: fields{"name": barred, "featured": given, "cursor": masked, "limit": given},
		answer: object(fields{"institutions": institutionFields, "cursors": cursorFields}),
	},
	{method: "GET", route: "/institutions/{institution_id}", answer: institutionFields},

	{method: "POST", route: "/link-session", body: sessionRequest, answer: object(fields{"link_session_token": asIs})},
	{
		method: "POST", route: "/link-session/exchange-token", body: object(fields{"exchangeable_token": given}),
		answer: object(fields{"link_id": id, "link": linkFields}),
	},

	{
		method: "GET", route: "/links", query: fields{"cursor": masked, "limit": given},
		answer: object(fields{"links": object(fields{"link_id": id, "created_at": moment}), "next_cursor": id}),
	},
	{method: "GET", route: "/links/{id}", answer: linkFields},
	{method: "DELETE", route: "/links/{id}", answer: object(nil)},
	{method: "PATCH", route: "/links/{id}", body: object(fields{"webhook": given, "link_tags": masked, "tags": masked}), answer: linkFields},
	{method: "POST", route: "/links/{id}/reset", answer: linkFields},
	{method: "POST", route: "/links/{id}/products", body: object(fields{"products": given}), answer: linkFields},
	{method: "POST", route: "/links/import", body: importRequest, answer: linkFields},
	{method: "POST", route: "/links/{id}/import/transactions", body: object(fields{"transactions": importedTransaction}), answer: linkFields},

	{method: "GET", route: "/links/{id}/accounts", query: fields{"account_ids": masked}, answer: ofLink(fields{"accounts": accountFields})},
	{method: "GET", route: "/links/{id}/accounts/numbers", answer: ofLink(fields{"accounts": accountFields})},
	{method: "GET", route: "/links/{id}/accounts/{account_id}", answer: ofLink(fields{"account": accountFields})},
	{method: "GET", route: "/links/{id}/identity", query: fields{"account_ids": masked}, answer: ofLink(fields{"accounts": accountFields})},

	{method: "GET", route: "/links/{id}/transactions", query: pageQuery, answer: ofLink(paged(fields{
		"transactions": transactionFields, "accounts": accountFields,
	}))},
	{method: "GET", route: "/links/{id}/transactions/sync", query: fields{"cursor": masked, "size": given}, answer: ofLink(fields{
		"transactions": object(fields{"created": transactionFields, "updated": transactionFields, "removed": id}),
		"accounts":     accountFields, "cursor": cursorFields, "has_more": flag,
	})},
	{
		method: "POST", route: "/links/{id}/transactions/{txn_id}/enrichment", body: object(fields{"category": given, "subcategory": given}),
		answer: ofLink(fields{"transactions": transactionFields, "accounts": accountFields, "cursor": cursorFields}),
	},

	{method: "GET", route: "/links/{id}/investments/holdings", query: fields{"account_ids": masked}, answer: ofLink(fields{
		"holdings": holdingFields, "securities": securityFields, "accounts": accountFields,
	})},
	{method: "GET", route: "/links/{id}/investments/transactions", query: pageQuery, answer: ofLink(paged(fields{
		"investment_transactions": tradeFields, "securities": securityFields, "accounts": accountFields,
	}))},

	{
		method: "GET", route: "/users/{id}/accounts", query: fields{"account_ids": masked, "institution_ids": masked},
		answer: object(fields{"links": keyed(object(fields{"accounts": accountFields, "last_synced_at": moment}))}),
	},
	{method: "GET", route: "/users/{id}/links", answer: object(fields{"links": keyed(linkFields)})},
	{
		method: "GET", route: "/users/{id}/transactions",
		query: fields{
			"transaction_type": given, "category": given, "account_id": masked, "institution_id": masked,
			"page": given, "size": given, "start_date": given, "end_date": given,
		},
		answer: object(paged(fields{"transactions": transactionFields, "accounts": keyed(accountFields)})),
	},

	{
		method: "POST", route: "/webhooks/test/link/{id}", body: object(fields{"webhook_event": given, "webhook_idempotency_key": given}),
		answer: object(fields{"delivery_token": id}),
	},
}

// pageQuery asks for a page of what a link has.
var pageQuery = fields{"page": given, "size": given, "account_ids": masked, "start_date": given, "end_date": given}

func ofLink(members fields) *ruling {
	members["link"] = linkFields
	return object(members)
}

func paged(members fields) fields {
	maps.Copy(members, fields{"total": count, "page": count, "size": count})
	return members
}

// parameters are the names that a validation error may point at.
var parameters = names(operations)

func names(operations []operation) map[string]bool {
	all := map[string]bool{"body": true, "query": true, "path": true, "header": true}
	for _, op := range operations {
		collect(all, op.query)
		if op.body != nil {
			collect(all, op.body.fields)
		}
	}
	return all
}

func collect(all map[string]bool, members fields) {
	for name, member := range members {
		all[name] = true
		collect(all, member.fields)
	}
}
