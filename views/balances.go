package views

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/table"
	"till/ui/theme"
)

// balancesScreen draws the balances of a link's accounts over time, those in one
// currency at once.
type balancesScreen struct {
	linkPage
	only     moneykit.AccountID // empty for all accounts
	data     resource[balances]
	currency int
	alone    bool // only the account under the cursor is drawn
	zoom     int
	at, end  day // the day that is told, and the last one of the chart
	last     day // that there was
	table    *table.Model
	w, h     int
}

var _ ui.Screen = (*balancesScreen)(nil)

// zooms are how long a time the chart may show; 0 is all there is.
var zooms = []struct {
	days day
	word string
}{{30, "30 days"}, {90, "90 days"}, {365, "1 year"}, {0, "all of the time"}}

// longest keeps dates that cannot be from making the chart endless.
const longest day = 50 * 365

func newBalances(p *linkPage, only moneykit.AccountID) *balancesScreen {
	return &balancesScreen{linkPage: *p, only: only, zoom: 1, table: table.New(
		table.Column{Width: 1},
		table.Column{Title: "ACCOUNT", Width: 10, Flex: 1},
		table.Column{Title: "━ RECORDED", Width: 15, Right: true},
		table.Column{Title: "READ", Width: 12, Drop: 1},
		table.Column{Title: "┄ DERIVED", Width: 15, Right: true},
		table.Column{Title: "GAP", Width: 25, Flex: 1},
	)}
}

// balancesAction opens the balances of all accounts, or of one.
func balancesAction(p *linkPage, only moneykit.AccountID) ui.Action {
	return ui.Action{Name: "Balances over time", Key: ui.Bind("h", "history"), Do: func() tea.Cmd {
		return ui.Push(newBalances(p, only))
	}}
}

// balances are the histories of accounts, and when the accounts were read.
type balances struct {
	histories []balanceHistory
	read      time.Time
	head      mirror.Head // from before
}

type (
	balancesLoadedMsg struct {
		ui.To
		value balances
		late  error // why these are not the newest
		err   error
	}
	// balancesKeptMsg brings what is in the mirror already.
	balancesKeptMsg struct {
		ui.To
		value balances
	}
)

// loadBalances brings accounts and transactions up to date and reads from the
// mirror. An account without transactions has balances all the same.
func loadBalances(ctx context.Context, s *session, to ui.To, id moneykit.LinkID, only moneykit.AccountID) tea.Cmd {
	clock := *s.clock
	return func() tea.Msg {
		accounts, late, err := s.accounts(ctx, id)
		if err != nil {
			return balancesLoadedMsg{To: to, err: err}
		}
		read := time.Now()
		if late != nil {
			_, read, _ = s.mirror.Store().Accounts(ctx, id)
		}
		done, behind, unsynced := s.update(ctx, id)
		if unsynced == nil {
			late = cmp.Or(late, behind)
		}
		value, err := keptBalances(ctx, s, id, accounts, read, only, clock.tell)
		return after(done, id, balancesLoadedMsg{to, value, late, err})
	}
}

// showBalances shows what is in the mirror already, if there is something.
func showBalances(ctx context.Context, s *session, to ui.To, id moneykit.LinkID, only moneykit.AccountID) tea.Cmd {
	clock := *s.clock
	return func() tea.Msg {
		accounts, read, err := s.mirror.Store().Accounts(ctx, id)
		if err != nil || len(accounts) == 0 {
			return nil // what is loaded tells why
		}
		value, err := keptBalances(ctx, s, id, accounts, read, only, clock.tell)
		if err != nil {
			return nil
		}
		return balancesKeptMsg{to, value}
	}
}

func keptBalances(ctx context.Context, s *session, id moneykit.LinkID, accounts []moneykit.Account, read time.Time, only moneykit.AccountID, tell func(time.Time) time.Time) (balances, error) {
	store := s.mirror.Store()
	head, err := store.Head(ctx, id)
	if err != nil {
		return balances{}, err
	}
	kept := balances{read: tell(read), head: head}
	for _, a := range accounts {
		if only != "" && a.ID != only {
			continue
		}
		m := movements{synced: head.Cursor != ""}
		if m.seen, err = store.Balances(ctx, id, a.ID); err != nil {
			return balances{}, err
		}
		if m.flow, err = store.Flow(ctx, id, a.ID); err != nil {
			return balances{}, err
		}
		if m.settled, err = store.Settlements(ctx, id, a.ID); err != nil {
			return balances{}, err
		}
		kept.histories = append(kept.histories, newBalanceHistory(a, m, tell))
	}
	return kept, nil
}

func (b *balancesScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	b.ctx, b.to = ctx, ui.To{ID: id}
	return tea.Batch(showBalances(b.ctx, b.session, b.to, b.id, b.only), b.load())
}

func (b *balancesScreen) load() tea.Cmd {
	if !b.data.begin() {
		return nil
	}
	return loadBalances(b.ctx, b.session, b.to, b.id, b.only)
}

func (b *balancesScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case balancesKeptMsg:
		b.kept(msg.value)
	case balancesLoadedMsg:
		return b.took(msg)
	case newsMsg:
		return b.news(msg)
	case syncedMsg:
		if msg.link == b.id {
			return b.load()
		}
	case mirroredMsg:
		if msg.of(b.id) && b.data.loaded {
			return showBalances(b.ctx, b.session, b.to, b.id, b.only)
		}
	case movedMsg:
		return b.load()
	}
	return nil
}

// kept shows what the mirror holds, unless that is there already or newer is.
func (b *balancesScreen) kept(value balances) {
	shown := b.data.value.head
	if b.data.loaded && (value.head == shown || value.head.Seq < shown.Seq) {
		return
	}
	newest := !b.data.loaded || b.at == b.last
	b.data.value, b.data.loaded = value, true
	b.settle(newest)
}

func (b *balancesScreen) took(msg balancesLoadedMsg) tea.Cmd {
	had := b.data.loaded
	again := b.data.end(msg.value, msg.err)
	b.settle(!had || b.at == b.last)
	told := told("Balances", had, msg.err, msg.late)
	if again {
		return tea.Batch(told, b.load())
	}
	return told
}

// news reads the balances anew when there are new ones.
func (b *balancesScreen) news(msg newsMsg) tea.Cmd {
	for _, s := range msg.snapshots {
		if s.ID != b.id {
			continue
		}
		news := linkNewsMsg{b.snapshot, s}
		b.snapshot = s
		if news.refreshed(moneykit.ProductAccounts) || news.refreshed(moneykit.ProductTransactions) || news.mended(b.data.err) {
			return b.load()
		}
	}
	return nil
}

// currencies are those of the accounts, in their order.
func (b *balancesScreen) currencies() (codes []string) {
	for _, h := range b.data.value.histories {
		if code := h.account.Balances.Currency; !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

// code is the currency that is shown.
func (b *balancesScreen) code() string {
	codes := b.currencies()
	if len(codes) == 0 {
		return ""
	}
	return codes[b.currency%len(codes)]
}

// shown are the accounts in the currency.
func (b *balancesScreen) shown() (list []balanceHistory) {
	for _, h := range b.data.value.histories {
		if h.account.Balances.Currency == b.code() {
			list = append(list, h)
		}
	}
	return list
}

// span is the first day of which something is known, and today, or tomorrow where
// the data is dated ahead of this machine.
func (b *balancesScreen) span() (first, last day) {
	today := dayOf(moneykit.DateOf(b.clock.now()))
	first, last = today, today
	for _, h := range b.shown() {
		if n := len(h.derived); n > 0 {
			last = max(last, min(h.derived[n-1].day, today+1))
		}
		if n := len(h.recorded); n > 0 {
			last = max(last, h.recorded[n-1].day)
		}
		if begin, known := h.first(); known {
			first = min(first, begin)
		}
	}
	return max(first, last-longest), last
}

// window is the days of the chart.
func (b *balancesScreen) window() (from, to day) {
	first, last := b.span()
	days := last - first + 1
	if zoom := zooms[b.zoom].days; zoom > 0 {
		days = min(days, zoom)
	}
	to = max(first+days-1, min(b.end, last))
	return to - days + 1, to
}

// settle keeps the day inside what there is and the chart around it; at the newest
// if so wanted.
func (b *balancesScreen) settle(newest bool) {
	first, last := b.span()
	if newest {
		b.at, b.end = last, last
	}
	b.at, b.last = max(first, min(b.at, last)), last
	switch from, to := b.window(); {
	case b.at < from:
		b.end = to - from + b.at
	case b.at > to:
		b.end = b.at
	default:
		b.end = to
	}
	b.table.SetSource(balanceRows{b.shown(), b.at, b.code()})
	b.layout()
}

func (b *balancesScreen) Actions() []ui.Action {
	if !b.data.loaded {
		return append([]ui.Action{{Name: "Read the balances again", Key: ui.Bind("r", "try again"), Do: b.load}}, b.elsewhere(b.failure)...)
	}
	to := func(find func() day) func() tea.Cmd {
		return func() tea.Cmd {
			b.at = find()
			b.settle(false)
			return nil
		}
	}
	row := func(n int) func() tea.Cmd {
		return func() tea.Cmd {
			b.table.Move(n)
			return nil
		}
	}
	actions := []ui.Action{
		{Name: "A day back", Key: ui.Bind("◂", "day back", "left"), Do: to(func() day { return b.at - 1 })},
		{Name: "A day on", Key: ui.Bind("▸", "day on", "right"), Do: to(func() day { return b.at + 1 })},
		{Name: "A month back", Key: ui.Bind("pgup", "month back"), Quiet: true, Do: to(func() day { return b.at.months(-1) })},
		{Name: "A month on", Key: ui.Bind("pgdown", "month on"), Quiet: true, Do: to(func() day { return b.at.months(1) })},
		{Name: "To the first day", Key: ui.Bind("g", "first", "g", "home"), Quiet: true, Do: to(func() day { return math.MinInt32 })},
		{Name: "To the last day", Key: ui.Bind("G", "last", "G", "end"), Quiet: true, Do: to(func() day { return math.MaxInt32 })},
		{Name: "Show a shorter time", Key: ui.Bind("+", "shorter", "+", "="), Do: b.zoomed(-1)},
		{Name: "Show a longer time", Key: ui.Bind("-", "longer"), Do: b.zoomed(1)},
	}
	if len(b.currencies()) > 1 {
		actions = append(actions, ui.Action{Name: "Next currency", Key: ui.Bind("c", "currency"), Do: func() tea.Cmd {
			b.currency++
			b.alone = false
			b.settle(false)
			return nil
		}})
	}
	if b.table.Len() > 1 {
		actions = append(actions,
			ui.Action{Name: "Up", Key: ui.Bind("↑", "move", "up", "k"), Quiet: true, Do: row(-1)},
			ui.Action{Name: "Down", Key: ui.Bind("↓", "move", "down", "j"), Quiet: true, Do: row(1)},
			ui.Action{Name: "Draw this account alone, or all", Key: ui.Bind("enter", "alone"), Do: func() tea.Cmd {
				b.alone = !b.alone
				return nil
			}},
		)
	}
	return append(actions, b.elsewhere(b.failure)...)
}

func (b *balancesScreen) zoomed(n int) func() tea.Cmd {
	return func() tea.Cmd {
		b.zoom = max(0, min(b.zoom+n, len(zooms)-1))
		b.settle(false)
		return nil
	}
}

func (b *balancesScreen) failure() error { return b.data.err }

func (b *balancesScreen) Title() string { return "Balances" }

func (b *balancesScreen) SetTheme(t *theme.Theme) {
	b.theme = t
	b.table.SetTheme(t)
}

func (b *balancesScreen) SetSize(w, h int) {
	b.w, b.h = w, h
	b.layout()
}

func (b *balancesScreen) layout() { b.table.SetSize(b.w, b.rows()) }

// rows is the height of the table: up to a third of the whole.
func (b *balancesScreen) rows() int { return min(b.table.Len()+1, b.h/3) }
