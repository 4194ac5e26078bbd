package views

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
)

const (
	// beatEvery is how often the ages on screen and the progress move by themselves.
	beatEvery = 10 * time.Second
	// restAfter is how long nobody has to look at the terminal before polling rests.
	restAfter = 5 * time.Minute
	// listEvery is how often MoneyKit is asked for links that have come.
	listEvery = 5 * time.Minute
	// listAgainAfter is when that is done after it has failed.
	listAgainAfter = 30 * time.Second
	// largestPage is the largest page of ids that the API gives.
	largestPage = 5000
)

// polling is how the session's polling stands.
type polling struct {
	pulse   watch.Pulse
	listed  time.Time // when the last GET /links ended, zero for none
	read    time.Time // when the newest of the states was read, zero for none
	blurred time.Time // when the terminal lost its focus, zero while it has it
}

type beatMsg struct{ ui.To }

// beat looks at how the polling stands, and does what is due.
func (l *linksScreen) beat() tea.Cmd {
	p := &l.polling
	if !p.blurred.IsZero() && wallSince(p.blurred) >= restAfter {
		l.watch.Rest(true)
	}
	p.pulse = l.watch.Pulse()
	cmd := ui.Tick(l.ctx, beatEvery, beatMsg{ui.To{ID: l.id}})
	every := listEvery
	if l.listing.err != nil {
		every = listAgainAfter
	}
	if p.blurred.IsZero() && p.pulse.Limit > 0 && !p.listed.IsZero() && wallSince(p.listed) >= every && !l.listing.loading {
		return tea.Batch(cmd, l.listAgain())
	}
	return cmd
}

// wallSince is time.Since by the time of day, which goes on while the machine sleeps.
func wallSince(t time.Time) time.Duration { return time.Now().Round(0).Sub(t) }

// focused lets polling rest while nobody looks at the terminal, and recover.
func (l *linksScreen) focused(msg tea.Msg) tea.Cmd {
	if _, lost := msg.(tea.BlurMsg); lost {
		l.polling.blurred = time.Now()
		return nil
	}
	l.polling.blurred = time.Time{}
	l.watch.Rest(false)
	l.polling.pulse = l.watch.Pulse()
	if _, resumed := msg.(tea.ResumeMsg); resumed {
		from, to := l.table.Visible()
		for _, id := range l.rows.ids(from, to) {
			l.watch.Look(id)
		}
	}
	return nil
}

// listAgain asks for the ids of links by itself, within the budget.
func (l *linksScreen) listAgain() tea.Cmd {
	if !l.listing.begin() {
		return nil
	}
	ctx, s, to := l.ctx, l.session, ui.To{ID: l.id}
	return func() tea.Msg {
		var page []moneykit.LinkID
		done, err := s.watch.Turn(ctx)
		if err != nil {
			return linksListedMsg{to, true, err}
		}
		for ref, e := range s.client.Links(ctx, largestPage) {
			if err = e; err != nil {
				break
			}
			if page = append(page, ref.ID); len(page) < largestPage {
				continue
			}
			done(nil)
			s.met(ctx, page)
			page = page[:0]
			if done, err = s.watch.Turn(ctx); err != nil {
				return linksListedMsg{to, true, err}
			}
		}
		done(err)
		s.met(ctx, page)
		if err == nil {
			s.remembered(ctx)
			s.watch.Baseline()
		}
		return linksListedMsg{to, true, err}
	}
}

// summary counts links by state, or shows the filter, and counts the marks.
func (l *linksScreen) summary() string {
	if l.filter.typing || l.filter.active() {
		right := fmt.Sprintf("%s of %s", grouped(l.rows.Len()), grouped(l.rows.known()))
		marked := l.rows.toldMarks()
		if marked != "" {
			marked += "   "
		}
		room := l.w - len(marked) - len(right)
		left := l.filter.view(l.theme, room-2)
		return cell.Fit(cell.Fit(left, room)+l.theme.Paint(theme.Accent, marked)+l.theme.Paint(theme.Muted, right), l.w)
	}
	var parts []string
	if l.rows.known() > 0 || l.listing.loaded {
		parts = append(parts, l.theme.Paint(theme.Strong, plural(l.rows.known(), "link")))
	}
	if marked := l.rows.toldMarks(); marked != "" {
		parts = append(parts, l.theme.Paint(theme.Accent, marked))
	}
	if l.listing.err != nil && !l.listing.loading {
		parts = append(parts, l.theme.Paint(theme.Bad, "list incomplete · ctrl+r"))
	}
	if sample := l.rows.sample(); sample != "" {
		parts = append(parts, l.theme.Paint(theme.Muted, sample))
	}
	for _, c := range l.rows.tally() {
		parts = append(parts, l.theme.Paint(c.role, fmt.Sprintf("%s %s %s", c.symbol, grouped(c.count), c.word)))
	}
	return fitParts(parts, "   ", l.w)
}

// fitParts joins as many parts as fit into w cells, closer together when that helps.
func fitParts(parts []string, gap string, w int) string {
	line := strings.Join(parts, gap)
	if cell.Width(line) > w && gap == "   " {
		gap = "  "
		line = strings.Join(parts, gap)
	}
	for len(parts) > 1 && cell.Width(line) > w {
		parts = parts[:len(parts)-1]
		line = strings.Join(parts, gap)
	}
	return cell.Fit(line, w)
}

// progress tells what keeps the states from being new, and how far the round is that
// reads them all. It is blank when there is nothing to tell.
func (l *linksScreen) progress() string {
	p, now := l.polling.pulse, l.clock.now()
	var parts []string
	add := func(role theme.Role, text string) { parts = append(parts, l.theme.Paint(role, text)) }
	word := l.trouble
	if word == "" && p.Failed != nil {
		word = trouble(p.Failed)
	}
	switch {
	case word != "" && p.Answered.IsZero():
		add(theme.Warn, word+" · no answer since till was opened")
	case word != "" && l.polling.read.IsZero():
		add(theme.Warn, word+" · no state read since till was opened")
	case word != "":
		add(theme.Warn, word+" · as of "+asOf(l.clock.tell(l.polling.read), now))
	}
	if until := l.clock.tell(p.Paused); until.After(now) {
		add(theme.Warn, "paused by MoneyKit until "+until.Local().Format(time.TimeOnly))
	}
	if p.Resting {
		add(theme.Warn, "polling rests")
	}
	if p.Limit == 0 {
		add(theme.Muted, "no background polling")
	}
	if p.Seen < p.Known {
		add(theme.Muted, seenOf(p))
	}
	if len(parts) == 0 {
		return cell.Blank(l.w)
	}
	return fitParts(parts, " · ", l.w)
}

// seenOf tells how far a round is.
func seenOf(p watch.Pulse) string {
	seen := grouped(p.Seen) + " of " + grouped(p.Known) + " seen"
	if p.Left <= 0 {
		return seen
	}
	return seen + ", about " + roughly(p.Left) + " at this budget"
}

// asOf tells a moment and how long ago it was.
func asOf(t, now time.Time) string {
	when := t.Local().Format(time.TimeOnly)
	if now.Sub(t) >= 24*time.Hour {
		when = moment(t)
	}
	if a := seenAge(t, now); a != "now" {
		return when + ", " + a + " ago"
	}
	return when
}
