package sandbox

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// session opens a link session, for a link already there if its id is given.
func (a *api) session(existing string) string {
	a.Helper()
	body := map[string]any{"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back"}
	if existing != "" {
		body["existing_link_id"] = existing
	}
	return a.post("/link-session", body).want(a, 201).text("link_session_token")
}

// join connects a new link and exchanges its token.
func (a *api) join(bank, username, password string, answers ...string) string {
	a.Helper()
	got := a.post("/sandbox/connect", connectBody{
		Token: a.session(""), InstitutionID: bank, Username: username, Password: password, Answers: answers,
	}).want(a, 200)
	return a.post("/link-session/exchange-token", map[string]any{"exchangeable_token": got.text("exchangeable_token")}).want(a, 201).text("link_id")
}

func TestLogins(t *testing.T) {
	const creds = credentialsBank
	for _, login := range []struct {
		bank, username, password string
		answers                  []string
		deny                     bool
		next                     string // what Connect asks next
		code                     string // or how it refuses
	}{
		{bank: creds, next: "credentials"},
		{bank: creds, username: "user_good", password: "pass_good", next: "done"},
		{bank: creds, username: "user_1", password: "pass_good", next: "done"},
		{bank: creds, username: "user_2", password: "pass_good", next: "done"},
		{bank: creds, username: "user_1", password: "mfa_device", code: "invalid_credentials"},
		{bank: creds, username: "user_good", password: "guess", code: "invalid_credentials"},
		{bank: creds, username: "user_good", code: "invalid_credentials"},
		{bank: creds, username: "user_good", password: "mfa_device", next: "code"},
		{bank: creds, username: "user_good", password: "mfa_device", answers: []string{"1234"}, next: "done"},
		{bank: creds, username: "user_good", password: "mfa_device", answers: []string{"4321"}, code: "user_input_incorrect"},
		{bank: creds, username: "user_good", password: "mfa_question", next: "text"},
		{bank: creds, username: "user_good", password: "mfa_question", answers: []string{"Hello"}, next: "text"},
		{bank: creds, username: "user_good", password: "mfa_question", answers: []string{"Hello", "World"}, next: "done"},
		{bank: creds, username: "user_good", password: "mfa_question", answers: []string{"Hello", "Mars"}, code: "user_input_incorrect"},
		{bank: creds, username: "user_good", password: "mfa_selections", next: "choice"},
		{bank: creds, username: "user_good", password: "mfa_selections", answers: []string{"Blue"}, next: "done"},
		{bank: creds, username: "user_good", password: "mfa_selections", answers: []string{"Red"}, code: "user_input_incorrect"},
		{bank: oauthBank, next: "oauth"},
		{bank: oauthBank, answers: []string{"allow"}, next: "done"},
		{bank: oauthBank, deny: true, code: "user_oauth_denied"},
		{bank: instantBank, next: "done"},
		{bank: "", next: "institution"},
		{bank: "no-bank", code: "institution_not_found"},
	} {
		t.Run(fmt.Sprintf("%s %s %s %v %t", login.bank, login.username, login.password, login.answers, login.deny), func(t *testing.T) {
			a := newAPI(t)
			body := connectBody{Token: a.session(""), InstitutionID: login.bank, Username: login.username, Password: login.password, Answers: login.answers, Deny: login.deny}
			bearer := a.token
			a.token = "" // the session's token is the credential
			next := a.post("/sandbox/connect/next", body)
			all := a.post("/sandbox/connect", body)
			a.token = bearer
			if login.code != "" {
				next.refused(t, 422, login.code)
				all.refused(t, 422, login.code)
				if next.text("request_id") != next.header.Get("X-Request-Id") || next.text("displayed_message") == "" {
					t.Errorf("%s", next.body)
				}
				return
			}
			next.want(t, 200)
			if next.text("kind") != login.next {
				t.Fatalf("next is %s", next.body)
			}
			if login.next != "done" && login.next != "oauth" {
				all.want(t, 422)
				return
			}
			all.want(t, 200)
			a.post("/sandbox/connect/next", body).refused(t, 404, "session_not_found")
		})
	}
}

func TestQuestionsTellWhatTheBankTells(t *testing.T) {
	a := newAPI(t)
	token := a.session("")
	choice := into[stage](t, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: credentialsBank, Username: "user_good", Password: "mfa_selections"}))
	if fmt.Sprint(choice.Options) != "[Red Blue Green]" || choice.Answer != "Blue" || choice.Institution.Name != "Credentials Bank" {
		t.Errorf("%+v", choice)
	}
	code := into[stage](t, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: credentialsBank, Username: "user_good", Password: "mfa_device"}))
	if code.Answer != "" || code.Prompt == "" {
		t.Errorf("%+v", code)
	}
}

func TestNewLinkFromSessionToData(t *testing.T) {
	a := newAPI(t)
	got := a.post("/sandbox/connect", connectBody{Token: a.session(""), InstitutionID: instantBank}).want(t, 200)
	id, token := got.text("link_id"), got.text("exchangeable_token")
	state := func() linkState { return into[linkAnswer](t, a.get("/links/"+id).want(t, 200)).State }
	if state() != awaitingTokenExchange {
		t.Errorf("before the exchange: %s", state())
	}
	a.get("/links/"+id+"/accounts").refused(t, 422, "link_error.bad_state")
	exchange := map[string]any{"exchangeable_token": token}
	if link := into[exchangedAnswer](t, a.post("/link-session/exchange-token", exchange).want(t, 201)); link.LinkID != id || link.Link.State != connecting {
		t.Errorf("%+v", link)
	}
	a.post("/link-session/exchange-token", exchange).refused(t, 400, "link_session_error.invalid_token_exchange")
	a.clock.Move(2 * time.Second)
	if state() != connected {
		t.Errorf("after it: %s", state())
	}
	a.get("/links/"+id+"/transactions").want(t, 200)
	if ids := a.box.LinkIDs(); ids[len(ids)-1] != id {
		t.Error("LinkIDs leaves it out")
	}
}

func TestRelink(t *testing.T) {
	a := newAPI(t)
	for place, body := range map[int]connectBody{
		2:  {},
		4:  {Username: "user_good", Password: "mfa_device", Answers: []string{"1234"}},
		10: {Username: "user_good", Password: "pass_good"},
	} {
		before := a.show(place)
		had := 0
		if before.State == inError && *before.ErrorCode != incomplete {
			had = len(a.table(place))
		}
		body.Token = a.session(a.link(place))
		body.InstitutionID = instantBank // the link's own bank counts
		denied := body
		denied.Deny = true
		a.post("/sandbox/connect", denied).refused(t, 422, "user_oauth_denied")
		got := a.post("/sandbox/connect", body).want(t, 200)
		if got.text("link_id") != a.link(place) || got.at("exchangeable_token") != nil {
			t.Errorf("%s", got.body)
		}
		if state := a.show(place).State; state != connecting {
			t.Errorf("link %d is %s", place, state)
		}
		a.clock.Move(2 * time.Second)
		after := a.show(place)
		if after.State != connected || after.ErrorCode != nil || after.LastSyncedAt == nil || after.InstitutionID != before.InstitutionID {
			t.Errorf("link %d: %+v", place, after)
		}
		if after.Products.Transactions.ErrorCode != nil || !after.Products.Identity.RefreshedAt.Equal(*after.Products.Accounts.RefreshedAt) {
			t.Errorf("link %d: products %+v", place, after.Products)
		}
		if now := len(a.table(place)); now < had+2 {
			t.Errorf("link %d had %d transactions, has %d", place, had, now)
		}
	}
}

func TestRelinkAddsProducts(t *testing.T) {
	a := newAPI(t)
	token := a.post("/link-session", map[string]any{
		"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back", "existing_link_id": a.link(6),
		"settings": map[string]any{"products": map[string]any{"transactions": map[string]any{"required": true, "reason": "to see them"}}},
	}).want(t, 201).text("link_session_token")
	a.post("/sandbox/connect", connectBody{Token: token}).want(t, 200)
	a.clock.Move(2 * time.Second)
	got := a.show(6).Products.Transactions
	if got == nil || !got.Settings.Required || *got.Settings.Reason != "to see them" {
		t.Errorf("%+v", got)
	}
	a.get("/links/"+a.link(6)+"/transactions").want(t, 200)
}

func TestListen(t *testing.T) {
	srv, err := New().Listen()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(srv.URL() + "/links")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	for range 2 {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
	if resp, err := http.Get(srv.URL() + "/links"); err == nil {
		_ = resp.Body.Close()
		t.Error("still serving after Close")
	}
}
