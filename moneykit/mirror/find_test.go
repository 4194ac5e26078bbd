package mirror_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// TestFindAsAModelDoes asks random questions of random transactions, and of a model
// that knows no SQL.
func TestFindAsAModelDoes(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	s := newStored(t)
	var all []moneykit.Transaction
	for i := range 300 {
		all = append(all, randomTransaction(rng, i))
	}
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", Created: all})
	s.apply(mirror.Page{Seq: 2, At: noon, Before: "c1", After: "c2", Removed: []moneykit.TransactionID{all[299].ID}})
	all = all[:299]
	hits := 0
	for range 400 {
		filter, order, reverse, limit := randomFilter(rng), randomOf(rng, "", mirror.ByDate, mirror.ByAmount, mirror.ByDescription, mirror.ByAccount, mirror.ByCategory), rng.IntN(2) == 0, rng.IntN(3)*20
		found, err := s.Find(t.Context(), bank, filter, order, reverse, limit)
		if err != nil {
			t.Fatal(err)
		}
		want := modelled(all, filter, order, reverse, limit)
		same(t, fmt.Sprintf("%+v %s %v", filter, order, reverse), s.at(found.Rows), idsOf(want))
		same(t, "sums", sumsOf(found.Sums), summed(want, func(moneykit.Transaction) string { return "" }))
		same(t, "months", groupsOf(found.Months), summed(want, func(t moneykit.Transaction) string { return t.Date.String()[:7] }))
		same(t, "categories", groupsOf(found.Categories), summed(want, moneykit.Transaction.FinestCategory))
		if !slices.IsSortedFunc(found.Months, func(a, b mirror.Group) int { return cmp.Compare(a.Name, b.Name) }) {
			t.Errorf("%v", found.Months)
		}
		hits += len(want)
		if t.Failed() {
			t.FailNow()
		}
	}
	if hits == 0 {
		t.Error("nothing was ever found")
	}
}

func (s stored) at(rows []mirror.Row) (ids []string) {
	s.Helper()
	found, err := s.At(s.Context(), rows...)
	if err != nil {
		s.Fatal(err)
	}
	for _, row := range rows {
		ids = append(ids, string(found[row].ID))
	}
	return ids
}

func idsOf(list []moneykit.Transaction) (ids []string) {
	for _, t := range list {
		ids = append(ids, string(t.ID))
	}
	return ids
}

func randomOf[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func randomTransaction(rng *rand.Rand, i int) moneykit.Transaction {
	return txn(fmt.Sprintf("t%03d", rng.IntN(1000)*1000+i), func(t *moneykit.Transaction) {
		t.AccountID = randomOf[moneykit.AccountID](rng, "checking", "savings")
		t.Amount = decimal.New(int64(1+rng.IntN(5000)), -2)
		t.Type = randomOf(rng, moneykit.Credit, moneykit.Debit)
		t.Currency = randomOf(rng, "USD", "USD", "EUR")
		t.Date = moneykit.Date{Year: 2026, Month: time.Month(1 + rng.IntN(4)), Day: 1 + rng.IntN(28)}
		t.Description = randomOf(rng, "Coffee at Blue", "BLUE grass", "Möbelhaus ÄÖÜ", "100%_off", "")
		t.RawDescription = randomOf(rng, "", "SQ *COFFEE")
		t.Category = randomOf(rng, "food_and_drink", "home", "")
		t.Pending = rng.IntN(4) == 0
	})
}

func randomFilter(rng *rand.Rand) mirror.Filter {
	var f mirror.Filter
	some := func() bool { return rng.IntN(4) == 0 }
	if some() {
		f.Text = randomOf(rng, "coffee", "blue COFFEE", "äöü", "%", "_off 100", "food and", "2026-03", "nothing", " ")
	}
	if some() {
		f.Account = randomOf[moneykit.AccountID](rng, "checking", "other")
	}
	if some() {
		f.From = moneykit.Date{Year: 2026, Month: 2, Day: 1 + rng.IntN(28)}
	}
	if some() {
		f.To = moneykit.Date{Year: 2026, Month: 3, Day: 1 + rng.IntN(28)}
	}
	if some() {
		f.Least = decimal.NewNullDecimal(decimal.New(int64(rng.IntN(3000)), -2))
	}
	if some() {
		f.Most = decimal.NewNullDecimal(decimal.New(int64(rng.IntN(5000)), -2))
	}
	if some() {
		f.Type = randomOf(rng, moneykit.Credit, moneykit.Debit)
	}
	if some() {
		f.Status = randomOf(rng, mirror.Pending, mirror.Posted)
	}
	if some() {
		f.Category = "home"
	}
	return f
}

func modelled(all []moneykit.Transaction, f mirror.Filter, order mirror.Order, reverse bool, limit int) (kept []moneykit.Transaction) {
	text := func(t moneykit.Transaction) string {
		return strings.ToLower(strings.Join([]string{t.Description, t.RawDescription, strings.ReplaceAll(t.Category, "_", " "), t.Date.String(), t.Amount.String()}, "\n"))
	}
	for _, t := range all {
		fits := (f.Account == "" || t.AccountID == f.Account) && (f.Type == "" || t.Type == f.Type) && (f.Category == "" || t.Category == f.Category) &&
			(f.From == moneykit.Date{} || t.Date.Compare(f.From) >= 0) && (f.To == moneykit.Date{} || t.Date.Compare(f.To) <= 0) &&
			(!f.Least.Valid || t.Amount.GreaterThanOrEqual(f.Least.Decimal)) && (!f.Most.Valid || t.Amount.LessThanOrEqual(f.Most.Decimal)) &&
			(f.Status == "" || t.Pending == (f.Status == mirror.Pending))
		for _, word := range strings.Fields(strings.ToLower(f.Text)) {
			fits = fits && strings.Contains(text(t), word)
		}
		if fits {
			kept = append(kept, t)
		}
	}
	newest := func(a, b moneykit.Transaction) int {
		return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.ID, b.ID))
	}
	by := map[mirror.Order]func(a, b moneykit.Transaction) int{
		mirror.ByAmount:      func(a, b moneykit.Transaction) int { return a.Signed().Cmp(b.Signed()) },
		mirror.ByDescription: func(a, b moneykit.Transaction) int { return cmp.Compare(text(a), text(b)) },
		mirror.ByAccount:     func(a, b moneykit.Transaction) int { return cmp.Compare(a.AccountID, b.AccountID) },
		mirror.ByCategory:    func(a, b moneykit.Transaction) int { return cmp.Compare(a.Category, b.Category) },
	}[order]
	slices.SortFunc(kept, func(a, b moneykit.Transaction) int {
		switch {
		case by == nil && reverse:
			return newest(b, a)
		case by == nil:
			return newest(a, b)
		case reverse:
			return cmp.Or(by(b, a), newest(a, b))
		}
		return cmp.Or(by(a, b), newest(a, b))
	})
	if limit > 0 {
		kept = kept[:min(limit, len(kept))]
	}
	return kept
}

func summed(list []moneykit.Transaction, by func(moneykit.Transaction) string) map[string]string {
	type sum struct {
		n       int
		in, out decimal.Decimal
	}
	sums := map[string]sum{}
	for _, t := range list {
		key := by(t) + " " + t.Currency
		s := sums[key]
		s.n++
		if t.Type == moneykit.Credit {
			s.in = s.in.Add(t.Amount)
		} else {
			s.out = s.out.Add(t.Amount)
		}
		sums[key] = s
	}
	told := map[string]string{}
	for key, s := range sums {
		told[key] = fmt.Sprint(s.n, s.in, s.out, s.in.Sub(s.out))
	}
	return told
}

func sumsOf(sums []mirror.Sum) map[string]string {
	return groupsOf([]mirror.Group{{Sums: sums}})
}

func groupsOf(groups []mirror.Group) map[string]string {
	told := map[string]string{}
	for _, g := range groups {
		for _, s := range g.Sums {
			told[g.Name+" "+s.Currency] = fmt.Sprint(s.Count, s.In, s.Out, s.Net())
		}
	}
	return told
}

func TestNews(t *testing.T) {
	s := newStored(t)
	for i, link := range []moneykit.LinkID{"mk_a", "mk_b", "mk_c"} {
		for seq := 1; seq <= 3; seq++ {
			at := noon.Add(time.Duration(seq) * time.Hour) // the same for each
			page := mirror.Page{Seq: seq, At: at, Before: fmt.Sprint("c", seq-1), After: fmt.Sprint("c", seq), Created: []moneykit.Transaction{txn(fmt.Sprint(i, seq))}}
			if seq == 1 {
				page.Before = ""
			}
			if _, err := s.Apply(t.Context(), link, page); err != nil {
				t.Fatal(err)
			}
		}
	}
	told := func(since time.Time, limit int) (all []string) {
		var last mirror.News
		for {
			news, err := s.News(t.Context(), since, last, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(news) == 0 {
				return all
			}
			for _, n := range news {
				all = append(all, fmt.Sprintf("%s %d", n.Link, n.Seq))
			}
			last = news[len(news)-1]
		}
	}
	everything := []string{"mk_a 3", "mk_b 3", "mk_c 3", "mk_a 2", "mk_b 2", "mk_c 2", "mk_a 1", "mk_b 1", "mk_c 1"}
	for limit := 1; limit <= 10; limit++ {
		same(t, fmt.Sprint(limit, " at a time"), told(time.Time{}, limit), everything)
	}
	same(t, "since two", told(noon.Add(2*time.Hour), 4), everything[:6])
	same(t, "since later", told(noon.Add(4*time.Hour), 4), []string(nil))
}

func TestMarks(t *testing.T) {
	s := newStored(t)
	for _, want := range []time.Time{{}, noon, noon.Add(time.Hour)} {
		if !want.IsZero() {
			if err := s.SetMark(t.Context(), "looked", want); err != nil {
				t.Fatal(err)
			}
		}
		if at, err := s.Mark(t.Context(), "looked"); err != nil || !at.Equal(want) {
			t.Errorf("%v, %v", at, err)
		}
	}
}

// A search that takes long keeps nothing else from being read, or written.
func TestASearchStandsInNobodysWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	filled(t, path, key)
	s := stored{t, open(t, path, key)}
	found, err := s.Find(t.Context(), bank, mirror.Filter{}, mirror.ByDate, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := s.Searching()
	same(t, "rows", s.at(found.Rows), []string{"a", "b"})
	s.apply(mirror.Page{Seq: 2, At: noon, Before: "c1", After: "c2", Created: []moneykit.Transaction{txn("c")}})
	same(t, "held", s.ids(mirror.Query{}), []string{"a", "b", "c"})
	done()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
