package table

// layout works out the columns' widths: columns that do not fit are dropped,
// and what is left over goes to the flexible ones.
func (m *Model) layout() {
	m.widths = make([]int, len(m.columns))
	for i, c := range m.columns {
		m.widths[i] = c.Width
	}
	for m.needed() > m.w {
		drop := m.nextDropped()
		if drop < 0 {
			m.squeeze(m.needed() - m.w)
			return
		}
		m.widths[drop] = 0
	}
	m.share(m.w - m.needed())
}

func (m *Model) needed() int {
	total := 0
	for _, w := range m.widths {
		if w > 0 {
			total += gap + w
		}
	}
	return total
}

func (m *Model) nextDropped() int {
	drop := -1
	for i, c := range m.columns {
		if m.widths[i] > 0 && c.Drop > 0 && (drop < 0 || c.Drop > m.columns[drop].Drop) {
			drop = i
		}
	}
	return drop
}

// squeeze takes n cells from the columns that are left, last column first.
func (m *Model) squeeze(n int) {
	for i := len(m.widths) - 1; i >= 0 && n > 0; i-- {
		take := min(n, m.widths[i])
		m.widths[i] -= take
		n -= take
		if m.widths[i] == 0 && take > 0 {
			n -= gap
		}
	}
}

func (m *Model) share(rest int) {
	flex := 0
	for i, c := range m.columns {
		if m.widths[i] > 0 {
			flex += c.Flex
		}
	}
	for i, c := range m.columns {
		if m.widths[i] == 0 || c.Flex == 0 {
			continue
		}
		extra := rest * c.Flex / flex
		m.widths[i] += extra
		rest -= extra
		flex -= c.Flex
	}
}
