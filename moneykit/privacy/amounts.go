package privacy

import (
	"regexp"
	"strings"
)

// factors are what amounts may be multiplied by. Ten would show the digits.
var factors = []int{3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19}

// scaled multiplies a decimal number by factor and keeps its decimals. It reports
// whether text is such a number.
func scaled(text string, factor int) (string, bool) {
	if !decimalNumber.MatchString(text) {
		return "", false
	}
	exponent := ""
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		text, exponent = text[:e], text[e:]
	}
	out, carry := []byte(text), 0
	first := len(out)
	for i := len(out) - 1; i >= 0; i-- {
		if c := out[i]; '0' <= c && c <= '9' {
			carry += int(c-'0') * factor
			out[i], carry = '0'+byte(carry%10), carry/10
			first = i
		}
	}
	front := ""
	for ; carry > 0; carry /= 10 {
		front = string(rune('0'+carry%10)) + front
	}
	if first > 0 && out[first-1] == '.' {
		first-- // the point comes first
	}
	return string(out[:first]) + front + string(out[first:]) + exponent, true
}

// decimalNumber is a decimal number as the client reads it.
var decimalNumber = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
