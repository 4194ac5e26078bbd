// Package theme gives colours their names. Screens paint text in a role; only
// this package knows what the role looks like.
//
// Roles use the sixteen colours of the terminal's own palette, which its owner
// chose to be readable; only the line under the cursor needs to know whether
// the background is light or dark. A code is for cameras: it is white and black
// on any terminal.
package theme

import (
	"image/color"
	"strings"
	"sync"

	"charm.land/lipgloss/v2"
)

// Role says what a piece of text is.
type Role int

// The roles.
const (
	Text   Role = iota
	Strong      // what the eye should find first
	Muted       // secondary
	Accent      // till's own colour: where you are, what is chosen
	Good        // healthy, money coming in
	Warn        // under way, needs a look
	Bad         // broken, dangerous
	Info        // neutral state
	Border
	Key     // a key in the footer
	Chip    // a label in the header
	Live    // the label that says real money
	Privacy // the label that says nothing on screen is real
	Code    // a QR code, of which the light parts are drawn
	roles
)

// Mode picks a background.
type Mode string

// The modes; Auto follows what the terminal answers.
const (
	Auto  Mode = "auto"
	Dark  Mode = "dark"
	Light Mode = "light"
)

// Modes lists the modes in the order a key walks them.
func Modes() []Mode { return []Mode{Auto, Dark, Light} }

const reset = "\x1b[m"

// Theme paints. It never changes once built and may be shared.
type Theme struct {
	styles [roles]lipgloss.Style
	open   [2][roles]string // what starts a role, plain and under the cursor
}

var darkTheme, lightTheme = sync.OnceValue(func() *Theme { return build(true) }), sync.OnceValue(func() *Theme { return build(false) })

// New returns the theme for a light or a dark background, which all share.
func New(dark bool) *Theme {
	if dark {
		return darkTheme()
	}
	return lightTheme()
}

func build(dark bool) *Theme {
	cursor := color.Color(lipgloss.ANSIColor(254))
	if dark {
		cursor = lipgloss.ANSIColor(237)
	}
	base := lipgloss.NewStyle()
	fg := func(c color.Color) lipgloss.Style { return base.Foreground(c) }
	t := &Theme{styles: [roles]lipgloss.Style{
		Text:    base,
		Strong:  base.Bold(true),
		Muted:   fg(lipgloss.BrightBlack),
		Accent:  fg(lipgloss.Cyan),
		Good:    fg(lipgloss.Green),
		Warn:    fg(lipgloss.Yellow),
		Bad:     fg(lipgloss.Red),
		Info:    fg(lipgloss.Blue),
		Border:  fg(lipgloss.BrightBlack),
		Key:     base.Bold(true),
		Chip:    fg(lipgloss.Cyan).Reverse(true),
		Live:    fg(lipgloss.Red).Bold(true).Reverse(true),
		Privacy: fg(lipgloss.Magenta).Bold(true).Reverse(true),
		Code:    fg(lipgloss.ANSIColor(231)).Background(lipgloss.ANSIColor(16)), // white and black, which no palette changes
	}}
	for role, style := range t.styles {
		t.open[0][role] = opening(style)
		t.open[1][role] = opening(style.Background(cursor))
	}
	return t
}

// Style returns a role's style for libraries that want one.
func (t *Theme) Style(r Role) lipgloss.Style { return t.styles[r] }

// Paint returns s in a role. s must not hold styling of its own.
func (t *Theme) Paint(r Role, s string) string {
	open := t.open[0][r]
	if open == "" || s == "" {
		return s
	}
	return open + s + reset
}

// Link returns s in a role, as a link that terminals which know OSC 8 open.
func (t *Theme) Link(r Role, s, url string) string {
	return t.styles[r].Underline(true).Hyperlink(url).Render(s)
}

// PaintRow writes s in a role to b, on the cursor's line or off it.
func (t *Theme) PaintRow(b *strings.Builder, r Role, s string, cursor bool) {
	line := 0
	if cursor {
		line = 1
	}
	open := t.open[line][r]
	if open == "" || s == "" {
		b.WriteString(s)
		return
	}
	b.WriteString(open)
	b.WriteString(s)
	b.WriteString(reset)
}

// opening returns the sequence with which a style starts.
func opening(style lipgloss.Style) string {
	before, _, _ := strings.Cut(style.Render("x"), "x")
	return before
}
