// Package recordtest reads asciinema v2 recordings and replays them, for tests.
package recordtest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/hinshun/vt10x"
)

// Recording is what a file holds.
type Recording struct {
	Version   int               `json:"version"`
	Width     int               `json:"width"`
	Height    int               `json:"height"`
	Timestamp int64             `json:"timestamp"`
	Title     string            `json:"title"`
	Env       map[string]string `json:"env"`
	Events    []Event           `json:"-"`
}

// Event is what happened at a time, in seconds.
type Event struct {
	At         float64
	Kind, Text string
}

// Read reads a recording, all of whose lines have to be whole.
func Read(path string) (Recording, error) {
	var r Recording
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	head, rest, found := strings.Cut(string(text), "\n")
	if !found {
		return r, fmt.Errorf("%s has no whole line: %q", path, head)
	}
	if err := json.Unmarshal([]byte(head), &r); err != nil {
		return r, fmt.Errorf("%q: %w", head, err)
	}
	for line := range strings.Lines(rest) {
		var e Event
		if err := json.Unmarshal([]byte(line), &[]any{&e.At, &e.Kind, &e.Text}); err != nil || !strings.HasSuffix(line, "]\n") {
			return r, fmt.Errorf("%q is no event: %w", line, err)
		}
		if n := len(r.Events); n > 0 && e.At < r.Events[n-1].At {
			return r, fmt.Errorf("%q is earlier than the event before", line)
		}
		r.Events = append(r.Events, e)
	}
	return r, nil
}

// Output returns all that was drawn.
func (r Recording) Output() string {
	var all strings.Builder
	for _, e := range r.Events {
		if e.Kind == "o" {
			all.WriteString(e.Text)
		}
	}
	return all.String()
}

// Play replays the recording and calls each with the screen after every event.
func (r Recording) Play(each func(screen string)) {
	terminal := vt10x.New(vt10x.WithSize(r.Width, r.Height))
	for _, e := range r.Events {
		if e.Kind == "r" {
			var w, h int
			_, _ = fmt.Sscanf(e.Text, "%dx%d", &w, &h)
			terminal.Resize(w, h)
		} else {
			_, _ = terminal.Write([]byte(e.Text))
		}
		each(terminal.String())
	}
}

// Shows reports whether all of texts are on screen at once at some time.
func (r Recording) Shows(texts ...string) bool {
	shown := false
	r.Play(func(screen string) {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return
			}
		}
		shown = true
	})
	return shown
}

// Cells draws output on a terminal and returns its title and every cell with its
// colours. Where the cursor is left, the emulator does not tell: it takes the keys of
// Kitty for a way to move it.
func Cells(width, height int, output string) []string {
	terminal := vt10x.New(vt10x.WithSize(width, height))
	_, _ = terminal.Write([]byte(output))
	cells := []string{terminal.Title()}
	for y := range height {
		for x := range width {
			cells = append(cells, fmt.Sprintf("%d,%d %+v", x, y, terminal.Cell(x, y)))
		}
	}
	return cells
}
