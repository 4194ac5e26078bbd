package chart

import (
	"math"
	"strings"

	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"

	"till/ui/cell"
)

// Paint gives a text its colour.
type Paint func(string) string

// Line is a value a step, which holds until the next step.
type Line struct {
	Values []float64 // NaN where nothing is known
	Light  bool      // dotted, and under the solid ones
	Letter rune      // tells it from the others without colour
	Stands []int     // steps at which the letter stands if there is room, in order
	Paint  Paint
}

// Tick names a step below the chart.
type Tick struct {
	Step int
	Text string
}

// Plot is lines over the same steps, with an axis to the left and one below.
type Plot struct {
	W, H          int // in cells, with the axes
	Steps         int
	Lines         []Line
	Ticks         []Tick
	Cursor        Tick                 // the step that an upright line marks
	Label         func(float64) string // what a value is called at the axis
	Muted, Strong Paint                // for the axes and for the cursor
}

const (
	axes        = 2 // lines below the chart
	letterSpace = 8 // cells between two letters of a line
	narrowest   = 8
)

// View draws the plot as exactly H lines of W cells. It is blank where there is no
// room for it, and without a value.
func (p Plot) View() string {
	h := p.H - axes
	low, high, any := p.bounds()
	if !any || h < 2 || p.Steps < 1 {
		return cell.Block(nil, p.W, max(0, p.H))
	}
	labels := make([]string, h)
	gutter := 0
	for _, value := range niceValues(low, high) {
		row := (h*4 - 1 - scale(value, low, high, h*4)) / 4
		labels[row] = p.Label(value)
		gutter = max(gutter, cell.Width(labels[row]))
	}
	gutter = min(gutter, p.W/3)
	area := newArea(p, p.W-gutter-2, h, low, high)
	if area.w < narrowest {
		return cell.Block(nil, p.W, p.H)
	}
	area.draw()
	lines := make([]string, 0, p.H)
	for y, label := range labels {
		edge := " │"
		if label != "" {
			edge = " ┤"
		}
		lines = append(lines, p.Muted(cell.FitRight(label, gutter)+edge)+area.row(y))
	}
	axis, names := area.below()
	return cell.Block(append(lines, p.Muted(cell.Blank(gutter)+" └"+axis), cell.Blank(gutter+2)+names), p.W, p.H)
}

// bounds are a little beyond the lowest and the highest value.
func (p Plot) bounds() (low, high float64, any bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, line := range p.Lines {
		for _, v := range line.Values {
			if known(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if size := max(math.Abs(low), math.Abs(high)); high-low <= size*1e-9 {
		apart := size / 100
		if apart == 0 {
			apart = 1
		}
		low, high = low-apart, high+apart
	}
	room := (high - low) / 16 // a line at the edge is drawn whole
	return low - room, high + room, low < high
}

// known is false for NaN, too.
func known(v float64) bool { return math.Abs(v) < 1e300 }

// niceValues returns three to six round values from low to high.
func niceValues(low, high float64) []float64 {
	for power := math.Pow(10, math.Floor(math.Log10(high-low))); ; power /= 10 {
		for _, n := range []float64{5, 2.5, 2, 1} {
			var values []float64
			step := n * power
			for i := math.Ceil(low/step) + 0; i*step <= high; i++ { // + 0 makes −0 plain
				values = append(values, i*step)
			}
			if len(values) >= 3 {
				return values
			}
		}
	}
}

// scale returns the dot of v among dots, counted from the bottom.
func scale(v, low, high float64, dots int) int {
	return int(math.Round((v - low) / (high - low) * float64(dots-1)))
}

// area is what is inside the axes.
type area struct {
	Plot
	w, h      int
	low, high float64
	cells     [][]glyph
}

// glyph is what is in a cell.
type glyph struct {
	r     rune
	paint int // the line that it is of, or one of the below
}

const (
	plain = -1 - iota
	muted
	strong
)

func newArea(p Plot, w, h int, low, high float64) *area {
	a := &area{Plot: p, w: max(0, w), h: h, low: low, high: high, cells: make([][]glyph, h)}
	for y := range a.cells {
		a.cells[y] = make([]glyph, a.w)
		for x := range a.cells[y] {
			a.cells[y][x] = glyph{' ', plain}
		}
	}
	return a
}

func (a *area) draw() {
	for _, light := range []bool{true, false} {
		for i, line := range a.Lines {
			if line.Light == light {
				a.dots(i, line)
			}
		}
	}
	if a.low < 0 && a.high > 0 {
		for x, g := range a.cells[a.y(0)] {
			if g.r == ' ' {
				a.cells[a.y(0)][x] = glyph{'╌', muted}
			}
		}
	}
	for _, row := range a.cells {
		if x := a.x(a.Cursor.Step); row[x].paint < 0 {
			row[x] = glyph{'│', strong}
		}
	}
	for i, line := range a.Lines {
		a.letters(i, line)
	}
}

// x is the column of a step, y the row of a value.
func (a *area) x(step int) int {
	return max(0, min((2*step+1)*a.w/(2*a.Steps), a.w-1))
}

func (a *area) y(value float64) int { return (a.h*4 - 1 - scale(value, a.low, a.high, a.h*4)) / 4 }

// dots draws a line: two dots thick, or every other dot of a light one.
func (a *area) dots(index int, line Line) {
	grid := runes.NewPatternDotsGrid(a.w*2, a.h*4)
	before, gap := -1, 2
	set := grid.Set
	if !line.Light {
		gap = 1
		set = func(x, y int) {
			for i := range 4 {
				grid.Set(x+i%2, y-i/2)
			}
		}
	}
	for i, v := range line.Values {
		if !known(v) {
			before = -1
			continue
		}
		y := a.h*4 - 1 - scale(v, a.low, a.high, a.h*4)
		from, to := i*a.w*2/a.Steps/gap*gap, (i+1)*a.w*2/a.Steps
		for x := from; x < max(to, from+1); x += gap {
			set(x, y)
		}
		if before >= 0 {
			for between := min(before, y); between < max(before, y); between += gap {
				set(from, between)
			}
		}
		before = y
	}
	for y, row := range grid.BraillePatterns() {
		for x, r := range row {
			if r != runes.BrailleBlockOffset {
				a.cells[y][x] = glyph{runes.CombineBraillePatterns(a.cells[y][x].r, r), index}
			}
		}
	}
}

// letters puts a line's letter where it stands, the last one first.
func (a *area) letters(index int, line Line) {
	free := a.w + letterSpace
	for i := len(line.Stands) - 1; i >= 0; i-- {
		at := line.Stands[i]
		if at < 0 || at >= len(line.Values) || !known(line.Values[at]) {
			continue
		}
		x := a.x(at)
		if g := &a.cells[a.y(line.Values[at])][x]; x <= free-letterSpace && !a.letter(g.r) {
			*g, free = glyph{line.Letter, index}, x
		}
	}
}

func (a *area) letter(r rune) bool {
	for _, line := range a.Lines {
		if line.Letter == r {
			return true
		}
	}
	return false
}

// row joins the cells of a row, those of the same colour in one piece.
func (a *area) row(y int) string {
	var b strings.Builder
	var piece []rune
	for x, g := range a.cells[y] {
		piece = append(piece, g.r)
		if x+1 == a.w || a.cells[y][x+1].paint != g.paint {
			b.WriteString(a.painted(g.paint, string(piece)))
			piece = piece[:0]
		}
	}
	return b.String()
}

func (a *area) painted(paint int, s string) string {
	switch paint {
	case plain:
		return s
	case muted:
		return a.Muted(s)
	case strong:
		return a.Strong(s)
	}
	return a.Lines[paint].Paint(s)
}

// below returns the axis and the names of steps under it. The cursor's name comes
// first, and those of ticks where there is room left.
func (a *area) below() (axis, names string) {
	line, text := []rune(strings.Repeat("─", a.w)), []rune(cell.Blank(a.w))
	put := func(t Tick) (from, to int) {
		name := []rune(t.Text)
		from = max(0, min(a.x(t.Step)-len(name)/2, a.w-len(name)))
		to = min(from+len(name), a.w)
		if strings.TrimSpace(string(text[max(0, from-1):min(to+1, a.w)])) == "" {
			copy(text[from:], name)
		}
		return from, to
	}
	from, to := put(a.Cursor)
	for _, t := range a.Ticks {
		line[a.x(t.Step)] = '┴'
		put(t)
	}
	line[a.x(a.Cursor.Step)] = '┼'
	return string(line), a.Muted(string(text[:from])) + a.Strong(string(text[from:to])) + a.Muted(string(text[to:]))
}
