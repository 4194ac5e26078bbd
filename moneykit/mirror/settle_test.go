package mirror_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// news applies a page of the next sync.
func (s stored) news(created ...moneykit.Transaction) {
	s.Helper()
	s.page(mirror.Page{Created: created})
}

func (s stored) page(page mirror.Page) {
	s.Helper()
	head := s.head()
	page.Seq, page.At, page.Before, page.After = head.Seq+1, noon.Add(time.Duration(head.Seq)*time.Hour), head.Cursor, head.Cursor+"c"
	page.RequestID = fmt.Sprintf("r%d", page.Seq)
	s.apply(page)
}

// ask ends the doubt: of those that are pending, MoneyKit holds these.
func (s stored) ask(ids ...moneykit.TransactionID) mirror.Sync {
	s.Helper()
	list := mirror.Listing{Head: s.head(), IDs: map[moneykit.TransactionID]bool{}, RequestID: "l" + strconv.Itoa(s.head().Seq)}
	for _, id := range ids {
		list.IDs[id] = true
	}
	entry, err := s.Settle(s.Context(), bank, list)
	if err != nil {
		s.Fatal(err)
	}
	return entry
}

func (s stored) doubt() (pending, gone []moneykit.TransactionID) {
	s.Helper()
	doubt, err := s.Doubtful(s.Context(), bank)
	if err != nil {
		s.Fatal(err)
	}
	for _, t := range doubt.Pending {
		pending = append(pending, t.ID)
	}
	for _, t := range doubt.Gone {
		gone = append(gone, t.ID)
	}
	return pending, gone
}

// thread is what happened to a transaction, in words.
func (s stored) thread(id moneykit.TransactionID) (told []string) {
	s.Helper()
	steps, err := s.Thread(s.Context(), bank, id)
	if err != nil {
		s.Fatal(err)
	}
	for _, step := range steps {
		if want := noon.Add(time.Duration(step.Seq-1) * time.Hour); !step.At.Equal(want) {
			s.Errorf("%s of sync %d was at %v", step.Kind, step.Seq, step.At)
		}
		told = append(told, fmt.Sprintf("%s %s in %d by %s", step.Kind, step.Transaction().ID, step.Seq, step.RequestID))
	}
	return told
}

func text(description string) func(*moneykit.Transaction) {
	return func(t *moneykit.Transaction) { t.Description = description }
}

func TestWhatIsInDoubt(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending), txn("q", pending), txn("a"))
	doubtful := func(want ...moneykit.TransactionID) {
		t.Helper()
		got, _ := s.doubt()
		same(t, "in doubt", got, want)
	}
	doubtful()
	s.news(txn("p", pending)) // is no news
	same(t, "head", s.head().Seq, 1)
	doubtful()
	s.news(txn("b"))
	doubtful("p", "q")
	s.ask("p", "q")
	s.news(txn("p", pending), txn("c"))
	doubtful("q")
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("q", pending, amount("13"))}})
	doubtful("p")
	same(t, "changed", s.ask("p"), mirror.Sync{})
	doubtful()
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("p")}, Removed: []moneykit.TransactionID{"q"}})
	s.news(txn("d"))
	doubtful()
}

func TestAPendingOneIsGone(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending), txn("q", pending))
	s.news(txn("b", text("Rent")))
	entry := s.ask("q")
	same(t, "entry", entry, s.syncs()[0])
	same(t, "counts", []any{entry.Seq, entry.Created, entry.Updated, entry.Removed, entry.RequestIDs}, []any{2, 1, 0, 1, []string{"r2", "l2"}})
	same(t, "changes", s.changes(2), []mirror.Change{{Kind: mirror.Created, After: txn("b", text("Rent"))}, {Kind: mirror.Gone, Before: txn("p", pending)}})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "q"})
	same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "gone p in 2 by l2"})
	same(t, "asked again", s.ask("q"), mirror.Sync{})
	historyTellsTheTable(t, s, bank)

	s.news(txn("p", pending)) // it is there again
	same(t, "changes", s.changes(3), []mirror.Change{{Kind: mirror.Created, After: txn("p", pending)}})
	same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "gone p in 2 by l2", "created p in 3 by r3"})
	historyTellsTheTable(t, s, bank)
}

func TestAPendingOneIsSettledByAnother(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending), txn("old"))
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("p", pending, amount("12"))}})
	s.news(txn("b", text("Rent")), txn("s", amount("12"), on(10)))
	entry := s.ask()
	same(t, "counts", []any{entry.Seq, entry.Created, entry.Updated, entry.Removed, entry.RequestIDs}, []any{3, 1, 1, 0, []string{"r3", "l3"}})
	settled := mirror.Change{Kind: mirror.Settled, Before: txn("p", pending, amount("12")), After: txn("s", amount("12"), on(10)), Confidence: 0.96}
	same(t, "changes", s.changes(3), []mirror.Change{{Kind: mirror.Created, After: txn("b", text("Rent"))}, settled})
	same(t, "fields", settled.Fields(), []mirror.FieldChange{{Field: mirror.FieldStatus, Old: "pending", New: "posted"}, {Field: mirror.FieldDate, Old: "2026-03-09", New: "2026-03-10"}})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"s", "b", "old"})
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("s", text("Cafe"))}})
	for _, id := range []moneykit.TransactionID{"p", "s"} {
		same(t, "thread", s.thread(id), []string{"created p in 1 by r1", "updated p in 2 by r2", "settled s in 3 by r3", "updated s in 4 by r4"})
	}
	historyTellsTheTable(t, s, bank)

	s.page(mirror.Page{Removed: []moneykit.TransactionID{"p"}}) // as is known
	same(t, "head", s.head().Seq, 4)
}

// A refresh between two pages of a sync replaces what the first of them showed.
func TestAPendingOneIsSettledOnTheNextPage(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", More: true, RequestID: "r1", Created: []moneykit.Transaction{txn("b"), txn("p", pending), txn("c")}})
	pending, _ := s.doubt()
	same(t, "in doubt", pending, []moneykit.TransactionID(nil))
	s.apply(mirror.Page{Seq: 1, At: noon, Before: "c1", After: "c2", RequestID: "r2", Created: []moneykit.Transaction{txn("d", amount("99")), txn("s")}})
	pending, _ = s.doubt()
	same(t, "in doubt", pending, []moneykit.TransactionID{"p"})
	entry := s.ask("b", "c", "d", "s")
	same(t, "counts", []int{entry.Seq, entry.Created, entry.Updated, entry.Removed}, []int{1, 4, 1, 0})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "c", "d", "s"})
	same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "settled s in 1 by r2"})
	same(t, "thread", s.thread("b"), []string{"created b in 1 by r1"})
	historyTellsTheTable(t, s, bank)
}

// What another page of the same sync shows again is there.
func TestAPendingOneIsShownOnTheNextPage(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", More: true, RequestID: "r1", Created: []moneykit.Transaction{txn("p", pending)}})
	s.apply(mirror.Page{Seq: 1, At: noon, Before: "c1", After: "c2", More: true, Created: []moneykit.Transaction{txn("s")}})
	s.apply(mirror.Page{Seq: 1, At: noon, Before: "c2", After: "c3", Updated: []moneykit.Transaction{txn("p", pending)}})
	pending, _ := s.doubt()
	same(t, "it was no news", pending, []moneykit.TransactionID(nil))
	s.news(txn("t"))
	s.ask("s", "t")
	same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "settled t in 2 by r2"})
}

// A page of another link tells nothing of this one.
func TestNewsOfAnotherLinkLeavesNoDoubt(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending))
	if _, err := s.Apply(t.Context(), "mk_other", mirror.Page{Seq: 1, At: noon, After: "c1", Created: []moneykit.Transaction{txn("s")}}); err != nil {
		t.Fatal(err)
	}
	pending, _ := s.doubt()
	same(t, "in doubt", pending, []moneykit.TransactionID(nil))
	s.news(txn("t"))
	s.ask()
	same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "settled t in 2 by r2"})
	historyTellsTheTable(t, s, bank)
}

// A settled one may come when the pending one is gone already, and may have changed
// when it is matched.
func TestASettledOneComesLater(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending), txn("q", pending, amount("7")))
	s.news(txn("b", text("Rent")))
	s.ask()
	_, gone := s.doubt()
	same(t, "gone, and nothing since", gone, []moneykit.TransactionID(nil))
	s.news(txn("s"))
	pending, gone := s.doubt()
	same(t, "in doubt", [][]moneykit.TransactionID{pending, gone}, [][]moneykit.TransactionID{nil, {"p", "q"}})
	entry := s.ask()
	same(t, "counts", []any{entry.Seq, entry.Created, entry.Updated, entry.RequestIDs}, []any{3, 0, 1, []string{"r3"}})
	same(t, "thread", s.thread("s"), []string{"created p in 1 by r1", "gone p in 2 by l2", "settled s in 3 by r3"})
	same(t, "thread", s.thread("p"), s.thread("s"))
	same(t, "was gone", s.changes(3)[0].WasGone, true)
	historyTellsTheTable(t, s, bank)
	_, gone = s.doubt()
	same(t, "gone, and asked for", gone, []moneykit.TransactionID(nil))

	s.news(txn("u", amount("7"), on(16)))
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("u", amount("7"), on(16), text("Tea"))}})
	entry = s.ask()
	same(t, "entry", entry, s.syncs()[0])
	same(t, "counts of the one before", s.syncs()[1].Updated, 1)
	same(t, "thread", s.thread("q"), []string{"created q in 1 by r1", "gone q in 2 by l2", "settled u in 4 by r4", "updated u in 5 by r5"})
	historyTellsTheTable(t, s, bank)
	s.news(txn("v"))
	_, gone = s.doubt()
	same(t, "gone and not settled", gone, []moneykit.TransactionID(nil))
}

// Only what is new and was never pending took another's place.
func TestWhatTookNobodysPlace(t *testing.T) {
	for name, pages := range map[string][]mirror.Page{
		"pending itself":  {{Created: []moneykit.Transaction{txn("s", pending)}}, {Updated: []moneykit.Transaction{txn("s")}}},
		"pending by now":  {{Created: []moneykit.Transaction{txn("s")}}, {Updated: []moneykit.Transaction{txn("s", pending)}}},
		"removed by now":  {{Created: []moneykit.Transaction{txn("s")}}, {Removed: []moneykit.TransactionID{"s"}}},
		"only back again": {{Removed: []moneykit.TransactionID{"old"}}, {Created: []moneykit.Transaction{txn("old")}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			s.news(txn("p", pending), txn("old"))
			for _, page := range pages {
				s.page(page)
			}
			s.ask("s")
			same(t, "thread", s.thread("p"), []string{"created p in 1 by r1", "gone p in 3 by l3"})
			historyTellsTheTable(t, s, bank)
		})
	}
}

// A pending one that was removed is not waited for.
func TestAPendingOneIsRemoved(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending))
	s.page(mirror.Page{Removed: []moneykit.TransactionID{"p"}})
	s.news(txn("s"))
	pending, gone := s.doubt()
	same(t, "in doubt", len(pending)+len(gone), 0)
}

// A date that is still to come makes nothing older.
func TestGoneForLong(t *testing.T) {
	for name, x := range map[string]struct {
		day, sync time.Time
		want      []moneykit.TransactionID
	}{
		"30 days":                     {day(3, 31), day(3, 31), []moneykit.TransactionID{"p"}},
		"31 days":                     {day(4, 1), day(4, 1), nil},
		"the bank brought no later":   {day(3, 31), day(6, 1), []moneykit.TransactionID{"p"}},
		"a date far in the future":    {day(12*7900, 1), day(3, 31), []moneykit.TransactionID{"p"}},
		"such a date, and long since": {day(12*7900, 1), day(4, 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			s.news(txn("p", pending, on(1)))
			s.news(txn("b", text("Rent"), on(2)))
			s.ask()
			newest := txn("c", func(t *moneykit.Transaction) { t.Date = moneykit.DateOf(x.day) })
			s.apply(mirror.Page{Seq: 3, At: x.sync, Before: s.head().Cursor, After: "c3", Created: []moneykit.Transaction{newest}})
			_, gone := s.doubt()
			same(t, "gone", gone, x.want)
		})
	}
}

// day is noon of a day in 2026, or later.
func day(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 12, 0, 0, 0, time.UTC)
}

// A pending one that is there again was not settled: what took its place is another.
func TestASettledOneComesBack(t *testing.T) {
	for name, x := range map[string]struct {
		back   moneykit.Transaction
		before int // syncs in which it is gone
		want   []string
		head   int
	}{
		"as it was":               {txn("p", pending), 0, []string{"created p in 1 by r1"}, 2},
		"changed":                 {txn("p", pending, amount("3")), 0, []string{"created p in 1 by r1", "updated p in 3 by r3"}, 3},
		"settled itself":          {txn("p"), 0, []string{"created p in 1 by r1", "updated p in 3 by r3"}, 3},
		"as it was, gone before":  {txn("p", pending), 1, []string{"created p in 1 by r1", "gone p in 2 by l2", "created p in 4 by r4"}, 4},
		"settled after it's gone": {txn("p"), 1, []string{"created p in 1 by r1", "gone p in 2 by l2", "created p in 4 by r4"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			s.news(txn("p", pending))
			for range x.before {
				s.news(txn("b", text("Rent")))
				s.ask()
			}
			s.news(txn("s"))
			s.ask()
			seq := s.head().Seq
			same(t, "updated", s.syncs()[0].Updated, 1)
			s.page(mirror.Page{Updated: []moneykit.Transaction{x.back}})
			same(t, "head", s.head().Seq, x.head)
			same(t, "changes", s.changes(seq), []mirror.Change{{Kind: mirror.Created, After: txn("s")}})
			same(t, "thread", s.thread("p"), x.want)
			same(t, "thread", s.thread("s"), []string{fmt.Sprintf("created s in %d by r%d", seq, seq)})
			historyTellsTheTable(t, s, bank)

			s.news(txn("c", text("Rent"))) // it vanishes again, and nothing since is like it
			s.ask()
			same(t, "thread", s.thread("s"), []string{fmt.Sprintf("created s in %d by r%d", seq, seq)})
			historyTellsTheTable(t, s, bank)
		})
	}
}

func TestThread(t *testing.T) {
	s := newStored(t)
	s.news(txn("a"))
	s.page(mirror.Page{Removed: []moneykit.TransactionID{"a"}})
	s.news(txn("a", amount("2")))
	s.page(mirror.Page{Updated: []moneykit.Transaction{txn("a", amount("3"))}})
	same(t, "thread", s.thread("a"), []string{"created a in 1 by r1", "removed a in 2 by r2", "created a in 3 by r3", "updated a in 4 by r4"})
	steps, err := s.Thread(t.Context(), bank, "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		same(t, "change", step.Change, s.changes(step.Seq)[0])
	}
	for _, link := range []moneykit.LinkID{bank, "mk_other"} {
		if steps, err := s.Thread(t.Context(), link, map[moneykit.LinkID]moneykit.TransactionID{bank: "x", "mk_other": "a"}[link]); steps != nil || err != nil {
			t.Errorf("not known: %v, %v", steps, err)
		}
	}
}

func TestSettlingWhatIsNotTheNewest(t *testing.T) {
	s := newStored(t)
	s.news(txn("p", pending))
	s.news(txn("b"))
	doubt, err := s.Doubtful(t.Context(), bank)
	if err != nil {
		t.Fatal(err)
	}
	s.news(txn("c"))
	if _, err := s.Settle(t.Context(), bank, mirror.Listing{Head: doubt.Head}); !errors.Is(err, mirror.ErrStale) {
		t.Errorf("%v", err)
	}
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "c", "p"})
}

func TestStale(t *testing.T) {
	at := time.Date(2026, 3, 17, 23, 59, 0, 0, time.UTC)
	for _, x := range []struct {
		t    moneykit.Transaction
		now  time.Time
		want bool
	}{
		{txn("a", pending), at, false},
		{txn("a", pending), at.Add(time.Minute), true},
		{txn("a"), at.Add(time.Minute), false},
		{txn("a", pending), at.Add(time.Minute).In(time.FixedZone("", -3600)), false},
	} {
		if got := mirror.Stale(x.t, x.now); got != x.want {
			t.Errorf("%+v at %v: %t", x.t, x.now, got)
		}
	}
}

// wired is a sync page that creates transactions.
func wired(next string, created ...moneykit.Transaction) string {
	var entries []entry
	for _, t := range created {
		entries = append(entries, entry{string(t.ID), "created", string(t.JSON())})
	}
	_, body := wire(entries, next, false)
	return body
}

// lists answers every page of a listing with the same transactions.
func lists(all ...moneykit.Transaction) func(url.Values) (int, string) {
	return func(url.Values) (int, string) {
		bodies := []json.RawMessage{}
		for _, t := range all {
			bodies = append(bodies, t.JSON())
		}
		return listing(len(bodies), bodies)
	}
}

func TestSyncAsksForWhatIsInDoubt(t *testing.T) {
	answers := map[string]string{"": wired("c1", txn("p", pending), txn("q", pending, on(4), text("Rent")))}
	srv := &server{handle: pages(answers), list: func(url.Values) (int, string) { return http.StatusInternalServerError, "" }}
	m, s := newMirror(t, srv)
	if _, err := m.Sync(t.Context(), bank); err != nil || len(srv.lists) > 0 {
		t.Fatalf("%v, %v", err, srv.lists)
	}
	answers["c1"], answers["c2"] = wired("c2", txn("s")), wired("c2")
	for range 2 {
		done, err := m.Sync(t.Context(), bank)
		if e := (*moneykit.Error)(nil); !errors.As(err, &e) || e.Status != 500 {
			t.Fatalf("%+v, %v", done, err)
		}
	}
	same(t, "what came is kept", s.ids(mirror.Query{}), []string{"p", "s", "q"})

	srv.list = lists(txn("s"), txn("q", pending, on(4)))
	done, err := m.Sync(t.Context(), bank)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "entry", []any{done.Seq, done.Created, done.Updated, done.RequestIDs}, []any{2, 0, 1, []string{"r2", "l3"}})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"s", "q"})
	last := srv.lists[len(srv.lists)-1]
	same(t, "asked for", []string{last.Get("start_date"), last.Get("size"), last.Get("page")}, []string{"2026-02-22", "1000", "1"})
	done, err = m.Sync(t.Context(), bank)
	if err != nil || done.Seq != 0 || len(srv.lists) != 3 {
		t.Errorf("%+v, %v, asked %d times", done, err, len(srv.lists))
	}
}

// A listing whose total changes under its pages may have missed some, and is read
// again.
func TestAListingOfManyPages(t *testing.T) {
	answers := map[string]string{"": wired("c1", txn("p", pending), txn("q", pending, text("Rent"))), "c1": wired("c2", txn("b", text("Tea"))), "c2": wired("c2")}
	srv := &server{handle: pages(answers)}
	totals, asked := []int{3, 2, 2, 2}, 0
	all := []moneykit.Transaction{txn("b", text("Tea")), txn("q", pending)}
	srv.list = func(q url.Values) (int, string) {
		asked++
		page, _ := strconv.Atoi(q.Get("page"))
		return listing(totals[asked-1], []json.RawMessage{all[page-1].JSON()})
	}
	m, s := newMirror(t, srv)
	for range 2 {
		if _, err := m.Sync(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "asked", asked, len(totals))
	same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "q"})
	same(t, "requests", s.syncs()[0].RequestIDs, []string{"r2", "l3", "l4"})
}

// Another process may bring a page while the listing is read.
func TestTheHeadMovesWhileTheListingIsRead(t *testing.T) {
	answers := map[string]string{"": wired("c1", txn("p", pending)), "c1": wired("c2", txn("b")), "c3": wired("c3")}
	srv := &server{handle: pages(answers)}
	m, s := newMirror(t, srv)
	srv.list = func(url.Values) (int, string) {
		if len(srv.lists) == 1 {
			s.apply(mirror.Page{Seq: 3, Before: "c2", After: "c3", At: noon, Created: []moneykit.Transaction{txn("s", on(10))}})
		}
		return lists(txn("b"), txn("s"))(nil)
	}
	for range 2 {
		if _, err := m.Sync(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "asked", len(srv.lists), 2)
	same(t, "transactions", s.ids(mirror.Query{}), []string{"s", "b"})
	historyTellsTheTable(t, s, bank)
}

// A listing that is not whole says nothing of what it does not show.
func TestAListingThatIsNotWhole(t *testing.T) {
	for name, x := range map[string]struct {
		total int
		shown func(page int) moneykit.Transaction
		asked int // of each try
	}{
		"it ends too early": {2, func(int) moneykit.Transaction { return txn("b") }, 2},
		"it has too many":   {0, func(int) moneykit.Transaction { return txn("b") }, 1},
		"it never ends":     {1 << 30, func(page int) moneykit.Transaction { return txn("b" + strconv.Itoa(page)) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := map[string]string{"": wired("c1", txn("p", pending)), "c1": wired("c2", txn("b", text("Rent"))), "c2": wired("c2")}
				srv := &server{handle: pages(answers)}
				srv.list = func(q url.Values) (int, string) {
					page, _ := strconv.Atoi(q.Get("page"))
					return listing(x.total, []json.RawMessage{x.shown(page).JSON()})
				}
				m, s := newMirror(t, srv)
				if _, err := m.Sync(t.Context(), bank); err != nil {
					t.Fatal(err)
				}
				done, err := m.Sync(t.Context(), bank)
				if !errors.Is(err, mirror.ErrListing) || done.Seq != 2 {
					t.Errorf("%+v, %v", done, err)
				}
				same(t, "asked", len(srv.lists), 5*x.asked)
				same(t, "transactions", s.ids(mirror.Query{}), []string{"b", "p"})
				srv.list = lists(txn("b"))
				if _, err := m.Sync(t.Context(), bank); err != nil {
					t.Fatal(err)
				}
				same(t, "transactions", s.ids(mirror.Query{}), []string{"b"})
			})
		})
	}
}

// What is pending for long is looked for around its own date, and not ever since.
func TestTheDaysOfAListing(t *testing.T) {
	now := time.Now()
	dated := func(days int) func(*moneykit.Transaction) {
		return func(t *moneykit.Transaction) { t.Date = moneykit.DateOf(now.AddDate(0, 0, days)) }
	}
	at := func(year int) func(*moneykit.Transaction) {
		return func(t *moneykit.Transaction) { t.Date = moneykit.Date{Year: year, Month: 1, Day: 1} }
	}
	undated := func(t *moneykit.Transaction) { t.Date = moneykit.Date{} }
	from := moneykit.DateOf(now.AddDate(0, 0, -12)).String()
	for name, x := range map[string]struct {
		dates []func(*moneykit.Transaction)
		want  []string // first and last day
	}{
		"new ones":                {[]func(*moneykit.Transaction){dated(0), dated(-2)}, []string{from + " "}},
		"a stale one":             {[]func(*moneykit.Transaction){at(2021)}, []string{"2020-12-22 2021-01-11"}},
		"stale ones, and a new":   {[]func(*moneykit.Transaction){dated(-2), at(2022), at(2021)}, []string{"2020-12-22 2021-01-11", "2021-12-22 2022-01-11", from + " "}},
		"a stale one, just so":    {[]func(*moneykit.Transaction){dated(-2), dated(-22)}, []string{moneykit.DateOf(now.AddDate(0, 0, -32)).String() + " "}},
		"before any":              {[]func(*moneykit.Transaction){at(1)}, []string{" 1970-01-01"}},
		"at the beginning of all": {[]func(*moneykit.Transaction){at(1970)}, []string{" 1970-01-11"}},
		"before any, and a new":   {[]func(*moneykit.Transaction){at(1), dated(-2)}, []string{" 1970-01-01", from + " "}},
		"without a date":          {[]func(*moneykit.Transaction){at(2021), undated, dated(0)}, []string{" "}},
	} {
		t.Run(name, func(t *testing.T) {
			var held []moneykit.Transaction
			for i, date := range x.dates {
				held = append(held, txn("p"+strconv.Itoa(i), pending, date))
			}
			srv := &server{handle: pages(map[string]string{"": wired("c1", held...), "c1": wired("c2", txn("b", text("Rent")))})}
			srv.list = func(q url.Values) (int, string) {
				if from := q.Get("start_date"); from != "" && from < "1970" {
					return http.StatusUnprocessableEntity, ""
				}
				return lists()(q)
			}
			m, s := newMirror(t, srv)
			for range 2 {
				if _, err := m.Sync(t.Context(), bank); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, q := range srv.lists {
				got = append(got, q.Get("start_date")+" "+q.Get("end_date"))
			}
			same(t, "asked for", got, x.want)
			same(t, "transactions", s.ids(mirror.Query{}), []string{"b"})
			same(t, "requests", len(s.syncs()[0].RequestIDs), 1+len(x.want))
		})
	}
}
