package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// account is one with a balance as JSON has it.
func account(t *testing.T, id, current string) moneykit.Account {
	t.Helper()
	a, err := moneykit.Decode[moneykit.Account](fmt.Appendf(nil, `{"account_id":%q,"name":"Checking","balances":{"currency":"USD","current":%s,"available":null,"limit":null}}`, id, current))
	if err != nil {
		t.Fatal(err)
	}
	return *a
}

func (s stored) accounts(hour int, accounts ...moneykit.Account) {
	s.Helper()
	if err := s.PutAccounts(s.Context(), bank, noon.Add(time.Duration(hour)*time.Hour), accounts...); err != nil {
		s.Fatal(err)
	}
}

func TestAccountsAreKeptAsTheyWereRead(t *testing.T) {
	s := newStored(t)
	s.accounts(1, account(t, "a", "1"), account(t, "b", "2"))
	s.accounts(2, account(t, "b", "3"), account(t, "c", "0.10")) // a is gone
	got, at, err := s.Accounts(t.Context(), bank)
	if err != nil || len(got) != 2 || got[0].ID != "b" || got[1].ID != "c" || got[1].Balances.Current.Decimal.String() != "0.1" {
		t.Errorf("%+v, %v", got, err)
	}
	same(t, "read at", at, noon.Add(2*time.Hour))
	if got, at, err := s.Accounts(t.Context(), "mk_other"); got != nil || !at.IsZero() || err != nil {
		t.Errorf("%+v, %v, %v", got, at, err)
	}
}

func TestBalancesOverTime(t *testing.T) {
	s := newStored(t)
	for hour, current := range []string{"12345678901234.56", "12345678901234.56", "-0.01", "null", "null", "7"} {
		s.accounts(hour, account(t, "a", current))
	}
	s.accounts(9, account(t, "b", "1"))
	amount := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(text)) }
	got, err := s.Balances(t.Context(), bank, "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "balances", got, []mirror.BalanceSeen{
		{At: noon, Current: amount("12345678901234.56"), Currency: "USD"},
		{At: noon.Add(2 * time.Hour), Current: amount("-0.01"), Currency: "USD"},
		{At: noon.Add(3 * time.Hour), Currency: "USD"},
		{At: noon.Add(5 * time.Hour), Current: amount("7"), Currency: "USD"},
	})
}
