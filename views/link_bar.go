package views

import (
	"strconv"
	"strings"

	"till/ui/cell"
	"till/ui/theme"
)

const (
	barGap = 2
	// stateRoom is kept for the state however short it is now, so that the names do
	// not move when it changes.
	stateRoom = 12
)

// bar names the tabs, and the link's state to the right. Where there is no room for
// all names, the tabs farthest from the current one are numbers alone.
func (l *linkScreen) bar() string {
	state := stateLook(l.snapshot)
	word := cell.Cut(state.String(), l.w)
	room := l.w - max(stateRoom, cell.Width(word)) - barGap
	labels, gap := l.labels(room)
	bar, used := strings.Builder{}, 0
	for i, label := range labels {
		role := theme.Muted
		if i == l.tab {
			role = theme.Accent
		}
		if i > 0 {
			bar.WriteString(cell.Blank(gap))
			used += gap
		}
		label = cell.Cut(label, max(0, l.w-cell.Width(word)-used))
		bar.WriteString(l.theme.Paint(role, label))
		used += cell.Width(label)
	}
	return cell.Fit(bar.String(), l.w-cell.Width(word)) + l.theme.Paint(state.role, word)
}

// labels are what the tabs are called in so many cells, and how far apart they stand.
func (l *linkScreen) labels(room int) (labels []string, gap int) {
	named := make([]string, len(l.tabs))
	used := barGap * (len(l.tabs) - 1)
	for i, t := range l.tabs {
		number := strconv.Itoa(i + 1)
		named[i] = number + " " + t.name()
		if i == l.tab {
			number, named[i] = "▌"+named[i], "▌"+named[i]
		}
		labels = append(labels, number)
		used += cell.Width(number)
	}
	if used > room {
		return labels, 1
	}
	for away := 1; away < len(l.tabs); away++ {
		for _, i := range []int{l.tab + away, l.tab - away} {
			if i < 0 || i >= len(l.tabs) {
				continue
			}
			if more := cell.Width(named[i]) - cell.Width(labels[i]); used+more <= room {
				labels[i] = named[i]
				used += more
			}
		}
	}
	return labels, barGap
}
