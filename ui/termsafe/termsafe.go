// Package termsafe makes text from outside fit to be drawn. A bank's name or a
// transaction's description may hold escape sequences, bidirectional overrides
// or broken UTF-8; what a terminal would obey or hide becomes a visible mark.
//
// It is called once, where rows are built from data; what is stored or
// exported keeps the truth.
package termsafe

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	deleteMark  = '␡' // for DEL
	controlMark = '␦' // for C1 controls
	hiddenMark  = '⍰' // for what steers text without showing itself
	pictures    = '␀' // the first of the pictures for C0 controls
)

// Line returns s as one line in which every control, invalid byte and invisible
// character is a visible mark one cell wide.
func Line(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s { // an invalid byte comes as U+FFFD, which is its mark
		if shown, ok := mark(r); ok {
			b.WriteRune(shown)
		}
	}
	return b.String()
}

// Lines splits s at its line ends and makes each line safe. Tabs become four
// spaces.
func Lines(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\t", "    ")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Line(line)
	}
	return lines
}

// JSON splits a JSON text at its line ends and writes what cannot be drawn as
// JSON escapes, so that the text stays valid and keeps its meaning.
func JSON(s string) []string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if !plain(line) {
			lines[i] = escape(line)
		}
	}
	return lines
}

// plain reports that s is printable ASCII, as nearly all text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func escape(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case drawable(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return b.String()
}

// mark returns what is drawn for r, and false when nothing is: a variation
// selector only picks between two looks of the character before it, and
// terminals disagree on how wide that makes it.
func mark(r rune) (rune, bool) {
	switch {
	case r < 0x20:
		return pictures + r, true
	case r == 0x7f:
		return deleteMark, true
	case r >= 0x80 && r < 0xa0:
		return controlMark, true
	case unicode.Is(unicode.Variation_Selector, r):
		return 0, false
	case !drawable(r):
		return hiddenMark, true
	}
	return r, true
}

// drawable reports that a terminal shows r and does nothing else.
func drawable(r rune) bool {
	if r == utf8.RuneError || r >= 0x20 && r < 0x7f {
		return true
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
