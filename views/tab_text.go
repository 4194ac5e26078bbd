package views

import (
	"bytes"
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"till/ui"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// overviewTab shows the link itself.
type overviewTab struct {
	*linkPage
	pane textPane
}

func newOverviewTab(p *linkPage) *overviewTab { return &overviewTab{linkPage: p} }

func (o *overviewTab) name() string          { return "Overview" }
func (o *overviewTab) show() tea.Cmd         { o.fill(); return nil }
func (o *overviewTab) capturing() bool       { return false }
func (o *overviewTab) failure() error        { return nil }
func (o *overviewTab) setTheme(*theme.Theme) { o.fill() }

func (o *overviewTab) setSize(w, h int) {
	o.pane.w, o.pane.h = w, h
	o.fill()
}

func (o *overviewTab) update(msg tea.Msg) tea.Cmd {
	o.fill()
	return nil
}

func (o *overviewTab) fill() {
	if o.theme != nil {
		o.pane.set(overview(o.theme, o.snapshot, o.pane.w, o.clock))
	}
}

// view tells the lines anew: ages grow while nothing happens.
func (o *overviewTab) view() string {
	now := o.pane
	now.lines = overview(o.theme, o.snapshot, o.pane.w, o.clock)
	now.move(0)
	return now.view()
}

func (o *overviewTab) actions() []ui.Action { return append(o.again(), o.pane.actions()...) }

// again reads a link that could not be read once more.
func (p *linkPage) again() []ui.Action {
	if p.snapshot.Link != nil || p.snapshot.Err == nil {
		return nil
	}
	return []ui.Action{{Name: "Read the link again", Key: ui.Bind("r", "try again"), Do: func() tea.Cmd {
		p.watch.Look(p.id)
		return nil
	}}}
}

// jsonTab shows the link as the API gave it.
type jsonTab struct {
	*linkPage
	pane textPane
	body []byte // what the pane shows
}

func newJSONTab(p *linkPage) *jsonTab { return &jsonTab{linkPage: p} }

func (j *jsonTab) name() string          { return "JSON" }
func (j *jsonTab) show() tea.Cmd         { j.fill(); return nil }
func (j *jsonTab) capturing() bool       { return false }
func (j *jsonTab) failure() error        { return nil }
func (j *jsonTab) setTheme(*theme.Theme) {}
func (j *jsonTab) setSize(w, h int)      { j.pane.w, j.pane.h = w, h }

func (j *jsonTab) update(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(linkNewsMsg); ok {
		j.fill()
	}
	return nil
}

func (j *jsonTab) fill() {
	if j.snapshot.Link == nil || bytes.Equal(j.body, j.snapshot.Link.JSON()) {
		return
	}
	j.body = j.snapshot.Link.JSON()
	var pretty bytes.Buffer
	if json.Indent(&pretty, j.body, "", "  ") != nil {
		return // a link that was decoded is JSON
	}
	j.pane.set(termsafe.JSON(pretty.String()))
}

func (j *jsonTab) actions() []ui.Action {
	return append(append(j.again(), ui.Action{
		Name: "Copy the JSON", Key: ui.Bind("Y", "copy JSON"),
		Disabled: func() string {
			if len(j.body) == 0 {
				return "the link has not been read yet"
			}
			return ""
		},
		Do: func() tea.Cmd { return copyText(string(j.body), "JSON") },
	}), j.pane.actions()...)
}

func (j *jsonTab) view() string {
	if j.snapshot.Link == nil && j.snapshot.Err != nil {
		return explain(j.snapshot.Err).pane(j.theme, j.pane.w, j.pane.h)
	}
	if len(j.body) == 0 {
		return cell.Block([]string{j.theme.Paint(theme.Muted, "Reading the link…")}, j.pane.w, j.pane.h)
	}
	return j.pane.view()
}
