package views

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
)

const (
	// healthRest is how long news gather before the links are counted again.
	healthRest = 2 * time.Second
	// healthAges is how often they are counted without news: ages grow.
	healthAges = time.Minute
)

// healthScreen tells how all links are.
type healthScreen struct {
	*session
	ctx     context.Context
	to      ui.To
	theme   *theme.Theme
	w, h    int
	taken   resource[fleetHealth]
	resting bool // news gather
	board   board
}

var _ ui.Screen = (*healthScreen)(nil)

func newHealth(s *session) *healthScreen { return &healthScreen{session: s} }

// healthAction opens the health of all links.
func (s *session) healthAction() ui.Action {
	return ui.Action{Name: "Fleet: the health of all links", Key: ui.Bind("H", "fleet"), Quiet: true, Do: func() tea.Cmd {
		return ui.Push(newHealth(s))
	}}
}

type (
	healthRestedMsg struct{ ui.To }
	healthAgedMsg   struct{ ui.To }
)

func (f *healthScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	f.ctx, f.to = ctx, ui.To{ID: id}
	return tea.Batch(f.take(), ui.Tick(ctx, healthAges, healthAgedMsg{f.to}))
}

// take looks at all links again.
func (f *healthScreen) take() tea.Cmd {
	if !f.taken.begin() {
		return nil
	}
	return takeHealth(f.ctx, f.watch, f.mirror.Store(), *f.clock, f.taken.value.happened, f.to)
}

// rest looks again soon, so that news that come close together count as one.
func (f *healthScreen) rest() tea.Cmd {
	if f.resting {
		return nil
	}
	f.resting = true
	return ui.Tick(f.ctx, healthRest, healthRestedMsg{f.to})
}

func (f *healthScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case newsMsg, movedMsg:
		return f.rest()
	case healthRestedMsg:
		f.resting = false
		return f.take()
	case healthAgedMsg:
		return tea.Batch(f.rest(), ui.Tick(f.ctx, healthAges, msg))
	case healthMsg:
		again := f.taken.end(msg.health, nil)
		f.fill()
		if again {
			return f.rest()
		}
	}
	return nil
}

// fill lays out the sections: one below another, or in two columns.
func (f *healthScreen) fill() {
	const brief, far = 5, 8 // events
	if !f.taken.loaded || f.w == 0 {
		return
	}
	health, rows := f.taken.value, max(6, f.h/3)
	var over []section
	if len(health.incidents) > 0 {
		over = append(over, health.troubles(f.w))
	}
	if f.w < wide {
		f.board.set(over, [][]section{{health.states(f.w), health.matrix(f.w, rows), health.ages(f.w), health.lately(f.w, brief)}}, []int{f.w})
		return
	}
	left := f.w*2/5 - 2*paneGapWidth
	right := f.w - left - paneGapWidth
	f.board.set(over, [][]section{
		{health.states(left), health.lately(left, far)},
		{health.matrix(right, rows), health.ages(right)},
	}, []int{left, right})
}

func (f *healthScreen) Actions() []ui.Action {
	actions := []ui.Action{
		{Name: "Open the links behind the number", Key: ui.Bind("enter", "open"), Disabled: f.whyClosed, Do: f.open},
		{Name: "Next section", Key: ui.Bind("tab", "next section"), Do: f.moved(func() { f.board.turn(1) })},
		{Name: "Previous section", Key: ui.Bind("shift+tab", "previous section"), Quiet: true, Do: f.moved(func() { f.board.turn(-1) })},
		{Name: "To the left", Key: ui.Bind("←", "move", "left", "h"), Quiet: true, Do: f.moved(func() { f.board.right(-1) })},
		{Name: "To the right", Key: ui.Bind("← →", "move", "right", "l"), Do: f.moved(func() { f.board.right(1) })},
	}
	actions = append(actions, steps("move", func() int { return max(1, f.board.h-1) }, func(n int) tea.Cmd {
		f.board.down(n)
		return nil
	})...)
	return append(actions, beside([]ui.Action{f.healthAction()}, f.elsewhere(func() error { return f.taken.value.unread }))...)
}

func (f *healthScreen) moved(move func()) func() tea.Cmd {
	return func() tea.Cmd {
		move()
		return nil
	}
}

func (f *healthScreen) whyClosed() string {
	at, ok := f.board.current()
	switch {
	case !ok:
		return "there is nothing to open yet"
	case at.of == nil && at.link == "":
		return "there is no link behind this"
	}
	return ""
}

func (f *healthScreen) open() tea.Cmd {
	at, _ := f.board.current()
	if at.link != "" {
		return openLink(f.session, at.link)
	}
	return ui.Push(newBehind(f.session, *at.of))
}

func (f *healthScreen) SetTheme(t *theme.Theme) { f.theme = t }

func (f *healthScreen) SetSize(w, h int) {
	f.w, f.h = w, h
	f.board.setSize(w, max(0, h-3))
	f.fill()
}

func (f *healthScreen) Title() string { return "Fleet" }

func (f *healthScreen) View() string {
	if blank := f.taken.blank(f.theme, f.w, f.h, "Looking at all links…"); blank != "" {
		return blank
	}
	if f.taken.value.Links == 0 {
		return middle([]string{
			f.theme.Paint(theme.Strong, "No link is known yet"), "",
			"What MoneyKit lists is counted here as it is read.",
		}, f.w, f.h)
	}
	at, _ := f.board.current()
	return f.summary() + "\n" + cell.Blank(f.w) + "\n" + f.board.view(f.theme) + "\n" + footing(f.theme, at.told, "", f.w)
}

// summary tells how many links there are, and how far the rest can be trusted.
func (f *healthScreen) summary() string {
	health := f.taken.value
	left := f.theme.Paint(theme.Strong, countedLinks(health.Links)) + f.theme.Paint(theme.Muted, ", all seen")
	switch {
	case health.Read == 0:
		left = f.theme.Paint(theme.Strong, countedLinks(health.Links)) + f.theme.Paint(theme.Muted, ", none seen yet")
	case health.sample():
		left = f.theme.Paint(theme.Strong, grouped(health.Read)+" of "+countedLinks(health.Links)+" seen: a sample")
	}
	broken := 0
	for _, n := range health.Errors {
		broken += n
	}
	switch {
	case broken > 0:
		left += "   " + f.theme.Paint(theme.Bad, "✕ "+grouped(broken)+" in error")
	case health.Read > 0:
		left += "   " + f.theme.Paint(theme.Good, "● none in error")
	}
	since := "at " + health.at.Local().Format("15:04:05")
	room := f.w - cell.Width(since) - barGap
	if cell.Width(left) > room {
		return cell.Fit(left, f.w)
	}
	return cell.Fit(left, room) + cell.Blank(barGap) + f.theme.Paint(theme.Muted, since)
}
