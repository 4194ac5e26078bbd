package moneykit

import (
	"iter"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// LinkID identifies a link. It is a secret of the backend and is never shown
// to an end user.
type LinkID string

// LinkState is where a link stands. Unknown cases are kept as they came.
type LinkState string

// The documented states.
const (
	Connecting            LinkState = "connecting"
	AwaitingTokenExchange LinkState = "awaiting_token_exchange"
	Connected             LinkState = "connected"
	InError               LinkState = "error"
	Deleted               LinkState = "deleted"
)

// LinkError says what is wrong with a link in state InError.
type LinkError string

// The documented link errors.
const (
	SystemError        LinkError = "system_error"
	ProviderError      LinkError = "provider_error"
	InstitutionError   LinkError = "institution_error"
	UserError          LinkError = "user_error"
	AuthExpired        LinkError = "auth_expired"
	NoAccounts         LinkError = "no_accounts"
	UserSetupRequired  LinkError = "user_setup_required"
	InvalidCredentials LinkError = "invalid_credentials"
	UserOAuthDenied    LinkError = "user_oauth_denied"
	UserInputIncorrect LinkError = "user_input_incorrect"
	Incomplete         LinkError = "incomplete"
)

// Product is a kind of data that a link brings.
type Product string

// The documented products.
const (
	ProductAccounts       Product = "accounts"
	ProductAccountNumbers Product = "account_numbers"
	ProductIdentity       Product = "identity"
	ProductTransactions   Product = "transactions"
	ProductInvestments    Product = "investments"
	ProductEnrichment     Product = "enrichment"
)

// Products lists the documented products in the order of the contract.
func Products() []Product {
	return []Product{
		ProductAccounts, ProductAccountNumbers, ProductIdentity,
		ProductTransactions, ProductInvestments, ProductEnrichment,
	}
}

// ProductError says why the last attempt to refresh a product failed.
type ProductError string

// The documented product errors.
const (
	ProductRateLimit        ProductError = "rate_limit"
	ProductAuthExpired      ProductError = "auth_expired"
	ProductNotSupported     ProductError = "not_supported"
	ProductTimeout          ProductError = "timeout"
	ProductUnknown          ProductError = "unknown"
	ProductNoAccounts       ProductError = "no_accounts"
	ProductInstitutionError ProductError = "institution_error"
	ProductNoPermission     ProductError = "no_permission"
)

// Link is a connection to an institution.
type Link struct {
	Response `json:"-"`
	Object
	ID                LinkID        `json:"link_id"`
	InstitutionID     InstitutionID `json:"institution_id"`
	InstitutionName   string        `json:"institution_name"`
	InstitutionAvatar string        `json:"institution_avatar"`
	State             LinkState     `json:"state"`
	ErrorCode         LinkError     `json:"error_code"`     // empty unless State is InError
	LastSyncedAt      time.Time     `json:"last_synced_at"` // zero when never
	Provider          Provider      `json:"provider"`
	LinkTags          []string      `json:"link_tags"`
	Tags              []string      `json:"tags"` // what link_tags is called besides
	Webhook           string        `json:"webhook"`
	Products          LinkProducts  `json:"products"`
	// AvailableProducts could be added by a new session for this link.
	AvailableProducts []Product `json:"available_products"`
}

// UnmarshalJSONFrom decodes a link and remembers its JSON.
func (l *Link) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Link
	return l.keep(d, (*plain)(l))
}

func (l *Link) lacks() string { return unless(l.ID != "", "link_id") }

// LinkProducts holds the status of each product, nil for one that the link
// does not have.
type LinkProducts struct {
	Extra
	Accounts       *ProductStatus `json:"accounts"`
	AccountNumbers *ProductStatus `json:"account_numbers"`
	Identity       *ProductStatus `json:"identity"`
	Transactions   *ProductStatus `json:"transactions"`
	Investments    *ProductStatus `json:"investments"`
	Enrichment     *ProductStatus `json:"enrichment"`
}

// Of returns the status of one product, nil when the link does not have it.
func (p LinkProducts) Of(product Product) *ProductStatus {
	switch product {
	case ProductAccounts:
		return p.Accounts
	case ProductAccountNumbers:
		return p.AccountNumbers
	case ProductIdentity:
		return p.Identity
	case ProductTransactions:
		return p.Transactions
	case ProductInvestments:
		return p.Investments
	case ProductEnrichment:
		return p.Enrichment
	}
	return nil
}

// All walks the products that the link has, in the order of the contract.
func (p LinkProducts) All() iter.Seq2[Product, *ProductStatus] {
	return func(yield func(Product, *ProductStatus) bool) {
		for _, product := range Products() {
			if status := p.Of(product); status != nil && !yield(product, status) {
				return
			}
		}
	}
}

// ProductStatus says how fresh a product is and how its last refresh went.
type ProductStatus struct {
	Extra
	RefreshedAt     time.Time    `json:"refreshed_at"`      // zero when never
	LastAttemptedAt time.Time    `json:"last_attempted_at"` // zero when never
	ErrorCode       ProductError `json:"error_code"`        // empty when the last attempt succeeded
	ErrorMessage    string       `json:"error_message"`
	Unavailable     string       `json:"unavailable"` // why the product cannot be had
	// Settings are what the session asked for, nil when not told.
	Settings *ProductSettings `json:"settings"`
	// HasHistory reports that all of the history has arrived; transactions only.
	HasHistory bool `json:"has_history"`
}

// LinkRef is what the list of links says of each.
type LinkRef struct {
	Object
	ID        LinkID    `json:"link_id"`
	CreatedAt time.Time `json:"created_at"`
}

// UnmarshalJSONFrom decodes a reference and remembers its JSON.
func (l *LinkRef) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain LinkRef
	return l.keep(d, (*plain)(l))
}

// LinksPage is one page of the list of links.
type LinksPage struct {
	Response `json:"-"`
	Extra
	Links []LinkRef `json:"links"`
	Next  string    `json:"next_cursor"` // empty on the last page
}
