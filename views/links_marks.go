package views

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/table"
)

var _ table.Marker = (*linkRows)(nil)

func (r *linkRows) Marked(i int) bool { return r.marks[r.shown[i]] }

// mark marks the row, or unmarks it.
func (r *linkRows) mark(i int) {
	id := r.shown[i]
	if r.marks[id] {
		delete(r.marks, id)
		return
	}
	r.marks[id] = true
}

// markShown marks all rows, or unmarks them when all are marked. What the
// filter hides stays as it is.
func (r *linkRows) markShown() {
	if len(r.marks)-r.hidden < len(r.shown) {
		for _, id := range r.shown {
			r.marks[id] = true
		}
		return
	}
	for _, id := range r.shown {
		delete(r.marks, id)
	}
}

func (r *linkRows) unmark() {
	clear(r.marks)
	r.hidden = 0
}

// countHidden counts the marks that the filter hides. Marking needs no count:
// it changes rows that are shown.
func (r *linkRows) countHidden() {
	r.hidden = len(r.marks)
	for _, id := range r.shown {
		if r.marks[id] {
			r.hidden--
		}
	}
}

// toldMarks counts the marks in words, "" when there are none.
func (r *linkRows) toldMarks() string {
	switch n := len(r.marks); {
	case n == 0:
		return ""
	case r.hidden == 0:
		return fmt.Sprintf("%d marked", n)
	case r.hidden == n:
		return fmt.Sprintf("%d marked, not shown", n)
	default:
		return fmt.Sprintf("%d marked, %d of them not shown", n, r.hidden)
	}
}

// marked returns what tells the marked links in the order of the list, those that the
// filter hides after the others. It may be called beside the loop.
func (l *linksScreen) marked() func() []moneykit.LinkID {
	marks, shown, all := maps.Clone(l.rows.marks), l.rows.shown, l.rows.all
	return sync.OnceValue(func() []moneykit.LinkID {
		found := make([]moneykit.LinkID, 0, len(marks))
		for _, id := range slices.Concat(shown, all) {
			if marks[id] {
				delete(marks, id)
				found = append(found, id)
			}
		}
		return found
	})
}

// markActions mark links for what is done with many at once.
func (l *linksScreen) markActions() []ui.Action {
	if l.app.ReadOnly {
		return nil // nothing could be done with them
	}
	actions := []ui.Action{
		{Name: "Mark the link, or unmark it", Key: ui.Bind("space", "mark"), Disabled: l.none, Do: func() tea.Cmd {
			l.rows.mark(l.table.Cursor())
			l.table.Move(1)
			return l.show()
		}},
		{Name: "Mark all links shown, or unmark them", Key: ui.Bind("a", "mark all"), Quiet: true, Disabled: l.none, Do: func() tea.Cmd {
			l.rows.markShown()
			return nil
		}},
	}
	// A filter is cleared first; esc is the filter's then.
	if len(l.rows.marks) > 0 && !l.filter.active() {
		actions = append(actions, ui.Action{Name: "Clear the marks", Key: ui.Bind("esc", "unmark"), Do: func() tea.Cmd {
			l.rows.unmark()
			return nil
		}})
	}
	return actions
}

// held says why the one link under the cursor cannot be broken: whoever has marked
// links may mean those.
func (l *linksScreen) held() string {
	n, are, clears := len(l.rows.marks), "are", "esc clears the marks"
	if n == 0 {
		return ""
	}
	if n == 1 {
		are = "is"
	}
	if l.filter.active() {
		clears = "esc clears the filter, then the marks"
	}
	return fmt.Sprintf("%s %s marked, and this acts on the one under the cursor; %s", plural(n, "link"), are, clears)
}
