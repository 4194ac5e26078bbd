package privacy

import (
	"regexp"
	"strings"
)

// factors are what prices and quantities may be multiplied by, and amounts by both: what
// is held stays worth its price times its quantity. Ten would show the digits.
var factors = [][2]int{
	{2, 2},
	{2, 3},
	{2, 4},
	{2, 6},
	{2, 7},
	{2, 8},
	{2, 9},
	{3, 2},
	{3, 3},
	{3, 4},
	{3, 5},
	{3, 6},
	{4, 2},
	{4, 3},
	{4, 4},
	{5, 3},
	{6, 2},
	{6, 3},
	{7, 2},
	{8, 2},
	{9, 2},
}

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
