package table

import (
	"testing"

	"till/ui/theme"
)

// bank is a source of rows as the list of links has them.
type bank struct{ rows int }

func (b bank) Len() int { return b.rows }

func (b bank) Row(int) []Cell {
	return []Cell{
		{Text: "● connected", Role: theme.Good},
		{Text: "Crédit Agricole — Île-de-France", Role: theme.Strong},
		{Text: "mk_eqkWN34UEoa2NpQfGhJk", Role: theme.Muted},
		{Text: "A N I T V", Role: theme.Text},
		{Text: "−1,234.56 EUR", Role: theme.Bad},
	}
}

func benchTable() *Model {
	m := New(
		Column{Title: "STATE", Width: 14},
		Column{Title: "INSTITUTION", Width: 16, Flex: 2},
		Column{Title: "LINK", Width: 12, Flex: 1, Drop: 2},
		Column{Title: "PRODUCTS", Width: 9, Drop: 1},
		Column{Title: "BALANCE", Width: 14, Right: true},
	)
	m.SetSource(bank{1_000_000})
	m.SetSize(116, 37)
	m.MoveTo(500_000)
	return m
}

func BenchmarkRow(b *testing.B) {
	m := benchTable()
	b.ReportAllocs()
	for b.Loop() {
		m.row(500_001)
	}
}

func BenchmarkView(b *testing.B) {
	m := benchTable()
	b.ReportAllocs()
	for b.Loop() {
		m.Move(1)
		_ = m.View()
	}
}
