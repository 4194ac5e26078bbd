package views

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
)

// firstRows are asked for before all others, to be on screen at once.
const firstRows = 500

// question is what the mirror is asked for. Of several only the last counts.
type question struct {
	number  int
	link    moneykit.LinkID
	filter  mirror.Filter
	order   mirror.Order
	reverse bool
	cursor  mirror.Row // whose surroundings come with the answer
	at      int        // where the cursor is, should its row not be found
	others  bool       // other rows than those on screen are wanted
}

// answerMsg brings the places of what was found, and the transactions near the
// cursor.
type answerMsg struct {
	ui.To
	number int
	found  mirror.Found
	whole  bool
	head   mirror.Head // from before the search
	near   near
	names  names
	err    error
}

// ask searches the mirror for no more than limit transactions, 0 for all.
func ask(ctx context.Context, s *session, to ui.To, q question, limit int) tea.Cmd {
	return func() tea.Msg {
		store := s.mirror.Store()
		a := answerMsg{To: to, number: q.number, names: keptNames(ctx, s, q.link)}
		if a.head, a.err = store.Head(ctx, q.link); a.err != nil {
			return a
		}
		if a.found, a.err = store.Find(ctx, q.link, q.filter, q.order, q.reverse, limit); a.err != nil {
			return a
		}
		a.whole = limit == 0 || len(a.found.Rows) < limit
		i := slices.Index(a.found.Rows, q.cursor)
		if i < 0 {
			i = min(q.at, len(a.found.Rows))
		}
		around := surroundings(a.found.Rows, i, i)
		var found map[mirror.Row]moneykit.Transaction
		found, a.err = store.At(ctx, around...)
		a.near = nearOf(around, found)
		return a
	}
}

// slowAfter is how long an answer may take before the screen tells that it is
// on its way.
const slowAfter = 200 * time.Millisecond

// slowMsg tells that a question was asked a while ago.
type slowMsg struct {
	ui.To
	number int
}

// nearMsg brings transactions that came near the cursor.
type nearMsg struct {
	ui.To
	version int
	near    near
	err     error
}

func bring(ctx context.Context, store *mirror.Store, to ui.To, version int, rows []mirror.Row) tea.Cmd {
	return func() tea.Msg {
		found, err := store.At(ctx, rows...)
		return nearMsg{to, version, nearOf(rows, found), err}
	}
}

// totalMsg tells of all that the mirror has, whatever the filter.
type totalMsg struct {
	ui.To
	total total
	err   error
}

// total is what there is without a filter.
type total struct {
	head       mirror.Head
	known      bool
	count      int
	categories []string
}

func totalOf(head mirror.Head, found mirror.Found) total {
	t := total{head: head, known: true, count: len(found.Rows)}
	for _, g := range found.Categories {
		t.categories = append(t.categories, g.Name)
	}
	slices.Sort(t.categories)
	return t
}

func countAll(ctx context.Context, store *mirror.Store, to ui.To, link moneykit.LinkID, account moneykit.AccountID) tea.Cmd {
	return func() tea.Msg {
		head, err := store.Head(ctx, link)
		if err != nil {
			return totalMsg{To: to, err: err}
		}
		found, err := store.Find(ctx, link, mirror.Filter{Account: account}, mirror.ByDate, false, 0)
		return totalMsg{to, totalOf(head, found), err}
	}
}

// ask asks the mirror anew. When other rows than those on screen are wanted, the
// first of them come first.
func (t *transactionsTab) ask(others bool) tea.Cmd {
	filter := t.terms.filter(t.clock.now())
	filter.Text = t.filter.needle
	if t.account != "" {
		filter.Account = t.account
	}
	order := orders[t.sorted].by
	t.asked = question{
		number: t.asked.number + 1, link: t.id, filter: filter, order: order, reverse: t.reverse != (order == mirror.ByAmount), // the largest first
		cursor: t.anchor, others: others || t.asking && t.asked.others,
	}
	limit := firstRows
	if !t.asked.others {
		limit, t.asked.at = 0, max(0, t.table.Cursor())
	}
	t.asking = true
	return tea.Batch(t.search(limit), ui.Tick(t.ctx, slowAfter, slowMsg{t.to, t.asked.number}))
}

// search gives up what was asked before.
func (t *transactionsTab) search(limit int) tea.Cmd {
	if t.cancel != nil {
		t.cancel()
	}
	ctx, cancel := context.WithCancel(t.ctx)
	t.cancel = cancel
	return ask(ctx, t.session, t.to, t.asked, limit)
}

// answer takes an answer in; only that to the last question counts.
func (t *transactionsTab) answer(msg answerMsg) tea.Cmd {
	if msg.number != t.asked.number || errors.Is(msg.err, context.Canceled) {
		return nil
	}
	if msg.err != nil {
		t.asking = false
		t.drawBars()
		return t.unread(msg.err)
	}
	if !msg.whole && t.table.Cursor() > 0 && !slices.Contains(msg.found.Rows, t.anchor) {
		return t.search(0) // the cursor's transaction may be among those to come
	}
	if len(msg.found.Rows) == 0 && !t.data.loaded {
		t.asking = false
		return nil // MoneyKit is asked first
	}
	t.data.early(struct{}{})
	t.answered, t.asking = true, !msg.whole
	t.rows.take(msg)
	t.settle()
	if !msg.whole {
		t.asked.cursor = t.anchor
		return tea.Batch(t.fetch(), t.search(0))
	}
	if !t.narrowed() {
		t.total = totalOf(msg.head, msg.found)
	}
	return tea.Batch(t.fetch(), t.count())
}

// settle keeps the cursor on its transaction, where that is still there.
func (t *transactionsTab) settle() {
	defer func() { t.rows.trim(t.table.Visible()) }()
	t.table.SetSource(t.rows)
	t.drawBars()
	if i := slices.Index(t.rows.found.Rows, t.anchor); i >= 0 {
		t.table.MoveTo(i)
		return
	}
	if t.asked.others {
		t.table.MoveTo(0)
	}
	t.stand()
}

// complete reports whether all that was asked for is there.
func (t *transactionsTab) complete() bool { return t.rows.whole && t.rows.number == t.asked.number }

// stand remembers which transaction the cursor is on.
func (t *transactionsTab) stand() {
	if i := t.table.Cursor(); i >= 0 {
		t.anchor = t.rows.found.Rows[i]
	}
}

// moved runs when the operator has moved the cursor.
func (t *transactionsTab) moved() tea.Cmd {
	t.stand()
	return t.fetch()
}

// fetch brings the transactions near the cursor that are not there.
func (t *transactionsTab) fetch() tea.Cmd {
	missing := t.rows.missing(t.table.Visible())
	if len(missing) == 0 || t.rows.fetching {
		return nil
	}
	t.rows.fetching = true
	return bring(t.ctx, t.mirror.Store(), t.to, t.rows.version, missing)
}

// fetched takes transactions in, and goes on where the cursor is by now.
func (t *transactionsTab) fetched(msg nearMsg) tea.Cmd {
	t.rows.fetching = false
	if msg.err != nil {
		return told("Transactions", true, msg.err, nil) // the next step tries again
	}
	if msg.version == t.rows.version {
		maps.Copy(t.rows.near, msg.near)
		t.rows.trim(t.table.Visible())
	}
	return t.fetch()
}

// count finds out how many transactions there are without the filter.
func (t *transactionsTab) count() tea.Cmd {
	if t.counting || t.total.known && t.total.head == t.rows.head {
		return nil
	}
	t.counting = true
	return countAll(t.ctx, t.mirror.Store(), t.to, t.id, t.account)
}

// unread tells that the mirror could not be read.
func (t *transactionsTab) unread(err error) tea.Cmd {
	if !t.answered {
		t.data.loaded, t.data.err = false, err
		return nil
	}
	return told("Transactions", true, err, nil)
}
