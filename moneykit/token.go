package moneykit

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

// renewAhead is how long before its end a token is no longer used, so that it
// does not expire on the way.
const renewAhead = time.Minute

const tokenRoute = "/auth/token"

// tokens keeps one access token for all calls of a client. oauth2 makes the
// request; keeping is done here because oauth2's own source holds a lock over
// the network, which a caller's context cannot leave.
type tokens struct {
	client *Client
	config clientcredentials.Config
	flight singleflight.Group

	mu      sync.Mutex
	token   Secret
	useable time.Time // when the token stops being handed out
}

func newTokens(c *Client, creds Credentials) *tokens {
	return &tokens{client: c, config: clientcredentials.Config{
		ClientID:     creds.ClientID,
		ClientSecret: creds.ClientSecret.Reveal(),
		TokenURL:     strings.TrimSuffix(c.base.String(), "/") + tokenRoute,
		Scopes:       creds.Scopes,
		AuthStyle:    oauth2.AuthStyleInHeader,
	}}
}

func (t *tokens) cached() (Secret, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token, !t.token.Empty() && time.Now().Before(t.useable)
}

// get returns a token that is good for a while yet.
func (t *tokens) get(ctx context.Context) (Secret, error) {
	if token, ok := t.cached(); ok {
		return token, nil
	}
	return t.fetch(ctx)
}

// renew replaces stale, unless another caller already has.
func (t *tokens) renew(ctx context.Context, stale Secret) (Secret, error) {
	t.mu.Lock()
	if t.token == stale {
		t.useable = time.Time{}
	}
	t.mu.Unlock()
	return t.get(ctx)
}

// fetch joins the renewal in flight or starts it. The renewal outlives the
// caller that started it, since others wait for it too.
func (t *tokens) fetch(ctx context.Context) (Secret, error) {
	result := t.flight.DoChan("token", func() (any, error) {
		if token, ok := t.cached(); ok {
			return token, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.client.timeout)
		defer cancel()
		return t.request(ctx)
	})
	select {
	case <-ctx.Done():
		return Secret{}, newConnectionError(Call{Method: http.MethodPost, Route: tokenRoute}, ctx.Err())
	case r := <-result:
		if r.Err != nil {
			return Secret{}, r.Err
		}
		return r.Val.(Secret), nil
	}
}

// request asks for a token. MoneyKit API: POST /auth/token.
func (t *tokens) request(ctx context.Context) (Secret, error) {
	started := time.Now()
	httpClient := *t.client.http
	httpClient.Transport = headerTransport{client: t.client, next: httpClient.Transport}
	token, err := t.config.Token(context.WithValue(ctx, oauth2.HTTPClient, &httpClient))
	if err != nil {
		return Secret{}, tokenError(err)
	}
	lifetime := max(0, token.Expiry.Sub(started))
	ahead := min(renewAhead, lifetime/2)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.useable = NewSecret(token.AccessToken), started.Add(lifetime-ahead)
	return t.token, nil
}

func tokenError(err error) error {
	call := Call{Method: http.MethodPost, Route: tokenRoute}
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		if transport := (*url.Error)(nil); errors.As(err, &transport) {
			return newConnectionError(call, err)
		}
		return &ResponseError{Call: call, Reason: "the answer holds no token", Err: err}
	}
	call.RequestID = refused.Response.Header.Get("X-Request-Id")
	return newError(call, refused.Response.StatusCode, refused.Response.Header, refused.Body)
}

// headerTransport adds to oauth2's request what every call carries.
type headerTransport struct {
	client *Client
	next   http.RoundTripper
}

func (h headerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	h.client.setHeaders(req)
	next := h.next
	if next == nil {
		next = http.DefaultTransport
	}
	return next.RoundTrip(req)
}
