package watch_test

import (
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

func TestNextAllowed(t *testing.T) {
	limits := map[moneykit.Product]time.Duration{
		moneykit.ProductAccounts: time.Hour, moneykit.ProductTransactions: time.Hour,
		moneykit.ProductAccountNumbers: 24 * time.Hour, moneykit.ProductIdentity: 24 * time.Hour,
	}
	for _, p := range append(moneykit.Products(), "loans") {
		limit := limits[p]
		if got := watch.Limit(p); got != limit {
			t.Errorf("%s: %v", p, got)
		}
		attempted := found(0, with(p, moneykit.ProductStatus{LastAttemptedAt: dawn})).Link
		ends := dawn.Add(limit)
		for _, x := range []struct {
			name string
			link *moneykit.Link
			now  time.Time
			want time.Time
		}{
			{"just attempted", attempted, dawn, ends},
			{"a moment before the end", attempted, ends.Add(-1), ends},
			{"at the end", attempted, ends, time.Time{}},
			{"after the end", attempted, ends.Add(time.Hour), time.Time{}},
			{"refreshed and not attempted", found(0, with(p, moneykit.ProductStatus{RefreshedAt: dawn})).Link, dawn, time.Time{}},
			{"unavailable", found(0, with(p, moneykit.ProductStatus{LastAttemptedAt: dawn, Unavailable: "x"})).Link, dawn, time.Time{}},
			{"a failure counts", found(0, with(p, moneykit.ProductStatus{LastAttemptedAt: dawn, ErrorCode: "timeout"})).Link, dawn, ends},
			{"without the product", found(0).Link, dawn, time.Time{}},
			{"without a link", nil, dawn, time.Time{}},
		} {
			if limit == 0 || p == "loans" {
				x.want = time.Time{}
			}
			if got := watch.NextAllowed(x.link, p, x.now); !got.Equal(x.want) {
				t.Errorf("%s, %s: %v, want %v", p, x.name, got, x.want)
			}
		}
	}
}
