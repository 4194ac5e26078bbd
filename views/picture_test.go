package views

import (
	"flag"
	"fmt"
	"html"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/ui/cell"
)

// TestGoldenPicture keeps README's picture the same as the program: it is a
// frame drawn as SVG, in the colours of a dark terminal.
func TestGoldenPicture(t *testing.T) {
	t.Parallel()
	const path, width, height = "../assets/till.svg", 120, 30
	var picture string
	in(t, width, height, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.refreshNow()
		w.Wait(4 * time.Second)
		picture = svg(w.Styled(), width, height)
	})
	if raw, err := os.ReadFile(path); err == nil && string(raw) == picture {
		return
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(picture), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Error("README's picture is not what the program draws; make golden draws it anew")
}

// The size of a cell, and a terminal's colours.
const (
	cellWidth, cellHeight, margin = 8.43, 17, 14
	paper, ink                    = "#16191f", "#d7dae0"
)

var palette = map[int]string{
	1: "#f2777a", 2: "#7fca8f", 3: "#e8b85c", 4: "#6cb6ff", 6: "#5fc9c0", 8: "#808794", 237: "#2b303a",
}

// brush is the styling in force at a place in a frame.
type brush struct {
	fg, bg        string
	bold, reverse bool
}

func svg(frame string, w, h int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono',monospace" font-size="14">`+"\n",
		float64(w)*cellWidth+2*margin, h*cellHeight+2*margin)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="10" fill="%s"/>`+"\n", paper)
	for y, line := range strings.Split(frame, "\n") {
		x := 0
		at := brush{}
		for line != "" {
			if rest, isStyle := strings.CutPrefix(line, "\x1b["); isStyle {
				codes, after, _ := strings.Cut(rest, "m")
				at.dip(codes)
				line = after
				continue
			}
			text, _, _ := strings.Cut(line, "\x1b")
			at.stroke(&b, text, x, y)
			x += cell.Width(text)
			line = line[len(text):]
		}
	}
	return b.String() + "</svg>\n"
}

// dip changes the brush as an SGR sequence says.
func (s *brush) dip(codes string) {
	numbers := strings.Split(codes, ";")
	for i := 0; i < len(numbers); i++ {
		n, _ := strconv.Atoi(numbers[i])
		switch {
		case n == 0:
			*s = brush{}
		case n == 1:
			s.bold = true
		case n == 7:
			s.reverse = true
		case n >= 30 && n < 38:
			s.fg = palette[n-30]
		case n >= 90 && n < 98:
			s.fg = palette[n-90+8]
		case n == 48 && i+2 < len(numbers):
			n, _ := strconv.Atoi(numbers[i+2])
			s.bg = palette[n]
			i += 2
		}
	}
}

func (s brush) stroke(b *strings.Builder, text string, x, y int) {
	fg, bg := s.fg, s.bg
	if fg == "" {
		fg = ink
	}
	if s.reverse {
		fg, bg = paper, fg
	}
	left, top := margin+float64(x)*cellWidth, margin+y*cellHeight
	if bg != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s" shape-rendering="crispEdges"/>`+"\n", left, top, float64(cell.Width(text))*cellWidth, cellHeight, bg)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	weight := ""
	if s.bold {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" fill="%s"%s textLength="%.1f" xml:space="preserve">%s</text>`+"\n",
		left, top+13, fg, weight, float64(cell.Width(text))*cellWidth, html.EscapeString(text))
}
