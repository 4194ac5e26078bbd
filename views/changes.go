package views

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// changesTab walks the history of a link's syncs.
type changesTab struct {
	*linkPage
	w, h    int
	table   *table.Model
	history resource[[]mirror.Sync] // newest first
	changes resource[changeRows]
	filter  changeFilter
	shown   changeRows // what the filter lets through
	names   names
	seq     int                    // the sync that is shown, 0 for the newest
	first   int                    // the sync to show first, 0 for the newest
	sought  moneykit.TransactionID // what the cursor goes to there, empty for none
}

func newChangesTab(p *linkPage) *changesTab {
	return &changesTab{linkPage: p, filter: changeFilter{filter: newFilter()}, table: table.New(
		table.Column{Title: "", Width: 1},
		table.Column{Title: "DATE", Width: 11},
		table.Column{Title: "DESCRIPTION", Width: 18, Flex: 1},
		table.Column{Title: "ACCOUNT", Width: 11, Drop: 1},
		table.Column{Title: "AMOUNT", Width: 16, Right: true},
		table.Column{Title: "", Width: 7},
	)}
}

type (
	historyLoadedMsg struct {
		ui.To
		syncs []mirror.Sync
		names names
		late  error // why these are not the newest
		err   error
	}
	changesLoadedMsg struct {
		ui.To
		rows changeRows
		err  error
	}
)

func loadHistory(ctx context.Context, s *session, to ui.To, id moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		done, late, err := s.update(ctx, id)
		if err != nil {
			return after(done, id, historyLoadedMsg{To: to, err: err})
		}
		syncs, err := s.mirror.Store().Syncs(ctx, id)
		return after(done, id, historyLoadedMsg{to, syncs, accountNames(ctx, s, id), late, err})
	}
}

// historyKeptMsg brings the history that is in the mirror already.
type historyKeptMsg struct {
	ui.To
	syncs []mirror.Sync
	names names
}

// showHistory shows the history that is in the mirror already, if there is one.
func showHistory(ctx context.Context, s *session, to ui.To, id moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		syncs, err := s.mirror.Store().Syncs(ctx, id)
		if err != nil || len(syncs) == 0 {
			return nil // what is loaded tells why
		}
		return historyKeptMsg{to, syncs, keptNames(ctx, s, id)}
	}
}

func loadChanges(ctx context.Context, s *session, to ui.To, id moneykit.LinkID, seq int, names names) tea.Cmd {
	return func() tea.Msg {
		changes, err := s.mirror.Store().Changes(ctx, id, seq)
		if err != nil {
			return changesLoadedMsg{To: to, err: err}
		}
		return changesLoadedMsg{to, newChangeRows(seq, changes, names), nil}
	}
}

func (c *changesTab) load() tea.Cmd {
	if !c.history.begin() {
		return nil
	}
	return loadHistory(c.ctx, c.session, c.to, c.id)
}

func (c *changesTab) name() string { return "Changes" }

// show brings the newest sync on screen, which is what one comes for, unless one
// came for another.
func (c *changesTab) show() tea.Cmd {
	c.seq, c.first = c.first, 0
	if c.history.loaded {
		return c.load()
	}
	return tea.Batch(showHistory(c.ctx, c.session, c.to, c.id), c.load())
}

func (c *changesTab) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case historyLoadedMsg:
		return c.tookHistory(msg)
	case historyKeptMsg:
		return c.keptHistory(msg)
	case changesLoadedMsg:
		return c.tookChanges(msg)
	case syncedMsg:
		if msg.link == c.id && c.history.loaded {
			return c.load()
		}
	case mirroredMsg:
		if msg.of(c.id) && c.history.loaded {
			return showHistory(c.ctx, c.session, c.to, c.id)
		}
	case linkNewsMsg:
		if msg.mended(c.history.err) {
			return c.load()
		}
	default:
		if c.filter.typing {
			changed, cmd := c.filter.update(msg)
			if changed {
				c.refilter()
			}
			return cmd
		}
	}
	return nil
}

// keptHistory shows what the mirror holds, unless that is there already or newer is.
func (c *changesTab) keptHistory(msg historyKeptMsg) tea.Cmd {
	shown := c.history.value
	if c.history.loaded && (len(msg.syncs) < len(shown) || slices.EqualFunc(msg.syncs, shown, sameSync)) {
		return nil
	}
	c.history.value, c.history.loaded, c.names = msg.syncs, true, msg.names
	return c.loadShown()
}

// sameSync reports whether a sync is as it was when it was read before.
func sameSync(a, b mirror.Sync) bool {
	return keyOf(mirror.News{Sync: a}) == keyOf(mirror.News{Sync: b})
}

func (c *changesTab) tookHistory(msg historyLoadedMsg) tea.Cmd {
	had := c.history.loaded
	again := c.history.end(msg.syncs, msg.err)
	if msg.err == nil {
		c.names = msg.names
	}
	told := told("Changes", had, msg.err, msg.late)
	if again {
		return tea.Batch(told, c.load())
	}
	return tea.Batch(told, c.loadShown())
}

func (c *changesTab) tookChanges(msg changesLoadedMsg) tea.Cmd {
	before := c.changes.value.seq
	again := c.changes.end(msg.rows, msg.err)
	c.refilter()
	if c.changes.value.seq != before {
		c.table.MoveTo(0)
	}
	if c.sought != "" && c.changes.value.seq == c.current().Seq {
		c.table.MoveTo(max(0, c.shown.index(c.sought)))
		c.sought = ""
	}
	if again || msg.err == nil && msg.rows.seq != c.current().Seq {
		return c.loadShown()
	}
	return told("Changes", c.there(), msg.err, nil)
}

// refilter picks the rows anew and keeps the cursor on its change.
func (c *changesTab) refilter() tea.Cmd {
	at, ok := c.shown.at(c.table.Cursor())
	c.shown = c.changes.value.only(&c.filter)
	c.table.SetSource(c.shown)
	if i := c.shown.index(at.Transaction().ID); ok && i >= 0 {
		c.table.MoveTo(i)
	}
	return nil
}

// loadShown reads the changes of the sync that is shown.
func (c *changesTab) loadShown() tea.Cmd {
	if c.current().Seq == 0 || !c.changes.begin() {
		return nil
	}
	return loadChanges(c.ctx, c.session, c.to, c.id, c.current().Seq, c.names)
}

// current returns the sync that is shown; the zero Sync while there is none.
func (c *changesTab) current() mirror.Sync {
	for _, s := range c.history.value {
		if s.Seq == c.seq || c.seq == 0 {
			return s
		}
	}
	return mirror.Sync{}
}

// there reports whether the changes of the sync that is shown were read.
func (c *changesTab) there() bool { return c.changes.value.seq == c.current().Seq }

// walk goes to an older or a newer sync.
func (c *changesTab) walk(n int) func() tea.Cmd {
	return func() tea.Cmd {
		newest := len(c.history.value)
		if newest == 0 {
			return nil
		}
		c.seq = max(1, min(c.current().Seq+n, newest))
		return c.loadShown()
	}
}

func (c *changesTab) actions() []ui.Action {
	if !c.history.loaded {
		return []ui.Action{{Name: "Read the changes again", Key: ui.Bind("r", "try again"), Do: c.load}}
	}
	var actions []ui.Action
	if !c.there() && c.changes.err != nil {
		actions = append(actions, ui.Action{Name: "Read the sync's changes again", Key: ui.Bind("r", "try again"), Do: c.loadShown})
	}
	actions = append(actions, []ui.Action{
		{Name: "Open the transaction", Key: ui.Bind("enter", "open"), Disabled: c.none, Do: c.open},
		{Name: "Older sync", Key: ui.Bind("◂", "older", "left", "["), Do: c.walk(-1)},
		{Name: "Newer sync", Key: ui.Bind("▸", "newer", "right", "]"), Do: c.walk(1)},
	}...)
	actions = append(actions, c.exportShown()...)
	actions = append(actions, c.filter.actions(c.changes.value, c.refilter)...)
	return append(actions, moves(c.table, stay)...)
}

func (c *changesTab) none() string {
	if !c.there() || c.table.Cursor() < 0 {
		return "there is no change under the cursor"
	}
	return ""
}

// open shows the transaction under the cursor by itself.
func (c *changesTab) open() tea.Cmd {
	change, _ := c.shown.at(c.table.Cursor())
	return openTransaction(c.linkPage, change.Transaction())
}

// openChanges shows what one sync of a link brought, with the cursor on a transaction;
// an empty id is none.
func openChanges(s *session, id moneykit.LinkID, seq int, transaction moneykit.TransactionID) tea.Cmd {
	screen := newLink(s, id)
	screen.tab = tabChanges
	changes := screen.tabs[tabChanges].(*changesTab)
	changes.first, changes.sought = seq, transaction
	return ui.Push(screen)
}

func (c *changesTab) capturing() bool         { return c.filter.typing }
func (c *changesTab) failure() error          { return cmp.Or(c.history.err, c.changes.err) }
func (c *changesTab) setTheme(t *theme.Theme) { c.table.SetTheme(t) }

func (c *changesTab) setSize(w, h int) {
	c.w, c.h = w, h
	c.table.SetSize(w, max(0, h-3))
}

func (c *changesTab) view() string {
	if blank := c.history.blank(c.theme, c.w, c.h, "Bringing the transactions up to date…"); blank != "" {
		return blank
	}
	sync := c.current()
	if sync.Seq == 0 {
		return middle([]string{c.theme.Paint(theme.Muted, "No sync has brought a transaction yet.")}, c.w, c.h)
	}
	if !c.there() {
		waiting := c.changes
		waiting.loaded = false // what is there is of another sync
		return c.title(sync) + "\n" + waiting.blank(c.theme, c.w, max(0, c.h-1), "Reading the changes…")
	}
	body := c.table.View()
	if c.shown.Len() == 0 {
		body = middle([]string{c.theme.Paint(theme.Muted, "No change of this sync matches the filter.")}, c.w, max(0, c.h-3))
	}
	chips := c.filter.view(c.theme, c.names, len(c.shown.changes), len(c.changes.value.changes), c.w)
	return c.title(sync) + "\n" + chips + "\n" + body + "\n" + c.net()
}

// title tells which sync this is, and which are beside it.
func (c *changesTab) title(s mirror.Sync) string {
	left := fmt.Sprintf("sync %d · %s · %s", s.Seq, c.clock.tell(s.At).Local().Format("Jan 2 15:04"), counts(s.Created, s.Updated, s.Removed))
	switch {
	case s.More:
		left += " · broken off before its end"
	case s.Continues:
		left += fmt.Sprintf(" · the rest of sync %d, and what came since", s.Seq-1)
	case s.Before == "":
		left += " · all of the history"
	}
	var around []string
	if s.Seq > 1 {
		around = append(around, fmt.Sprintf("◂ sync %d", s.Seq-1))
	}
	if s.Seq < len(c.history.value) {
		around = append(around, fmt.Sprintf("sync %d ▸", s.Seq+1))
	}
	right := strings.Join(around, "   ")
	left = cell.Cut(left, c.w-cell.Width(right)-2)
	return c.theme.Paint(theme.Strong, left) + cell.Blank(c.w-cell.Width(left)-cell.Width(right)) + c.theme.Paint(theme.Muted, right)
}

// net sums what the changes on screen moved, for each account and currency.
func (c *changesTab) net() string {
	rows := c.shown
	if rows.Len() == 0 {
		return cell.Blank(c.w)
	}
	parts := []string{"net"}
	for _, key := range slices.SortedFunc(maps.Keys(rows.net), func(a, b netKey) int {
		return strings.Compare(rows.names.of(a.account)+a.currency, rows.names.of(b.account)+b.currency)
	}) {
		parts = append(parts, rows.names.of(key.account)+" "+signed(rows.net[key], key.currency))
	}
	return c.theme.Paint(theme.Muted, cell.Fit(strings.Join(parts, "   "), c.w))
}

// netKey is what amounts can be summed over.
type netKey struct {
	account  moneykit.AccountID
	currency string
}

func net(changes []mirror.Change) map[netKey]decimal.Decimal {
	sums := map[netKey]decimal.Decimal{}
	add := func(t moneykit.Transaction, d decimal.Decimal) {
		key := netKey{t.AccountID, t.Currency}
		sums[key] = sums[key].Add(d)
	}
	for _, c := range changes {
		if c.Kind != mirror.Created && !c.WasGone { // which an earlier sync has counted
			add(c.Before, c.Before.Signed().Neg())
		}
		if c.Kind != mirror.Removed && c.Kind != mirror.Gone {
			add(c.After, c.After.Signed())
		}
	}
	return sums
}
