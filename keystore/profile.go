// Package keystore keeps till's profiles and their client secrets.
//
// Profiles (name, mode, base URL, client id, redirect URI) stand in one small
// index file in the user's configuration folder. Each profile's secret is one
// short item in the keyring of the operating system, under the service "till".
// A second item holds the key that the profile's mirror is encrypted with.
// Every keyring call runs under a deadline and can be cancelled; its failures
// are told apart and each carries one line of remedy.
//
// The package never writes a secret or a key to a file, and never falls back to
// one: a secret that no keyring takes can be held in memory for the session,
// and is reported as such. It speaks to no API, reads no environment variable
// by itself and shows nothing to the user.
package keystore

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DefaultBaseURL is the address of MoneyKit's API.
const DefaultBaseURL = "https://api.moneykit.com"

// DefaultRedirectURI is where a user comes back to unless the profile says
// otherwise.
const DefaultRedirectURI = "http://localhost:47823/till"

// maxName is the longest profile name, in characters.
const maxName = 40

// Mode says whether a profile's links are real or made up.
type Mode string

// The modes of a profile.
const (
	Live    Mode = "live"
	Sandbox Mode = "sandbox"
)

// Profile is what till needs to reach MoneyKit, without the secret.
type Profile struct {
	Name     string `json:"name"`
	Mode     Mode   `json:"mode"`
	BaseURL  string `json:"base_url"`
	ClientID string `json:"client_id"`

	// RedirectURI is where MoneyKit sends the user of an OAuth bank back to. It
	// has to have been approved for the app beforehand. Profiles from before it
	// was kept have none, which stands for DefaultRedirectURI.
	RedirectURI string `json:"redirect_uri,omitempty"`
}

// Redirect returns the redirect URI that holds for the profile.
func (p Profile) Redirect() string {
	if p.RedirectURI == "" {
		return DefaultRedirectURI
	}
	return p.RedirectURI
}

// Validate returns nil, or one clear sentence on the first thing that is wrong
// with the profile. The sentence never repeats a URL, which may carry a password.
func (p Profile) Validate() error {
	if err := validateName(p.Name); err != nil {
		return err
	}
	if p.Mode != Live && p.Mode != Sandbox {
		return fmt.Errorf("the mode must be %q or %q", Live, Sandbox)
	}
	if err := validateURL("base URL", p.BaseURL); err != nil {
		return err
	}
	if strings.TrimSpace(p.ClientID) == "" {
		return errors.New("the client id is empty")
	}
	if strings.ContainsFunc(p.ClientID, unprintable) {
		return errors.New("the client id holds a space or a control character")
	}
	return validateURL("redirect URI", p.Redirect())
}

func validateName(name string) error {
	n := utf8.RuneCountInString(name)
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("the profile name is empty")
	case n > maxName:
		return fmt.Errorf("the profile name has %d characters: the most is %d", n, maxName)
	case strings.TrimSpace(name) != name:
		return errors.New("the profile name begins or ends with a space")
	case strings.ContainsFunc(name, strangeInName):
		return errors.New("the profile name may hold letters, digits, spaces and - _ . only")
	}
	return nil
}

func strangeInName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_. ", r)
}

func unprintable(r rune) bool {
	return r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r)
}

// validateURL takes addresses made of scheme, host and path alone; what names
// the URL in the error.
func validateURL(what, raw string) error {
	if raw == "" {
		return fmt.Errorf("the %s is empty", what)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("the %s is not a URL", what) // url.Error repeats the URL
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("the %s must begin with https:// or http://", what)
	case u.Hostname() == "":
		return fmt.Errorf("the %s names no host", what)
	case u.User != nil:
		return fmt.Errorf("the %s must not carry a user name or a password", what)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return fmt.Errorf("the %s must not carry a query or a fragment", what)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return fmt.Errorf("the %s must begin with https://, or name this machine (http://localhost)", what)
	}
	return nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
