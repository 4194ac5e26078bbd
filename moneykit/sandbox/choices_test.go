package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// open opens a link session with some of its body's values changed.
func (a *api) open(changes map[string]any) string {
	a.Helper()
	return a.post("/link-session", sessionAsked(changes)).want(a, 201).text("link_session_token")
}

// exchanged exchanges the token that a connection answered, and waits for the
// data.
func (a *api) exchanged(got answer) string {
	a.Helper()
	body := map[string]any{"exchangeable_token": got.want(a, 200).text("exchangeable_token")}
	id := a.post("/link-session/exchange-token", body).want(a, 201).text("link_id")
	a.clock.Move(3 * time.Second)
	return id
}

// instantly connects a new link at Instant Bank.
func (a *api) instantly(token string, accounts ...string) answer {
	a.Helper()
	return a.post("/sandbox/connect", connectBody{Token: token, InstitutionID: instantBank, AccountIDs: accounts})
}

func (a *api) accounts(id string) []accountAnswer {
	a.Helper()
	return into[accountsAnswer](a, a.get("/links/"+id+"/accounts").want(a, 200)).Accounts
}

func names(accounts []accountAnswer) string {
	var all []string
	for _, account := range accounts {
		all = append(all, account.Name)
	}
	return strings.Join(all, ", ")
}

func asksFor(products map[string]any) map[string]any {
	return map[string]any{"settings": map[string]any{"products": products}}
}

func TestOfferedAccountsAreThoseOfTheLink(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	body := connectBody{Token: token, InstitutionID: instantBank}
	offered := into[stage](t, a.post("/sandbox/connect/next", body).want(t, 200)).Accounts
	a.instantly(a.open(nil)).want(t, 200) // another user is faster
	got := a.accounts(a.exchanged(a.post("/sandbox/connect", body)))
	if len(offered) != len(got) || len(got) != 3 {
		t.Fatalf("%d accounts were offered, the link has %d", len(offered), len(got))
	}
	for i, o := range offered {
		if g := got[i]; o.ID != g.AccountID || o.Kind != g.AccountType || o.Name != g.Name || o.Mask != *g.AccountMask {
			t.Errorf("offered %+v, got %+v", o, g)
		}
	}
}

func TestAccountsAreChosenByIDAndByName(t *testing.T) {
	a := newAPI(t)
	offered := func(token string) []offeredAccount {
		return into[stage](t, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: instantBank})).Accounts
	}
	byID := a.open(nil)
	if got := names(a.accounts(a.exchanged(a.instantly(byID, offered(byID)[1].ID)))); got != "Savings" {
		t.Errorf("chosen by id: %s", got)
	}
	if got := names(a.accounts(a.exchanged(a.instantly(a.open(nil), "Credit Card", "Checking")))); got != "Checking, Credit Card" {
		t.Errorf("chosen by name: %s", got)
	}
	token := a.open(nil)
	total := a.box.Total
	a.instantly(token, "Checking", "Piggy Bank").refused(t, 422, "account_not_found")
	a.post("/sandbox/connect", map[string]any{"link_session_token": token, "institution_id": instantBank, "account_ids": []string{}}).refused(t, 422, "no_accounts")
	a.instantly(token, "Brokerage").refused(t, 422, "account_not_found") // was not asked for
	a.instantly(token, offered(a.open(nil))[0].ID).refused(t, 422, "account_not_found")
	if a.box.Total != total {
		t.Error("a refused choice made a link")
	}
	a.instantly(token, "Checking").want(t, 200) // the session can still be used
}

func TestPermittedAccounts(t *testing.T) {
	a := newAPI(t)
	one := map[string]any{"connect_features": map[string]any{"permit_only_one_account": true}}
	a.instantly(a.open(one), "Checking", "Savings").refused(t, 422, "too_many_accounts")
	if got := names(a.accounts(a.exchanged(a.instantly(a.open(one), "Savings")))); got != "Savings" {
		t.Errorf("one chosen: %s", got)
	}
	if got := names(a.accounts(a.exchanged(a.instantly(a.open(one))))); got != "Checking" {
		t.Errorf("one, not chosen: %s", got)
	}
	depository := map[string]any{"connect_features": map[string]any{"permit_only_depository_accounts": true}}
	token := a.open(depository)
	if got := into[stage](t, a.post("/sandbox/connect/next", connectBody{Token: token, InstitutionID: instantBank})).Accounts; len(got) != 2 {
		t.Errorf("offered: %+v", got)
	}
	a.instantly(token, "Credit Card").refused(t, 422, "account_not_found")
	if got := names(a.accounts(a.exchanged(a.instantly(token)))); got != "Checking, Savings" {
		t.Errorf("depository: %s", got)
	}
	none := map[string]any{"custom_sandbox_data": map[string]any{"accounts": []any{
		map[string]any{"account_type": "liability.credit_card", "name": "Card", "account_number": "1"},
	}}}
	for name, value := range depository {
		none[name] = value
	}
	a.instantly(a.open(none)).refused(t, 422, "no_accounts")
}

func TestDuplicateInstitution(t *testing.T) {
	a := newAPI(t)
	rejecting := map[string]any{"connect_features": map[string]any{"duplicate_institution_rejected": true}}
	id := a.exchanged(a.instantly(a.open(rejecting)))
	a.instantly(a.open(rejecting)).refused(t, 422, "duplicate_institution")
	a.instantly(a.open(nil)).want(t, 200)
	a.post("/sandbox/connect", connectBody{Token: a.open(rejecting), InstitutionID: oauthBank}).want(t, 200)
	other := map[string]any{"customer_user": map[string]any{"id": "user_78"}}
	for name, value := range rejecting {
		other[name] = value
	}
	a.instantly(a.open(other)).want(t, 200)
	relink := map[string]any{"existing_link_id": id}
	for name, value := range rejecting {
		relink[name] = value
	}
	a.instantly(a.open(relink)).want(t, 200) // it is no second link
	a.call("DELETE", "/links/"+id, nil).want(t, 204)
	a.instantly(a.open(rejecting)).want(t, 200)
}

func TestPermissions(t *testing.T) {
	asking := map[string]any{"require_permission": true, "reason": "to know you"}
	must := map[string]any{"require_permission": true, "required": true}
	session := asksFor(map[string]any{"identity": asking, "transactions": must, "account_numbers": map[string]any{}})
	a := newAPI(t)
	token := a.open(session)
	body := func(products ...product) connectBody {
		return connectBody{Token: token, InstitutionID: instantBank, Products: products}
	}
	asked := into[stage](t, a.post("/sandbox/connect/next", body())).Products
	if len(asked) != 2 || asked[0].Product != identityProduct || *asked[0].Reason != "to know you" || asked[0].Required || asked[1].Product != transactionsProduct || !asked[1].Required {
		t.Errorf("asked for %+v", asked)
	}
	a.post("/sandbox/connect", body(identityProduct)).refused(t, 422, "permission_required")
	in := "/links/" + a.exchanged(a.post("/sandbox/connect", body(transactionsProduct)))
	a.get(in+"/identity").refused(t, 403, "link_error.forbidden_action")
	a.post(in+"/products", products(identityProduct)).refused(t, 403, "link_error.forbidden_action")
	for _, path := range []string{"", "/accounts", "/accounts/numbers", "/transactions", "/transactions/sync"} {
		a.get(in+path).want(t, 200)
	}
	got := into[linkAnswer](t, a.get(in))
	if fmt.Sprint(got.AvailableProducts) != "[identity investments]" || got.Products.Identity != nil {
		t.Errorf("available: %v", got.AvailableProducts)
	}

	// A relink permits it after all.
	again := asksFor(map[string]any{"identity": asking})
	again["existing_link_id"] = strings.TrimPrefix(in, "/links/")
	a.post("/sandbox/connect", connectBody{Token: a.open(again)}).want(t, 200)
	a.clock.Move(3 * time.Second)
	a.get(in+"/identity").want(t, 200)
	a.get(in+"/transactions").want(t, 200)

	// Declining the transactions takes their enrichment away as well.
	declined := asksFor(map[string]any{"transactions": asking})
	token = a.open(declined)
	in = "/links/" + a.exchanged(a.post("/sandbox/connect", map[string]any{"link_session_token": token, "institution_id": instantBank, "products": []string{}}))
	a.get(in+"/transactions").refused(t, 403, "link_error.forbidden_action")
	if got := a.get(in); got.at("products", "enrichment") != nil || got.at("products", "accounts") == nil {
		t.Errorf("%s", got.body)
	}
}

func TestSessionsExpire(t *testing.T) {
	a := newAPI(t)
	token, late := a.open(nil), a.open(nil)
	a.clock.Move(sessionLife - time.Microsecond)
	a.post("/sandbox/connect/next", connectBody{Token: token}).want(t, 200)
	got := a.instantly(token).want(t, 200)
	a.clock.Move(time.Microsecond)
	a.post("/sandbox/connect/next", connectBody{Token: late}).refused(t, 422, "session_expired")
	a.instantly(late).refused(t, 422, "session_expired")
	a.instantly(token).refused(t, 404, "session_not_found")
	a.instantly("mk_ls_none").refused(t, 404, "session_not_found")
	a.clock.Move(25 * time.Hour)
	a.authorize()
	a.instantly(late).refused(t, 422, "session_expired")

	exchange := map[string]any{"exchangeable_token": got.text("exchangeable_token")}
	a.post("/link-session/exchange-token", exchange).refused(t, 400, "link_session_error.invalid_token_exchange")
	fresh := map[string]any{"exchangeable_token": a.instantly(a.open(nil)).text("exchangeable_token")}
	a.clock.Move(sessionLife - time.Microsecond)
	expired := map[string]any{"exchangeable_token": a.instantly(a.open(nil)).text("exchangeable_token")}
	a.post("/link-session/exchange-token", fresh).want(t, 201)
	a.clock.Move(sessionLife)
	a.authorize()
	a.post("/link-session/exchange-token", expired).refused(t, 400, "link_session_error.invalid_token_exchange")
}

// concerned are the ids of all accounts that a link's answers mention.
func (a *api) concerned(id string) map[string][]string {
	a.Helper()
	found := map[string][]string{}
	note := func(path string, ids ...string) {
		for _, id := range ids {
			if !slices.Contains(found[path], id) {
				found[path] = append(found[path], id)
			}
		}
	}
	for _, path := range []string{"/accounts", "/accounts/numbers", "/identity", "/investments/holdings", "/investments/transactions"} {
		for _, account := range into[accountsAnswer](a, a.get("/links/"+id+path).want(a, 200)).Accounts {
			note(path, account.AccountID)
		}
	}
	for _, x := range a.table(a.place(id)) {
		note("/transactions", x.AccountID)
	}
	synced := &ledger{rows: map[string]transactionAnswer{}}
	synced.pullAll(a, a.place(id), 500)
	for _, x := range synced.rows {
		note("/transactions/sync", x.AccountID)
	}
	for of, group := range into[userAccountsAnswer](a, a.get("/users/user_77/accounts").want(a, 200)).Links {
		for _, account := range group.Accounts {
			if of == id {
				note("/users/accounts", account.AccountID)
			}
		}
	}
	got := into[userTransactionsAnswer](a, a.get("/users/user_77/transactions?size=1000").want(a, 200))
	for _, x := range got.Transactions {
		note("/users/transactions", x.AccountID)
	}
	for account := range got.Accounts {
		note("/users/transactions", account)
	}
	return found
}

// What is not shared is not shown anywhere, however long the link lives.
func TestHiddenAccountsStayHidden(t *testing.T) {
	everything := asksFor(map[string]any{"account_numbers": map[string]any{}, "identity": map[string]any{}, "transactions": map[string]any{}, "investments": map[string]any{}})
	for _, chosen := range [][]string{{"Checking"}, {"Savings"}, {"Credit Card"}, {"Brokerage"}, {"Mortgage"}, {"Checking", "Brokerage"}} {
		t.Run(strings.Join(chosen, " "), func(t *testing.T) {
			a := newAPI(t)
			id := a.exchanged(a.instantly(a.open(everything), chosen...))
			shared := a.accounts(id)
			if names(shared) != strings.Join(chosen, ", ") {
				t.Fatalf("shared: %s", names(shared))
			}
			a.get("/links/"+id+"/accounts/"+a.box.open(a.box.find(id)).savings.id).want(t, map[bool]int{true: 200, false: 404}[chosen[0] == "Savings"])
			for range 4 {
				for path, ids := range a.concerned(id) {
					for _, account := range ids {
						if !slices.ContainsFunc(shared, func(s accountAnswer) bool { return s.AccountID == account }) {
							t.Errorf("%s mentions %s", path, account)
						}
					}
				}
				a.clock.Move(25 * time.Hour)
				a.authorize()
				a.refresh(a.place(id), accountsProduct, transactionsProduct, investmentsProduct).want(t, 202)
				a.clock.Move(3 * time.Second)
			}
			found := a.concerned(id)
			if chosen[0] == "Checking" || chosen[0] == "Credit Card" {
				if len(found["/transactions"]) != 1 || len(found["/transactions/sync"]) != 1 || len(found["/users/transactions"]) != 1 {
					t.Errorf("found %v", found)
				}
			}
			if len(found["/accounts"]) != len(chosen) || len(found["/identity"]) != len(chosen) || len(found["/users/accounts"]) != len(chosen) {
				t.Errorf("found %v", found)
			}
		})
	}
}
