package moneykit

import (
	"context"
	"net/http"
	"time"
)

// ClientInfo describes the key pair in use. It does not tell whether the app
// is Live or Sandbox: MoneyKit does not say.
type ClientInfo struct {
	Response   `json:"-"`
	ClientID   string    `json:"client_id"`
	ClientName string    `json:"client_name"`
	Scope      string    `json:"scope"` // space-separated
	App        App       `json:"app"`
	DisabledAt time.Time `json:"disabled_at"` // zero while the pair is enabled
}

// App is the MoneyKit app a key pair belongs to.
type App struct {
	ID   string `json:"app_id"`
	Name string `json:"name"`
}

// Introspect describes the key pair that the client uses.
//
// MoneyKit API: GET /auth/introspect
func (c *Client) Introspect(ctx context.Context) (*ClientInfo, error) {
	return call[ClientInfo](ctx, c, request{method: http.MethodGet, route: "/auth/introspect", want: http.StatusOK})
}
