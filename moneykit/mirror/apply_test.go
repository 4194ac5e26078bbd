package mirror_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

const bank = moneykit.LinkID("mk_bank")

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

// txn makes a transaction; edits change it.
func txn(id string, edits ...func(*moneykit.Transaction)) moneykit.Transaction {
	t := moneykit.Transaction{
		ID: moneykit.TransactionID(id), AccountID: "checking", Amount: decimal.RequireFromString("12.50"),
		Type: moneykit.Debit, Currency: "USD", Date: moneykit.Date{Year: 2026, Month: 3, Day: 9}, Description: "Coffee",
	}
	for _, edit := range edits {
		edit(&t)
	}
	body, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	decoded, err := moneykit.Decode[moneykit.Transaction](body)
	if err != nil {
		panic(err)
	}
	return *decoded // with its JSON, as it comes from the API
}

func pending(t *moneykit.Transaction) { t.Pending = true }

func amount(s string) func(*moneykit.Transaction) {
	return func(t *moneykit.Transaction) { t.Amount = decimal.RequireFromString(s) }
}

func on(day int) func(*moneykit.Transaction) {
	return func(t *moneykit.Transaction) { t.Date.Day = day }
}

func in(account moneykit.AccountID) func(*moneykit.Transaction) {
	return func(t *moneykit.Transaction) { t.AccountID = account }
}

// stored is a store under test with its answers for one link at hand.
type stored struct {
	testing.TB
	*mirror.Store
}

func newStored(t testing.TB) stored {
	t.Helper()
	store := mirror.NewMemory()
	t.Cleanup(func() { _ = store.Close() })
	return stored{t, store}
}

func (s stored) apply(page mirror.Page) mirror.Sync {
	s.Helper()
	sync, err := s.Apply(s.Context(), bank, page)
	if err != nil {
		s.Fatal(err)
	}
	return sync
}

func (s stored) head() mirror.Head {
	s.Helper()
	head, err := s.Head(s.Context(), bank)
	if err != nil {
		s.Fatal(err)
	}
	return head
}

func (s stored) syncs() []mirror.Sync {
	s.Helper()
	syncs, err := s.Syncs(s.Context(), bank)
	if err != nil {
		s.Fatal(err)
	}
	return syncs
}

func (s stored) changes(seq int) []mirror.Change {
	s.Helper()
	changes, err := s.Changes(s.Context(), bank, seq)
	if err != nil {
		s.Fatal(err)
	}
	return changes
}

func (s stored) transactions(q mirror.Query) []moneykit.Transaction {
	s.Helper()
	list, err := s.Transactions(s.Context(), bank, q)
	if err != nil {
		s.Fatal(err)
	}
	return list
}

func (s stored) ids(q mirror.Query) (ids []string) {
	s.Helper()
	for _, t := range s.transactions(q) {
		ids = append(ids, string(t.ID))
	}
	return ids
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestPagesOfOneSync(t *testing.T) {
	s := newStored(t)
	same(t, "nothing synced", s.head(), mirror.Head{})

	first := s.apply(mirror.Page{
		Seq: 1, At: noon, Before: "", After: "c1", More: true, RequestID: "r1",
		Created: []moneykit.Transaction{txn("a"), txn("b", pending)},
	})
	same(t, "the head moves with the page", s.head(), mirror.Head{Seq: 1, Cursor: "c1", More: true})
	same(t, "entry", first, mirror.Sync{Seq: 1, At: noon, After: "c1", Created: 2, More: true, RequestIDs: []string{"r1"}})

	second := s.apply(mirror.Page{
		Seq: 1, At: noon.Add(time.Second), Before: "c1", After: "c2", RequestID: "r2",
		Created: []moneykit.Transaction{txn("c")}, Updated: []moneykit.Transaction{txn("b", amount("13"))}, Removed: []moneykit.TransactionID{"a"},
	})
	want := mirror.Sync{Seq: 1, At: noon.Add(time.Second), After: "c2", Created: 3, Updated: 1, Removed: 1, RequestIDs: []string{"r1", "r2"}}
	same(t, "entry", second, want)
	same(t, "history", s.syncs(), []mirror.Sync{want})
	same(t, "changes", s.changes(1), []mirror.Change{
		{Kind: mirror.Created, After: txn("a")},
		{Kind: mirror.Created, After: txn("b", pending)},
		{Kind: mirror.Created, After: txn("c")},
		{Kind: mirror.Updated, Before: txn("b", pending), After: txn("b", amount("13"))},
		{Kind: mirror.Removed, Before: txn("a")},
	})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "c"})

	third := s.apply(mirror.Page{Seq: 2, At: noon, Before: "c2", After: "c3", RequestID: "r3", Created: []moneykit.Transaction{txn("d")}})
	same(t, "entry", third, mirror.Sync{Seq: 2, At: noon, Before: "c2", After: "c3", Created: 1, RequestIDs: []string{"r3"}})
	same(t, "newest first", []int{s.syncs()[0].Seq, s.syncs()[1].Seq}, []int{2, 1})
	for _, seq := range []int{-1, 0, 3} {
		same(t, "no such sync", len(s.changes(seq)), 0)
	}
}

func TestAPageTwiceChangesNothing(t *testing.T) {
	s := newStored(t)
	page := mirror.Page{
		Seq: 1, At: noon, After: "c1", RequestID: "r1",
		Created: []moneykit.Transaction{txn("a"), txn("b")}, Removed: []moneykit.TransactionID{"b"},
	}
	first := s.apply(page)
	syncs, changes, list := s.syncs(), s.changes(1), s.transactions(mirror.Query{})
	same(t, "the entry again", s.apply(page), first)
	same(t, "history", s.syncs(), syncs)
	same(t, "changes", s.changes(1), changes)
	same(t, "transactions", s.transactions(mirror.Query{}), list)

	// The same content once more on a page of its own is no news either.
	page.Before, page.After, page.Seq, page.Removed = "c1", "c2", 2, nil
	page.Created = []moneykit.Transaction{txn("a")}
	same(t, "no entry", s.apply(page), mirror.Sync{})
	same(t, "head", s.head(), mirror.Head{Seq: 1, Cursor: "c2"})
	same(t, "history", s.syncs(), syncs)
}

func TestStalePagesAreRefused(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, After: "c1", Created: []moneykit.Transaction{txn("a")}})
	s.apply(mirror.Page{Seq: 2, Before: "c1", After: "c2", Created: []moneykit.Transaction{txn("b")}})
	for name, page := range map[string]mirror.Page{
		"an earlier one":      {Seq: 1, Before: "", After: "c1"},
		"from an old cursor":  {Seq: 3, Before: "c1", After: "c9"},
		"from the beginning":  {Seq: 3, Before: "", After: "c9"},
		"from a later cursor": {Seq: 3, Before: "c7", After: "c8"},
		"of an old sync":      {Seq: 1, Before: "c2", After: "c3"},
		"of a sync too far":   {Seq: 4, Before: "c2", After: "c3"},
		"of no sync":          {Seq: 0, Before: "c2", After: "c3"},
	} {
		page.Created = []moneykit.Transaction{txn("z")}
		if _, err := s.Apply(t.Context(), bank, page); !errors.Is(err, mirror.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "head", s.head(), mirror.Head{Seq: 2, Cursor: "c2"})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b"})
	if _, err := s.Apply(t.Context(), "mk_new", mirror.Page{Seq: 1, Before: "c1", After: "c2"}); !errors.Is(err, mirror.ErrStale) {
		t.Errorf("a link never synced: %v", err)
	}
}

func TestWhatAPageBrings(t *testing.T) {
	known := []moneykit.Transaction{txn("a"), txn("p", pending)}
	for _, x := range []struct {
		name string
		page mirror.Page
		want []mirror.Change
	}{
		{"created that is known is an update", mirror.Page{Created: []moneykit.Transaction{txn("p")}}, []mirror.Change{
			{Kind: mirror.Updated, Before: txn("p", pending), After: txn("p")},
		}},
		{"created that is known and the same is nothing", mirror.Page{Created: []moneykit.Transaction{txn("a")}}, nil},
		{"an amount with other zeros is the same", mirror.Page{Updated: []moneykit.Transaction{txn("a", amount("12.5"))}}, nil},
		{"updated that is not known is created", mirror.Page{Updated: []moneykit.Transaction{txn("n")}}, []mirror.Change{
			{Kind: mirror.Created, After: txn("n")},
		}},
		{"removed that is not known is nothing", mirror.Page{Removed: []moneykit.TransactionID{"x", "x"}}, nil},
		{"removed twice goes once", mirror.Page{Removed: []moneykit.TransactionID{"a", "a"}}, []mirror.Change{
			{Kind: mirror.Removed, Before: txn("a")},
		}},
		{"created and updated at once", mirror.Page{Created: []moneykit.Transaction{txn("n", pending)}, Updated: []moneykit.Transaction{txn("n")}}, []mirror.Change{
			{Kind: mirror.Created, After: txn("n", pending)},
			{Kind: mirror.Updated, Before: txn("n", pending), After: txn("n")},
		}},
		{"nothing", mirror.Page{}, nil},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newStored(t)
			s.apply(mirror.Page{Seq: 1, After: "c1", Created: known})
			x.page.Seq, x.page.Before, x.page.After = 2, "c1", "c2"
			entry := s.apply(x.page)
			got := s.changes(2)
			if len(got) != len(x.want) || len(got) > 0 && !reflect.DeepEqual(got, x.want) {
				t.Errorf("got %+v\nwant %+v", got, x.want)
			}
			same(t, "cursor", s.head().Cursor, "c2")
			if made := entry.Seq == 2; made != (len(x.want) > 0) || len(s.syncs()) != 1+min(len(x.want), 1) {
				t.Errorf("entry %+v of %d", entry, len(s.syncs()))
			}
		})
	}
}

func TestTransactionsInOrder(t *testing.T) {
	s := newStored(t)
	var all []moneykit.Transaction
	for i := range 30 {
		all = append(all, txn(fmt.Sprintf("t%02d", i), on(1+i%5), in([]moneykit.AccountID{"checking", "savings"}[i%2])))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	s.apply(mirror.Page{Seq: 1, After: "c1", Created: all})

	slices.SortFunc(all, func(a, b moneykit.Transaction) int {
		return cmp.Or(b.Date.Day-a.Date.Day, cmp.Compare(a.ID, b.ID))
	})
	same(t, "newest first", s.transactions(mirror.Query{}), all)

	savings := slices.DeleteFunc(slices.Clone(all), func(t moneykit.Transaction) bool { return t.AccountID != "savings" })
	same(t, "of an account", s.transactions(mirror.Query{Account: "savings"}), savings)
	same(t, "of no account", len(s.transactions(mirror.Query{Account: "none"})), 0)

	for _, limit := range []int{1, 4, 7, 30, 31} {
		for account, want := range map[moneykit.AccountID][]moneykit.Transaction{"": all, "savings": savings} {
			var walked []moneykit.Transaction
			for q := (mirror.Query{Account: account, Limit: limit}); ; {
				page := s.transactions(q)
				if len(page) == 0 {
					break
				}
				if len(page) > limit {
					t.Fatalf("%d on a page of %d", len(page), limit)
				}
				walked = append(walked, page...)
				last := page[len(page)-1]
				q.After = &mirror.Key{Date: last.Date, ID: last.ID}
			}
			same(t, "paged by "+strconv.Itoa(limit), walked, want)
		}
	}
}

func TestWhatIsReturnedIsTheCallers(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, After: "c1", RequestID: "r1", Created: []moneykit.Transaction{txn("a"), txn("b")}})
	if err := s.Remember(t.Context(), "x", "y", "x"); err != nil {
		t.Fatal(err)
	}
	spoil := func() {
		s.transactions(mirror.Query{})[0].Description = "spoilt"
		s.changes(1)[0].After.Description = "spoilt"
		syncs := s.syncs()
		syncs[0].RequestIDs[0], syncs[0].Created = "spoilt", 99
		s.apply(mirror.Page{Seq: 1, After: "c1"}).RequestIDs[0] = "spoilt"
		known, _ := s.Known(t.Context())
		known[0] = "spoilt"
	}
	kept := s.syncs()
	spoil()
	same(t, "history", s.syncs(), kept)
	same(t, "changes", s.changes(1)[0].After, txn("a"))
	same(t, "transactions", s.transactions(mirror.Query{})[0], txn("a"))
	known, err := s.Known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "known", known, []moneykit.LinkID{bank, "x", "y"})

	old := s.syncs()
	s.apply(mirror.Page{Seq: 1, Before: "c1", After: "c2", RequestID: "r2", Created: []moneykit.Transaction{txn("c")}})
	same(t, "what was returned before", old, kept)
}

func TestLinksAreApart(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, After: "c1", Created: []moneykit.Transaction{txn("a")}})
	if head, err := s.Head(t.Context(), "mk_other"); err != nil || head != (mirror.Head{}) {
		t.Error(head, err)
	}
	if list, err := s.Transactions(t.Context(), "mk_other", mirror.Query{}); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

// TestHistoryTellsTheTable plays random histories, with pages that come twice,
// and wants the changes, played back, to give the stored table.
func TestHistoryTellsTheTable(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := newStored(t)
		seq, cursor := 1, ""
		for step := range 1 + rng.IntN(12) {
			page := randomPage(rng)
			page.Seq, page.Before, page.After, page.RequestID = seq, cursor, fmt.Sprintf("c%d", step), strconv.Itoa(step)
			s.apply(page)
			if rng.IntN(3) == 0 {
				s.apply(page)
			}
			cursor = page.After
			if rng.IntN(2) == 0 {
				seq = s.head().Seq + 1
			}
		}
		table := map[moneykit.TransactionID]moneykit.Transaction{}
		syncs := s.syncs()
		slices.Reverse(syncs)
		for i, sync := range syncs {
			same(t, "numbers", sync.Seq, i+1)
			playAll(t, table, sync, s.changes(sync.Seq))
		}
		list := s.transactions(mirror.Query{})
		same(t, "size", len(table), len(list))
		for _, got := range list {
			same(t, "transaction", got, table[got.ID])
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func randomPage(rng *rand.Rand) mirror.Page {
	some := func() (list []moneykit.Transaction) {
		for range rng.IntN(5) {
			edits := []func(*moneykit.Transaction){amount(strconv.Itoa(rng.IntN(3))), on(1 + rng.IntN(3))}
			if rng.IntN(2) == 0 {
				edits = append(edits, pending)
			}
			list = append(list, txn("t"+strconv.Itoa(rng.IntN(8)), edits...))
		}
		return list
	}
	page := mirror.Page{Created: some(), Updated: some()}
	for range rng.IntN(3) {
		page.Removed = append(page.Removed, moneykit.TransactionID("t"+strconv.Itoa(rng.IntN(8))))
	}
	return page
}

// playAll plays the changes of a sync, and wants them to be what it counted.
func playAll(t *testing.T, table map[moneykit.TransactionID]moneykit.Transaction, sync mirror.Sync, changes []mirror.Change) {
	t.Helper()
	counts := map[mirror.Kind]int{}
	for _, c := range changes {
		counts[c.Kind]++
		play(t, table, c)
	}
	same(t, "counts", []int{sync.Created, sync.Updated, sync.Removed},
		[]int{counts[mirror.Created], counts[mirror.Updated] + counts[mirror.Settled], counts[mirror.Removed] + counts[mirror.Gone]})
}

func play(t *testing.T, table map[moneykit.TransactionID]moneykit.Transaction, c mirror.Change) {
	t.Helper()
	if (c.Confidence > 0) != (c.Kind == mirror.Settled) {
		t.Errorf("%s of %s with confidence %v", c.Kind, c.Transaction().ID, c.Confidence)
	}
	if c.Kind == mirror.Settled {
		playSettled(t, table, c)
		return
	}
	id := c.Transaction().ID
	before, known := table[id]
	if known == (c.Kind == mirror.Created) || known && !reflect.DeepEqual(before, c.Before) {
		t.Errorf("%s of %s: %+v, but the table holds %+v", c.Kind, id, c.Before, before)
	}
	if c.Kind == mirror.Updated && len(c.Fields()) == 0 {
		t.Errorf("an update of %s without a field", id)
	}
	if c.Kind == mirror.Removed || c.Kind == mirror.Gone {
		delete(table, id)
		return
	}
	table[id] = c.After
}

// playSettled wants a pending one, which may have been gone before, and another.
func playSettled(t *testing.T, table map[moneykit.TransactionID]moneykit.Transaction, c mirror.Change) {
	t.Helper()
	before, there := table[c.Before.ID]
	if _, known := table[c.After.ID]; known || there && !reflect.DeepEqual(before, c.Before) || !c.Before.Pending || c.After.Pending {
		t.Errorf("%s became %s: %+v, but the table holds %+v", c.Before.ID, c.After.ID, c.Before, before)
	}
	delete(table, c.Before.ID)
	table[c.After.ID] = c.After
}

// Two pages of one commit are two steps, and each change is told.
func TestPagesCommittedTogether(t *testing.T) {
	s := newStored(t)
	done, err := s.Apply(t.Context(), bank,
		mirror.Page{Seq: 1, At: noon, After: "c1", RequestID: "r1", More: true, Created: []moneykit.Transaction{txn("a"), txn("b")}},
		mirror.Page{Seq: 1, At: noon, Before: "c1", After: "c2", RequestID: "r2", Created: []moneykit.Transaction{txn("c")}, Removed: []moneykit.TransactionID{"a"}},
	)
	if err != nil || done.Created != 3 || done.Removed != 1 || done.More || done.After != "c2" {
		t.Fatalf("%+v, %v", done, err)
	}
	kinds := ""
	for _, c := range s.changes(1) {
		kinds += string(c.Kind) + " " + string(c.Transaction().ID) + ", "
	}
	same(t, "changes", kinds, "created a, created b, created c, removed a, ")
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "c"})
}
