// Package moneykit is a client for the MoneyKit API, version 2023-02-18.
//
// A [Client] has one method for each of the API's 28 operations, named after
// what it returns or does: [Client.Link], [Client.Accounts],
// [Client.SyncTransactions], [Client.DeleteLink]. Lists are iterators that page
// by themselves; a single page is offered beside each. Tokens are fetched,
// shared and renewed inside.
//
// Calls keep to a pace that all calls of a client share ([WithRateLimit],
// [WithConcurrency]). Those that can be repeated without harm are: after a lost
// connection and after 429, 502, 503 and 504, with pauses that grow and never
// beyond the caller's deadline ([WithRetries]). Every result carries the request
// id that MoneyKit's support asks for, and so does every error: [*Error] is a
// refusal, [*ConnectionError] no answer, [*ResponseError] one that makes no
// sense. [WithObserver] shows each request as it went over the wire.
//
// Structs are written by hand after the contract, since they read better than
// what a generator makes of it; the long vocabularies of its enums are generated
// from it (go generate). A test holds both against the contract. Enum cases and
// amounts are kept as they came, fields that this version does not know stay
// reachable ([Object]), and a [DriftReport] counts both.
//
// [Client.VerifyWebhook] tells a webhook of MoneyKit's from a forged one.
//
// The package does not store anything and knows nothing of terminals.
package moneykit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"
)

//go:generate go run ./internal/vocabulary

// DefaultBaseURL is the one address of the API; the key pair decides whether
// it acts on Live or on Sandbox data.
const DefaultBaseURL = "https://api.moneykit.com"

// Version is the API version that this package speaks.
const Version = "2023-02-18"

// Credentials are a key pair of a MoneyKit app.
type Credentials struct {
	ClientID     string
	ClientSecret Secret
	// Scopes narrows the token; empty asks for all that the pair has.
	Scopes []string
}

// Client calls the MoneyKit API. It is safe for concurrent use.
type Client struct {
	base     *url.URL
	http     *http.Client
	tokens   *tokens
	webhooks *webhookKeys

	webhookAge time.Duration
	clientID   string
	version    string
	userAgent  string
	timeout    time.Duration
	retries    int
	pace       *rate.Limiter
	slots      chan struct{} // one for each request that may be under way
	now        func() time.Time
	observers  []func(context.Context, Exchange)
	drift      *DriftReport
}

// New builds a client. It makes no call; the first operation fetches a token.
func New(creds Credentials, opts ...Option) (*Client, error) {
	if creds.ClientID == "" || creds.ClientSecret.Empty() {
		return nil, errors.New("moneykit: client id and client secret are both needed")
	}
	c := &Client{
		http: &http.Client{}, clientID: creds.ClientID, version: Version, userAgent: "till-moneykit-go",
		timeout: DefaultTimeout, retries: DefaultRetries,
		pace:  rate.NewLimiter(DefaultRate, DefaultBurst),
		slots: make(chan struct{}, DefaultConcurrency),
		now:   time.Now, drift: NewDriftReport(), webhookAge: WebhookMaxAge,
	}
	for _, opt := range append([]Option{WithBaseURL(DefaultBaseURL)}, opts...) {
		if opt == nil {
			return nil, errNil
		}
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	// A redirect would carry the token to another place, so none is followed.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http.Transport = &wire{client: c, next: c.http.Transport}
	c.tokens = newTokens(c, creds)
	c.webhooks = newWebhookKeys(c.JWKS, c.now, c.webhookAge)
	return c, nil
}

// WithoutRetries returns a client that shares everything with c, its token too,
// and sends each operation once, for a caller that has a rhythm of its own.
func (c *Client) WithoutRetries() *Client {
	once := *c
	once.retries = 0
	return &once
}

// Format prints which server the client calls, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "moneykit.Client(%s)", c.base) }

// BaseURL tells which server the client calls.
func (c *Client) BaseURL() string { return c.base.String() }

// ClientID tells which key pair the client uses.
func (c *Client) ClientID() string { return c.clientID }

// Drift lists what the answers so far held that the contract does not know.
func (c *Client) Drift() []Drift { return c.drift.Found() }
