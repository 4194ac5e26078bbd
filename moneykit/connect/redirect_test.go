package connect_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
)

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// sessions is a RoundTripper that notes the redirect URIs of sessions.
type sessions struct {
	http.RoundTripper
	bodies chan string
}

func (s sessions) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/link-session" && r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		text := new(strings.Builder)
		for buffer := make([]byte, 1024); ; {
			n, err := body.Read(buffer)
			text.Write(buffer[:n])
			if err != nil {
				break
			}
		}
		s.bodies <- text.String()
	}
	return s.RoundTripper.RoundTrip(r)
}

// redirects starts a page with a redirect URI, and returns the one that its
// session was opened with.
func redirects(t *testing.T, redirect string) (*page, string) {
	t.Helper()
	p := serves(t, connect.Browser{Redirect: redirect}, moneykit.LinkSessionRequest{})
	noted := sessions{p.box.Transport(), make(chan string, 1)}
	p.run.Cancel()
	request := p.run.Request()
	p.run = connect.InBrowser(t.Context(), newClient(t, moneykit.WithTransport(noted)), connect.Browser{Host: connectHost, Redirect: redirect}, request)
	t.Cleanup(p.run.Cancel)
	p.asked = p.waits(func(s connect.State) bool { return s.Phase == connect.Asking })
	_, uri, _ := strings.Cut(<-noted.bodies, `"redirect_uri":"`)
	uri, _, _ = strings.Cut(uri, `"`)
	return p, uri
}

// works leads through the page, also by the way of a bank where there is one.
func (p *page) works(back string) {
	p.Helper()
	c, _ := p.opens()
	if back != "" {
		path := strings.TrimPrefix(back, p.origin())
		if c, _ := p.reads(p.sends(call{method: http.MethodGet, path: path + "?code=1"})); !c.Back {
			p.Errorf("%+v", c)
		}
	}
	p.says(c.Page, "link.complete", `{"exchangeableToken":"mk_ex_none"}`)
	if s := p.waits(func(connect.State) bool { return false }); !isCode(s.Err, moneykit.InvalidTokenExchange) {
		p.Error(s.Err)
	}
}

func TestRedirectToAnyPort(t *testing.T) {
	p, sent := redirects(t, "")
	if sent != p.origin()+"/back" || p.asked.NoOAuth != "" {
		t.Errorf("%s %q", sent, p.asked.NoOAuth)
	}
	p.works(sent)
}

func TestApprovedRedirect(t *testing.T) {
	port := freePort(t)
	for _, redirect := range []string{
		"http://127.0.0.1:" + port + "/back", "http://127.0.0.1:" + port + "/a/b%2Fc/", "http://localhost:" + port + "/cb", "http://127.0.0.1:" + port + "/",
	} {
		p, sent := redirects(t, redirect)
		if sent != redirect || p.asked.NoOAuth != "" || !strings.HasPrefix(redirect, p.origin()+"/") {
			t.Errorf("%s became %s at %s: %q", redirect, sent, p.origin(), p.asked.NoOAuth)
		}
		p.works(redirect)
		p.silent()
	}
	p, sent := redirects(t, "http://127.0.0.1:"+port)
	if sent != "http://127.0.0.1:"+port || p.asked.NoOAuth != "" {
		t.Errorf("%s %q", sent, p.asked.NoOAuth)
	}
	p.works(p.origin() + "/")
}

func TestRedirectToLocalhostIsServedOnBothLoopbacks(t *testing.T) {
	port := freePort(t)
	p, _ := redirects(t, "http://LocalHost:"+port+"/cb")
	if p.host() != "localhost:"+port {
		t.Errorf("%s", p.host())
	}
	addresses := []string{"127.0.0.1"}
	if listener, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = listener.Close()
		addresses = append(addresses, "::1")
	}
	for _, address := range addresses {
		conn, err := net.Dial("tcp", net.JoinHostPort(address, port))
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = conn.Close()
	}
	p.run.Cancel()
	for _, address := range addresses {
		if conn, err := net.Dial("tcp", net.JoinHostPort(address, port)); err == nil {
			_ = conn.Close()
			t.Errorf("%s still answers", address)
		}
	}
}

func TestRedirectThatCannotBeServed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for redirect, why := range map[string]string{
		"http://127.0.0.1:" + port + "/back":  "port " + port + " of the profile's redirect URI is taken by another program",
		"http://localhost:" + port + "/back":  "port " + port + " of the profile's redirect URI is taken by another program",
		"https://app.example/back":            "the profile's redirect URI does not lead to this computer",
		"https://127.0.0.1:" + port + "/back": "the profile's redirect URI is not an http address of this computer",
		"https://localhost/back":              "the profile's redirect URI is not an http address of this computer",
		"till://localhost/back":               "the profile's redirect URI is not an http address of this computer",
		"http://app.example:8080/back":        "the profile's redirect URI does not lead to this computer",
		"http://localhost.evil.example/back":  "the profile's redirect URI does not lead to this computer",
		"http://192.0.2.1/back":               "the profile's redirect URI does not lead to this computer",
		"till://back":                         "the profile's redirect URI does not lead to this computer",
		"http://127.0.0.1:99999/back":         "port 99999 of the profile's redirect URI cannot be listened on",
	} {
		p, sent := redirects(t, redirect)
		if sent != redirect || p.asked.NoOAuth != why {
			t.Errorf("%s became %s: %q", redirect, sent, p.asked.NoOAuth)
		}
		if host, at, _ := net.SplitHostPort(p.host()); host != "127.0.0.1" || at == port {
			t.Errorf("%s: at %s", redirect, p.host())
		}
		if status := p.sends(call{method: http.MethodGet, path: "/back"}).StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: a return page: %d", redirect, status)
		}
		p.works("")
	}
}
