package moneykit

import (
	"context"
	"net/http"
	"time"
)

// ClientInfo describes the key pair in use. It does not tell whether the app
// is Live or Sandbox: MoneyKit does not say.
type ClientInfo struct {
	Response `json:"-"`
	Extra
	ClientID   string    `json:"client_id"`
	ClientName string    `json:"client_name"`
	Scope      string    `json:"scope"` // space-separated
	App        App       `json:"app"`
	DisabledAt time.Time `json:"disabled_at"` // zero while the pair is enabled
}

// App is the MoneyKit app a key pair belongs to.
type App struct {
	Extra
	ID   string `json:"app_id"`
	Name string `json:"name"`
	// SameID and SameName are what the contract calls the two besides.
	SameID   string `json:"id"`
	SameName string `json:"app_name"`
}

// AccessToken authorises requests until it expires.
type AccessToken struct {
	Token     Secret
	ExpiresAt time.Time // by the client's clock
}

// AccessToken returns the token that the client's calls carry, for a program
// that speaks to the API besides. The client renews it by itself.
//
// MoneyKit API: POST /auth/token
func (c *Client) AccessToken(ctx context.Context) (AccessToken, error) {
	if _, err := c.tokens.get(ctx); err != nil {
		return AccessToken{}, err
	}
	return c.tokens.current(), nil
}

// Introspect describes the key pair that the client uses.
//
// MoneyKit API: GET /auth/introspect
func (c *Client) Introspect(ctx context.Context) (*ClientInfo, error) {
	return call[ClientInfo](ctx, c, request{method: http.MethodGet, route: "/auth/introspect"})
}
