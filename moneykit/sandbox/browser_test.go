package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"till/moneykit"
)

func TestBrowserConnectsAtCredentialsBank(t *testing.T) {
	v := newVisitor(t)
	v.opens("/start", moneykit.LinkSessionRequest{})
	v.run(v.at("institution"), v.types("input[type=search]", "credent"), v.clicks(`button[value="moneykit-creds-bank"]`))
	v.run(v.login("user_good", "wrong")...)
	v.run(v.shows("#alert"))
	v.run(v.login("user_good", "mfa_device")...)
	v.run(v.at("otp"), v.types("input[name=answer]", "1234"), v.clicks("button.go"))
	v.run(v.at("accounts"), v.clicks(`label:nth-of-type(3) input`), v.clicks("button.go"))
	done, events := v.hears("link.complete")
	if done.Data.Institution.ID != "moneykit-creds-bank" || len(done.Data.Institution.Accounts) != 2 {
		t.Errorf("%+v", done)
	}
	for _, name := range []string{"open", "search_institution", "select_institution", "submit_credentials", "error", "submit_otp", "submit_accounts", "success"} {
		if !strings.Contains(events, name) {
			t.Errorf("no event %s in %s", name, events)
		}
	}
	link, err := v.client.ExchangeToken(t.Context(), moneykit.NewSecret(done.Data.Token))
	if err != nil || string(link.LinkID) != done.Data.LinkID {
		t.Errorf("%+v, %v", link, err)
	}
}

func TestBrowserThroughOAuth(t *testing.T) {
	for decision, want := range map[string]string{"allow": "link.complete", "deny": "link.exit"} {
		t.Run(decision, func(t *testing.T) {
			v := newVisitor(t)
			v.opens("/start", moneykit.LinkSessionRequest{InstitutionID: "moneykit-oauth-bank"})
			v.goesToTheBank(decision)
			if decision == "deny" {
				v.run(v.at("error"), v.clicks("button.go:last-of-type"))
			}
			got, events := v.hears(want)
			if !strings.Contains(events, "open_oauth") {
				t.Errorf("events: %s", events)
			}
			if decision == "deny" && (got.Data.Error == nil || got.Data.Error.ID != "user_oauth_denied") {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestBrowserRelinks(t *testing.T) {
	v := newVisitor(t)
	id := moneykit.LinkID(v.box.LinkIDs()[3]) // its credentials are wrong
	v.opens("/relink", moneykit.LinkSessionRequest{ExistingLinkID: id})
	v.run(v.login("user_good", "pass_good")...)
	if got, _ := v.hears("relink.complete"); got.Data.LinkID != string(id) {
		t.Errorf("%+v", got)
	}
}

func TestBrowserLeavesConnect(t *testing.T) {
	v := newVisitor(t)
	v.opens("/start", moneykit.LinkSessionRequest{})
	v.run(v.at("institution"), v.clicks("#close"))
	if got, _ := v.hears("link.exit"); got.Data.Error != nil {
		t.Errorf("%+v", got.Data.Error)
	}
	v.opensWith("/start", "mk_ls_none")
	v.run(v.at("error"), v.clicks("button.go:last-of-type"))
	if got, _ := v.hears("link.exit"); got.Data.Error == nil || got.Data.Error.ID != "session_not_found" {
		t.Errorf("%+v", got)
	}
}

func TestBrowserKnowsEveryLogin(t *testing.T) {
	v := newVisitor(t)
	for _, x := range []struct {
		username, password string
		screen             string
		wrong, right       []string // answers, in their order
	}{
		{"user_good", "pass_good", "", nil, nil},
		{"user_1", "pass_good", "", nil, nil},
		{"user_2", "pass_good", "", nil, nil},
		{"user_good", "mfa_device", "otp", []string{"0000"}, []string{"1234"}},
		{"user_good", "mfa_question", "mfa", []string{"Hello", "Mars"}, []string{"Hello", "World"}},
		{"user_good", "mfa_selections", "mfa_selection", []string{"Red"}, []string{"Blue"}},
	} {
		t.Run(x.username+" "+x.password, func(t *testing.T) {
			v.T = t
			v.opens("/start", moneykit.LinkSessionRequest{InstitutionID: "moneykit-creds-bank"})
			v.run(v.login(x.username, x.password)...)
			for i, answers := range [][]string{x.wrong, x.right} {
				for _, answer := range answers {
					if x.screen == "mfa_selection" {
						v.run(v.at(x.screen), v.clicks(`input[value="`+answer+`"]`), v.clicks("button.go:enabled"))
					} else {
						v.run(v.at(x.screen), v.types("input[name=answer]", answer), v.clicks("button.go:enabled"))
					}
				}
				if i == 0 && answers != nil {
					v.run(v.shows("#alert:not([hidden])"))
				}
			}
			v.run(v.at("accounts"), v.clicks("button.go"))
			if done, _ := v.hears("link.complete"); done.Data.Token == "" || len(done.Data.Institution.Accounts) != 3 {
				t.Errorf("%+v", done)
			}
		})
	}
}

func TestBrowserAsksForPermission(t *testing.T) {
	v := newVisitor(t)
	request := moneykit.LinkSessionRequest{InstitutionID: "moneykit-creds-bank"}
	request.Settings = &moneykit.LinkSessionSettings{Products: map[moneykit.Product]moneykit.ProductSettings{
		moneykit.ProductTransactions: {RequirePermission: true, Reason: "to see your spending"},
		moneykit.ProductIdentity:     {RequirePermission: true, Required: true},
	}}
	v.opens("/start", request)
	v.run(v.login("user_good", "pass_good")...)
	v.run(v.at("permissions"), v.clicks(`input[value="transactions"]`), v.clicks("button.go"), v.at("accounts"), v.clicks("button.go"))
	done, events := v.hears("link.complete")
	if !strings.Contains(events, "submit_permissions") {
		t.Errorf("events: %s", events)
	}
	link, err := v.client.ExchangeToken(t.Context(), moneykit.NewSecret(done.Data.Token))
	if err != nil || link.Link.Products.Transactions != nil || link.Link.Products.Identity == nil {
		t.Errorf("%+v, %v", link, err)
	}
}

func TestBrowserGoesBack(t *testing.T) {
	v := newVisitor(t)
	v.opens("/start", moneykit.LinkSessionRequest{})
	v.run(
		v.at("institution"), v.clicks(`button[value="moneykit-creds-bank"]`), v.at("credentials"), v.clicks("#back"),
		v.at("institution"), v.clicks(`button[value="moneykit-instant-bank"]`), // which asks nothing
	)
	if done, _ := v.hears("link.complete"); done.Data.Institution.ID != "moneykit-instant-bank" {
		t.Errorf("%+v", done)
	}
}

// A session ends while somebody is still at it: by time, or in another tab.
func TestBrowserWithASessionThatEnded(t *testing.T) {
	for code, end := range map[string]func(*visitor, string){
		"session_expired": func(v *visitor, _ string) {
			if err := v.box.Advance(v.Context(), time.Hour); err != nil {
				v.Fatal(err)
			}
		},
		"session_not_found": func(v *visitor, token string) {
			res, err := http.Post(v.api+"/connect/finish", "application/json", strings.NewReader(`{"institution_id":"moneykit-instant-bank","link_session_token":"`+token+`"}`))
			if err != nil || res.StatusCode != http.StatusOK {
				v.Fatal(res, err)
			}
			_ = res.Body.Close()
		},
	} {
		t.Run(code, func(t *testing.T) {
			v := newVisitor(t)
			token := v.session(moneykit.LinkSessionRequest{})
			v.opensWith("/start", token)
			v.run(v.at("institution"))
			end(v, token)
			v.run(v.clicks(`button[value="moneykit-creds-bank"]`), v.at("error"), v.clicks("button.go:last-of-type"))
			if got, _ := v.hears("link.exit"); got.Data.Error == nil || got.Data.Error.ID != code {
				t.Errorf("%+v", got.Data.Error)
			}
		})
	}
}
