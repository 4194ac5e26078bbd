package sandbox

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Version is the version of the MoneyKit API that the Sandbox speaks.
const Version = "2023-02-18"

// maxBody is the size of the largest request body that is read, in bytes.
const maxBody = 1 << 20

// call is one request on its way through an operation. An operation runs with
// the Sandbox locked and settled up to the moment of the call.
type call struct {
	*http.Request
	at        time.Time
	requestID string
	body      []byte
	token     accessToken
}

// route is one operation: where it stands, and what it answers on success.
type route struct {
	method  string
	pattern string
	id      string // the contract's operationId; empty for the Sandbox's own calls
	scope   string // what a client needs; empty for nothing
	status  int
	open    bool // needs no bearer token
	do      func(*call) (any, error)
}

// operations lists every operation of the contract. It does not name scopes:
// these are the Sandbox's own.
func (s *Sandbox) operations() []route {
	return []route{
		{"POST", "/auth/token", "create_access_token", "", 201, true, s.createAccessToken},
		{"GET", "/auth/introspect", "instrospect_client", "", 200, false, s.introspectClient},
		{"GET", "/.well-known/jwks.json", "get_well_known_jwks", "", 200, true, s.getJWKS},

		{"GET", "/institutions", "get_institutions", "institutions:read", 200, false, s.getInstitutions},
		{"GET", "/institutions/{institution_id}", "get_institution", "institutions:read", 200, false, s.getInstitution},

		{"POST", "/link-session", "create_link_session", "link_sessions:write", 201, false, s.createLinkSession},
		{"POST", "/link-session/exchange-token", "exchange_token", "link_sessions:write", 201, false, s.exchangeToken},

		{"GET", "/links", "get_links", "links:read", 200, false, s.getLinks},
		{"POST", "/links/import", "import_link", "links:import", 200, false, s.importLink},
		{"GET", "/links/{id}", "get_link", "links:read", 200, false, s.getLink},
		{"PATCH", "/links/{id}", "update_link", "links:write", 200, false, s.updateLink},
		{"DELETE", "/links/{id}", "delete_link", "links:write", 204, false, s.deleteLink},
		{"POST", "/links/{id}/reset", "reset_link", "links:write", 200, false, s.resetLink},
		{"POST", "/links/{id}/products", "refresh_products", "products:refresh", 202, false, s.refreshProducts},

		{"GET", "/links/{id}/accounts", "get_accounts", "accounts:read", 200, false, s.getAccounts},
		{"GET", "/links/{id}/accounts/numbers", "get_account_numbers", "account_numbers:read", 200, false, s.getAccountNumbers},
		{"GET", "/links/{id}/accounts/{account_id}", "get_account", "accounts:read", 200, false, s.getAccount},
		{"GET", "/links/{id}/identity", "get_identities", "identity:read", 200, false, s.getIdentities},

		{"GET", "/links/{id}/transactions", "get_transactions", "transactions:read", 200, false, s.getTransactions},
		{"GET", "/links/{id}/transactions/sync", "get_transactions_sync", "transactions:read", 200, false, s.syncTransactions},
		{"POST", "/links/{id}/transactions/{txn_id}/enrichment", "correct_enrichment", "transactions:write", 200, false, s.correctEnrichment},
		{"POST", "/links/{id}/import/transactions", "import_transactions", "links:import", 200, false, s.importTransactions},

		{"GET", "/links/{id}/investments/holdings", "get_holdings", "investments:read", 200, false, s.getHoldings},
		{"GET", "/links/{id}/investments/transactions", "get_investment_transactions", "investments:read", 200, false, s.getInvestmentTransactions},

		{"GET", "/users/{id}/accounts", "get_user_accounts", "users:read", 200, false, s.getUserAccounts},
		{"GET", "/users/{id}/links", "get_user_links", "users:read", 200, false, s.getUserLinks},
		{"GET", "/users/{id}/transactions", "get_user_transactions", "users:read", 200, false, s.getUserTransactions},
		{"POST", "/webhooks/test/link/{id}", "trigger_test_link_webhook_event", "webhooks:test", 200, false, s.triggerTestWebhook},
	}
}

// IsScope tells whether a client can have a scope of this name.
func IsScope(name string) bool { return slices.Contains(Scopes(), name) }

// Scopes returns all that a client can have. The contract names none, so they
// are the Sandbox's own.
func Scopes() []string {
	var all []string
	for _, rt := range (*Sandbox)(nil).operations() {
		if rt.scope != "" && !slices.Contains(all, rt.scope) {
			all = append(all, rt.scope)
		}
	}
	return all
}

// route builds the mux from the table.
func (s *Sandbox) route() {
	s.mux = http.NewServeMux()
	s.routes = append(s.operations(), s.connectCalls()...)
	if s.controls {
		s.routes = append(s.routes, s.ownCalls()...)
	}
	for _, rt := range s.routes {
		s.mux.HandleFunc(rt.method+" "+rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(rt, w, r)
		})
	}
	s.connectPages()
	if s.controls {
		s.ownPages()
	}
	s.mux.HandleFunc("/", s.serveUnknown)
}

// ServeHTTP answers a request of the API.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.Requests++
	requestID := s.id("req_", 24, "request", strconv.FormatUint(s.Requests, 10))
	s.mu.Unlock()

	w.Header().Set("X-Request-Id", requestID)
	w.Header().Set("MoneyKit-Version", Version)
	w.Header().Set("Date", s.Now().Format(http.TimeFormat))
	if v := r.Header.Get("MoneyKit-Version"); v != "" && v != Version {
		write(w, 0, nil, fail(http.StatusBadRequest, "api_error.request.unsupported_version",
			"MoneyKit-Version "+strconv.Quote(v)+" is not known here; this is "+Version+"."))
		return
	}
	if s.foreign(r) {
		write(w, 0, nil, fail(http.StatusForbidden, "sandbox_error.foreign", "The controls are not for web pages of other sites, nor under other names than localhost."))
		return
	}
	// The mux would redirect such a path, and an API does not redirect.
	if p := r.URL.EscapedPath(); !strings.HasPrefix(p, "/") || path.Clean(p) != p {
		s.serveUnknown(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// serve runs an operation with the Sandbox locked, and writes its answer after
// the lock is released.
func (s *Sandbox) serve(rt route, w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		write(w, 0, nil, err)
		return
	}
	c := &call{Request: r, requestID: w.Header().Get("X-Request-Id"), body: body}
	if f := s.strike(rt, r); f != nil {
		s.serveFaulty(f, rt, w, c)
		return
	}
	answer, err := s.run(rt, c)
	s.answered(rt, c, write(w, rt.status, answer, err), "")
}

// answered tells that a call was.
func (s *Sandbox) answered(rt route, c *call, status int, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := happening{
		Kind: "request", Operation: rt.id, Method: c.Method, Path: c.URL.Path, Status: status, RequestID: c.requestID, Message: message,
	}
	if strings.HasPrefix(rt.pattern, "/links/{id}") {
		h.LinkID = c.PathValue("id")
	}
	s.tell(h)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, invalid(bodyError("The body cannot be read, or is larger than 1 MB.", "value_error.size"))
	}
	return body, nil
}

func (s *Sandbox) run(rt route, c *call) (answer any, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.at = s.now()
	s.settle(c.at)
	if !rt.open {
		if c.token, err = s.authorize(c, rt); err != nil {
			return nil, err
		}
	}
	return rt.do(c)
}

// serveUnknown answers what no route matches.
func (s *Sandbox) serveUnknown(w http.ResponseWriter, r *http.Request) {
	if allowed := s.allowed(r); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		write(w, 0, nil, fail(http.StatusMethodNotAllowed, "api_error.request.method_not_allowed", "Method not allowed."))
		return
	}
	write(w, 0, nil, fail(http.StatusNotFound, "api_error.request.not_found", "There is nothing at this path."))
}

// allowed lists the methods that the request's path answers to.
func (s *Sandbox) allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
		if method == r.Method || path.Clean(r.URL.EscapedPath()) != r.URL.EscapedPath() {
			continue
		}
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	return methods
}

// write sends an answer or a problem as JSON, and returns the status.
func write(w http.ResponseWriter, status int, answer any, err error) int {
	var p *problem
	switch {
	case errors.As(err, &p):
		status, answer = p.status, p.body
		if p.retryAfter > 0 {
			w.Header().Set("Retry-After", seconds(p.retryAfter))
		}
	case err != nil:
		panic(err) // operations return problems only
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return status
	}
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // answers are made of this package's own types
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that hung up has no use for the error
	return status
}
