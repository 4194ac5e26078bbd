package moneykit

import (
	"context"
	"net/http"
	"time"
)

// LinkSessionRequest asks for a session in which an end user makes a link, or
// repairs ExistingLinkID, which wins over InstitutionID.
type LinkSessionRequest struct {
	CustomerUser   CustomerUser         `json:"customer_user"`
	RedirectURI    string               `json:"redirect_uri"` // approved for the app, without a query
	ExistingLinkID LinkID               `json:"existing_link_id,omitzero"`
	InstitutionID  InstitutionID        `json:"institution_id,omitzero"`
	Webhook        string               `json:"webhook,omitzero"`
	LinkTags       []string             `json:"link_tags,omitzero"`
	Settings       *LinkSessionSettings `json:"settings,omitzero"`
	Features       *ConnectFeatures     `json:"connect_features,omitzero"`
	// SandboxData is what a link made in the Sandbox holds, in place of what
	// the Sandbox would invent.
	SandboxData *CustomSandboxData `json:"custom_sandbox_data,omitzero"`
}

// UserID is what the app calls one of its end users, in 4 to 150 characters.
type UserID string

// CustomerUser is the end user as the app knows them.
type CustomerUser struct {
	ID    UserID         `json:"id"`
	Email *CustomerEmail `json:"email,omitzero"`
	Phone *CustomerPhone `json:"phone,omitzero"`
}

// CustomerEmail is an end user's email address.
type CustomerEmail struct {
	Address    string    `json:"address"`                       // 4 to 254 characters
	VerifiedAt time.Time `json:"customer_verified_at,omitzero"` // zero when it was not
}

// CustomerPhone is an end user's phone number.
type CustomerPhone struct {
	Number     string    `json:"number"` // 4 to 30 characters
	Country    Country   `json:"country,omitzero"`
	VerifiedAt time.Time `json:"customer_verified_at,omitzero"` // zero when it was not
}

// Country is where an institution is at home.
type Country string

// The documented countries.
const (
	UnitedStates  Country = "US"
	UnitedKingdom Country = "GB"
	Canada        Country = "CA"
)

// Provider is through whom MoneyKit reaches an institution.
type Provider string

// The documented providers.
const (
	ProviderMoneyKit Provider = "moneykit"
	ProviderFinicity Provider = "finicity"
	ProviderPlaid    Provider = "plaid"
	ProviderYodlee   Provider = "yodlee"
	ProviderMX       Provider = "mx"
	ProviderAkoya    Provider = "akoya"
)

// LinkSessionSettings narrow what a session offers; what is left out stays as
// it is set for the app.
type LinkSessionSettings struct {
	Countries []Country  `json:"countries,omitzero"`
	Providers []Provider `json:"providers,omitzero"`
	// Products may be account numbers, identity, transactions and investments.
	Products map[Product]ProductSettings `json:"products,omitzero"`
}

// ProductSettings say how a session asks for a product.
type ProductSettings struct {
	Extra
	Required          bool   `json:"required,omitzero"` // without it there is no link
	RequirePermission bool   `json:"require_permission,omitzero"`
	Prefetch          bool   `json:"prefetch,omitzero"` // fetched as soon as the link is made
	Reason            string `json:"reason,omitzero"`   // told to the end user
}

// ConnectFeatures switch on parts of Connect.
type ConnectFeatures struct {
	IssueReporter                bool `json:"issue_reporter,omitzero"`
	EnableMoneyID                bool `json:"enable_money_id,omitzero"`
	DuplicateInstitutionWarning  bool `json:"duplicate_institution_warning,omitzero"`
	DuplicateInstitutionRejected bool `json:"duplicate_institution_rejected,omitzero"`
	ConnectManually              bool `json:"connect_manually,omitzero"`
	PermitOnlyOneAccount         bool `json:"permit_only_one_account,omitzero"`
	PermitOnlyDepositoryAccounts bool `json:"permit_only_depository_accounts,omitzero"`
}

// CustomSandboxData are the accounts, and their owners, of a link made in the
// Sandbox.
type CustomSandboxData struct {
	Accounts []CustomSandboxAccount `json:"accounts"`
	Owners   []Owner                `json:"owners,omitzero"`
}

// CustomSandboxAccount is an account of a link made in the Sandbox.
type CustomSandboxAccount struct {
	Type          AccountType `json:"account_type"`
	Name          string      `json:"name"`
	AccountNumber string      `json:"account_number"`
	RoutingNumber string      `json:"routing_number,omitzero"`
}

// LinkSession is a session that Connect can be opened with.
type LinkSession struct {
	Response
	Token Secret
}

// openedSession is the answer to CreateLinkSession, with the token bare.
type openedSession struct {
	Response `json:"-"`
	Extra
	Token string `json:"link_session_token"`
}

func (s *openedSession) lacks() string { return unless(s.Token != "", "link_session_token") }

// CreateLinkSession opens a session. Settings that the app may not use end in
// ForbiddenConfig.
//
// MoneyKit API: POST /link-session
func (c *Client) CreateLinkSession(ctx context.Context, r LinkSessionRequest) (*LinkSession, error) {
	out, err := call[openedSession](ctx, c, request{method: http.MethodPost, route: "/link-session", body: r})
	if err != nil {
		return nil, err
	}
	session := &LinkSession{Response: out.Response, Token: NewSecret(out.Token)}
	session.Body = nil // it is the token
	return session, nil
}

// ExchangedLink is the link that an exchangeable token stood for.
type ExchangedLink struct {
	Response `json:"-"`
	Extra
	LinkID LinkID `json:"link_id"`
	Link   Link   `json:"link"`
}

func (e *ExchangedLink) lacks() string { return unless(e.LinkID != "", "link_id") }

// ExchangeToken turns the token that Connect handed out into a link. A token
// is good once; after that, and when unknown, the error is
// InvalidTokenExchange. A relink has none to exchange.
//
// MoneyKit API: POST /link-session/exchange-token
func (c *Client) ExchangeToken(ctx context.Context, token Secret) (*ExchangedLink, error) {
	return call[ExchangedLink](ctx, c, request{
		method: http.MethodPost, route: "/link-session/exchange-token",
		body: map[string]string{"exchangeable_token": token.Reveal()}, secret: token,
	})
}
