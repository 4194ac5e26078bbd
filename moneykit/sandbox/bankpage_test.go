package sandbox

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// visit asks for a page as a browser does, which has no token. A form is posted.
func (a *api) visit(path string, form url.Values) answer {
	a.Helper()
	req := httptest.NewRequest("GET", path, nil)
	if form != nil {
		req = withBody(httptest.NewRequest("POST", path, nil), form)
	}
	rec := httptest.NewRecorder()
	a.box.ServeHTTP(rec, req)
	return answer{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

// page is where a session is sent to by OAuth Bank.
func (a *api) page(token string) string {
	a.Helper()
	next := into[stage](a, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: oauthBank}).want(a, 200))
	if next.Kind != "oauth" || next.URL == "" {
		a.Fatalf("next is %+v", next)
	}
	return next.URL
}

// decided answers the page, and returns where the browser is sent back to.
func (a *api) decided(token string, form url.Values) *url.URL {
	a.Helper()
	got := a.visit(a.page(token), form).want(a, http.StatusSeeOther)
	back, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.header.Get("Cache-Control") != "no-store" {
		a.Fatalf("%v %v", err, got.header)
	}
	return back
}

// returned ends Connect with where the browser came back to.
func (a *api) returned(token string, back *url.URL) answer {
	a.Helper()
	return a.post("/sandbox/connect", connectBody{Token: token, InstitutionID: oauthBank, RedirectURL: back.String()})
}

func allowing(accounts ...string) url.Values {
	return url.Values{"decision": {"allow"}, "account": accounts}
}

func (a *api) offered(token string) []string {
	a.Helper()
	var ids []string
	for _, account := range into[stage](a, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: instantBank})).Accounts {
		ids = append(ids, account.ID)
	}
	return ids
}

func TestBankPageAllows(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	page := a.visit(a.page(token), nil).want(t, 200)
	ids := a.offered(token)
	for _, id := range ids {
		if !strings.Contains(string(page.body), `value="`+id+`"`) {
			t.Errorf("%s is not on the page: %s", id, page.body)
		}
	}
	back := a.decided(token, allowing(ids...))
	if !strings.HasPrefix(back.String(), "https://app.example/back?") || back.Query().Get("state") == "" || back.Query().Get("code") == "" || back.Query().Has("error") {
		t.Fatalf("sent back to %s", back)
	}
	next := a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: oauthBank, RedirectURL: back.String()}).want(t, 200)
	if next.text("kind") != "done" {
		t.Errorf("next is %s", next.body)
	}
	id := a.exchanged(a.returned(token, back))
	if got := names(a.accounts(id)); got != "Checking, Savings, Credit Card" {
		t.Errorf("shared: %s", got)
	}
	a.returned(token, back).refused(t, 404, "session_not_found")
	a.visit("/connect/bank/"+token, nil).want(t, 404)
	a.visit("/connect/bank/"+token, allowing()).want(t, 404)
}

func TestBankPageHonoursTheChoice(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	back := a.decided(token, allowing(a.offered(token)[2]))
	if got := names(a.accounts(a.exchanged(a.returned(token, back)))); got != "Credit Card" {
		t.Errorf("shared: %s", got)
	}

	token = a.open(nil)
	back = a.decided(token, allowing(a.offered(token)[0], "acc_forged"))
	a.returned(token, back).refused(t, 422, "account_not_found")

	token = a.open(nil)
	unchecked := allowing()
	unchecked.Set("listed", "yes")
	asked := a.visit("/connect/bank/"+token, unchecked).want(t, 422)
	if page := string(asked.body); !strings.Contains(page, "Choose at least one account") || !strings.Contains(page, `name="decision"`) {
		t.Errorf("every box unchecked: %s", page)
	}
	if got := names(a.accounts(a.exchanged(a.returned(token, a.decided(token, allowing()))))); got != "Checking, Savings, Credit Card" {
		t.Errorf("without boxes: %s", got)
	}

	// Whoever decides twice means the last.
	token = a.open(nil)
	first := a.decided(token, allowing(a.offered(token)[0]))
	last := a.decided(token, allowing(a.offered(token)[1]))
	a.returned(token, first).refused(t, 422, "user_oauth_denied")
	if got := names(a.accounts(a.exchanged(a.returned(token, last)))); got != "Savings" {
		t.Errorf("shared: %s", got)
	}

	relink := a.open(map[string]any{"existing_link_id": a.link(2)})
	if page := a.visit(a.page(relink), nil).want(t, 200); strings.Contains(string(page.body), "checkbox") {
		t.Errorf("a relink offers accounts: %s", page.body)
	}
	if got := a.returned(relink, a.decided(relink, allowing())).want(t, 200); got.text("link_id") != a.link(2) || got.at("exchangeable_token") != nil {
		t.Errorf("%s", got.body)
	}
}

func TestBankPageDenies(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	back := a.decided(token, url.Values{"decision": {"deny"}})
	if q := back.Query(); q.Get("error") != "access_denied" || q.Get("state") == "" || q.Has("code") {
		t.Errorf("sent back to %s", back)
	}
	a.returned(token, back).refused(t, 422, "user_oauth_denied")
	// With a code made up it is denied all the same.
	forged := *back
	q := back.Query()
	q.Set("code", "code_mine")
	forged.RawQuery = q.Encode()
	a.returned(token, &forged).refused(t, 422, "user_oauth_denied")
	// The user may change their mind.
	a.returned(token, a.decided(token, allowing(a.offered(token)...))).want(t, 200)
}

func TestBankPageIsNotForged(t *testing.T) {
	a := newAPI(t)
	token, other := a.open(nil), a.open(nil)
	early, _ := url.Parse("https://app.example/back?state=&code=")
	a.returned(token, early).refused(t, 422, "user_oauth_denied") // before the page was answered
	back, foreign := a.decided(token, allowing(a.offered(token)...)), a.decided(other, allowing(a.offered(other)...))
	a.returned(token, foreign).refused(t, 422, "user_oauth_denied")
	for _, name := range []string{"state", "code"} {
		for _, value := range []string{"", "forged", back.Query().Get(name) + "x", foreign.Query().Get(name)} {
			forged := *back
			q := back.Query()
			q.Set(name, value)
			forged.RawQuery = q.Encode()
			a.returned(token, &forged).refused(t, 422, "user_oauth_denied")
		}
	}
	a.post("/sandbox/connect", connectBody{Token: token, InstitutionID: oauthBank, RedirectURL: "http://[broken"}).refused(t, 422, "user_oauth_denied")
	a.returned(token, back).want(t, 200)
}

func TestBankPageSaysWhenItHasExpired(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	path := a.page(token)
	a.clock.Move(sessionLife)
	creds := a.open(map[string]any{"institution_id": credentialsBank})
	for _, path := range []string{path, "/connect/bank/" + creds, "/connect/bank/mk_ls_none", "/connect/bank/%3Cscript%3E"} {
		for _, form := range []url.Values{nil, allowing("acc_a"), {"decision": {"deny"}}} {
			got := a.visit(path, form).want(t, 404)
			if !strings.Contains(string(got.body), "has expired") || strings.Contains(string(got.body), "<form") || got.header.Get("Location") != "" {
				t.Errorf("%s: %s", path, got.body)
			}
		}
	}
	next := a.post("/sandbox/connect/next", connectBody{Token: creds}).want(t, 200)
	if next.text("kind") != "credentials" || next.at("url") != nil {
		t.Errorf("next is %s", next.body)
	}
}

func TestBankPageNeedsADecision(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	for _, form := range []url.Values{{}, {"decision": {"maybe"}}, {"account": {"acc_a"}}} {
		a.visit(a.page(token), form).want(t, 422)
	}
	a.returned(token, &url.URL{Scheme: "https", Host: "app.example", RawQuery: "state=&code="}).refused(t, 422, "user_oauth_denied")
}

// The page is safe to look at, whatever the accounts are called.
func TestBankPageIsSafe(t *testing.T) {
	a := newAPI(t)
	hostile := []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onclick='x`, `{{.Bank}}`, "\x1b[31m"}
	var accounts []any
	for _, name := range hostile {
		accounts = append(accounts, map[string]any{"account_type": "depository.checking", "name": name, "account_number": "12<b>34"})
	}
	token := a.open(map[string]any{"custom_sandbox_data": map[string]any{"accounts": accounts}})
	got := a.visit(a.page(token), nil).want(t, 200)
	text := string(got.body)
	for _, name := range hostile[:3] {
		if strings.Contains(text, name) {
			t.Errorf("%s is on the page as it is", name)
		}
	}
	if !strings.Contains(html.UnescapeString(text), hostile[1]) || strings.Contains(text, "<b>34") || !strings.Contains(text, "{{.Bank}}") {
		t.Errorf("the names are not on the page: %s", text)
	}
	for _, got := range []answer{got, a.visit("/connect/bank/none", nil), a.visit(a.page(token), url.Values{})} {
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script-src") {
			t.Errorf("policy %q", policy)
		}
		for name, value := range map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		} {
			if got.header.Get(name) != value {
				t.Errorf("%s: %q", name, got.header.Get(name))
			}
		}
		if got.header.Get("X-Request-Id") == "" {
			t.Error("no request id")
		}
	}
	without := newAPI(t, WithControls(false))
	without.visit("/connect/bank/"+token, nil).want(t, 404)
}

// A redirect URI may have a fragment or none, and any scheme; what comes back
// is a query of it.
func TestBankPageGoesBackToTheApp(t *testing.T) {
	a := newAPI(t)
	for _, redirect := range []string{"https://app.example/back", "my-app://done", "https://app.example/%20a/", "https://app.example/back#top"} {
		token := a.open(map[string]any{"redirect_uri": redirect})
		back := a.decided(token, allowing(a.offered(token)...))
		if back.Query().Get("state") == "" || back.Query().Get("code") == "" {
			t.Errorf("%s became %s", redirect, back)
		}
		a.returned(token, back).want(t, 200)
	}
}
