package moneykit

import (
	"context"
	"errors"
	"net/http"
	"slices"
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

// unknownLife is how long a token is used that does not say.
const unknownLife = 5 * time.Minute

const tokenRoute = "/auth/token"

// tokens keeps one access token for all calls of a client. oauth2 makes the
// request; keeping is done here because oauth2's own source holds a lock over
// the network, which a caller's context cannot leave.
type tokens struct {
	client *Client
	creds  Credentials
	flight singleflight.Group

	mu      sync.Mutex
	token   AccessToken
	useable time.Time // when the token stops being handed out
}

func newTokens(c *Client, creds Credentials) *tokens {
	creds.Scopes = slices.Clone(creds.Scopes)
	return &tokens{client: c, creds: creds}
}

// config holds the secret as plain text and is not kept: fmt prints what a
// Client points to under verbs that do not fit it.
func (t *tokens) config() *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID:     t.creds.ClientID,
		ClientSecret: t.creds.ClientSecret.Reveal(),
		TokenURL:     strings.TrimSuffix(t.client.base.String(), "/") + tokenRoute,
		Scopes:       t.creds.Scopes,
		// The form has one way to encode a secret; servers disagree on how to
		// decode one in a basic auth header.
		AuthStyle: oauth2.AuthStyleInParams,
	}
}

func (t *tokens) cached() (Secret, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token.Token, !t.token.Token.Empty() && t.client.now().Before(t.useable)
}

func (t *tokens) current() AccessToken {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.token
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
	if t.token.Token.Equal(stale) {
		t.useable = time.Time{}
	}
	t.mu.Unlock()
	return t.get(ctx)
}

// fetch joins the renewal in flight or starts it. The renewal outlives the
// caller that started it, since others wait for it too.
func (t *tokens) fetch(ctx context.Context) (Secret, error) {
	result := t.flight.DoChan("token", func() (token any, err error) {
		defer func() { // singleflight would end the program
			if recover() != nil {
				err = newConnectionError(Call{Method: http.MethodPost, Route: tokenRoute}, errors.New("asking for a token broke off"))
			}
		}()
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

// request asks for a token, again if need be: a token more does no harm.
//
// MoneyKit API: POST /auth/token
func (t *tokens) request(ctx context.Context) (Secret, error) {
	var started time.Time
	var lifetime time.Duration
	var token *oauth2.Token
	err := t.client.persist(ctx, func(n int) error {
		asked := time.Now() // oauth2 counts from there
		started = t.client.now()
		httpClient := *t.client.http
		transport := &tokenTransport{client: t.client, next: httpClient.Transport}
		httpClient.Transport = transport
		ctx := context.WithValue(attempt{tokenRoute, n}.in(ctx), oauth2.HTTPClient, &httpClient)
		var err error
		if token, err = t.config().Token(ctx); err != nil {
			return t.error(err, transport.answer)
		}
		if lifetime = token.Expiry.Sub(asked); token.Expiry.IsZero() {
			lifetime = unknownLife
		}
		return nil
	})
	if err != nil {
		return Secret{}, err
	}
	ahead := min(renewAhead, lifetime/2)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = AccessToken{NewSecret(token.AccessToken), started.Add(lifetime)}
	t.useable = started.Add(lifetime - ahead)
	return t.token.Token, nil
}

// error makes an error of oauth2 one of this package. answer is nil when none
// arrived.
func (t *tokens) error(err error, answer *http.Response) error {
	call := Call{Method: http.MethodPost, Route: tokenRoute}
	if answer == nil {
		return newConnectionError(call, err)
	}
	call.RequestID = answer.Header.Get("X-Request-Id")
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
		body := without(refused.Body, t.creds.ClientSecret)
		return newError(call, answer.StatusCode, answer.Header, body, t.client.now())
	}
	// err is left out: it can quote what may be a token.
	return &ResponseError{Call: call, Status: answer.StatusCode, Reason: "the answer holds no token"}
}

// tokenTransport adds to oauth2's one request what every call carries, and
// keeps the answer, of which oauth2's errors tell nothing when they cannot
// read it.
type tokenTransport struct {
	client *Client
	next   http.RoundTripper
	answer *http.Response
}

func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	t.client.setHeaders(req)
	answer, err := t.next.RoundTrip(req)
	t.answer = answer
	return answer, err
}
