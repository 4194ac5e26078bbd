package sandbox

import (
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestNumbersHaveTheirChecksums(t *testing.T) {
	a := newAPI(t)
	us := into[accountNumbersAnswer](t, a.get("/links/"+a.link(1)+"/accounts/numbers").want(t, 200))
	ach := us.Accounts[0].Numbers.ACH[0]
	sum := 0
	for i, digit := range ach.RoutingNumber {
		sum += []int{3, 7, 1}[i%3] * int(digit-'0')
	}
	if len(ach.RoutingNumber) != 9 || sum%10 != 0 {
		t.Errorf("routing number %s", ach.RoutingNumber)
	}
	if !strings.HasSuffix(ach.AccountNumber, *us.Accounts[0].AccountMask) {
		t.Errorf("account number %s, mask %s", ach.AccountNumber, *us.Accounts[0].AccountMask)
	}
	if card := us.Accounts[2].Numbers; len(card.ACH)+len(card.International) != 0 {
		t.Errorf("the credit card has numbers: %+v", card)
	}
	for _, account := range into[accountNumbersAnswer](t, a.get("/links/"+a.link(11)+"/accounts/numbers")).Accounts {
		for _, n := range account.Numbers.International {
			turned, digits := n.IBAN[4:]+n.IBAN[:4], ""
			for _, r := range turned {
				v, err := strconv.ParseInt(string(r), 36, 64)
				if err != nil {
					t.Fatal(err)
				}
				digits += strconv.FormatInt(v, 10)
			}
			whole, _ := new(big.Int).SetString(digits, 10)
			if new(big.Int).Mod(whole, big.NewInt(97)).Int64() != 1 {
				t.Errorf("IBAN %s", n.IBAN)
			}
		}
	}
}

func TestHoldingsAddUpToTheBalance(t *testing.T) {
	a := newAPI(t)
	for range 3 {
		got := into[holdingsAnswer](t, a.get("/links/"+a.link(3)+"/investments/holdings").want(t, 200))
		sum := decimal.Zero
		for _, h := range got.Holdings {
			value := decimal.RequireFromString(h.Value)
			if !value.IsPositive() {
				t.Errorf("%+v", h)
			}
			sum = sum.Add(value)
		}
		if sum.StringFixed(2) != got.Accounts[0].Balances.Current.String() {
			t.Errorf("holdings %s, balance %s", sum, got.Accounts[0].Balances.Current)
		}
		a.clock.Move(tokenLife)
		a.authorize()
		a.refresh(3, accountsProduct, investmentsProduct).want(t, 202)
		a.clock.Move(tokenLife / 2)
	}
}

func TestIdentityStaysTheSame(t *testing.T) {
	a := newAPI(t)
	path := "/links/" + a.link(1) + "/identity"
	before := into[identityAnswer](t, a.get(path)).Accounts[0].Owners[0]
	a.refresh(1, identityProduct).want(t, 202)
	a.clock.Move(tokenLife / 2)
	if after := into[identityAnswer](t, a.get(path)).Accounts[0].Owners[0]; after.Names[0] != before.Names[0] || after.Names[0] == "" {
		t.Errorf("%q became %q", before.Names, after.Names)
	}
}

func TestUsersSeeOnlyTheirOwnLinks(t *testing.T) {
	a := newAPI(t)
	for place := range a.box.Total {
		l := a.box.linkAt(place)
		got := into[userLinksAnswer](t, a.get("/users/"+l.User+"/links").want(t, 200))
		for id := range got.Links {
			if a.box.find(id).User != l.User {
				t.Errorf("%s sees %s", l.User, id)
			}
		}
		if _, seen := got.Links[l.id]; seen != l.listed() {
			t.Errorf("link %s: seen %t, listed %t", l.id, seen, l.listed())
		}
	}
}
