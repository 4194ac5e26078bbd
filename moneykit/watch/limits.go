package watch

import (
	"time"

	"till/moneykit"
)

// Limit is how long after an attempt a product of a link is not refreshed again, 0 for
// a product without a documented limit.
func Limit(product moneykit.Product) time.Duration {
	switch product {
	case moneykit.ProductAccounts, moneykit.ProductTransactions:
		return time.Hour
	case moneykit.ProductAccountNumbers, moneykit.ProductIdentity:
		return 24 * time.Hour
	}
	return 0
}

// NextAllowed tells when a product of a link may be refreshed again, by MoneyKit's
// clock. It is zero when nothing is known that forbids it at now.
func NextAllowed(link *moneykit.Link, product moneykit.Product, now time.Time) time.Time {
	if link == nil {
		return time.Time{}
	}
	status := link.Products.Of(product)
	if status == nil || status.Unavailable != "" {
		return time.Time{}
	}
	limit := Limit(product)
	if next := status.LastAttemptedAt.Add(limit); limit > 0 && next.After(now) {
		return next
	}
	return time.Time{}
}
