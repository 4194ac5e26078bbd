package views

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/theme"
)

// secondSync shows the second sync of the first link.
func (w *world) secondSync(t *testing.T) {
	t.Helper()
	w.at(t, 1)
	w.refreshNow()
	w.Wait(4 * time.Second)
	w.Press("enter", "d")
	w.Sees("sync 2 ·")
}

func TestChangesAreFilteredByAccountAndKind(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.secondSync(t)
		w.Sees("+6 ~3 −0", "Harbour Ferry Line", "Stonebridge Groce", "Checking +1,522.83 USD   Credit Card")
		w.Press("f")
		w.Sees("Which changes?", "all accounts", "Savings", "all kinds")
		w.Press("down", "enter", "enter") // Checking
		w.Sees(" Checking   esc clears", "4 of 9", "Harbour Ferry Line", "+6 ~3 −0")
		w.Misses("Stonebridge Groce", "Credit Card")
		if net := w.Row("net "); !strings.Contains(net, "Checking +1,522.83 USD") {
			t.Errorf("the net is not that of what is shown: %s", net)
		}

		w.Press("f", "up", "enter", "down", "down", "enter") // all accounts, updated
		w.Sees(" updated   esc clears", "3 of 9", "Stonebridge Groce", "pending → posted", "net   Credit Card −0.28 USD")
		w.Misses("Harbour Ferry Line")
		w.Press("left")
		w.Sees("sync 1 ·", " updated ", "No change of this sync matches the filter.", "0 of 602")
		w.Press("enter")
		w.Sees("there is no change under the cursor")
		w.Press("right", "esc")
		w.Sees("sync 2 ·", "Harbour Ferry Line", "Stonebridge Groce")
		w.Misses("esc clears", "3 of 9")
	})
}

func TestChangesAreFilteredAsOneTypes(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.secondSync(t)
		w.Press("down")
		w.Sees("▌ +  2000-01-01   Harbour Ferry") // the cursor stays on its change
		w.Press("/")
		for typed, seen := range map[string]string{
			"harbour": "1 of 9", "checking": "4 of 9", "income": "2 of 9", "9.16": "1 of 9", "9.44": "1 of 9", "−14.21": "1 of 9", "nothing": "0 of 9",
		} {
			w.Type(typed)
			w.Sees(seen)
			for range []rune(typed) {
				w.Press("backspace")
			}
		}
		w.Type("ferry")
		w.Sees("▌ +  2000-01-01   Harbour Ferry", "net   Checking −14.21 USD")
		w.Press("enter", "left")
		w.Sees("sync 1 ·", "/ferry", "of 602")
		w.Press("right", "enter")
		w.Sees("Harbour Ferry Line", "WHAT HAPPENED")
		w.Press("esc", "esc")
		w.Sees("sync 2 ·", "Stonebridge Groce")
		w.Misses("/ferry")
	})
}

func TestChangesThatCannotBeReadSaySo(t *testing.T) {
	t.Parallel()
	store := memory(t)
	inShop(t, func() (KeptMirror, error) { return KeptMirror{Store: store}, nil }, func(t *testing.T, w *world) {
		w.secondSync(t)
		_ = store.Close()
		w.Press("left")
		w.Sees("sync 1 ·", "✕ ", "r try again")
		w.Misses("Reading the changes…")
		w.Press("enter")
		w.Sees("there is no change under the cursor")
		w.Press("r")
		w.Sees("sync 1 ·", "r try again")
		w.Misses("Refresh")
	})
}

func bought(id, account, sum string, day int, pending bool) moneykit.Transaction {
	return moneykit.Transaction{
		ID: moneykit.TransactionID(id), AccountID: moneykit.AccountID(account), Amount: decimal.RequireFromString(sum), Type: moneykit.Debit,
		Currency: "USD", Date: moneykit.Date{Year: 2026, Month: time.September, Day: day}, Description: "Regina's Mulberry", Pending: pending,
	}
}

func rowTexts(rows changeRows) []string {
	var texts []string
	for i := range rows.Len() {
		var cells []string
		for _, c := range rows.Row(i) {
			cells = append(cells, c.Text)
		}
		texts = append(texts, strings.TrimRight(strings.Join(cells, "|"), "|"))
	}
	return texts
}

func TestASettledTransactionTellsHowSureItIs(t *testing.T) {
	t.Parallel()
	settled := mirror.Change{Kind: mirror.Settled, Before: bought("a", "1", "36", 17, true), After: bought("b", "1", "38.4", 19, false), Confidence: 0.87}
	rows := newChangeRows(1, []mirror.Change{settled}, names{"1": "Credit"})
	want := []string{
		"~|2026-09-19|Regina's Mulberry|Credit|−38.40 USD",
		"|status|pending → posted",
		"|amount|−36.00 USD → −38.40 USD",
		"|date|2026-09-17 → 2026-09-19",
		"|match|87 % sure: same account, amount 36.00 → 38.40, 2 days later",
	}
	if got := rowTexts(rows); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if sum := rows.net[netKey{"1", "USD"}]; !sum.Equal(decimal.RequireFromString("-2.4")) {
		t.Errorf("the net is %s", sum)
	}
	late := settled
	late.WasGone = true // its amount was taken off when it was
	if sum := net([]mirror.Change{late})[netKey{"1", "USD"}]; !sum.Equal(decimal.RequireFromString("-38.4")) {
		t.Errorf("the net of a late one is %s", sum)
	}
	for _, test := range []struct {
		after moneykit.Transaction
		sure  float64
		want  string
	}{
		{bought("b", "1", "36", 17, false), 1, "100 % sure: same account, same amount, same day"},
		{bought("b", "2", "36", 16, false), 0.999, "99 % sure: another account, same amount, 1 day earlier"},
	} {
		settled.After, settled.Confidence = test.after, test.sure
		if got := match(settled); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestATransactionThatIsGoneSaysSo(t *testing.T) {
	t.Parallel()
	gone := mirror.Change{Kind: mirror.Gone, Before: bought("a", "1", "36", 17, true)}
	rows := newChangeRows(1, []mirror.Change{gone}, names{"1": "Credit"})
	want := "−|2026-09-17|Regina's Mulberry|Credit|−36.00 USD|gone\n||pending, vanished without a word"
	if got := strings.Join(rowTexts(rows), "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	if sum := rows.net[netKey{"1", "USD"}]; !sum.Equal(decimal.RequireFromString("36")) {
		t.Errorf("the net is %s", sum)
	}
	for kind, want := range map[mirror.Kind]int{mirror.Removed: 2, mirror.Updated: 0, "": 2} {
		f := changeFilter{filter: newFilter(), kind: kind}
		if got := rows.only(&f).Len(); got != want {
			t.Errorf("%q shows %d rows", kind, got)
		}
	}
	settled := newChangeRows(1, []mirror.Change{{Kind: mirror.Settled, Before: bought("a", "1", "36", 17, true), After: bought("b", "2", "36", 17, false)}}, nil)
	for account, want := range map[moneykit.AccountID]bool{"1": true, "2": true, "3": false} {
		f := changeFilter{filter: newFilter(), kind: mirror.Updated, account: account}
		if got := settled.only(&f).Len() > 0; got != want {
			t.Errorf("of account %s it is shown: %t", account, got)
		}
	}
	if symbol, role := kindLook(mirror.Settled); symbol != "~" || role != theme.Warn {
		t.Error(symbol, role)
	}
}
