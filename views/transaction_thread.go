package views

import (
	"fmt"
	"strings"

	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// stepLook is how a step is told in a word.
func stepLook(s mirror.Step) look {
	switch s.Kind {
	case mirror.Settled:
		return look{"●", "posted", theme.Good}
	case mirror.Removed:
		return look{"●", "removed", theme.Bad}
	case mirror.Gone:
		return look{"○", "gone", theme.Bad}
	}
	switch {
	case s.After.Pending && s.Kind == mirror.Updated && s.Before.Pending:
		return look{"○", "changed", theme.Warn}
	case s.After.Pending:
		return look{"○", "pending", theme.Warn}
	case s.Kind == mirror.Created || s.Before.Pending:
		return look{"●", "posted", theme.Good}
	}
	return look{"●", "corrected", theme.Accent}
}

// threadLines draws steps as a timeline of w cells, and tells which of its lines
// are those of the step under the cursor.
func threadLines(t *theme.Theme, thread []mirror.Step, cursor int, names names, c *clock, w int) (lines []string, from, to int) {
	for i, s := range thread {
		if i == cursor {
			from = len(lines)
		}
		state := stepLook(s)
		lines = append(lines, threadLine(t, w, i == cursor,
			table.Cell{Text: state.symbol + " ", Role: state.role},
			table.Cell{Text: cell.Fit(state.word, 12), Role: state.role},
			table.Cell{Text: cell.Fit(moment(c.tell(s.At)), 14), Role: theme.Text},
			table.Cell{Text: fmt.Sprintf("%-7s ", fmt.Sprintf("sync %d", s.Seq)), Role: theme.Muted},
			table.Cell{Text: termsafe.Line(s.RequestID), Role: theme.Muted},
		))
		rail := "│ "
		if i == len(thread)-1 {
			rail = "  "
		}
		for _, n := range changeNotes(s.Change, names) {
			lines = append(lines, threadLine(t, w, i == cursor,
				table.Cell{Text: rail, Role: theme.Border},
				table.Cell{Text: cell.Fit(n.name, 12), Role: theme.Muted},
				table.Cell{Text: n.text, Role: n.role},
			))
		}
		if i == cursor {
			to = len(lines)
		}
		if i < len(thread)-1 {
			lines = append(lines, threadLine(t, w, false, table.Cell{Text: rail, Role: theme.Border}))
		}
	}
	return lines, from, to
}

// threadLine is one line of w cells.
func threadLine(t *theme.Theme, w int, cursor bool, cells ...table.Cell) string {
	var b strings.Builder
	lead := "  "
	if cursor {
		lead = "▌ "
	}
	used := cell.Width(cell.Cut(lead, w))
	t.PaintRow(&b, theme.Accent, cell.Cut(lead, w), cursor)
	for _, c := range cells {
		text := cell.Cut(c.Text, w-used)
		t.PaintRow(&b, c.Role, text, cursor)
		used += cell.Width(text)
	}
	t.PaintRow(&b, theme.Text, cell.Blank(w-used), cursor)
	return b.String()
}
