package mirror

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// tally adds transactions up, in all and by month and category.
type tally struct {
	sums       sums
	months     map[int64]sums // by the day that they begin with
	categories map[string]sums
	first, end int64 // of the month of the last one, which the next one is likely in
	month      sums
}

// sums are by currency.
type sums map[string]*Sum

func (t *tally) add(day int64, value, currency, category string) error {
	amount, err := decimal.NewFromString(value)
	if err != nil {
		return ErrDamaged
	}
	t.sums.add(currency, amount)
	if t.month == nil || day < t.first || day >= t.end {
		t.turn(day)
	}
	t.month.add(currency, amount)
	group, ok := t.categories[category]
	if !ok {
		group = sums{}
		t.categories[category] = group
	}
	group.add(currency, amount)
	return nil
}

// turn goes to the month that a day is in.
func (t *tally) turn(day int64) {
	date := time.Unix(day*secondsOfDay, 0).UTC()
	first := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
	t.first, t.end = first.Unix()/secondsOfDay, first.AddDate(0, 1, 0).Unix()/secondsOfDay
	if t.month = t.months[t.first]; t.month == nil {
		t.month = sums{}
		t.months[t.first] = t.month
	}
}

func (s sums) add(currency string, amount decimal.Decimal) {
	sum, ok := s[currency]
	if !ok {
		sum = &Sum{Currency: currency}
		s[currency] = sum
	}
	sum.Count++
	if amount.IsNegative() {
		sum.Out = sum.Out.Sub(amount)
	} else {
		sum.In = sum.In.Add(amount)
	}
}

// list is the sums, the one of most transactions first.
func (s sums) list() []Sum {
	list := make([]Sum, 0, len(s))
	for _, sum := range s {
		list = append(list, *sum)
	}
	slices.SortFunc(list, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Currency, b.Currency))
	})
	return list
}

// byMonth is oldest first.
func (t *tally) byMonth() []Group {
	var groups []Group
	for _, first := range slices.Sorted(maps.Keys(t.months)) {
		name := time.Unix(first*secondsOfDay, 0).UTC().Format("2006-01")
		groups = append(groups, Group{name, t.months[first].list()})
	}
	return groups
}

// byCategory has those first that moved most in their first currency.
func (t *tally) byCategory() []Group {
	var groups []Group
	for name, sums := range t.categories {
		groups = append(groups, Group{name, sums.list()})
	}
	moved := func(g Group) decimal.Decimal { return g.Sums[0].In.Add(g.Sums[0].Out) }
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(moved(b).Cmp(moved(a)), cmp.Compare(a.Name, b.Name))
	})
	return groups
}
