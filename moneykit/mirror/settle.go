package mirror

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

const (
	// listSize is the largest page that the listing gives.
	listSize = 1000
	// maxListed is how many pages a listing may have.
	maxListed = 200
	// leeway is how many days a date may have moved since it was seen.
	leeway = 10
	// lateDays is how many days a transaction that is gone waits for its settled one.
	lateDays = 30
	// staleDays is how long transactions are pending that settle at all.
	staleDays = 8
)

// ErrListing says that the listing of a link's transactions was not whole, as when
// they change while it is read. Nothing was dropped for it; a new sync reads it again.
var ErrListing = errors.New("mirror: the listing of transactions is not whole")

// epoch is the first day that is asked for. Servers refuse some that are earlier.
var epoch = moneykit.Date{Year: 1970, Month: time.January, Day: 1}

// Doubt is what the syncs of a link leave open.
type Doubt struct {
	Head    Head
	Pending []moneykit.Transaction // the newest sync did not mention them
	Gone    []moneykit.Transaction // pending ones, whose settled one may have come since
}

// Listing is which transactions of a link MoneyKit holds.
type Listing struct {
	Head      Head // of the link before it was asked for
	IDs       map[moneykit.TransactionID]bool
	RequestID string // ids of several, a space between two
}

// Stale reports whether a transaction is pending for longer than such that settle.
func Stale(t moneykit.Transaction, now time.Time) bool {
	return t.Pending && !t.Date.IsZero() && dayOf(moneykit.DateOf(now))-dayOf(t.Date) > staleDays
}

// settle finds out what became of pending transactions that are in doubt: some
// providers drop them without a word.
func (m *Mirror) settle(ctx context.Context, link moneykit.LinkID, done Sync) (Sync, error) {
	doubt, err := m.store.Doubtful(ctx, link)
	if err != nil || len(doubt.Pending)+len(doubt.Gone) == 0 {
		return done, err
	}
	list := Listing{Head: doubt.Head, IDs: map[moneykit.TransactionID]bool{}}
	var requests []string
	for _, days := range doubt.days(time.Now()) {
		asked, err := m.list(ctx, link, days, list.IDs)
		if err != nil {
			return done, err
		}
		requests = append(requests, asked...)
	}
	list.RequestID = strings.Join(requests, " ")
	settled, err := m.store.Settle(ctx, link, list)
	if err != nil || settled.Seq == 0 {
		return done, err
	}
	return settled, nil
}

// days are those to list for all that are pending. The ones that are stale cost no
// more than the days around theirs, however long ago that was.
func (d Doubt) days(now time.Time) (all []moneykit.TransactionsQuery) {
	byDate := func(a, b moneykit.Transaction) int { return a.Date.Compare(b.Date) }
	for _, p := range slices.SortedFunc(slices.Values(d.Pending), byDate) {
		days := around(p, now)
		switch last := len(all) - 1; {
		case last >= 0 && all[last].To.IsZero():
			return all
		case last >= 0 && days.From.Compare(all[last].To) <= 0:
			all[last].To = days.To
		default:
			all = append(all, days)
		}
	}
	return all
}

// around are the days in which a pending transaction may be by now.
func around(p moneykit.Transaction, now time.Time) moneykit.TransactionsQuery {
	days := moneykit.TransactionsQuery{PageSize: listSize}
	if from := moneykit.DateOf(p.Date.Time().AddDate(0, 0, -leeway)); from.Compare(epoch) >= 0 {
		days.From = from
	}
	if Stale(p, now) {
		days.To = moneykit.DateOf(p.Date.Time().AddDate(0, 0, leeway))
		if days.To.Compare(epoch) < 0 {
			days.To = epoch
		}
	}
	return days
}

// list adds which transactions there are in some days to ids.
func (m *Mirror) list(ctx context.Context, link moneykit.LinkID, days moneykit.TransactionsQuery, ids map[moneykit.TransactionID]bool) (requests []string, err error) {
	listed, total := map[moneykit.TransactionID]bool{}, 0
	for page := 1; page <= maxListed; page++ {
		got, err := m.client.TransactionsPage(ctx, link, page, days)
		if err != nil {
			return nil, err
		}
		if page > 1 && got.Total != total {
			return nil, ErrListing
		}
		before := len(listed)
		for _, t := range got.Transactions {
			listed[t.ID] = true
		}
		total, requests = got.Total, append(requests, got.RequestID)
		switch {
		case len(listed) == total:
			maps.Copy(ids, listed)
			return requests, nil
		case len(listed) == before || len(listed) > total:
			return nil, ErrListing
		}
	}
	return nil, ErrListing
}

// Doubtful returns what the syncs of a link leave open. Only a [Listing] can tell
// whether what is pending is still there.
func (f *Store) Doubtful(ctx context.Context, link moneykit.LinkID) (doubt Doubt, err error) {
	err = f.read.use(ctx, func() error {
		row, head, err := f.read.head(link)
		if err != nil {
			return err
		}
		pending, gone, err := f.read.doubtful(row)
		doubt = Doubt{Head: head, Pending: transactions(pending), Gone: transactions(gone)}
		return err
	})
	return doubt, err
}

func transactions(all []held) (list []moneykit.Transaction) {
	for _, h := range all {
		list = append(list, h.Transaction)
	}
	return list
}

func (c *conn) doubtful(link int64) (pending, gone []held, err error) {
	if pending, err = c.held(doubtfulPending, link); err != nil {
		return nil, nil, err
	}
	gone, err = c.held(doubtfulGone, link, lateDays, int64(24*time.Hour))
	return pending, gone, err
}

func (c *conn) held(query string, args ...any) (all []held, err error) {
	err = c.run(query, args, func(s *sqlite3.Stmt) error {
		h := held{txn: s.ColumnInt64(0), version: s.ColumnInt64(1), seen: s.ColumnInt64(2), seq: s.ColumnInt(3)}
		err := decode(s.ColumnBlob(4, nil), &h.Transaction)
		all = append(all, h)
		return err
	})
	return all, err
}

// Settle ends the doubt: pending transactions that are not in the listing are gone,
// or were settled under another id. It returns the newest entry of the history,
// with Seq 0 when nothing had changed, and ErrStale when another sync came between.
func (f *Store) Settle(ctx context.Context, link moneykit.LinkID, list Listing) (Sync, error) {
	var entry Sync
	err := f.write.commit(ctx, func() error {
		row, head, err := f.write.head(link)
		if err != nil {
			return err
		}
		if head != list.Head {
			return ErrStale
		}
		last, err := f.write.lastVersion()
		if err != nil {
			return err
		}
		s := settler{conn: f.write, link: row, seq: head.Seq, last: last}
		pending, gone, err := s.doubtful(row)
		if err != nil {
			return err
		}
		absent := slices.DeleteFunc(pending, func(p held) bool { return list.IDs[p.ID] })
		changed, err := s.settle(absent, gone, list.RequestID)
		if err != nil || !changed {
			return err
		}
		entry, err = s.entry(row, head.Seq)
		return err
	})
	return entry, err
}

// settler ends the doubt about one link.
type settler struct {
	*conn
	link int64
	seq  int   // of the newest sync
	last int64 // version there is
}

// settle reports whether anything changed.
func (s *settler) settle(absent, gone []held, request string) (bool, error) {
	pairs, err := s.match(slices.Concat(absent, gone))
	if err != nil {
		return false, err
	}
	matched := map[int64]bool{}
	for _, p := range pairs {
		matched[p.pending.txn] = true
		if err := s.replace(p); err != nil {
			return false, err
		}
	}
	lost := slices.DeleteFunc(slices.Clone(absent), func(p held) bool { return matched[p.txn] })
	if err := s.lose(lost, request); err != nil {
		return false, err
	}
	if len(absent) > 0 {
		if err := s.exec(countSync, 0, 0, len(lost), request, s.link, s.seq); err != nil {
			return false, err
		}
	}
	for _, p := range gone {
		if err := s.exec(setSeen, s.last, p.txn); err != nil {
			return false, err
		}
	}
	return len(absent)+len(pairs) > 0, s.exec(seeListed, s.last, s.link)
}

// match looks for the settled ones among those that came since.
func (s *settler) match(pending []held) ([]pair, error) {
	if len(pending) == 0 {
		return nil, nil
	}
	day, seen := dayOf(pending[0].Date), s.last
	for _, p := range pending {
		day, seen = min(day, dayOf(p.Date)), min(seen, p.seen)
	}
	came, err := s.held(cameSince, s.link, day-leeway, seen)
	if err != nil {
		return nil, err
	}
	came = slices.DeleteFunc(came, func(h held) bool { return h.Pending })
	return match(pending, came), nil
}

// replace notes that a settled transaction took a pending one's place.
func (s *settler) replace(p pair) error {
	if err := s.exec(setKind, string(Settled), p.pending.version, p.settled.version); err != nil {
		return err
	}
	if err := s.exec(countSync, -1, 1, 0, "", s.link, p.settled.seq); err != nil {
		return err
	}
	return s.exec(setSettled, p.settled.txn, p.confidence, p.pending.txn)
}

// lose notes that pending transactions are there no more.
func (s *settler) lose(lost []held, request string) error {
	if len(lost) == 0 {
		return nil
	}
	first := s.last + 1
	s.last += int64(len(lost))
	for i, p := range lost {
		version := first + int64(i)
		if err := s.exec(addVersion, version, string(Gone), p.version, nil); err != nil {
			return err
		}
		if err := s.exec(setGone, version, s.last, p.txn); err != nil {
			return err
		}
	}
	return s.exec(addPage, s.link, s.seq, first, s.last, request)
}

// unsettle takes a match back: the pending transaction is there again, so the settled
// one is another.
func (a *applier) unsettle(txn int64) error {
	var version int64
	var seq int
	err := a.run(settledVersion, []any{txn}, func(s *sqlite3.Stmt) error {
		version, seq = s.ColumnInt64(0), s.ColumnInt(1)
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.exec(setKind, string(Created), nil, version); err != nil {
		return err
	}
	return a.exec(countSync, 1, -1, 0, "", a.link, seq)
}
