package moneykit

import (
	"context"
	"iter"
	"net/http"
)

// Links walks all active links: those that connected at least once, brought
// data and were not deleted. pageSize may be 500 to 5000, 0 leaves it to the
// server. The walk ends at the first error.
//
// MoneyKit API: GET /links
func (c *Client) Links(ctx context.Context, pageSize int) iter.Seq2[LinkRef, error] {
	return walk("/links", func(cursor string) ([]LinkRef, string, Response, error) {
		page, err := c.LinksPage(ctx, cursor, pageSize)
		if err != nil {
			return nil, "", Response{}, err
		}
		return page.Links, page.Next, page.Response, nil
	})
}

// LinksPage returns one page of links; an empty cursor asks for the first.
//
// MoneyKit API: GET /links
func (c *Client) LinksPage(ctx context.Context, cursor string, limit int) (*LinksPage, error) {
	return call[LinksPage](ctx, c, request{
		method: http.MethodGet, route: "/links",
		query: query("cursor", cursor, "limit", positive(limit)),
	})
}

// Link returns one link. A deleted one is still answered for 90 days.
//
// MoneyKit API: GET /links/{id}
func (c *Client) Link(ctx context.Context, id LinkID) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}", args: []string{string(id)},
	})
}

// DeleteLink disconnects a link for good.
//
// MoneyKit API: DELETE /links/{id}
func (c *Client) DeleteLink(ctx context.Context, id LinkID) (*Response, error) {
	return call[Response](ctx, c, request{
		method: http.MethodDelete, route: "/links/{id}", args: []string{string(id)}, empty: true,
	})
}

// LinkUpdate says what to change of a link; nil leaves a thing as it is.
type LinkUpdate struct {
	Webhook  *string   // "" takes it away
	LinkTags *[]string // replaces all
	Tags     *[]string // replaces all
}

// UpdateLink changes where a link's webhooks go and how it is tagged.
//
// MoneyKit API: PATCH /links/{id}
func (c *Client) UpdateLink(ctx context.Context, id LinkID, u LinkUpdate) (*Link, error) {
	body := map[string]any{}
	if u.Webhook != nil {
		if body["webhook"] = *u.Webhook; *u.Webhook == "" {
			body["webhook"] = nil
		}
	}
	if u.LinkTags != nil {
		body["link_tags"] = *u.LinkTags
	}
	if u.Tags != nil {
		body["tags"] = *u.Tags
	}
	return call[Link](ctx, c, request{
		method: http.MethodPatch, route: "/links/{id}", args: []string{string(id)}, body: body,
	})
}

// ResetLink forces a link into InError with AuthExpired, for testing.
//
// MoneyKit API: POST /links/{id}/reset
func (c *Client) ResetLink(ctx context.Context, id LinkID) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/reset", args: []string{string(id)},
	})
}

// RefreshProducts asks the institution for fresh data. It returns at once; the
// refresh is over when, against the link that it returns, a product's RefreshedAt
// has moved, or LastAttemptedAt has and ErrorCode is set. Above a product's limit the error is
// RateLimitExceeded.
//
// MoneyKit API: POST /links/{id}/products
func (c *Client) RefreshProducts(ctx context.Context, id LinkID, products ...Product) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/products", args: []string{string(id)},
		body: struct {
			Products []Product `json:"products"`
		}{products},
	})
}
