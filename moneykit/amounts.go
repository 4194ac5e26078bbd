package moneykit

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"
)

// What an amount may be at most: its exponent in base ten either way, and how
// many bytes its text may have. Beyond, a few bytes would become megabytes when
// they are printed, and the time to read digits grows with their square.
const (
	maxExponent = 100
	maxAmount   = 128
)

var errNoMoney = errors.New("an amount has more digits than money can have")

// bounded wants each amount to have an exponent that money can have.
func bounded(amounts ...decimal.NullDecimal) error {
	for _, a := range amounts {
		if e := a.Decimal.Exponent(); e > maxExponent || e < -maxExponent {
			return errNoMoney
		}
	}
	return nil
}

// known is an amount that is always there.
func known(d decimal.Decimal) decimal.NullDecimal { return decimal.NewNullDecimal(d) }

// careful refuses the text of an amount before it is read. It slows all of the
// decoding down, so it is for answers with a longNumber alone.
var careful = json.JoinOptions(tolerant, json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFunc(func(text []byte, d *decimal.Decimal) error { return short(text, d) }),
	json.UnmarshalFunc(func(text []byte, d *decimal.NullDecimal) error { return short(text, d) }),
)))

func short(text []byte, d json.Unmarshaler) error {
	if len(text) > maxAmount {
		return errNoMoney
	}
	return d.UnmarshalJSON(text)
}

// longNumber reports whether body has a run of digits that is too long for an
// amount. It looks where such a run cannot be missed, and so at few bytes.
func longNumber(body []byte) bool {
	digit := func(i int) bool { return body[i] >= '0' && body[i] <= '9' || body[i] == '.' }
	for i := maxAmount - 1; i < len(body); i += maxAmount {
		if !digit(i) {
			continue
		}
		first, after := i, i+1
		for first > 0 && digit(first-1) {
			first--
		}
		for after < len(body) && digit(after) {
			after++
		}
		if after-first >= maxAmount {
			return true
		}
	}
	return false
}
