package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ownCalls lists what the Sandbox answers beyond the contract. None of it needs
// a token.
func (s *Sandbox) ownCalls() []route {
	return []route{
		{"POST", "/sandbox/connect/next", "", "", 200, true, s.connectNext},
		{"POST", "/sandbox/connect", "", "", 200, true, s.connect},
		{"GET", "/sandbox/clock", "", "", 200, true, s.getClock},
		{"GET", "/sandbox/links", "", "", 200, true, s.listLinks},
		{"POST", "/sandbox/links/{id}/state", "", "", 200, true, s.setState},

		{"GET", "/sandbox/faults", "", "", 200, true, s.getFaults},
		{"POST", "/sandbox/faults", "", "", 201, true, s.postFault},
		{"DELETE", "/sandbox/faults", "", "", 204, true, s.deleteFaults},
		{"DELETE", "/sandbox/faults/{id}", "", "", 204, true, s.deleteFault},
	}
}

// ownPages adds what is answered with something else than an object, or while
// the Sandbox goes on.
func (s *Sandbox) ownPages() {
	s.mux.HandleFunc("POST /sandbox/clock", s.serveClock)
	s.mux.HandleFunc("GET /sandbox/events", s.serveEvents)
}

// knownLink is a link as whoever runs the Sandbox knows it.
type knownLink struct {
	LinkID        string    `json:"link_id"`
	UserID        string    `json:"user_id"`
	InstitutionID string    `json:"institution_id"`
	State         linkState `json:"state"`
	ErrorCode     *string   `json:"error_code"`
}

type knownLinksAnswer struct {
	Links []knownLink `json:"links"`
	Total int         `json:"total"`
}

// listLinks tells of all links in the order of creation, also of those that GET
// /links leaves out.
func (s *Sandbox) listLinks(c *call) (any, error) {
	query := queryOf(c)
	page, size := query.integer("page", 1, 1, 0), query.integer("size", 100, 1, 1000)
	if err := query.problem(); err != nil {
		return nil, err
	}
	answer := knownLinksAnswer{Links: []knownLink{}, Total: s.Total}
	if page-1 > s.Total/size {
		return answer, nil
	}
	for place := (page - 1) * size; place < min(page*size, s.Total); place++ {
		l := s.linkAt(place)
		answer.Links = append(answer.Links, knownLink{l.id, l.User, l.Bank, l.State, optional(l.ErrorCode)})
	}
	return answer, nil
}

type stateBody struct {
	State     linkState         `json:"state"`
	ErrorCode string            `json:"error_code"`
	Products  map[string]string `json:"products"` // error codes by product
}

// ErrNoLink means that the Sandbox has no link of that id.
var ErrNoLink = errors.New("sandbox: there is no such link")

// SetState puts a link into a state, and into one of the error codes when the
// state is "error".
func (s *Sandbox) SetState(linkID, state, errorCode string) error {
	body := stateBody{State: linkState(state), ErrorCode: errorCode}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.find(linkID)
	if l == nil {
		return ErrNoLink
	}
	if errs := body.check(l); errs != nil {
		return fmt.Errorf("sandbox: %s: %s", strings.Join(errs[0].Location, "."), errs[0].Message)
	}
	s.settle(s.now())
	s.putInto(l, body)
	return nil
}

func (s *Sandbox) setState(c *call) (any, error) {
	l := s.find(c.PathValue("id"))
	if l == nil {
		return nil, linkNotFound()
	}
	var body stateBody
	if err := decodeStrictly(c, &body); err != nil {
		return nil, err
	}
	if errs := body.check(l); errs != nil {
		return nil, invalid(errs...)
	}
	s.putInto(l, body)
	return l.answer(), nil
}

func (b stateBody) check(l *link) []validationError {
	var errs []validationError
	if b.State != "" || b.Products == nil {
		errs = member(errs, string(b.State), []string{string(connecting), string(awaitingTokenExchange), string(connected), string(inError), string(deleted)}, "state")
	}
	switch {
	case b.State == inError:
		errs = member(errs, b.ErrorCode, linkErrors[:], "error_code")
	case b.ErrorCode != "":
		errs = append(errs, bodyError("only the state error has one", "value_error", "error_code"))
	}
	for name, code := range b.Products {
		if l.product(product(name)) == nil {
			errs = append(errs, bodyError("the link does not have this product", "value_error", "products", name))
		} else if code != "" {
			errs = member(errs, code, productErrors[:], "products", name)
		}
	}
	slices.SortFunc(errs, func(a, b validationError) int {
		return cmp.Compare(a.Location[len(a.Location)-1], b.Location[len(b.Location)-1])
	})
	return errs
}

// productErrors are the error codes that a product of a link can have.
var productErrors = [...]string{
	"rate_limit", authExpired, "not_supported", "timeout", "unknown", "no_accounts", "institution_error", "no_permission",
}

// putInto puts a link into a state, and its products into errors; an empty error
// mends the product.
func (s *Sandbox) putInto(l *link, body stateBody) {
	now := s.now()
	if body.State != "" {
		s.enter(l, body.State, body.ErrorCode, now)
		if body.State == connected && !l.Fetched {
			s.fetch(l, now)
		}
	}
	for _, name := range allProducts {
		code, named := body.Products[string(name)]
		if !named {
			continue
		}
		p := l.product(name)
		if code == "" {
			p.Failure = nil
			continue
		}
		p.AttemptedAt, p.Failure = now, &failure{code, "The Sandbox was told to fail with " + code + "."}
		s.productChanged(l, name, productFailed, p.Failure.Message, now)
	}
	s.touch(l)
}
