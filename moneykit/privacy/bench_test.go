package privacy

import (
	"fmt"
	"strings"
	"testing"
)

// page is a page of a sync as the Sandbox writes it.
func page(n int) []byte {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"transaction_id":"txn_%022d","account_id":"acc_%022d","amount":"%d.25","type":"debit","currency":"USD",`+
			`"date":"2026-03-09","datetime":"2026-03-09T12:00:00Z","description":"Shop %d","raw_description":"SHOP %d 0042 SPRINGFIELD","pending":false,`+
			`"category":"groceries","enrichment":{"category":{"value":"food_and_drink","confidence":97},"subcategory":{"value":"groceries","confidence":91},`+
			`"merchant":{"id":"mer_%d","name":"Shop %d","logo":null,"confidence":90},"processor":null,"recurrence":null},"original_id":null}`, i, i%3, i, i, i, i, i))
	}
	return []byte(`{"transactions":{"created":[` + strings.Join(all, ",") + `],"updated":[],"removed":[]},"accounts":[],"cursor":{"next":"c_1"},"has_more":false}`)
}

func BenchmarkPageOf500(b *testing.B) {
	m, body := newMask(1), page(500)
	op, _ := find("GET", strings.Split("/links/x/transactions/sync", "/"))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.answer(body, 200, op.answer); err != nil {
			b.Fatal(err)
		}
	}
}
