package sandbox

import (
	"strings"
	"testing"
	"time"
)

// The balance of an account is its opening balance and what is posted since.
func TestBalancesFollowFromTransactions(t *testing.T) {
	a := newAPI(t, WithLinks(40))
	for round := range 3 {
		for place := range a.box.Total {
			l := a.box.linkAt(place)
			if !l.Fetched || l.State == deleted || l.product(transactionsProduct) == nil {
				continue
			}
			a.box.mu.Lock()
			if l.product(transactionsProduct).Failure != nil {
				a.box.mu.Unlock()
				continue // its balances are newer than its transactions
			}
			b := a.box.open(l)
			for _, account := range b.shown(l) {
				sum := account.opening
				for _, x := range b.table {
					if x.account == account && !x.pending {
						sum = sum.Add(account.effect(x))
					}
				}
				shown := account.balances().Current.String()
				if account.kind != "investment.brokerage" && sum.StringFixed(places(account.currency)) != shown {
					t.Errorf("round %d, link %d, %s: shown %s, transactions give %s", round, place+1, account.name, shown, sum)
				}
				if sum.IsNegative() {
					t.Errorf("link %d, %s: %s", place+1, account.name, sum)
				}
			}
			a.box.mu.Unlock()
			a.refresh(place+1, accountsProduct, transactionsProduct)
		}
		a.clock.Move(26 * time.Hour)
		a.authorize()
	}
}

func TestHistoryIsBelievable(t *testing.T) {
	a := newAPI(t, WithLinks(22))
	for place := range a.box.Total {
		l := a.box.linkAt(place)
		if !l.Fetched || l.State == deleted || l.product(transactionsProduct) == nil {
			continue
		}
		all := a.table(place + 1)
		if len(all) < 300 || len(all) > 720 {
			t.Errorf("link %d has %d transactions", place+1, len(all))
		}
		pending := 0
		for i, x := range all {
			if i > 0 && x.Date > all[i-1].Date {
				t.Fatalf("%s comes after %s", x.Date, all[i-1].Date)
			}
			if x.Pending {
				pending++
			}
			if strings.HasPrefix(x.Amount, "-") || x.Date > noon.Format(time.DateOnly) || x.Datetime != nil && x.Datetime.After(noon) {
				t.Errorf("link %d: %+v", place+1, x)
			}
		}
		if pending < 1 || pending > 3 {
			t.Errorf("link %d has %d pending ones", place+1, pending)
		}
	}
}

func TestTravellerHasManyCurrencies(t *testing.T) {
	a := newAPI(t)
	decimals := map[string]int{"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}
	seen, wide := map[string]bool{}, false
	for _, x := range a.table(11) {
		seen[x.Currency] = true
		_, fraction, _ := strings.Cut(x.Amount, ".")
		if len(fraction) != decimals[x.Currency] {
			t.Errorf("%s %s", x.Amount, x.Currency)
		}
		wide = wide || strings.Contains(x.Description, "東京")
	}
	if len(seen) != 4 || !wide {
		t.Errorf("currencies %v, wide characters %t", seen, wide)
	}
	accounts := string(a.get("/links/" + a.link(11) + "/accounts").body)
	if !strings.Contains(accounts, "東京") {
		t.Error("no nickname in wide characters")
	}
}

func TestTransactionFilters(t *testing.T) {
	a := newAPI(t)
	all := a.table(1)
	account := all[0].AccountID
	want := 0
	for _, x := range all {
		if x.AccountID == account && x.Date >= "2025-12-01" && x.Date <= "2026-01-15" {
			want++
		}
	}
	got := into[transactionsAnswer](t, a.get("/links/"+a.link(1)+"/transactions?size=1000&start_date=2025-12-01&end_date=2026-01-15&account_ids="+account))
	if got.Total != want || len(got.Transactions) != want || want == 0 || len(got.Accounts) != 1 {
		t.Errorf("%d of %d transactions, %d accounts", got.Total, want, len(got.Accounts))
	}
}
