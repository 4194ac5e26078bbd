package keystore

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Where says where a secret came from.
type Where string

// The places a secret can come from.
const (
	FromKeyring     Where = "keyring"
	FromEnvironment Where = "environment"
	FromSession     Where = "session"
)

// The environment variables that FromEnv reads, and the name of its profile.
const (
	EnvClientID     = "MONEYKIT_CLIENT_ID"
	EnvClientSecret = "MONEYKIT_CLIENT_SECRET" //nolint:gosec // the variable's name, no secret
	EnvURL          = "MONEYKIT_URL"
	EnvRedirectURI  = "MONEYKIT_REDIRECT_URI"

	environmentName = "environment"
)

// FromEnv makes a profile and its secret from MONEYKIT_CLIENT_ID,
// MONEYKIT_CLIENT_SECRET, MONEYKIT_URL (DefaultBaseURL when unset) and
// MONEYKIT_REDIRECT_URI (optional), read through getenv. It returns true only
// when id and secret are both set, and an error when just one of them is, or
// when the profile they make is not valid. The profile is Live unless its URL
// names this machine.
func FromEnv(getenv func(string) string) (Profile, string, bool, error) {
	id := strings.TrimSpace(getenv(EnvClientID))
	secret := strings.TrimSpace(getenv(EnvClientSecret))
	switch {
	case id == "" && secret == "":
		return Profile{}, "", false, nil
	case id == "":
		return Profile{}, "", false, errors.New(EnvClientSecret + " is set, but " + EnvClientID + " is not: set both or none")
	case secret == "":
		return Profile{}, "", false, errors.New(EnvClientID + " is set, but " + EnvClientSecret + " is not: set both or none")
	}
	p := Profile{
		Name:        environmentName,
		Mode:        Live,
		BaseURL:     strings.TrimSpace(getenv(EnvURL)),
		ClientID:    id,
		RedirectURI: strings.TrimSpace(getenv(EnvRedirectURI)),
	}
	if p.BaseURL == "" {
		p.BaseURL = DefaultBaseURL
	}
	if err := p.Validate(); err != nil {
		return Profile{}, "", false, fmt.Errorf("profile from the environment (%s, %s, %s): %w", EnvClientID, EnvURL, EnvRedirectURI, err)
	}
	if u, err := url.Parse(p.BaseURL); err == nil && loopback(u.Hostname()) {
		p.Mode = Sandbox
	}
	return p, secret, true, nil
}
