package views

import (
	"strings"
	"testing"
)

// TestTheTabsLeaveRoomForTheState turns to every tab in every width of a terminal.
func TestTheTabsLeaveRoomForTheState(t *testing.T) {
	t.Parallel()
	for link, state := range map[int]string{1: "● connected", 4: "✕ invalid credentials", 7: "✕ institution error"} {
		in(t, 60, 16, func(t *testing.T, w *world) {
			w.Resize(80, 24)
			w.opens(t, link)
			for width := 60; width <= 140; width++ {
				w.Resize(width, 24)
				for tab, name := range []string{"Overview", "Accounts", "Transactions", "Changes", "Identity", "Numbers", "Investments", "Events", "JSON"} {
					w.Press(string(rune('1' + tab)))
					bar := w.Row("▌" + string(rune('1'+tab)))
					if !strings.Contains(bar, "▌"+string(rune('1'+tab))+" "+name) || !strings.Contains(bar, " "+state+" ") {
						t.Fatalf("%d columns: %q", width, bar)
					}
					for other := range 9 {
						if !strings.Contains(bar, string(rune('1'+other))) {
							t.Fatalf("%d columns, no tab %d: %q", width, other+1, bar)
						}
					}
				}
			}
			if bar := w.Row("9 JSON"); !strings.Contains(bar, "1 Overview  2 Accounts  3 Transactions  4 Changes  5 Identity  6 Numbers  7 Investments  8 Events  ▌9 JSON") {
				t.Error(bar)
			}
		})
	}
}
