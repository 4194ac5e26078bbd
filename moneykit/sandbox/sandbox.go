package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// Credentials that a Sandbox accepts unless [WithClient] replaces them.
const (
	DefaultClientID     = "till_sandbox"
	DefaultClientSecret = "till_sandbox_secret"
)

// Sandbox is a MoneyKit API of its own, with its own world. It is safe for
// concurrent use, and two Sandboxes share nothing.
type Sandbox struct {
	seed       uint64
	linkCount  int
	clock      func() time.Time
	clientID   string
	secret     string
	refreshMin time.Duration
	refreshMax time.Duration

	mux    *http.ServeMux
	routes []route

	mu           sync.Mutex
	born         time.Time
	vocabulary   vocabulary
	requests     uint64
	minted       uint64
	tokens       map[string]accessToken
	institutions []*institution
	links        []*link // in creation order; only ever appended to
	linksByID    map[string]*link
	agenda       agenda
	sessions     map[string]*session
	exchanges    map[string]*link // by exchangeable token, until exchanged
}

// Option changes how [New] makes a Sandbox.
type Option func(*Sandbox)

// WithSeed chooses the world: the same seed gives the same links, accounts and
// transactions. The default is 1.
func WithSeed(seed uint64) Option { return func(s *Sandbox) { s.seed = seed } }

// WithLinks sets how many links the world starts with, 12 by default. The first
// dozen are one of each situation an operator meets.
func WithLinks(n int) Option { return func(s *Sandbox) { s.linkCount = max(n, 0) } }

// WithNow sets the Sandbox's clock, [time.Now] by default. The clock must not go
// backwards.
func WithNow(now func() time.Time) Option { return func(s *Sandbox) { s.clock = now } }

// WithClient replaces the key pair that the Sandbox accepts.
func WithClient(id, secret string) Option {
	return func(s *Sandbox) { s.clientID, s.secret = id, secret }
}

// WithRefreshTime sets how long a refresh or a connection takes: each draws its
// own duration from min to max. The default is 1 s to 2 s.
func WithRefreshTime(min, max time.Duration) Option {
	return func(s *Sandbox) { s.refreshMin, s.refreshMax = min, max }
}

// New makes a Sandbox with its seeded world. Only the links themselves are made
// here; the accounts and transactions of a link come into being when they are
// first asked for.
func New(opts ...Option) *Sandbox {
	s := &Sandbox{
		seed:       1,
		linkCount:  12,
		clock:      time.Now,
		clientID:   DefaultClientID,
		secret:     DefaultClientSecret,
		refreshMin: time.Second,
		refreshMax: 2 * time.Second,
		tokens:     map[string]accessToken{},
		sessions:   map[string]*session{},
		exchanges:  map[string]*link{},
	}
	for _, opt := range opts {
		opt(s)
	}
	s.born = s.now()
	s.institutions = newInstitutions()
	s.route()
	s.seedLinks()
	return s
}

// LinkIDs returns the ids of all links in creation order, also of those that
// GET /links leaves out.
func (s *Sandbox) LinkIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, len(s.links))
	for i, l := range s.links {
		ids[i] = l.id
	}
	return ids
}

// now reads the clock at the resolution of the API's timestamps.
func (s *Sandbox) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
