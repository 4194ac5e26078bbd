package views

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"till/moneykit/watch"
	"till/ui"
	"till/ui/table"
	"till/ui/theme"
)

// jobsScreen lists the jobs of a session, the newest first.
type jobsScreen struct {
	*session
	theme *theme.Theme
	table *table.Model
	w, h  int
}

var _ ui.Screen = (*jobsScreen)(nil)

func newJobs(s *session) *jobsScreen {
	return &jobsScreen{session: s, table: table.New(
		table.Column{Title: "JOB", Width: 30, Flex: 1},
		table.Column{Title: "BEGAN", Width: 12, Drop: 2},
		table.Column{Title: "ENDED WITH", Width: 20, Flex: 2},
		table.Column{Title: "LEFT", Width: 6, Right: true, Drop: 1},
	)}
}

// jobsAction opens the jobs; when there is one, itself.
func (s *session) jobsAction() ui.Action {
	return ui.Action{Name: "Jobs: what is done with many links", Key: ui.Bind("J", "jobs"), Quiet: true, Do: func() tea.Cmd {
		if len(s.jobs) == 1 {
			return ui.Push(newJob(s, s.jobs[0]))
		}
		return ui.Push(newJobs(s))
	}}
}

// jobActions are what can be done with a job, wherever it is shown.
func (s *session) jobActions(current func() (*job, bool)) []ui.Action {
	whyNot := func() string {
		switch j, ok := current(); {
		case !ok:
			return "there is no job under the cursor"
		case j.progress.Over:
			return "this job is over"
		case j.progress.Stopping:
			return "this job is being cancelled"
		}
		return ""
	}
	pause := ui.Action{Name: "Pause the job", Key: ui.Bind("z", "pause"), Disabled: whyNot, Do: about(current, func(j *job) tea.Cmd {
		j.Pause()
		return nil
	})}
	if j, ok := current(); ok && j.progress.Paused {
		pause = ui.Action{Name: "Go on with the job", Key: ui.Bind("z", "go on"), Disabled: whyNot, Do: about(current, func(j *job) tea.Cmd {
			j.Resume()
			return nil
		})}
	}
	return []ui.Action{pause, {Name: "Cancel the job: what is in flight ends by itself", Key: ui.Bind("c", "cancel"), Disabled: whyNot, Do: about(current, func(j *job) tea.Cmd {
		j.Cancel()
		return nil
	})}}
}

func (j *jobsScreen) Init(context.Context, ui.ID) tea.Cmd {
	j.table.SetSource(jobsRows{j.session})
	return nil
}

// Update keeps the cursor on its job when another one is begun.
func (j *jobsScreen) Update(tea.Msg) tea.Cmd {
	before := j.table.Len()
	j.table.SetSource(jobsRows{j.session})
	if before > 0 {
		j.table.Move(j.table.Len() - before)
	}
	return nil
}

func (j *jobsScreen) current() (*job, bool) {
	i := j.table.Cursor()
	if i < 0 {
		return nil, false
	}
	return jobsRows{j.session}.at(i), true
}

func (j *jobsScreen) Actions() []ui.Action {
	actions := []ui.Action{{
		Name: "Open the job", Key: ui.Bind("enter", "open"),
		Disabled: func() string {
			if _, ok := j.current(); !ok {
				return "there is no job under the cursor"
			}
			return ""
		},
		Do: about(j.current, func(of *job) tea.Cmd { return ui.Push(newJob(j.session, of)) }),
	}}
	actions = append(actions, j.jobActions(j.current)...)
	actions = append(actions, j.elsewhere(untroubled)...)
	return append(actions, moves(j.table, stay)...)
}

func (j *jobsScreen) SetTheme(t *theme.Theme) {
	j.theme = t
	j.table.SetTheme(t)
}

func (j *jobsScreen) SetSize(w, h int) {
	j.w, j.h = w, h
	j.table.SetSize(w, h)
}

func (j *jobsScreen) Title() string { return "Jobs" }

func (j *jobsScreen) View() string {
	if len(j.jobs) > 0 {
		return j.table.View()
	}
	if j.app.ReadOnly {
		return middle([]string{
			j.theme.Paint(theme.Strong, "No job yet"), "", "till is read-only: it changes no links.",
		}, j.w, j.h)
	}
	key := func(name string) string { return j.theme.Paint(theme.Key, name) }
	return middle([]string{
		j.theme.Paint(theme.Strong, "No job yet"), "",
		"Mark links with " + key("space") + ", then refresh (" + key("r") + "),",
		"disconnect (" + key("D") + ") or reset (" + key("x") + ") all of them.",
	}, j.w, j.h)
}

// jobsRows is the jobs of a session as a table shows them.
type jobsRows struct{ *session }

func (r jobsRows) Len() int { return len(r.jobs) }

func (r jobsRows) at(i int) *job { return r.jobs[len(r.jobs)-1-i] }

func (r jobsRows) Row(i int) []table.Cell {
	j := r.at(i)
	role, left := theme.Warn, none
	switch {
	case j.progress.Over:
		role = j.verdict().role
	case j.progress.Left > 0:
		left = roughly(j.progress.Left)
	}
	return []table.Cell{
		{Text: j.doing(), Role: role},
		{Text: dayTime(r.clock.tell(j.began), r.clock.now()), Role: theme.Muted},
		{Text: j.counted(), Role: theme.Text},
		{Text: left, Role: theme.Muted},
	}
}

// again are the outcomes after which a job may be tried again.
func again(o watch.Outcome) bool {
	return slices.Contains([]watch.Outcome{watch.Refused, watch.Unsure, watch.NoEnd, watch.LimitMet, watch.Cancelled}, o)
}
