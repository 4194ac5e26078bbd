package table

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestLayout(t *testing.T) {
	tests := []struct {
		name    string
		columns []Column
		w       int
		want    []int
	}{
		{"exactly", []Column{{Width: 4}, {Width: 5}}, 13, []int{4, 5}},
		{"left over and no one to take it", []Column{{Width: 4}, {Width: 5}}, 20, []int{4, 5}},
		{"one takes all that is left over", []Column{{Width: 4, Flex: 1}, {Width: 5}}, 20, []int{11, 5}},
		{"shares", []Column{{Width: 4, Flex: 1}, {Width: 4, Flex: 2}}, 21, []int{7, 10}},
		{"uneven shares", []Column{{Width: 4, Flex: 1}, {Width: 4, Flex: 1}, {Width: 1, Flex: 1}}, 20, []int{5, 6, 3}},
		{"the highest goes first", []Column{{Width: 4, Drop: 1}, {Width: 4, Drop: 2}, {Width: 4}}, 17, []int{4, 0, 4}},
		{"then the next", []Column{{Width: 4, Drop: 1}, {Width: 4, Drop: 2}, {Width: 4}}, 11, []int{0, 0, 4}},
		{"what was dropped takes no share", []Column{{Width: 4, Drop: 1, Flex: 3}, {Width: 4, Flex: 1}}, 11, []int{0, 9}},
		{"of two alike the first goes", []Column{{Width: 4, Drop: 1}, {Width: 4, Drop: 1}}, 11, []int{0, 4}},
		{"the last is squeezed", []Column{{Width: 4}, {Width: 4}}, 10, []int{4, 2}},
		{"and then the one before", []Column{{Width: 4}, {Width: 4}}, 5, []int{3, 0}},
		{"until none is left", []Column{{Width: 4}, {Width: 4}}, 2, []int{0, 0}},
		{"no room at all", []Column{{Width: 4}}, 0, []int{0}},
		{"no columns", nil, 10, []int{}},
	}
	for _, test := range tests {
		m := New(test.columns...)
		m.SetSize(test.w, 5)
		if !slices.Equal(m.widths, test.want) {
			t.Errorf("%s: the widths are %v, want %v", test.name, m.widths, test.want)
		}
	}
}

// TestLayoutAtEveryWidth lays out random columns: never too wide, nothing left
// over while someone would take it, and nothing dropped that could stay.
func TestLayoutAtEveryWidth(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		columns := make([]Column, 1+random.IntN(8))
		for i := range columns {
			columns[i] = Column{Width: 1 + random.IntN(30), Flex: random.IntN(3), Drop: random.IntN(4)}
		}
		m := New(columns...)
		for w := range 201 {
			m.SetSize(w, 5)
			checkLayout(t, m, w)
		}
	}
}

func checkLayout(t *testing.T, m *Model, w int) {
	t.Helper()
	flexible, squeezed, least, highest := false, false, 0, -1
	for i, c := range m.columns {
		switch got := m.widths[i]; {
		case got < 0:
			t.Fatalf("%+v in %d cells: the widths are %v", m.columns, w, m.widths)
		case got == 0 && c.Drop > 0 && (highest < 0 || c.Drop <= m.columns[highest].Drop):
			highest = i // the last that was dropped
		case got > 0 && got < c.Width, got == 0 && c.Drop == 0:
			squeezed = true
		}
		if m.widths[i] > 0 {
			flexible = flexible || c.Flex > 0
			least += gap + c.Width
		}
	}
	if m.needed() > max(w, gap) {
		t.Fatalf("%+v in %d cells: the widths %v need %d", m.columns, w, m.widths, m.needed())
	}
	if flexible && !squeezed && m.needed() != w {
		t.Fatalf("%+v in %d cells: the widths %v use %d", m.columns, w, m.widths, m.needed())
	}
	if highest >= 0 && !squeezed && least+gap+m.columns[highest].Width <= w {
		t.Fatalf("%+v in %d cells: column %d was dropped without need: %v", m.columns, w, highest, m.widths)
	}
}
