package sandbox

import (
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

// tell adds a happening, with the Sandbox locked.
func (s *Sandbox) tell(h happening) {
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

// after returns the happenings since one, and a channel that is closed as soon
// as there are more.
func (s *Sandbox) after(seq uint64) ([]happening, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.chronicle.kept[max(0, len(s.chronicle.kept)-eventsKept):]
	for len(kept) > 0 && kept[0].Seq <= seq {
		kept = kept[1:]
	}
	return append([]happening{}, kept...), s.chronicle.fresh
}
