package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/theme"
)

func TestSpansOfDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 15, 4, 5, 0, time.UTC)
	for _, c := range []struct{ text, first, last string }{
		{"", "", ""},
		{"  ", "", ""},
		{"2026-09-12", "2026-09-12", "2026-09-12"},
		{"today", "2026-03-01", "2026-03-01"},
		{" Today ", "2026-03-01", "2026-03-01"},
		{"-0d", "2026-03-01", "2026-03-01"},
		{"-30d", "2026-01-30", "2026-01-30"},
		{"−1d", "2026-02-28", "2026-02-28"},
		{"2024-02", "2024-02-01", "2024-02-29"},
		{"2025-12", "2025-12-01", "2025-12-31"},
	} {
		first, last, err := span(c.text, now)
		if err != nil || first.String() != c.first || last.String() != c.last {
			t.Errorf("%q is %s to %s, %v", c.text, first, last, err)
		}
	}
	for _, text := range []string{"2026", "2026-13", "2026-02-30", "30d", "-d", "-1234567d", "yesterday", "09/12/2026", "-30d "[1:]} {
		if _, _, err := span(text, now); err == nil || !strings.Contains(err.Error(), "a day is 2026-09-01") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"20": "20", " 12.50 ": "12.50", "1,234.5": "1,234.5", "12,345,678": "12,345,678", "0": "0"} {
		if d, err := limit(text); err != nil || !d.Valid || number(d.Decimal) != want {
			t.Errorf("%q is %v, %v", text, d, err)
		}
	}
	if d, err := limit(" "); err != nil || d.Valid {
		t.Errorf("nothing is %v, %v", d, err)
	}
	for _, text := range []string{"-20", "+20", "1e9", "12.", ".5", "20 USD", "1234567890123456", "NaN", "12,50", "1,2345", "1234,567", ",500", "1,,000", "1,000,"} {
		if _, err := limit(text); err == nil || !strings.Contains(err.Error(), "as 20, 12.50 or 1,250") {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestTermsBecomeAFilterAndChips(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)
	all := terms{"acc_1", "-10d", "2026-09", "20", "1000", "debit", "pending", "food_and_drink"}
	f := all.filter(now)
	if f.Account != "acc_1" || f.From.String() != "2026-09-10" || f.To.String() != "2026-09-30" || f.Least.Decimal.String() != "20" ||
		f.Most.Decimal.String() != "1000" || f.Type != moneykit.Debit || f.Status != mirror.Pending || f.Category != "food_and_drink" {
		t.Errorf("%+v", f)
	}
	chips := all.chips(names{"acc_1": "Checking"}, now)
	want := []string{"account Checking", "from 2026-09-10", "to 2026-09-30", "≥ 20", "≤ 1,000", "debit", "pending", "food and drink"}
	if !slices.Equal(chips, want) {
		t.Errorf("%q", chips)
	}
	if f := (terms{}).filter(now); f != (mirror.Filter{}) {
		t.Errorf("no terms are %+v", f)
	}
	if chips := (terms{}).chips(nil, now); len(chips) > 0 {
		t.Errorf("no terms are %q", chips)
	}
	for w := range 150 {
		line := chipLine(theme.New(true), chips, w)
		if cell.Width(line) != w {
			t.Fatalf("%q takes %d cells of %d", line, cell.Width(line), w)
		}
	}
	if line := ansi.Strip(chipLine(theme.New(true), chips, 50)); strings.TrimRight(line, " ") != " account Checking   from 2026-09-10   +6" {
		t.Errorf("%q", line)
	}
}

// TestTheDialogNarrowsTheList goes from the dialog to chips and rows, and back.
func TestTheDialogNarrowsTheList(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3", "f")
		w.Sees("Narrow the transactions", "←→ choose")
		w.Press("right", "enter")
		w.Type("-30x")
		w.Press("enter")
		w.Sees("a day is 2026-09-01, today or -30d")
		for range 4 {
			w.Press("backspace")
		}
		w.Type("1999-12-17")
		w.Press("enter")
		w.Type("1999-11")
		w.Press("enter")
		w.Sees("this is before the first day, 1999-12-17")
		w.Press("backspace", "backspace")
		w.Type("12")
		w.Press("enter")
		w.Type("50")
		w.Press("enter")
		w.Type("40")
		w.Press("enter")
		w.Sees("this is less than the least amount, 50")
		w.Press("backspace", "backspace")
		w.Type("700")
		w.Press("enter", "right", "right", "enter", "enter", "enter")
		w.Sees(" account Checking   from 1999-12-17   to 1999-12-31   ≥ 50   ≤ 700   debit ", "3 of 602", "Credit Card Payment", "Basin Water", "Beacon Power")
		w.Misses("Twin Pines", "Cardinal")

		w.Press("/")
		w.Type("POWER beacon")
		w.Press("enter")
		w.Sees("1 of 602", "Beacon Power")
		w.Misses("Basin Water")
		w.Press("esc")
		w.Sees("3 of 602", "≥ 50")
		w.Press("f", "enter")
		w.Sees("1999-12-17") // what was asked before is still there
		w.Press("esc", "esc")
		w.Sees("602 transactions")
		w.Misses("≥ 50")
		w.Press("esc")
		w.Sees("till ▸ Links ─")
	})
}

func TestNothingIsReadTwice(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3", "/")
		w.Type("stone")
		w.Press("enter", "s", "s", "S", "b", "b", "esc", "G", "g")
		w.Sees("602 transactions")
		syncs := w.wire.asked("GET /links/" + w.link(1) + "/transactions/sync")
		if accounts := w.wire.asked("GET /links/" + w.link(1) + "/accounts"); syncs != 2 || accounts != 1 {
			t.Errorf("%d pages of syncs and %d reads of the accounts", syncs, accounts)
		}
	})
}

func TestSortingTransactions(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3")
		w.Sees("DATE ↓")
		w.Press("S", "g")
		w.Sees("DATE ↑", "▌ 1998-07-")
		w.Press("s", "g")
		w.Sees("DESCRIPTION ↓", "by description", "ATM Fee")
		w.Press("s", "s", "g")
		w.Sees("AMOUNT ↓", "by amount", "+1,")
		w.Press("S", "g")
		w.Sees("AMOUNT ↑", "−1,595.00 USD")
		w.Press("s")
		w.Sees("DATE ↓")
		w.Misses("by amount")
	})
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "2", "enter", "s", "s")
		w.Sees("by category")
		w.Press("f")
		w.Misses("Account  ")
		w.Sees("From")
	})
}
