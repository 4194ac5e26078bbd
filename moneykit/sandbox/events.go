package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// eventsKept is how many happenings can be looked up.
const eventsKept = 1000

// happening is one thing that happened in the Sandbox, as GET /sandbox/events
// tells it. What a kind does not have is left out.
type happening struct {
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"`
	Kind      string    `json:"kind"` // request, link, product, webhook, clock or fault
	Operation string    `json:"operation,omitempty"`
	Method    string    `json:"method,omitempty"`
	Path      string    `json:"path,omitempty"`
	Status    int       `json:"status,omitempty"` // of a request, or of what a webhook was answered
	RequestID string    `json:"request_id,omitempty"`
	LinkID    string    `json:"link_id,omitempty"`
	State     string    `json:"state,omitempty"`
	ErrorCode string    `json:"error_code,omitempty"`
	Product   product   `json:"product,omitempty"`
	Delivery  string    `json:"delivery_token,omitempty"`
	Attempt   int       `json:"attempt,omitempty"`
	Message   string    `json:"message,omitempty"`
}

// chronicle keeps the last happenings.
type chronicle struct {
	last  uint64 // Seq of the newest
	kept  []happening
	fresh chan struct{} // closed when there is a newer one
}

// tell adds a happening, with the Sandbox locked. Without the controls nobody can ask.
func (s *Sandbox) tell(h happening) {
	if !s.controls {
		return
	}
	c := &s.chronicle
	c.last++
	h.Seq = c.last
	if h.At.IsZero() {
		h.At = s.now()
	}
	if len(c.kept) == 2*eventsKept {
		c.kept = append(c.kept[:0], c.kept[eventsKept:]...)
	}
	c.kept = append(c.kept, h)
	close(c.fresh)
	c.fresh = make(chan struct{})
}

// after returns the happenings since one, the number of the newest there is, and
// a channel that is closed as soon as there are more.
func (s *Sandbox) after(seq uint64) ([]happening, uint64, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.chronicle.kept[max(0, len(s.chronicle.kept)-eventsKept):]
	for len(kept) > 0 && kept[0].Seq <= seq {
		kept = kept[1:]
	}
	return append([]happening{}, kept...), s.chronicle.last, s.chronicle.fresh
}

type eventsAnswer struct {
	Events []happening `json:"events"`
	Last   uint64      `json:"last"` // to ask for what comes after
}

// serveEvents tells what happened: a list of what came after ?after=, or, to
// whoever accepts text/event-stream, everything as it happens.
func (s *Sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	query := &parameters{values: r.URL.Query()}
	seq := query.integer("after", 0, 0, 0)
	if err := query.problem(); err != nil {
		write(w, 0, nil, err)
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		events, last, _ := s.after(uint64(seq))
		write(w, http.StatusOK, eventsAnswer{Events: events, Last: last}, nil)
		return
	}
	if id, err := strconv.Atoi(r.Header.Get("Last-Event-ID")); err == nil && id > seq { // a browser goes on
		seq = id
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	for last := uint64(seq); ; {
		events, _, more := s.after(last)
		for _, h := range events {
			text, err := json.Marshal(h)
			if err != nil {
				panic(err) // happenings are made of plain values
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", h.Seq, h.Kind, text); err != nil {
				return
			}
			last = h.Seq
		}
		if flush.Flush() != nil {
			return // nobody can be told as it happens
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		}
	}
}
