package moneykit

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// InstitutionID identifies an institution.
type InstitutionID string

// Institution is a bank or another place that holds accounts.
type Institution struct {
	Response `json:"-"`
	Object
	ID        InstitutionID   `json:"institution_id"`
	Aliases   []InstitutionID `json:"institution_id_aliases"`
	Name      string          `json:"name"`
	Country   Country         `json:"country"`
	Domain    string          `json:"domain"`
	Color     string          `json:"color"`
	ColorDark string          `json:"color_dark"`
	Featured  bool            `json:"is_featured"`
}

// UnmarshalJSONFrom decodes an institution and remembers its JSON.
func (i *Institution) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	type plain Institution
	return i.keep(d, (*plain)(i))
}

// InstitutionsQuery narrows a walk over institutions.
type InstitutionsQuery struct {
	Name     string // part of the name
	Featured *bool  // only those that are, or are not, featured; nil for all
	PageSize int    // up to 1000, 0 leaves it to the server
}

// InstitutionsPage is one page of institutions.
type InstitutionsPage struct {
	Response `json:"-"`
	Extra
	Institutions []Institution `json:"institutions"`
	Cursors      Cursor        `json:"cursors"`
}

// Cursor points behind a page.
type Cursor struct {
	Extra
	Next string `json:"next"` // empty when there is no page more
}

// Institutions walks the institutions that match q.
//
// MoneyKit API: GET /institutions
func (c *Client) Institutions(ctx context.Context, q InstitutionsQuery) iter.Seq2[Institution, error] {
	return walk("/institutions", func(cursor string) ([]Institution, string, Response, error) {
		page, err := c.InstitutionsPage(ctx, cursor, q)
		if err != nil {
			return nil, "", Response{}, err
		}
		return page.Institutions, page.Cursors.Next, page.Response, nil
	})
}

// InstitutionsPage returns one page; an empty cursor asks for the first.
//
// MoneyKit API: GET /institutions
func (c *Client) InstitutionsPage(ctx context.Context, cursor string, q InstitutionsQuery) (*InstitutionsPage, error) {
	params := query("cursor", cursor, "name", q.Name, "limit", positive(q.PageSize))
	if q.Featured != nil {
		params.Set("featured", strconv.FormatBool(*q.Featured))
	}
	return call[InstitutionsPage](ctx, c, request{
		method: http.MethodGet, route: "/institutions", query: params,
	})
}

// Institution returns one institution.
//
// MoneyKit API: GET /institutions/{institution_id}
func (c *Client) Institution(ctx context.Context, id InstitutionID) (*Institution, error) {
	return call[Institution](ctx, c, request{
		method: http.MethodGet, route: "/institutions/{institution_id}", args: []string{string(id)},
	})
}
