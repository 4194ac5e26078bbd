package connect

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"till/assets"
	"till/moneykit"
	"till/moneykit/internal/loopback"
)

const (
	// DefaultHost is where MoneyKit's Connect is.
	DefaultHost = "https://connect.moneykit.com"

	launcherTime = 10 * time.Minute // for one run
	lastAnswers  = 500 * time.Millisecond
	backPath     = "/back" // where banks send the user, unless a redirect URI says otherwise
)

// Browser says how Connect is reached in a web browser.
type Browser struct {
	// Host is the origin of Connect, such as DefaultHost.
	Host string
	// Redirect is the redirect URI that MoneyKit approved for the app. When it is
	// an http URL of this machine the launcher listens there. Empty stands for a
	// server that takes any of this machine, as the Sandbox does.
	Redirect string
}

// HostOf returns the origin of the Connect that belongs to an API: a Sandbox on
// this computer has its own.
func HostOf(baseURL string) string {
	if u, err := url.Parse(baseURL); err == nil && loopback.Host(u.Hostname()) {
		return u.Scheme + "://" + u.Host
	}
	return DefaultHost
}

// InBrowser starts a Run that serves its page for a web browser. State tells the
// page's address. Opening the browser is left to the caller.
func InBrowser(ctx context.Context, client *moneykit.Client, b Browser, request moneykit.LinkSessionRequest) *Run {
	return start(ctx, client, request, outcome{}, func(r *Run) (way, error) {
		l, err := listen(b, r)
		if err != nil {
			return nil, err
		}
		return l, nil
	})
}

// launcher is the page around Connect, and the page that banks send the user back
// to. It serves one run on loopback.
type launcher struct {
	run       *Run
	listeners []net.Listener
	host      string // of all requests: name and port
	origin    string
	connect   string // Connect's origin
	back      string // redirect URI
	backPath  string // where it is served; empty for nowhere
	noOAuth   string
	path      string      // that nobody can guess
	claimed   atomic.Bool // by the browser that opened the page first
	cookie    string      // of that browser
	name      string      // of the cookie; runs side by side have one each
	session   moneykit.Secret
	completed chan outcome
	left      chan outcome

	mu    sync.Mutex
	pages int          // that were opened
	backs map[int]bool // those of them that banks send the user to
	last  int          // of the pages that Connect goes on in
}

// listen takes the port of the redirect URI, or any where that cannot be.
func listen(b Browser, r *Run) (*launcher, error) {
	connect, err := url.Parse(b.Host)
	if err != nil || connect.Host == "" {
		return nil, errors.New("connect: the address of Connect is not a URL")
	}
	l := &launcher{
		run: r, connect: connect.Scheme + "://" + connect.Host, path: "/" + rand.Text() + "/", cookie: rand.Text(),
		completed: make(chan outcome, 1), left: make(chan outcome, 1), backs: map[int]bool{},
	}
	if b.Redirect != "" {
		l.back = b.Redirect
		if l.noOAuth = l.listenAt(b.Redirect); l.noOAuth == "" {
			return l, nil
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.listeners = []net.Listener{listener}
	l.at(listener.Addr().String())
	if b.Redirect == "" {
		l.back, l.backPath = l.origin+backPath, backPath
	}
	return l, nil
}

func (l *launcher) at(host string) {
	l.host, l.origin = host, "http://"+host
	_, port, _ := net.SplitHostPort(host)
	l.name = "till-connect" + port // cookies are shared by all ports
}

// listenAt takes the port of a redirect URI on loopback. It returns why that
// cannot be, empty when it could.
func (l *launcher) listenAt(redirect string) string {
	u, err := url.Parse(redirect)
	switch {
	case err != nil || !loopback.Host(u.Hostname()):
		return "the profile's redirect URI does not lead to this computer"
	case u.Scheme != "http":
		return "the profile's redirect URI is not an http address of this computer"
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	addresses := []string{u.Hostname()}
	if strings.EqualFold(u.Hostname(), "localhost") {
		addresses = []string{"127.0.0.1", "::1"} // a browser may try either
	}
	for _, address := range addresses {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, port))
		switch taken := errors.Is(err, syscall.EADDRINUSE); {
		case err == nil:
			l.listeners = append(l.listeners, listener)
		case taken:
			l.close()
			return "port " + port + " of the profile's redirect URI is taken by another program"
		case address != "::1": // which not every computer has
			l.close()
			return "port " + port + " of the profile's redirect URI cannot be listened on"
		}
	}
	l.at(strings.ToLower(strings.TrimSuffix(u.Host, ":80")))
	l.backPath = u.EscapedPath()
	if l.backPath == "" {
		l.backPath = "/"
	}
	return ""
}

func (l *launcher) redirect() string { return l.back }

func (l *launcher) close() {
	for _, listener := range l.listeners {
		_ = listener.Close()
	}
	l.listeners = nil
}

// walk serves the pages until Connect ends, a token is pasted, or the time is up.
func (l *launcher) walk(ctx context.Context, r *Run, session moneykit.Secret) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, launcherTime)
	defer cancel()
	l.session = session
	server := &http.Server{
		Handler: l, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	var serving sync.WaitGroup
	for _, listener := range l.listeners {
		serving.Go(func() { _ = server.Serve(listener) })
	}
	ends, _ := ctx.Deadline()
	r.change(func(s *State) { s.Phase, s.Page, s.Ends, s.NoOAuth = Asking, l.origin+l.path, ends, l.noOAuth })
	out, err := l.outcome(ctx)
	r.change(func(s *State) { s.Page = "" }) // so that no token is pasted any more
	shut(ctx, server)
	serving.Wait()
	if err == nil && !out.left {
		return out, nil
	}
	select { // since a token that was taken stands for a link
	case done := <-l.completed:
		return done, nil
	case token := <-r.pasted:
		return outcome{token: token}, nil
	default:
		return out, err
	}
}

// outcome waits for how Connect ends.
func (l *launcher) outcome(ctx context.Context) (outcome, error) {
	select {
	case out := <-l.completed:
		return out, nil
	case token := <-l.run.pasted:
		return outcome{token: token}, nil
	case out := <-l.left:
		return out, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return outcome{}, ErrTimeout
		}
		return outcome{}, ctx.Err()
	}
}

// shut lets the answers under way go out, unless nobody wants them any more, then
// closes everything.
func shut(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, lastAnswers)
	defer cancel()
	_ = server.Shutdown(ctx)
	_ = server.Close()
}

// view is what the launcher's template shows.
type view struct {
	Nonce, Script, Style any
	Title                string
	Config               config
}

// config is what the page's script is told.
type config struct {
	Connect string `json:"connect"` // origin
	Path    string `json:"path"`    // in Connect
	Token   string `json:"token"`   // of the session
	Tell    string `json:"tell"`    // where messages go
	Page    int    `json:"page"`
	Back    bool   `json:"back"`   // this is where banks send the user
	Relink  bool   `json:"relink"` // which has no token to paste
}

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(assets.Launcher, "launcher/launcher.html"))
})

func asset(name string) string {
	text, err := assets.Launcher.ReadFile("launcher/" + name)
	if err != nil {
		panic("connect: " + err.Error())
	}
	return string(text)
}

// page writes the page around Connect.
func (l *launcher) page(w http.ResponseWriter, back bool) {
	l.mu.Lock()
	l.pages++
	c := config{Connect: l.connect, Path: "/start", Token: l.session.Reveal(), Tell: l.path, Page: l.pages, Back: back, Relink: l.run.relinks()}
	if back { // which counts once it tells something: it may just close again
		l.backs[l.pages] = true
	} else {
		l.last = l.pages
	}
	l.mu.Unlock()
	title := "Link a bank"
	if c.Relink {
		c.Path, title = "/relink", "Relink a bank"
	}
	if back {
		c.Path = "/continue"
	}
	nonce := rand.Text()
	var page bytes.Buffer
	err := pageTemplate().Execute(&page, view{
		Nonce: nonce, Script: template.JS(asset("launcher.js")), Style: template.CSS(asset("launcher.css")), Title: title, Config: c,
	})
	if err != nil {
		panic(err) // the template and its data belong together
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(page.Len()))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-src "+l.connect+"; connect-src 'self'; script-src 'nonce-"+nonce+"'; style-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	if !back {
		http.SetCookie(w, &http.Cookie{Name: l.name, Value: l.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(launcherTime.Seconds())})
	}
	_, _ = w.Write(page.Bytes())
}

// hear takes a message from the page.
func (l *launcher) hear(body []byte) error {
	var m message
	if err := json.Unmarshal(body, &m); err != nil || m.Type == "" {
		return errMessage
	}
	out, err := l.run.take(m, l.goesOn(m.Page))
	if err != nil || out == nil {
		return err
	}
	ended := l.completed
	if out.left {
		ended = l.left
	}
	select {
	case ended <- *out:
	default: // it has ended already
	}
	return nil
}

// goesOn notes that a page tells something, and reports whether it is the one
// that Connect goes on in. Other sites can lead the browser to the return page,
// so that one counts only after Connect has sent the user to a bank.
func (l *launcher) goesOn(page int) bool {
	sent := slices.ContainsFunc(l.run.State().Events, func(e Event) bool { return e.Name == "open_oauth" })
	l.mu.Lock()
	defer l.mu.Unlock()
	if page <= l.pages && (sent || !l.backs[page]) {
		l.last = max(l.last, page)
	}
	return page == l.last
}
