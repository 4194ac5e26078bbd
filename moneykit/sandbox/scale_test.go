package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

const many = 100_000

func TestManyLinksCostNothing(t *testing.T) {
	with := func(n int) float64 { return testing.AllocsPerRun(3, func() { New(WithLinks(n)) }) }
	if few, lots := with(20), with(many); lots > few+20 {
		t.Errorf("%v allocations for %d links, %v for 20", lots, many, few)
	}
	box := New(WithLinks(many))
	if len(box.Links) > 1 || len(box.shelf.books) > 0 || len(box.Agenda) > 1 {
		t.Errorf("%d links and %d books are made", len(box.Links), len(box.shelf.books))
	}
}

func TestManyLinksAreListed(t *testing.T) {
	t.Parallel()
	a := newAPI(t, WithLinks(many))
	for _, place := range []int{7, 20_000, many} {
		a.call("DELETE", "/links/"+a.box.linkID(place-1), nil)
	}
	var want []string
	for place := range many {
		if _, listed := a.box.listing(place); listed {
			want = append(want, a.box.linkID(place))
		}
	}
	for _, limit := range []int{5000, 3333} {
		var got []string
		for cursor := ""; ; {
			page := a.unheld("GET", fmt.Sprintf("/links?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)))
			answer := into[linksAnswer](t, page)
			if len(answer.Links) > limit || len(answer.Links) < limit && answer.NextCursor != "" {
				t.Fatalf("%d links on a page of %d", len(answer.Links), limit)
			}
			for _, l := range answer.Links {
				got = append(got, l.LinkID)
			}
			if cursor = answer.NextCursor; cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) || len(got) < many*9/10 {
			t.Errorf("%d links are listed, want %d", len(got), len(want))
		}
	}
	if len(a.box.Links) > 5 {
		t.Errorf("%d links were made", len(a.box.Links))
	}
}

// What is listed is what the links themselves say, without making them.
func TestListingAgreesWithLinks(t *testing.T) {
	box := New(WithLinks(many), WithNow(func() time.Time { return noon }))
	for place := 0; place < many; place += 97 {
		createdAt, listed := box.listing(place)
		if l := box.linkAt(place); l.listed() != listed || !l.CreatedAt.Equal(createdAt) {
			t.Errorf("place %d: listed %t since %s, the link says %t since %s", place, listed, createdAt, l.listed(), l.CreatedAt)
		}
	}
}

func TestManyIDsAreFound(t *testing.T) {
	a := newAPI(t, WithLinks(many))
	seen := make(map[string]bool, many)
	for place := range many {
		id := a.box.linkID(place)
		if seen[id] || len(id) != len(linkPrefix)+linkIDLength {
			t.Fatalf("the id %q of place %d", id, place)
		}
		seen[id] = true
		if found, known := a.box.place(id); !known || found != place {
			t.Fatalf("%s of place %d leads to %d, %t", id, place, found, known)
		}
	}
	other := New(WithSeed(2))
	last := a.box.linkID(many - 1)
	for _, id := range []string{
		a.box.linkID(many), a.box.linkID(1 << 40), other.linkID(0), last[:len(last)-1], last + "0", "mk_" + last, last[3:], "MK" + last[2:], "",
		"mk_0000000000000000000000", "mk_zzzzzzzzzzzzzzzzzzzzzz", "mk_-000000000000000000001", "mk_+000000000000000000001", "mk_0_00000000000000000001",
	} {
		if place, known := a.box.place(id); known {
			t.Errorf("%q leads to place %d", id, place)
		}
	}
	for i := range last[3:] {
		changed := []byte(last)
		if changed[i+3]++; seen[string(changed)] {
			continue
		}
		if place, known := a.box.place(string(changed)); known {
			t.Errorf("%q leads to place %d", changed, place)
		}
	}
	a.get("/links/"+last).want(t, 200)
	a.get("/links/"+a.box.linkID(many)).refused(t, 404, "link_error.not_found")
}

func TestShelfForgetsTheOldest(t *testing.T) {
	sh := shelf{size: 4000, books: map[int]*book{}}
	put := func(place, entries int) *book {
		b := &book{place: place, log: make([]change, entries)}
		sh.books[place] = b
		sh.use(b)
		return b
	}
	for place := range 20 {
		put(place, 1000-bookWeight)
		if want := min(place+1, 4); len(sh.books) != want || sh.books[place] == nil || sh.books[max(0, place-3)] == nil {
			t.Fatalf("after %d: %d books", place+1, len(sh.books))
		}
	}
	sh.use(sh.books[16]) // again
	if put(20, 1000-bookWeight); sh.books[16] == nil || sh.books[17] != nil {
		t.Error("the book that was just used is forgotten")
	}
	if put(21, 4001); len(sh.books) != 1 || sh.books[21] == nil {
		t.Errorf("%d books beside a huge one", len(sh.books))
	}
	for place := range 200 {
		put(100+place, 0)
	}
	if want := 4000 / bookWeight; len(sh.books) != want {
		t.Errorf("%d empty books, %d have room", len(sh.books), want)
	}
	grown := sh.books[299]
	grown.log = make([]change, 2000)
	if sh.use(grown); len(sh.books) != 1+(4000-2000-bookWeight)/bookWeight {
		t.Errorf("%d books beside one that grew", len(sh.books))
	}
}

func TestTransactionsAsAskedFor(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ asked, low, high int }{{1, 1, 12}, {40, 20, 80}, {400, 300, 720}, {4000, 3000, 7200}, {50_000, 40_000, 90_000}} {
		box := New(WithNow(func() time.Time { return noon }), WithTransactions(x.asked))
		for _, place := range []int{0, 2} {
			if place == 2 && x.asked > 10_000 {
				continue // one is enough work
			}
			b := box.open(box.linkAt(place))
			if n := len(b.table); n < x.low || n > x.high {
				t.Errorf("%d transactions, %d were asked for", n, x.asked)
			}
			for _, a := range b.all {
				if a.portfolio != nil {
					continue
				}
				sum := a.opening
				for _, tx := range b.table {
					if tx.account == a && !tx.pending {
						sum = sum.Add(a.effect(tx))
					}
				}
				if shown := decimal.RequireFromString(a.balances().Current.String()); !shown.Equal(sum) || sum.IsNegative() {
					t.Errorf("%d asked for: %s shows %s, its transactions say %s", x.asked, a.name, shown, sum)
				}
			}
		}
	}
}

// All pages of a long walk come from one look at the log.
func TestLongWalksAreLinear(t *testing.T) {
	t.Parallel()
	a := newAPI(t, WithTransactions(50_000))
	path := "/links/" + a.link(1) + "/transactions/sync?size=500"
	next, pages, got := "", 0, 0
	var folded *change
	for more := true; more; pages++ {
		answer := into[syncAnswer](t, a.unheld("GET", path+"&cursor="+url.QueryEscape(next)))
		next, more = *answer.Cursor.Next, answer.HasMore
		got += len(answer.Transactions.Created)
		b := a.box.shelf.books[0]
		if folded == nil {
			folded = &b.walk.changes[0]
		}
		if folded != &b.walk.changes[0] {
			t.Fatal("the log is folded again")
		}
	}
	if want := len(a.box.shelf.books[0].table); got != want || pages != (want+499)/500 || pages < 70 {
		t.Errorf("%d of %d transactions on %d pages", got, want, pages)
	}
}
