package views

import (
	"till/ui/cell"
	"till/ui/table"
	"till/ui/theme"
)

// tablePane is a tab that is a table, with what is under its cursor beside it and a
// line below.
type tablePane struct {
	w, h  int
	table *table.Model
}

func (p *tablePane) capturing() bool         { return false }
func (p *tablePane) setTheme(t *theme.Theme) { p.table.SetTheme(t) }

func (p *tablePane) setSize(w, h int) {
	p.w, p.h = w, h
	list, _ := panes(w)
	p.table.SetSize(list, max(0, h-1))
}

// draw shows the table; detail tells in lines of w cells what is under the cursor.
func (p *tablePane) draw(t *theme.Theme, detail func(w int) []string, below, since string) string {
	body := p.table.View()
	if _, beside := panes(p.w); beside > 0 {
		body = cell.Beside(body, cell.Block(detail(beside), beside, max(0, p.h-1)), t.Paint(theme.Border, paneGap))
	}
	return body + "\n" + footing(t, below, since, p.w)
}

// footing is the line below a tab's data, with its age to the right when it is not
// from MoneyKit.
func footing(t *theme.Theme, text, since string, w int) string {
	since = cell.Cut(since, w)
	left := w - cell.Width(since)
	if since != "" {
		left -= barGap
	}
	return t.Paint(theme.Muted, cell.Fit(text, max(0, left))) + cell.Blank(w-max(0, left)-cell.Width(since)) + t.Paint(theme.Warn, since)
}
