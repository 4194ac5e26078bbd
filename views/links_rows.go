package views

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// linkRows holds the links of a session and the order in which they are shown.
// Rows keep their places when news arrive; only a sort or a filter moves them.
type linkRows struct {
	snapshots map[moneykit.LinkID]watch.Snapshot
	all       []moneykit.LinkID          // in the order they became known, or sorted
	shown     []moneykit.LinkID          // what the filter lets through
	listed    map[moneykit.LinkID]bool   // whether it does, while there is one
	words     map[moneykit.LinkID]string // what the filter looks at, in lower case
	active    []moneykit.LinkID          // with a refresh in flight, oldest first
	counts    [groups]int                // links in each group
	read      int                        // links whose state is known
	recalled  int                        // of them, those whose state was read in an earlier run
	marks     map[moneykit.LinkID]bool
	hidden    int // marked, and not let through by the filter
	sorted    int // the column, -1 for none
	reverse   bool
	clock     *clock
}

func newLinkRows(c *clock) linkRows {
	return linkRows{clock: c, snapshots: map[moneykit.LinkID]watch.Snapshot{}, words: map[moneykit.LinkID]string{}, marks: map[moneykit.LinkID]bool{}, sorted: -1}
}

func (r *linkRows) Len() int { return len(r.shown) }

func (r *linkRows) Row(i int) []table.Cell {
	s := r.at(i)
	state := stateLook(s)
	cells := []table.Cell{
		{Text: state.String(), Role: state.role},
		{Text: institution(s), Role: theme.Text},
		{Text: termsafe.Line(string(s.ID)), Role: theme.Muted},
		{Text: "", Role: theme.Muted},
		{Text: none, Role: theme.Muted},
		{Text: none, Role: theme.Muted},
	}
	if s.Link == nil {
		return cells
	}
	cells[3].Text = productLetters(s.Link.Products)
	if strings.Contains(cells[3].Text, "!") {
		cells[3].Role = theme.Warn
	}
	now := r.clock.now()
	cells[4].Text = age(newest(s.Link), now)
	cells[5].Text = seenAge(r.clock.tell(s.At), now)
	if s.Recalled || s.Err != nil {
		cells[5].Role = theme.Warn
	}
	return cells
}

func (r *linkRows) known() int { return len(r.all) }

func (r *linkRows) at(i int) watch.Snapshot { return r.snapshots[r.shown[i]] }

func (r *linkRows) index(id moneykit.LinkID) int { return slices.Index(r.shown, id) }

func (r *linkRows) ids(from, to int) []moneykit.LinkID { return slices.Clone(r.shown[from:to]) }

func (r *linkRows) put(s watch.Snapshot) {
	if _, known := r.snapshots[s.ID]; !known {
		r.all = append(r.all, s.ID)
	}
	was := r.snapshots[s.ID].Refreshing()
	if before, known := r.snapshots[s.ID]; known {
		r.count(before, -1)
	}
	r.count(s, 1)
	r.snapshots[s.ID] = s
	r.words[s.ID] = strings.ToLower(string(s.ID) + "\n" + institution(s) + "\n" + stateLook(s).word)
	switch is := s.Refreshing(); {
	case is && !was:
		r.active = append(r.active, s.ID)
	case was && !is:
		r.active = slices.DeleteFunc(r.active, func(id moneykit.LinkID) bool { return id == s.ID })
	}
}

func (r *linkRows) count(s watch.Snapshot, by int) {
	r.counts[group(s)] += by
	if s.Link != nil {
		r.read += by
	}
	if s.Link != nil && s.Recalled {
		r.recalled += by
	}
}

// sample says of which links the states are counted, "" when it is all of them as
// they are now.
func (r *linkRows) sample() string {
	switch {
	case r.counts[reading] == 0 && r.recalled == 0, r.read == 0:
		return ""
	case r.counts[reading] == 0:
		return "as last seen:"
	case r.recalled > 0:
		return "of " + grouped(r.read) + " as last seen:"
	}
	return "of " + grouped(r.read) + " seen:"
}

// drop forgets a link that was never read.
func (r *linkRows) drop(id moneykit.LinkID) {
	before, known := r.snapshots[id]
	if !known {
		return
	}
	r.count(before, -1)
	delete(r.snapshots, id)
	delete(r.words, id)
	delete(r.marks, id)
	other := func(ids []moneykit.LinkID) []moneykit.LinkID {
		return slices.DeleteFunc(slices.Clone(ids), func(known moneykit.LinkID) bool { return known == id })
	}
	r.all, r.shown = other(r.all), other(r.shown)
	r.countHidden()
}

// pick decides which rows are shown.
func (r *linkRows) pick(f *filter) {
	if !f.active() {
		r.shown, r.hidden = r.all, 0
		return
	}
	r.shown, r.listed = nil, nil
	for _, id := range r.all {
		if r.matches(f, id) {
			r.shown = append(r.shown, id)
		}
	}
	r.countHidden()
}

func (r *linkRows) matches(f *filter, id moneykit.LinkID) bool {
	return strings.Contains(r.words[id], f.needle)
}

// grow takes in rows that have come or begun to match. It takes none away: a
// row must not leave from under the cursor because its state has changed.
func (r *linkRows) grow(f *filter, news []watch.Snapshot) {
	if !f.active() {
		r.shown = r.all
		return
	}
	if r.listed == nil {
		r.listed = make(map[moneykit.LinkID]bool, len(r.shown))
		for _, id := range r.shown {
			r.listed[id] = true
		}
	}
	for _, s := range news {
		if _, known := r.words[s.ID]; known && !r.listed[s.ID] && r.matches(f, s.ID) {
			r.listed[s.ID] = true
			r.shown = append(r.shown, s.ID)
		}
	}
	r.countHidden()
}

// sort orders the rows by a column of the table.
func (r *linkRows) sort(column int, reverse bool) {
	r.sorted, r.reverse = column, reverse
	sorted := slices.Clone(r.all)
	slices.SortStableFunc(sorted, func(a, b moneykit.LinkID) int {
		c := compareLinks(r.snapshots[a], r.snapshots[b], column)
		if reverse {
			return -c
		}
		return c
	})
	r.all = sorted
}

// sortColumns is how many columns the table of links has.
const sortColumns = 6

func compareLinks(a, b watch.Snapshot, column int) int {
	switch column {
	case 0:
		return cmp.Compare(stateLook(a).word, stateLook(b).word)
	case 1:
		return cmp.Compare(strings.ToLower(institution(a)), strings.ToLower(institution(b)))
	case 2:
		return cmp.Compare(a.ID, b.ID)
	case 3:
		return cmp.Compare(letters(b), letters(a))
	}
	if column == 4 {
		return fresh(b).Compare(fresh(a))
	}
	return b.At.Compare(a.At)
}

func letters(s watch.Snapshot) string {
	if s.Link == nil {
		return ""
	}
	return productLetters(s.Link.Products)
}

func fresh(s watch.Snapshot) time.Time {
	if s.Link == nil {
		return time.Time{}
	}
	return newest(s.Link)
}

// refreshing returns the links with a refresh in flight, oldest refresh first.
func (r *linkRows) refreshing() []watch.Snapshot {
	found := make([]watch.Snapshot, len(r.active))
	for i, id := range r.active {
		found[i] = r.snapshots[id]
	}
	return found
}

// stateCount is how many links are in a state.
type stateCount struct {
	look
	count int
}

// tally counts links by the groups an operator thinks in.
func (r *linkRows) tally() []stateCount {
	all := []stateCount{
		{look{"●", "connected", theme.Good}, 0},
		{look{"✕", "error", theme.Bad}, 0},
		{look{"◌", "connecting", theme.Warn}, 0},
		{look{"○", "deleted", theme.Muted}, 0},
		{look{"·", "reading", theme.Muted}, 0},
		{look{"?", "other", theme.Info}, 0},
		{look{"✕", "unreadable", theme.Bad}, 0},
	}
	for i := range all {
		all[i].count = r.counts[i]
	}
	if r.read > 0 {
		all[reading].count = 0 // the sample leaves them out
	}
	return slices.DeleteFunc(all, func(g stateCount) bool { return g.count == 0 })
}

const (
	groups     = 7 // how many there are
	reading    = 4 // the one of links that were not read yet
	unreadable = 6 // the one of links of which nothing but an error was read
)

func group(s watch.Snapshot) int {
	switch {
	case s.Link == nil && s.Err != nil:
		return unreadable
	case s.Link == nil:
		return reading
	}
	switch s.Link.State {
	case moneykit.Connected:
		return 0
	case moneykit.InError:
		return 1
	case moneykit.Connecting, moneykit.AwaitingTokenExchange:
		return 2
	case moneykit.Deleted:
		return 3
	}
	return 5
}

// counts tells what a sync brought: "+3 ~1 −0".
func counts(created, updated, removed int) string {
	return fmt.Sprintf("+%d ~%d %s%d", created, updated, minus, removed)
}
