package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"testing"
	"time"
)

// ledger is a client's copy of a link's transactions, kept by syncing.
type ledger struct {
	rows   map[string]transactionAnswer
	cursor string
}

// pull takes one page and applies it, strictly.
func (l *ledger) pull(a *api, place, size int) (more bool) {
	a.Helper()
	path := fmt.Sprintf("/links/%s/transactions/sync?size=%d", a.link(place), size)
	if l.cursor != "" {
		path += "&cursor=" + url.QueryEscape(l.cursor)
	}
	got := into[syncAnswer](a, a.get(path).want(a, 200))
	if n := len(got.Transactions.Created) + len(got.Transactions.Updated) + len(got.Transactions.Removed); n > size {
		a.Errorf("%d changes on a page of %d", n, size)
	}
	concerned := map[string]bool{}
	for _, account := range got.Accounts {
		concerned[account.AccountID] = true
	}
	for _, x := range got.Transactions.Created {
		if _, known := l.rows[x.TransactionID]; known {
			a.Errorf("%s is created twice", x.TransactionID)
		}
		if !concerned[x.AccountID] {
			a.Errorf("account %s is missing", x.AccountID)
		}
		l.rows[x.TransactionID] = x
	}
	for _, x := range got.Transactions.Updated {
		if _, known := l.rows[x.TransactionID]; !known {
			a.Errorf("%s is updated before it is created", x.TransactionID)
		}
		l.rows[x.TransactionID] = x
	}
	for _, id := range got.Transactions.Removed {
		if _, known := l.rows[id]; !known {
			a.Errorf("%s is removed but was never there", id)
		}
		delete(l.rows, id)
	}
	if got.Cursor.Next == nil {
		a.Fatal("no cursor")
	}
	l.cursor = *got.Cursor.Next
	return got.HasMore
}

func (l *ledger) pullAll(a *api, place, size int) {
	a.Helper()
	for pages := 0; l.pull(a, place, size); pages++ {
		if pages > 3000 {
			a.Fatal("the sync does not end")
		}
	}
}

// key makes answers comparable: they hold pointers.
func key(x transactionAnswer) string {
	category := ""
	if x.Category != nil {
		category = *x.Category
	}
	return fmt.Sprint(x.AccountID, x.Amount, x.Type, x.Date, x.Description, x.Pending, category)
}

func (l *ledger) equals(a *api, place int) {
	a.Helper()
	want := map[string]string{}
	for _, x := range a.table(place) {
		want[x.TransactionID] = key(x)
	}
	have := map[string]string{}
	for id, x := range l.rows {
		have[id] = key(x)
	}
	if !maps.Equal(want, have) {
		a.Errorf("synced %d transactions, the link has %d", len(have), len(want))
	}
}

func TestSyncFollowsTheTable(t *testing.T) {
	for _, size := range []int{1, 3, 7, 64, 499, 500} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			eager := &ledger{rows: map[string]transactionAnswer{}}
			slow := &ledger{rows: map[string]transactionAnswer{}}
			cursors := []string{}
			for round := range 6 {
				eager.pullAll(a, 1, size)
				eager.equals(a, 1)
				cursors = append(cursors, eager.cursor)
				a.clock.Move(time.Duration(1+round*9) * time.Hour)
				a.authorize()
				a.refresh(1, accountsProduct, transactionsProduct).want(t, 202)
				for range 3 { // the slow one never catches up before the next refresh
					slow.pull(a, 1, size)
				}
				a.clock.Move(2 * time.Second)
			}
			slow.pullAll(a, 1, size)
			slow.equals(a, 1)
			eager.pullAll(a, 1, size)
			eager.equals(a, 1)

			old := &ledger{rows: eager.rows, cursor: cursors[0]}
			if got := a.get("/links/" + a.link(1) + "/transactions/sync?cursor=" + old.cursor); len(into[syncAnswer](t, got).Transactions.Created) == 0 {
				t.Error("an old cursor brings nothing")
			}
		})
	}
}

func TestSyncHistoryComesAsCreated(t *testing.T) {
	a := newAPI(t)
	a.table(1)
	for range 8 {
		a.clock.Move(time.Hour)
		a.authorize()
		a.refresh(1, transactionsProduct).want(t, 202)
		a.clock.Move(2 * time.Second)
		a.show(1)
	}
	got := into[syncAnswer](t, a.get("/links/"+a.link(1)+"/transactions/sync?size=500"))
	if len(got.Transactions.Updated) != 0 || len(got.Transactions.Removed) != 0 || len(got.Transactions.Created) == 0 {
		t.Errorf("created %d, updated %d, removed %d", len(got.Transactions.Created), len(got.Transactions.Updated), len(got.Transactions.Removed))
	}
}

// Refreshes do all that a client has to cope with, sooner or later.
func TestSyncBringsEveryKindOfChange(t *testing.T) {
	a := newAPI(t)
	l := &ledger{rows: map[string]transactionAnswer{}}
	l.pullAll(a, 1, 500)
	var settled, recategorised, gone int
	for range 40 {
		a.clock.Move(time.Hour)
		a.authorize()
		a.refresh(1, transactionsProduct).want(t, 202)
		a.clock.Move(2 * time.Second)
		got := into[syncAnswer](t, a.get("/links/"+a.link(1)+"/transactions/sync?cursor="+l.cursor))
		for _, x := range got.Transactions.Updated {
			old := l.rows[x.TransactionID]
			if old.Pending && !x.Pending {
				settled++
			}
			if old.Category != nil && *old.Category != *x.Category {
				recategorised++
			}
		}
		gone += len(got.Transactions.Removed)
		l.pullAll(a, 1, 500)
	}
	if settled == 0 || recategorised == 0 || gone == 0 {
		t.Errorf("%d settled, %d recategorised, %d removed", settled, recategorised, gone)
	}
}

func TestSyncRefusesForeignCursors(t *testing.T) {
	a := newAPI(t)
	next := a.get("/links/"+a.link(1)+"/transactions/sync").text("cursor", "next")
	for _, cursor := range []string{"x", "%00", "MC4wLjAu", next + "A", next[1:], a.box.cursor("sync "+a.link(1), 9, 100000, 0), a.box.cursor("sync "+a.link(1), 9, 3, 0)} {
		a.get("/links/"+a.link(1)+"/transactions/sync?cursor="+cursor).refused(t, 422, "api_error.request.validation_failed")
	}
	a.get("/links/"+a.link(3)+"/transactions/sync?cursor="+next).refused(t, 422, "api_error.request.validation_failed")
}
