package views

import (
	"fmt"

	"github.com/shopspring/decimal"

	"till/moneykit/mirror"
	"till/ui/cell"
)

// number formats a number as amounts are, without a currency.
func number(d decimal.Decimal) string { return amount(d, "") }

// bareIn formats an amount with a currency's decimals, without naming it.
func bareIn(d decimal.Decimal, code string) string { return bare(amount(d, code), code) }

// signedIn is bareIn with a plus when money came in.
func signedIn(d decimal.Decimal, code string) string { return bare(signed(d, code), code) }

// grouped formats a count: "4,120".
func grouped(n int) string { return number(decimal.NewFromInt(int64(n))) }

// shownCurrencies is how many are added up in a line.
const shownCurrencies = 2

// sumsLine tells what transactions add up to, as much of it as fits into w cells
// behind a count.
func sumsLine(count string, sums []mirror.Sum, w int) string {
	full, nets := count, count
	for i, s := range sums {
		if i == shownCurrencies {
			full, nets = full+" · "+onItsWay, nets+" · "+onItsWay
			break
		}
		net := "net " + signed(s.Net(), s.Currency)
		full += fmt.Sprintf(" · in %s · out %s · %s", signedIn(s.In, s.Currency), bareIn(s.Out.Neg(), s.Currency), net)
		nets += " · " + net
	}
	first := count
	if len(sums) > 1 {
		first += " · net " + signed(sums[0].Net(), sums[0].Currency) + " · " + onItsWay
	}
	for _, line := range []string{full, nets, first} {
		if cell.Width(line) <= w {
			return line
		}
	}
	return count
}
