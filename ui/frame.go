package ui

import (
	"fmt"
	"slices"
	"strings"
	"till/ui/cell"
	"till/ui/theme"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// The frame takes a line above the screen, two below it, and two columns on
// either side.
const (
	frameHeight = 3
	frameWidth  = 4
)

// inner returns the room that a screen has.
func (s *Shell) inner() (w, h int) { return max(0, s.w-frameWidth), max(0, s.h-frameHeight) }

// View draws everything.
func (s *Shell) View() tea.View {
	v := tea.NewView(s.frame())
	v.AltScreen = true
	v.WindowTitle = "till"
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
	var b strings.Builder
	b.WriteString(s.header())
	side := s.theme.Paint(theme.Border, "│")
	for _, line := range fitLines(s.top().View(), w, h) {
		b.WriteString("\n" + side + " " + line + " " + side)
	}
	b.WriteString("\n" + side + " " + s.statusLine(w) + " " + side)
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

// header draws the breadcrumbs and the chips into the upper border.
func (s *Shell) header() string {
	const crumbsLeast = 24
	room := s.w - 8
	chips, chipsWidth := s.chips(room - crumbsLeast)
	crumbs := s.crumbs(room - chipsWidth)
	const corners, blanks = 2, 3 // a blank before and after the crumbs, and before the corner
	rule := s.w - corners - blanks - crumbsWidth(crumbs) - chipsWidth
	if chipsWidth > 0 {
		rule--
	}
	border := func(t string) string { return s.theme.Paint(theme.Border, t) }
	line := border("╭") + " " + s.paintCrumbs(crumbs) + " " + border(strings.Repeat("─", max(0, rule)))
	if chipsWidth > 0 {
		line += " " + chips
	}
	return line + " " + border("╮")
}

// chips returns as many chips as fit into w cells, the first ones first. The
// one that says real money is never left out.
func (s *Shell) chips(w int) (painted string, width int) {
	const gap = 2
	shown := slices.Clone(s.status.Chips)
	for width = chipsWidth(shown, gap); width > w; width = chipsWidth(shown, gap) {
		last := len(shown) - 1
		for last >= 0 && shown[last].Role == theme.Live {
			last--
		}
		if last < 0 {
			break
		}
		shown = slices.Delete(shown, last, last+1)
	}
	parts := make([]string, len(shown))
	for i, c := range shown {
		parts[i] = s.theme.Paint(c.Role, c.label())
	}
	return strings.Join(parts, cell.Blank(gap)), width
}

// label is the chip's text; what is painted as a block has a rim.
func (c Chip) label() string {
	if c.Role == theme.Live || c.Role == theme.Chip {
		return " " + c.Text + " "
	}
	return c.Text
}

func chipsWidth(chips []Chip, gap int) int {
	width := gap * max(0, len(chips)-1)
	for _, c := range chips {
		width += cell.Width(c.label())
	}
	return width
}

const crumbGap = " ▸ "

// crumbs returns the titles of the stack, shortened from the left to w cells.
func (s *Shell) crumbs(w int) []string {
	titles := []string{"till"}
	for _, p := range s.stack {
		if t := p.Title(); t != "" {
			titles = append(titles, t)
		}
	}
	for len(titles) > 2 && crumbsWidth(titles) > w {
		titles = append([]string{"…"}, titles[2:]...)
	}
	last := len(titles) - 1
	titles[last] = cell.Cut(titles[last], max(4, w-crumbsWidth(titles[:last])-len(crumbGap)))
	return titles
}

func crumbsWidth(titles []string) int { return cell.Width(strings.Join(titles, crumbGap)) }

func (s *Shell) paintCrumbs(titles []string) string {
	painted := make([]string, len(titles))
	for i, t := range titles {
		role := theme.Muted
		switch i {
		case len(titles) - 1:
			role = theme.Strong
		case 0:
			role = theme.Accent
		}
		painted[i] = s.theme.Paint(role, t)
	}
	return strings.Join(painted, s.theme.Paint(theme.Border, crumbGap))
}

// statusLine shows the toast, or what is under way.
func (s *Shell) statusLine(w int) string {
	if s.toast.text == "" {
		return s.theme.Paint(theme.Warn, cell.Fit(s.status.Job, w))
	}
	symbol, role := s.toast.kind.look()
	text := cell.Cut(s.toast.text, w-2)
	return s.theme.Paint(role, symbol) + text + cell.Blank(w-2-cell.Width(text))
}

// footer draws the keys that work here into the lower border. Help, the last
// resort, is always there; the others as far as there is room.
func (s *Shell) footer() string {
	const help = "?"
	keys, room := "", s.w-cell.Width("╰ ? help ╯")
	for _, a := range s.all() {
		shown := a.Key.Help()
		width := cell.Width(shown.Key) + 1 + cell.Width(shown.Desc) + 2
		if a.Quiet || shown.Key == help || a.Reason() != "" || width > room {
			continue
		}
		room -= width
		keys += s.hint(shown.Key, shown.Desc) + "  "
	}
	rule := strings.Repeat("─", max(0, room))
	return s.theme.Paint(theme.Border, "╰") + " " + keys + s.hint(help, "help") + " " + s.theme.Paint(theme.Border, rule+"╯")
}

func (s *Shell) hint(key, word string) string {
	return s.theme.Paint(theme.Key, key) + " " + s.theme.Paint(theme.Muted, word)
}

// padding is the cells between a dialog's border and its content.
const padding = 2

// box returns the room that a dialog's content has.
func (s *Shell) box() (w, h int) { return min(s.w-8, 90) - 2*padding, s.h - 7 }

// overlay draws a dialog over the frame.
func (s *Shell) overlay(frame string, d Dialog) string {
	const rim = 2
	maxW, maxH := s.box()
	content := strings.Split(d.View(maxW, maxH), "\n")
	w := max(cell.Width(d.Title())+4, cell.Width(d.Hint())+4)
	for _, line := range content {
		w = max(w, cell.Width(line))
	}
	w = min(w, maxW)
	border := func(t string) string { return s.theme.Paint(theme.Accent, t) }
	title := cell.Cut(d.Title(), w)
	rule := strings.Repeat("─", max(0, w+2*padding-cell.Width(title)-3))
	lines := []string{border("╭─ ") + s.theme.Paint(theme.Strong, title) + border(" "+rule+"╮")}
	for _, line := range append([]string{""}, content[:min(len(content), maxH)]...) {
		lines = append(lines, border("│")+"  "+cell.Fit(line, w)+"  "+border("│"))
	}
	hint := cell.Cut(d.Hint(), w)
	rule = strings.Repeat("─", max(0, w+2*padding-cell.Width(hint)-3))
	lines = append(lines, border("│")+cell.Blank(w+2*padding)+border("│"))
	lines = append(lines, border("╰─ ")+s.theme.Paint(theme.Muted, hint)+border(" "+rule+"╯"))

	box := lipgloss.NewLayer(strings.Join(lines, "\n")).
		X((s.w - w - 2*padding - rim) / 2).Y(max(1, (s.h-len(lines))/2)).Z(1)
	return lipgloss.NewCanvas(s.w, s.h).
		Compose(lipgloss.NewCompositor(lipgloss.NewLayer(frame), box)).Render()
}
