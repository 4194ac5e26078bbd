package views

import (
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"

	"till/moneykit"
	"till/ui/termsafe"
	"till/ui/theme"
)

const (
	minus = "−" // wider and clearer than a hyphen
	none  = "—"
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
	return strings.TrimSpace(figures(d, code) + " " + termsafe.Line(code))
}

// figures is an amount of a currency without its code.
func figures(d decimal.Decimal, code string) string {
	if d.IsNegative() {
		return minus + figures(d.Abs(), code)
	}
	// "ISO 4217 or similar": an unknown code keeps the decimals that came.
	decimals := -d.Exponent()
	if unit, err := currency.ParseISO(code); err == nil {
		digits, _ := currency.Standard.Rounding(unit)
		for decimals > int32(digits) && d.Equal(d.Truncate(decimals-1)) {
			decimals-- // zeros beyond the currency's own decimals say nothing
		}
		decimals = max(decimals, int32(digits))
	}
	whole, fraction, _ := strings.Cut(d.StringFixed(max(0, decimals)), ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
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

// bare takes the currency off an amount, where a title tells it.
func bare(amount, code string) string {
	if code = termsafe.Line(code); code == "" {
		return amount
	}
	return strings.Replace(amount, " "+code, "", 1)
}

// direction is the role in which an amount is painted.
func direction(d decimal.Decimal) theme.Role {
	if d.IsPositive() {
		return theme.Good
	}
	return theme.Text
}
