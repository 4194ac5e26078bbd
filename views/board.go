package views

import (
	"cmp"
	"slices"
	"strings"

	"till/moneykit"
	"till/ui/cell"
	"till/ui/theme"
)

// board is a page of sections with cells over which a cursor moves. It scrolls to
// where the cursor stands.
type board struct {
	w, h   int
	top    int // the first line in view
	lines  []boardLine
	boxes  []box // section by section, each as it is read
	cursor int   // of boxes
}

// section is a part of a board. Its lines fit its width.
type section struct {
	name  string
	lines []boardLine
	boxes []box
}

// boardLine is pieces of text beside each other.
type boardLine []piece

// piece is a text in one role. box is the cell that it is part of, counted from 1 in
// its section, and 0 for none. A cell begins with a blank, in which the cursor is drawn.
type piece struct {
	text string
	role theme.Role
	box  int
}

// box is a cell on which the cursor can stand.
type box struct {
	key  boxKey
	told string          // what it counts, safe to draw
	of   *behind         // the links behind it, nil for none
	link moneykit.LinkID // in their place, opened itself

	line, x, column int // where it stands
}

// boxKey tells a cell from all others, whatever comes and goes around it.
type boxKey struct{ section, row, column string }

// everywhere is the column of a section that is as wide as its board.
const everywhere = -1

func (s *section) line(pieces ...piece) { s.lines = append(s.lines, pieces) }

// box adds a cell and returns the number for its pieces.
func (s *section) box(b box) int {
	b.key.section = s.name
	s.boxes = append(s.boxes, b)
	return len(s.boxes)
}

// set lays out sections in columns, those over all of them first. The cursor stays on
// its cell, or goes to what is nearest to where that was.
func (b *board) set(over []section, columns [][]section, widths []int) {
	at, had := b.current()
	b.lines, b.boxes = nil, nil
	for _, s := range over {
		b.lines = append(b.place(s, len(b.lines), 0, everywhere), b.lines...)
	}
	from, x := len(b.lines), 0
	var beside []section
	for column, sections := range columns {
		filled := section{}
		for _, s := range sections {
			if len(filled.lines) > 0 {
				filled.line()
			}
			filled.lines = append(filled.lines, b.place(s, from+len(filled.lines), x, column)...)
		}
		beside = append(beside, filled)
		x += widths[column] + paneGapWidth
	}
	b.lines = append(b.lines, join(beside, widths)...)
	b.cursor = 0
	if had {
		b.cursor = b.nearest(at, func(box) bool { return true })
	}
	b.scroll()
}

// place takes a section's cells in and returns its lines with their numbers.
func (b *board) place(s section, line, x, column int) []boardLine {
	first := len(b.boxes)
	b.boxes = append(b.boxes, s.boxes...)
	placed := make([]boardLine, len(s.lines))
	seen := map[int]bool{}
	for i, pieces := range s.lines {
		at := x
		for _, p := range pieces {
			if p.box > 0 && !seen[p.box] {
				seen[p.box] = true
				found := &b.boxes[first+p.box-1]
				found.line, found.x, found.column = line+i, at, column
			}
			at += cell.Width(p.text)
			if p.box > 0 {
				p.box += first
			}
			placed[i] = append(placed[i], p)
		}
	}
	return placed
}

// join puts the lines of columns beside each other.
func join(columns []section, widths []int) []boardLine {
	h := 0
	for _, c := range columns {
		h = max(h, len(c.lines))
	}
	lines := make([]boardLine, h)
	for i := range lines {
		for n, c := range columns {
			used := 0
			if n > 0 {
				lines[i] = append(lines[i], piece{text: paneGap, role: theme.Border})
			}
			if i < len(c.lines) {
				for _, p := range c.lines[i] {
					used += cell.Width(p.text)
					lines[i] = append(lines[i], p)
				}
			}
			lines[i] = append(lines[i], piece{text: cell.Blank(widths[n] - used)})
		}
	}
	return lines
}

// current returns the cell under the cursor.
func (b *board) current() (box, bool) {
	if b.cursor >= len(b.boxes) {
		return box{}, false
	}
	return b.boxes[b.cursor], true
}

// nearest returns the cell of those that may be it that is at, else the one nearest to
// it in its own section, else in any; -1 when there is none.
func (b *board) nearest(at box, may func(box) bool) int {
	return b.best(may, func(c box) []int {
		return []int{
			truth(c.key != at.key), truth(c.key.section != at.key.section), distance(c.line, at.line), distance(c.x, at.x),
		}
	})
}

// best returns the cell with the lowest rank, -1 for none.
func (b *board) best(may func(box) bool, rank func(box) []int) int {
	found, lowest := -1, []int(nil)
	for i, c := range b.boxes {
		if !may(c) {
			continue
		}
		if r := rank(c); found < 0 || slices.Compare(r, lowest) < 0 {
			found, lowest = i, r
		}
	}
	return found
}

func (b *board) moveTo(i int) {
	if i >= 0 {
		b.cursor = i
		b.scroll()
	}
}

// down moves the cursor by n lines, up when n is negative.
func (b *board) down(n int) {
	at, _ := b.current()
	b.moveTo(b.best(func(c box) bool {
		beside := c.column != at.column && c.column != everywhere && at.column != everywhere
		return !beside && cmp.Compare(c.line, at.line) == cmp.Compare(n, 0)
	}, func(c box) []int { return []int{distance(c.line, at.line+n), distance(c.x, at.x)} }))
}

// right moves the cursor to the cell at its right, left when n is negative.
func (b *board) right(n int) {
	at, _ := b.current()
	b.moveTo(b.best(func(c box) bool {
		return cmp.Compare(c.x, at.x) == cmp.Compare(n, 0) && (c.line == at.line || c.column != at.column)
	}, func(c box) []int {
		return []int{distance(c.line, at.line), distance(c.x, at.x)}
	}))
}

// turn moves the cursor to the first cell of another section that has one.
func (b *board) turn(n int) {
	if len(b.boxes) == 0 {
		return
	}
	var firsts []int
	here := 0
	for i, c := range b.boxes {
		if i == 0 || c.key.section != b.boxes[i-1].key.section {
			firsts = append(firsts, i)
		}
		if i == b.cursor {
			here = len(firsts) - 1
		}
	}
	to := (here + n + len(firsts)) % len(firsts)
	last := len(b.boxes) - 1
	if to+1 < len(firsts) {
		last = firsts[to+1] - 1
	}
	b.moveTo(last) // so that all of it is in view
	b.moveTo(firsts[to])
}

func (b *board) setSize(w, h int) {
	b.w, b.h = w, h
	b.scroll()
}

// scroll brings the cursor into view, with the titles above it.
func (b *board) scroll() {
	const titles = 2
	if at, ok := b.current(); ok {
		b.top = max(min(b.top, at.line-titles), at.line-b.h+1)
	}
	b.top = max(0, min(b.top, len(b.lines)-b.h))
}

func (b *board) view(t *theme.Theme) string {
	end := min(len(b.lines), b.top+b.h)
	var shown []string
	for _, pieces := range b.lines[min(b.top, end):end] {
		var line strings.Builder
		marked := false
		for _, p := range pieces {
			selected := p.box > 0 && p.box-1 == b.cursor
			if selected && !marked {
				marked = true
				t.PaintRow(&line, theme.Accent, "▌", true)
				p.text = p.text[min(1, len(p.text)):]
			}
			t.PaintRow(&line, p.role, p.text, selected)
		}
		shown = append(shown, line.String())
	}
	return cell.Block(shown, b.w, b.h)
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

func distance(a, b int) int { return max(a-b, b-a) }
