package views

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"till/moneykit/mirror"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// changeRows is one sync as a table shows it: a row for each transaction, and
// under an updated or settled one a row for each field that changed.
type changeRows struct {
	seq     int
	changes []mirror.Change
	lines   []changeLine
	names   names
	net     map[netKey]decimal.Decimal
}

// changeLine is a change, or one of its fields.
type changeLine struct {
	change int
	field  int // -1 for the change itself
}

func newChangeRows(seq int, changes []mirror.Change, names names) changeRows {
	slices.SortStableFunc(changes, func(a, b mirror.Change) int {
		return b.Transaction().Date.Compare(a.Transaction().Date)
	})
	rows := changeRows{seq: seq, changes: changes, names: names, net: net(changes)}
	for i, c := range changes {
		rows.lines = append(rows.lines, changeLine{i, -1})
		for f := range c.Fields() {
			rows.lines = append(rows.lines, changeLine{i, f})
		}
	}
	return rows
}

func (r changeRows) Len() int { return len(r.lines) }

func (r changeRows) Row(i int) []table.Cell {
	line := r.lines[i]
	change := r.changes[line.change]
	if line.field >= 0 {
		return r.fieldRow(change, change.Fields()[line.field])
	}
	t := change.Transaction()
	symbol, role := "+", theme.Good
	switch change.Kind {
	case mirror.Updated, mirror.Settled:
		symbol, role = "~", theme.Warn
	case mirror.Removed, mirror.Gone:
		symbol, role = minus, theme.Bad
	}
	pending := table.Cell{}
	switch {
	case change.Kind == mirror.Gone:
		pending = table.Cell{Text: "gone", Role: theme.Bad}
	case t.Pending:
		pending = table.Cell{Text: "pending", Role: theme.Warn}
	}
	return []table.Cell{
		{Text: symbol, Role: role},
		{Text: t.Date.String(), Role: theme.Muted},
		{Text: description(t), Role: theme.Text},
		{Text: r.names.of(t.AccountID), Role: theme.Muted},
		{Text: signed(t.Signed(), t.Currency), Role: direction(t.Signed())},
		pending,
	}
}

func (r changeRows) fieldRow(c mirror.Change, f mirror.FieldChange) []table.Cell {
	if c.Kind == mirror.Settled && f.Field == mirror.FieldStatus {
		sure := fmt.Sprintf("from pending · %.0f %% sure", 100*c.Confidence)
		return []table.Cell{{}, {Text: "settled", Role: theme.Muted}, {Text: sure, Role: theme.Accent}, {}, {}, {}}
	}
	role := theme.Muted
	old, now := termsafe.Line(f.Old), termsafe.Line(f.New)
	switch f.Field {
	case mirror.FieldStatus:
		role = theme.Accent // what one waits for stands out
	case mirror.FieldAmount:
		role = theme.Warn
		old, now = signed(c.Before.Signed(), c.Before.Currency), signed(c.After.Signed(), c.After.Currency)
	case mirror.FieldAccount:
		old, now = r.names.of(c.Before.AccountID), r.names.of(c.After.AccountID)
	case mirror.FieldCategory:
		old, now = words(f.Old), words(f.New)
	}
	if old == "" {
		old = none
	}
	if now == "" {
		now = none
	}
	return []table.Cell{{}, {Text: string(f.Field), Role: theme.Muted}, {Text: old + " → " + now, Role: role}, {}, {}, {}}
}
