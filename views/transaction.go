package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// transactionScreen shows one transaction and all that happened to it.
type transactionScreen struct {
	linkPage
	transaction moneykit.Transaction // as it was last
	names       names
	thread      resource[[]mirror.Step] // oldest first
	step        int                     // under the cursor
	top         int                     // the first line of the thread in view
	w, h        int
}

var _ ui.Screen = (*transactionScreen)(nil)

// openTransaction shows a transaction of a link by itself.
func openTransaction(p *linkPage, t moneykit.Transaction) tea.Cmd {
	return ui.Push(&transactionScreen{linkPage: *p, transaction: t})
}

type threadLoadedMsg struct {
	ui.To
	steps []mirror.Step
	names names
	err   error
}

func loadThread(ctx context.Context, s *session, to ui.To, link moneykit.LinkID, id moneykit.TransactionID) tea.Cmd {
	return func() tea.Msg {
		steps, err := s.mirror.Store().Thread(ctx, link, id)
		return threadLoadedMsg{to, steps, keptNames(ctx, s, link), err}
	}
}

func (t *transactionScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	t.ctx, t.to = ctx, ui.To{ID: id}
	return t.load()
}

func (t *transactionScreen) load() tea.Cmd {
	if !t.thread.begin() {
		return nil
	}
	return loadThread(t.ctx, t.session, t.to, t.id, t.transaction.ID)
}

func (t *transactionScreen) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case threadLoadedMsg:
		return t.took(msg)
	case syncedMsg:
		if msg.link == t.id {
			return t.load()
		}
	case mirroredMsg:
		if msg.of(t.id) {
			return t.load()
		}
	}
	return nil
}

// took shows the thread at its end, and stays there when it grows.
func (t *transactionScreen) took(msg threadLoadedMsg) tea.Cmd {
	had, last := t.thread.loaded, t.step == len(t.thread.value)-1
	again := t.thread.end(msg.steps, msg.err)
	if msg.err == nil {
		t.names = msg.names
		if n := len(msg.steps); n > 0 {
			t.transaction = msg.steps[n-1].Transaction()
		}
		if !had || last {
			t.step = len(msg.steps) - 1
		}
		t.move(0)
	}
	told := told("The transaction", had, msg.err, nil)
	if again {
		return tea.Batch(told, t.load())
	}
	return told
}

// current returns the step under the cursor.
func (t *transactionScreen) current() (mirror.Step, bool) {
	if t.step < 0 || t.step >= len(t.thread.value) {
		return mirror.Step{}, false
	}
	return t.thread.value[t.step], true
}

// move goes n steps on and keeps all of the step in view.
func (t *transactionScreen) move(n int) tea.Cmd {
	t.step = max(0, min(t.step+n, len(t.thread.value)-1))
	w, h := t.threadSize()
	_, from, to := threadLines(t.theme, t.thread.value, t.step, t.names, t.clock, w)
	t.top = max(t.top, to-h)
	t.top = min(t.top, from)
	return nil
}

func (t *transactionScreen) Actions() []ui.Action {
	none := func() string {
		if _, ok := t.current(); !ok {
			return "there is no step under the cursor"
		}
		return ""
	}
	actions := []ui.Action{
		{Name: "The sync that brought the step", Key: ui.Bind("enter", "its sync", "enter", "d"), Disabled: none, Do: t.about(func(s mirror.Step) tea.Cmd {
			if t.turnTo != nil {
				return tea.Batch(ui.Pop(t.to.ID), t.turnTo(s.Seq, s.Transaction().ID))
			}
			return openChanges(t.session, t.id, s.Seq, s.Transaction().ID)
		})},
		{Name: "Copy the step's request id", Key: ui.Bind("y", "copy request id"), Disabled: none, Do: t.about(func(s mirror.Step) tea.Cmd {
			return copyText(termsafe.Line(s.RequestID), "Request id")
		})},
		{Name: "Copy the JSON", Key: ui.Bind("Y", "copy JSON"), Do: func() tea.Cmd {
			return copyText(string(t.transaction.JSON()), "JSON")
		}},
	}
	if !t.thread.loaded && t.thread.err != nil {
		actions = append([]ui.Action{{Name: "Read the transaction again", Key: ui.Bind("r", "try again"), Do: t.load}}, actions...)
	}
	actions = append(actions, t.elsewhere(func() error { return t.thread.err })...)
	return append(actions, steps("move", func() int { return len(t.thread.value) }, t.move)...)
}

func (t *transactionScreen) about(do func(mirror.Step) tea.Cmd) func() tea.Cmd {
	return func() tea.Cmd {
		step, _ := t.current()
		return do(step)
	}
}

func (t *transactionScreen) SetTheme(th *theme.Theme) { t.theme = th }

func (t *transactionScreen) SetSize(w, h int) {
	t.w, t.h = w, h
	t.move(0)
}

func (t *transactionScreen) Title() string { return description(t.transaction) }

// detailHeight is what the detail gets where the thread is under it.
func (t *transactionScreen) detailHeight() int {
	const least = 7 // of the thread, with its title and the line before
	lines := len(transactionDetail(t.theme, t.transaction, t.names, t.w, t.clock.now()))
	return max(0, min(lines, t.h-least))
}

// threadSize is the room for the steps, without their title.
func (t *transactionScreen) threadSize() (w, h int) {
	if thread, beside := panes(t.w); beside > 0 {
		return thread, max(0, t.h-2)
	}
	return t.w, max(0, t.h-t.detailHeight()-3)
}

func (t *transactionScreen) View() string {
	thread, beside := panes(t.w)
	if beside > 0 {
		detail := cell.Block(t.detail(beside, t.h), beside, t.h)
		return cell.Beside(detail, t.threadView(thread, t.h), t.theme.Paint(theme.Border, paneGap))
	}
	h := t.detailHeight()
	detail := cell.Block(t.detail(t.w, h+1), t.w, h+1)
	return detail + "\n" + t.threadView(t.w, t.h-h-1)
}

// detail tells of the transaction in at most h lines, and when that is not all of it.
func (t *transactionScreen) detail(w, h int) []string {
	lines := transactionDetail(t.theme, t.transaction, t.names, w, t.clock.now())
	if len(lines) <= h {
		return lines
	}
	return append(lines[:max(0, h-1)], t.theme.Paint(theme.Muted, onItsWay+" and more; Y copies all of it"))
}

func (t *transactionScreen) threadView(w, h int) string {
	if blank := t.thread.blank(t.theme, w, h, "Reading what happened to it…"); blank != "" {
		return blank
	}
	if len(t.thread.value) == 0 {
		return middle([]string{t.theme.Paint(theme.Muted, "The mirror holds nothing of it any more.")}, w, h)
	}
	lines, _, _ := threadLines(t.theme, t.thread.value, t.step, t.names, t.clock, w)
	title := t.theme.Paint(theme.Muted, "  WHAT HAPPENED")
	return cell.Block(append([]string{title, ""}, lines[min(t.top, len(lines)):]...), w, h)
}
