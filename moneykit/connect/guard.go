package connect

import (
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
)

// maxMessage is the longest message that the page may post, in bytes.
const maxMessage = 64 << 10

// ServeHTTP answers the launcher's two pages and takes their messages. Whatever
// does not come from them is refused, and changes nothing.
func (l *launcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	switch {
	case r.Host != l.host:
		refuse(w, http.StatusForbidden) // a name of somebody else's that leads here
	case same(r.URL.EscapedPath(), l.path):
		l.serveRun(w, r)
	case l.backPath != "" && r.URL.EscapedPath() == l.backPath:
		l.serveBack(w, r)
	default:
		refuse(w, http.StatusNotFound)
	}
}

func (l *launcher) serveRun(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		if !unasked(r) {
			refuse(w, http.StatusForbidden)
			return
		}
		if !l.claimed.CompareAndSwap(false, true) && !l.knows(r) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, asset("claimed.html"))
			return
		}
		l.page(w, false)
	case http.MethodPost:
		l.serveMessage(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed)
	}
}

// knows reports whether a request is of the browser that opened the page first.
// Other users of this computer can see the address that a browser is started with.
func (l *launcher) knows(r *http.Request) bool {
	return slices.ContainsFunc(r.CookiesNamed(l.name), func(c *http.Cookie) bool { return same(c.Value, l.cookie) })
}

// unasked reports whether no other site made the browser ask for the page.
func unasked(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "none" || site == "same-origin"
}

func (l *launcher) serveMessage(w http.ResponseWriter, r *http.Request) {
	site := r.Header.Get("Sec-Fetch-Site")
	if !l.knows(r) || r.Header.Get("Origin") != l.origin || site != "" && site != "same-origin" {
		refuse(w, http.StatusForbidden)
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType)
		return
	}
	if r.ContentLength > maxMessage {
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	}
	if err == nil {
		err = l.hear(body)
	}
	switch {
	case errors.Is(err, errOlder):
		refuse(w, http.StatusConflict)
	case err != nil:
		refuse(w, http.StatusBadRequest)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// serveBack answers the browser that a bank sent back. Its address can be
// guessed, so only the browser that opened the first page gets in.
func (l *launcher) serveBack(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	if !l.knows(r) {
		refuse(w, http.StatusForbidden)
		return
	}
	l.page(w, true)
}

// same compares in constant time.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
