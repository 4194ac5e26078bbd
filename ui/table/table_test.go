package table

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"till/ui/cell"
	"till/ui/theme"
)

// rows is a source that counts what it is asked for.
type rows struct {
	n     int
	asked []int
	text  func(i int) []Cell
}

func (r *rows) Len() int { return r.n }

func (r *rows) Row(i int) []Cell {
	r.asked = append(r.asked, i)
	if r.text != nil {
		return r.text(i)
	}
	return []Cell{{Text: fmt.Sprintf("name %d", i)}, {Text: fmt.Sprintf("%d.00", i)}}
}

func newTable(n, w, h int) (*Model, *rows) {
	m := New(Column{Title: "NAME", Width: 10, Flex: 1}, Column{Title: "SUM", Width: 8, Right: true})
	source := &rows{n: n}
	m.SetSource(source)
	m.SetSize(w, h)
	return m, source
}

func view(m *Model) string { return ansi.Strip(m.View()) }

func TestView(t *testing.T) {
	m, _ := newTable(3, 30, 6)
	m.Move(1)
	want := strings.Join([]string{
		"  NAME                     SUM",
		"  name 0                  0.00",
		"▌ name 1                  1.00",
		"  name 2                  2.00",
		"                              ",
		"                              ",
	}, "\n")
	if got := view(m); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	empty := New(Column{Title: "NAME", Width: 10})
	empty.SetSize(14, 3)
	if got, want := view(empty), "  NAME        \n              \n              "; got != want {
		t.Errorf("without rows: got\n%s\nwant\n%s", got, want)
	}
}

func TestTheMarkStaysInView(t *testing.T) {
	m, _ := newTable(1, 30, 2)
	tests := []struct {
		column int
		mark   string
		want   string
	}{
		{1, " ▲", "  NAME                   SUM ▲"},
		{0, " ▼", "  NAME ▼                   SUM"},
		{1, " far away", "  NAME                 far aw…"},
		{-1, "", "  NAME                     SUM"},
	}
	for _, test := range tests {
		m.SetMark(test.column, test.mark)
		if got, _, _ := strings.Cut(view(m), "\n"); got != test.want {
			t.Errorf("mark %q: got %q, want %q", test.mark, got, test.want)
		}
	}
	m.SetSize(16, 2) // SUM has to give way to its mark
	m.columns[1].Title, m.columns[0].Title = "BALANCES", "N"
	m.SetSize(22, 2)
	m.SetMark(1, " ▲")
	if got, _, _ := strings.Cut(view(m), "\n"); got != "  N           BALAN… ▲" {
		t.Errorf("a title as wide as its column: got %q", got)
	}
}

func TestTheCursorStaysInside(t *testing.T) {
	type step struct {
		do        func(*Model, *rows)
		cursor    int
		from, to  int
		remainder string
	}
	steps := []step{
		{func(*Model, *rows) {}, 0, 0, 4, "start"},
		{func(m *Model, _ *rows) { m.Move(-1) }, 0, 0, 4, "above the top"},
		{func(m *Model, _ *rows) { m.Move(3) }, 3, 0, 4, "to the last in view"},
		{func(m *Model, _ *rows) { m.Move(1) }, 4, 1, 5, "one further"},
		{func(m *Model, _ *rows) { m.Move(m.Page()) }, 7, 4, 8, "a page"},
		{func(m *Model, _ *rows) { m.Move(-1) }, 6, 4, 8, "up without scrolling"},
		{func(m *Model, _ *rows) { m.MoveTo(1 << 40) }, 19, 16, 20, "far below the end"},
		{func(m *Model, _ *rows) { m.SetSource(&rows{n: 10}) }, 9, 6, 10, "a shorter source"},
		{func(m *Model, _ *rows) { m.SetSource(&rows{n: 100}) }, 9, 6, 10, "a longer source"},
		{func(m *Model, _ *rows) { m.SetSize(30, 11) }, 9, 6, 16, "a taller table"},
		{func(m *Model, _ *rows) { m.SetSource(&rows{n: 11}) }, 9, 1, 11, "the view stays full"},
		{func(m *Model, _ *rows) { m.SetSize(30, 3) }, 9, 8, 10, "a lower table"},
		{func(m *Model, _ *rows) { m.SetSource(&rows{}) }, -1, 0, 0, "no rows"},
		{func(m *Model, _ *rows) { m.Move(1); m.Move(-1) }, -1, 0, 0, "moves without rows"},
		{func(m *Model, _ *rows) { m.SetSource(&rows{n: 2}) }, 0, 0, 2, "rows again"},
		{func(m *Model, _ *rows) { m.SetSource(nil) }, -1, 0, 0, "no source"},
	}
	m, source := newTable(20, 30, 5)
	for _, s := range steps {
		s.do(m, source)
		from, to := m.Visible()
		if m.Cursor() != s.cursor || from != s.from || to != s.to {
			t.Errorf("%s: the cursor is at %d and %d to %d in view, want %d and %d to %d",
				s.remainder, m.Cursor(), from, to, s.cursor, s.from, s.to)
		}
		m.View()
	}
}

// A source may grow and shrink by itself, between two moves.
func TestRowsPutInFrontMoveNeitherTheCursorNorTheView(t *testing.T) {
	for _, from := range []struct{ row, top, then int }{{0, 0, 0}, {3, 0, 0}, {12, 3, 5}, {99, 90, 92}} {
		m, source := newTable(100, 30, 11)
		m.MoveTo(from.row)
		if top, _ := m.Visible(); top != from.top {
			t.Fatalf("row %d: the view begins at %d", from.row, top)
		}
		source.n += 2
		m.SetSource(source)
		m.Shift(2)
		if top, _ := m.Visible(); m.Cursor() != from.row+2 || top != from.then {
			t.Errorf("row %d is %d now, and the view begins at %d", from.row, m.Cursor(), top)
		}
	}
}

func TestASourceThatShrinksUnderTheCursor(t *testing.T) {
	m, source := newTable(20, 30, 5)
	m.MoveTo(19)
	source.n = 3
	if m.Cursor() != 2 {
		t.Errorf("the cursor is at %d of 3", m.Cursor())
	}
	source.asked = nil
	m.View()
	for _, i := range source.asked {
		if i >= source.n {
			t.Errorf("row %d of 3 was asked for", i)
		}
	}
	source.n = 0
	if m.Cursor() != -1 {
		t.Errorf("the cursor is at %d of none", m.Cursor())
	}
}

func TestOnlyRowsInViewAreAskedFor(t *testing.T) {
	m, source := newTable(1_000_000, 80, 25)
	for _, to := range []int{0, 500_000, 999_999} {
		m.MoveTo(to)
		source.asked = nil
		m.View()
		from, end := m.Visible()
		if len(source.asked) != 24 || source.asked[0] != from || source.asked[23] != end-1 {
			t.Errorf("at row %d it asked for %v", to, source.asked)
		}
	}
	source.asked = nil
	m.Move(-1)
	m.SetSource(source)
	m.SetSize(80, 20)
	if len(source.asked) != 0 {
		t.Errorf("without drawing it asked for %v", source.asked)
	}
}

func TestViewIsExact(t *testing.T) {
	m, source := newTable(10, 0, 0)
	source.text = func(i int) []Cell {
		return []Cell{{Text: strings.Repeat("東京", i)}, {Text: strings.Repeat("é👩‍👩‍👧‍👦", i), Role: theme.Bad}}
	}
	m.SetMark(0, " ▲")
	for w := range 61 {
		for h := range 14 {
			m.SetSize(w, h)
			m.MoveTo(w % 10)
			got := m.View()
			if w == 0 || h == 0 {
				if got != "" {
					t.Fatalf("%d×%d: got %q", w, h, got)
				}
				continue
			}
			lines := strings.Split(got, "\n")
			if len(lines) != h {
				t.Fatalf("%d×%d: %d lines", w, h, len(lines))
			}
			for _, line := range lines {
				if cell.Width(line) != w {
					t.Fatalf("%d×%d: %q takes %d cells", w, h, line, cell.Width(line))
				}
			}
		}
	}
}

func TestWideCharactersAreCutWhole(t *testing.T) {
	m, source := newTable(1, 23, 2)
	source.text = func(int) []Cell { return []Cell{{Text: "東京メトロ株式会社"}, {Text: "−1,234.56"}} }
	_, row, _ := strings.Cut(view(m), "\n")
	if want := "▌ 東京メトロ…  −1,234.…"; row != want {
		t.Errorf("got %q, want %q", row, want)
	}
	m.SetSize(22, 2)
	_, row, _ = strings.Cut(view(m), "\n")
	if want := "▌ 東京メト…   −1,234.…"; row != want {
		t.Errorf("got %q, want %q", row, want)
	}
}

// Whoever sees no colours finds the cursor all the same.
func TestTheCursorIsSeenWithoutColours(t *testing.T) {
	m, _ := newTable(5, 30, 6)
	m.MoveTo(3)
	for i, line := range strings.Split(view(m), "\n")[1:] {
		if strings.HasPrefix(line, "▌") != (i == 3) {
			t.Errorf("row %d is %q", i, line)
		}
	}
}

func TestACellThatSpansHasTheRestOfTheRow(t *testing.T) {
	m, source := newTable(2, 30, 3)
	source.text = func(i int) []Cell {
		return []Cell{{Text: "a text that is longer than its column", Spans: i == 1}, {Text: "1.00"}}
	}
	want := strings.Join([]string{
		"  NAME                     SUM",
		"▌ a text that is lo…      1.00",
		"  a text that is longer than …",
	}, "\n")
	if got := view(m); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	source.text = func(int) []Cell { return []Cell{{Text: "name"}, {Text: "sum", Spans: true}} }
	if got := strings.Split(view(m), "\n")[1]; got != "▌ name                     sum" {
		t.Errorf("got %q", got)
	}
}

func TestVisibleIsWithinTheRows(t *testing.T) {
	m, source := newTable(80, 30, 6)
	m.MoveTo(79)
	for _, n := range []int{76, 3, 0} {
		source.n = n // without SetSource
		if from, to := m.Visible(); from < 0 || from > to || to > n {
			t.Errorf("of %d rows %d to %d are in view", n, from, to)
		}
	}
}
