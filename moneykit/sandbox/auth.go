package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenLife is how long an access token is good for.
const tokenLife = time.Hour

// accessToken is what the Sandbox knows of a token it handed out.
type accessToken struct {
	scope     string
	expiresAt time.Time
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
	if !same(id, s.clientID) || !same(secret, s.secret) {
		return nil, unauthorized("Client id or secret is wrong.")
	}
	if grant := form.Get("grant_type"); grant != "client_credentials" {
		return nil, fail(http.StatusBadRequest, "api_error.auth.unauthorized", "grant_type must be client_credentials.")
	}
	s.forgetTokens(c.at)
	token := s.mint("mk_at_")
	s.tokens[token] = accessToken{scope: form.Get("scope"), expiresAt: c.at.Add(tokenLife)}
	return accessTokenAnswer{AccessToken: token, TokenType: "bearer", ExpiresIn: int(tokenLife.Seconds())}, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// forgetTokens drops tokens that expired long ago. A recent one is kept, so that
// its holder learns that it expired rather than that it never was.
func (s *Sandbox) forgetTokens(now time.Time) {
	for token, t := range s.tokens {
		if now.Sub(t.expiresAt) > 24*time.Hour {
			delete(s.tokens, token)
		}
	}
}

// authorize checks the bearer token of a call.
func (s *Sandbox) authorize(c *call) (accessToken, error) {
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return accessToken{}, unauthorized("A bearer token is needed.")
	}
	known, ok := s.tokens[token]
	if !ok {
		return accessToken{}, unauthorized("The access token is not known.")
	}
	if !c.at.Before(known.expiresAt) {
		return accessToken{}, tokenExpired()
	}
	return known, nil
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
	return clientAnswer{ClientID: s.clientID, ClientName: "Embedded Sandbox", Scope: c.token.scope, App: app}, nil
}
