package watch

import (
	"slices"
	"time"

	"till/moneykit"
)

// connected tells what to do about the products of a link that is connected: what
// helps at once before what has to wait, and that before what no refresh helps.
func (c *inquiry) connected() Diagnosis {
	trouble := c.trouble()
	again := slices.Concat(trouble[moneykit.ProductRateLimit], trouble[moneykit.ProductTimeout],
		trouble[moneykit.ProductInstitutionError], trouble[moneykit.ProductUnknown])
	switch {
	case len(trouble) == 0:
		return c.fresh()
	case trouble[moneykit.ProductAuthExpired] != nil:
		return toRelink("The bank no longer gives this link's data, and the customer has to log in again.")
	case c.failsAgain(trouble):
		return toSupport("A product of this link fails again and again, which another refresh does not put right.")
	case len(again) > 0:
		return c.again(again, "The last refresh failed, and another one is allowed.", "The last refresh failed, and another one is not allowed yet.")
	case trouble[moneykit.ProductNoPermission] != nil:
		return toRelink("The customer has not given permission to a product of this link, and can be asked for it.")
	case trouble[moneykit.ProductNotSupported] != nil, trouble[cannotBeHad] != nil:
		return toSupport("A product of this link cannot be had from this bank, and only MoneyKit's support can say more.")
	case trouble[moneykit.ProductNoAccounts] != nil:
		return toSupport("The bank showed no accounts for a product of this link, and only MoneyKit's support can say why.")
	}
	return toSupport("A product of this link has an error that MoneyKit's documentation does not name.")
}

// cannotBeHad stands for the error of a product that cannot be had.
const cannotBeHad moneykit.ProductError = "unavailable"

// trouble is which products fail, by their errors.
func (c *inquiry) trouble() map[moneykit.ProductError][]moneykit.Product {
	trouble := map[moneykit.ProductError][]moneykit.Product{}
	for product, status := range c.Link.Products.All() {
		switch {
		case status.Unavailable != "":
			c.seen(named(product)+" unavailable: "+status.Unavailable, time.Time{})
			trouble[cannotBeHad] = append(trouble[cannotBeHad], product)
		case status.ErrorCode != "":
			c.failure(product, status)
			trouble[status.ErrorCode] = append(trouble[status.ErrorCode], product)
		}
	}
	return trouble
}

// failsAgain reports that a product which fails has failed many times in a row. One
// that was asked for too often is waited for, however often that was.
func (c *inquiry) failsAgain(trouble map[moneykit.ProductError][]moneykit.Product) bool {
	found := false
	for _, product := range moneykit.Products() {
		status := c.Link.Products.Of(product)
		if status == nil || status.ErrorCode == moneykit.ProductRateLimit || !slices.Contains(trouble[status.ErrorCode], product) {
			continue
		}
		if failures := c.failures(product); len(failures) >= manyFailures {
			found = true
			for _, e := range failures {
				c.happened(e)
			}
		}
	}
	return found
}

// failures are those of a product since it was last refreshed.
func (c *inquiry) failures(product moneykit.Product) (failures []Event) {
	for _, e := range c.history {
		switch {
		case e.Product != product:
		case e.Kind == ProductRefreshed:
			return failures
		case e.Kind == ProductFailed:
			failures = append(failures, e)
		}
	}
	return failures
}

// again has products refreshed: those that may be, or else it waits for the first.
func (c *inquiry) again(products []moneykit.Product, allowed, limited string) Diagnosis {
	var may []moneykit.Product
	var until time.Time
	for _, product := range moneykit.Products() {
		if !slices.Contains(products, product) {
			continue
		}
		next := c.nextAllowed(product)
		if next.IsZero() {
			may = append(may, product)
		} else if until.IsZero() || next.Before(until) {
			until = next
		}
	}
	if len(may) > 0 {
		return Diagnosis{Step: RefreshStep, Products: may, Reason: allowed}
	}
	return Diagnosis{Step: WaitStep, Until: until, Reason: limited}
}

// nextAllowed tells when a product may be refreshed again, by the documented limits or
// by how MoneyKit refused the last refresh.
func (c *inquiry) nextAllowed(product moneykit.Product) time.Time {
	next, r := NextAllowed(c.Link, product, c.now), c.Refresh
	if r != nil && slices.Contains(r.Products, product) && r.RetryAt.After(c.now) && r.RetryAt.After(next) {
		return r.RetryAt
	}
	return next
}

// fresh tells whether the data of a link without failures is.
func (c *inquiry) fresh() Diagnosis {
	var products []moneykit.Product
	var newest time.Time
	for product, status := range c.Link.Products.All() {
		products = append(products, product)
		if status.RefreshedAt.After(newest) {
			newest = status.RefreshedAt
		}
		if status.RefreshedAt.IsZero() {
			c.seen(named(product)+" never refreshed", time.Time{})
		} else {
			c.seen(named(product)+" refreshed", status.RefreshedAt)
		}
	}
	switch {
	case len(products) == 0:
		return Diagnosis{Step: NoStep, Reason: "This link is connected, and was made without any product."}
	case newest.IsZero():
		return c.again(products, "This link is connected, and no data has come yet.", "This link is connected, its data has not come yet, and a refresh is not allowed yet.")
	case c.lasts(newest, longUnrefreshed):
		return c.again(products, "Nothing of this link was refreshed in the last 7 days.", "Nothing of this link was refreshed in the last 7 days, and a refresh is not allowed yet.")
	}
	return Diagnosis{Step: NoStep, Reason: "This link is connected, and its products are refreshed without errors."}
}
