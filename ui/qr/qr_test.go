package qr

import (
	"strings"
	"testing"

	"rsc.io/qr"

	"till/ui/cell"
)

// light tells for each row of modules, two to a line, which of them are drawn.
func light(t *testing.T, lines []string) [][]bool {
	t.Helper()
	var rows [][]bool
	for _, line := range lines {
		var upper, lower []bool
		for _, r := range line {
			if !strings.ContainsRune("█▀▄ ", r) {
				t.Fatalf("%q in a code", r)
			}
			upper = append(upper, r == '█' || r == '▀')
			lower = append(lower, r == '█' || r == '▄')
		}
		rows = append(rows, upper, lower)
	}
	return rows
}

func TestLinesAreTheCode(t *testing.T) {
	t.Parallel()
	const address = "https://connect.moneykit.com/start?linkSessionToken="
	for _, text := range []string{
		"", "1", "0123456789", "HELLO WORLD", "http://localhost:47823/till", "Größe 東京",
		address + strings.Repeat("x", 100), address + strings.Repeat("Y", 300), strings.Repeat("a", 500),
	} {
		want, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		lines := Lines(text)
		width, height := want.Size+4, (want.Size+5)/2
		if len(lines) != height {
			t.Fatalf("%d bytes: %d lines, want %d", len(text), len(lines), height)
		}
		for i, line := range lines {
			if w := cell.Width(line); w != width {
				t.Fatalf("%d bytes: line %d has %d cells, want %d", len(text), i, w, width)
			}
		}
		for y, row := range light(t, lines) {
			for x, drawn := range row {
				if drawn == want.Black(x-2, y-2) {
					t.Fatalf("%d bytes: the module at %d, %d is wrong", len(text), x-2, y-2)
				}
			}
		}
	}
}

func TestTheQuietZoneIsLight(t *testing.T) {
	t.Parallel()
	rows := light(t, Lines("http://localhost:47823/till"))
	side := len(rows[0])
	for y, row := range rows {
		for x, drawn := range row {
			if outside := min(x, y, side-1-x, side-1-y) < 2; outside && !drawn {
				t.Errorf("the quiet zone is dark at %d, %d", x, y)
			}
		}
	}
	for _, corner := range [][2]int{{2, 2}, {side - 3, 2}, {2, side - 3}} {
		if x, y := corner[0], corner[1]; rows[y][x] {
			t.Errorf("no code begins at %d, %d", x, y)
		}
	}
}

func TestATextTooLongHasNoLines(t *testing.T) {
	t.Parallel()
	if lines := Lines(strings.Repeat("a", 501)); lines != nil {
		t.Errorf("a text of 501 bytes has %d lines", len(lines))
	}
}
