package inspect

import (
	"fmt"
	"math"
	"unicode/utf8"
)

const (
	// MaxLines is how many lines of a body [Show] lays out.
	MaxLines = 20_000

	maxTextLines = 200     // of a body whose format is not known
	maxValue     = 4 << 10 // bytes of a value, in a line and in a header that is kept
)

// cutMark ends a text of which a Log has kept the beginning.
const cutMark = "[cut]"

// limits bound what is laid out of an exchange.
type limits struct {
	lines, text int // of a body, and of one whose format is not known
	value       int // bytes of a value
}

// screen limits what is shown. It bounds the time and the memory that a large
// answer takes.
func screen() limits { return limits{MaxLines, maxTextLines, maxValue} }

// unlimited is for what is sent: nothing of it may be cut.
func unlimited() limits { return limits{math.MaxInt, math.MaxInt, math.MaxInt} }

// cut returns the first most bytes of text and says how many there are more.
func cut[T string | []byte](text T, most int) string {
	if len(text) <= most {
		return string(text)
	}
	n := boundary(text, most)
	return string(text[:n]) + fmt.Sprintf("… (%s more)", size(len(text)-n))
}

// marked cuts text to most bytes with a mark at the end.
func marked(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:boundary(text, most-len(cutMark))] + cutMark
}

// boundary returns where the character begins that byte n is of, so that text
// can be cut there.
func boundary[T string | []byte](text T, n int) int {
	for at := n; at > n-utf8.UTFMax && at >= 0; at-- {
		if utf8.RuneStart(text[at]) {
			return at
		}
	}
	return n
}
