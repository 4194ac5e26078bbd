package connect_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/sandbox"
)

const connectHost = "https://connect.example"

// page is a Run's page, spoken to as a browser does or does not.
type page struct {
	*testing.T
	box    *sandbox.Sandbox
	client *moneykit.Client
	run    *connect.Run
	asked  connect.State // when the page came up
	cookie *http.Cookie  // that the browser keeps, nil for none yet
}

func serves(t *testing.T, b connect.Browser, request moneykit.LinkSessionRequest) *page {
	t.Helper()
	p := &page{T: t, box: sandbox.New()}
	p.client = newClient(t, moneykit.WithTransport(p.box.Transport()))
	if request.CustomerUser.ID = "user_4711"; b.Host == "" {
		b.Host = connectHost
	}
	p.run = connect.InBrowser(t.Context(), p.client, b, request)
	t.Cleanup(p.run.Cancel)
	p.asked = p.waits(func(s connect.State) bool { return s.Phase == connect.Asking })
	if p.asked.Page == "" {
		t.Fatalf("%+v", p.asked)
	}
	return p
}

func (p *page) waits(until func(connect.State) bool) connect.State {
	p.Helper()
	for s := p.run.State(); ; {
		if until(s) || s.Phase.Over() {
			return s
		}
		next, err := p.run.Next(p.Context(), s.Version)
		if err != nil {
			p.Fatal(err)
		}
		s = next
	}
}

func (p *page) ends(phase connect.Phase) connect.State {
	p.Helper()
	s := p.waits(func(connect.State) bool { return false })
	if s.Phase != phase || s.Page != "" {
		p.Fatalf("%s with %v %v, page %q; want %s", s.Phase, s.Exit, s.Err, s.Page, phase)
	}
	p.silent()
	return s
}

// took wants the Run to have gone on with a token that nobody handed out.
func (p *page) took() {
	p.Helper()
	if s := p.ends(connect.Failed); !errors.Is(s.Err, moneykit.InvalidTokenExchange) {
		p.Fatal(s.Err)
	}
}

// silent wants nothing to listen any more.
func (p *page) silent() {
	p.Helper()
	conn, err := net.Dial("tcp", p.host())
	if err == nil {
		_ = conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		p.Errorf("the port answers: %v", err)
	}
}

// unchanged wants all that was refused to have changed nothing.
func (p *page) unchanged() {
	p.Helper()
	if s := p.run.State(); s.Version != p.asked.Version || s.Phase != connect.Asking || len(s.Events) > 0 {
		p.Fatalf("changed: %+v", s)
	}
}

func (p *page) url() *url.URL {
	p.Helper()
	u, err := url.Parse(p.asked.Page)
	if err != nil {
		p.Fatal(err)
	}
	return u
}

func (p *page) host() string   { return p.url().Host }
func (p *page) path() string   { return p.url().Path }
func (p *page) origin() string { return "http://" + p.host() }

// call is a request to the page, right unless said otherwise.
type call struct {
	method, path, body string
	headers            []string // name, value; an empty value takes it away
	chunked            bool     // its length is not told
}

type answer struct {
	*http.Response
	text string
}

func (p *page) request(c call) *http.Request {
	p.Helper()
	if c.path == "" {
		c.path = p.path()
	}
	var body io.Reader = strings.NewReader(c.body)
	if c.chunked {
		body = io.MultiReader(body)
	}
	r, err := http.NewRequestWithContext(p.Context(), c.method, p.origin(), body)
	if err != nil {
		p.Fatal(err)
	}
	r.URL.Opaque = c.path // as it is
	if c.method == http.MethodPost {
		r.Header.Set("Origin", p.origin())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", "application/json")
	}
	if p.cookie != nil {
		r.AddCookie(p.cookie)
	}
	for i := 0; i < len(c.headers); i += 2 {
		switch name, value := c.headers[i], c.headers[i+1]; {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
	return r
}

func (p *page) sends(c call) answer {
	p.Helper()
	res, err := http.DefaultTransport.RoundTrip(p.request(c))
	if err != nil {
		p.Fatalf("%+v: %v", c, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		p.cookie = cookie
	}
	return answer{res, string(text)}
}

// raw writes bytes, and reads the answer's status.
func (p *page) raw(text string) int {
	p.Helper()
	conn, err := net.Dial("tcp", p.host())
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, text); err != nil {
		p.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		p.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// config is what a page tells its script.
type config struct {
	Connect, Path, Token, Tell string
	Page                       int
	Back, Relink               bool
}

var configured = regexp.MustCompile(`(?s)<script type="application/json" id="config"[^>]*>(.*?)</script>`)

// opens the page, as a new tab does.
func (p *page) opens() (config, *http.Cookie) {
	p.Helper()
	return p.reads(p.sends(call{method: http.MethodGet}))
}

func (p *page) reads(a answer) (config, *http.Cookie) {
	p.Helper()
	found := configured.FindStringSubmatch(a.text)
	if a.StatusCode != http.StatusOK || found == nil {
		p.Fatalf("%d %s", a.StatusCode, a.text)
	}
	var c config
	if err := json.Unmarshal([]byte(found[1]), &c); err != nil {
		p.Fatalf("%v in %s", err, found[1])
	}
	if cookies := a.Cookies(); len(cookies) > 0 {
		return c, cookies[0]
	}
	return c, nil
}

// says passes a message on, as the page of a number does.
func (p *page) says(number int, kind, data string) int {
	p.Helper()
	return p.sends(call{method: http.MethodPost, body: fmt.Sprintf(`{"page":%d,"type":%q,"data":%s}`, number, kind, data)}).StatusCode
}
