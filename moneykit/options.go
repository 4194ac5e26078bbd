package moneykit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/time/rate"

	"till/moneykit/internal/loopback"
)

// What a client does unless an option says otherwise.
const (
	// DefaultTimeout is how long one call may take, with its token, its
	// retries and the pauses between them, when the caller's context sets no
	// earlier deadline.
	DefaultTimeout = 30 * time.Second
	// DefaultRetries is how often a call is repeated at most.
	DefaultRetries = 2
	// DefaultRate is how many requests a second a client sends in the long run,
	// and DefaultBurst how many at once after a quiet while.
	DefaultRate  = 50
	DefaultBurst = 100
	// DefaultConcurrency is how many requests are under way at most.
	DefaultConcurrency = 32
)

// Option changes how a Client is built.
type Option func(*Client) error

var errNil = errors.New("moneykit: an option was given nil")

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
		if base.Scheme != "https" && (base.Scheme != "http" || !loopback.Host(base.Hostname())) {
			return fmt.Errorf("moneykit: base URL %q has to be https (http is for loopback only)", base.Redacted())
		}
		c.base = base
		return nil
	}
}

// WithHTTPClient sends requests through hc: its Transport, Jar and Timeout are
// used. Redirects are refused whatever it says, and Timeout counts the wait for
// the client's own pace too.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Client) error {
		if hc == nil {
			return errNil
		}
		own := *hc
		c.http = &own
		return nil
	}
}

// WithTransport sends requests through rt instead of http.DefaultTransport, or
// of the transport of a [WithHTTPClient] before it.
func WithTransport(rt http.RoundTripper) Option {
	return func(c *Client) error {
		own := *c.http
		own.Transport = rt
		c.http = &own
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

// WithVersion asks for another version of the API than [Version]. The types of
// this package are those of Version.
func WithVersion(version string) Option {
	return func(c *Client) error {
		c.version = version
		return nil
	}
}

// WithClock tells the client the time from now instead of time.Now. It decides
// when tokens and signing keys have aged and what a date in Retry-After means,
// not how long calls may take.
func WithClock(now func() time.Time) Option {
	return func(c *Client) error {
		if now == nil {
			return errNil
		}
		c.now = now
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

// WithRetries replaces [DefaultRetries]; 0 turns retries off.
func WithRetries(n int) Option {
	return func(c *Client) error {
		c.retries = max(0, n)
		return nil
	}
}

// WithRateLimit replaces [DefaultRate] and [DefaultBurst] by a rate in requests
// a second and a burst of at least 1. A rate of 0 sets no limit.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Client) error {
		switch {
		case !(perSecond >= 0) || perSecond > 0 && burst < 1: // NaN too
			return errors.New("moneykit: the rate limit has to be positive, with a burst of at least 1")
		case perSecond == 0:
			c.pace = rate.NewLimiter(rate.Inf, 0)
		default:
			c.pace = rate.NewLimiter(rate.Limit(perSecond), burst)
		}
		return nil
	}
}

// WithConcurrency replaces [DefaultConcurrency].
func WithConcurrency(n int) Option {
	return func(c *Client) error {
		if n < 1 {
			return errors.New("moneykit: at least one request has to be allowed at a time")
		}
		c.slots = make(chan struct{}, n)
		return nil
	}
}

// WithObserver shows observe every request with its answer, one for each
// attempt. It is called from many goroutines, before the call returns, must not
// wait and must not change what it is shown.
func WithObserver(observe func(Exchange)) Option {
	if observe == nil {
		return nil
	}
	return observer(func(_ context.Context, e Exchange) { observe(e) })
}

// WithLogger logs every request: at debug level, and at warning level when it
// failed. The path template, status, duration, attempt, sizes and request id
// are logged, and nothing that was sent or received.
func WithLogger(l *slog.Logger) Option {
	if l == nil {
		return nil
	}
	return observer(func(ctx context.Context, e Exchange) { l.LogAttrs(ctx, e.level(), "moneykit", e.attrs()...) })
}

func observer(observe func(context.Context, Exchange)) Option {
	return func(c *Client) error {
		c.observers = append(c.observers, observe)
		return nil
	}
}

// WithWebhookMaxAge replaces [WebhookMaxAge].
func WithWebhookMaxAge(age time.Duration) Option {
	return func(c *Client) error {
		if age <= 0 {
			return errors.New("moneykit: the age of webhooks has to be positive")
		}
		c.webhookAge = age
		return nil
	}
}

// WithDriftReport collects drift in r, which several clients may share.
func WithDriftReport(r *DriftReport) Option {
	return func(c *Client) error {
		if r == nil {
			return errNil
		}
		c.drift = r
		return nil
	}
}
