package views

import (
	"reflect"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

func TestPendingOnesThatVanish(t *testing.T) {
	txn := func(id, amount string, pending bool) moneykit.Transaction {
		return moneykit.Transaction{
			ID: moneykit.TransactionID(id), AccountID: "a", Amount: decimal.RequireFromString(amount), Type: moneykit.Debit, Currency: "USD",
			Date: moneykit.Date{Year: 2026, Month: 3, Day: 9}, Description: "Coffee", Pending: pending,
		}
	}
	rows := newChangeRows(2, []mirror.Change{
		{Kind: mirror.Settled, Before: txn("p", "36", true), After: txn("s", "38.40", false), Confidence: 0.874},
		{Kind: mirror.Gone, Before: txn("q", "5", true)},
	}, names{"a": "Checking"})
	var got []string
	for i := range rows.Len() {
		var line []string
		for _, cell := range rows.Row(i) {
			line = append(line, cell.Text)
		}
		got = append(got, strings.Join(line, "|"))
	}
	want := []string{
		"~|2026-03-09|Coffee|Checking|−38.40 USD|",
		"|settled|from pending · 87 % sure|||",
		"|amount|−36.00 USD → −38.40 USD|||",
		"−|2026-03-09|Coffee|Checking|−5.00 USD|gone",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(rows.net) != 1 || !rows.net[netKey{"a", "USD"}].Equal(decimal.RequireFromString("2.6")) {
		t.Errorf("net %v", rows.net)
	}
}
