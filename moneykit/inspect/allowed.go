package inspect

import (
	"slices"
	"strings"
)

// The lists in this file say what may be shown. What is not on them is hidden,
// with all that is below it: a field that MoneyKit adds tomorrow stays hidden
// until someone has judged it.

// allowedField reports whether the member key of an object may be shown, if all
// above it may. parent is the nearest key above, through lists; it is empty in
// the outermost object and below a key that is an id.
func allowedField(parent, key string) bool {
	switch key {
	case "id":
		return slices.Contains([]string{"app", "merchant", "processor"}, parent)
	case "name":
		return slices.Contains([]string{
			"", "account", "accounts", "app", "institutions", "merchant", "processor", "securities",
		}, parent)
	case "value":
		return slices.Contains([]string{"category", "subcategory", "holdings"}, parent)
	case "account_numbers", "identity", "investments": // products, not what they bring
		return parent == "products"
	case "location", "message":
		return parent == "validation_errors"
	}
	return isStructure(key) || isLinkField(key) || isSessionField(key) || isAccountField(key) ||
		isTransactionField(key) || isInvestmentField(key)
}

// isStructure tells what holds other fields, pages, errors and clients.
func isStructure(key string) bool {
	switch key {
	case "account", "accounts", "app", "holdings", "institutions", "investment_transactions", "link", "links",
		"products", "securities", "transactions", "created", "updated", "removed",
		"cursor", "cursors", "has_more", "next", "next_cursor", "page", "size", "total",
		"error", "error_code", "error_message", "documentation_url", "link_error_code", "validation_errors",
		"app_id", "app_name", "client_id", "client_name", "disabled_at", "expires_in", "scope", "token_type":
		return true
	}
	return false
}

func isLinkField(key string) bool {
	switch key {
	case "link_id", "created_at", "state", "provider", "tags", "link_tags", "last_synced_at",
		"institution_id", "institution_id_aliases", "institution_name", "institution_avatar",
		"country", "domain", "color", "color_dark", "is_featured",
		"available_products", "refreshed_at", "last_attempted_at", "unavailable", "has_history":
		return true
	}
	return false
}

// isSessionField tells what a link session or a test webhook is asked for with.
func isSessionField(key string) bool {
	switch key {
	case "existing_link_id", "redirect_uri", "webhook_event",
		"settings", "countries", "providers", "required", "require_permission", "prefetch", "reason",
		"connect_features", "issue_reporter", "enable_money_id", "duplicate_institution_warning",
		"duplicate_institution_rejected", "connect_manually", "permit_only_one_account",
		"permit_only_depository_accounts":
		return true
	}
	return false
}

func isAccountField(key string) bool {
	switch key {
	case "account_id", "account_type", "nickname", "closed",
		"balances", "currency", "available", "current", "limit", "balance_date":
		return true
	}
	return false
}

func isTransactionField(key string) bool {
	switch key {
	case "transaction_id", "amount", "type", "date", "datetime", "description", "pending",
		"category", "subcategory", "confidence", "enrichment", "merchant", "processor", "logo",
		"recurrence", "frequency", "next_predicted_date":
		return true
	}
	return false
}

func isInvestmentField(key string) bool {
	switch key {
	case "investment_transaction_id", "security_id", "quantity", "price", "price_datetime", "cost_basis",
		"fees", "forex_rate", "ticker", "isin", "sedol", "close_price", "close_date":
		return true
	}
	return false
}

// keyedByID returns the member of a route's answer whose own members are named
// by ids, or "".
func keyedByID(route string) string {
	switch route {
	case "/users/{id}/links", "/users/{id}/accounts":
		return "links"
	case "/users/{id}/transactions":
		return "accounts"
	}
	return ""
}

func allowedFormField(name string) bool {
	return slices.Contains([]string{"grant_type", "scope", "client_id"}, name)
}

// allowedHeader takes the name in its canonical form.
func allowedHeader(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Allow", "Cache-Control", "Content-Encoding", "Content-Length", "Content-Type",
		"Date", "Moneykit-Version", "Retry-After", "Server", "User-Agent", "Www-Authenticate",
		"X-Client-Id", "X-Request-Id":
		return true
	}
	return false
}

func allowedParameter(name string) bool {
	switch name {
	case "account_id", "account_ids", "category", "cursor", "end_date", "featured", "institution_id",
		"institution_ids", "limit", "name", "page", "size", "start_date", "transaction_type":
		return true
	}
	return false
}

// allowedPart reports whether a part of a path, such as {account_id}, may be
// shown. The {id} of a user is what the app calls its customer.
func allowedPart(route, part string) bool {
	parts := strings.Split(route, "/")
	if len(parts) < 2 || !slices.Contains([]string{"links", "institutions", "webhooks"}, parts[1]) {
		return false
	}
	return slices.Contains([]string{"{id}", "{account_id}", "{institution_id}", "{txn_id}"}, part)
}
