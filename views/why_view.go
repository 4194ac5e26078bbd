package views

import (
	"strings"

	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// whyTop are the lines above the evidence: what is told of the step in a box, why, and
// the title of what follows.
func (y *whyScreen) top() []string {
	state := stateLook(y.link)
	name := institution(y.link)
	if name == "" {
		name = termsafe.Line(string(y.link.ID))
	}
	lines := []string{
		y.theme.Paint(theme.Strong, cell.Cut(name, max(0, y.w-cell.Width(state.String())-barGap))) + cell.Blank(barGap) + y.theme.Paint(state.role, state.String()),
		"",
	}
	lines = append(lines, y.big()...)
	lines = append(lines, "")
	for _, line := range cell.Wrap(termsafe.Line(y.why.Reason), y.w) {
		lines = append(lines, y.theme.Paint(theme.Text, line))
	}
	return append(lines, "", y.theme.Paint(theme.Muted, cell.Cut("EVIDENCE, NEWEST FIRST", y.w)))
}

// big is the step, with the key that does it.
func (y *whyScreen) big() []string {
	const widest = 64
	w := max(0, min(y.w, widest)-2)
	edge := func(left, right string) string {
		return y.theme.Paint(theme.Border, left+strings.Repeat("─", w)+right)
	}
	inside := func(role theme.Role, text string) string {
		return y.theme.Paint(theme.Border, "│") + y.theme.Paint(role, cell.Fit("  "+text, w)) + y.theme.Paint(theme.Border, "│")
	}
	step := y.step()
	hint := inside(theme.Key, "enter: "+step.Key.Help().Desc)
	if reason := step.Reason(); reason != "" {
		hint = inside(theme.Warn, "not now: "+reason)
	}
	lines := []string{edge("╭", "╮")}
	for _, line := range cell.Wrap(stepSymbol(y.why.Step)+" "+y.told(), max(1, w-4)) {
		lines = append(lines, inside(theme.Strong, line))
	}
	return append(lines, hint, edge("╰", "╯"))
}

// stepSymbol lets a step be known at a glance.
func stepSymbol(step watch.Step) string {
	switch step {
	case watch.NoStep:
		return "●"
	case watch.WaitStep:
		return "◌"
	}
	return "→"
}

// fill writes the evidence out, with its times and request ids.
func (y *whyScreen) fill() {
	if y.theme == nil {
		return
	}
	const least, widest = 14, 120
	when := least
	for _, e := range y.why.Evidence {
		when = max(when, cell.Width(y.moment(e))+barGap)
	}
	y.evidence.w, y.evidence.h = y.w, max(0, y.h-len(y.top()))
	var lines []string
	add := func(role theme.Role, at, text, request string) {
		ids := cell.Width(request)
		if ids > 0 {
			ids += barGap
		}
		room := min(y.w, widest) - when - ids
		if room < when { // the id has a line of its own
			room, ids = min(y.w, widest)-when, 0
		}
		for i, line := range cell.Wrap(text, max(1, room)) {
			if i > 0 {
				at = ""
			}
			told := y.theme.Paint(theme.Muted, cell.Fit(at, when)) + y.theme.Paint(role, cell.Fit(line, room))
			if i == 0 && ids > 0 {
				told += cell.Blank(barGap) + y.theme.Paint(theme.Muted, request)
			}
			lines = append(lines, told)
		}
		if ids == 0 && request != "" {
			lines = append(lines, cell.Blank(when)+y.theme.Paint(theme.Muted, request))
		}
	}
	if y.unread != nil {
		add(theme.Bad, "", "What happened before was not read. "+explain(y.unread).line(), "")
	}
	for _, e := range y.why.Evidence {
		add(theme.Text, y.moment(e), termsafe.Line(e.Text), termsafe.Line(e.RequestID))
	}
	if len(y.why.Evidence) == 0 {
		add(theme.Muted, "", "none yet", "")
	}
	y.evidence.set(lines)
}

// moment tells the time of a line of evidence, blank for none.
func (y *whyScreen) moment(e watch.Evidence) string {
	if e.At.IsZero() {
		return ""
	}
	return momentOf(e.At, y.clock.now())
}

func (y *whyScreen) View() string {
	top := y.top()
	if len(top) >= y.h {
		return cell.Block(top, y.w, y.h)
	}
	return cell.Block(top, y.w, len(top)) + "\n" + y.evidence.view()
}
