package mirror

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"till/moneykit"
)

// seen makes a transaction of a day in March, which the second page brought when it
// is settled, and which only the first showed when not.
func seen(id, amount string, day int, description, raw string, edits ...func(*held)) held {
	h := held{version: 2, Transaction: moneykit.Transaction{
		ID: moneykit.TransactionID(id), AccountID: "checking", Amount: decimal.RequireFromString(amount),
		Type: moneykit.Debit, Currency: "USD", Date: moneykit.Date{Year: 2026, Month: 3, Day: day},
		Description: description, RawDescription: raw, Pending: id[0] == 'p',
	}}
	if h.Pending {
		h.version, h.seen = 1, 1
	}
	for _, edit := range edits {
		edit(&h)
	}
	return h
}

func TestMatch(t *testing.T) {
	original := func(id string) func(*held) { return func(h *held) { h.OriginalID = id } }
	merchant := func(name string) func(*held) {
		return func(h *held) {
			h.Enrichment = &moneykit.Enrichment{Merchant: &moneykit.Party{Name: name}}
		}
	}
	for _, x := range []struct {
		name             string
		pending, settled []held
		want             []string
	}{
		{
			"a raw text that the bank cleans",
			[]held{seen("p", "4.75", 9, "SQ *BLUE BOTTLE 123", "")},
			[]held{seen("s", "4.75", 9, "Blue Bottle", "")},
			[]string{"p s 0.99"},
		},
		{
			"a day later",
			[]held{seen("p", "4.75", 9, "SQ *BLUE BOTTLE 123", "")},
			[]held{seen("s", "4.75", 10, "Blue Bottle Coffee", "BLUE BOTTLE OAKLAND CA")},
			[]string{"p s 0.96"},
		},
		{
			"a day before",
			[]held{seen("p", "9", 9, "Netflix", "")},
			[]held{seen("s", "9", 8, "Netflix.com", "")},
			[]string{"p s 0.90"},
		},
		{"two days before", []held{seen("p", "9", 9, "Netflix", "")}, []held{seen("s", "9", 7, "Netflix", "")}, nil},
		{
			"eight days later",
			[]held{seen("p", "9", 9, "Netflix", "")},
			[]held{seen("s", "9", 17, "Netflix", "")},
			[]string{"p s 0.68"},
		},
		{"nine days later", []held{seen("p", "9", 9, "Netflix", "")}, []held{seen("s", "9", 18, "Netflix", "")}, nil},
		{
			"a tip",
			[]held{seen("p", "40", 9, "TST* LUPA TRATTORIA", "")},
			[]held{seen("s", "48", 11, "Lupa Trattoria", "")},
			[]string{"p s 0.73"},
		},
		{
			"a tip of a quarter",
			[]held{seen("p", "40", 9, "Lupa", "")},
			[]held{seen("s", "50", 9, "Lupa", "")},
			[]string{"p s 0.75"},
		},
		{
			"fuel, authorised for one",
			[]held{seen("p", "1", 9, "SHELL OIL 5744", "")},
			[]held{seen("s", "58.20", 10, "Shell", "")},
			[]string{"p s 0.58"},
		},
		{
			"a hotel that took less than it held",
			[]held{seen("p", "400", 9, "MARRIOTT", "")},
			[]held{seen("s", "310.55", 12, "Marriott Downtown", "")},
			[]string{"p s 0.53"},
		},
		{"less than half of what was held", []held{seen("p", "400", 9, "MARRIOTT", "")}, []held{seen("s", "199", 9, "Marriott", "")}, nil},
		{"more than a hundred times", []held{seen("p", "1", 9, "SHELL", "")}, []held{seen("s", "101", 9, "Shell", "")}, nil},
		{"less than was ever held for so much", []held{seen("p", "1.51", 9, "SHELL", "")}, []held{seen("s", "58.20", 9, "Shell", "")}, nil},
		{"a later ride", []held{seen("p", "12", 9, "UBER TRIP", "")}, []held{seen("s", "30", 10, "Uber Trip", "")}, nil},
		{"nothing was held", []held{seen("p", "0", 9, "SHELL", "")}, []held{seen("s", "20", 9, "Shell", "")}, nil},
		{"the same amount elsewhere", []held{seen("p", "5", 9, "Cafe Luna", "")}, []held{seen("s", "5", 9, "City Parking", "")}, nil},
		{
			"only words of the bank's are shared",
			[]held{seen("p", "5", 9, "", "POS DEBIT CARD PURCHASE SHELL")},
			[]held{seen("s", "5", 9, "", "POS DEBIT CARD PURCHASE KROGER")},
			nil,
		},
		{
			"no text",
			[]held{seen("p", "5", 9, "PENDING 4711", "")},
			[]held{seen("s", "5", 11, "Cafe Luna", "")},
			[]string{"p s 0.64"},
		},
		{
			"a word cut short",
			[]held{seen("p", "5", 9, "STARBU", "")},
			[]held{seen("s", "5", 9, "Starbucks", "")},
			[]string{"p s 0.99"},
		},
		{
			"half of a text",
			[]held{seen("p", "5", 9, "UBER TRIP", "")},
			[]held{seen("s", "5", 9, "Uber Eats", "")},
			[]string{"p s 0.65"},
		},
		{
			"the merchant is known",
			[]held{seen("p", "5", 9, "AMZN MKTP US", "")},
			[]held{seen("s", "5", 9, "Amazon", "", merchant("AMZN Marketplace"))},
			[]string{"p s 0.58"},
		},
		{
			"the provider's id, whatever else",
			[]held{seen("p", "5", 9, "Cafe Luna", "", original("o1"))},
			[]held{seen("s", "500", 28, "City Parking", "", original("o1"))},
			[]string{"p s 1.00"},
		},
		{
			"another account, type or currency",
			[]held{seen("p", "5", 9, "Luna", "", original("o1"))},
			[]held{
				seen("s1", "5", 9, "Luna", "", original("o1"), func(h *held) { h.AccountID = "savings" }),
				seen("s2", "5", 9, "Luna", "", original("o1"), func(h *held) { h.Type = moneykit.Credit }),
				seen("s3", "5", 9, "Luna", "", original("o1"), func(h *held) { h.Currency = "EUR" }),
			},
			nil,
		},
		{
			"it came when the pending one was still seen",
			[]held{seen("p", "5", 9, "Luna", "", func(h *held) { h.seen = 2 })},
			[]held{seen("s", "5", 9, "Luna", "")},
			nil,
		},
		{
			"two equal coffees on a day",
			[]held{seen("p1", "4.75", 9, "SQ *BLUE BOTTLE", ""), seen("p2", "4.75", 9, "SQ *BLUE BOTTLE", "")},
			[]held{seen("s1", "4.75", 9, "Blue Bottle", ""), seen("s2", "4.75", 9, "Blue Bottle", "")},
			[]string{"p1 s1 0.99", "p2 s2 0.99"},
		},
		{
			"two coffees, of which one is not settled yet",
			[]held{seen("p1", "4.75", 8, "SQ *BLUE BOTTLE", ""), seen("p2", "4.75", 9, "SQ *BLUE BOTTLE", "")},
			[]held{seen("s", "4.75", 9, "Blue Bottle", "")},
			[]string{"p2 s 0.99"},
		},
		{
			"the better amount first",
			[]held{seen("p1", "10", 9, "Luna", ""), seen("p2", "11", 9, "Luna", "")},
			[]held{seen("s1", "11", 9, "Luna", ""), seen("s2", "12", 9, "Luna", "")},
			[]string{"p2 s1 0.99", "p1 s2 0.79"},
		},
		{"nothing", nil, nil, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			for range 2 { // in either order
				var got []string
				for _, p := range match(x.pending, x.settled) {
					got = append(got, fmt.Sprintf("%s %s %.2f", p.pending.ID, p.settled.ID, p.confidence))
				}
				if !reflect.DeepEqual(got, x.want) {
					t.Errorf("got %v, want %v", got, x.want)
				}
				slices.Reverse(x.pending)
				slices.Reverse(x.settled)
			}
		})
	}
}
