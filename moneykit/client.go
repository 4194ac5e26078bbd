// Package moneykit is a client for the MoneyKit API, version 2023-02-18.
//
// A [Client] has one method for each operation, named after the thing it
// returns: [Client.Link], [Client.Accounts], [Client.SyncTransactions]. Lists
// are iterators that page by themselves; a single page is offered beside each.
// Tokens are fetched, shared and renewed inside. Every result carries the
// request id that MoneyKit's support asks for, and so does every error.
//
// Types are written by hand after the contract: they read better than what a
// generator makes of it, and they keep enum cases and amounts as they came.
//
// The package does not retry beyond the one renewal of an expired token, does
// not store anything, and knows nothing of terminals.
package moneykit

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// DefaultBaseURL is the one address of the API; the key pair decides whether
// it acts on Live or on Sandbox data.
const DefaultBaseURL = "https://api.moneykit.com"

// Version is the API version that this package speaks.
const Version = "2023-02-18"

// DefaultTimeout is how long one call may take, its token included, when the
// caller's context sets no earlier deadline.
const DefaultTimeout = 30 * time.Second

// maxBody is far above what the largest page of transactions weighs.
const maxBody = 32 << 20

// Credentials are a key pair of a MoneyKit app.
type Credentials struct {
	ClientID     string
	ClientSecret Secret
	// Scopes narrows the token; empty asks for all that the pair has.
	Scopes []string
}

// Client calls the MoneyKit API. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	http      *http.Client
	tokens    *tokens
	userAgent string
	timeout   time.Duration
}

// Option changes how a Client is built.
type Option func(*Client) error

// WithBaseURL points the client at another server, such as the embedded
// Sandbox. Plain http is taken for loopback addresses only.
func WithBaseURL(raw string) Option {
	return func(c *Client) error {
		base, err := url.Parse(raw)
		if err != nil {
			return errors.New("moneykit: the base URL is not a URL") // err quotes it, with a password that may be in it
		}
		if base.Host == "" || base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "" {
			return fmt.Errorf("moneykit: base URL %q has to be scheme, host and path alone", base.Redacted())
		}
		if base.Scheme != "https" && (base.Scheme != "http" || !loopback(base.Hostname())) {
			return fmt.Errorf("moneykit: base URL %q has to be https (http is for loopback only)", base.Redacted())
		}
		c.base = base
		return nil
	}
}

// WithTransport sends requests through rt instead of http.DefaultTransport.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *Client) error {
		c.http.Transport = rt
		return nil
	}
}

// WithUserAgent names the program that uses the client.
func WithUserAgent(agent string) Option {
	return func(c *Client) error {
		c.userAgent = agent
		return nil
	}
}

// WithTimeout replaces [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return func(c *Client) error {
		if d <= 0 {
			return errors.New("moneykit: the timeout has to be positive")
		}
		c.timeout = d
		return nil
	}
}

// New builds a client. It makes no call; the first operation fetches a token.
func New(creds Credentials, opts ...Option) (*Client, error) {
	if creds.ClientID == "" || creds.ClientSecret.Empty() {
		return nil, errors.New("moneykit: client id and client secret are both needed")
	}
	c := &Client{
		// A redirect would carry the token to another place, so none is followed.
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		userAgent: "till-moneykit-go",
		timeout:   DefaultTimeout,
	}
	if err := WithBaseURL(DefaultBaseURL)(c); err != nil {
		return nil, err
	}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	c.tokens = newTokens(c, creds)
	return c, nil
}

// Format prints which server the client calls, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "moneykit.Client(%s)", c.base) }

// BaseURL tells which server the client calls.
func (c *Client) BaseURL() string { return c.base.String() }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
