package sandbox

import (
	"slices"
	"time"
)

// linkState is where a link stands in its life.
type linkState string

const (
	connecting            linkState = "connecting"
	awaitingTokenExchange linkState = "awaiting_token_exchange"
	connected             linkState = "connected"
	inError               linkState = "error"
	deleted               linkState = "deleted"
)

// Error codes of links that the Sandbox itself gives out.
const (
	authExpired = "auth_expired"
	incomplete  = "incomplete"
)

// linkErrors are the error codes that a link can have.
var linkErrors = [...]string{
	"system_error", "provider_error", "institution_error", "user_error", authExpired, "no_accounts",
	"user_setup_required", "invalid_credentials", "user_oauth_denied", "user_input_incorrect", incomplete,
}

// deletedFor is how long a deleted link can still be looked up.
const deletedFor = 90 * 24 * time.Hour

// link is a connection between a user and a bank.
type link struct {
	id   string
	bank *institution

	Place     int             `json:"place"`
	Bank      string          `json:"bank"`
	User      string          `json:"user"` // the customer's id for the user
	Provider  string          `json:"provider"`
	State     linkState       `json:"state"`
	ErrorCode string          `json:"error_code"`
	CreatedAt time.Time       `json:"created_at"`
	DeletedAt time.Time       `json:"deleted_at"`
	Webhook   *string         `json:"webhook"`
	Tags      []string        `json:"tags"`
	Products  []productStatus `json:"products"` // those permitted, in the contract's order

	// Fetched tells that data came in at least once; until then there is nothing
	// to serve, and GET /links leaves the link out.
	Fetched bool `json:"fetched"`
	// AsOf is the moment of the first data that the Sandbox generates.
	AsOf time.Time `json:"as_of"`
	// Origin decides about the accounts, and never changes once data came in.
	Origin origin `json:"origin"`
	// Epoch counts changes of state: what was under way in an earlier one is void.
	Epoch int `json:"epoch"`
	// Attempts counts refreshes and connections, each with its own random source.
	Attempts int `json:"attempts"`
	// Steps are all that happened to the data since AsOf.
	Steps []step `json:"steps"`
}

// product returns the status of a product, or nil when it is not permitted.
func (l *link) product(name product) *productStatus {
	i := slices.IndexFunc(l.Products, func(p productStatus) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Products[i]
}

// enter changes the link's state and voids what is under way.
func (s *Sandbox) enter(l *link, state linkState, errorCode string, at time.Time) {
	l.State, l.ErrorCode = state, errorCode
	l.Epoch++
	for i := range l.Products {
		l.Products[i].InFlight = false
	}
	if state == deleted {
		l.DeletedAt = at
	}
	s.touch(l)
	s.stateChanged(l, at)
}

// listed tells whether GET /links shows the link.
func (l *link) listed() bool { return l.Fetched && l.State != deleted }

// why names the reason for which a link cannot do what is asked of it.
func (l *link) why() string {
	if l.ErrorCode != "" {
		return l.ErrorCode
	}
	return string(l.State)
}

func (l *link) lastSynced() time.Time {
	var last time.Time
	for _, p := range l.Products {
		if p.RefreshedAt.After(last) {
			last = p.RefreshedAt
		}
	}
	return last
}

// link finds the link that a call's path names, whatever its state.
func (s *Sandbox) link(c *call) (*link, error) {
	l := s.find(c.PathValue("id"))
	if l == nil || l.State == deleted && c.at.Sub(l.DeletedAt) >= deletedFor {
		return nil, linkNotFound()
	}
	return l, nil
}

// liveLink finds a link that is not deleted.
func (s *Sandbox) liveLink(c *call) (*link, error) {
	l, err := s.link(c)
	if err == nil && l.State == deleted {
		return nil, linkDeleted()
	}
	return l, err
}

// linkWith finds a link whose data of a product may be served.
func (s *Sandbox) linkWith(c *call, name product) (*link, error) {
	l, err := s.liveLink(c)
	if err != nil {
		return nil, err
	}
	if !l.Fetched {
		return nil, badState("The link has no data yet.", l.why())
	}
	if l.product(name) == nil {
		return nil, forbidden("The link has no permission for " + string(name) + ".")
	}
	return l, nil
}

// linkAnswer is a link as the API shows it.
type linkAnswer struct {
	LinkID            string         `json:"link_id"`
	InstitutionID     string         `json:"institution_id"`
	InstitutionName   string         `json:"institution_name"`
	InstitutionAvatar string         `json:"institution_avatar"`
	State             linkState      `json:"state"`
	ErrorCode         *string        `json:"error_code"`
	LastSyncedAt      *time.Time     `json:"last_synced_at"`
	Provider          string         `json:"provider"`
	LinkTags          []string       `json:"link_tags"`
	Tags              []string       `json:"tags"`
	Webhook           *string        `json:"webhook"`
	Products          productsAnswer `json:"products"`
	AvailableProducts []product      `json:"available_products"`
}

func (l *link) answer() linkAnswer {
	a := linkAnswer{
		LinkID:            l.id,
		InstitutionID:     l.bank.ID,
		InstitutionName:   l.bank.Name,
		InstitutionAvatar: l.bank.avatar(),
		State:             l.State,
		ErrorCode:         optional(l.ErrorCode),
		LastSyncedAt:      moment(l.lastSynced()),
		Provider:          l.Provider,
		LinkTags:          l.tags(),
		Tags:              l.tags(),
		Webhook:           l.Webhook,
		Products:          l.productsAnswer(),
		AvailableProducts: []product{},
	}
	for _, name := range allProducts {
		if l.product(name) == nil {
			a.AvailableProducts = append(a.AvailableProducts, name)
		}
	}
	return a
}

// tags is never null in JSON.
func (l *link) tags() []string {
	if l.Tags == nil {
		return []string{}
	}
	return l.Tags
}

// moment is null in JSON for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
