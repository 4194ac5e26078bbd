package table

import (
	"testing"

	"github.com/charmbracelet/x/exp/golden"

	"till/ui/theme"
)

// TestGolden shows a table as a terminal gets it.
func TestGolden(t *testing.T) {
	source := &rows{n: 3, text: func(i int) []Cell {
		return [][]Cell{
			{{Text: "● connected", Role: theme.Good}, {Text: "Credentials Bank", Role: theme.Strong}, {Text: "2,150.00", Role: theme.Text}},
			{{Text: "✕ auth expired", Role: theme.Bad}, {Text: "東京メトロ株式会社", Role: theme.Strong}, {Text: "−38.40", Role: theme.Muted}},
			{{Text: "⟳ refreshing", Role: theme.Warn}, {Text: "Instant Bank", Role: theme.Strong}},
		}[i]
	}}
	for name, dark := range map[string]bool{"dark": true, "light": false} {
		t.Run(name, func(t *testing.T) {
			m := New(Column{Title: "STATE", Width: 14}, Column{Title: "NAME", Width: 8, Flex: 1}, Column{Title: "SUM", Width: 9, Right: true})
			m.SetTheme(theme.New(dark))
			m.SetSource(source)
			m.SetSize(48, 5)
			m.MoveTo(1)
			m.SetMark(2, " ▲")
			golden.RequireEqual(t, m.View()+"\n")
		})
	}
}
