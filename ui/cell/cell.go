// Package cell fits text into terminal cells: it measures, cuts and pads by
// what a terminal shows, never by bytes or runes.
package cell

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	ellipsis = "…"
	blanks   = "                                                                                                                                "
)

// Width returns how many cells s takes. Styling takes none.
func Width(s string) int {
	if ascii(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Cut shortens s to at most w cells and ends it in … when something is lost.
func Cut(s string, w int) string {
	s, _ = cut(s, w)
	return s
}

func cut(s string, w int) (short string, width int) {
	if w <= 0 {
		return "", 0
	}
	if n := Width(s); n <= w {
		return s, n
	}
	s = ansi.Truncate(s, w, ellipsis)
	return s, Width(s)
}

// Fit returns s in exactly w cells, cut or padded at its end.
func Fit(s string, w int) string {
	s, n := cut(s, w)
	return s + Blank(w-n)
}

// FitRight returns s in exactly w cells, cut at its end or padded before it.
func FitRight(s string, w int) string {
	s, n := cut(s, w)
	return Blank(w-n) + s
}

// Center returns s in the middle of exactly w cells.
func Center(s string, w int) string {
	s, n := cut(s, w)
	left := (w - n) / 2
	return Blank(left) + s + Blank(w-n-left)
}

// Block returns lines as exactly h lines of w cells.
func Block(lines []string, w, h int) string {
	fitted := make([]string, h)
	for i := range fitted {
		if i < len(lines) {
			fitted[i] = Fit(lines[i], w)
		} else {
			fitted[i] = Blank(w)
		}
	}
	return strings.Join(fitted, "\n")
}

// Beside joins two blocks of the same height, gap cells apart.
func Beside(left, right string, gap string) string {
	l, r := strings.Split(left, "\n"), strings.Split(right, "\n")
	for i := range l {
		if i < len(r) {
			l[i] += gap + r[i]
		}
	}
	return strings.Join(l, "\n")
}

// Wrap breaks s into lines of at most w cells, at spaces where it can.
func Wrap(s string, w int) []string {
	w = max(w, 1)
	// ansi.Wrap lets a hyphen at the end of a line hang over.
	return strings.Split(ansi.Hardwrap(ansi.Wrap(s, w, ""), w, false), "\n")
}

// Blank returns n spaces, none when n is negative.
func Blank(n int) string {
	switch {
	case n <= 0:
		return ""
	case n <= len(blanks):
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
