package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func TestPricesAreBelievable(t *testing.T) {
	for seed := range uint64(4) {
		s := New(WithSeed(seed), WithLinks(0))
		for _, l := range s.listings() {
			before, moved, most := decimal.Zero, 0, decimal.New(6*l.swing, -4)
			base := decimal.New(l.base, -2)
			for n := range 800 {
				day := midnight(noon).AddDate(0, 0, n-600)
				price := s.price(l, day, "USD")
				if !price.Equal(price.Round(2)) || price.LessThan(base.Div(decimal.New(5, 0))) || price.GreaterThan(base.Mul(decimal.New(5, 0))) {
					t.Fatalf("%s costs %s on %s", l.ticker, price, day.Format(time.DateOnly))
				}
				switch {
				case n == 0:
				case !trading(day) && !price.Equal(before):
					t.Fatalf("%s moves on the weekend of %s", l.ticker, day.Format(time.DateOnly))
				case price.Sub(before).Abs().GreaterThan(before.Mul(most).Add(decimal.New(1, -2))):
					t.Errorf("%s goes from %s to %s in a day", l.ticker, before, price)
				case !price.Equal(before):
					moved++
				}
				before = price
			}
			if moved < 400 {
				t.Errorf("%s moves on %d days only", l.ticker, moved)
			}
		}
	}
}

// Prices are worth nothing if they differ between machines or releases.
func TestPricesStayWhatTheyAre(t *testing.T) {
	s := New(WithSeed(1), WithLinks(0))
	got := ""
	for _, l := range s.listings()[:3] {
		for _, day := range []string{"1999-12-31", "2025-06-30", "2026-03-18", "2150-01-01"} {
			date, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprint(s.price(l, date, "USD"), " ")
		}
	}
	if want := "115.08 192.15 192.59 175.3 79.22 91.48 77.28 101.58 27.91 45.09 66.8 59.76 "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if one, other := s.listings()[0], New(WithSeed(2), WithLinks(0)); !other.price(one, noon, "USD").Equal(s.price(one, noon, "USD")) {
		t.Error("two seeds have two markets")
	}
}

func TestWhatIsDueFallsOnceAMonth(t *testing.T) {
	for due := 1; due <= 26; due++ {
		times := map[string]int{}
		for n := range 1200 {
			day := time.Date(2024, time.January, 1+n, 0, 0, 0, 0, time.UTC)
			if falls(day, due) {
				times[day.Format("2006-01")]++
				if !trading(day) || day.Day() < due || day.Day() > due+2 {
					t.Errorf("what is due on %d falls on %s", due, day)
				}
			}
		}
		if len(times) < 39 {
			t.Errorf("what is due on %d falls in %d months", due, len(times))
		}
		for month, n := range times {
			if n != 1 {
				t.Errorf("what is due on %d falls %d times in %s", due, n, month)
			}
		}
	}
}

func TestTheMarketClosesAt21(t *testing.T) {
	for now, want := range map[string]string{
		"2026-03-18T20:59:59Z": "2026-03-17", "2026-03-18T21:00:00Z": "2026-03-18", "2026-03-19T00:00:00Z": "2026-03-18",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := closed(at).Format(time.DateOnly); got != want {
			t.Errorf("at %s the last day is %s", now, got)
		}
	}
	sunday := time.Date(2026, time.March, 15, 0, 0, 0, 0, time.UTC)
	if got := traded(sunday); got.Weekday() != time.Friday || sunday.Sub(got) != 48*time.Hour {
		t.Errorf("Sunday's prices are of %s", got)
	}
}
