package sandbox

import (
	"crypto/cipher"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Credentials that a Sandbox accepts unless [WithClient] replaces them.
const (
	DefaultClientID     = "till_sandbox"
	DefaultClientSecret = "till_sandbox_secret"
)

// Sandbox is a MoneyKit API of its own, with its own world. It is safe for
// concurrent use, and two Sandboxes share nothing that changes.
type Sandbox struct {
	options
	mux          *http.ServeMux
	routes       []route
	institutions []*institution
	linkCipher   cipher.Block
	signer       *signer
	courier      *courier

	moving  sync.Mutex // held while the clock is moved
	sending sync.Mutex // held while webhooks are sent; never taken with mu held
	saving  sync.Mutex // held while the state is written
	wake    chan struct{}

	dial   atomic.Pointer[dial] // the world's, for those who do not wait
	active atomic.Int64         // how many faults have times left

	mu sync.Mutex // guards what follows
	world
	vocabulary vocabulary
	made       map[string][]int // places of links made since the world began, by user
	shelf      shelf
	outbox     []string // tokens of the webhooks to send now
	chronicle  chronicle
	faults     faultList
	unsaved    bool
}

// New makes a Sandbox with its seeded world. Nothing of it is worked out before
// it is asked for, and what is worked out can be forgotten again, so that a
// world may be large.
func New(opts ...Option) *Sandbox {
	s := blank(opts)
	real := s.clock()
	born := real
	if !s.start.IsZero() {
		born = s.start
	}
	s.world = newWorld(dial{At: born.UTC().Truncate(time.Microsecond), Real: real, Rate: s.rate}, s.linkCount)
	s.turn(s.Dial)
	s.seedAgenda()
	s.unsaved = false
	return s
}

// blank makes a Sandbox without a world.
func blank(opts []Option) *Sandbox {
	s := &Sandbox{
		options:      optionsOf(opts),
		institutions: allInstitutions(),
		wake:         make(chan struct{}, 1),
		made:         map[string][]int{},
		shelf:        shelf{books: map[int]*book{}},
		chronicle:    chronicle{fresh: make(chan struct{})},
	}
	s.shelf.size = max(shelfSize, fewBooks*s.transactions)
	if s.bounds.Transactions > 0 {
		s.shelf.size = s.bounds.Transactions
	}
	s.linkCipher = newLinkCipher(s.seed)
	s.signer = newSigner(s.seed)
	s.courier = newCourier(s.webhookHosts)
	s.route()
	return s
}

// LinkIDs returns the ids of all links in creation order, also of those that
// GET /links leaves out.
func (s *Sandbox) LinkIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, s.Total)
	for place := range ids {
		ids[place] = s.linkID(place)
	}
	return ids
}

// changed notes that the world is not what was last saved, and that something
// may be due earlier than it was.
func (s *Sandbox) changed() {
	s.unsaved = true
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
