package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func (a *api) holdings(place int) holdingsAnswer {
	a.Helper()
	return into[holdingsAnswer](a, a.get("/links/"+a.link(place)+"/investments/holdings").want(a, 200))
}

func (a *api) investments(place int, query string) investmentTransactionsAnswer {
	a.Helper()
	return into[investmentTransactionsAnswer](a, a.get("/links/"+a.link(place)+"/investments/transactions?"+query).want(a, 200))
}

// Balance, holdings and transactions tell of the same moment.
func TestInvestmentsAgree(t *testing.T) {
	a := newAPI(t)
	opening := decimal.Zero
	for round, pause := range []time.Duration{0, 5 * time.Hour, 5 * time.Hour, 3 * 24 * time.Hour, 40 * 24 * time.Hour, 200 * 24 * time.Hour} {
		a.clock.Move(pause)
		a.authorize()
		if round%2 == 1 {
			a.refresh(3, transactionsProduct).want(t, 202)
			a.clock.Move(time.Minute)
			a.agree(3, &opening)
		}
		a.refresh(3, allProducts[:]...)
		a.clock.Move(time.Minute)
		a.agree(3, &opening)
	}
}

// agree checks what a link shows of its investments. The opening amount, when
// it is known, has to be the same each time.
func (a *api) agree(place int, opening *decimal.Decimal) {
	a.Helper()
	got, history := a.holdings(place), a.investments(place, "size=1000")
	balances := got.Accounts[0].Balances
	sum, cash, held := decimal.Zero, decimal.Zero, map[string]decimal.Decimal{}
	securities := map[string]security{}
	for _, s := range got.Securities {
		securities[s.ID] = s
	}
	for _, h := range got.Holdings {
		s, known := securities[h.SecurityID]
		if !known || h.PriceDatetime.After(balances.BalanceDate) {
			a.Errorf("%+v of %+v", h, s)
		}
		if s.Type == "cash" {
			cash = decimal.RequireFromString(h.Value)
		} else {
			held[h.SecurityID] = decimal.RequireFromString(h.Quantity)
			if *s.ClosePrice != h.Price || *s.CloseDate != h.PriceDatetime.Format(time.DateOnly) || h.CostBasis == nil {
				a.Errorf("%+v of %+v", h, s)
			}
		}
		sum = sum.Add(decimal.RequireFromString(h.Value))
	}
	if len(securities) != len(got.Holdings) || sum.StringFixed(2) != balances.Current.String() {
		a.Errorf("%d securities, %d holdings worth %s, balance %s", len(securities), len(got.Holdings), sum, balances.Current)
	}
	total := cash
	for _, x := range history.Transactions {
		total = total.Add(decimal.RequireFromString(x.Amount))
		if x.Type == "buy" {
			held[*x.SecurityID] = held[*x.SecurityID].Sub(decimal.RequireFromString(*x.Quantity))
		}
		if x.Type == "sell" {
			held[*x.SecurityID] = held[*x.SecurityID].Add(decimal.RequireFromString(*x.Quantity))
		}
		if x.Datetime != nil && x.Datetime.After(balances.BalanceDate) || x.Date > balances.BalanceDate.Format(time.DateOnly) {
			a.Errorf("%+v is after %s", x, balances.BalanceDate)
		}
	}
	for id, left := range held {
		if !left.IsZero() {
			a.Errorf("%s of %s came from nowhere", left, id)
		}
	}
	if opening.IsZero() {
		*opening = total
	}
	if !total.Equal(*opening) {
		a.Errorf("the account was opened with %s, now with %s", opening, total)
	}
}

func TestInvestmentTransactionsArePagedAndFiltered(t *testing.T) {
	a := newAPI(t)
	all := a.investments(3, "size=1000")
	if all.Total != len(all.Transactions) || all.Total < 20 {
		t.Fatalf("%d of %d", len(all.Transactions), all.Total)
	}
	for page := 1; page <= all.Total/7+2; page++ {
		got := a.investments(3, fmt.Sprintf("size=7&page=%d", page))
		from := min((page-1)*7, all.Total)
		if want := all.Transactions[from:min(from+7, all.Total)]; got.Total != all.Total || fmt.Sprint(ids(got)) != fmt.Sprint(ids(investmentTransactionsAnswer{Transactions: want})) {
			t.Errorf("page %d of %d: %v", page, got.Total, ids(got))
		}
		concerned, shown := map[string]bool{}, map[string]bool{}
		for _, x := range got.Transactions {
			if x.SecurityID != nil {
				concerned[*x.SecurityID] = true
			}
		}
		for _, s := range got.Securities {
			shown[s.ID] = true
		}
		if fmt.Sprint(concerned) != fmt.Sprint(shown) || len(shown) != len(got.Securities) {
			t.Errorf("page %d is about %v and shows %v", page, concerned, shown)
		}
	}
	for i, x := range all.Transactions[1:] {
		if x.Date > all.Transactions[i].Date {
			t.Errorf("%s comes after %s", x.Date, all.Transactions[i].Date)
		}
	}
	want := 0
	for _, x := range all.Transactions {
		if x.Date >= "2025-12-01" && x.Date <= "2026-01-31" {
			want++
		}
	}
	if got := a.investments(3, "start_date=2025-12-01&end_date=2026-01-31"); got.Total != want || len(got.Transactions) != want || want == 0 {
		t.Errorf("%d of %d in two months", got.Total, want)
	}
	if got := a.investments(3, "account_ids=acc_none"); got.Total+len(got.Accounts)+len(got.Securities) != 0 {
		t.Errorf("%+v", got)
	}
	if got := into[holdingsAnswer](t, a.get("/links/"+a.link(3)+"/investments/holdings?account_ids=acc_none")); len(got.Holdings)+len(got.Accounts)+len(got.Securities) != 0 {
		t.Errorf("%+v", got)
	}
}

func ids(answer investmentTransactionsAnswer) []string {
	all := []string{}
	for _, x := range answer.Transactions {
		all = append(all, x.ID)
	}
	return all
}
