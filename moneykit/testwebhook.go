package moneykit

import (
	"context"
	"net/http"
)

// WebhookTest is a webhook on its way to where the link's webhooks go.
type WebhookTest struct {
	Response `json:"-"`
	Extra
	DeliveryToken string `json:"delivery_token"` // the delivery carries it in MoneyKit-Delivery-Token
}

// TriggerTestWebhook has an event sent for a link as if it had happened. The
// idempotency key comes back in the webhook.
//
// MoneyKit API: POST /webhooks/test/link/{id}
func (c *Client) TriggerTestWebhook(ctx context.Context, id LinkID, event WebhookEvent, idempotencyKey string) (*WebhookTest, error) {
	return call[WebhookTest](ctx, c, request{
		method: http.MethodPost, route: "/webhooks/test/link/{id}", args: []string{string(id)},
		body: struct {
			Event WebhookEvent `json:"webhook_event"`
			Key   string       `json:"webhook_idempotency_key"`
		}{event, idempotencyKey},
	})
}
