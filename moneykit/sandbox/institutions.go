package sandbox

import (
	"net/http"
	"strings"
	"sync"
)

// Ids of the three banks that the Sandbox is known for.
const (
	credentialsBank = "moneykit-creds-bank"
	oauthBank       = "moneykit-oauth-bank"
	instantBank     = "moneykit-instant-bank"
)

// institution is a bank. It never changes, so all answers of all Sandboxes share it.
type institution struct {
	ID         string   `json:"institution_id"`
	Aliases    []string `json:"institution_id_aliases"`
	Name       string   `json:"name"`
	Country    string   `json:"country"`
	Domain     *string  `json:"domain"`
	Color      *string  `json:"color"`
	ColorDark  *string  `json:"color_dark"`
	IsFeatured bool     `json:"is_featured"`
}

func (i *institution) avatar() string {
	return "https://avatars.moneykit.example/" + i.ID + ".svg"
}

var allInstitutions = sync.OnceValue(newInstitutions)

func newInstitutions() []*institution {
	rows := []struct{ id, name, country, color, dark string }{
		{credentialsBank, "Credentials Bank", "US", "#1F6FEB", "#79A8F2"},
		{oauthBank, "OAuth Bank", "US", "#8250DF", "#B794F4"},
		{instantBank, "Instant Bank", "US", "#1A7F64", "#5CC8AB"},
		{"aldergate-building-society", "Aldergate Building Society", "GB", "#7A1F3D", ""},
		{"bluestem-credit-union", "Bluestem Credit Union", "US", "#2B6CB0", "#90CDF4"},
		{"cobbler-bank", "Cobbler Bank", "GB", "", ""},
		{"drumlin-savings", "Drumlin Savings", "CA", "#B7410E", "#F4A261"},
		{"eastmere-trust", "Eastmere Trust", "US", "#0B3954", ""},
		{"first-lantern-bank", "First Lantern Bank", "US", "#C99700", "#FFD95A"},
		{"glasshouse-money", "Glasshouse Money", "GB", "#3D5A45", ""},
		{"harbourline-bank", "Harbourline Bank", "CA", "#005F73", "#94D2BD"},
		{"ironbridge-bank", "Ironbridge Bank", "GB", "#343A40", "#ADB5BD"},
		{"juniper-federal", "Juniper Federal", "US", "#386641", ""},
		{"kestrel-private-bank", "Kestrel Private Bank", "GB", "", ""},
		{"maplewood-caisse", "Maplewood Caisse", "CA", "#9B2226", "#E5989B"},
	}
	all := make([]*institution, len(rows))
	for i, row := range rows {
		domain := row.id + ".example"
		all[i] = &institution{
			ID: row.id, Aliases: []string{}, Name: row.name, Country: row.country, Domain: &domain,
			Color: optional(row.color), ColorDark: optional(row.dark), IsFeatured: i < 3,
		}
	}
	return all
}

// optional is null in JSON for an empty text.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *Sandbox) institution(id string) *institution {
	for _, i := range s.institutions {
		if i.ID == id {
			return i
		}
	}
	return nil
}

type cursorAnswer struct {
	Next *string `json:"next"`
}

type institutionsAnswer struct {
	Institutions []*institution `json:"institutions"`
	Cursors      cursorAnswer   `json:"cursors"`
}

func (s *Sandbox) getInstitutions(c *call) (any, error) {
	query := queryOf(c)
	name := strings.ToLower(query.values.Get("name"))
	featured, filtered := query.boolean("featured")
	limit := query.integer("limit", 100, 1, 1000)
	start := 0
	if at := query.cursor(s, "institutions", 1); at != nil {
		start = at[0]
	}
	if err := query.problem(); err != nil {
		return nil, err
	}
	answer := institutionsAnswer{Institutions: []*institution{}}
	for i := start; i < len(s.institutions); i++ {
		bank := s.institutions[i]
		if filtered && bank.IsFeatured != featured || !strings.Contains(strings.ToLower(bank.Name), name) {
			continue
		}
		if len(answer.Institutions) == limit {
			answer.Cursors.Next = optional(s.cursor("institutions", i))
			break
		}
		answer.Institutions = append(answer.Institutions, bank)
	}
	return answer, nil
}

func (s *Sandbox) getInstitution(c *call) (any, error) {
	if bank := s.institution(c.PathValue("institution_id")); bank != nil {
		return bank, nil
	}
	return nil, fail(http.StatusNotFound, "institution_error.not_found", "Institution not found")
}
