package table

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"till/ui/cell"
	"till/ui/theme"
)

// picked is a source with marks.
type picked struct {
	*rows
	marks map[int]bool
}

func (p picked) Marked(i int) bool { return p.marks[i] }

func TestMarkedRows(t *testing.T) {
	m, source := newTable(4, 30, 6)
	m.SetSource(picked{source, map[int]bool{1: true, 2: true}})
	m.MoveTo(2)
	want := strings.Join([]string{
		"  NAME                     SUM",
		"  name 0                  0.00",
		"◆ name 1                  1.00",
		"▌◆name 2                  2.00",
		"  name 3                  3.00",
		"                              ",
	}, "\n")
	if got := view(m); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestGoldenMarked(t *testing.T) {
	m, source := newTable(3, 30, 4)
	m.SetSource(picked{source, map[int]bool{0: true, 1: true}})
	m.MoveTo(1)
	golden.RequireEqual(t, m.View()+"\n")
}

// Whoever marks nothing sees what was there before marks, and pays nothing.
func TestWithoutMarksNothingChanges(t *testing.T) {
	plain, source := newTable(9, 40, 8)
	marker, _ := newTable(9, 40, 8)
	marker.SetSource(picked{source, nil})
	for range 9 {
		if got, want := marker.View(), plain.View(); got != want {
			t.Fatalf("got\n%q\nwant\n%q", got, want)
		}
		plain.Move(1)
		marker.Move(1)
	}
	bare, able := benchTable(), benchTable()
	able.SetSource(markable{bank{1_000_000}})
	draw := func(m *Model) float64 { return testing.AllocsPerRun(20, func() { _ = m.View() }) }
	if a, b := draw(bare), draw(able); a != b {
		t.Errorf("%v allocations without marks, %v where there could be some", a, b)
	}
}

// markable is a bank in which nothing is marked.
type markable struct{ bank }

func (markable) Marked(int) bool { return false }

func TestOnlyRowsInViewAreAskedForTheirMarks(t *testing.T) {
	m, source := newTable(1_000_000, 80, 25)
	asked := &asking{rows: source}
	m.SetSource(asked)
	m.MoveTo(500_000)
	m.View()
	from, to := m.Visible()
	if len(asked.marks) != to-from || asked.marks[0] != from {
		t.Errorf("rows %d to %d are in view, and it asked for %v", from, to, asked.marks)
	}
}

// asking is a source that counts whose mark it is asked for.
type asking struct {
	*rows
	marks []int
}

func (a *asking) Marked(i int) bool {
	a.marks = append(a.marks, i)
	return false
}

func TestMarkedViewIsExact(t *testing.T) {
	m, source := newTable(10, 0, 0)
	source.text = func(i int) []Cell {
		return []Cell{{Text: strings.Repeat("東京", i)}, {Text: strings.Repeat("é👩‍👩‍👧‍👦", i), Role: theme.Bad}}
	}
	m.SetSource(picked{source, map[int]bool{0: true, 2: true, 3: true, 7: true}})
	for w := 1; w < 61; w++ {
		for h := 1; h < 14; h++ {
			m.SetSize(w, h)
			m.MoveTo(w % 10)
			lines := strings.Split(m.View(), "\n")
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

func TestWideCharactersStandBesideAMark(t *testing.T) {
	m, source := newTable(2, 23, 3)
	source.text = func(int) []Cell { return []Cell{{Text: "東京メトロ株式会社"}, {Text: "−1,234.56"}} }
	m.SetSource(picked{source, map[int]bool{0: true, 1: true}})
	lines := strings.Split(view(m), "\n")
	if want := "▌◆東京メトロ…  −1,234.…"; lines[1] != want {
		t.Errorf("got %q, want %q", lines[1], want)
	}
	if want := "◆ 東京メトロ…  −1,234.…"; lines[2] != want {
		t.Errorf("got %q, want %q", lines[2], want)
	}
}
