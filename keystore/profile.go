// Package keystore keeps till's profiles and their client secrets.
//
// Profiles (name, mode, base URL, client id) stand in one small index file in
// the user's configuration folder. Each profile's secret is one short item in
// the keyring of the operating system, under the service "till". Every keyring
// call runs under a deadline and can be cancelled; its failures are told apart
// and each carries one line of remedy.
//
// The package never writes a secret to a file, and never falls back to one: a
// secret that no keyring takes can be held in memory for the session, and is
// reported as such. It speaks to no API, reads no environment variable by
// itself and shows nothing to the user.
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
}

// Validate returns nil, or one clear sentence on the first thing that is wrong
// with the profile. The sentence never repeats the base URL, which may carry a
// password.
func (p Profile) Validate() error {
	if err := validateName(p.Name); err != nil {
		return err
	}
	if p.Mode != Live && p.Mode != Sandbox {
		return fmt.Errorf("the mode must be %q or %q", Live, Sandbox)
	}
	if err := validateBaseURL(p.BaseURL); err != nil {
		return err
	}
	if strings.TrimSpace(p.ClientID) == "" {
		return errors.New("the client id is empty")
	}
	if strings.ContainsFunc(p.ClientID, unprintable) {
		return errors.New("the client id holds a space or a control character")
	}
	return nil
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

func validateBaseURL(raw string) error {
	if raw == "" {
		return errors.New("the base URL is empty")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("the base URL is not a URL") // url.Error repeats the URL
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the base URL must begin with https:// or http://")
	case u.Hostname() == "":
		return errors.New("the base URL names no host")
	case u.User != nil:
		return errors.New("the base URL must not carry a user name or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return errors.New("the base URL must not carry a query or a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("the base URL must begin with https://, or name this machine (http://localhost)")
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
