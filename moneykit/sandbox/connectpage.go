package sandbox

import (
	"net/http"
	"strconv"

	"till/assets"
)

// connectCalls are what Connect's own pages ask.
func (s *Sandbox) connectCalls() []route {
	return []route{
		{"POST", "/connect/next", "", "", 200, true, s.connectNext},
		{"POST", "/connect/finish", "", "", 200, true, s.connect},
	}
}

// connectPages adds Connect, which a launcher puts into a frame, and the page of
// the bank that it sends its user to.
func (s *Sandbox) connectPages() {
	for _, path := range []string{"/start", "/relink", "/continue"} {
		s.mux.HandleFunc("GET "+path, page("connect.html", "text/html; charset=utf-8"))
	}
	s.mux.HandleFunc("GET /connect/connect.js", page("connect.js", "text/javascript; charset=utf-8"))
	s.mux.HandleFunc("GET /connect/connect.css", page("connect.css", "text/css; charset=utf-8"))
	s.mux.HandleFunc("GET /connect/bank/{token}", s.showBank)
	s.mux.HandleFunc("POST /connect/bank/{token}", s.answerBank)
}

// page serves an embedded file. Any site may put it into a frame: that is what
// Connect is for.
func page(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := assets.Pages.ReadFile("pages/" + name)
		if err != nil {
			panic("sandbox: " + err.Error())
		}
		header := w.Header()
		header.Set("Content-Type", kind)
		header.Set("Content-Length", strconv.Itoa(len(text)))
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'")
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(text)
	}
}
