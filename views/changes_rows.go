package views

import (
	"slices"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/table"
	"till/ui/theme"
)

// changeRows is one sync as a table shows it: a row for each transaction, and
// under it a row for each field that changed and for what else there is to say.
type changeRows struct {
	seq     int
	changes []mirror.Change
	lines   []changeLine
	names   names
	net     map[netKey]decimal.Decimal
}

// changeLine is a change, or one of its notes.
type changeLine struct {
	change int
	note   int // -1 for the change itself
}

func newChangeRows(seq int, changes []mirror.Change, names names) changeRows {
	slices.SortStableFunc(changes, func(a, b mirror.Change) int {
		return b.Transaction().Date.Compare(a.Transaction().Date)
	})
	return changeRows{seq: seq, names: names}.with(changes)
}

// with returns rows of changes that are in order.
func (r changeRows) with(changes []mirror.Change) changeRows {
	r.changes, r.lines, r.net = changes, nil, net(changes)
	for i, c := range changes {
		r.lines = append(r.lines, changeLine{i, -1})
		for n := range noteCount(c) {
			r.lines = append(r.lines, changeLine{i, n})
		}
	}
	return r
}

// only returns the rows of those changes that the filter lets through.
func (r changeRows) only(f *changeFilter) changeRows {
	if !f.active() {
		return r
	}
	return r.with(slices.DeleteFunc(slices.Clone(r.changes), func(c mirror.Change) bool { return !f.lets(c, r.names) }))
}

// at returns the change that a row tells of.
func (r changeRows) at(row int) (mirror.Change, bool) {
	if row < 0 || row >= len(r.lines) {
		return mirror.Change{}, false
	}
	return r.changes[r.lines[row].change], true
}

// index returns the row of the change of a transaction, -1 for none.
func (r changeRows) index(id moneykit.TransactionID) int {
	return slices.IndexFunc(r.lines, func(l changeLine) bool {
		return l.note < 0 && r.changes[l.change].Transaction().ID == id
	})
}

func (r changeRows) Len() int { return len(r.lines) }

func (r changeRows) Row(i int) []table.Cell {
	line := r.lines[i]
	change := r.changes[line.change]
	if line.note >= 0 {
		n := changeNotes(change, r.names)[line.note]
		return []table.Cell{{}, {Text: n.name, Role: theme.Muted}, {Text: n.text, Role: n.role, Spans: true}, {}, {}, {}}
	}
	t := change.Transaction()
	symbol, role := kindLook(change.Kind)
	state := table.Cell{}
	switch {
	case change.Kind == mirror.Gone:
		state = table.Cell{Text: "gone", Role: theme.Bad}
	case t.Pending:
		state = table.Cell{Text: "pending", Role: theme.Warn}
	}
	return []table.Cell{
		{Text: symbol, Role: role},
		{Text: t.Date.String(), Role: theme.Muted},
		{Text: description(t), Role: theme.Text},
		{Text: r.names.of(t.AccountID), Role: theme.Muted},
		{Text: signed(t.Signed(), t.Currency), Role: direction(t.Signed())},
		state,
	}
}

// kindLook is how a kind of change is told in a sign.
func kindLook(kind mirror.Kind) (symbol string, role theme.Role) {
	switch plainly(kind) {
	case mirror.Updated:
		return "~", theme.Warn
	case mirror.Removed:
		return minus, theme.Bad
	}
	return "+", theme.Good
}
