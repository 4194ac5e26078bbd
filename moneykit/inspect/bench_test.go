package inspect_test

import (
	"strings"
	"testing"

	"till/moneykit/inspect"
)

func BenchmarkShow(b *testing.B) {
	for name, body := range map[string]string{
		"accounts": `{"accounts":[` + strings.Repeat(`{"account_id":"acc","owners":[{"names":["secret"]}]},`, 40_000) + `1]}`,
		"ones":     strings.Repeat(`{"link":[`, 50) + strings.Repeat("1,", 1_000_000) + "1" + strings.Repeat(`]}`, 50),
		"deep":     strings.Repeat(`{"link":[`, 4500) + strings.Repeat(`]}`, 4500),
	} {
		e := inspect.Entry{Exchange: answered("GET", "/links", "/links", 200, body)}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = inspect.Show(e)
			}
		})
	}
}
