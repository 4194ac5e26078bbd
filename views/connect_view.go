package views

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/qr"
	"till/ui/termsafe"
	"till/ui/theme"
)

const (
	widestStep    = 64 // the pane that tells what to do gets no wider
	narrowestFeed = 20 // the events are not shown in less
)

func (c *connectScreen) SetTheme(t *theme.Theme) {
	c.theme = t
	if c.form != nil {
		c.form.SetTheme(t)
	}
	c.fill()
}

func (c *connectScreen) SetSize(w, h int) {
	c.w, c.h = w, h
	c.fill()
}

// step is the width of the pane that tells what to do; the events, or a code, have
// the rest.
func (c *connectScreen) step() int {
	step := max(form.Width, c.w*3/5)
	if code := c.code(); code != nil {
		step = c.w - cell.Width(paneGap) - cell.Width(code[0])
	}
	if c.w-step < narrowestFeed {
		return c.w
	}
	return min(step, widestStep)
}

// fill writes the events anew, and stays at their end if it is in view.
func (c *connectScreen) fill() {
	atEnd := c.feed.top >= len(c.feed.lines)-c.feed.h
	c.feed.w, c.feed.h = max(0, c.w-c.step()-cell.Width(paneGap)), max(0, c.h-2)
	c.feed.set(c.events(c.feed.w))
	if atEnd {
		c.feed.move(len(c.feed.lines))
	}
}

func (c *connectScreen) View() string {
	w := c.step()
	left := c.progress(w) + "\n" + cell.Blank(w) + "\n" + cell.Block(splitLines(c.body(w, c.h-2)), w, c.h-2)
	if w == c.w {
		return left
	}
	right := c.theme.Paint(theme.Muted, cell.Fit("EVENTS", c.feed.w)) + "\n" + cell.Blank(c.feed.w) + "\n" + c.feed.view()
	if code := c.code(); code != nil {
		right = cell.Block(code, c.feed.w, c.h)
	}
	return cell.Beside(left, right, c.theme.Paint(theme.Border, paneGap))
}

// progress tells how far the run is.
func (c *connectScreen) progress(w int) string {
	if c.over() {
		return c.theme.Paint(theme.Strong, cell.Fit("Done", w))
	}
	steps := []struct {
		word  string
		phase []connect.Phase
	}{
		{"session", []connect.Phase{connect.Opening}},
		{"Connect", []connect.Phase{connect.Asking, connect.Left}},
		{"link", []connect.Phase{connect.Exchanging, connect.Following}},
		{"connected", []connect.Phase{connect.Connected}},
	}
	text := ""
	if n := len(c.queue); n > 1 {
		text = c.theme.Paint(theme.Strong, fmt.Sprintf("%d of %d   ", c.at+1, n))
	}
	for i, s := range steps {
		role := theme.Muted
		if slices.Contains(s.phase, c.state.Phase) {
			role = theme.Accent
		}
		if i > 0 {
			text += c.theme.Paint(theme.Muted, " ▸ ")
		}
		text += c.theme.Paint(role, s.word)
	}
	return cell.Fit(text, w)
}

// body tells what happens, and what to do.
func (c *connectScreen) body(w, h int) string {
	t := c.theme
	if c.over() {
		return strings.Join(c.summary(w), "\n")
	}
	switch c.state.Phase {
	case connect.Asking:
		if c.form != nil {
			return c.form.View(w, h)
		}
		if c.state.Page != "" {
			return strings.Join(c.inBrowser(w), "\n")
		}
		return t.Paint(theme.Warn, "Waiting for the bank…")
	case connect.Exchanging:
		return t.Paint(theme.Warn, "Exchanging the token for a link…")
	case connect.Following:
		return strings.Join(c.following(w), "\n")
	case connect.Left, connect.Failed:
		return strings.Join(c.ending(w), "\n")
	case connect.Connected:
		return t.Paint(theme.Good, "Connected")
	}
	return t.Paint(theme.Warn, "Opening a link session…")
}

// paragraphs wraps texts in their roles, a blank line between two.
func (c *connectScreen) paragraphs(w int, all ...form.Paragraph) []string {
	var lines []string
	for _, p := range all {
		if p.Text == "" {
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		for _, line := range cell.Wrap(p.Text, w) {
			lines = append(lines, c.theme.Paint(p.Role, line))
		}
	}
	return lines
}

// inBrowser tells where the page is.
func (c *connectScreen) inBrowser(w int) []string {
	page := c.state.Page
	var lines []string
	switch {
	case c.opened():
		lines = c.paragraphs(w, form.Paragraph{Text: "Connect is open in your browser. Go through it there; what happens shows here.", Role: theme.Text})
	case c.remote():
		lines = c.paragraphs(w, form.Paragraph{Text: "Open this page in the browser of the computer in front of you:", Role: theme.Text})
	default:
		lines = c.paragraphs(w, form.Paragraph{Text: "Open this page in a browser on this computer:", Role: theme.Text})
	}
	lines = append(lines, "")
	for _, part := range cell.Wrap(page, w) {
		lines = append(lines, c.theme.Link(theme.Accent, part, page))
	}
	if tunnel := c.tunnel(); tunnel != "" {
		lines = append(lines, "")
		lines = append(lines, c.paragraphs(w,
			form.Paragraph{Text: "It answers on this computer only. Run this there first, so that it can be reached:", Role: theme.Text},
			form.Paragraph{Text: termsafe.Line(tunnel), Role: theme.Strong})...)
	}
	if c.unopened != nil && !c.remote() && !errors.Is(c.unopened, connect.ErrNoDisplay) {
		lines = append(lines, "")
		lines = append(lines, c.paragraphs(w, form.Paragraph{Text: "No browser could be opened: " + termsafe.Line(c.unopened.Error()) + ".", Role: theme.Warn})...)
	}
	if c.state.NoOAuth != "" {
		lines = append(lines, "")
		lines = append(lines, c.paragraphs(w, form.Paragraph{Text: "Banks with a login page of their own cannot come back to till: " + termsafe.Line(c.state.NoOAuth) + ".", Role: theme.Warn})...)
	}
	left := max(0, time.Until(c.state.Ends)).Round(time.Second)
	lines = append(lines, "", c.theme.Paint(theme.Muted, fmt.Sprintf("The page goes away in %d:%02d.", int(left.Minutes()), int(left.Seconds())%60)))
	return lines
}

// narrowestStep is what a code has to leave of the screen.
const narrowestStep = 40

// code is the page's address for a camera, until somebody opens it; nil where it
// does not fit.
func (c *connectScreen) code() []string {
	if c.state.Page == "" || c.opened() || len(c.state.Events) > 0 {
		return nil
	}
	lines := qr.Lines(c.state.Page)
	if len(lines) == 0 || len(lines) > c.h || cell.Width(lines[0]) > c.w-cell.Width(paneGap)-narrowestStep {
		return nil
	}
	for i, line := range lines {
		lines[i] = c.theme.Paint(theme.Code, line)
	}
	return lines
}

// following tells of a link on its way to connected.
func (c *connectScreen) following(w int) []string {
	t := c.theme
	lines := []string{t.Paint(theme.Muted, cell.Cut(termsafe.Line(string(c.state.Link)), w)), ""}
	if c.state.Last != nil {
		state := linkLook(c.state.Last)
		lines = append(lines, t.Paint(state.role, state.String()), "")
	}
	if c.state.Late != nil {
		f := explain(c.state.Late)
		lines = append(append(lines, c.paragraphs(w, form.Paragraph{Text: "The link cannot be read at the moment. " + f.line(), Role: theme.Warn})...), "")
	}
	return append(lines, c.paragraphs(w, form.Paragraph{Text: "MoneyKit is fetching from the bank. esc leaves it alone: the list shows when it is connected.", Role: theme.Text})...)
}

// ending tells why a run ended without a connected link, and what can be done.
func (c *connectScreen) ending(w int) []string {
	t := c.theme
	var lines []string
	switch exit := c.state.Exit; {
	case c.state.Phase == connect.Failed:
		f := explain(c.state.Err)
		lines = c.paragraphs(w, form.Paragraph{Text: "✕ " + f.what, Role: theme.Bad}, form.Paragraph{Text: f.next, Role: theme.Text})
		if f.requestID != "" {
			lines = append(lines, "", t.Paint(theme.Muted, cell.Cut("request id "+f.requestID, w)))
		}
	case exit != nil:
		lines = c.paragraphs(w, form.Paragraph{Text: "✕ " + cmp.Or(termsafe.Line(exit.Message), "Connect ended without a link."), Role: theme.Bad})
		lines = append(lines, "")
		lines = append(lines, facts(t, w, []fact{
			{"error id", termsafe.Line(string(exit.Code))}, {"request id", termsafe.Line(exit.RequestID)},
		})...)
	default:
		lines = c.paragraphs(w, form.Paragraph{Text: "Connect was left before the end. Nothing was changed.", Role: theme.Warn})
	}
	keys := t.Paint(theme.Key, "r") + t.Paint(theme.Muted, " try again  ")
	if c.queue[c.at].asked != nil {
		keys += t.Paint(theme.Key, "e") + t.Paint(theme.Muted, " settings  ")
	}
	if c.made() {
		keys = t.Paint(theme.Key, "enter") + t.Paint(theme.Muted, " opens it  ")
	}
	if len(c.queue) > 1 {
		keys += t.Paint(theme.Key, "n") + t.Paint(theme.Muted, " next link  ")
	}
	return append(lines, "", keys+t.Paint(theme.Key, "esc")+t.Paint(theme.Muted, " back"))
}

// summary tells how each link of the queue came out.
func (c *connectScreen) summary(w int) []string {
	var lines []string
	for i, state := range c.ended {
		text, role := "● relinked", theme.Good
		if state.Phase != connect.Connected {
			text, role = "○ left as it was", theme.Warn
		}
		if state.Phase == connect.Failed {
			text, role = "✕ "+explain(state.Err).what, theme.Bad
		}
		const name = 24
		lines = append(lines, cell.Fit(c.queue[i].name, name)+"  "+c.theme.Paint(role, cell.Cut(text, max(0, w-name-2))))
	}
	return append(lines, "", c.theme.Paint(theme.Key, "esc")+c.theme.Paint(theme.Muted, " back to the links"))
}

// events tells everything that Connect told, in lines of w cells.
func (c *connectScreen) events(w int) []string {
	clock := func(e connect.Event) string { return e.At.Local().Format("15:04:05") }
	if w < 34 { // no room for more than the time since the start
		clock = func(e connect.Event) string {
			since := e.At.Sub(c.began).Round(time.Second)
			return fmt.Sprintf("%d:%02d", int(since.Minutes()), int(since.Seconds())%60)
		}
	}
	t := c.theme
	var lines []string
	for _, e := range c.state.Events {
		role := theme.Strong
		switch e.Name {
		case "error":
			role = theme.Bad
		case "success":
			role = theme.Good
		}
		at := clock(e)
		indent := cell.Width(at) + 1
		for i, part := range cell.Wrap(termsafe.Line(e.Name), max(1, w-indent)) {
			lead := cell.Blank(indent)
			if i == 0 {
				lead = t.Paint(theme.Muted, at) + " "
			}
			lines = append(lines, lead+t.Paint(role, part))
		}
		for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
			text := termsafe.Line(fmt.Sprintf("%s: %v", name, e.Properties[name]))
			for _, part := range cell.Wrap(text, max(1, w-2)) {
				lines = append(lines, "  "+t.Paint(theme.Muted, part))
			}
		}
	}
	return lines
}

// relinkable reports whether a new login of the customer can mend a link.
func relinkable(s watch.Snapshot) bool {
	if s.Link == nil || s.Link.State != moneykit.InError {
		return false
	}
	switch s.Link.ErrorCode {
	case moneykit.InstitutionError, moneykit.ProviderError, moneykit.SystemError, moneykit.NoAccounts:
		return false
	}
	return true
}
