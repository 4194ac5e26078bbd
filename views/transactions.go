package views

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/table"
	"till/ui/theme"
)

// transactionsTab lists what the mirror holds of a link, or of one account. The
// mirror searches, sorts and adds up; the tab holds what is near the cursor.
type transactionsTab struct {
	*linkPage
	account moneykit.AccountID // empty for all
	w, h    int
	table   *table.Model
	filter  filter // the words that are looked for
	terms   terms  // the rest of the filter
	sorted  int    // of orders
	reverse bool

	data     resource[struct{}] // loaded once there is something to show
	asked    question           // the last
	asking   bool               // it is not answered to its end
	slow     int                // the last question that was not answered soon
	cancel   context.CancelFunc // gives it up; nil for none
	answered bool
	rows     *transactionRows
	anchor   mirror.Row // what the cursor is on
	total    total
	counting bool
	late     bool      // it is not the newest
	synced   time.Time // when it was brought up to date

	bars bool
	pane textPane // the bars where they take the list's place
}

// orders are what the list is sorted by, each with its column.
var orders = [...]struct {
	by     mirror.Order
	column int
}{{mirror.ByDate, 0}, {mirror.ByDescription, 1}, {mirror.ByCategory, 3}, {mirror.ByAmount, 4}}

func newTransactionsTab(p *linkPage, account moneykit.AccountID) *transactionsTab {
	whose := 11
	if account != "" {
		whose = 0 // the screen's title says it
	}
	t := &transactionsTab{linkPage: p, account: account, filter: newFilter(), rows: &transactionRows{clock: p.clock}, table: table.New(
		table.Column{Title: "DATE", Width: 10},
		table.Column{Title: "DESCRIPTION", Width: 15, Flex: 1},
		table.Column{Title: "ACCOUNT", Width: whose, Drop: 2},
		table.Column{Title: "CATEGORY", Width: 19, Drop: 3},
		table.Column{Title: "AMOUNT", Width: 16, Right: true},
		table.Column{Title: "STATUS", Width: 7},
	)}
	t.table.SetSource(t.rows)
	t.mark()
	return t
}

// broughtMsg tells that the mirror was brought up to date.
type broughtMsg struct {
	ui.To
	head  mirror.Head
	names names
	late  error     // why it is not the newest
	since time.Time // of which sync it is then
	err   error
}

// bringTransactions brings the mirror up to date.
func bringTransactions(ctx context.Context, s *session, to ui.To, id moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		done, late, err := s.update(ctx, id)
		if err != nil {
			return after(done, id, broughtMsg{To: to, err: err})
		}
		names := accountNames(ctx, s, id)
		head, err := s.mirror.Store().Head(ctx, id)
		var since time.Time
		if late != nil {
			since = lastSync(ctx, s.mirror.Store(), id)
		}
		return after(done, id, broughtMsg{to, head, names, late, since, err})
	}
}

// lastSync is when a sync last changed something, zero for never.
func lastSync(ctx context.Context, store *mirror.Store, id moneykit.LinkID) time.Time {
	syncs, err := store.Syncs(ctx, id)
	if err != nil || len(syncs) == 0 {
		return time.Time{}
	}
	return syncs[0].At
}

func (t *transactionsTab) load() tea.Cmd {
	if t.lacking() || !t.data.begin() {
		return nil
	}
	return bringTransactions(t.ctx, t.session, t.to, t.id)
}

// mirrored searches again when the mirror has come up to date by another way.
func (t *transactionsTab) mirrored() tea.Cmd {
	t.late, t.synced = false, time.Now()
	if !t.answered {
		return nil
	}
	return t.ask(false)
}

func (t *transactionsTab) name() string { return "Transactions" }

// show shows what is in the mirror already while it is brought up to date.
func (t *transactionsTab) show() tea.Cmd {
	if t.answered {
		return t.load()
	}
	return tea.Batch(t.ask(true), t.load())
}

func (t *transactionsTab) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case broughtMsg:
		return t.brought(msg)
	case answerMsg:
		return t.answer(msg)
	case slowMsg:
		t.slow = msg.number
	case nearMsg:
		return t.fetched(msg)
	case totalMsg:
		return t.counted(msg)
	case syncedMsg:
		if msg.link == t.id && msg.err == nil {
			return t.mirrored()
		}
	case mirroredMsg:
		if msg.of(t.id) {
			return t.mirrored()
		}
	case linkNewsMsg:
		if msg.mended(t.data.err) || t.asked.number > 0 && msg.gained(moneykit.ProductTransactions) {
			return t.load()
		}
	case movedMsg:
		if t.data.loaded {
			return t.load()
		}
	default:
		if t.filter.typing {
			changed, cmd := t.filter.update(msg)
			if changed {
				return tea.Batch(cmd, t.ask(true))
			}
			return cmd
		}
	}
	return nil
}

// brought shows what a sync has changed.
func (t *transactionsTab) brought(msg broughtMsg) tea.Cmd {
	had := t.answered
	again := t.data.end(struct{}{}, msg.err)
	cmds := []tea.Cmd{told("Transactions", had, msg.err, msg.late)}
	switch {
	case msg.err != nil:
	case msg.late == nil:
		t.late, t.synced = false, time.Now()
	default:
		t.late = true
		if t.synced.IsZero() {
			t.synced = msg.since
		}
	}
	if len(msg.names) > 0 {
		t.rows.names = msg.names
	}
	if msg.err == nil && (!t.answered || msg.head != t.rows.head) {
		cmds = append(cmds, t.ask(!t.answered))
	}
	if again {
		cmds = append(cmds, t.load())
	}
	return tea.Batch(cmds...)
}

// narrowed reports whether a filter leaves some transactions out.
func (t *transactionsTab) narrowed() bool { return t.filter.active() || t.terms != (terms{}) }

func (t *transactionsTab) actions() []ui.Action {
	switch {
	case t.data.loaded:
	case t.lacking():
		return nil
	default:
		return []ui.Action{{Name: "Read the transactions again", Key: ui.Bind("r", "try again"), Do: t.load}}
	}
	bars := ui.Action{Name: "Bars: sums by month and category", Key: ui.Bind("b", "bars"), Do: t.toggleBars}
	if t.barsCover() {
		back := ui.Action{Name: "Close the bars", Key: ui.Bind("esc", "list"), Do: t.toggleBars}
		return append([]ui.Action{bars, back}, t.pane.actions()...)
	}
	actions := []ui.Action{{
		Name: "Open the transaction", Key: ui.Bind("enter", "open"), Disabled: t.whyNone,
		Do: func() tea.Cmd { return openTransaction(t.linkPage, *t.current()) },
	}}
	actions = append(actions, t.filterActions()...)
	actions = append(actions, bars)
	actions = append(actions, t.correctAction()...)
	actions = append(actions, t.exportFound()...)
	actions = append(actions,
		ui.Action{Name: "Sort by the next column", Key: ui.Bind("s", "sort"), Quiet: true, Do: t.sortNext},
		ui.Action{Name: "Reverse the sort", Key: ui.Bind("S", "reverse"), Quiet: true, Do: func() tea.Cmd {
			return t.sort(t.sorted, !t.reverse)
		}},
	)
	return append(actions, moves(t.table, t.moved)...)
}

// current returns the transaction under the cursor, nil while there is none.
func (t *transactionsTab) current() *moneykit.Transaction { return t.rows.at(t.table.Cursor()) }

func (t *transactionsTab) whyNone() string {
	switch {
	case t.table.Cursor() < 0:
		return "there is no transaction"
	case t.current() == nil:
		return "this transaction is being read"
	}
	return ""
}

// exportFound is about all that was found, in its order.
func (t *transactionsTab) exportFound() []ui.Action {
	return t.exportAction(func() sheet {
		return transactionsSheet(t.mirror.Store(), institution(t.snapshot), t.id, t.rows.found.Rows)
	}, func() string {
		switch {
		case t.asking:
			return "the mirror is still being searched"
		case t.rows.Len() == 0:
			return "there is no transaction"
		case !t.complete():
			return "not all transactions could be read"
		}
		return ""
	})
}

func (t *transactionsTab) sortNext() tea.Cmd {
	return t.sort((t.sorted+1)%len(orders), false)
}

func (t *transactionsTab) sort(by int, reverse bool) tea.Cmd {
	t.sorted, t.reverse = by, reverse
	t.mark()
	return t.ask(true)
}

// mark shows in the column's title what the rows are sorted by.
func (t *transactionsTab) mark() {
	mark := " ↓"
	if t.reverse {
		mark = " ↑"
	}
	t.table.SetMark(orders[t.sorted].column, mark)
}

func (t *transactionsTab) capturing() bool { return t.filter.typing }
func (t *transactionsTab) failure() error  { return t.data.err }

func (t *transactionsTab) setTheme(th *theme.Theme) {
	t.table.SetTheme(th)
	t.drawBars()
}

func (t *transactionsTab) setSize(w, h int) {
	t.w, t.h = w, h
	t.layout()
}

// filterActions narrow the list, and clear what narrows it: the words first.
func (t *transactionsTab) filterActions() []ui.Action {
	actions := t.filter.actions(func() tea.Cmd { return t.ask(true) })
	narrow := ui.Action{Name: "Filter by account, date, amount, status or category", Key: ui.Bind("f", "narrow"), Ask: t.askTerms}
	actions = slices.Insert(actions, 1, narrow)
	if !t.filter.active() && t.terms != (terms{}) {
		actions = append(actions, ui.Action{Name: "Clear the filter", Key: ui.Bind("esc", "clear"), Do: func() tea.Cmd {
			return t.narrow(terms{})
		}})
	}
	return actions
}

// counted takes in how many there are without the filter.
func (t *transactionsTab) counted(msg totalMsg) tea.Cmd {
	t.counting = false
	if msg.err != nil {
		return told("Transactions", true, msg.err, nil)
	}
	t.total = msg.total
	return nil
}
