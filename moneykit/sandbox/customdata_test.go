package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// custom is a session's body with data of the customer's own.
func custom(accounts, owners string) map[string]any {
	data := map[string]any{"accounts": json.RawMessage(accounts)}
	if owners != "" {
		data["owners"] = json.RawMessage(owners)
	}
	return map[string]any{"custom_sandbox_data": data}
}

func TestCustomAccountsAndOwners(t *testing.T) {
	const owners = `[{"names": ["Zoë Ábel", "Z. A."], "addresses": [{"city": "Győr", "country": "HU"}],
		"phone_numbers": [{"number": "+36 1", "type": "home"}], "emails": [{"address": "zoe@mail.example", "primary": true}]}]`
	a := newAPI(t)
	id := a.exchanged(a.instantly(a.open(custom(`[
		{"account_type": "depository.checking", "name": "Main", "account_number": "000123456789", "routing_number": "021000021"},
		{"account_type": "depository.savings", "name": "Pot", "account_number": "77"},
		{"account_type": "liability.credit_card", "name": "Plastic", "account_number": "4111111111111111"}]`, owners))))
	numbers := into[accountNumbersAnswer](t, a.get("/links/"+id+"/accounts/numbers").want(t, 200)).Accounts
	var told []string
	for _, n := range numbers {
		line := n.AccountType + " " + n.Name + " " + *n.AccountMask
		for _, ach := range n.Numbers.ACH {
			line += " " + ach.AccountNumber
			if n.Name == "Main" {
				line += " " + ach.RoutingNumber
			} else if len(ach.RoutingNumber) != 9 {
				t.Errorf("routing number %q", ach.RoutingNumber)
			}
		}
		told = append(told, line)
	}
	if got := strings.Join(told, "\n"); got != "depository.checking Main 6789 000123456789 021000021\ndepository.savings Pot 77 77\nliability.credit_card Plastic 1111" {
		t.Errorf("numbers:\n%s", got)
	}
	for _, owned := range into[identityAnswer](t, a.get("/links/"+id+"/identity").want(t, 200)).Accounts {
		if len(owned.Owners) != 1 || fmt.Sprint(owned.Owners[0].Names) != "[Zoë Ábel Z. A.]" || owned.Owners[0].Addresses[0].City != "Győr" ||
			owned.Owners[0].PhoneNumbers[0].Type != "home" || !owned.Owners[0].Emails[0].Primary {
			t.Errorf("%s belongs to %+v", owned.Name, owned.Owners)
		}
	}

	place := a.place(id)
	before := a.table(place)
	if len(before) < 200 {
		t.Errorf("%d transactions", len(before))
	}
	a.consistent(id)
	a.clock.Move(2 * time.Hour)
	a.authorize()
	a.refresh(place, accountsProduct, transactionsProduct).want(t, 202)
	a.clock.Move(3 * time.Second)
	after := map[string]bool{}
	for _, x := range a.table(place) {
		after[x.TransactionID] = true
	}
	fresh := len(after)
	for _, x := range before {
		if after[x.TransactionID] {
			fresh--
		}
	}
	if fresh < 2 {
		t.Errorf("the refresh brought %d transactions", fresh)
	}
	a.consistent(id)
	if got := a.accounts(id); names(got) != "Main, Pot, Plastic" || *got[0].AccountMask != "6789" {
		t.Errorf("accounts %+v", got)
	}
}

// consistent checks that the balances of a link follow from its transactions.
func (a *api) consistent(id string) {
	a.Helper()
	a.box.mu.Lock()
	defer a.box.mu.Unlock()
	l := a.box.find(id)
	b := a.box.open(l)
	for _, account := range b.shown(l) {
		if account.invests() {
			continue
		}
		sum := account.opening
		for _, x := range b.table {
			if x.account == account && !x.pending {
				sum = sum.Add(account.effect(x))
			}
		}
		if shown := account.balances().Current.String(); sum.StringFixed(places(account.currency)) != shown {
			a.Errorf("%s: shown %s, transactions give %s", account.name, shown, sum)
		}
	}
}

// Whatever the accounts are, every call answers as the contract says.
func TestOddCustomAccounts(t *testing.T) {
	kinds := func(kinds ...string) string {
		var accounts []string
		for i, kind := range kinds {
			accounts = append(accounts, fmt.Sprintf(`{"account_type": %q, "name": "Account %d", "account_number": "%d"}`, kind, i, i))
		}
		return "[" + strings.Join(accounts, ",") + "]"
	}
	for _, accounts := range []string{
		kinds(), kinds("unknown"), kinds("other.gift_card"), kinds("other.prepaid", "depository.cash_management"), kinds("investment.ira"), kinds("investment.brokerage"),
		kinds("liability.credit_card", "liability.credit_card"), kinds("liability.mortgage"), kinds("loan.student", "credit_card"), kinds("depository.checking", "depository.checking"),
		kinds("東京", "<b>", " "),
	} {
		for name, login := range map[string]connectBody{
			"instant": {InstitutionID: instantBank}, "user_1": {InstitutionID: credentialsBank, Username: "user_1", Password: "pass_good"},
		} {
			t.Run(name+" "+accounts, func(t *testing.T) {
				a := newAPI(t)
				session := custom(accounts, "")
				session["settings"] = asksFor(map[string]any{
					"account_numbers": map[string]any{}, "identity": map[string]any{}, "transactions": map[string]any{}, "investments": map[string]any{},
				})["settings"]
				login.Token = a.open(session)
				id := a.exchanged(a.post("/sandbox/connect", login))
				if got := a.accounts(id); len(got) != strings.Count(accounts, "{") {
					t.Errorf("%d accounts", len(got))
				}
				for range 3 {
					a.concerned(id)
					a.consistent(id)
					a.clock.Move(40 * 24 * time.Hour)
					a.authorize()
					a.refresh(a.place(id), allProducts[:]...).want(t, 202)
					a.clock.Move(3 * time.Second)
				}
			})
		}
	}
}

func TestCustomDataIsChecked(t *testing.T) {
	a := newAPI(t)
	const good = `{"account_type": "x", "name": "y", "account_number": "z"}`
	for _, x := range []struct{ accounts, owners, at string }{
		{`null`, ``, "accounts"},
		{`[{"name": "y", "account_number": "z"}]`, ``, "accounts 0 account_type"},
		{`[` + good + `, {"account_type": "x", "account_number": "z"}]`, ``, "accounts 1 name"},
		{`[{"account_type": "x", "name": "y"}]`, ``, "accounts 0 account_number"},
		{`[{"account_type": "x", "name": "y", "account_number": 5}]`, ``, "accounts account_number"},
		{`[]`, `[{"names": [], "addresses": [], "emails": [], "phone_numbers": [{"number": "1", "type": "fax"}]}]`, "owners 0 phone_numbers 0 type"},
		{`[]`, `[{"names": [], "addresses": [], "emails": [], "phone_numbers": [{"type": "home"}]}]`, "owners 0 phone_numbers 0 number"},
		{`[]`, `[{"names": [], "addresses": [], "phone_numbers": [], "emails": [{}]}]`, "owners 0 emails 0 address"},
		{`[]`, `[{"addresses": [], "phone_numbers": [], "emails": []}]`, "owners 0 names"},
		{`[]`, `[{"names": [], "phone_numbers": [], "emails": []}]`, "owners 0 addresses"},
	} {
		got := a.post("/link-session", sessionAsked(custom(x.accounts, x.owners)))
		if got.status != 422 {
			t.Errorf("%s %s: %d", x.accounts, x.owners, got.status)
			continue
		}
		if at := fmt.Sprint(got.at("validation_errors", 0, "location")); at != "[body custom_sandbox_data "+x.at+"]" {
			t.Errorf("%s %s is wrong at %s", x.accounts, x.owners, at)
		}
	}
	a.post("/link-session", sessionAsked(custom(`[`+good+`]`, `null`))).want(t, 201)
}
