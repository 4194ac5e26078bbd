package moneykit

import (
	"context"
	"net/http"
)

// LinkSessionRequest asks for a session in which an end user makes a link, or
// repairs ExistingLinkID, which wins over InstitutionID.
type LinkSessionRequest struct {
	CustomerUser   CustomerUser         `json:"customer_user"`
	RedirectURI    string               `json:"redirect_uri"` // approved for the app, without a query
	ExistingLinkID LinkID               `json:"existing_link_id,omitempty"`
	InstitutionID  InstitutionID        `json:"institution_id,omitempty"`
	Webhook        string               `json:"webhook,omitempty"`
	Tags           []string             `json:"link_tags,omitempty"`
	Settings       *LinkSessionSettings `json:"settings,omitempty"`
}

// CustomerUser is the end user as the app knows them.
type CustomerUser struct {
	ID string `json:"id"` // 4 to 150 characters
}

// LinkSessionSettings narrow what a session offers.
type LinkSessionSettings struct {
	Countries []string                    `json:"countries,omitempty"`
	Providers []string                    `json:"providers,omitempty"`
	Products  map[Product]ProductSettings `json:"products,omitempty"`
}

// ProductSettings say how a session asks for a product.
type ProductSettings struct {
	Required          bool   `json:"required,omitempty"`
	RequirePermission bool   `json:"require_permission,omitempty"`
	Prefetch          bool   `json:"prefetch,omitempty"`
	Reason            string `json:"reason,omitempty"`
}

// LinkSession is a session that Connect can be opened with.
type LinkSession struct {
	Response `json:"-"`
	Token    Secret
}

// CreateLinkSession opens a session.
//
// MoneyKit API: POST /link-session
func (c *Client) CreateLinkSession(ctx context.Context, r LinkSessionRequest) (*LinkSession, error) {
	out, err := call[struct {
		Response `json:"-"`
		Token    string `json:"link_session_token"`
	}](ctx, c, request{method: http.MethodPost, route: "/link-session", body: r, want: http.StatusCreated})
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
	LinkID   LinkID `json:"link_id"`
	Link     Link   `json:"link"`
}

// ExchangeToken turns the token that Connect handed out into a link. A token
// is good once; after that, and when unknown, the error is
// InvalidTokenExchange. A relink has none to exchange.
//
// MoneyKit API: POST /link-session/exchange-token
func (c *Client) ExchangeToken(ctx context.Context, token Secret) (*ExchangedLink, error) {
	return call[ExchangedLink](ctx, c, request{
		method: http.MethodPost, route: "/link-session/exchange-token", want: http.StatusCreated,
		body: map[string]string{"exchangeable_token": token.Reveal()},
	})
}
