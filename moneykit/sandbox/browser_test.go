package sandbox_test

import (
	"strings"
	"testing"

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
