package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/chart"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// jobScreen shows a job: how far it is, and how it ended with each link.
type jobScreen struct {
	*session
	job    *job
	theme  *theme.Theme
	table  *table.Model
	filter filter
	only   watch.Outcome // empty for all
	rows   jobRows
	w, h   int
}

var _ ui.Screen = (*jobScreen)(nil)

func newJob(s *session, j *job) *jobScreen {
	screen := &jobScreen{session: s, job: j, filter: newFilter(), table: table.New(
		table.Column{Title: "OUTCOME", Width: 11},
		table.Column{Title: "INSTITUTION", Width: 16, Flex: 1},
		table.Column{Title: "LINK", Width: 10, Flex: 1, Drop: 2},
		table.Column{Title: "WHAT CAME OF IT", Width: 24, Flex: 3},
		table.Column{Title: "REQUEST ID", Width: 10, Flex: 1, Drop: 3},
		table.Column{Title: "TOOK", Width: 7, Right: true, Drop: 1},
	)}
	screen.rows = jobRows{session: s, job: j, clock: s.clock}
	screen.take()
	return screen
}

func (s *jobScreen) Init(context.Context, ui.ID) tea.Cmd { return nil }

func (s *jobScreen) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(jobMsg); ok {
		if msg.of == s.job {
			s.take()
		}
		return nil
	}
	if s.filter.typing {
		changed, cmd := s.filter.update(msg)
		if changed {
			s.refilter()
		}
		return cmd
	}
	return nil
}

// take takes in the results that have come.
func (s *jobScreen) take() {
	known, shown := len(s.rows.results), len(s.rows.shown)
	s.rows.results = s.job.Results()
	for i := known; i < len(s.rows.results); i++ {
		if s.lets(s.rows.results[i]) {
			s.rows.shown = append(s.rows.shown, i)
		}
	}
	at := s.table.Cursor()
	s.table.SetSource(&s.rows)
	if at > 0 {
		s.table.Move(len(s.rows.shown) - shown) // stay on the link
	}
}

func (s *jobScreen) lets(r watch.Result) bool {
	if s.only != "" && r.Outcome != s.only {
		return false
	}
	return !s.filter.active() || s.filter.matches(string(r.Link), institution(s.rows.link(r)), string(r.Outcome), s.rows.detail(r), r.RequestID)
}

// refilter picks the rows anew and keeps the cursor on its link.
func (s *jobScreen) refilter() tea.Cmd {
	at, ok := s.current()
	s.rows.results, s.rows.shown = nil, nil
	s.take()
	s.table.MoveTo(0)
	if ok {
		s.table.MoveTo(s.rows.row(at.Link))
	}
	return nil
}

// turnOutcome shows the results of the next outcome alone, and after the last one all.
func (s *jobScreen) turnOutcome() tea.Cmd {
	outcomes := watch.Outcomes()
	next := outcomes[slices.Index(outcomes, s.only)+1:]
	s.only = ""
	for _, o := range next {
		if s.job.progress.Counts[o] > 0 {
			s.only = o
			break
		}
	}
	return s.refilter()
}

func (s *jobScreen) current() (watch.Result, bool) {
	i := s.table.Cursor()
	if i < 0 {
		return watch.Result{}, false
	}
	return s.rows.at(i), true
}

func (s *jobScreen) Actions() []ui.Action {
	none := func() string {
		if _, ok := s.current(); !ok {
			return noLink
		}
		return ""
	}
	actions := []ui.Action{{
		Name: "Open the link", Key: ui.Bind("enter", "open"), Disabled: none,
		Do: about(s.current, func(r watch.Result) tea.Cmd { return openLink(s.session, r.Link) }),
	}}
	actions = append(actions, s.jobActions(func() (*job, bool) { return s.job, true })...)
	if !s.app.ReadOnly {
		actions = append(actions, ui.Action{
			Name: "Try again what was not done", Key: ui.Bind("r", "try again"), Danger: true, Disabled: s.whyNotAgain,
			Ask: func() ui.Dialog { return s.askJob(s.job.Plan().Kind, s.undone(), s.job.Plan().Products) },
		})
	}
	actions = append(actions, s.filter.actions(s.refilter)...)
	actions = append(actions, ui.Action{Name: "Only the links of one outcome, or all again", Key: ui.Bind("f", "only"), Do: s.turnOutcome})
	actions = append(actions, s.exportAction(s.sheet, none)...)
	actions = append(actions,
		ui.Action{Name: "Copy the request's id", Key: ui.Bind("y", "copy id"), Quiet: true, Disabled: func() string {
			if r, ok := s.current(); !ok || r.RequestID == "" {
				return "there is no request id to copy"
			}
			return ""
		}, Do: about(s.current, func(r watch.Result) tea.Cmd { return copyText(termsafe.Line(r.RequestID), "Request id") })},
	)
	actions = append(actions, s.elsewhere(func() error {
		r, _ := s.current()
		return r.Err
	})...)
	return append(actions, moves(s.table, stay)...)
}

func (s *jobScreen) whyNotAgain() string {
	if !s.job.progress.Over {
		return "the job is not over yet"
	}
	for o := range s.job.progress.Counts {
		if again(o) {
			return ""
		}
	}
	return "nothing of it failed"
}

// undone tells the links with which the job did not do what it should. What it returns
// may be called beside the loop.
func (s *jobScreen) undone() func() []moneykit.LinkID {
	results := s.job.Results()
	return func() []moneykit.LinkID {
		var links []moneykit.LinkID
		for _, r := range results {
			if again(r.Outcome) {
				links = append(links, r.Link)
			}
		}
		return links
	}
}

func (s *jobScreen) Capturing() bool { return s.filter.typing }

func (s *jobScreen) SetTheme(t *theme.Theme) {
	s.theme = t
	s.table.SetTheme(t)
}

func (s *jobScreen) SetSize(w, h int) {
	s.w, s.h = w, h
	s.table.SetSize(w, max(0, h-4))
}

func (s *jobScreen) Title() string { return s.job.name() }

func (s *jobScreen) View() string {
	body := s.table.View()
	if len(s.rows.shown) == 0 {
		body = middle([]string{s.theme.Paint(theme.Muted, s.empty())}, s.w, max(0, s.h-4))
	}
	return strings.Join([]string{s.head(), s.counts(), s.line(), body, s.footer()}, "\n")
}

func (s *jobScreen) empty() string {
	if len(s.rows.results) > 0 {
		return "No link matches the filter."
	}
	return "The first links are under way."
}

// head tells how far the job is, in words and as a bar.
func (s *jobScreen) head() string {
	p := s.job.progress
	role, parts := theme.Warn, []string{s.job.doing()}
	if p.Over {
		role = s.job.verdict().role
	} else {
		parts = append(parts, fmt.Sprintf("%d in flight", p.InFlight))
	}
	if p.Left > 0 {
		parts = append(parts, "about "+roughly(p.Left)+" left")
	}
	words := strings.Join(parts, "   ") + "   "
	room := max(0, s.w-cell.Width(words))
	bar := chart.Bar(float64(p.Ended), float64(p.Total), min(room, mostBar))
	return cell.Fit(s.theme.Paint(role, words)+s.theme.Paint(theme.Accent, bar), s.w)
}

// detail is all of what came of the link under the cursor.
func (s *jobScreen) detail() string {
	r, ok := s.current()
	if !ok {
		return cell.Blank(s.w)
	}
	return s.theme.Paint(theme.Muted, cell.Fit(string(r.Outcome)+": "+s.rows.detail(r), s.w))
}

// mostBar is how long the bar of a job gets, in cells.
const mostBar = 40

// counts tells how many links ended how.
func (s *jobScreen) counts() string {
	var parts []string
	for _, o := range watch.Outcomes() {
		if n := s.job.progress.Counts[o]; n > 0 {
			look := outcomeLook(o)
			parts = append(parts, s.theme.Paint(look.role, fmt.Sprintf("%s %d %s", look.symbol, n, look.word)))
		}
	}
	return cell.Fit(strings.Join(parts, "   "), s.w)
}

// line tells what keeps the job from going on, or what it is about.
func (s *jobScreen) line() string {
	if lost := s.job.progress.Lost; lost != nil {
		return s.theme.Paint(theme.Bad, cell.Fit("Paused, since no link would fare better: "+explain(lost).line(), s.w))
	}
	now := s.clock.now()
	if until := s.clock.tell(s.watch.Pulse().Paused); !s.job.progress.Over && until.After(now) {
		return s.theme.Paint(theme.Warn, cell.Fit("MoneyKit asked for a pause until "+until.Local().Format(time.TimeOnly), s.w))
	}
	text := "began " + dayTime(s.clock.tell(s.job.began), now)
	if products := s.job.Plan().Products; len(products) > 0 {
		text = productNames(products) + " · " + text
	}
	return s.theme.Paint(theme.Muted, cell.Fit(text, s.w))
}

func (s *jobScreen) footer() string {
	if !s.filter.typing && !s.filter.active() && s.only == "" {
		return s.detail()
	}
	right := fmt.Sprintf("%d of %d", len(s.rows.shown), len(s.rows.results))
	if s.only != "" {
		right = string(s.only) + " only   " + right
	}
	left := ""
	if s.filter.typing || s.filter.active() {
		left = s.filter.view(s.theme, s.w-len(right)-2)
	}
	return cell.Fit(left, s.w-len(right)) + s.theme.Paint(theme.Muted, right)
}
