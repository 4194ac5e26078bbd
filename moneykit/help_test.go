package moneykit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"till/moneykit"
)

const (
	testID     = "client_test"
	testSecret = "hunter2+/=&%"
	linkID     = moneykit.LinkID("mk_link_4711")
)

// api is a server that hands out numbered tokens itself and answers all else
// with handle. It keeps what it was sent.
type api struct {
	handle   http.HandlerFunc
	token    http.HandlerFunc // in place of handing one out, if set
	lifetime int              // of tokens in seconds, 3600 when 0

	mu     sync.Mutex
	tokens []sent
	calls  []sent
}

// sent is a request with its body read.
type sent struct {
	method, uri string
	header      http.Header
	body        string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	got := sent{r.Method, r.RequestURI, r.Header, string(body)}
	if got.uri == "" {
		got.uri = r.URL.RequestURI()
	}
	w.Header().Set("MoneyKit-Version", moneykit.Version)
	w.Header().Set("Content-Type", "application/json")
	a.mu.Lock()
	if r.URL.Path != "/auth/token" {
		a.calls = append(a.calls, got)
		w.Header().Set("X-Request-Id", fmt.Sprintf("req_%d", len(a.calls)))
		a.mu.Unlock()
		a.handle(w, r)
		return
	}
	a.tokens = append(a.tokens, got)
	n := len(a.tokens)
	a.mu.Unlock()
	w.Header().Set("X-Request-Id", fmt.Sprintf("req_token_%d", n))
	if a.token != nil {
		a.token(w, r)
		return
	}
	lifetime := a.lifetime
	if lifetime == 0 {
		lifetime = 3600
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer","expires_in":%d}`, n, lifetime)
}

func (a *api) asked() (calls []sent, tokens int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]sent(nil), a.calls...), len(a.tokens)
}

// RoundTrip answers in memory, so that a client can run in testing/synctest.
func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	a.ServeHTTP(rec, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

func credentials() moneykit.Credentials {
	return moneykit.Credentials{ClientID: testID, ClientSecret: moneykit.NewSecret(testSecret)}
}

// inMemory returns a client that calls a without a network.
func inMemory(t testing.TB, a http.RoundTripper, opts ...moneykit.Option) *moneykit.Client {
	t.Helper()
	return build(t, append([]moneykit.Option{moneykit.WithTransport(a)}, opts...)...)
}

// overHTTP returns a client that calls a through a real connection.
func overHTTP(t testing.TB, a http.Handler, opts ...moneykit.Option) *moneykit.Client {
	t.Helper()
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	return build(t, append([]moneykit.Option{moneykit.WithBaseURL(srv.URL)}, opts...)...)
}

func build(t testing.TB, opts ...moneykit.Option) *moneykit.Client {
	t.Helper()
	c, err := moneykit.New(credentials(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// sequence answers with each handler in turn, and with the last one for ever.
func sequence(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		next := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		next(w, r)
	}
}

const expired = `{"error_code":"api_error.auth.expired_access_token","error_message":"Access token expired"}`

// link makes a LinkCommon of the contract with some members replaced.
func link(members ...string) string {
	m := map[string]json.RawMessage{}
	must(json.Unmarshal([]byte(`{"link_id":"mk_link_4711","institution_id":"bank","institution_name":"Bank","institution_avatar":"",
		"state":"connected","error_code":null,"last_synced_at":null,"provider":"moneykit","link_tags":null,"tags":null,"webhook":null,
		"products":{},"available_products":[]}`), &m))
	for i := 0; i < len(members); i += 2 {
		m[members[i]] = json.RawMessage(members[i+1])
	}
	out, err := json.Marshal(m)
	must(err)
	return string(out)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func same[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %#v\nwant %#v", what, got, want)
	}
}

// hides fails when a text tells a secret.
func hides(t testing.TB, text string, secrets ...string) {
	t.Helper()
	for _, s := range append(secrets, testSecret, "token-1", string(linkID), "mk_ls_secret") {
		if strings.Contains(text, s) {
			t.Errorf("%q tells the secret %q", text, s)
		}
	}
}

// get is a call for tests in which any operation will do.
func get(ctx context.Context, c *moneykit.Client) error {
	_, err := c.Link(ctx, linkID)
	return err
}
