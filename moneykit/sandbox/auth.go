package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long an access token is good for.
const tokenLife = time.Hour

// keyPair is a client of the app, and what it may do.
type keyPair struct {
	id, secret string
	scopes     []string // nil for all
}

// accessToken is what the Sandbox knows of a token it handed out.
type accessToken struct {
	ClientID  string    `json:"client_id"`
	Scope     string    `json:"scope"`  // as it is told
	Scopes    []string  `json:"scopes"` // nil for all
	ExpiresAt time.Time `json:"expires_at"`
}

type accessTokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
}

func (s *Sandbox) createAccessToken(c *call) (any, error) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "api_error.auth.unauthorized", "The form cannot be read.")
	}
	id, secret, basic := c.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	pair, known := s.client(id, secret)
	if !known {
		return nil, unauthorized("Client id or secret is wrong.")
	}
	if grant := form.Get("grant_type"); grant != "client_credentials" {
		return nil, fail(http.StatusBadRequest, "api_error.auth.unauthorized", "grant_type must be client_credentials.")
	}
	granted := accessToken{ClientID: pair.id, Scope: form.Get("scope"), ExpiresAt: c.at.Add(tokenLife)}
	if granted.Scopes, err = pair.grant(granted.Scope); err != nil {
		return nil, err
	}
	if granted.Scope == "" {
		granted.Scope = strings.Join(pair.allScopes(), " ")
	}
	forgetOldest(s.Tokens, tokensKept, func(t accessToken) time.Time { return t.ExpiresAt })
	token := s.mint("mk_at_")
	s.Tokens[digest(token)] = granted
	s.changed()
	return accessTokenAnswer{AccessToken: token, TokenType: "bearer", ExpiresIn: int(tokenLife.Seconds())}, nil
}

// digest is what is kept of a token.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// client finds the key pair of an id and a secret.
func (s *Sandbox) client(id, secret string) (keyPair, bool) {
	for _, pair := range s.clients {
		if same(id, pair.id) && same(secret, pair.secret) {
			return pair, true
		}
	}
	return keyPair{}, false
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (k keyPair) may(scope string) bool { return k.scopes == nil || slices.Contains(k.scopes, scope) }

func (k keyPair) allScopes() []string {
	if k.scopes == nil {
		return Scopes()
	}
	return k.scopes
}

// grant narrows what the pair may do to what a token is asked for. A pair that
// may do everything takes names that the Sandbox does not know, since the
// contract names none.
func (k keyPair) grant(asked string) ([]string, error) {
	names := strings.Fields(asked)
	if len(names) == 0 {
		return k.scopes, nil
	}
	var known []string
	for _, name := range names {
		switch {
		case slices.Contains(k.allScopes(), name):
			known = append(known, name)
		case k.scopes != nil:
			return nil, fail(http.StatusBadRequest, "api_error.auth.unauthorized", "The client does not have the scope "+strconv.Quote(name)+".")
		}
	}
	return known, nil
}

// tokensKept is how many access tokens are remembered.
const tokensKept = 1000

// authorize checks the bearer token of a call, and that it may do what the
// route does.
func (s *Sandbox) authorize(c *call, rt route) (accessToken, error) {
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return accessToken{}, unauthorized("A bearer token is needed.")
	}
	known, ok := s.Tokens[digest(token)]
	i := slices.IndexFunc(s.clients, func(pair keyPair) bool { return pair.id == known.ClientID })
	if !ok || i < 0 {
		return accessToken{}, unauthorized("The access token is not known.")
	}
	if !c.at.Before(known.ExpiresAt) {
		return accessToken{}, tokenExpired()
	}
	// Both, since a token can be older than what its client may do now.
	if rt.scope != "" && (known.Scopes != nil && !slices.Contains(known.Scopes, rt.scope) || !s.clients[i].may(rt.scope)) {
		return accessToken{}, rt.outOfScope()
	}
	return known, nil
}

// outOfScope refuses a call in the way that the contract has for its operation.
func (rt route) outOfScope() error {
	message := "The client does not have the scope " + rt.scope + "."
	switch {
	case rt.id == "create_link_session":
		return forbiddenConfig(message)
	case strings.HasPrefix(rt.pattern, "/links/{id}") && rt.id != "import_transactions", strings.HasPrefix(rt.pattern, "/webhooks/"):
		return forbidden(message)
	default:
		return unauthorized(message)
	}
}

type appAnswer struct {
	AppID   string `json:"app_id"`
	Name    string `json:"name"`
	ID      string `json:"id"`
	AppName string `json:"app_name"`
}

type clientAnswer struct {
	ClientID   string     `json:"client_id"`
	ClientName string     `json:"client_name"`
	Scope      string     `json:"scope"`
	App        appAnswer  `json:"app"`
	DisabledAt *time.Time `json:"disabled_at"`
}

func (s *Sandbox) introspectClient(c *call) (any, error) {
	app := appAnswer{AppID: s.id("app_", 22, "app"), Name: "till Sandbox"}
	app.ID, app.AppName = app.AppID, app.Name
	return clientAnswer{ClientID: c.token.ClientID, ClientName: "Embedded Sandbox", Scope: c.token.Scope, App: app}, nil
}
