package views

import (
	"testing"

	"github.com/shopspring/decimal"

	"till/moneykit"
)

func TestAmount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, currency, amount, signed string }{
		{"1234.5", "USD", "1,234.50 USD", "+1,234.50 USD"},
		{"-1234.5", "USD", "−1,234.50 USD", "−1,234.50 USD"},
		{"0", "USD", "0.00 USD", "0.00 USD"},
		{"-0.00", "USD", "0.00 USD", "0.00 USD"},
		{"101422", "JPY", "101,422 JPY", "+101,422 JPY"},
		{"1500.00", "JPY", "1,500 JPY", "+1,500 JPY"},
		{"1.5", "JPY", "1.5 JPY", "+1.5 JPY"},
		{"12.50000", "USD", "12.50 USD", "+12.50 USD"},
		{"14188.865", "KWD", "14,188.865 KWD", "+14,188.865 KWD"},
		{"12.3", "KWD", "12.300 KWD", "+12.300 KWD"},
		{"0.000000012", "BTC", "0.000000012 BTC", "+0.000000012 BTC"},
		{"1e3", "EUR", "1,000.00 EUR", "+1,000.00 EUR"},
		{"999", "usd", "999.00 usd", "+999.00 usd"},
		{"123456789012345678.91", "GBP", "123,456,789,012,345,678.91 GBP", "+123,456,789,012,345,678.91 GBP"},
		{"100", "POINTS", "100 POINTS", "+100 POINTS"},
		{"7.10", "", "7.10", "+7.10"},
		{"7.1", "\x1b[2J", "7.1 ␛[2J", "+7.1 ␛[2J"},
	} {
		d := decimal.RequireFromString(c.in)
		if got := amount(d, c.currency); got != c.amount {
			t.Errorf("amount(%s, %q) = %q, want %q", c.in, c.currency, got, c.amount)
		}
		if got := signed(d, c.currency); got != c.signed {
			t.Errorf("signed(%s, %q) = %q, want %q", c.in, c.currency, got, c.signed)
		}
	}
}

// What is owed reads as owed, whichever way the account counts.
func TestBalance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    moneykit.AccountType
		current string
		want    string
	}{
		{"depository.checking", "120.5", "120.50 USD"},
		{"depository.checking", "-120.5", "120.50 USD owed"},
		{"liability.credit_card", "120.5", "120.50 USD owed"},
		{"liability.credit_card", "-20", "20.00 USD in credit"},
		{"liability.mortgage", "0", "0.00 USD"},
		{"credit_card", "1", "1.00 USD owed"},
		{"loan.student", "1", "1.00 USD owed"},
		{"investment.brokerage", "-5", "5.00 USD owed"},
		{"unknown", "5", "5.00 USD"},
	} {
		a := moneykit.Account{Type: c.kind, Balances: moneykit.Balances{Currency: "USD"}}
		got, _ := balance(a, decimal.NewNullDecimal(decimal.RequireFromString(c.current)))
		if got != c.want {
			t.Errorf("%s %s reads %q, want %q", c.kind, c.current, got, c.want)
		}
	}
	if got, _ := balance(moneykit.Account{}, decimal.NullDecimal{}); got != none {
		t.Errorf("no balance reads %q", got)
	}
}
