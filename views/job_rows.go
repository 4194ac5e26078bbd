package views

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// jobRows is how a job ended with its links as a table shows it.
type jobRows struct {
	*session
	job     *job
	clock   *clock
	results []watch.Result
	shown   []int // of results: what the filter lets through
}

func (r *jobRows) Len() int { return len(r.shown) }

// at returns a row's result: the newest are the first.
func (r *jobRows) at(i int) watch.Result { return r.results[r.shown[len(r.shown)-1-i]] }

// row is where the result of a link stands, 0 when it is not shown.
func (r *jobRows) row(link moneykit.LinkID) int {
	for i := range r.Len() {
		if r.at(i).Link == link {
			return i
		}
	}
	return 0
}

// link is what is known of a result's link by now.
func (r *jobRows) link(of watch.Result) watch.Snapshot {
	known, _ := r.watch.Snapshot(of.Link)
	return known
}

func (r *jobRows) Row(i int) []table.Cell {
	of := r.at(i)
	outcome, spent := outcomeLook(of.Outcome), none
	if of.Took > 0 {
		spent = latency(of.Took)
	}
	return []table.Cell{
		{Text: outcome.String(), Role: outcome.role},
		{Text: institution(r.link(of)), Role: theme.Text},
		{Text: termsafe.Line(string(of.Link)), Role: theme.Muted},
		{Text: r.detail(of), Role: theme.Text},
		{Text: termsafe.Line(of.RequestID), Role: theme.Muted},
		{Text: spent, Role: theme.Muted},
	}
}

// detail tells what came of the job for one link, safe to draw.
func (r *jobRows) detail(of watch.Result) string {
	switch of.Outcome {
	case watch.Succeeded:
		return r.success(of)
	case watch.Refused:
		if of.Err == nil {
			return failures(&watch.Refresh{Failures: of.Failures})
		}
		return explain(of.Err).line()
	case watch.Unsure:
		return "it may or may not be done. " + explain(of.Err).line()
	case watch.NoEnd:
		return "the bank had not answered by then, and may still"
	case watch.LimitMet:
		return "refreshed too recently; " + nextAllowed(r.until(of), r.clock.now())
	case watch.Left:
		if of.Why == watch.SkipLimit {
			return string(of.Why) + "; " + nextAllowed(of.Until, r.clock.now())
		}
		return string(of.Why)
	}
	return "it was not begun"
}

func (r *jobRows) success(of watch.Result) string {
	switch r.job.Plan().Kind {
	case watch.RefreshJob:
		return productNames(of.Products) + " refreshed"
	case watch.DisconnectJob:
		return "disconnected"
	}
	return "reset: it needs a relink now"
}

// until is when a limited refresh is allowed again, by MoneyKit's clock.
func (r *jobRows) until(of watch.Result) time.Time {
	if of.Outcome != watch.LimitMet {
		return of.Until
	}
	return r.clock.retryAt(&watch.Refresh{Err: of.Err, Ended: of.At, RetryAt: of.Until})
}

// jobColumns are named for programs that read them.
var jobColumns = []string{
	"job", "link_id", "institution_name", "outcome", "detail", "allowed_at", "products", "request_id", "ended_at", "took_seconds",
}

// exportedResult is how a job ended with a link.
type exportedResult struct {
	kind, institution, detail string
	until, at                 time.Time // by MoneyKit's clock
	watch.Result
}

// sheet is the results shown.
func (s *jobScreen) sheet() sheet {
	then := *s.clock // rows are made beside the loop
	rows := jobRows{session: s.session, job: s.job, clock: &then, results: s.rows.results, shown: append([]int{}, s.rows.shown...)}
	return sheet{
		thing: "result", of: s.profile.Name, columns: jobColumns, count: rows.Len(),
		rows: func(context.Context) iter.Seq2[exportRow, error] {
			return func(yield func(exportRow, error) bool) {
				for i := range rows.Len() {
					if !yield(rows.exported(i), nil) {
						return
					}
				}
			}
		},
	}
}

func (r *jobRows) exported(i int) exportedResult {
	of, name := r.at(i), ""
	if link := r.link(of).Link; link != nil {
		name = link.InstitutionName
	}
	return exportedResult{string(r.job.Plan().Kind), name, r.detail(of), r.until(of), r.clock.tell(of.At), of}
}

func (e exportedResult) names() []string {
	names := make([]string, len(e.Products))
	for i, p := range e.Products {
		names[i] = string(p)
	}
	return names
}

func (e exportedResult) cells() []sheetCell {
	return []sheetCell{
		textCell(e.kind), textCell(e.Link), textCell(e.institution), textCell(e.Outcome), textCell(e.detail), timeCell(e.until),
		textCell(strings.Join(e.names(), " ")), textCell(e.RequestID), timeCell(e.at),
		{strconv.FormatFloat(e.Took.Seconds(), 'f', 3, 64), true},
	}
}

func (e exportedResult) object() ([]byte, error) {
	return unescaped(struct {
		Job         string          `json:"job"`
		Link        moneykit.LinkID `json:"link_id"`
		Institution string          `json:"institution_name"`
		Outcome     watch.Outcome   `json:"outcome"`
		Detail      string          `json:"detail"`
		Until       time.Time       `json:"allowed_at,omitzero"`
		Products    []string        `json:"products,omitempty"`
		RequestID   string          `json:"request_id"`
		At          time.Time       `json:"ended_at"`
		Took        json.Number     `json:"took_seconds"`
	}{
		e.kind, e.Link, e.institution, e.Outcome, e.detail, e.until.UTC(), e.names(), e.RequestID, e.at.UTC(),
		json.Number(strconv.FormatFloat(e.Took.Seconds(), 'f', 3, 64)),
	})
}
