package moneykit

import (
	"context"
	"encoding/json"
	"net/http"
)

// JWKSet holds the public keys that MoneyKit signs webhooks with.
type JWKSet struct {
	Response `json:"-"`
	Extra
	Keys []json.RawMessage `json:"keys"` // each a JSON Web Key
}

// JWKS returns the keys that MoneyKit signs webhooks with. It needs no token.
// [Client.VerifyWebhook] asks for them by itself and keeps them.
//
// MoneyKit API: GET /.well-known/jwks.json
func (c *Client) JWKS(ctx context.Context) (*JWKSet, error) {
	return call[JWKSet](ctx, c, request{
		method: http.MethodGet, route: "/.well-known/jwks.json", open: true,
	})
}
