package moneykit

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
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
		method: http.MethodGet, route: "/links", want: http.StatusOK,
		query: query("cursor", cursor, "limit", positive(limit)),
	})
}

// Link returns one link. A deleted one is still answered for 90 days.
//
// MoneyKit API: GET /links/{id}
func (c *Client) Link(ctx context.Context, id LinkID) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodGet, route: "/links/{id}", args: []string{string(id)}, want: http.StatusOK,
	})
}

// DeleteLink disconnects a link for good.
//
// MoneyKit API: DELETE /links/{id}
func (c *Client) DeleteLink(ctx context.Context, id LinkID) (*Response, error) {
	return call[Response](ctx, c, request{
		method: http.MethodDelete, route: "/links/{id}", args: []string{string(id)}, want: http.StatusNoContent,
	})
}

// ResetLink forces a link into InError with AuthExpired, for testing.
//
// MoneyKit API: POST /links/{id}/reset
func (c *Client) ResetLink(ctx context.Context, id LinkID) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/reset", args: []string{string(id)}, want: http.StatusOK,
	})
}

// RefreshProducts asks the institution for fresh data. It returns at once; the
// refresh is over when a product's RefreshedAt has moved, or LastAttemptedAt
// has and ErrorCode is set. Above a product's limit the error is
// RateLimitExceeded.
//
// MoneyKit API: POST /links/{id}/products
func (c *Client) RefreshProducts(ctx context.Context, id LinkID, products ...Product) (*Link, error) {
	return call[Link](ctx, c, request{
		method: http.MethodPost, route: "/links/{id}/products", args: []string{string(id)}, want: http.StatusAccepted,
		body: struct {
			Products []Product `json:"products"`
		}{products},
	})
}

// walk turns a cursor-paged operation into an iterator. A cursor that comes
// back unchanged would never end, so it is an error.
func walk[T any](route string, page func(cursor string) ([]T, string, Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for cursor := ""; ; {
			items, next, resp, err := page(cursor)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if next == cursor {
				yield(none, stuckCursor(route, resp))
				return
			}
			cursor = next
		}
	}
}

func stuckCursor(route string, resp Response) error {
	return &ResponseError{
		Call:   Call{Method: http.MethodGet, Route: route, RequestID: resp.RequestID},
		Status: http.StatusOK, Reason: "the cursor does not advance",
	}
}

// query builds parameters from pairs of name and value; empty values are left
// out.
func query(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values
}

// positive formats n, and "" for 0 or less, which leaves the choice to the server.
func positive(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}
