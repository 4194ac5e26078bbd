package connect_test

import (
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
)

func TestPage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	if left := time.Until(p.asked.Ends); left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("ends in %v", left)
	}
	a := p.sends(call{method: http.MethodGet})
	c, cookie := p.reads(a)
	if c.Connect != connectHost || c.Path != "/start" || !strings.HasPrefix(c.Token, "mk_ls_") || c.Tell != p.path() || c.Page != 1 || c.Back {
		t.Errorf("%+v", c)
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := a.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	policy := a.Header.Values("Content-Security-Policy")
	exact := regexp.MustCompile(`^default-src 'none'; frame-src https://connect\.example; connect-src 'self'; script-src 'nonce-([A-Z2-7]{26})'; ` +
		`style-src 'nonce-([A-Z2-7]{26})'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$`)
	if len(policy) != 1 || !exact.MatchString(policy[0]) {
		t.Fatalf("%q", policy)
	}
	nonce := exact.FindStringSubmatch(policy[0])[1]
	if n := strings.Count(a.text, `nonce="`+nonce+`"`); n != 3 {
		t.Errorf("%d elements with the nonce", n)
	}
	if cookie == nil || cookie.Path != "/" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 || cookie.Domain != "" {
		t.Errorf("%+v", cookie)
	}
	again := p.sends(call{method: http.MethodGet, headers: []string{"Sec-Fetch-Site", "none"}})
	if strings.Contains(again.text, nonce) {
		t.Error("a nonce is used twice")
	}
	if c, _ := p.reads(again); c.Page != 2 {
		t.Errorf("%+v", c)
	}
	p.unchanged()
}

// Neither path nor cookie can be guessed, and runs side by side do not share them.
func TestPagesHaveSecretsOfTheirOwn(t *testing.T) {
	one, other := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{}), serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	_, first := one.opens()
	_, second := other.opens()
	if one.path() == other.path() || first.Value == second.Value || first.Name == second.Name {
		t.Errorf("%s %s, %s %s", one.path(), other.path(), first, second)
	}
	for _, secret := range []string{strings.Trim(one.path(), "/"), first.Value} {
		if !regexp.MustCompile(`^[A-Z2-7]{26}$`).MatchString(secret) { // of 5 bits each
			t.Errorf("%q", secret)
		}
	}
	if one.sends(call{method: http.MethodGet, path: other.path()}).StatusCode != http.StatusNotFound {
		t.Error("a path works elsewhere")
	}
}

func TestPageIsOnLoopbackAlone(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	host, port, err := net.SplitHostPort(p.host())
	if err != nil || host != "127.0.0.1" {
		t.Errorf("%s, %v", p.host(), err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range append(addresses, &net.IPNet{IP: net.IPv6loopback}) {
		ip := address.(*net.IPNet).IP
		if ip.String() == "127.0.0.1" || ip.IsLinkLocalUnicast() {
			continue
		}
		if conn, err := net.Dial("tcp", net.JoinHostPort(ip.String(), port)); err == nil {
			_ = conn.Close()
			t.Errorf("it listens at %s", ip)
		}
	}
}

const event = `{"page":1,"type":"link.event","data":{"name":"open"}}`

// TestRefusedCalls are all that a page of somebody else's could send, and more.
func TestRefusedCalls(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	path, _, _ := strings.Cut(strings.TrimPrefix(p.path(), "/"), "/")
	_, port, _ := net.SplitHostPort(p.host())
	get := func(status int, headers ...string) refused {
		return refused{status, call{method: http.MethodGet, headers: headers}}
	}
	post := func(status int, body string, headers ...string) refused {
		return refused{status, call{method: http.MethodPost, body: body, headers: headers}}
	}
	at := func(path string) refused {
		return refused{http.StatusNotFound, call{method: http.MethodGet, path: path}}
	}
	for name, x := range map[string]refused{
		"another host":            get(403, "Host", "evil.example"),
		"another host's port":     get(403, "Host", "evil.example:"+port),
		"another name":            get(403, "Host", "localhost:"+port),
		"no port":                 get(403, "Host", "127.0.0.1"),
		"another port":            get(403, "Host", "127.0.0.1:1"),
		"another host's message":  post(403, event, "Host", "evil.example:"+port),
		"another site's link":     get(403, "Sec-Fetch-Site", "cross-site"),
		"a neighbour's link":      get(403, "Sec-Fetch-Site", "same-site"),
		"another origin":          post(403, event, "Origin", "https://evil.example"),
		"Connect's origin":        post(403, event, "Origin", connectHost),
		"an origin on port 80":    post(403, event, "Origin", "http://127.0.0.1"),
		"a secure origin":         post(403, event, "Origin", "https://"+p.host()),
		"an origin with a slash":  post(403, event, "Origin", p.origin()+"/"),
		"a null origin":           post(403, event, "Origin", "null"),
		"no origin":               post(403, event, "Origin", ""),
		"another site's message":  post(403, event, "Sec-Fetch-Site", "cross-site"),
		"a neighbour's message":   post(403, event, "Sec-Fetch-Site", "same-site"),
		"a message of the user's": post(403, event, "Sec-Fetch-Site", "none"),
		"text":                    post(415, event, "Content-Type", "text/plain"),
		"text with JSON in it":    post(415, event, "Content-Type", "text/plain; x=application/json"),
		"a form":                  post(415, event, "Content-Type", "application/x-www-form-urlencoded"),
		"no type":                 post(415, event, "Content-Type", ""),
		"another type":            post(415, event, "Content-Type", "application/json5"),
		"no body":                 post(400, ""),
		"half of a body":          post(400, event[:20]),
		"two bodies":              post(400, event+event),
		"a list":                  post(400, "[]"),
		"null":                    post(400, "null"),
		"no kind of message":      post(400, `{"page":1,"data":{"name":"open"}}`),
		"a number for a kind":     post(400, `{"page":1,"type":5}`),
		"an event without a name": post(400, `{"page":1,"type":"link.event","data":{}}`),
		"an event without data":   post(400, `{"page":1,"type":"link.event"}`),
		"no token":                post(400, `{"page":1,"type":"link.complete","data":{"link_id":"x"}}`),
		"an empty token":          post(400, `{"page":1,"type":"link.complete","data":{"exchangeableToken":""}}`),
		"a number for a token":    post(400, `{"page":1,"type":"link.complete","data":{"exchangeableToken":5}}`),
		"an exit without data":    post(400, `{"page":1,"type":"link.exit"}`),
		"an exit with text":       post(400, `{"page":1,"type":"link.exit","data":{"error":"x"}}`),
		"too much":                post(413, event+strings.Repeat(" ", 64<<10)),
		"too much, unannounced":   {413, call{method: http.MethodPost, body: event + strings.Repeat(" ", 64<<10), chunked: true}},
		"the top":                 at("/"),
		"another path":            at("/" + strings.Repeat("A", len(path)) + "/"),
		"the beginning of it":     at("/" + path[:len(path)-1] + "/"),
		"in lower case":           at("/" + strings.ToLower(path) + "/"),
		"without its slash":       at("/" + path),
		"with more":               at("/" + path + "/x"),
		"by a detour":             at("/x/../" + path + "/"),
		"encoded":                 at("/%" + hexOf(path[0]) + path[1:] + "/"),
		"the return page":         {403, call{method: http.MethodGet, path: "/back?code=1", headers: []string{"Cookie", ""}}},
		"below the return page":   at("/back/"),
		"a message to return to":  {405, call{method: http.MethodPost, path: "/back", body: event}},
		"an icon":                 at("/favicon.ico"),
	} {
		t.Run(name, func(t *testing.T) { p.refuses(t, x) })
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "LINK"} {
		t.Run(method, func(t *testing.T) {
			p.refuses(t, refused{http.StatusMethodNotAllowed, call{method: method}})
			p.refuses(t, refused{http.StatusMethodNotAllowed, call{method: method, path: "/back"}})
		})
	}
	if status := p.says(1, "link.complete", `{"exchangeableToken":"mk_ex_none"}`); status != http.StatusNoContent {
		t.Fatal(status)
	}
	p.took()
}

type refused struct {
	status int
	call   call
}

func (p *page) refuses(t *testing.T, x refused) {
	t.Helper()
	a := p.sends(x.call)
	if a.StatusCode != x.status {
		t.Errorf("%d, want %d", a.StatusCode, x.status)
	}
	if got := a.Header.Get("Content-Security-Policy"); got != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("%q", got)
	}
	if a.Header.Get("Cache-Control") != "no-store" || len(a.Cookies()) > 0 || strings.Contains(a.text, "mk_") {
		t.Errorf("%v %s", a.Header, a.text)
	}
	if x.status == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
		t.Error("it does not say what it allows")
	}
	p.unchanged()
}

func hexOf(b byte) string { return string("0123456789ABCDEF"[b>>4]) + string("0123456789ABCDEF"[b&15]) }

func TestMalformedRequests(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	_, cookie := p.opens()
	post := "POST " + p.path() + " HTTP/1.1\r\nHost: " + p.host() + "\r\nCookie: " + cookie.Name + "=" + cookie.Value + "\r\nOrigin: " + p.origin() + "\r\nContent-Type: application/json\r\n"
	for text, want := range map[string]int{
		"GET " + p.path() + " HTTP/1.0\r\n\r\n":                                                 403,
		"GET " + p.path() + " HTTP/1.1\r\n\r\n":                                                 400,
		"GET " + p.path() + " HTTP/1.1\r\nHost: " + p.host() + "\r\nHost: evil.example\r\n\r\n": 400,
		"GET http://evil.example" + p.path() + " HTTP/1.1\r\nHost: " + p.host() + "\r\n\r\n":    403,
		"GET /" + p.path() + " HTTP/1.1\r\nHost: " + p.host() + "\r\n\r\n":                      404,
		"hello\r\n\r\n": 400,
		post + "Content-Length: 1000000000000\r\n\r\n":                               413,
		post + "Content-Length: -1\r\n\r\n":                                          400,
		post + "X: " + strings.Repeat("x", 64<<10) + "\r\nContent-Length: 0\r\n\r\n": 431,
		post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":    400,
	} {
		if got := p.raw(text); got != want {
			t.Errorf("%d, want %d: %.120q", got, want, text)
		}
		p.unchanged()
	}
}

// What Connect may tell one day is no mistake.
func TestUnknownMessages(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	for _, kind := range []string{"connect.started", "link.progress", "LINK.EXIT", "link.exit "} {
		if status := p.says(1, kind, `{"error":null,"exchangeableToken":"x"}`); status != http.StatusNoContent {
			t.Errorf("%s: %d", kind, status)
		}
		p.unchanged()
	}
	if a := p.sends(call{method: http.MethodPost, body: event, headers: []string{"Content-Type", "application/json; charset=utf-8", "Sec-Fetch-Site", ""}}); a.StatusCode != http.StatusNoContent {
		t.Errorf("an older browser: %d", a.StatusCode)
	}
	if got := story(p.run.State().Events); got != "open {}\n" {
		t.Error(got)
	}
}
