package moneykit_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"till/moneykit"
)

func TestMoneyIsExact(t *testing.T) {
	for number, want := range map[string]string{
		"0.1":                      "0.1",
		"1e3":                      "1000",
		"-0.30000000000000004":     "-0.30000000000000004",
		"12345678901234567890.123": "12345678901234567890.123",
		"0":                        "0",
		"-12.50":                   "-12.5",
		`"7.10"`:                   "7.1",
	} {
		body := strings.Replace(account, `"balances":{}`, `"balances":{"currency":"XBT","current":`+number+`,"available":null}`, 1)
		c := inMemory(t, &api{handle: answer(200, `{"accounts":[`+body+`],"link":`+link()+`}`)})
		got, err := c.Accounts(t.Context(), linkID)
		if err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		balances := got.Accounts[0].Balances
		if !balances.Current.Valid || balances.Current.Decimal.String() != want {
			t.Errorf("%s became %v", number, balances.Current)
		}
		if balances.Available.Valid || balances.Limit.Valid || !balances.Date.IsZero() || balances.Currency != "XBT" {
			t.Errorf("%s: what is null or absent came out as %+v", number, balances)
		}
	}
}

func TestTransactionDecodes(t *testing.T) {
	const wire = `{"transaction_id":"t1","account_id":"a1","amount":"12345678901234567890.10","type":"debit","currency":"JPY","date":"2024-02-29",
		"datetime":"2024-02-29T23:59:59.123456+09:00","description":null,"raw_description":"raw","pending":true,"category":null,"original_id":"x",
		"enrichment":{"category":{"value":"travel","confidence":80},"subcategory":null,"merchant":{"id":null,"name":"M","logo":null,"confidence":null},
			"processor":null,"recurrence":{"frequency":"monthly","next_predicted_date":"2024-03-31"}}}`
	var got moneykit.Transaction
	must(json.Unmarshal([]byte(wire), &got))
	same(t, "amount", got.Amount.String(), "12345678901234567890.1")
	same(t, "signed", got.Signed().String(), "-12345678901234567890.1")
	same(t, "date", got.Date, moneykit.Date{Year: 2024, Month: time.February, Day: 29})
	same(t, "time", got.Time.UTC(), time.Date(2024, 2, 29, 14, 59, 59, 123456000, time.UTC))
	same(t, "texts", []string{got.Description, got.RawDescription, got.Category, got.Currency}, []string{"", "raw", "", "JPY"})
	same(t, "pending", got.Pending, true)
	e := got.Enrichment
	if e.Category.Value != "travel" || *e.Category.Confidence != 80 || e.Subcategory != nil || e.Merchant.Name != "M" ||
		e.Merchant.Confidence != nil || e.Processor != nil || e.Recurrence.Next.String() != "2024-03-31" {
		t.Errorf("enrichment %+v", e)
	}
	got.Type = "reversal"
	same(t, "an unknown direction enters", got.Signed().String(), "12345678901234567890.1")
}

func TestUnknownCasesAndFieldsAreKept(t *testing.T) {
	body := link("state", `"hibernating"`, "error_code", `"bank_on_fire"`, "provider", `"newcomer"`, "shiny_new", `{"a":[1]}`,
		"available_products", `["crypto"]`, "link_tags", `["a","b"]`, "last_synced_at", `"2026-03-09T12:00:00Z"`,
		"products", `{"crypto":{"refreshed_at":null},"identity":null,"transactions":{"refreshed_at":"2026-03-09T12:00:00.5Z",
			"last_attempted_at":null,"error_code":"moon_phase","error_message":"m","unavailable":"u","has_history":true}}`)
	got, err := inMemory(t, &api{handle: answer(200, body)}).Link(t.Context(), linkID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "state", got.State, "hibernating")
	same(t, "error", got.ErrorCode, "bank_on_fire")
	same(t, "provider", got.Provider, "newcomer")
	same(t, "available", got.AvailableProducts, []moneykit.Product{"crypto"})
	same(t, "tags", got.LinkTags, []string{"a", "b"})
	same(t, "synced", got.LastSyncedAt, time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC))
	want := moneykit.ProductStatus{
		RefreshedAt: time.Date(2026, 3, 9, 12, 0, 0, 500e6, time.UTC), ErrorCode: "moon_phase", ErrorMessage: "m", Unavailable: "u", HasHistory: true,
	}
	count := 0
	for product, status := range got.Products.All() {
		count++
		same(t, "product", product, moneykit.ProductTransactions)
		same(t, "status", *status, want)
	}
	if count != 1 || got.Products.Of("crypto") != nil || got.Products.Of(moneykit.ProductIdentity) != nil {
		t.Errorf("products %+v", got.Products)
	}
	if !strings.Contains(string(got.Body), "shiny_new") {
		t.Error("the body as it came is lost")
	}
}

func TestProductsKeepTheContractsOrder(t *testing.T) {
	var all moneykit.LinkProducts
	must(json.Unmarshal([]byte(`{"enrichment":{},"investments":{},"transactions":{},"identity":{},"account_numbers":{},"accounts":{}}`), &all))
	var got []moneykit.Product
	for product := range all.All() {
		got = append(got, product)
	}
	same(t, "order", got, moneykit.Products())
	for range all.All() {
		break // a walk may stop
	}
}

func TestNullLinksAreNone(t *testing.T) {
	page, err := inMemory(t, &api{handle: answer(200, `{"links":null}`)}).LinksPage(t.Context(), "", 0)
	if err != nil || len(page.Links) != 0 || page.Next != "" {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestLiabilities(t *testing.T) {
	for kind, want := range map[moneykit.AccountType]bool{
		"liability.credit_card": true, "liability": true, "loan.mortgage": true, "credit_card": true,
		"depository.checking": false, "investment.ira": false, "other.liability": false, "unknown": false, "": false, "liability_fund.x": false,
	} {
		same(t, string(kind), kind.Liability(), want)
	}
}

func TestDate(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-03-09"`: `"2026-03-09"`, `"0999-12-31"`: `"0999-12-31"`, `null`: `null`, `"2024-02-29"`: `"2024-02-29"`,
	} {
		var d moneykit.Date
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		out, err := json.Marshal(d)
		if err != nil || string(out) != want {
			t.Errorf("%s came out as %s, %v", text, out, err)
		}
	}
	for _, text := range []string{`"2026-02-29"`, `"2026-3-9"`, `"09/03/2026"`, `""`, `20260309`, `"2026-03-09T00:00:00Z"`} {
		var d moneykit.Date
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%s was taken as %v", text, d)
		}
	}
	east := time.Date(2026, 3, 9, 23, 0, 0, 0, time.FixedZone("", 9*3600))
	same(t, "the day of a time is the one of its own zone", moneykit.DateOf(east), moneykit.Date{Year: 2026, Month: 3, Day: 9})
	early, late := moneykit.Date{Year: 2025, Month: 12, Day: 31}, moneykit.Date{Year: 2026, Month: 1, Day: 1}
	if early.Compare(late) >= 0 || late.Compare(early) <= 0 || early.Compare(early) != 0 {
		t.Error("dates are not ordered")
	}
	if none := (moneykit.Date{}); !none.IsZero() || none.String() != "" {
		t.Error("the zero date stands for none")
	}
}
