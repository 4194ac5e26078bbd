package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// importedAccounts are those of an imported link.
const importedAccounts = `[
	{"account_id": "my-checking", "name": "Everyday", "nickname": "Tägliches", "type": "depository.checking", "mask": "4242",
	 "balances": {"currency": "GBP", "current": 1250.5, "available": 1200, "balance_date": "2026-03-17T08:30:00Z"}},
	{"account_id": "my-card", "name": "Card", "type": "liability.credit_card",
	 "balances": {"currency": "GBP", "current": 80.25, "limit": 2000}}]`

const importedTransactions = `[
	{"account_id": "my-checking", "transaction_id": "t-1", "amount": "12.50", "date": "2026-03-01", "description": "Lunch", "type": "debit"},
	{"account_id": "my-checking", "transaction_id": "t-2", "amount": "2000", "date": "2026-03-02T09:15:00+02:00", "description": "Pay", "type": "credit"},
	{"account_id": "my-card", "amount": "0.125", "date": "2026-02-28"}]`

// importing is a body that imports a link, with some of its values changed; nil
// takes a value away.
func importing(changes map[string]any) map[string]any {
	body := map[string]any{
		"customer_user": map[string]any{"id": "user_77"}, "institution_id": oauthBank,
		"accounts": json.RawMessage(importedAccounts), "transactions": json.RawMessage(importedTransactions),
	}
	maps.Copy(body, changes)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
	return body
}

// imported is the id of a link that was just imported.
func (a *api) imported() string {
	a.Helper()
	return a.post("/links/import", importing(nil)).want(a, 200).text("link_id")
}

// place is where a link stands among all, counted from 1.
func (a *api) place(id string) int { return slices.Index(a.box.LinkIDs(), id) + 1 }

func TestImportIsReadAsGiven(t *testing.T) {
	a := newAPI(t)
	got := into[linkAnswer](t, a.post("/links/import", importing(map[string]any{"provider": "plaid"})).want(t, 200))
	if got.State != inError || *got.ErrorCode != authExpired || got.Provider != "plaid" || got.InstitutionID != oauthBank || !got.LastSyncedAt.Equal(noon) {
		t.Errorf("%+v", got)
	}
	in := "/links/" + got.LinkID
	accounts := into[accountsAnswer](t, a.get(in+"/accounts").want(t, 200)).Accounts
	raw, _ := json.Marshal(accounts)
	const want = `[{"account_id":"my-checking","account_type":"depository.checking","name":"Everyday","nickname":"Tägliches","account_mask":"4242",` +
		`"balances":{"currency":"GBP","available":1200,"current":1250.5,"limit":null,"balance_date":"2026-03-17T08:30:00Z"},"original_id":null,"closed":false},` +
		`{"account_id":"my-card","account_type":"liability.credit_card","name":"Card","nickname":null,"account_mask":`
	if !strings.HasPrefix(string(raw), want) || !strings.Contains(string(raw), `"available":null,"current":80.25,"limit":2000,"balance_date":"2026-03-18T12:00:00Z"`) {
		t.Errorf("accounts:\n%s\nwant\n%s", raw, want)
	}
	a.get(in+"/accounts/my-card").want(t, 200)
	var told []string
	for _, x := range a.table(a.place(got.LinkID)) {
		if strings.HasPrefix(x.TransactionID, "txn_") {
			x.TransactionID = "made up"
		}
		told = append(told, fmt.Sprint(x.TransactionID, " ", x.AccountID, " ", x.Amount, " ", x.Type, " ", x.Currency, " ", x.Date, " ", x.Datetime, " ", x.Description, " ", x.Pending))
	}
	if got, want := strings.Join(told, "\n"), `t-2 my-checking 2000.00 credit GBP 2026-03-02 2026-03-02 07:15:00 +0000 UTC Pay false
t-1 my-checking 12.50 debit GBP 2026-03-01 <nil> Lunch false
made up my-card 0.125 debit GBP 2026-02-28 <nil>  false`; got != want {
		t.Errorf("transactions:\n%s\nwant\n%s", got, want)
	}
	a.get(in+"/identity").refused(t, 403, "link_error.forbidden_action")
	a.refresh(a.place(got.LinkID), accountsProduct).refused(t, 422, "link_error.bad_state")
	if links := into[userLinksAnswer](t, a.get("/users/user_77/links")).Links; len(links) != 1 {
		t.Errorf("the user has %d links", len(links))
	}
}

// relinked connects an imported link.
func (a *api) relinked(id string) int {
	a.Helper()
	a.post("/sandbox/connect", connectBody{Token: a.session(id)}).want(a, 200)
	a.clock.Move(3 * time.Second)
	place := a.place(id)
	if state := a.show(place).State; state != connected {
		a.Fatalf("after the relink the link is %s", state)
	}
	return place
}

func TestImportedLinkGoesOn(t *testing.T) {
	a := newAPI(t)
	place := a.relinked(a.imported())
	synced := &ledger{rows: map[string]transactionAnswer{}}
	synced.pullAll(a, place, 2)
	for range 30 {
		a.clock.Move(25 * time.Hour)
		a.authorize()
		before := a.table(place)
		a.refresh(place, accountsProduct, transactionsProduct).want(t, 202)
		a.clock.Move(3 * time.Second)
		after := a.table(place)
		pending := 0
		for _, x := range after {
			if x.Pending {
				pending++
			}
		}
		if len(after) <= len(before) || pending == 0 {
			t.Errorf("%d transactions became %d, %d of them pending", len(before), len(after), pending)
		}
		synced.pullAll(a, place, 3)
		synced.equals(a, place)
	}
	given := map[string]string{}
	sum := map[string]decimal.Decimal{"my-checking": decimal.RequireFromString("1250.5"), "my-card": decimal.RequireFromString("80.25")}
	for _, x := range a.table(place) {
		given[x.TransactionID] = x.Amount + " " + *x.Category
		if imported := x.Date < "2026-03-18"; !imported && !x.Pending {
			effect := decimal.RequireFromString(x.Amount)
			if (x.Type == "credit") == (x.AccountID == "my-card") {
				effect = effect.Neg()
			}
			sum[x.AccountID] = sum[x.AccountID].Add(effect)
		}
	}
	for _, account := range a.accounts(a.link(place)) {
		if shown := account.Balances.Current.String(); shown != sum[account.AccountID].StringFixed(2) {
			t.Errorf("%s: shown %s, what was imported and what came since give %s", account.Name, shown, sum[account.AccountID])
		}
	}
	if given["t-1"] != "12.50 general" || given["t-2"] != "2000.00 general" {
		t.Errorf("what was imported is now %q and %q", given["t-1"], given["t-2"])
	}
}

func TestLaterImportsComeOnce(t *testing.T) {
	a := newAPI(t)
	id := a.imported()
	place := a.place(id)
	synced := &ledger{rows: map[string]transactionAnswer{}}
	synced.pullAll(a, place, 500)
	balances := a.get("/links/"+id+"/accounts").at("accounts", 0, "balances")
	bring := func(text string) answer {
		return a.post("/links/"+id+"/import/transactions", `{"transactions": [`+text+`]}`)
	}
	for n := range 5 {
		row := fmt.Sprintf(`{"account_id": "my-card", "transaction_id": "later-%d", "amount": "7", "date": "2025-12-2%d"}`, n, n)
		bring(row).want(t, 200)
		bring(row).refused(t, 422, "api_error.request.validation_failed")
		before := len(synced.rows)
		if synced.pullAll(a, place, 500); len(synced.rows) != before+1 {
			t.Errorf("%d transactions became %d", before, len(synced.rows))
		}
		synced.equals(a, place)
	}
	if after := a.get("/links/"+id+"/accounts").at("accounts", 0, "balances"); fmt.Sprint(after) != fmt.Sprint(balances) {
		t.Errorf("older transactions changed the balances from %v to %v", balances, after)
	}

	// What the bank holds back until the next refresh stays held back.
	a.relinked(id)
	a.clock.Move(2 * time.Hour)
	a.authorize()
	a.refresh(place, accountsProduct).want(t, 202)
	a.clock.Move(3 * time.Second)
	synced.pullAll(a, place, 500)
	before := len(synced.rows)
	bring(`{"account_id": "my-card", "amount": "7", "date": "2025-12-20"}`).want(t, 200)
	if synced.pullAll(a, place, 500); len(synced.rows) != before+1 {
		t.Errorf("%d transactions became %d", before, len(synced.rows))
	}
	a.refresh(place, transactionsProduct).want(t, 202)
	a.clock.Move(3 * time.Second)
	if synced.pullAll(a, place, 500); len(synced.rows) < before+3 {
		t.Errorf("%d transactions became %d", before, len(synced.rows))
	}
	synced.equals(a, place)
	a.consistent(id)
}

func TestImportsAreLimited(t *testing.T) {
	a := newAPI(t)
	rows := func(n int, pad string) []map[string]any {
		all := make([]map[string]any, n)
		for i := range all {
			all[i] = map[string]any{
				"account_id": "my-checking", "transaction_id": fmt.Sprint("many-", i), "amount": fmt.Sprintf("%d.%02d", i, i%100),
				"date": noon.AddDate(0, 0, -i%700).Format(time.DateOnly), "description": fmt.Sprint("Row ", i, pad), "type": "debit",
			}
		}
		return all
	}
	id := a.post("/links/import", importing(map[string]any{"transactions": rows(4000, "")})).want(t, 200).text("link_id")
	if got := a.table(a.place(id)); len(got) != 4000 {
		t.Errorf("%d transactions", len(got))
	}
	synced := &ledger{rows: map[string]transactionAnswer{}}
	synced.pullAll(a, a.place(id), 500)
	synced.equals(a, a.place(id))
	total := a.box.Total
	big := importing(map[string]any{"transactions": rows(4000, strings.Repeat(" x", 100))})
	a.post("/links/import", big).refused(t, 422, "api_error.request.validation_failed")
	a.post("/links/"+id+"/import/transactions", big).refused(t, 422, "api_error.request.validation_failed")
	if a.box.Total != total || len(a.table(a.place(id))) != 4000 {
		t.Error("a refused import left something")
	}
	body := `{"transactions": [` // to the byte
	tail := `{"account_id": "my-card", "amount": "1", "date": "2026-01-01"}]}`
	edge := body + strings.Repeat(" ", maxBody-len(body)-len(tail)) + tail
	a.post("/links/"+id+"/import/transactions", " "+edge).want(t, 422)
	a.post("/links/"+id+"/import/transactions", edge).want(t, 200)
}

func TestImportsAreChecked(t *testing.T) {
	a := newAPI(t)
	id := a.imported()
	transaction := func(field, value string) string {
		row := map[string]json.RawMessage{"account_id": json.RawMessage(`"my-card"`), "amount": json.RawMessage(`"1"`), "date": json.RawMessage(`"2026-01-01"`)}
		if row[field] = json.RawMessage(value); value == "" {
			delete(row, field)
		}
		text, _ := json.Marshal([]any{row})
		return string(text)
	}
	account := func(kind, balances string) string {
		return `[{"account_id": "my-checking", "name": "A", "type": "` + kind + `", "balances": ` + balances + `}]`
	}
	const ok = `[]`
	for _, x := range []struct{ accounts, transactions, at string }{
		{importedAccounts, transaction("amount", `"1e999999999"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1e-999999999"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1e99999999999999999999"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1e16"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1e-13"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"NaN"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"Infinity"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1234567890123456789012345678901234567890.1"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"-1"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"1,50"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `"0x10"`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `""`), "transactions 0 amount"},
		{importedAccounts, transaction("amount", `12.5`), "transactions amount"},
		{importedAccounts, transaction("amount", ``), "transactions 0 amount"},
		{importedAccounts, transaction("date", `"2026-02-30"`), "transactions 0 date"},
		{importedAccounts, transaction("date", `"yesterday"`), "transactions 0 date"},
		{importedAccounts, transaction("date", ``), "transactions 0 date"},
		{importedAccounts, transaction("type", `"loan"`), "transactions 0 type"},
		{importedAccounts, transaction("account_id", `"another"`), "transactions 0 account_id"},
		{importedAccounts, transaction("account_id", ``), "transactions 0 account_id"},
		{importedAccounts, `[{"account_id": "my-card", "transaction_id": "a", "amount": "1", "date": "2026-01-01"},
			{"account_id": "my-card", "transaction_id": "a", "amount": "2", "date": "2026-01-02"}]`, "transactions 1 transaction_id"},
		{importedAccounts, `{}`, "transactions"},
		{account("depository.checking", `{"current": 1e999999999}`), ok, "accounts 0 balances"},
		{account("depository.checking", `{"current": "12.50"}`), ok, "accounts balances current"},
		{account("depository.checking", `{"available": 1e-999999999}`), ok, "accounts 0 balances"},
		{account("depository.checking", `{"limit": 1234567890123456789012345678901234567890.12}`), ok, "accounts 0 balances"},
		{account("depository.checking", `{"current": true}`), ok, "accounts balances current"},
		{`[{"account_id": "a", "name": "A", "type": "x"}]`, ok, "accounts 0"},
		{`[{"account_id": "a", "name": "A", "type": "x", "balances": {}}, {"account_id": "a", "name": "B", "type": "x", "balances": {}}]`, ok, "accounts 1 account_id"},
		{`[{"account_id": "", "name": "A", "type": "x", "balances": {}}]`, ok, "accounts 0 account_id"},
	} {
		total := a.box.Total
		got := a.post("/links/import", importing(map[string]any{"accounts": json.RawMessage(x.accounts), "transactions": json.RawMessage(x.transactions)}))
		got.refused(t, 422, "api_error.request.validation_failed")
		if at := fmt.Sprint(got.at("validation_errors", 0, "location")); at != "[body "+x.at+"]" || a.box.Total != total {
			t.Errorf("%s %s is wrong at %s, want %s", x.accounts, x.transactions, at, x.at)
		}
		if x.accounts == importedAccounts {
			again := a.post("/links/"+id+"/import/transactions", `{"transactions": `+x.transactions+`}`).refused(t, 422, "api_error.request.validation_failed")
			if at := fmt.Sprint(again.at("validation_errors", 0, "location")); at != "[body "+x.at+"]" {
				t.Errorf("%s is wrong at %s, want %s", x.transactions, at, x.at)
			}
		}
	}
	for field, value := range map[string]any{
		"accounts": nil, "transactions": nil, "customer_user": nil, "institution_id": "none", "provider": "none",
	} {
		got := a.post("/links/import", importing(map[string]any{field: value})).refused(t, 422, "api_error.request.validation_failed")
		if at := fmt.Sprint(got.at("validation_errors", 0, "location")); !strings.HasPrefix(at, "[body "+field) {
			t.Errorf("%s is wrong at %s", field, at)
		}
	}
	if n := len(a.table(a.place(id))); n != 3 {
		t.Errorf("refused imports left %d transactions", n)
	}
}

func TestImportIntoOtherLinks(t *testing.T) {
	a := newAPI(t)
	body := `{"transactions": []}`
	for _, id := range []string{a.link(1), a.link(12), "mk_none"} {
		got := a.post("/links/"+id+"/import/transactions", body).refused(t, 422, "api_error.request.validation_failed")
		if at := fmt.Sprint(got.at("validation_errors", 0, "location")); at != "[path id]" {
			t.Errorf("%s is wrong at %s", id, at)
		}
	}
}

// Whatever kinds of accounts and balances there are, the link can go on.
func TestImportOfOddAccounts(t *testing.T) {
	for _, accounts := range []string{
		`[]`,
		`[{"account_id": "a", "name": "A", "type": "unknown", "balances": {}}]`,
		`[{"account_id": "a", "name": "A", "type": "other.gift_card", "balances": {"currency": "XAU", "current": 3}}]`,
		`[{"account_id": "a", "name": "A", "type": "investment.brokerage", "balances": {"current": 0}}]`,
		`[{"account_id": "a", "name": "A", "type": "investment.ira", "balances": {"current": -500}}]`,
		`[{"account_id": "a", "name": "A", "type": "investment.brokerage", "balances": {"currency": "JPY", "current": 999999999999999}}]`,
		`[{"account_id": "a", "name": "A", "type": "depository.checking", "balances": {"current": -500, "currency": null}}]`,
		`[{"account_id": "a", "name": "A", "type": "liability.credit_card", "balances": {"current": 500, "limit": -1}},
		  {"account_id": "b", "name": "B", "type": "liability.credit_card", "balances": {"current": 9e15, "limit": 1e-12}}]`,
		`[{"account_id": "a", "name": "A", "type": "liability.mortgage", "balances": {"current": 250000}},
		  {"account_id": "b", "name": "B", "type": "depository.savings", "balances": {"current": 10, "currency": "EUR"}}]`,
	} {
		a := newAPI(t)
		id := a.post("/links/import", importing(map[string]any{"accounts": json.RawMessage(accounts), "transactions": []any{}})).want(t, 200).text("link_id")
		place := a.relinked(id)
		for range 3 {
			a.clock.Move(30 * 24 * time.Hour)
			a.authorize()
			a.refresh(place, accountsProduct, transactionsProduct).want(t, 202)
			a.clock.Move(3 * time.Second)
			a.get("/links/"+id+"/accounts").want(t, 200)
			a.table(place)
			a.get("/users/user_77/transactions").want(t, 200)
		}
	}
}
