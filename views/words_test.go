package views

import (
	"testing"
	"time"
)

func TestMomentsAreUnambiguous(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for _, test := range []struct {
		at                 time.Time
		moment, clock, row string
	}{
		{now.Add(-time.Hour), "Jan 2 02:04", "02:04", "Jan 2 02:04:05"},
		{now.Add(24 * time.Hour), "Jan 3 03:04", "Jan 3 03:04", "Jan 3 03:04:05"},
		{now.AddDate(0, 0, -3), "Dec 30 03:04", "Dec 30 03:04", "Dec 30 03:04:05"},
		{now.AddDate(-1, 0, 0), "Jan 2 2025 03:04", "Jan 2 2025 03:04", "Jan 2 2025 03:04:05"},
	} {
		if got := momentOf(test.at, now); got != test.moment {
			t.Errorf("%s as a moment is %q", test.at, got)
		}
		if got := clockTime(test.at, now); got != test.clock {
			t.Errorf("%s on the clock is %q", test.at, got)
		}
		if got := momentSeconds(test.at, now); got != test.row {
			t.Errorf("%s to the second is %q", test.at, got)
		}
	}
}

func TestASpanOfTimeIsTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	for _, test := range []struct {
		from, to time.Duration
		want     string
	}{
		{-time.Minute, -time.Minute, "03:03"},
		{-10 * time.Minute, -time.Minute, "02:54–03:03"},
		{-24 * time.Hour, -24*time.Hour + 5*time.Minute, "Jan 1 03:04–03:09"},
		{-24 * time.Hour, -24 * time.Hour, "Jan 1 03:04"},
	} {
		if got := clockSpan(now.Add(test.from), now.Add(test.to), now); got != test.want {
			t.Errorf("%s to %s: %q instead of %q", test.from, test.to, got, test.want)
		}
	}
}
