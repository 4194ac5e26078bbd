package sandbox

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"
)

// places is how many decimals amounts in a currency are written with.
func places(currency string) int32 {
	switch currency {
	case "JPY":
		return 0
	case "KWD":
		return 3
	default:
		return 2
	}
}

// amount turns a price thought of in US cents into a believable one in another
// currency.
func amount(cents int, currency string) decimal.Decimal {
	var rate decimal.Decimal
	switch currency {
	case "GBP":
		rate = decimal.New(79, -2)
	case "EUR":
		rate = decimal.New(92, -2)
	case "JPY":
		rate = decimal.New(148, 0)
	case "KWD":
		rate = decimal.New(307, -3)
	default:
		return decimal.New(int64(cents), -2)
	}
	return decimal.New(int64(cents), -2).Mul(rate).Round(places(currency))
}

// exactly writes an amount with its currency's decimals, or with more where it
// has more.
func exactly(d decimal.Decimal, currency string) string {
	if -d.Exponent() <= places(currency) {
		return d.StringFixed(places(currency))
	}
	_, fraction, _ := strings.Cut(d.String(), ".") // without zeros at its end
	return d.StringFixed(max(places(currency), int32(len(fraction))))
}

// number writes an amount as a JSON number with its currency's decimals.
func number(d decimal.Decimal, currency string) *json.Number {
	n := json.Number(d.StringFixed(places(currency)))
	return &n
}
