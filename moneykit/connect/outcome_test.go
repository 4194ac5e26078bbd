package connect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/sandbox"
)

// goesThrough makes a link of the session, as Connect does, and returns its token.
func (p *page) goesThrough(session string) string {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, "http://connect/sandbox/connect",
		strings.NewReader(`{"link_session_token":"`+session+`","institution_id":"moneykit-instant-bank"}`))
	if err != nil {
		p.Fatal(err)
	}
	res, err := p.box.Transport().RoundTrip(r)
	if err != nil {
		p.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_, token, found := strings.Cut(string(text), `"exchangeable_token":"`)
	if err != nil || !found {
		p.Fatalf("%s, %v", text, err)
	}
	token, _, _ = strings.Cut(token, `"`)
	return token
}

func TestTokenBecomesALink(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	c, _ := p.opens()
	token := p.goesThrough(c.Token)
	if status := p.says(1, "link.event", `{"name":"success","properties":{"institution_id":"moneykit-instant-bank","n":1}}`); status != http.StatusNoContent {
		t.Fatal(status)
	}
	if status := p.says(1, "link.complete", `{"exchangeableToken":"`+token+`","link_id":"x","institution":{}}`); status != http.StatusNoContent {
		t.Fatal(status)
	}
	s := p.waits(func(s connect.State) bool { return s.Phase == connect.Following && s.Last != nil })
	ids := p.box.LinkIDs()
	if string(s.Link) != ids[len(ids)-1] || s.Last == nil || s.Last.InstitutionID != instantBank || s.Page != "" {
		t.Errorf("%+v", s)
	}
	if got := story(s.Events); got != "success {\"institution_id\":\"moneykit-instant-bank\",\"n\":1}\n" {
		t.Error(got)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(verb, s); strings.Contains(text, "mk_ex_") || strings.Contains(text, "mk_ls_") {
			t.Error(text)
		}
	}
	p.silent()
	p.run.Cancel()
}

func TestLeavingThePage(t *testing.T) {
	for data, want := range map[string]*connect.Refusal{
		`{"error":null}`: nil,
		`{}`:             nil,
		`null`:           nil,
		`{"error":{"error_id":"user_oauth_denied","displayed_message":"No.","request_id":"req_1"}}`: {Code: moneykit.UserOAuthDenied, Message: "No.", RequestID: "req_1"},
	} {
		p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
		p.opens()
		if status := p.says(1, "link.exit", data); status != http.StatusNoContent {
			t.Fatal(status)
		}
		if s := p.ends(connect.Left); (s.Exit == nil) != (want == nil) || want != nil && *s.Exit != *want {
			t.Errorf("%s: %+v", data, s.Exit)
		}
	}
}

func TestExitsOfOlderPages(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	p.opens()
	for _, number := range []int{1, 0, -1, 3, 1 << 40} {
		if status := p.says(number, "link.exit", `{"error":null}`); status != http.StatusConflict {
			t.Errorf("%d: %d", number, status)
		}
		p.unchanged()
	}
	p.says(2, "link.exit", `{"error":null}`)
	p.ends(connect.Left)

	p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	p.opens()
	p.says(1, "link.complete", `{"exchangeableToken":"mk_ex_none"}`)
	p.took()
}

// The page that a bank sends the user back to may just close again, and what
// opened it goes on.
func TestExitsAroundTheReturnPage(t *testing.T) {
	back := func(p *page) config {
		p.opens()
		c, _ := p.reads(p.sends(call{method: http.MethodGet, path: "/back?code=1&state=2", headers: []string{"Sec-Fetch-Site", "cross-site"}}))
		if !c.Back || c.Path != "/continue" || c.Page != 2 || c.Tell != p.path() {
			t.Fatalf("%+v", c)
		}
		return c
	}
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	back(p)
	p.says(1, "link.exit", `{"error":null}`)
	p.ends(connect.Left)

	p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	back(p)
	p.says(1, "link.event", `{"name":"open_oauth"}`)
	p.says(2, "link.event", `{"name":"open"}`)
	if status := p.says(1, "link.exit", `{"error":null}`); status != http.StatusConflict {
		t.Fatal(status)
	}
	p.says(2, "link.exit", `{"error":null}`)
	p.ends(connect.Left)

	// Another site can lead the browser there, whom no bank sent.
	p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	back(p)
	p.says(2, "link.event", `{"name":"open"}`)
	if status := p.says(2, "link.exit", `{"error":null}`); status != http.StatusConflict {
		t.Fatal(status)
	}
	p.says(1, "link.exit", `{"error":null}`)
	p.ends(connect.Left)

	p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	back(p)
	p.says(2, "link.complete", `{"exchangeableToken":"mk_ex_none"}`)
	p.took()
}

func TestReturnPageIsForOneBrowser(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	_, cookie := p.opens()
	_, others := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{}).opens()
	for name, header := range map[string]string{
		"none":           "",
		"another's":      others.Name + "=" + others.Value,
		"another value":  cookie.Name + "=" + others.Value,
		"nothing":        cookie.Name + "=",
		"a part":         cookie.Name + "=" + cookie.Value[:25],
		"more":           cookie.Name + "=" + cookie.Value + "A",
		"in lower case":  cookie.Name + "=" + strings.ToLower(cookie.Value),
		"another name":   "till-connect=" + cookie.Value,
		"the path's own": cookie.Name + "=" + strings.Trim(p.path(), "/"),
	} {
		a := p.sends(call{method: http.MethodGet, path: "/back?code=1", headers: []string{"Cookie", header}})
		if a.StatusCode != http.StatusForbidden || strings.Contains(a.text, "mk_ls_") {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	a := p.sends(call{method: http.MethodGet, path: "/back", headers: []string{"Cookie", "other=1; " + cookie.Name + "=" + cookie.Value}})
	if c, again := p.reads(a); !c.Back || again != nil {
		t.Errorf("%+v %v", c, again)
	}
	p.unchanged()
}

func TestMessagesOfAnotherKindOfRun(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	if status := p.says(1, "relink.complete", `{"link_id":"x"}`); status != http.StatusBadRequest {
		t.Error(status)
	}
	p.unchanged()

	id := moneykit.LinkID(sandbox.New().LinkIDs()[0]) // the same in every world
	for kind, data := range map[string]string{
		"relink.complete": `{"link_id":"another"}`,
		"link.complete":   `{"exchangeableToken":"mk_ex_1","link_id":"another"}`, // as Connect may say after a bank
	} {
		p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{ExistingLinkID: id})
		if c, _ := p.opens(); c.Path != "/relink" || !c.Relink {
			t.Errorf("%+v", c)
		}
		if p.run.Paste(moneykit.NewSecret("mk_ex_1")) {
			t.Error("a relink takes a token")
		}
		p.unchanged()
		if status := p.says(1, kind, data); status != http.StatusNoContent {
			t.Errorf("%s: %d", kind, status)
		}
		if s := p.ends(connect.Connected); s.Link != id || s.Last.ID != id {
			t.Errorf("%s: %+v", kind, s)
		}
	}
}

func TestCompletesTwice(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	c, _ := p.opens()
	token := p.goesThrough(c.Token)
	done := make(chan bool)
	for range 8 {
		go func() {
			defer func() { done <- true }()
			r := p.request(call{method: http.MethodPost, body: `{"page":1,"type":"link.complete","data":{"exchangeableToken":"` + token + `"}}`})
			if res, err := http.DefaultTransport.RoundTrip(r); err == nil { // refused once it is over
				_ = res.Body.Close()
			}
		}()
	}
	for range 8 {
		<-done
	}
	if s := p.waits(func(s connect.State) bool { return s.Phase == connect.Following }); s.Phase != connect.Following {
		t.Errorf("%+v", s)
	}
	p.run.Cancel()
}

func TestPaste(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	if p.run.Paste(moneykit.Secret{}) || p.run.Paste(moneykit.NewSecret("")) {
		t.Error("it takes nothing")
	}
	p.unchanged()
	c, _ := p.opens()
	if !p.run.Paste(moneykit.NewSecret(p.goesThrough(c.Token))) {
		t.Error("it does not take a token")
	}
	if s := p.waits(func(s connect.State) bool { return s.Phase == connect.Following }); s.Phase != connect.Following || s.Page != "" {
		t.Errorf("%+v", s)
	}
	if p.run.Paste(moneykit.NewSecret("mk_ex_1")) {
		t.Error("it takes a token though it has one")
	}
	p.silent()
	p.run.Cancel()

	p = serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.run.Paste(moneykit.NewSecret("mk_ex_none"))
	p.took()
	if p.run.Paste(moneykit.NewSecret("mk_ex_1")) {
		t.Error("it takes a token though it is over")
	}
}

func TestCancelClosesThePage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	p.opens()
	p.run.Cancel()
	if s := p.ends(connect.Failed); !errors.Is(s.Err, context.Canceled) {
		t.Error(s.Err)
	}
	again := p.run.Again(t.Context())
	defer again.Cancel()
	s := again.State()
	for s.Phase != connect.Asking {
		var err error
		if s, err = again.Next(t.Context(), s.Version); err != nil {
			t.Fatal(err)
		}
	}
	if s.Page == "" || strings.HasSuffix(s.Page, p.path()) {
		t.Errorf("%q after %q", s.Page, p.asked.Page)
	}
}

func TestSessionThatCannotBeOpenedForAPage(t *testing.T) {
	p := &page{T: t}
	client := newClient(t, moneykit.WithTransport(serves(t, connect.Browser{}, moneykit.LinkSessionRequest{}).box.Transport()))
	p.run = connect.InBrowser(t.Context(), client, connect.Browser{Host: connectHost}, moneykit.LinkSessionRequest{InstitutionID: "no-bank", CustomerUser: moneykit.CustomerUser{ID: "user_1"}})
	s := p.waits(func(connect.State) bool { return false })
	if !isCode(s.Err, moneykit.ForbiddenConfig) || s.Page != "" || !s.Ends.IsZero() {
		t.Errorf("%+v", s)
	}
	for _, host := range []string{"", "connect.example", "https://", "://"} {
		p.run = connect.InBrowser(t.Context(), client, connect.Browser{Host: host}, moneykit.LinkSessionRequest{})
		if s := p.waits(func(connect.State) bool { return false }); s.Err == nil || !strings.Contains(s.Err.Error(), "not a URL") {
			t.Errorf("%q: %v", host, s.Err)
		}
	}
}

// The time that a Run has is also bounded by what it is part of.
func TestTimeOfThePage(t *testing.T) {
	p := serves(t, connect.Browser{}, moneykit.LinkSessionRequest{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := p.run.Again(ctx)
	defer run.Cancel()
	s := run.State()
	for s.Phase != connect.Asking {
		var err error
		if s, err = run.Next(ctx, s.Version); err != nil {
			t.Fatal(err)
		}
	}
	if ends, _ := ctx.Deadline(); !s.Ends.Equal(ends) {
		t.Errorf("%v, want %v", s.Ends, ends)
	}
}
