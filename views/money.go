package views

import (
	"strings"

	"github.com/bojanz/currency"
	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/ui/termsafe"
	"till/ui/theme"
)

const (
	minus = "−" // wider and clearer than a hyphen
	none  = "—"
	// exact keeps every decimal that the API sent.
	exact = 255
)

// amount formats d in a currency with that currency's decimals, and with a
// minus when it is negative: "−1,234.50 USD", "12,000 JPY".
func amount(d decimal.Decimal, code string) string {
	sign := ""
	if d.IsNegative() {
		sign = minus
	}
	return sign + magnitude(d.Abs(), code)
}

// signed is amount with a plus when money came in.
func signed(d decimal.Decimal, code string) string {
	if d.IsPositive() {
		return "+" + magnitude(d, code)
	}
	return amount(d, code)
}

func magnitude(d decimal.Decimal, code string) string {
	shown := termsafe.Line(code)
	value, err := currency.NewAmount(d.String(), strings.ToUpper(code))
	if err != nil {
		// "ISO 4217 or similar": an unknown code keeps the number as it came.
		return strings.TrimSpace(d.String() + " " + shown)
	}
	f := currency.NewFormatter(currency.NewLocale("en"))
	f.CurrencyDisplay = currency.DisplayNone
	f.MaxDigits = exact
	return f.Format(value) + " " + shown
}

// balance formats an account's balance so that what is owed reads as owed:
// liabilities count it positive, all other accounts negative.
func balance(a moneykit.Account, d decimal.NullDecimal) (string, theme.Role) {
	if !d.Valid {
		return none, theme.Muted
	}
	owed := d.Decimal
	if !a.Type.Liability() {
		owed = owed.Neg()
	}
	code := a.Balances.Currency
	switch {
	case owed.IsPositive():
		return magnitude(owed, code) + " owed", theme.Warn
	case a.Type.Liability() && owed.IsNegative():
		return magnitude(owed.Abs(), code) + " in credit", theme.Good
	}
	return magnitude(owed.Abs(), code), theme.Text
}

// direction is the role in which an amount is painted.
func direction(d decimal.Decimal) theme.Role {
	if d.IsPositive() {
		return theme.Good
	}
	return theme.Text
}
