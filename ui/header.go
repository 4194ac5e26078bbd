package ui

import (
	"slices"
	"strings"

	"till/ui/cell"
	"till/ui/theme"
)

// header draws the breadcrumbs and the chips into the upper border.
func (s *Shell) header(all []Chip) string {
	const crumbsLeast = 24
	room := s.w - 8
	chips, chipsWidth := s.chips(all, room-crumbsLeast)
	crumbs := s.crumbs(room - chipsWidth)
	const corners, blanks = 2, 3 // a blank before and after the crumbs, and before the corner
	rule := s.w - corners - blanks - crumbsWidth(crumbs) - chipsWidth
	if chipsWidth > 0 {
		rule--
	}
	border := func(t string) string { return s.theme.Paint(theme.Border, t) }
	line := border("╭") + " " + s.paintCrumbs(crumbs) + " " + border(strings.Repeat("─", max(0, rule)))
	if chipsWidth == 0 {
		return line + border("─╮")
	}
	return line + " " + chips + " " + border("╮")
}

// chips returns as many chips as fit into w cells, the first ones first. The
// ones that say real money, privacy or trouble are never left out.
func (s *Shell) chips(all []Chip, w int) (painted string, width int) {
	const gap = 2
	shown := slices.Clone(all)
	for width = chipsWidth(shown, gap); width > w; width = chipsWidth(shown, gap) {
		last := len(shown) - 1
		for last >= 0 && stays(shown[last]) {
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

func stays(c Chip) bool {
	return c.Role == theme.Live || c.Role == theme.Privacy || c.Role == theme.Bad
}

// label is the chip's text; what is painted as a block has a rim.
func (c Chip) label() string {
	if c.Role == theme.Live || c.Role == theme.Privacy || c.Role == theme.Chip {
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
