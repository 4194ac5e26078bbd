package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/ui/cell"
	"till/ui/theme"
)

// The frame takes a line above the screen, two below it, and two columns on
// either side.
const (
	frameHeight = 3
	frameWidth  = 4
)

// inner returns the room that a screen has.
func (s *Shell) inner() (w, h int) {
	return max(0, s.w-frameWidth), max(0, s.h-frameHeight-s.tourHeight())
}

// View draws everything.
func (s *Shell) View() tea.View {
	v := tea.NewView(s.frame())
	v.AltScreen = true
	v.WindowTitle = "till"
	v.ReportFocus = true
	// Under a layout without Latin letters ctrl+c is known by its place alone.
	v.KeyboardEnhancements.ReportAlternateKeys = true
	return v
}

// frame returns exactly s.h lines of s.w cells.
func (s *Shell) frame() string {
	switch {
	case s.w <= 0 || s.h <= 0:
		return ""
	case s.w < MinWidth || s.h < MinHeight:
		return s.tooSmall()
	}
	w, h := s.inner()
	// A toast that takes more than its line covers the end of the screen.
	around := s.status()
	status := s.statusLines(around.Job, w)
	lines := fitLines(s.top().View(), w, h)
	lines = append(lines[:h+1-len(status)], status...)
	lines = append(lines, s.tourStrip(w)...)
	var b strings.Builder
	b.WriteString(s.header(around.Chips))
	side := s.theme.Paint(theme.Border, "│")
	for _, line := range lines {
		b.WriteString("\n" + side + " " + line + " " + side)
	}
	b.WriteString("\n" + s.footer())
	if n := len(s.dialogs); n > 0 {
		return s.overlay(b.String(), s.dialogs[n-1])
	}
	return b.String()
}

// fitLines guards the frame against a screen that is off by a line or a cell.
func fitLines(view string, w, h int) []string {
	lines := strings.Split(view, "\n")
	fitted := make([]string, h)
	for i := range fitted {
		if i < len(lines) {
			fitted[i] = cell.Fit(lines[i], w)
		} else {
			fitted[i] = cell.Blank(w)
		}
	}
	return fitted
}

func (s *Shell) tooSmall() string {
	word := fmt.Sprintf("till needs %d×%d, this is %d×%d", MinWidth, MinHeight, s.w, s.h)
	lines := make([]string, s.h/2)
	for _, line := range cell.Wrap(word, s.w) {
		lines = append(lines, cell.Center(line, s.w))
	}
	return cell.Block(lines, s.w, s.h)
}
