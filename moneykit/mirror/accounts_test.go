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
	s.told(hour, accounts...)
}

// told puts accounts and returns what changed, as before>after.
func (s stored) told(hour int, accounts ...moneykit.Account) (told []string) {
	s.Helper()
	changes, err := s.PutAccounts(s.Context(), bank, noon.Add(time.Duration(hour)*time.Hour), accounts...)
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range changes {
		told = append(told, string(c.Before.ID)+">"+string(c.After.ID))
	}
	return told
}

// called is an account with all that tells it from others.
func called(t *testing.T, id, kind, mask, name string) moneykit.Account {
	t.Helper()
	a, err := moneykit.Decode[moneykit.Account](fmt.Appendf(nil, `{"account_id":%q,"account_type":%q,"account_mask":%q,"name":%q,"balances":{"currency":"USD","current":7}}`, id, kind, mask, name))
	if err != nil {
		t.Fatal(err)
	}
	return *a
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

func TestWhatAReadOfAccountsTells(t *testing.T) {
	checking := func(id string) moneykit.Account { return called(t, id, "depository.checking", "1234", "Checking") }
	savings := func(id string) moneykit.Account { return called(t, id, "depository.savings", "1", "Savings") }
	type read = []moneykit.Account
	for name, c := range map[string]struct {
		reads []read
		want  []string // of the last one
	}{
		"the first":              {[]read{{checking("a"), savings("b")}}, nil},
		"nothing":                {[]read{{checking("a"), savings("b")}, {savings("b"), checking("a")}}, nil},
		"a new one":              {[]read{{checking("a")}, {checking("a"), savings("b")}}, []string{">b"}},
		"one is gone":            {[]read{{checking("a"), savings("b")}, {savings("b")}}, []string{"a>"}},
		"gone is told once":      {[]read{{checking("a"), savings("b")}, {savings("b")}, {savings("b")}}, nil},
		"gone and back":          {[]read{{checking("a"), savings("b")}, {savings("b")}, {savings("b"), checking("a")}}, []string{">a"}},
		"another id":             {[]read{{checking("a"), savings("b")}, {checking("c"), savings("b")}}, []string{"a>c"}},
		"two other ids":          {[]read{{checking("a"), savings("b")}, {savings("d"), checking("c")}}, []string{"a>c", "b>d"}},
		"the id of before":       {[]read{{checking("a")}, {checking("c")}, {checking("a")}}, []string{"c>a"}},
		"another name":           {[]read{{checking("a")}, {called(t, "c", "depository.checking", "1234", "Giro")}}, []string{"a>", ">c"}},
		"another type":           {[]read{{checking("a")}, {called(t, "c", "depository.savings", "1234", "Checking")}}, []string{"a>", ">c"}},
		"another mask":           {[]read{{checking("a")}, {called(t, "c", "depository.checking", "1235", "Checking")}}, []string{"a>", ">c"}},
		"no mask":                {[]read{{called(t, "a", "x", "", "n")}, {called(t, "c", "x", "", "n")}}, []string{"a>", ">c"}},
		"two it could be":        {[]read{{checking("a")}, {checking("c"), checking("d")}}, []string{"a>", ">c", ">d"}},
		"two it could have been": {[]read{{checking("a"), checking("b")}, {checking("c")}}, []string{"a>", "b>", ">c"}},
		"its twin stays":         {[]read{{checking("a"), checking("b")}, {checking("b"), checking("c")}}, []string{"a>c"}},
		"none are left":          {[]read{{checking("a")}, {}}, []string{"a>"}},
		"none are left, again":   {[]read{{checking("a")}, {}, {}}, nil},
		"after there were none":  {[]read{{checking("a")}, {}, {savings("b")}}, []string{">b"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			for i, accounts := range c.reads {
				got := s.told(i+1, accounts...)
				if i == len(c.reads)-1 {
					same(t, "told", got, c.want)
				}
			}
			kept, _, err := s.Accounts(t.Context(), bank)
			if last := c.reads[len(c.reads)-1]; err != nil || len(kept) != len(last) {
				t.Errorf("%d accounts are kept of %d, %v", len(kept), len(last), err)
			}
		})
	}
}

func TestAReadThatCameLateTellsNothing(t *testing.T) {
	s := newStored(t)
	s.accounts(1, account(t, "a", "1"))
	s.accounts(3, account(t, "a", "3"), account(t, "b", "1"))
	same(t, "told", s.told(2, account(t, "a", "2")), []string(nil))
	got, at, err := s.Accounts(t.Context(), bank)
	if err != nil || len(got) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	same(t, "read at", at, noon.Add(3*time.Hour))
}

func TestAccountsOfOtherLinksAreNotMissed(t *testing.T) {
	s := newStored(t)
	s.accounts(1, account(t, "a", "1"))
	if changes, err := s.PutAccounts(t.Context(), "mk_other", noon.Add(2*time.Hour), account(t, "b", "1")); changes != nil || err != nil {
		t.Errorf("%+v, %v", changes, err)
	}
	same(t, "told", s.told(3, account(t, "a", "1")), []string(nil))
}

// TestBalancesGoOnOverAnotherID lets an account's id change twice, and back.
func TestBalancesGoOnOverAnotherID(t *testing.T) {
	s := newStored(t)
	with := func(id, current string) moneykit.Account {
		a, err := moneykit.Decode[moneykit.Account](fmt.Appendf(nil, `{"account_id":%q,"account_type":"depository.checking","account_mask":"1234","name":"Checking","balances":{"currency":"USD","current":%s}}`, id, current))
		if err != nil {
			t.Fatal(err)
		}
		return *a
	}
	history := func(id moneykit.AccountID) (all []string) {
		seen, err := s.Balances(t.Context(), bank, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range seen {
			all = append(all, b.At.Format("15:04 ")+b.Current.Decimal.String())
		}
		return all
	}
	s.accounts(1, with("a", "1"))
	s.accounts(2, with("a", "2"))
	s.accounts(3, with("b", "2")) // no other balance
	s.accounts(4, with("c", "4"), account(t, "x", "100"))
	s.accounts(5, with("c", "4"), account(t, "x", "100"))
	same(t, "over two changes", history("c"), []string{"13:00 1", "14:00 2", "16:00 4"})
	same(t, "another account", history("x"), []string{"16:00 100"})
	s.accounts(6, with("a", "5"), account(t, "x", "100"))
	same(t, "in a circle", history("a"), []string{"13:00 1", "14:00 2", "16:00 4", "18:00 5"})
}
