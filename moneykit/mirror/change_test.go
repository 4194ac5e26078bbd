package mirror_test

import (
	"testing"

	"till/moneykit"
	"till/moneykit/mirror"
)

func TestFields(t *testing.T) {
	enriched := func(category, subcategory, merchant string) func(*moneykit.Transaction) {
		return func(t *moneykit.Transaction) {
			t.Enrichment = &moneykit.Enrichment{Category: moneykit.Guess{Value: category}}
			if subcategory != "" {
				t.Enrichment.Subcategory = &moneykit.Guess{Value: subcategory}
			}
			if merchant != "" {
				t.Enrichment.Merchant = &moneykit.Party{Name: merchant}
			}
		}
	}
	for _, x := range []struct {
		name          string
		before, after moneykit.Transaction
		want          []mirror.FieldChange
	}{
		{"settled", txn("a", pending), txn("a"), []mirror.FieldChange{{Field: mirror.FieldStatus, Old: "pending", New: "posted"}}},
		{"back to pending", txn("a"), txn("a", pending), []mirror.FieldChange{{Field: mirror.FieldStatus, Old: "posted", New: "pending"}}},
		{"amount", txn("a", amount("36")), txn("a", amount("38.4")), []mirror.FieldChange{{Field: mirror.FieldAmount, Old: "-36 USD", New: "-38.4 USD"}}},
		{"the same amount", txn("a", amount("36")), txn("a", amount("36.00")), nil},
		{
			"direction", txn("a"), txn("a", func(t *moneykit.Transaction) { t.Type = moneykit.Credit }),
			[]mirror.FieldChange{{Field: mirror.FieldAmount, Old: "-12.5 USD", New: "12.5 USD"}},
		},
		{
			"currency", txn("a"), txn("a", func(t *moneykit.Transaction) { t.Currency = "EUR" }),
			[]mirror.FieldChange{{Field: mirror.FieldAmount, Old: "-12.5 USD", New: "-12.5 EUR"}},
		},
		{"date", txn("a"), txn("a", on(10)), []mirror.FieldChange{{Field: mirror.FieldDate, Old: "2026-03-09", New: "2026-03-10"}}},
		{"account", txn("a"), txn("a", in("savings")), []mirror.FieldChange{{Field: mirror.FieldAccount, Old: "checking", New: "savings"}}},
		{
			"category", txn("a", func(t *moneykit.Transaction) { t.Category = "income" }), txn("a", enriched("transfers", "", "")),
			[]mirror.FieldChange{{Field: mirror.FieldCategory, Old: "income", New: "transfers"}},
		},
		{
			"subcategory and merchant", txn("a", enriched("transfers", "", "")), txn("a", enriched("transfers", "transfers_in", "Bank")),
			[]mirror.FieldChange{{Field: mirror.FieldCategory, Old: "transfers", New: "transfers_in"}, {Field: mirror.FieldMerchant, New: "Bank"}},
		},
		{
			"all at once, the most telling first", txn("a", pending),
			txn("a", amount("9"), on(8), in("b"), enriched("c", "", "m"), func(t *moneykit.Transaction) { t.Description = "Tea" }),
			[]mirror.FieldChange{
				{Field: mirror.FieldStatus, Old: "pending", New: "posted"},
				{Field: mirror.FieldAmount, Old: "-12.5 USD", New: "-9 USD"},
				{Field: mirror.FieldDate, Old: "2026-03-09", New: "2026-03-08"},
				{Field: mirror.FieldAccount, Old: "checking", New: "b"},
				{Field: mirror.FieldDescription, Old: "Coffee", New: "Tea"},
				{Field: mirror.FieldCategory, New: "c"},
				{Field: mirror.FieldMerchant, New: "m"},
			},
		},
		{"what is not shown", txn("a"), txn("a", func(t *moneykit.Transaction) { t.RawDescription = "COFFEE 123" }), nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			same(t, "fields", mirror.Change{Kind: mirror.Updated, Before: x.before, After: x.after}.Fields(), x.want)
			for _, kind := range []mirror.Kind{mirror.Created, mirror.Removed} {
				if fields := (mirror.Change{Kind: kind, Before: x.before, After: x.after}).Fields(); fields != nil {
					t.Errorf("%s: %v", kind, fields)
				}
			}
		})
	}
}

func TestNewestVersion(t *testing.T) {
	before, after := txn("a", pending), txn("a")
	for kind, want := range map[mirror.Kind]moneykit.Transaction{mirror.Created: after, mirror.Updated: after, mirror.Removed: before} {
		same(t, string(kind), mirror.Change{Kind: kind, Before: before, After: after}.Transaction(), want)
	}
}
