// Package qr draws QR codes in a terminal's cells. It says nothing of what is
// in a code, and leaves the colours to its caller.
package qr

import (
	"strings"

	"rsc.io/qr"
)

const (
	longest = 500 // bytes of text
	quiet   = 2   // modules of light around a code
)

// Lines draws text as a QR code, two modules to a cell, with light around it.
// All lines have the same width. A text of more than 500 bytes has no lines.
//
// The light modules are what is drawn and the dark ones are left out, so that
// a code is right in theme.Code, and without colours on a dark terminal. On a
// light terminal without colours it is inverted, which not every reader takes.
func Lines(text string) []string {
	if len(text) > longest {
		return nil
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil
	}
	var lines []string
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(half(!code.Black(x, y), !code.Black(x, y+1)))
		}
		lines = append(lines, line.String())
	}
	return lines
}

// half returns the cell of two modules, one above the other.
func half(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
