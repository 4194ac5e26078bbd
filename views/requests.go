package views

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/ui"
	"till/ui/cell"
	"till/ui/chart"
	"till/ui/table"
	"till/ui/theme"
)

// requestsScreen lists the last requests to MoneyKit, the newest first.
type requestsScreen struct {
	app    *App
	ctx    context.Context
	to     ui.To
	theme  *theme.Theme
	table  *table.Model
	filter filter
	failed bool   // only those that failed
	at     uint64 // number of the request under the cursor
	why    error  // on the screen below; its request is looked for first
	all    []inspect.Entry
	shown  requestRows
	pace   inspect.Pace
	drift  int // findings beyond the contract
	w, h   int
}

var _ ui.Screen = (*requestsScreen)(nil)

func newRequests(app *App, why error) *requestsScreen {
	return &requestsScreen{app: app, why: why, filter: newFilter(), table: table.New(
		table.Column{Title: "TIME", Width: 8},
		table.Column{Title: "REQUEST", Width: 24, Flex: 3},
		table.Column{Title: "STATUS", Width: 9},
		table.Column{Title: "TOOK", Width: 7, Right: true},
		table.Column{Title: "BYTES", Width: 8, Right: true, Drop: 2},
		table.Column{Title: "REQUEST ID", Width: 10, Flex: 1, Drop: 1},
	)}
}

// requestsAction opens the requests from any screen, at the one that ended in
// the error that the screen shows, if it does.
func requestsAction(app *App, why func() error) ui.Action {
	return ui.Action{
		Name: "Requests: every call to MoneyKit", Key: ui.Bind("L", "requests"), Quiet: true,
		Do: func() tea.Cmd { return ui.Push(newRequests(app, why())) },
	}
}

type (
	requestsMsg struct {
		ui.To
		newest uint64
	}
	paceMsg struct{ ui.To }
)

// awaitRequests waits for a request that is newer.
func awaitRequests(ctx context.Context, log *inspect.Log, to ui.To, after uint64) tea.Cmd {
	return func() tea.Msg {
		newest, err := log.Next(ctx, after)
		if err != nil {
			return nil
		}
		return requestsMsg{to, newest}
	}
}

func (r *requestsScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	r.ctx, r.to = ctx, ui.To{ID: id}
	newest := r.load()
	if r.why != nil {
		r.find(r.why)
	}
	return tea.Batch(awaitRequests(ctx, r.app.Calls, r.to, newest), ui.Tick(ctx, time.Second, paceMsg{r.to}))
}

// find puts the cursor on the request that ended in an error, if it is still
// there: the one with its id, or the last one that got no answer.
func (r *requestsScreen) find(why error) {
	id, lost := moneykit.RequestID(why), (*moneykit.ConnectionError)(nil)
	for i, e := range r.shown {
		if id != "" && e.RequestID == id || errors.As(why, &lost) && e.Status == 0 && e.Route == lost.Route {
			r.table.MoveTo(i)
			r.moved()
			return
		}
	}
}

// load takes in what the log holds and returns the newest number.
func (r *requestsScreen) load() uint64 {
	r.all = r.app.requests()
	r.measure()
	r.refilter()
	if len(r.all) == 0 {
		return 0
	}
	return r.all[0].Number
}

func (r *requestsScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case requestsMsg:
		return awaitRequests(r.ctx, r.app.Calls, r.to, max(msg.newest, r.load()))
	case paceMsg:
		r.measure()
		return ui.Tick(r.ctx, time.Second, paceMsg{r.to})
	}
	if r.filter.typing {
		changed, cmd := r.filter.update(msg)
		if changed {
			r.refilter()
		}
		return cmd
	}
	return nil
}

// measure takes in what the summary tells.
func (r *requestsScreen) measure() {
	r.pace, r.drift = r.app.Calls.Pace(time.Now()), len(r.app.Drift.Found())
}

// refilter picks the rows anew and keeps the cursor on its request, or on the
// next older one.
func (r *requestsScreen) refilter() {
	rows, cursor := requestRows{}, -1
	for _, e := range r.all {
		if r.failed && !e.Failed() || !r.filter.matches(e.Method, e.Route, statusWord(e), e.RequestID, e.Outcome()) {
			continue
		}
		if cursor < 0 && e.Number <= r.at {
			cursor = len(rows)
		}
		rows = append(rows, e)
	}
	r.shown = rows
	r.table.SetSource(rows)
	if cursor < 0 && r.at > 0 {
		cursor = len(rows) - 1
	}
	r.table.MoveTo(cursor)
	if r.at == 0 {
		r.moved()
	}
}

// moved remembers the request under the cursor.
func (r *requestsScreen) moved() tea.Cmd {
	if e, ok := r.current(); ok {
		r.at = e.Number
	}
	return nil
}

func (r *requestsScreen) current() (inspect.Entry, bool) {
	i := r.table.Cursor()
	if i < 0 {
		return inspect.Entry{}, false
	}
	return r.shown[i], true
}

func (r *requestsScreen) Actions() []ui.Action {
	none := func() string {
		if _, ok := r.current(); !ok {
			return "there is no request under the cursor"
		}
		return ""
	}
	actions := []ui.Action{{
		Name: "Open the request", Key: ui.Bind("enter", "open"), Disabled: none,
		Do: about(r.current, func(e inspect.Entry) tea.Cmd { return ui.Push(newRequest(r.app, e)) }),
	}}
	for _, a := range requestActions(r.app, r.current, nil) {
		a.Disabled = none
		actions = append(actions, a)
	}
	actions = append(actions, r.filter.actions(func() tea.Cmd { r.refilter(); return nil })...)
	actions = append(actions,
		ui.Action{Name: "Only the requests that failed, or all again", Key: ui.Bind("f", "failed"), Do: func() tea.Cmd {
			r.failed = !r.failed
			r.refilter()
			return nil
		}},
		ui.Action{Name: "Contract drift: what the contract does not know", Key: ui.Bind("d", "drift"), Do: func() tea.Cmd { return ui.Push(newDrift(r.app)) }},
	)
	return append(actions, moves(r.table, r.moved)...)
}

func (r *requestsScreen) Capturing() bool { return r.filter.typing }

func (r *requestsScreen) SetTheme(t *theme.Theme) {
	r.theme = t
	r.table.SetTheme(t)
}

func (r *requestsScreen) SetSize(w, h int) {
	r.w, r.h = w, h
	list, _ := panes(w)
	r.table.SetSize(list, max(0, h-2))
}

func (r *requestsScreen) Title() string { return "Requests" }

func (r *requestsScreen) View() string {
	list, beside := panes(r.w)
	body := r.table.View()
	if len(r.shown) == 0 {
		body = middle([]string{r.theme.Paint(theme.Muted, r.empty())}, list, r.h-2)
	}
	if beside > 0 {
		body = cell.Beside(body, r.detail(beside, r.h-2), r.theme.Paint(theme.Border, paneGap))
	}
	return r.summary() + "\n" + body + "\n" + r.footer()
}

func (r *requestsScreen) empty() string {
	switch {
	case len(r.all) == 0:
		return "Nothing has been asked of MoneyKit yet."
	case r.filter.active() && r.failed:
		return "No request that failed matches the filter."
	case r.filter.active():
		return "No request matches the filter."
	}
	return "No request has failed."
}

// summary is the live line: how much is asked, and how fast it is answered.
func (r *requestsScreen) summary() string {
	parts := []string{r.theme.Paint(theme.Text, plural(len(r.all), "request"))}
	add := func(role theme.Role, format string, args ...any) {
		parts = append(parts, r.theme.Paint(role, fmt.Sprintf(format, args...)))
	}
	add(theme.Muted, "%.1f/s", r.pace.PerSecond)
	if above, _ := r.table.Visible(); above > 0 {
		add(theme.Accent, "↑ %d newer", above)
	}
	if r.pace.Failed > 0 {
		add(theme.Bad, "✕ %d/min", r.pace.Failed)
	}
	if r.drift > 0 {
		add(theme.Warn, "! drift: %d", r.drift)
	}
	if r.pace.Calls > 0 {
		add(theme.Muted, "median %s", latency(r.pace.Median))
		add(theme.Muted, "p95 %s", latency(r.pace.P95))
	}
	line := strings.Join(parts, "   ")
	room := r.w - cell.Width(line) - 3
	return cell.Fit(line, r.w-max(0, room)) + r.spark(room)
}

// spark draws the calls of the last seconds in w cells.
func (r *requestsScreen) spark(w int) string {
	seconds := r.pace.Seconds[max(0, len(r.pace.Seconds)-max(0, w)):]
	values := make([]float64, len(seconds))
	for i, n := range seconds {
		values[i] = float64(n)
	}
	return cell.Blank(w-len(seconds)) + r.theme.Paint(theme.Accent, chart.Spark(values))
}

func (r *requestsScreen) footer() string {
	if !r.filter.typing && !r.filter.active() && !r.failed {
		return cell.Blank(r.w)
	}
	right := fmt.Sprintf("%d of %d", len(r.shown), len(r.all))
	if r.failed {
		right = "failed only   " + right
	}
	left := ""
	if r.filter.typing || r.filter.active() {
		left = r.filter.view(r.theme, r.w-len(right)-2)
	}
	return cell.Fit(left, r.w-len(right)) + r.theme.Paint(theme.Muted, right)
}

func (r *requestsScreen) detail(w, h int) string {
	e, ok := r.current()
	if !ok {
		return cell.Block(nil, w, h)
	}
	return cell.Block(requestFacts(r.theme, e, w), w, h)
}
