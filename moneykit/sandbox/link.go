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

// Error codes of links that the Sandbox itself gives out; seeds use the others.
const (
	authExpired = "auth_expired"
	incomplete  = "incomplete"
)

// deletedFor is how long a deleted link can still be looked up.
const deletedFor = 90 * 24 * time.Hour

// link is a connection between a user and a bank.
type link struct {
	id        string
	bank      *institution
	user      string // the customer's id for the user
	state     linkState
	errorCode string
	createdAt time.Time
	deletedAt time.Time
	webhook   *string
	tags      []string
	products  []productStatus // those permitted, in the contract's order

	// fetched tells that data came in at least once; until then there is nothing
	// to serve, and GET /links leaves the link out.
	fetched bool
	// asOf is the moment of the first data that the Sandbox generates.
	asOf time.Time
	// persona decides about accounts and transactions: links of one persona have
	// the same ones.
	persona string
	// traveller links hold accounts in several currencies.
	traveller bool
	// epoch counts changes of state: what was under way in an earlier one is void.
	epoch int
	// attempts counts refreshes and connections, each with its own random source.
	attempts int

	// book is nil until accounts or transactions are first asked for; backlog
	// then tells what happened before.
	book    *book
	backlog []advance
}

// product returns the status of a product, or nil when it is not permitted.
func (l *link) product(name product) *productStatus {
	i := slices.IndexFunc(l.products, func(p productStatus) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &l.products[i]
}

// enter changes the link's state and voids what is under way.
func (l *link) enter(state linkState, errorCode string) {
	l.state, l.errorCode = state, errorCode
	l.epoch++
	for i := range l.products {
		l.products[i].inFlight = false
	}
}

// listed tells whether GET /links shows the link.
func (l *link) listed() bool { return l.fetched && l.state != deleted }

// why names the reason for which a link cannot do what is asked of it.
func (l *link) why() string {
	if l.errorCode != "" {
		return l.errorCode
	}
	return string(l.state)
}

func (l *link) lastSynced() time.Time {
	var last time.Time
	for _, p := range l.products {
		if p.refreshedAt.After(last) {
			last = p.refreshedAt
		}
	}
	return last
}

// link finds the link that a call's path names, whatever its state.
func (s *Sandbox) link(c *call) (*link, error) {
	l := s.linksByID[c.PathValue("id")]
	if l == nil || l.state == deleted && c.at.Sub(l.deletedAt) >= deletedFor {
		return nil, linkNotFound()
	}
	return l, nil
}

// liveLink finds a link that is not deleted.
func (s *Sandbox) liveLink(c *call) (*link, error) {
	l, err := s.link(c)
	if err == nil && l.state == deleted {
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
	if !l.fetched {
		return nil, badState("The link has no data yet.", l.why())
	}
	if l.product(name) == nil {
		return nil, forbidden("The link has no permission for " + string(name) + ".")
	}
	return l, nil
}

// addLink makes a link known. Its id follows from the seed and its place.
func (s *Sandbox) addLink(l *link) {
	s.links = append(s.links, l)
	s.linksByID[l.id] = l
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
		State:             l.state,
		ErrorCode:         optional(l.errorCode),
		LastSyncedAt:      moment(l.lastSynced()),
		Provider:          "moneykit",
		LinkTags:          l.tags,
		Tags:              l.tags,
		Webhook:           l.webhook,
		Products:          l.productsAnswer(),
		AvailableProducts: []product{},
	}
	if a.LinkTags == nil {
		a.LinkTags, a.Tags = []string{}, []string{}
	}
	for _, name := range allProducts {
		if l.product(name) == nil {
			a.AvailableProducts = append(a.AvailableProducts, name)
		}
	}
	return a
}

// moment is null in JSON for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
