package views

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/termsafe"
	"till/ui/theme"
)

// jobLine tells of the oldest refresh in flight, and how many there are beside.
func jobLine(jobs []watch.Snapshot, now time.Time) string {
	if len(jobs) == 0 {
		return ""
	}
	first := jobs[0]
	line := fmt.Sprintf("⟳ %s: %s · %s · %d s", institution(first), productNames(first.Refresh.Products),
		first.Refresh.Phase, int(first.Refresh.Took(now).Seconds()))
	if more := len(jobs) - 1; more > 0 {
		line += fmt.Sprintf("  and %d more", more)
	}
	return line
}

// refreshToast tells how a refresh ended.
func refreshToast(s watch.Snapshot, c *clock) tea.Cmd {
	kind, text := ui.Success, refreshOutcome(s, c)
	if s.Refresh.Phase != watch.Done {
		kind = ui.Failure
	}
	if s.Refresh.Phase == watch.Limited {
		kind = ui.Notice
	}
	return ui.Toast(kind, institution(s)+": "+text)
}

// refreshOutcome tells where a refresh stands, in a sentence without an end.
func refreshOutcome(s watch.Snapshot, c *clock) string {
	r, now := s.Refresh, time.Now()
	names := productNames(r.Products)
	switch r.Phase {
	case watch.Done:
		return names + " refreshed · " + took(r.Took(now))
	case watch.Limited:
		return names + " refreshed too recently; " + nextAllowed(c.retryAt(r), c.now())
	case watch.TimedOut:
		return names + " not refreshed within " + took(r.Took(now)) + "; the bank may still answer"
	case watch.Failed:
		if r.Err != nil {
			return "not refreshed. " + explain(r.Err).line()
		}
		return "not refreshed: " + failures(r)
	}
	return names + " · " + string(r.Phase) + " · " + took(r.Took(now))
}

func nextAllowed(at, now time.Time) string {
	switch {
	case at.IsZero():
		return "MoneyKit does not say when the next refresh is allowed"
	case !at.After(now):
		return "the next refresh is allowed now"
	}
	return "next refresh allowed at " + at.Local().Format("15:04") + ", " + wait(at, now)
}

func failures(r *watch.Refresh) string {
	var parts []string
	for _, p := range moneykit.Products() {
		status, failed := r.Failures[p]
		if !failed {
			continue
		}
		part := words(string(p)) + " (" + words(string(status.ErrorCode)) + ")"
		if status.ErrorMessage != "" {
			part += " " + termsafe.Line(status.ErrorMessage)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// refreshing reports whether a product is being refreshed.
func refreshing(s watch.Snapshot, product moneykit.Product) bool {
	return s.Refreshing() && slices.Contains(s.Refresh.Products, product)
}

// outcomeRole is the role in which a refresh's outcome is told.
func outcomeRole(phase watch.Phase) theme.Role {
	switch phase {
	case watch.Done:
		return theme.Good
	case watch.Failed, watch.TimedOut:
		return theme.Bad
	}
	return theme.Warn
}
