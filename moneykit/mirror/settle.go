package mirror

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
)

const (
	// listSize is the largest page that the listing gives.
	listSize = 1000
	// leeway is how many days a date may have moved back since it was seen.
	leeway = 10
	// lateDays is how many days a transaction that is gone waits for its settled one.
	lateDays = 30
	// staleDays is how long transactions are pending that settle at all.
	staleDays = 8
)

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
	list := Listing{Head: doubt.Head}
	if len(doubt.Pending) > 0 {
		if list.IDs, list.RequestID, err = m.list(ctx, link, doubt.from()); err != nil {
			return done, err
		}
	}
	settled, err := m.store.Settle(ctx, link, list)
	if err != nil || settled.Seq == 0 {
		return done, err
	}
	return settled, nil
}

// from is the day from which all that are pending are listed.
func (d Doubt) from() moneykit.Date {
	first := slices.MinFunc(d.Pending, func(a, b moneykit.Transaction) int { return a.Date.Compare(b.Date) }).Date
	if first.IsZero() {
		return first
	}
	return moneykit.DateOf(first.Time().AddDate(0, 0, -leeway))
}

// list reads which transactions there are from a day on.
func (m *Mirror) list(ctx context.Context, link moneykit.LinkID, from moneykit.Date) (map[moneykit.TransactionID]bool, string, error) {
	ids, requests, total := map[moneykit.TransactionID]bool{}, []string{}, 0
	for page := 1; ; page++ {
		got, err := m.client.TransactionsPage(ctx, link, page, moneykit.TransactionsQuery{From: from, PageSize: listSize})
		if err != nil {
			return nil, "", err
		}
		if page > 1 && got.Total != total {
			return nil, "", ErrStale // it moved under the pages, which may have missed some
		}
		before := len(ids)
		for _, t := range got.Transactions {
			ids[t.ID] = true
		}
		total, requests = got.Total, append(requests, got.RequestID)
		if len(ids) == before || len(ids) == total {
			return ids, strings.Join(requests, " "), nil
		}
	}
}

// Doubtful returns what the syncs of a link leave open. Only a [Listing] can tell
// whether what is pending is still there.
func (f *Store) Doubtful(ctx context.Context, link moneykit.LinkID) (doubt Doubt, err error) {
	err = f.read.use(ctx, func() error {
		row, head, err := f.read.head(link)
		if err != nil {
			return err
		}
		pending, gone, err := f.read.doubtful(row, head)
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

func (c *conn) doubtful(link int64, head Head) (pending, gone []held, err error) {
	if pending, err = c.held(doubtfulPending, link, head.Seq); err != nil {
		return nil, nil, err
	}
	gone, err = c.held(doubtfulGone, link, head.Seq, lateDays)
	return pending, gone, err
}

func (c *conn) held(query string, args ...any) (all []held, err error) {
	err = c.run(query, args, func(s *sqlite3.Stmt) error {
		h := held{txn: s.ColumnInt64(0), version: s.ColumnInt64(1), seq: s.ColumnInt(2)}
		err := decode(s.ColumnBlob(3, nil), &h.Transaction)
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
		s := settler{conn: f.write, link: row, seq: head.Seq}
		pending, gone, err := s.doubtful(row, head)
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
	seq  int // of the newest sync
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
		if err := s.exec(setSeen, s.seq, p.txn); err != nil {
			return false, err
		}
	}
	return len(absent)+len(pairs) > 0, s.exec(seeListed, s.seq, s.link)
}

// match looks for the settled ones among those that came since.
func (s *settler) match(pending []held) ([]pair, error) {
	if len(pending) == 0 {
		return nil, nil
	}
	day, seq := dayOf(pending[0].Date), s.seq
	for _, p := range pending {
		day, seq = min(day, dayOf(p.Date)), min(seq, p.seq)
	}
	came, err := s.held(cameSince, s.link, day-leeway, seq)
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
	return s.exec(setSettled, p.settled.txn, p.confidence, s.seq, p.pending.txn)
}

// lose notes that pending transactions are there no more.
func (s *settler) lose(lost []held, request string) error {
	if len(lost) == 0 {
		return nil
	}
	last, err := s.lastVersion()
	if err != nil {
		return err
	}
	first := last + 1
	for _, p := range lost {
		last++
		if err := s.exec(addVersion, last, string(Gone), p.version, nil); err != nil {
			return err
		}
		if err := s.exec(setGone, last, s.seq, p.txn); err != nil {
			return err
		}
	}
	return s.exec(addPage, s.link, s.seq, first, last, request)
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
