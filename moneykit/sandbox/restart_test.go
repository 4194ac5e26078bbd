package sandbox

import (
	"path/filepath"
	"testing"
	"time"
)

// Links of every making are what they were when the Sandbox goes on after a
// stop.
func TestLinksOfEveryMakingAreKept(t *testing.T) {
	a := newAPI(t)
	imported := a.imported()
	a.relinked(imported)
	ids := []string{
		a.link(3), imported,
		a.exchanged(a.instantly(a.open(nil), "Savings")),
		a.exchanged(a.instantly(a.open(custom(`[]`, `[]`)))),
		a.exchanged(a.instantly(a.open(custom(`[{"account_type": "depository.checking", "name": "Main", "account_number": "0001", "routing_number": "021000021"}]`, `[]`)))),
		a.join(credentialsBank, "user_2", "pass_good"),
	}
	a.correct(3, a.table(3)[20].TransactionID, "charity", "").want(t, 200)
	a.post("/links/"+imported+"/import/transactions", `{"transactions": [{"account_id": "my-card", "amount": "0.5", "date": "2025-12-24T18:00:00Z"}]}`).want(t, 200)
	a.clock.Move(2 * time.Hour)
	a.authorize()
	for _, id := range ids {
		a.refresh(a.place(id), accountsProduct, transactionsProduct).want(t, 202)
	}
	a.clock.Move(time.Minute)
	token := a.open(nil) // on its way through OAuth Bank
	back := a.decided(token, allowing(a.offered(token)[2]))

	path := filepath.Join(t.TempDir(), "state")
	if err := a.box.Save(path); err != nil {
		t.Fatal(err)
	}
	box, err := Open(path, WithNow(a.clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	b := &api{TB: t, box: box, clock: a.clock, token: a.token}
	for _, id := range ids {
		for _, rest := range []string{"", "/accounts", "/accounts/numbers", "/identity", "/transactions?size=1000", "/transactions/sync"} {
			if before, after := a.get("/links/"+id+rest), b.get("/links/"+id+rest); string(before.body) != string(after.body) {
				t.Errorf("%s was\n%.600s\nand is\n%.600s", rest, before.body, after.body)
			}
		}
	}
	if got := names(b.accounts(b.exchanged(b.returned(token, back)))); got != "Credit Card" {
		t.Errorf("shared at the bank: %s", got)
	}
}
