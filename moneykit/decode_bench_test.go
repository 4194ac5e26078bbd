package moneykit_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"till/moneykit"
)

// TestLongNumbersCostLittle is for a server that is not MoneyKit's: reading the
// digits of an amount takes time and memory with their square.
func TestLongNumbersCostLittle(t *testing.T) {
	digits := strings.Repeat("7", 1<<20)
	allocated := func(body string) (uint64, error) {
		c := inMemory(t, &api{handle: answer(200, body)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.Accounts(t.Context(), linkID)
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20, err
	}
	for _, place := range []string{`"balances":{"limit":%s}`, `"balances":{"limit":"%s"}`} {
		body := `{"accounts":[{` + fmt.Sprintf(place, digits) + `}]}`
		if mb, err := allocated(body); err == nil || mb > 100 {
			t.Errorf("%v, with %d MB", err, mb)
		}
	}
	// Elsewhere they are text like any other.
	for _, place := range []string{`"account_mask":"%s"`, `"mood":%s`} {
		body := `{"accounts":[{"balances":{"limit":"1"},` + fmt.Sprintf(place, digits) + `}]}`
		if mb, err := allocated(body); err != nil || mb > 100 {
			t.Errorf("%v, with %d MB", err, mb)
		}
	}
}

// BenchmarkTransactionsPage reads 500 transactions as the service sends them.
func BenchmarkTransactionsPage(b *testing.B) {
	var page strings.Builder
	page.WriteString(`{"total":500,"page":1,"size":500,"accounts":[],"link":` + link() + `,"transactions":[`)
	for i := range 500 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"transaction_id":"txn_%016d","account_id":"acc_0123456789","amount":"%d.%02d","type":"debit","currency":"USD",
			"date":"2026-03-09","datetime":"2026-03-09T12:00:00Z","description":"Coffee at the corner %d","raw_description":"POS 4711 COFFEE CORNER %d",
			"pending":false,"category":"food_and_drink","original_id":null,"enrichment":{"category":{"value":"food_and_drink","confidence":90},
			"subcategory":{"value":"cafes_and_coffee_shops","confidence":80},"merchant":{"id":"m_%d","name":"Corner","logo":null,"confidence":70},
			"processor":null,"recurrence":null}}`, i, i*7, i%100, i, i, i)
	}
	page.WriteString(`]}`)
	c := inMemory(b, &api{handle: answer(200, page.String())}, moneykit.WithRateLimit(0, 0))
	b.SetBytes(int64(page.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.TransactionsPage(b.Context(), linkID, 1, moneykit.TransactionsQuery{}); err != nil {
			b.Fatal(err)
		}
	}
}
