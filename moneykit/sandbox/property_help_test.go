package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// follower is a client that keeps a copy of a link's transactions by syncing, as
// a client does that knows both manners of pending ones.
type follower struct {
	rows    map[string]transactionAnswer
	cursor  string
	walking bool
	// stale are the pending ones of before this walk. They are dropped when it
	// brings new transactions, where pending ones are replaced.
	stale []string
}

func (f *follower) fork() *follower {
	forked := *f
	forked.rows = maps.Clone(f.rows)
	return &forked
}

// step takes one page, and reports whether it was an answer that can be read.
func (f *follower) step(x *trial, id string, size int) (more, read bool) {
	path := fmt.Sprintf("/links/%s/transactions/sync?size=%d", id, size)
	if f.cursor != "" {
		path += "&cursor=" + url.QueryEscape(f.cursor)
	}
	var page syncAnswer
	if !x.ask(path, &page) || page.Cursor.Next == nil {
		return false, false
	}
	if !f.walking {
		f.walking, f.stale = true, nil
		for id, t := range f.rows {
			if t.Pending && x.replaced {
				f.stale = append(f.stale, id)
			}
		}
	}
	f.apply(x, page)
	f.cursor, f.walking = *page.Cursor.Next, page.HasMore
	return page.HasMore, true
}

func (f *follower) apply(x *trial, page syncAnswer) {
	if len(page.Transactions.Created) > 0 {
		for _, id := range f.stale {
			delete(f.rows, id)
		}
		f.stale = nil
	}
	for _, t := range page.Transactions.Created {
		if _, known := f.rows[t.TransactionID]; known {
			x.Errorf("%s is created twice", t.TransactionID)
		}
		f.rows[t.TransactionID] = t
	}
	for _, t := range page.Transactions.Updated {
		if _, known := f.rows[t.TransactionID]; !known {
			x.Errorf("%s is updated and was never created", t.TransactionID)
		}
		f.rows[t.TransactionID] = t
	}
	for _, id := range page.Transactions.Removed {
		if _, known := f.rows[id]; !known {
			x.Errorf("%s is removed and was never there", id)
		}
		delete(f.rows, id)
	}
}

// finish ends the walk under way, and takes another to the end. Where pending
// ones are replaced, a walk ends with what there was when it began.
func (f *follower) finish(x *trial, id string, size int) {
	if f.walking && x.replaced {
		f.end(x, id, size)
	}
	f.end(x, id, size)
}

func (f *follower) end(x *trial, id string, size int) {
	for pages := 0; ; pages++ {
		if more, read := f.step(x, id, size); !more {
			if !read {
				x.Errorf("%s cannot be synced", id)
			}
			return
		}
		if pages > 2000 {
			x.Fatal("the walk does not end")
		}
	}
}

// ask reads an answer as a client over a wire does. It reports whether that
// went well, which faults can prevent.
func (x *trial) ask(path string, into any) bool {
	req, err := http.NewRequest("GET", "http://sandbox"+path, nil)
	if err != nil {
		x.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+x.token)
	resp, err := x.box.Transport().RoundTrip(req)
	if err != nil {
		return false
	}
	text, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(text, into) == nil
}

// listed returns all transactions that the link has.
func (x *trial) listed(id string) map[string]string {
	all := map[string]string{}
	for page := 1; ; page++ {
		var got transactionsAnswer
		if !x.ask(fmt.Sprintf("/links/%s/transactions?size=1000&page=%d", id, page), &got) {
			x.Fatalf("the transactions of %s cannot be read", id)
		}
		for _, t := range got.Transactions {
			if all[t.TransactionID] != "" {
				x.Errorf("%s is listed twice", t.TransactionID)
			}
			all[t.TransactionID] = key(t)
		}
		if page*1000 >= got.Total {
			if len(all) != got.Total {
				x.Errorf("%d transactions are listed, the total is %d", len(all), got.Total)
			}
			return all
		}
	}
}

// synced holds a finished follower against the list.
func (x *trial) synced(id string, f *follower, want map[string]string) {
	have := map[string]string{}
	for id, t := range f.rows {
		have[id] = key(t)
	}
	if maps.Equal(have, want) {
		return
	}
	for id, t := range want {
		if have[id] != t {
			x.Errorf("link %s: the list has %s %s, the follower %q", id, id, t, have[id])
		}
	}
	for id, t := range have {
		if want[id] == "" {
			x.Errorf("link %s: the follower has %s %s, the list not", id, id, t)
		}
	}
}

// balanced checks a link's money: all that its transactions say is in its
// balances, and nothing else.
func (x *trial) balanced(l *link) {
	s := x.box
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.open(l)
	known := maps.Clone(b.table)
	for _, c := range b.queue {
		if c.kind == removed || c.kind == vanished {
			delete(known, c.id)
		} else {
			known[c.id] = c.transaction
		}
	}
	for _, a := range b.shown(l) {
		if a.portfolio != nil {
			continue
		}
		a.adds(x, known)
		if shown := a.balances(); b.upToDate(l) {
			fromBalances(x, a, shown, b.table)
		}
	}
}

// adds fails unless the account's money is what was there first and what
// transactions brought.
func (a *account) adds(x *trial, known map[string]*transaction) {
	booked, held := a.opening, decimal.Zero
	for _, t := range known {
		if t.account == a && t.pending {
			held = held.Add(a.effect(t))
		} else if t.account == a {
			booked = booked.Add(a.effect(t))
		}
	}
	if !booked.Equal(a.booked) || !held.Equal(a.held) {
		x.Errorf("account %s has %s booked and %s held, its transactions say %s and %s", a.id, a.booked, a.held, booked, held)
	}
}

// upToDate tells whether the balances shown are of the same moment as the
// transactions: they were refreshed together, accounts first.
func (b *book) upToDate(l *link) bool {
	n := len(l.Steps)
	return n >= 2 && l.Steps[n-1].What == transactionsStep && l.Steps[n-2].What == accountsStep && b.passed.Equal(l.Steps[n-2].At)
}

func fromBalances(x *trial, a *account, shown balancesAnswer, table map[string]*transaction) {
	posted, open := a.opening, decimal.Zero
	for _, t := range table {
		switch {
		case t.account == a && t.pending:
			open = open.Add(a.effect(t))
		case t.account == a:
			posted = posted.Add(a.effect(t))
		}
	}
	if got := decimal.RequireFromString(shown.Current.String()); !got.Equal(posted.Round(places(a.currency))) {
		x.Errorf("account %s shows %s, its transactions say %s", a.id, got, posted)
	}
	if shown.Available == nil {
		return
	}
	want := posted.Add(open)
	if a.limit.IsPositive() {
		want = a.limit.Sub(want)
	}
	if got := decimal.RequireFromString(shown.Available.String()); !got.Equal(want.Round(places(a.currency))) {
		x.Errorf("account %s shows %s available, its transactions say %s", a.id, got, want)
	}
}

// invested checks that holdings sum up to their account's balance.
func (x *trial) invested(id string) {
	var got holdingsAnswer
	if !x.ask("/links/"+id+"/investments/holdings", &got) || len(got.Accounts) == 0 {
		return
	}
	sum := decimal.Zero
	for _, h := range got.Holdings {
		sum = sum.Add(decimal.RequireFromString(h.Value))
	}
	if balance := decimal.RequireFromString(got.Accounts[0].Balances.Current.String()); !sum.Equal(balance) {
		x.Errorf("link %s: holdings of %s, a balance of %s", id, sum, balance)
	}
}

// told is everything that a link answers, as text.
func (x *trial) told(id string) string {
	var all bytes.Buffer
	paths := []string{
		"", "/accounts", "/accounts/numbers", "/identity", "/transactions?size=1000", "/transactions/sync",
		"/investments/holdings", "/investments/transactions?size=1000",
	}
	for _, f := range x.followers[id] {
		paths = append(paths, "/transactions/sync?size=7&cursor="+url.QueryEscape(f.cursor))
	}
	for _, path := range paths {
		got := x.unheld("GET", "/links/"+id+path)
		_, _ = fmt.Fprintf(&all, "%s %d %s\n", path, got.status, got.body)
	}
	return all.String()
}

// unforgetful fails when a link tells something else once its book was
// forgotten.
func (x *trial) unforgetful(id string) {
	before := x.told(id)
	x.forget()
	after := x.told(id)
	if before != after {
		x.Errorf("link %s forgot:\n%s", id, difference(before, after))
	}
}

func difference(before, after string) string {
	from, to := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i, line := range from {
		if i >= len(to) || line != to[i] {
			return fmt.Sprintf("%.1500s\n%.1500s", line, strings.Join(to[min(i, len(to)):min(i+1, len(to))], ""))
		}
	}
	return fmt.Sprintf("%d lines more", len(to)-len(from))
}

// forget forgets all books.
func (x *trial) forget() {
	x.box.mu.Lock()
	defer x.box.mu.Unlock()
	x.box.shelf = shelf{books: map[int]*book{}}
}

// limited fails when a refresh was accepted too soon after the last, or refused
// without one.
func (x *trial) limited(id string, asked []product, got answer, before map[product]time.Time) {
	now, soon := x.box.Now(), false
	for _, name := range asked {
		last := before[name]
		early := name.limit() > 0 && !last.IsZero() && now.Sub(last) < name.limit()
		if soon = soon || early; early && got.status == http.StatusAccepted {
			x.Errorf("link %s: %s is refreshed at %s, and was at %s", id, name, now, last)
		}
	}
	if got.status == http.StatusTooManyRequests && !soon {
		x.Errorf("link %s: %v may be refreshed at %s, %v", id, asked, now, before)
	}
}

// at is the place of a list that a number leads to.
func at[T any](list []T, n int) T { return list[n%len(list)] }
