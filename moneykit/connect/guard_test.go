package connect_test

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
)

// Other users of this computer can see the address, and come later.
func TestPageIsForTheFirstBrowser(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	_, other := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{}).opens()
	for _, header := range []string{"", other.Name + "=" + other.Value, p.cookie.Name + "=" + other.Value, p.cookie.Name + "="} {
		p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodGet, headers: []string{"Cookie", header}}})
		p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodPost, body: event, headers: []string{"Cookie", header}}})
	}
	a := p.sends(call{method: http.MethodGet, headers: []string{"Cookie", ""}})
	const says = "This address was opened in another browser before. Go back to the terminal, leave the run with esc, and begin again."
	if !strings.Contains(a.text, says) || a.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v %s", a.Header, a.text)
	}
	for n, header := range []string{p.cookie.Name + "=" + p.cookie.Value, p.cookie.Name + "=old; " + p.cookie.Name + "=" + p.cookie.Value} {
		if c, _ := p.reads(p.sends(call{method: http.MethodGet, headers: []string{"Cookie", header}})); c.Page != n+2 {
			t.Errorf("%+v", c)
		}
	}
}

// A message without the page before it is of somebody who has not opened it.
func TestNoMessageBeforeThePage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodPost, body: event}})
	p.opens()
}

func TestRefusedCallsDoNotClaimThePage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	_, port, _ := net.SplitHostPort(p.host())
	p.refuses(t, refused{http.StatusMethodNotAllowed, call{method: http.MethodHead}})
	p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodGet, headers: []string{"Host", "localhost:" + port}}})
	p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodGet, headers: []string{"Sec-Fetch-Site", "cross-site"}}})
	p.refuses(t, refused{http.StatusForbidden, call{method: http.MethodGet, path: "/back"}})
	p.opens()
}

// The browser may still have the cookie of a run that had the same port.
func TestBrowserWithAnOlderCookieOpensThePage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	_, port, _ := net.SplitHostPort(p.host())
	p.reads(p.sends(call{method: http.MethodGet, headers: []string{"Cookie", "till-connect" + port + "=old"}}))
}

func TestPageIsClaimedOnce(t *testing.T) {
	for range 5 {
		p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
		statuses := make(chan int)
		for range 8 {
			go func() {
				res, err := http.DefaultTransport.RoundTrip(p.request(call{method: http.MethodGet}))
				if err != nil {
					statuses <- 0
					return
				}
				_ = res.Body.Close()
				statuses <- res.StatusCode
			}()
		}
		got := map[int]int{}
		for range 8 {
			got[<-statuses]++
		}
		if got[http.StatusOK] != 1 || got[http.StatusForbidden] != 7 {
			t.Fatalf("%v", got)
		}
	}
}
