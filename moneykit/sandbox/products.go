package sandbox

import (
	"slices"
	"time"
)

// product is a kind of data that a link gives access to.
type product string

const (
	accountsProduct       product = "accounts"
	accountNumbersProduct product = "account_numbers"
	identityProduct       product = "identity"
	transactionsProduct   product = "transactions"
	investmentsProduct    product = "investments"
	enrichmentProduct     product = "enrichment"
)

// allProducts lists the products in the contract's order.
var allProducts = [...]product{
	accountsProduct, accountNumbersProduct, identityProduct,
	transactionsProduct, investmentsProduct, enrichmentProduct,
}

// limit is the shortest time from one accepted refresh of the product to the
// next; 0 means that it is not limited.
func (p product) limit() time.Duration {
	switch p {
	case accountsProduct, transactionsProduct:
		return time.Hour
	case accountNumbersProduct, identityProduct:
		return 24 * time.Hour
	default:
		return 0
	}
}

// productStatus is how a link stands with one of its products.
type productStatus struct {
	Name        product          `json:"name"`
	RefreshedAt time.Time        `json:"refreshed_at"`
	AttemptedAt time.Time        `json:"attempted_at"`
	RequestedAt time.Time        `json:"requested_at"` // of the last refresh that was accepted
	InFlight    bool             `json:"in_flight"`
	Failures    int              `json:"failures"` // how many of the next refreshes fail
	Failure     *failure         `json:"failure"`
	Settings    *productSettings `json:"settings"`
}

// failure is why the last refresh of a product brought nothing.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// productSettings is what the customer asked for when the link was made.
type productSettings struct {
	Required          bool    `json:"required"`
	RequirePermission bool    `json:"require_permission"`
	Prefetch          bool    `json:"prefetch"`
	Reason            *string `json:"reason"`
}

// permit adds a product to a link, as one that was never fetched. The caller
// touches the link.
func (l *link) permit(name product, settings *productSettings) {
	if p := l.product(name); p != nil {
		p.Settings = settings
		return
	}
	l.Products = append(l.Products, productStatus{Name: name, Settings: settings})
	slices.SortFunc(l.Products, func(a, b productStatus) int {
		return slices.Index(allProducts[:], a.Name) - slices.Index(allProducts[:], b.Name)
	})
}

// limitedFor tells how long a refresh of the product is still refused.
func (p *productStatus) limitedFor(now time.Time) time.Duration {
	if p.RequestedAt.IsZero() {
		return 0
	}
	return max(0, p.RequestedAt.Add(p.Name.limit()).Sub(now))
}

// succeed notes a refresh that brought data.
func (p *productStatus) succeed(at time.Time) {
	p.RefreshedAt, p.InFlight, p.Failure = at, false, nil
	if p.AttemptedAt.IsZero() {
		p.AttemptedAt = at
	}
}

// miss notes a refresh that brought none.
func (p *productStatus) miss(f *failure) { p.InFlight, p.Failure = false, f }

type productAnswer struct {
	RefreshedAt     *time.Time       `json:"refreshed_at"`
	LastAttemptedAt *time.Time       `json:"last_attempted_at"`
	ErrorCode       *string          `json:"error_code"`
	ErrorMessage    *string          `json:"error_message"`
	Unavailable     *string          `json:"unavailable"`
	Settings        *productSettings `json:"settings"`
}

type transactionsProductAnswer struct {
	productAnswer
	HasHistory bool `json:"has_history"`
}

type productsAnswer struct {
	Accounts       *productAnswer             `json:"accounts"`
	AccountNumbers *productAnswer             `json:"account_numbers"`
	Identity       *productAnswer             `json:"identity"`
	Transactions   *transactionsProductAnswer `json:"transactions"`
	Investments    *productAnswer             `json:"investments"`
	Enrichment     *productAnswer             `json:"enrichment"`
}

func (p *productStatus) answer() *productAnswer {
	if p == nil {
		return nil
	}
	a := &productAnswer{
		RefreshedAt:     moment(p.RefreshedAt),
		LastAttemptedAt: moment(p.AttemptedAt),
		Settings:        p.Settings,
	}
	if p.Failure != nil {
		a.ErrorCode, a.ErrorMessage = &p.Failure.Code, &p.Failure.Message
	}
	return a
}

func (l *link) productsAnswer() productsAnswer {
	a := productsAnswer{
		Accounts:       l.product(accountsProduct).answer(),
		AccountNumbers: l.product(accountNumbersProduct).answer(),
		Identity:       l.product(identityProduct).answer(),
		Investments:    l.product(investmentsProduct).answer(),
		Enrichment:     l.product(enrichmentProduct).answer(),
	}
	if p := l.product(transactionsProduct); p != nil {
		a.Transactions = &transactionsProductAnswer{productAnswer: *p.answer(), HasHistory: !p.RefreshedAt.IsZero()}
	}
	return a
}
