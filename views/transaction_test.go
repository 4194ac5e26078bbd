package views

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"till/moneykit/mirror"
	"till/moneykit/sandbox"
	"till/ui/theme"
)

func TestATransactionTellsWhatHappenedToIt(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.secondSync(t)
		w.Press("/")
		w.Type("metrolane")
		w.Press("enter", "enter")
		w.Sees("▸ Metrolane Rail", "WHAT HAPPENED", "as it came", "−9.44 USD")
		if row := w.Row("▌ ● posted"); !strings.Contains(row, "sync 2  req_") {
			t.Errorf("the cursor is on %s", row)
		}
		w.Sees("○ pending", "sync 1", "status      pending → posted", "amount      −9.16 USD → −9.44 USD")
		w.Press("y")
		w.Sees("Request id copied")
		w.Press("up", "y", "Y")
		w.Sees("▌ ○ pending")
		copied := w.Clipboard()
		if len(copied) != 3 || !strings.HasPrefix(copied[0], "req_") || !strings.HasPrefix(copied[1], "req_") || copied[0] == copied[1] {
			t.Errorf("copied %q", copied)
		}
		if !strings.Contains(copied[2], `"amount":"9.44"`) {
			t.Errorf("the JSON is %s", copied[2])
		}
		w.Press("enter")
		w.Sees("sync 1 ·", "sync 2 ▸", "all of the history")
		w.Misses("▸ Metrolane Rail") // back in the link's own screen
		if row := w.Row("▌ +"); !strings.Contains(row, "METROLANE RAIL") {
			t.Errorf("the cursor is on %s", row)
		}
		w.Press("enter", "down", "d")
		w.Sees("sync 2 ·", "◂ sync 1")
		w.Press("1", "4")
		w.Sees("sync 2 ·")
	})
}

func TestATransactionGrowsWhenASyncBringsMore(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "d", "/")
		w.Type("metrolane")
		w.Press("enter", "enter")
		w.Sees("▌ ○ pending", "sync 1", "−9.16 USD")
		w.Misses("● posted")
		w.Press("esc")
		w.refreshNow()
		w.Press("enter")
		w.Sees("▌ ○ pending")
		w.Wait(4 * time.Second)
		w.Sees("▌ ● posted", "sync 2", "−9.44 USD")
	})
}

func TestATransactionThatCannotBeReadIsReadAgain(t *testing.T) {
	t.Parallel()
	store := memory(t)
	inShop(t, func() (KeptMirror, error) { return KeptMirror{Store: store}, nil }, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "d")
		w.Sees("sync 1 ·")
		w.Misses("try again")
		_ = store.Close()
		w.Press("enter")
		w.Sees("as it came", "r try again")
		w.Press("r", "y", "enter")
		w.Sees("r try again", "there is no step under the cursor")
	})
}

func plainLines(lines []string) []string {
	for i, line := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return lines
}

func TestTheThreadIsATimeline(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.September, 19, 14, 2, 0, 0, time.UTC)
	posted := bought("b", "1", "38.4", 19, false)
	corrected := posted
	corrected.Description = "Regina's"
	back := corrected
	back.Pending = true
	thread := []mirror.Step{
		{Change: mirror.Change{Kind: mirror.Created, After: bought("a", "1", "36", 17, true)}, Seq: 3, At: at, RequestID: "req_3"},
		{Change: mirror.Change{Kind: mirror.Updated, Before: bought("a", "1", "36", 17, true), After: bought("a", "1", "36", 18, true)}, Seq: 4, At: at, RequestID: "req_4"},
		{Change: mirror.Change{Kind: mirror.Gone, Before: bought("a", "1", "36", 18, true)}, Seq: 5, At: at, RequestID: "req_5"},
		{Change: mirror.Change{Kind: mirror.Settled, Before: bought("a", "1", "36", 18, true), After: posted, Confidence: 0.87}, Seq: 6, At: at.AddDate(0, 0, 1), RequestID: "req_6"},
		{Change: mirror.Change{Kind: mirror.Updated, Before: posted, After: corrected}, Seq: 7, At: at.AddDate(0, 0, 1), RequestID: "req_7"},
		{Change: mirror.Change{Kind: mirror.Updated, Before: corrected, After: back}, Seq: 8, At: at.AddDate(0, 0, 1), RequestID: "req_8"},
		{Change: mirror.Change{Kind: mirror.Removed, Before: back}, Seq: 9, At: at.AddDate(0, 0, 2), RequestID: "req_9"},
	}
	want := strings.Split(strings.Trim(`
  ○ pending     Sep 19 14:02  sync 3  req_3
  │
  ○ changed     Sep 19 14:02  sync 4  req_4
  │ date        2026-09-17 → 2026-09-18
  │
  ○ gone        Sep 19 14:02  sync 5  req_5
  │             pending, vanished without a word
  │
▌ ● posted      Sep 20 14:02  sync 6  req_6
▌ │ status      pending → posted
▌ │ amount      −36.00 USD → −38.40 USD
▌ │ date        2026-09-18 → 2026-09-19
▌ │ match       87 % sure: same account, amount 36.00 → 38.40, 1 day later
  │
  ● corrected   Sep 20 14:02  sync 7  req_7
  │ description Regina's Mulberry → Regina's
  │
  ○ pending     Sep 20 14:02  sync 8  req_8
  │ status      posted → pending
  │
  ● removed     Sep 21 14:02  sync 9  req_9`, "\n"), "\n")
	lines, from, to := threadLines(theme.New(true), thread, 3, names{"1": "Credit"}, &clock{}, 90)
	if got := plainLines(lines); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if from != 8 || to != 13 {
		t.Errorf("the step under the cursor has lines %d to %d", from, to)
	}
}

func TestTheStepUnderTheCursorIsInView(t *testing.T) {
	t.Parallel()
	s := newTestTransaction(t, 12)
	for _, h := range []int{16, 12, 40} {
		s.SetSize(80, h)
		for range 13 {
			s.move(-1)
			if !strings.Contains(ansi.Strip(s.View()), "▌ ") {
				t.Fatalf("no cursor in view at step %d of %d lines:\n%s", s.step, h, ansi.Strip(s.View()))
			}
		}
		for range 13 {
			s.move(1)
			if view := ansi.Strip(s.View()); strings.Count(view, "▌ ") != min(2, s.step+1) {
				t.Fatalf("step %d of %d lines is not all in view:\n%s", s.step, h, view)
			}
		}
	}
}

func TestADetailThatIsCutSaysSo(t *testing.T) {
	t.Parallel()
	s := newTestTransaction(t, 2)
	for _, c := range []struct {
		w, h int
		cut  bool
	}{{80, 40, false}, {80, 24, false}, {56, 12, true}, {116, 24, false}, {116, 6, true}} {
		s.SetSize(c.w, c.h)
		if view := ansi.Strip(s.View()); strings.Contains(view, "… and more") != c.cut || !strings.Contains(view, "WHAT HAPPENED") {
			t.Errorf("%d×%d:\n%s", c.w, c.h, view)
		}
	}
}

// newTestTransaction is a transaction with n steps: its first and corrections.
func newTestTransaction(t *testing.T, n int) *transactionScreen {
	t.Helper()
	p := linkPage{session: &session{clock: &clock{}}, theme: theme.New(true)}
	s := &transactionScreen{linkPage: p, transaction: bought("a", "1", "36", 17, false)}
	thread := []mirror.Step{{Change: mirror.Change{Kind: mirror.Created, After: bought("a", "1", "36", 1, false)}, Seq: 1}}
	for i := 1; i < n; i++ {
		thread = append(thread, mirror.Step{Seq: i + 1, Change: mirror.Change{
			Kind: mirror.Updated, Before: bought("a", "1", "36", i, false), After: bought("a", "1", "36", i+1, false),
		}})
	}
	s.took(threadLoadedMsg{steps: thread})
	return s
}

// TestASettledTransactionKeepsItsThread has a provider that brings settled
// transactions under other ids than they had while they were pending.
func TestASettledTransactionKeepsItsThread(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.secondSync(t)
		w.Press("/")
		w.Type("metrolane")
		w.Press("enter")
		w.Sees("~  1999-12-30   Metrolane Rail", "pending → posted", "% sure: same account, amount 9.16 → 9.44, same day")
		w.Press("enter")
		w.Sees("▌ ● posted", "○ pending", "sync 1", "sync 2", "% sure: same account")
		w.Press("esc", "[", "enter") // the pending one, by its old id
		w.Sees("▌ ● posted", "○ pending", "−9.44 USD")
	}, func(w *world) {
		w.sandbox = sandbox.New(sandbox.WithNow(w.controls.now), sandbox.WithPendingReplaced())
		w.wire.sandbox = w.sandbox.Transport()
	})
}
