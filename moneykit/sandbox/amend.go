package sandbox

import (
	"math/rand/v2"
	"slices"

	"github.com/shopspring/decimal"
)

// settle posts what was pending, about every second one with another amount.
// Some providers do not update the pending transaction but drop it without a
// word, and bring another.
func (b *book) settle(rng *rand.Rand) {
	open := b.pending
	b.pending = nil
	for _, old := range open {
		t := *old
		t.pending = false
		if t.merchant != "" {
			t.description = t.merchant
		}
		if chance(rng, 500) {
			percent := between(rng, 101, 108)
			if t.what.tips {
				percent = between(rng, 115, 122)
			}
			t.amount = t.amount.Mul(decimal.New(int64(percent), -2)).RoundUp(places(t.account.currency))
		}
		if !b.sandbox.pendingReplaced {
			b.replace(old, &t)
			continue
		}
		old.account.drop(old)
		b.queue = append(b.queue, change{vanished, old})
		t.id = ""
		b.record(&t)
	}
}

// amend takes back or recategorises an older transaction, now and then.
func (b *book) amend(rng *rand.Rand) {
	if len(b.table) == 0 {
		return
	}
	sorted := b.sorted()
	recent := sorted[min(len(sorted)-1, 8):min(len(sorted), 90)]
	if old := pick(rng, recent); chance(rng, 300) && b.amendable(old) {
		old.account.drop(old)
		b.queue = append(b.queue, change{removed, old})
	}
	if old := pick(rng, recent); chance(rng, 350) && b.amendable(old) {
		t := *old
		t.what = purpose{category: "shopping", subcategory: "other_shopping"}
		if old.what.category == "shopping" {
			t.what = purpose{category: "home", subcategory: "household_goods"}
		}
		b.replace(old, &t)
	}
}

// amendable tells whether a published transaction can still be changed: it is
// neither one leg of several nor about to change anyway, nor the customer's.
func (b *book) amendable(t *transaction) bool {
	return !t.what.fixed && !t.pending && !slices.ContainsFunc(b.queue, func(c change) bool { return c.id == t.id })
}
