package views

import (
	"fmt"
	"strconv"
	"time"

	"till/moneykit/inspect"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// requestRows is requests as a table shows them.
type requestRows []inspect.Entry

func (r requestRows) Len() int { return len(r) }

func (r requestRows) Row(i int) []table.Cell {
	e := r[i]
	call := theme.Text
	if e.Failed() {
		call = theme.Strong
	}
	return []table.Cell{
		{Text: e.At.Local().Format(time.TimeOnly), Role: theme.Muted},
		{Text: fmt.Sprintf("%-6s %s", e.Method, e.Route), Role: call},
		{Text: statusWord(e) + retried(e), Role: statusRole(e)},
		{Text: latency(e.Duration), Role: theme.Muted},
		{Text: bytesWord(e.Received()), Role: theme.Muted},
		{Text: termsafe.Line(e.RequestID), Role: theme.Muted},
	}
}

func statusWord(e inspect.Entry) string {
	if e.Status == 0 || e.Err != nil {
		return "✕ lost"
	}
	if e.Failed() {
		return "✕ " + strconv.Itoa(e.Status)
	}
	return "  " + strconv.Itoa(e.Status)
}

// retried counts the attempts before this one.
func retried(e inspect.Entry) string {
	if e.Retry() == 0 {
		return ""
	}
	return " ↻" + strconv.Itoa(e.Retry())
}

func statusRole(e inspect.Entry) theme.Role {
	switch {
	case e.Status == 429:
		return theme.Warn
	case e.Failed():
		return theme.Bad
	}
	return theme.Good
}

// latency tells a duration in the space of a column.
func latency(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return took(d)
}

// bytesWord tells a size in the space of a column.
func bytesWord(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_950:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// requestFacts tells what identifies a request, and nothing that it carried.
func requestFacts(t *theme.Theme, e inspect.Entry, w int) []string {
	lines := []string{
		t.Paint(theme.Strong, cell.Cut(e.Method+" "+e.Route, w)),
		t.Paint(statusRole(e), cell.Cut(termsafe.Line(e.Outcome()), w)), "",
	}
	return append(lines, facts(t, w, []fact{
		{"request id", termsafe.Line(e.RequestID)},
		{"time", e.At.Local().Format("15:04:05.000")},
		{"took", latency(e.Duration)},
		{"attempt", strconv.Itoa(e.Attempt)},
		{"sent", bytesWord(e.Sent())},
		{"received", bytesWord(e.Received())},
		{"link", termsafe.Line(string(e.Link()))},
		{"client id", termsafe.Line(e.ClientID)},
	})...)
}
