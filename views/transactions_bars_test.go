package views

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/shopspring/decimal"

	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/theme"
)

func sum(currency string, count int, in, out string) mirror.Sum {
	return mirror.Sum{Currency: currency, Count: count, In: decimal.RequireFromString(in), Out: decimal.RequireFromString(out)}
}

func TestSumsAreToldAsFarAsTheyFit(t *testing.T) {
	t.Parallel()
	usd, eur, gbp := sum("USD", 9, "12400", "9311.2"), sum("EUR", 2, "5", "0"), sum("GBP", 1, "0", "1")
	for _, c := range []struct {
		sums []mirror.Sum
		w    int
		want string
	}{
		{[]mirror.Sum{usd}, 80, "312 of 4,120 · in +12,400.00 · out −9,311.20 · net +3,088.80 USD"},
		{[]mirror.Sum{usd}, 60, "312 of 4,120 · net +3,088.80 USD"},
		{[]mirror.Sum{usd}, 20, "312 of 4,120"},
		{[]mirror.Sum{usd, eur}, 120, "312 of 4,120 · in +12,400.00 · out −9,311.20 · net +3,088.80 USD · in +5.00 · out 0.00 · net +5.00 EUR"},
		{[]mirror.Sum{usd, eur}, 60, "312 of 4,120 · net +3,088.80 USD · net +5.00 EUR"},
		{[]mirror.Sum{usd, eur, gbp}, 60, "312 of 4,120 · net +3,088.80 USD · net +5.00 EUR · …"},
		{[]mirror.Sum{usd, eur, gbp}, 40, "312 of 4,120 · net +3,088.80 USD · …"},
		{nil, 80, "312 of 4,120"},
	} {
		if got := sumsLine("312 of 4,120", c.sums, c.w); got != c.want {
			t.Errorf("%d cells: %q, want %q", c.w, got, c.want)
		}
	}
}

func TestBarsShowMonthsAndCategories(t *testing.T) {
	t.Parallel()
	found := mirror.Found{
		Sums: []mirror.Sum{sum("USD", 9, "1", "1"), sum("EUR", 2, "1", "1")},
		Months: []mirror.Group{
			{Name: "2024-01", Sums: []mirror.Sum{sum("USD", 1, "999999", "0")}},
			{Name: "2026-07", Sums: []mirror.Sum{sum("USD", 1, "50", "200")}},
			{Name: "2026-08", Sums: []mirror.Sum{sum("EUR", 1, "7", "7")}},
			{Name: "2026-09", Sums: []mirror.Sum{sum("EUR", 3, "8", "0"), sum("USD", 1, "100", "0")}},
		},
		Categories: []mirror.Group{
			{Name: "transfers", Sums: []mirror.Sum{sum("USD", 2, "500", "500")}},
			{Name: "food_and_drink", Sums: []mirror.Sum{sum("USD", 1, "0", "150")}},
			{Name: "", Sums: []mirror.Sum{sum("USD", 1, "100", "0")}},
			{Name: "travel", Sums: []mirror.Sum{sum("EUR", 1, "0", "9")}},
		},
	}
	lines := barLines(theme.New(true), found, 60)
	for i, line := range lines {
		if lines[i] = strings.TrimRight(ansi.Strip(line), " "); cell.Width(line) > 60 {
			t.Errorf("%q takes %d cells", line, cell.Width(line))
		}
	}
	want := []string{
		"USD, and 1 other currency not shown",
		"",
		"MONTH            IN USD                   OUT USD",
		"earlier  999,999.00                      0.00",
		"Oct 2025",
		"Nov 2025",
		"Dec 2025",
		"Jan 2026",
		"Feb 2026",
		"Mar 2026",
		"Apr 2026",
		"May 2026",
		"Jun 2026",
		"Jul 2026      50.00 ███▎              −200.00 █████████████",
		"Aug 2026",
		"Sep 2026     100.00 ██████▌",
		"",
		"CATEGORY            NET USD",
		"food and drink  −150.00 ████████████████████████████████████",
		"—               +100.00 ████████████████████████",
		"transfers          0.00",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if lines := barLines(theme.New(true), mirror.Found{}, 60); len(lines) != 1 {
		t.Errorf("of nothing: %q", lines)
	}
}

func TestBarsTellWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	found := mirror.Found{Sums: []mirror.Sum{sum("USD", 12, "1", "1")}, Months: []mirror.Group{{Name: "10000-01", Sums: []mirror.Sum{sum("USD", 1, "1", "0")}}}}
	for i := range topCategories + 2 {
		found.Categories = append(found.Categories, mirror.Group{Name: fmt.Sprint("c", i), Sums: []mirror.Sum{sum("USD", 1, fmt.Sprint(100-i), "0")}})
	}
	lines := barLines(theme.New(true), found, 60)
	if last := ansi.Strip(lines[len(lines)-1]); !strings.HasPrefix(last, "2 others  +179.00") {
		t.Errorf("the last line is %q", last)
	}
}

func TestBarsOfLargeAmounts(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]string{
		"123456789012": "123,456,789 █████  −123,456,789 █████", "1234567": "1,234,567.00 ████  −1,234,567.00 ████",
	} {
		sums := []mirror.Sum{sum("USD", 1, out, out), sum("EUR", 1, "1", "0"), sum("GBP", 1, "1", "0")}
		lines := barLines(theme.New(true), mirror.Found{Sums: sums, Months: []mirror.Group{{Name: "2026-09", Sums: sums}}}, 47)
		got := ansi.Strip(strings.Join(lines, "\n"))
		if !strings.Contains(got, want) || !strings.Contains(got, "and 2 other currencies") {
			t.Errorf("%q is not in\n%s", want, got)
		}
		for _, line := range lines {
			if cell.Width(line) > 47 {
				t.Errorf("%q takes %d cells", ansi.Strip(line), cell.Width(line))
			}
		}
	}
}

func TestBarsStandWhereThereIsRoom(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3", "b")
		w.Sees("MONTH", "Dec 1999", "CATEGORY", "602 transactions")
		w.Misses("DESCRIPTION")
		w.Press("G")
		w.Sees("income", "entertainment")
		w.Resize(120, 36)
		w.Sees("MONTH", "CATEGORY", "DESCRIPTION", "▌ 1999-12-31")
		w.Misses("as it came")
		w.Press("/")
		w.Type("freight")
		w.Press("enter")
		w.Sees("Cardinal Freight", "income")
		w.Misses("mortgage and rent")
		w.Resize(200, 60)
		w.Sees("MONTH", "as it came")
		w.Resize(80, 24)
		w.Sees("MONTH", "esc list")
		w.Press("esc")
		w.Sees("DESCRIPTION", "/freight")
		w.Misses("MONTH")
	})
}
