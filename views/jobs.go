package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/theme"
)

// job is something that is done with many links, or was in this session.
type job struct {
	*watch.Job
	began    time.Time
	links    map[moneykit.LinkID]bool // what it does something with
	progress watch.JobProgress
	noted    int // results that were taken note of
}

// jobMsg tells how far a job is.
type jobMsg struct {
	of       *job
	progress watch.JobProgress
}

// startJob begins a plan, whose links are those.
func (s *session) startJob(plan watch.Plan, links map[moneykit.LinkID]bool) tea.Cmd {
	began := time.Now()
	run, err := s.watch.Start(plan, s.baseline(plan))
	if err != nil {
		return ui.Toast(ui.Failure, explain(err).line())
	}
	j := &job{Job: run, began: began, links: links, progress: run.Progress()}
	s.jobs = append(forgetOldest(s.jobs), j)
	return followJob(s.ctx, j, 0)
}

// mostJobs is how many jobs a session shows.
const mostJobs = 100

// forgetOldest makes room for one more, in the place of the oldest that is over.
func forgetOldest(jobs []*job) []*job {
	if len(jobs) < mostJobs {
		return jobs
	}
	if i := slices.IndexFunc(jobs, func(j *job) bool { return j.progress.Over }); i >= 0 {
		return slices.Delete(jobs, i, i+1)
	}
	return jobs
}

// baseline is what is done first with each link of a refresh: what the refresh brings
// can then be told from what was there. It is nil when there is nothing to do.
func (s *session) baseline(plan watch.Plan) func(context.Context, moneykit.LinkID) {
	if !slices.Contains(plan.Products, moneykit.ProductTransactions) {
		return nil
	}
	m, w := s.mirror, s.watch
	return func(ctx context.Context, link moneykit.LinkID) {
		done, err := w.Turn(ctx)
		if err == nil {
			done(m.Baseline(ctx, link)) // without one the refresh still works
		}
	}
}

func followJob(ctx context.Context, j *job, seen int) tea.Cmd {
	return func() tea.Msg {
		progress, err := j.Next(ctx, seen)
		if err != nil {
			return nil
		}
		return jobMsg{j, progress}
	}
}

// jobMoved takes in how far a job is, and tells how it ended.
func (s *session) jobMoved(msg jobMsg) tea.Cmd {
	j := msg.of
	if !slices.Contains(s.jobs, j) {
		return nil // of the session before
	}
	stuck := msg.progress.Lost != nil && j.progress.Lost == nil
	j.progress = msg.progress
	noted := rememberGone(s.ctx, s.mirror.Store(), j.gone())
	switch {
	case j.progress.Over:
		return tea.Batch(noted, j.toast())
	case stuck:
		noted = tea.Batch(noted, ui.Toast(ui.Failure, j.name()+" is paused. "+explain(j.progress.Lost).line()))
	}
	return tea.Batch(noted, followJob(s.ctx, j, j.progress.Version))
}

// gone are the links that were disconnected since the last call.
func (j *job) gone() []moneykit.LinkID {
	results := j.Results()[j.noted:]
	j.noted += len(results)
	if j.Plan().Kind != watch.DisconnectJob {
		return nil
	}
	var gone []moneykit.LinkID
	for _, r := range results {
		if r.Outcome == watch.Succeeded {
			gone = append(gone, r.Link)
		}
	}
	return gone
}

// rememberGone keeps the ids of links that GET /links no longer tells.
func rememberGone(ctx context.Context, store *mirror.Store, links []moneykit.LinkID) tea.Cmd {
	if len(links) == 0 {
		return nil
	}
	return func() tea.Msg {
		_ = store.Remember(ctx, links...)
		return nil
	}
}

// inJob reports whether a refresh is one of a job, which tells of it.
func (s *session) inJob(link moneykit.LinkID, refresh *watch.Refresh) bool {
	return slices.ContainsFunc(s.jobs, func(j *job) bool {
		return j.Plan().Kind == watch.RefreshJob && j.links[link] && !refresh.Started.Before(j.began) &&
			(!j.progress.Over || !refresh.Started.After(j.began.Add(j.lasted())))
	})
}

// lasted is how long a job that is over went on.
func (j *job) lasted() time.Duration {
	results := j.Results()
	if len(results) == 0 {
		return 0
	}
	return results[len(results)-1].At.Sub(j.began)
}

// runningJobs are those that are not over, the oldest first.
func (s *session) runningJobs() []*job {
	var running []*job
	for _, j := range s.jobs {
		if !j.progress.Over {
			running = append(running, j)
		}
	}
	return running
}

// jobsLine tells how far the oldest of the jobs is, "" without any.
func jobsLine(jobs []*job) string {
	if len(jobs) == 0 {
		return ""
	}
	line := jobs[0].doing()
	if failed := jobs[0].failed(); failed > 0 {
		line += fmt.Sprintf(" · %d failed", failed)
	}
	if more := len(jobs) - 1; more > 0 {
		return line + " · and " + plural(more, "more job") + " · J shows them"
	}
	return line + " · J shows it"
}

// name is a job in a word and its number of links.
func (j *job) name() string {
	return jobNoun(j.Plan().Kind) + " of " + plural(j.progress.Total, "link")
}

func jobNoun(kind watch.JobKind) string { return capital(string(kind)) }

// doing tells what a job does just now.
func (j *job) doing() string {
	p := j.progress
	verb := map[watch.JobKind]string{
		watch.RefreshJob: "refreshing", watch.DisconnectJob: "disconnecting", watch.ResetJob: "resetting",
	}[j.Plan().Kind]
	far := fmt.Sprintf("%s %d of %s", verb, p.Ended, plural(p.Total, "link"))
	switch {
	case p.Over:
		return j.verdict().symbol + " " + j.name()
	case p.Stopping:
		return "◌ being cancelled · " + far
	case p.Paused:
		return "◌ paused · " + far
	}
	return "⟳ " + far
}

// verdict is how a job that is over is shown: only one that did all it should is good.
func (j *job) verdict() look {
	switch {
	case j.failed() > 0:
		return look{"✕", "", theme.Bad}
	case j.progress.Counts[watch.Succeeded] < j.progress.Total:
		return look{"·", "", theme.Warn}
	}
	return look{"✓", "", theme.Good}
}

// failed counts the links with which the job did not do what it should.
func (j *job) failed() int {
	c := j.progress.Counts
	return c[watch.Refused] + c[watch.Unsure] + c[watch.NoEnd]
}

// counted tells how a job has ended with its links: "37 done, 2 failed".
func (j *job) counted() string {
	var parts []string
	for _, o := range watch.Outcomes() {
		if n := j.progress.Counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ")
}

// toast tells how a job ended.
func (j *job) toast() tea.Cmd {
	kind := ui.Success
	switch {
	case j.failed() > 0:
		kind = ui.Failure
	case j.progress.Counts[watch.Succeeded] < j.progress.Total:
		kind = ui.Notice
	}
	return ui.Toast(kind, j.name()+": "+j.counted()+" · J shows them")
}

// outcomeLook is how an outcome is shown.
func outcomeLook(o watch.Outcome) look {
	switch o {
	case watch.Succeeded:
		return look{"✓", string(o), theme.Good}
	case watch.Refused:
		return look{"✕", string(o), theme.Bad}
	case watch.Unsure:
		return look{"?", string(o), theme.Bad}
	case watch.NoEnd:
		return look{"✕", string(o), theme.Bad}
	case watch.LimitMet:
		return look{"◌", string(o), theme.Warn}
	}
	return look{"·", string(o), theme.Muted}
}
