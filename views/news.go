package views

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// looked is the mark in the mirror of when this screen was last opened.
const looked = "looked"

// newsPage is how many syncs are read at once.
const newsPage = 100

// newsScreen lists the syncs of all links, newest first.
type newsScreen struct {
	*session
	ctx   context.Context
	to    ui.To
	theme *theme.Theme
	w, h  int

	opened time.Time // by this machine's clock
	kept   bool      // that it was
	before time.Time // when it was opened the last time, zero for never
	span   int       // of spans
	table  *table.Model
	rows   newsRows
	under  changeRows // of the sync that is read
	of     newsKey    // that sync

	// One thing is read at a time, the most wanted first.
	reading bool
	stale   bool // there may be newer syncs than those in rows
	loaded  bool
	err     error
}

var _ ui.Screen = (*newsScreen)(nil)

func newNews(s *session) *newsScreen {
	n := &newsScreen{session: s, rows: newNewsRows(s), table: table.New(
		table.Column{Title: "WHEN", Width: 12},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 1},
		table.Column{Title: "LINK", Width: 10, Drop: 2},
		table.Column{Title: "+", Width: 5, Right: true},
		table.Column{Title: "~", Width: 3, Right: true},
		table.Column{Title: minus, Width: 3, Right: true},
		table.Column{Title: "NET", Width: 15, Flex: 1, Right: true, Drop: 1},
	)}
	n.table.SetSource(&n.rows)
	return n
}

// newsAction opens what changed over all links.
func (s *session) newsAction() ui.Action {
	return ui.Action{Name: "What changed: the syncs of all links", Key: ui.Bind("N", "what changed"), Quiet: true, Do: func() tea.Cmd {
		return ui.Push(newNews(s))
	}}
}

type (
	lookedMsg struct {
		ui.To
		at time.Time
	}
	newsReadMsg struct {
		ui.To
		span   int
		before mirror.News // those older than it; the zero News for the newest
		news   []mirror.News
		err    error
	}
	newsChangesMsg struct {
		ui.To
		of   newsKey
		rows changeRows
		err  error
	}
)

// readLooked reads when this screen was last opened. Without that all is news.
func readLooked(ctx context.Context, store *mirror.Store, to ui.To) tea.Cmd {
	return func() tea.Msg {
		at, err := store.Mark(ctx, looked)
		if err != nil {
			return lookedMsg{To: to}
		}
		return lookedMsg{to, at}
	}
}

// setLooked keeps when this screen was opened.
func setLooked(ctx context.Context, store *mirror.Store, at time.Time) tea.Cmd {
	return func() tea.Msg {
		if err := store.SetMark(ctx, looked, at); err != nil && ctx.Err() == nil {
			return ui.Toast(ui.Failure, "That you have looked was not kept. "+explain(err).line())()
		}
		return nil
	}
}

func readNews(ctx context.Context, store *mirror.Store, to ui.To, span int, since time.Time, before mirror.News) tea.Cmd {
	return func() tea.Msg {
		news, err := store.News(ctx, since, before, newsPage)
		return newsReadMsg{to, span, before, news, err}
	}
}

func readNewsChanges(ctx context.Context, s *session, to ui.To, of newsKey) tea.Cmd {
	return func() tea.Msg {
		changes, err := s.mirror.Store().Changes(ctx, of.link, of.seq)
		if err != nil {
			return newsChangesMsg{To: to, of: of, err: err}
		}
		return newsChangesMsg{to, of, newChangeRows(of.seq, changes, keptNames(ctx, s, of.link)), nil}
	}
}

func (n *newsScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	n.ctx, n.to, n.opened = ctx, ui.To{ID: id}, time.Now()
	n.reading = true
	return readLooked(ctx, n.mirror.Store(), n.to)
}

func (n *newsScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case lookedMsg:
		n.before, n.reading, n.stale = msg.at, false, true
	case newsReadMsg:
		return n.read(msg)
	case newsChangesMsg:
		return n.readChanges(msg)
	case syncedMsg, mirroredMsg, movedMsg:
		n.stale = true
	case newsMsg:
	default:
		return nil
	}
	return n.next()
}

// next reads what is wanted most of what is not there.
func (n *newsScreen) next() tea.Cmd {
	if n.reading {
		return nil
	}
	store := n.mirror.Store()
	since, _ := n.since()
	n.reading = true
	if n.stale {
		n.stale = false
		return readNews(n.ctx, store, n.to, n.span, since, mirror.News{})
	}
	_, beside := panes(n.w)
	if of, ok := n.current(); ok && of != n.of && !of.large() && beside > 0 {
		return readNewsChanges(n.ctx, n.session, n.to, of)
	}
	from, to := n.table.Visible()
	if last := len(n.rows.list); n.rows.more && n.err == nil && to+n.table.Page() >= last {
		return readNews(n.ctx, store, n.to, n.span, since, n.rows.list[last-1])
	}
	for _, news := range n.rows.list[from:to] {
		if of := keyOf(news); !n.rows.summed(of) && !of.large() {
			return readNewsChanges(n.ctx, n.session, n.to, of)
		}
	}
	n.reading = false
	return nil
}

// read takes syncs in.
func (n *newsScreen) read(msg newsReadMsg) tea.Cmd {
	n.reading = false
	if msg.span != n.span {
		return n.next()
	}
	at, ok := n.current()
	if !n.loaded { // what is there is of another span
		n.rows.list, n.rows.more = nil, false
		n.table.SetSource(&n.rows)
	}
	if n.err = msg.err; msg.err != nil {
		return told("What changed", n.loaded, msg.err, nil)
	}
	n.rows.take(msg.before, msg.news)
	n.table.SetSource(&n.rows)
	if i := n.rows.index(at); ok && i >= 0 {
		n.table.MoveTo(i)
	}
	n.loaded = true
	if n.kept {
		return n.next()
	}
	n.kept = true
	return tea.Batch(n.next(), setLooked(n.session.ctx, n.mirror.Store(), n.opened))
}

// readChanges takes in what a sync changed.
func (n *newsScreen) readChanges(msg newsChangesMsg) tea.Cmd {
	n.reading = false
	n.rows.sum(msg.of, msg.rows, msg.err)
	if at, ok := n.current(); ok && at == msg.of {
		n.of, n.under = msg.of, msg.rows
	}
	return tea.Batch(n.next(), told("What changed", true, msg.err, nil))
}

// current returns the sync under the cursor.
func (n *newsScreen) current() (newsKey, bool) {
	i := n.table.Cursor()
	if i < 0 {
		return newsKey{}, false
	}
	return keyOf(n.rows.list[i]), true
}

// turn goes to another span of time.
func (n *newsScreen) turn(by int) func() tea.Cmd {
	return func() tea.Cmd {
		to := max(0, min(n.span+by, len(spans)-1))
		if to == n.span {
			return nil
		}
		n.span, n.stale, n.loaded = to, true, false
		return n.next()
	}
}

func (n *newsScreen) Actions() []ui.Action {
	none := func() string {
		if n.table.Cursor() < 0 {
			return "there is no sync under the cursor"
		}
		return ""
	}
	actions := []ui.Action{
		{Name: "Open the changes of the sync", Key: ui.Bind("enter", "open"), Disabled: none, Do: func() tea.Cmd {
			of, _ := n.current()
			return openChanges(n.session, of.link, of.seq, "")
		}},
		{Name: "Since when: the span to the left", Key: ui.Bind("◂", "since when", "left", "["), Quiet: true, Do: n.turn(-1)},
		{Name: "Since when: the span to the right", Key: ui.Bind("◂ ▸", "since when", "right", "]"), Do: n.turn(1)},
		{Name: "Copy the link's id", Key: ui.Bind("y", "copy id"), Quiet: true, Disabled: none, Do: func() tea.Cmd {
			of, _ := n.current()
			return copyText(string(of.link), "Link id")
		}},
	}
	if n.err != nil {
		actions = append([]ui.Action{{Name: "Read what changed again", Key: ui.Bind("r", "try again"), Do: func() tea.Cmd {
			n.stale = true
			return n.next()
		}}}, actions...)
	}
	actions = append(actions, n.elsewhere(func() error { return n.err })...)
	return append(actions, moves(n.table, n.next)...)
}

func (n *newsScreen) SetTheme(t *theme.Theme) {
	n.theme = t
	n.table.SetTheme(t)
}

func (n *newsScreen) SetSize(w, h int) {
	n.w, n.h = w, h
	list, _ := panes(w)
	n.table.SetSize(list, max(0, h-3))
}

func (n *newsScreen) Title() string { return "What changed" }

func (n *newsScreen) View() string {
	list, beside := panes(n.w)
	h := max(0, n.h-3)
	body := n.body(list, h)
	if beside > 0 {
		body = cell.Beside(body, n.preview(beside, h), n.theme.Paint(theme.Border, paneGap))
	}
	return n.segments() + "\n" + n.totals() + "\n" + cell.Blank(n.w) + "\n" + body
}

func (n *newsScreen) body(w, h int) string {
	switch {
	case len(n.rows.list) > 0:
		return n.table.View()
	case n.loaded:
		return middle([]string{n.theme.Paint(theme.Muted, n.empty())}, w, h)
	case n.err != nil && !n.reading:
		return explain(n.err).pane(n.theme, w, h)
	}
	return middle([]string{n.theme.Paint(theme.Muted, "Reading what changed…")}, w, h)
}

func (n *newsScreen) empty() string {
	if _, since := n.since(); !since.IsZero() {
		return "Nothing has changed since " + moment(since) + "."
	}
	return "No sync has brought a transaction yet."
}

// totals adds up what was read.
func (n *newsScreen) totals() string {
	right := ""
	switch _, since := n.since(); {
	case !since.IsZero():
		right = "since " + moment(since)
	case n.span == spanLooked && n.loaded:
		right = "you have not looked before"
	}
	left := n.rows.totals(n.theme)
	gap := n.w - cell.Width(left) - cell.Width(right)
	if gap < 2 {
		return cell.Fit(left, n.w)
	}
	return left + cell.Blank(gap) + n.theme.Paint(theme.Muted, right)
}

// preview shows what the sync under the cursor changed.
func (n *newsScreen) preview(w, h int) string {
	at, ok := n.current()
	if !ok {
		return cell.Block(nil, w, h)
	}
	news := n.rows.list[n.table.Cursor()]
	lines := []string{
		n.theme.Paint(theme.Strong, cell.Cut(n.rows.institution(at.link), w)),
		n.theme.Paint(theme.Muted, cell.Cut(fmt.Sprintf("sync %d · %s · %s", at.seq, moment(n.clock.tell(news.At)), counts(news.Created, news.Updated, news.Removed)), w)), "",
	}
	if at.large() {
		return cell.Block(append(lines,
			n.theme.Paint(theme.Text, cell.Cut(grouped(at.changes())+" changes, too many to add up here.", w)),
			n.theme.Paint(theme.Key, "enter")+n.theme.Paint(theme.Muted, cell.Cut(" opens them", max(0, w-5)))), w, h)
	}
	if at != n.of {
		return cell.Block(append(lines, n.theme.Paint(theme.Muted, "Reading the changes…")), w, h)
	}
	return cell.Block(append(lines, n.under.brief(n.theme, w, h-len(lines))...), w, h)
}
