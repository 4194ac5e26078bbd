package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"till/moneykit/internal/loopback"
)

// foreign tells whether a request for the controls comes from a web page of
// somebody else, that uses its visitor's browser to reach this computer.
func (s *Sandbox) foreign(r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/sandbox/") {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return true
		}
	}
	// A name that somebody else lets point at loopback is still theirs.
	local, served := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return served && !s.anyName && IsLoopback(local.String()) && !IsLoopback(r.Host)
}

// IsLoopback tells whether a host, with or without a port, is reached from this
// computer alone.
func IsLoopback(host string) bool { return loopback.Host(host) }
