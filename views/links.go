package views

import (
	"cmp"
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// jobTick is how often the clock of a refresh in flight moves.
const jobTick = time.Second

// linksScreen lists every link of a session. It is at the bottom of the stack
// and runs the session's watcher.
type linksScreen struct {
	*session
	id    ui.ID
	place place // where the operator will be
	theme *theme.Theme
	w, h  int

	rows     linkRows
	table    *table.Model
	filter   filter
	listing  resource[struct{}]       // GET /links; its ids go to the watcher
	trouble  string                   // why the last reads failed, "" when they did not
	unsynced map[moneykit.LinkID]bool // have new transactions that were not synced
	untold   map[moneykit.LinkID]bool // whose sync is one of many: a job tells of them
	ticking  bool
	fleet    fleet
	events   eventKeeper
	polling  polling
}

var (
	_ ui.Screen     = (*linksScreen)(nil)
	_ ui.Statuser   = (*linksScreen)(nil)
	_ ui.Everywhere = (*linksScreen)(nil)
)

func newLinks(s *session, at place) *linksScreen {
	l := &linksScreen{session: s, place: at, rows: newLinkRows(s.clock), filter: newFilter(), unsynced: map[moneykit.LinkID]bool{}, untold: map[moneykit.LinkID]bool{}, table: table.New(
		table.Column{Title: "STATE", Width: 21},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 2},
		table.Column{Title: "LINK", Width: 10, Flex: 1, Drop: 3},
		table.Column{Title: "PRODUCTS", Width: 8, Drop: 2},
		table.Column{Title: "FRESH", Width: 5, Right: true},
		table.Column{Title: "SEEN", Width: 4, Right: true, Drop: 1},
	)}
	l.table.SetSource(&l.rows)
	return l
}

type (
	linksListedMsg struct {
		ui.To
		again bool // by itself
		err   error
	}
	jobTickMsg struct{ ui.To }
)

func (l *linksScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	l.id, l.ctx = id, ctx
	context.AfterFunc(ctx, func() { _ = l.mirror.Store().Close() })
	cmds := []tea.Cmd{run(ctx, l.watch), listen(ctx, l.watch), l.list(), l.beat()}
	if open := l.place.open; open != "" {
		screen := newLink(l.session, open)
		screen.tab = l.place.tab
		cmds = append(cmds, ui.Push(screen))
	}
	cmds = append(cmds, l.toldOfMirror(), l.checkMirror())
	return tea.Batch(cmds...)
}

// list fills the watcher with ids: those that GET /links tells, and those that
// only who knows them can see.
func (l *linksScreen) list() tea.Cmd {
	if !l.listing.begin() {
		return nil
	}
	ctx, s, to := l.ctx, l.session, ui.To{ID: l.id}
	return func() tea.Msg {
		if recall(ctx, s) { // what comes later has appeared since
			s.remembered(ctx)
			s.watch.Baseline()
		}
		var err error
		var page []moneykit.LinkID
		for ref, e := range s.client.Links(ctx, linksPage) {
			if err = e; err != nil {
				break
			}
			if page = append(page, ref.ID); len(page) == linksPage {
				s.met(ctx, page)
				page = page[:0]
			}
		}
		s.met(ctx, page)
		s.remembered(ctx)
		if err == nil {
			s.watch.Baseline()
		}
		return linksListedMsg{To: to, err: err}
	}
}

// linksPage is the smallest page that the API gives, so that the first rows
// come soon.
const linksPage = 500

func (l *linksScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case newsMsg:
		if msg.of != l.watch {
			return nil // of the session before
		}
		l.hooks.answered(msg.snapshots)
		return tea.Batch(l.news(msg.snapshots), l.keepEvents(msg.events), l.pointNew(msg.snapshots), listen(l.ctx, l.watch))
	case eventsKeptMsg:
		return l.eventsKept(msg)
	case beatMsg:
		return l.beat()
	case tea.FocusMsg, tea.BlurMsg, tea.ResumeMsg:
		return l.focused(msg)
	case linksListedMsg:
		return l.listed(msg)
	case syncedMsg:
		return l.synced(msg)
	case movedMsg:
		return l.moved(msg)
	case jobMsg:
		return l.jobMoved(msg)
	case fleetMsg:
		return l.fleetMoved(msg)
	case hooksOpenedMsg, hooksCameMsg, hooksPointedMsg:
		return l.hooked(msg)
	case jobTickMsg:
		l.ticking = false
		return l.tickJobs()
	default:
		if l.filter.typing {
			return l.type_(msg)
		}
	}
	return nil
}

// moved reads everything again.
func (l *linksScreen) moved(msg movedMsg) tea.Cmd {
	if msg.of != l.watch {
		return nil // of the session before
	}
	if msg.advance.by > 0 {
		l.clock.advances = append(l.clock.advances, msg.advance)
	}
	for _, id := range l.rows.all {
		l.watch.Look(id)
	}
	return tea.Batch(ui.Toast(ui.Success, msg.told), l.list())
}

func (l *linksScreen) listed(msg linksListedMsg) tea.Cmd {
	l.polling.listed = time.Now()
	if msg.again && msg.err != nil {
		l.trouble = trouble(msg.err)
		msg.err = l.listing.err // the list is as whole as it was
	}
	again := l.listing.end(struct{}{}, msg.err)
	var told tea.Cmd
	if msg.err != nil {
		l.trouble = trouble(msg.err)
	}
	if msg.err != nil && !msg.again {
		told = ui.Toast(ui.Failure, "The list of links is incomplete. "+explain(msg.err).line())
	}
	if again {
		return tea.Batch(told, l.list())
	}
	return told
}

// Status tells the session's part of the frame.
func (l *linksScreen) Status() ui.Status {
	refreshes := slices.DeleteFunc(l.rows.refreshing(), func(s watch.Snapshot) bool { return l.inJob(s.ID, s.Refresh) })
	jobs := l.runningJobs()
	count, job := len(jobs)+len(refreshes), cmp.Or(jobsLine(jobs), jobLine(refreshes, time.Now()))
	if l.linkInFlight() {
		count, job = count+1, cmp.Or(job, "◌ Connect is open")
	}
	if l.fleet.running() {
		count, job = count+1, cmp.Or(job, l.fleet.line())
	}
	if files := int(l.writing.Load()); files > 0 {
		count, job = count+files, cmp.Or(job, "◌ writing "+plural(files, "file"))
	}
	return ui.Status{Chips: l.chips(l.trouble, count), Jobs: count, Job: job}
}

// tickJobs keeps the job line's clock going while there is a job.
func (l *linksScreen) tickJobs() tea.Cmd {
	if l.ticking || len(l.rows.refreshing()) == 0 {
		return nil
	}
	l.ticking = true
	return ui.Tick(l.ctx, jobTick, jobTickMsg{ui.To{ID: l.id}})
}

// show tells the watcher which rows are on screen.
func (l *linksScreen) show() tea.Cmd {
	from, to := l.table.Visible()
	l.watch.Show(l.rows.ids(from, to)...)
	l.fleet.show(l.rows.ids(from, to))
	return nil
}

// type_ takes a key into the filter.
func (l *linksScreen) type_(msg tea.Msg) tea.Cmd {
	changed, cmd := l.filter.update(msg)
	if changed {
		l.refilter()
		l.show()
	}
	return cmd
}

// refilter picks the rows anew and keeps the cursor on its link.
func (l *linksScreen) refilter() {
	current, ok := l.current()
	l.rows.pick(&l.filter)
	if i := l.rows.index(current.ID); ok && i >= 0 {
		l.table.MoveTo(i)
	}
	l.table.SetSource(&l.rows)
}

// current returns the link under the cursor.
func (l *linksScreen) current() (watch.Snapshot, bool) {
	i := l.table.Cursor()
	if i < 0 {
		return watch.Snapshot{}, false
	}
	return l.rows.at(i), true
}

func (l *linksScreen) Capturing() bool { return l.filter.typing }

func (l *linksScreen) SetTheme(t *theme.Theme) {
	l.theme = t
	l.table.SetTheme(t)
}

func (l *linksScreen) SetSize(w, h int) {
	l.w, l.h = w, h
	list, _ := panes(w)
	l.table.SetSize(list, max(0, h-2))
	l.show()
}

func (l *linksScreen) Title() string { return "Links" }

func (l *linksScreen) View() string {
	list, beside := panes(l.w)
	body := l.body(list, l.h-2)
	if beside > 0 {
		body = cell.Beside(body, l.preview(beside, l.h-2), l.theme.Paint(theme.Border, paneGap))
	}
	return l.summary() + "\n" + l.progress() + "\n" + body
}

func (l *linksScreen) body(w, h int) string {
	switch {
	case l.rows.Len() > 0:
		return l.table.View()
	case l.filter.active():
		return middle([]string{l.theme.Paint(theme.Muted, "no link matches the filter")}, w, h)
	case l.listing.loaded:
		return middle([]string{
			l.theme.Paint(theme.Strong, "No links yet"), "",
			"MoneyKit lists links that connected at least once.",
			l.theme.Paint(theme.Key, "o") + " opens one by its id.",
		}, w, h)
	}
	return l.listing.blank(l.theme, w, h, "Asking MoneyKit for its links…")
}

// Everywhere are the actions of a session's every screen.
func (l *linksScreen) Everywhere() []ui.Action {
	return []ui.Action{privacyAction(l.app, l.again, l.where)}
}

// where is where the operator is now.
func (l *linksScreen) where() place {
	var at place
	if link, ok := l.current(); ok {
		at.chosen = link.ID
	}
	for _, open := range l.links {
		if open.ctx.Err() == nil {
			at.open, at.tab = open.id, open.tab
		}
	}
	return at
}

// choose puts the cursor on the link that it was on, unless it was moved meanwhile.
func (l *linksScreen) choose() {
	if i := l.rows.index(l.place.chosen); i >= 0 && l.table.Cursor() == 0 {
		l.table.MoveTo(i)
		l.place.chosen = ""
	}
}

func (l *linksScreen) preview(w, h int) string {
	s, ok := l.current()
	if !ok {
		return cell.Block(nil, w, h)
	}
	return cell.Block(overview(l.theme, s, w, l.clock), w, h)
}
