// Package table is a virtual list with columns: it asks for the rows on screen
// and no others, so that a million rows cost what twenty do.
package table

import (
	"strings"

	"till/ui/cell"
	"till/ui/theme"
)

// Column describes one column. Width is its cells; a Flex column takes a share
// of what is left instead, and Width is the least it can do with.
type Column struct {
	Title string
	Width int
	Flex  int
	Right bool // aligned to the right
	// Drop is how early the column goes when there is no room: the highest
	// first, 0 never.
	Drop int
}

// Cell is one text in a row, already safe to draw.
type Cell struct {
	Text string
	Role theme.Role
	// Spans lets the text have all of the row that is left; the cells after it are
	// not drawn.
	Spans bool
}

// Source gives the rows.
type Source interface {
	Len() int
	Row(i int) []Cell // a cell for each column, those that were dropped too
}

// Marker is a Source that marks rows. It is asked for every row that is drawn.
type Marker interface{ Marked(i int) bool }

// Model is the table's state: where the cursor is and what is in view.
type Model struct {
	columns []Column
	widths  []int // 0 for a dropped column
	source  Source
	theme   *theme.Theme
	w, h    int
	cursor  int
	top     int // the first row in view
	// mark is put on a column's title: where the sort stands.
	marked int
	mark   string
}

const gap = 2 // cells between columns, and before the first for the cursor and a row's mark

// New returns an empty table.
func New(columns ...Column) *Model {
	return &Model{columns: columns, marked: -1, theme: theme.New(true)}
}

// SetTheme changes the colours.
func (m *Model) SetTheme(t *theme.Theme) { m.theme = t }

// SetSource replaces the rows. The cursor stays at its index, inside the rows.
func (m *Model) SetSource(s Source) {
	m.source = s
	m.MoveTo(m.cursor)
}

// SetMark puts a mark on a column's title; no column below 0.
func (m *Model) SetMark(column int, mark string) { m.marked, m.mark = column, mark }

// SetSize sets the whole size, title line included.
func (m *Model) SetSize(w, h int) {
	m.w, m.h = w, h
	m.layout()
	m.scroll()
}

// Len returns the number of rows.
func (m *Model) Len() int {
	if m.source == nil {
		return 0
	}
	return m.source.Len()
}

// Cursor returns the index of the row under the cursor, -1 when there is none.
func (m *Model) Cursor() int {
	if m.Len() == 0 {
		return -1
	}
	return min(m.cursor, m.Len()-1)
}

// Visible returns the first row in view and the one after the last.
func (m *Model) Visible() (from, to int) {
	to = min(m.top+m.page(), m.Len())
	return min(m.top, to), to
}

// Move shifts the cursor by n rows, and stops at both ends.
func (m *Model) Move(n int) { m.MoveTo(m.cursor + n) }

// MoveTo puts the cursor on row i, or on the nearest there is.
func (m *Model) MoveTo(i int) {
	m.cursor = max(0, min(i, m.Len()-1))
	m.scroll()
}

// Shift says that n rows were put in front of the others. The cursor stays on its row,
// and the view where it was unless it is at the top.
func (m *Model) Shift(n int) {
	if m.top > 0 {
		m.top += n
	}
	m.cursor += n
	m.scroll()
}

// Page returns how far page up and page down go.
func (m *Model) Page() int { return max(1, m.page()-1) }

func (m *Model) page() int { return max(0, m.h-1) }

// scroll keeps the cursor in view and the view full.
func (m *Model) scroll() {
	page := max(1, m.page())
	m.top = min(m.top, m.cursor)
	m.top = max(m.top, m.cursor-page+1)
	m.top = max(0, min(m.top, m.Len()-page))
}

// View returns exactly the size that was set.
func (m *Model) View() string {
	if m.w <= 0 || m.h <= 0 {
		return ""
	}
	if m.w <= gap {
		return cell.Block(nil, m.w, m.h)
	}
	lines := make([]string, 0, m.h)
	lines = append(lines, m.title())
	from, to := m.Visible()
	for i := from; i < to; i++ {
		lines = append(lines, m.row(i))
	}
	for len(lines) < m.h {
		lines = append(lines, cell.Blank(m.w))
	}
	return strings.Join(lines[:m.h], "\n")
}

func (m *Model) title() string {
	var b strings.Builder
	used := gap
	b.WriteString(cell.Blank(gap))
	for i, c := range m.columns {
		if m.widths[i] == 0 {
			continue
		}
		if used > gap {
			b.WriteString(cell.Blank(gap))
			used += gap
		}
		text := c.Title
		if i == m.marked {
			text = cell.Cut(text, m.widths[i]-cell.Width(m.mark)) + m.mark
		}
		b.WriteString(m.theme.Paint(theme.Muted, fit(text, m.widths[i], c.Right)))
		used += m.widths[i]
	}
	b.WriteString(cell.Blank(m.w - used))
	return b.String()
}

func (m *Model) row(i int) string {
	var b strings.Builder
	b.Grow(m.w * 2)
	selected := i == m.cursor
	lead, role := m.lead(i)
	m.theme.PaintRow(&b, role, lead, selected)
	used := gap
	for c, content := range m.source.Row(i) {
		if m.widths[c] == 0 {
			continue
		}
		before := 0
		if used > gap {
			before = gap
		}
		width := m.widths[c]
		if content.Spans {
			width = m.w - used - before
		}
		used += before + width
		m.theme.PaintRow(&b, content.Role, cell.Blank(before)+fit(content.Text, width, m.columns[c].Right), selected)
		if content.Spans {
			break
		}
	}
	m.theme.PaintRow(&b, theme.Text, cell.Blank(m.w-used), selected)
	return b.String()
}

// lead is what stands before the first column.
func (m *Model) lead(i int) (string, theme.Role) {
	marker, ok := m.source.(Marker)
	marked := ok && marker.Marked(i)
	switch selected := i == m.cursor; {
	case selected && marked:
		return "▌◆", theme.Accent
	case selected:
		return "▌ ", theme.Accent
	case marked:
		return "◆ ", theme.Accent
	}
	return "  ", theme.Text
}

func fit(s string, w int, right bool) string {
	if right {
		return cell.FitRight(s, w)
	}
	return cell.Fit(s, w)
}
