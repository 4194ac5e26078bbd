package inspect

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxCell bounds a value in a bundle, in characters.
const maxCell = 200

func writeEvents(out *strings.Builder, events []Event) {
	if len(events) == 0 {
		out.WriteString("Nothing is recorded.\n")
	}
	if more := len(events) - maxEvents; more > 0 {
		fmt.Fprintf(out, "%d earlier ones are left out.\n\n", more)
		events = events[more:]
	}
	for _, event := range events {
		fmt.Fprintf(out, "- %s: %s", inUTC(event.At, time.DateTime), escape(event.Text))
		if event.RequestID != "" {
			fmt.Fprintf(out, " (request %s)", escape(event.RequestID))
		}
		out.WriteString("\n")
	}
}

// writeRequests writes the table, oldest first. entries are newest first.
func writeRequests(out *strings.Builder, entries []Entry) {
	if len(entries) == 0 {
		out.WriteString("None are recorded.\n")
		return
	}
	rows := choose(entries)
	out.WriteString("| Time (UTC) | Method | Route | Status | ms | Attempt | Request id |\n")
	out.WriteString("| --- | --- | --- | --- | ---: | ---: | --- |\n")
	for i := len(rows) - 1; i >= 0; i-- {
		writeRow(out, rows[i])
	}
	if more := len(entries) - len(rows); more > 0 {
		fmt.Fprintf(out, "\n%d more requests are left out.\n", more)
	}
}

// choose returns the entries that there is room for: the newest that failed,
// then the newest of the others, in their order.
func choose(entries []Entry) (chosen []Entry) {
	failed := 0
	for _, e := range entries {
		if e.Failed() {
			failed++
		}
	}
	failed = min(failed, maxRequests)
	others := maxRequests - failed
	for _, e := range entries {
		left := &others
		if e.Failed() {
			left = &failed
		}
		if *left > 0 {
			*left--
			chosen = append(chosen, e)
		}
	}
	return chosen
}

// writeRow writes a request; the status of a failed one is bold.
func writeRow(out *strings.Builder, e Entry) {
	status := escape(outcome(e))
	if e.Failed() {
		status = "**" + status + "**"
	}
	cells := []string{
		e.At.UTC().Format("2006-01-02 15:04:05.000"), escape(e.Method), escape(e.Route), status,
		strconv.FormatInt(e.Duration.Milliseconds(), 10), strconv.Itoa(e.Attempt), escape(e.RequestID),
	}
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// escape keeps a value in its line and its cell and from being markup. What
// else could be markup in Markdown stays: ids are copied from the text.
func escape(value string) string {
	var b strings.Builder
	for n, c := range []rune(value) {
		switch {
		case n == maxCell:
			return b.String() + "…"
		case unicode.IsControl(c), unicode.IsSpace(c), unicode.Is(unicode.Cf, c), unicode.Is(unicode.Z, c):
			c = ' '
		case strings.ContainsRune("\\`*|<>[]", c):
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
