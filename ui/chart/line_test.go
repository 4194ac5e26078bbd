package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"till/ui/cell"
)

func as(colour string) Paint {
	return func(s string) string { return "\x1b[" + colour + "m" + s + "\x1b[m" }
}

func bare(s string) string { return s }

func label(v float64) string { return fmt.Sprint(v) }

// steps is a value a step as the text says; a dash is none.
func steps(text string) (values []float64) {
	for _, r := range text {
		v := math.NaN()
		if r != '-' {
			v = float64(r - '0')
		}
		values = append(values, v)
	}
	return values
}

func picture(p Plot) string {
	if p.Muted == nil {
		p.Muted, p.Strong = bare, bare
	}
	for i := range p.Lines {
		if p.Lines[i].Paint == nil {
			p.Lines[i].Paint = bare
		}
	}
	p.Label = label
	return p.View()
}

func TestPlot(t *testing.T) {
	for _, test := range []struct {
		name string
		plot Plot
		want string
	}{
		{"two lines", Plot{
			W: 24, H: 9, Steps: 10, Cursor: Tick{7, "Nov 8"}, Ticks: []Tick{{0, "Nov 1"}, {6, "Nov 7"}},
			Lines: []Line{
				{Values: steps("0000444444"), Light: true, Letter: 'a', Stands: []int{1}},
				{Values: steps("----888888"), Letter: 'A', Stands: []int{4, 9}},
			},
		}, "7.5 ┤       ⠘A⠛⠛⠛⠛⠛⠛⠛⠛⠛A" + "\n" +
			"    │              │    " + "\n" +
			"  5 ┤              │    " + "\n" +
			"    │       ⡂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂⠂" + "\n" +
			"2.5 ┤       ⡂      │    " + "\n" +
			"    │       ⡂      │    " + "\n" +
			"  0 ┤⠂⠂a⠂⠂⠂⠂⠂╌╌╌╌╌╌│╌╌╌╌" + "\n" +
			"    └┴───────────┴─┼────" + "\n" +
			"     Nov 1       Nov 8  "},
		{"below and above zero", Plot{
			W: 20, H: 7, Steps: 2, Cursor: Tick{1, ""},
			Lines: []Line{{Values: []float64{-4, 4}, Letter: 'A'}},
		}, "     │       ⣿⠛⠛⠛⠛⠛⠛" + "\n" +
			" 2.5 ┤       ⣿  │   " + "\n" +
			"   0 ┤╌╌╌╌╌╌╌⣿╌╌│╌╌╌" + "\n" +
			"-2.5 ┤       ⣿  │   " + "\n" +
			"     │⠶⠶⠶⠶⠶⠶⠶⠟  │   " + "\n" +
			"     └──────────┼───" + "\n" +
			"                    "},
		{"the solid line is over the light one, and stops where nothing is known", Plot{
			W: 22, H: 5, Steps: 6, Cursor: Tick{5, ""},
			Lines: []Line{
				{Values: steps("1-3333"), Letter: 'A', Paint: as("36")},
				{Values: steps("111333"), Light: true, Letter: 'b', Paint: as("32")},
			},
		}, "3 ┤      \x1b[36m⠛⠛⠛⡛⠛⠛⠛⠛⠛⠛⠛⠛⠛\x1b[m" + "\n" +
			"2 ┤         \x1b[32m⡂\x1b[m       │ " + "\n" +
			"1 ┤\x1b[36m⠶⠶⠶⠆\x1b[m\x1b[32m⠄⠄⠄⠄⠄⠆\x1b[m       │ " + "\n" +
			"  └─────────────────┼─" + "\n" +
			"                      "},
		{"nothing known", Plot{W: 6, H: 2, Steps: 2, Lines: []Line{{Values: steps("--")}}}, "      \n      "},
		{"no room", Plot{W: 6, H: 5, Steps: 2, Lines: []Line{{Values: steps("12")}}}, strings.Repeat("      \n", 4) + "      "},
	} {
		if got := picture(test.plot); got != test.want {
			t.Errorf("%s is\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

// A letter stands on its line, never on another, and not too often.
func TestLettersAreTold(t *testing.T) {
	every := make([]int, 40)
	for i := range every {
		every[i] = i
	}
	got := picture(Plot{W: 50, H: 6, Steps: 40, Lines: []Line{
		{Values: steps(strings.Repeat("1", 40)), Letter: 'A', Stands: every},
		{Values: steps(strings.Repeat("1", 40)), Letter: 'B', Stands: every},
		{Values: steps(strings.Repeat("-", 40)), Letter: 'C', Stands: every},
	}})
	if a, b, c := strings.Count(got, "A"), strings.Count(got, "B"), strings.Count(got, "C"); a != 6 || b != 6 || c != 0 {
		t.Errorf("%d A, %d B and %d C in\n%s", a, b, c, got)
	}
}

func TestEachLineHasItsColour(t *testing.T) {
	got := picture(Plot{W: 30, H: 6, Steps: 4, Cursor: Tick{3, "now"}, Muted: as("90"), Strong: as("1"), Lines: []Line{
		{Values: steps("11--"), Letter: 'A', Stands: []int{0}, Paint: as("36")},
		{Values: steps("-233"), Letter: 'B', Stands: []int{2}, Paint: as("32")},
	}})
	for _, want := range []string{"\x1b[36m⠶⠶⠶A⠶⠶", "\x1b[32m⢠⣤⣤⣤⣤", "B", "\x1b[1m│\x1b[m", "\x1b[1mnow\x1b[m", "\x1b[90m1 ┤"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%q", want, got)
		}
	}
}

func TestNiceValues(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      string
	}{
		{0, 10, "[0 5 10]"},
		{-350000, 60000, "[-300000 -200000 -100000 0]"},
		{99, 101, "[99 100 101]"},
		{0.1, 0.9, "[0.25 0.5 0.75]"},
		{1e15, 1e15 + 10, "[1e+15 1.000000000000005e+15 1.00000000000001e+15]"},
	} {
		if got := fmt.Sprint(niceValues(test.low, test.high)); got != test.want {
			t.Errorf("from %v to %v: %s, want %s", test.low, test.high, got, test.want)
		}
	}
}

// TestAnyPlotFits draws what nobody would think of.
func TestAnyPlotFits(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	odd := []float64{0, 1, -1, 1e15, -1e299, 1e299, 1e308, math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 0.1 + 0.2, 0.3, 12345.67}
	for range 2000 {
		p := Plot{W: rng.IntN(60), H: rng.IntN(20), Steps: rng.IntN(50)}
		p.Cursor = Tick{rng.IntN(60) - 5, strings.Repeat("x", rng.IntN(80))}
		for range rng.IntN(4) {
			p.Ticks = append(p.Ticks, Tick{rng.IntN(60) - 5, "tick"})
			line := Line{Light: rng.IntN(2) == 0, Letter: 'A', Stands: []int{rng.IntN(60) - 5, rng.IntN(50)}}
			for range p.Steps {
				line.Values = append(line.Values, odd[rng.IntN(len(odd))])
			}
			p.Lines = append(p.Lines, line)
		}
		lines := strings.Split(picture(p), "\n")
		if p.H > 0 && len(lines) != p.H {
			t.Fatalf("seed %d: %d lines of %d: %+v", seed, len(lines), p.H, p)
		}
		for _, line := range lines {
			if p.H > 0 && cell.Width(line) != p.W {
				t.Fatalf("seed %d: %d cells of %d: %+v", seed, cell.Width(line), p.W, p)
			}
		}
	}
}
