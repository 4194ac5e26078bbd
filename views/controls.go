package views

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/theme"
)

// Controls move the embedded Sandbox in ways that no call of the API can. Its
// functions are safe for concurrent use.
type Controls struct {
	// Now is the Sandbox's clock.
	Now func() time.Time
	// Advance moves that clock on, and with it all that was due meanwhile.
	Advance func(ctx context.Context, d time.Duration) error
	// SetState puts a link into a state; code is for moneykit.InError alone.
	SetState func(link moneykit.LinkID, state moneykit.LinkState, code moneykit.LinkError) error
	// Fault adds a fault to those that are active.
	Fault func(SandboxFault) error
	// Faults counts the active faults. It is asked for every frame.
	Faults func() int
	// ClearFaults removes all faults.
	ClearFaults func()
}

// SandboxFault is something that goes wrong on purpose.
type SandboxFault struct {
	Name            string
	Status          int           // of the answer, 0 for the one it would have
	ErrorCode       string        // of the answer, empty for none
	Latency         time.Duration // before the answer
	Truncated       bool          // the body ends too early
	Malformed       bool          // the body is no JSON
	Reset           bool          // the connection ends without an answer
	WrongTypes      bool          // fields hold values of other types than the contract's
	EscapeSequences bool          // texts hold what would paint a terminal
	LoopingCursor   bool          // a sync's next cursor is the one it was asked with
	Times           int           // how many calls it strikes, 0 for all until it is removed
}

// movedMsg tells that the Sandbox was moved, so that anything may be different
// from what is on screen.
type movedMsg struct {
	of      *watch.Watcher
	advance advance // of its clock, if any
	told    string
}

// controlActions move the embedded Sandbox as a whole.
func (s *session) controlActions() []ui.Action {
	if s.controls == nil {
		return nil
	}
	var actions []ui.Action
	if !s.app.ReadOnly {
		actions = append(actions, ui.Action{
			Name: "Advance the clock (Sandbox)", Key: ui.Bind("C", "clock"), Danger: true, Quiet: true, Ask: s.askAdvance,
		})
	}
	actions = append(actions, ui.Action{Name: "Inject a fault (Sandbox)", Key: ui.Bind("F", "fault"), Quiet: true, Ask: s.askFault})
	if s.controls.Faults() > 0 {
		actions = append(actions, ui.Action{Name: "Remove all faults (Sandbox)", Key: ui.Bind("U", "no faults"), Quiet: true, Do: s.clearFaults})
	}
	return actions
}

// advances are the steps of the Sandbox's clock that show something.
var advances = []struct {
	word, shows string
	by          time.Duration
}{
	{"1 hour", "the hourly refresh limits are over", time.Hour},
	{"1 day", "all refresh limits are over", 24 * time.Hour},
	{"1 week", "the data is a week old", 7 * 24 * time.Hour},
	{"90 days", "deleted links are forgotten", 90 * 24 * time.Hour},
}

func (s *session) askAdvance() ui.Dialog {
	labels := make([]string, len(advances))
	for i, a := range advances {
		labels[i] = a.word + ": " + a.shows
	}
	return choose("Advance the Sandbox's clock", "By how much?", labels, func(i int) tea.Cmd {
		return s.advance(advances[i].by)
	}).Says(theme.Text, "It is "+sandboxTime(s.clock.now())+" in the Sandbox. Its clock cannot be set back.")
}

func (s *session) advance(by time.Duration) tea.Cmd {
	ctx, controls, w := s.ctx, s.controls, s.watch
	return func() tea.Msg {
		if err := controls.Advance(ctx, by); err != nil {
			return s.toast(ui.Failure, "The clock was not advanced: "+explain(err).line())()
		}
		return movedMsg{w, advance{time.Now(), by}, "It is now " + sandboxTime(controls.Now()) + " in the Sandbox"}
	}
}

func sandboxTime(t time.Time) string { return t.Local().Format("Jan 2 2006 15:04") }

// choose asks for one of several. choice gets its place among them.
func choose(title, question string, labels []string, choice func(int) tea.Cmd) *form.Dialog {
	const tallest = 9 // what the smallest terminal has room for
	var chosen string
	options := make([]huh.Option[string], len(labels))
	for i, label := range labels {
		options[i] = huh.NewOption(label, label)
	}
	return form.New(title, func() []huh.Field {
		return []huh.Field{huh.NewSelect[string]().Title(question).Options(options...).Value(&chosen).Height(min(len(labels)+1, tallest))}
	}, func() tea.Cmd {
		return choice(slices.Index(labels, chosen))
	})
}
