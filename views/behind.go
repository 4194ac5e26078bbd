package views

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// behind says which links a number is made of.
type behind struct {
	title string                    // what they have in common, safe to draw
	links []moneykit.LinkID         // themselves, in their order
	is    func(watch.Snapshot) bool // in place of links
}

// behindScreen lists the links behind a number. They stay in the list and in their
// places, whatever becomes of them while it is open.
type behindScreen struct {
	*session
	of     behind
	ctx    context.Context
	to     ui.To
	theme  *theme.Theme
	w, h   int
	found  resource[behindRows]
	places map[moneykit.LinkID]int
	table  *table.Model
	follow []func() // stop following the links on screen
}

var _ ui.Screen = (*behindScreen)(nil)

func newBehind(s *session, of behind) *behindScreen {
	return &behindScreen{session: s, of: of, table: table.New(
		table.Column{Title: "STATE", Width: 21},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 2},
		table.Column{Title: "LINK", Width: 10, Flex: 1, Drop: 1},
		table.Column{Title: "SEEN", Width: 5, Right: true},
	)}
}

type behindMsg struct {
	ui.To
	rows behindRows
}

// behindRows is links as the table shows them.
type behindRows struct {
	list  []watch.Snapshot
	clock *clock
}

func (r behindRows) Len() int { return len(r.list) }

func (r behindRows) Row(i int) []table.Cell {
	s := r.list[i]
	state := stateLook(s)
	return []table.Cell{
		{Text: state.String(), Role: state.role},
		{Text: institution(s), Role: theme.Text},
		{Text: termsafe.Line(string(s.ID)), Role: theme.Muted},
		{Text: seenAge(r.clock.tell(s.At), r.clock.now()), Role: theme.Muted},
	}
}

// findBehind picks the links out of all that the watcher knows.
func findBehind(w *watch.Watcher, of behind, c *clock, to ui.To) tea.Cmd {
	return func() tea.Msg {
		rows := behindRows{clock: c}
		for _, id := range of.links {
			s, known := w.Snapshot(id)
			if !known {
				s.ID = id
			}
			rows.list = append(rows.list, s)
		}
		if of.is != nil {
			rows.list = byInstitution(knownSnapshots(w), of.is)
		}
		return behindMsg{to, rows}
	}
}

// byInstitution returns the links that is picks, ordered by institution.
func byInstitution(links []watch.Snapshot, is func(watch.Snapshot) bool) []watch.Snapshot {
	type named struct {
		name  string
		id    moneykit.LinkID
		place int
	}
	var order []named
	for i, s := range links {
		if is(s) {
			n := named{id: s.ID, place: i}
			if s.Link != nil {
				n.name = s.Link.InstitutionName
			}
			order = append(order, n)
		}
	}
	slices.SortFunc(order, func(a, b named) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	sorted := make([]watch.Snapshot, len(order))
	for i, n := range order {
		sorted[i] = links[n.place]
	}
	return sorted
}

func (b *behindScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	b.ctx, b.to = ctx, ui.To{ID: id}
	b.found.begin()
	return findBehind(b.watch, b.of, b.clock, b.to)
}

func (b *behindScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case behindMsg:
		b.found.end(msg.rows, nil)
		b.places = make(map[moneykit.LinkID]int, msg.rows.Len())
		for i, s := range msg.rows.list {
			b.places[s.ID] = i
		}
		b.table.SetSource(msg.rows)
		return b.show()
	case newsMsg:
		for _, s := range msg.snapshots {
			if i, here := b.places[s.ID]; here {
				b.found.value.list[i] = s
			}
		}
	}
	return nil
}

// show has the links on screen kept fresh, and no others.
func (b *behindScreen) show() tea.Cmd {
	before := b.follow
	b.follow = nil
	from, to := b.table.Visible()
	for _, s := range b.found.value.list[from:to] {
		stop := b.watch.Follow(s.ID)
		unasked := context.AfterFunc(b.ctx, stop)
		b.follow = append(b.follow, func() { unasked(); stop() })
	}
	for _, stop := range before {
		stop()
	}
	return nil
}

func (b *behindScreen) current() (watch.Snapshot, bool) {
	i := b.table.Cursor()
	if i < 0 {
		return watch.Snapshot{}, false
	}
	return b.found.value.list[i], true
}

func (b *behindScreen) enter(tab int) tea.Cmd {
	s, ok := b.current()
	if !ok {
		return ui.Toast(ui.Notice, noLink)
	}
	screen := newLink(b.session, s.ID)
	screen.tab = tab
	return ui.Push(screen)
}

func (b *behindScreen) Actions() []ui.Action {
	actions := []ui.Action{{
		Name: "Open the link", Key: ui.Bind("enter", "open"),
		Disabled: func() string {
			if _, ok := b.current(); !ok {
				return noLink
			}
			return ""
		},
		Do: func() tea.Cmd { return b.enter(tabOverview) },
	}}
	actions = append(actions, b.linkActions(subject{
		current: b.current,
		changes: func() tea.Cmd { return b.enter(tabChanges) },
	})...)
	actions = append(actions, b.elsewhere(func() error {
		s, _ := b.current()
		return s.Err
	})...)
	return append(actions, moves(b.table, b.show)...)
}

func (b *behindScreen) SetTheme(t *theme.Theme) {
	b.theme = t
	b.table.SetTheme(t)
}

func (b *behindScreen) SetSize(w, h int) {
	b.w, b.h = w, h
	list, _ := panes(w)
	b.table.SetSize(list, max(0, h-2))
	if b.found.loaded {
		b.show()
	}
}

func (b *behindScreen) Title() string { return "Behind it" }

func (b *behindScreen) View() string {
	list, beside := panes(b.w)
	h := max(0, b.h-2)
	body := b.found.blank(b.theme, list, h, "Looking for the links…")
	switch {
	case body != "":
	case b.table.Len() == 0:
		body = middle([]string{b.theme.Paint(theme.Muted, "No link is like that any more.")}, list, h)
	default:
		body = b.table.View()
	}
	if beside > 0 {
		var lines []string
		if s, ok := b.current(); ok {
			lines = overview(b.theme, s, beside, b.clock)
		}
		body = cell.Beside(body, cell.Block(lines, beside, h), b.theme.Paint(theme.Border, paneGap))
	}
	head := b.theme.Paint(theme.Strong, plural(b.table.Len(), "link")) + "   " + b.theme.Paint(theme.Accent, b.of.title)
	return cell.Fit(head, b.w) + "\n" + cell.Blank(b.w) + "\n" + body
}

// inState picks the links in a state.
func inState(state moneykit.LinkState) func(watch.Snapshot) bool {
	return func(s watch.Snapshot) bool { return s.Link != nil && s.Link.State == state }
}

// inErrors picks the links in error, of some errors or of all for nil.
func inErrors(codes ...moneykit.LinkError) func(watch.Snapshot) bool {
	in := inState(moneykit.InError)
	return func(s watch.Snapshot) bool {
		return in(s) && (codes == nil || slices.Contains(codes, s.Link.ErrorCode))
	}
}

// withProduct picks the links that have a product, and of which is holds.
func withProduct(product moneykit.Product, is func(*moneykit.ProductStatus) bool) func(watch.Snapshot) bool {
	return func(s watch.Snapshot) bool {
		if s.Link == nil || s.Link.State == moneykit.Deleted {
			return false
		}
		status := s.Link.Products.Of(product)
		return status != nil && is(status)
	}
}

// agedIn reports whether a product was refreshed so long before now.
func agedIn(band int, now time.Time) func(*moneykit.ProductStatus) bool {
	ends := watch.AgeBandEnds()
	return func(status *moneykit.ProductStatus) bool {
		if status.RefreshedAt.IsZero() {
			return false
		}
		old := now.Sub(status.RefreshedAt)
		return (band == 0 || old >= ends[band-1]) && (band == len(ends) || old < ends[band])
	}
}
