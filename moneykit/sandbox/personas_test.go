package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// portrait tells all that is fixed about a link's user, apart from ids.
func (a *api) portrait(id string) (fixed, transactions string) {
	a.Helper()
	for _, n := range into[accountNumbersAnswer](a, a.get("/links/"+id+"/accounts/numbers").want(a, 200)).Accounts {
		nickname := ""
		if n.Nickname != nil {
			nickname = *n.Nickname
		}
		fixed += fmt.Sprintln(n.AccountType, n.Name, nickname, *n.AccountMask, n.Balances.Current)
		for _, ach := range n.Numbers.ACH {
			fixed += fmt.Sprintln(ach.AccountNumber, ach.RoutingNumber, *ach.WireRoutingNumber)
		}
	}
	for _, owned := range into[identityAnswer](a, a.get("/links/"+id+"/identity").want(a, 200)).Accounts {
		fixed += fmt.Sprintf("%+v\n", owned.Owners)
	}
	accounts := map[string]string{}
	for _, account := range a.accounts(id) {
		accounts[account.AccountID] = account.Name
	}
	for _, x := range a.table(a.place(id)) {
		transactions += fmt.Sprintln(accounts[x.AccountID], x.Date, x.Amount, x.Type, x.RawDescription, x.Description, x.Pending, *x.Category)
	}
	return fixed, transactions
}

func TestFixedUsersAreTheSameInEveryWorld(t *testing.T) {
	type told struct{ fixed, transactions string }
	first := map[string]told{}
	for _, seed := range []uint64{1, 2, 99} {
		a := newAPI(t, WithSeed(seed), WithLinks(int(seed)))
		for _, hour := range []time.Duration{0, 5 * time.Hour, 11 * time.Hour} { // on the same day
			a.clock.Move(noon.Add(hour).Sub(a.clock.Now()))
			a.authorize()
			for _, user := range []string{"user_1", "user_2"} {
				id := a.join(credentialsBank, user, "pass_good")
				a.clock.Move(3 * time.Second)
				fixed, transactions := a.portrait(id)
				if _, known := first[user]; !known {
					first[user] = told{fixed, transactions}
				}
				if fixed != first[user].fixed {
					t.Errorf("seed %d, after %v: %s is\n%snot\n%s", seed, hour, user, fixed, first[user].fixed)
				}
				if transactions != first[user].transactions {
					t.Errorf("seed %d, after %v: the transactions of %s differ", seed, hour, user)
				}
			}
		}
	}
	if first["user_1"].fixed == first["user_2"].fixed || first["user_1"].transactions == first["user_2"].transactions {
		t.Error("user_1 and user_2 are one")
	}
}

// It makes no difference to a fixed user's history when the link was made, nor
// what it may see.
func TestFixedUsersAreTheSameWhenever(t *testing.T) {
	a := newAPI(t)
	posted := func(id string) string {
		accounts, told := map[string]string{}, ""
		for _, account := range a.accounts(id) {
			accounts[account.AccountID] = account.Name
		}
		for _, x := range a.table(a.place(id)) {
			if !x.Pending && x.Date < noon.Format(time.DateOnly) && accounts[x.AccountID] != mortgage.name {
				told += fmt.Sprintln(accounts[x.AccountID], x.Date, x.Amount, x.Type, x.RawDescription)
			}
		}
		return told
	}
	worth := func(id string) string {
		accounts := a.accounts(id)
		return accounts[len(accounts)-2].Name + accounts[len(accounts)-2].Balances.Current.String()
	}
	wealthy := map[string]any{"settings": map[string]any{"products": map[string]any{"transactions": map[string]any{}, "investments": map[string]any{}}}}
	login := func(session string) string {
		return a.exchanged(a.post("/sandbox/connect", connectBody{Token: session, InstitutionID: credentialsBank, Username: "user_1", Password: "pass_good"}))
	}
	first := login(a.open(nil))
	a.clock.Move(30 * 24 * time.Hour)
	a.authorize()
	later, rich := login(a.open(nil)), login(a.open(wealthy))
	a.clock.Move(3 * time.Second)
	if one := posted(first); len(one) < 10_000 || one != posted(later) || one != posted(rich) {
		t.Errorf("%d, %d and %d bytes of history", len(one), len(posted(later)), len(posted(rich)))
	}
	before := worth(rich)
	a = newAPI(t, WithSeed(5))
	a.clock.Move(30*24*time.Hour + 3*time.Second)
	a.authorize()
	elsewhere := login(a.open(wealthy))
	a.clock.Move(3 * time.Second)
	if after := worth(elsewhere); after != before || after[:9] != "Brokerage" {
		t.Errorf("with another seed the portfolio is %s, not %s", after, before)
	}
}

// Links of one user have ids of their own.
func TestFixedUsersHaveOwnIDs(t *testing.T) {
	a := newAPI(t)
	seen := map[string]bool{}
	for range 2 {
		id := a.join(credentialsBank, "user_1", "pass_good")
		a.clock.Move(3 * time.Second)
		for _, account := range a.accounts(id) {
			if seen[account.AccountID] {
				t.Errorf("%s is an account of two links", account.AccountID)
			}
			seen[account.AccountID] = true
		}
		for _, x := range a.table(a.place(id)) {
			if seen[x.TransactionID] {
				t.Errorf("%s is a transaction of two links", x.TransactionID)
			}
			seen[x.TransactionID] = true
		}
	}
}

// Refreshed at the same moments, links of one user go on alike.
func TestFixedUsersGoOnAlike(t *testing.T) {
	a := newAPI(t)
	ids := []string{a.join(credentialsBank, "user_2", "pass_good"), a.join(credentialsBank, "user_2", "pass_good")}
	a.clock.Move(3 * time.Second)
	for range 5 {
		for _, id := range ids {
			a.refresh(a.place(id), transactionsProduct).want(t, 202)
		}
		a.clock.Move(25 * time.Hour)
		a.authorize()
	}
	_, one := a.portrait(ids[0])
	if _, other := a.portrait(ids[1]); one != other {
		t.Error("two links of user_2 went apart")
	}
}

// Others are made at random.
func TestOtherUsersDiffer(t *testing.T) {
	a := newAPI(t)
	seen := map[string]bool{}
	for range 4 {
		id := a.join(credentialsBank, "user_good", "pass_good")
		a.clock.Move(3 * time.Second)
		fixed, transactions := a.portrait(id)
		if seen[fixed] || seen[transactions] {
			t.Error("two links of user_good are alike")
		}
		seen[fixed], seen[transactions] = true, true
	}
}
