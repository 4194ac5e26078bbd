package sandbox

import (
	"container/heap"
	"time"
)

// duty is what the Sandbox does when the time has come.
type duty string

const (
	startAttempt  duty = "attempt"
	finishRefresh duty = "refresh"
	finishConnect duty = "connect"
	sendWebhook   duty = "webhook"
)

// event is something that happens at a moment, once the clock is looked at
// after it. It is plain data, so that it can be kept.
type event struct {
	At    time.Time `json:"at"`
	Turn  uint64    `json:"turn"` // keeps events of the same moment in the order they were made
	Duty  duty      `json:"duty"`
	Place int       `json:"place"` // of the link
	// Epoch is that of the link when the event was made: it is void in another.
	Epoch    int     `json:"epoch,omitempty"`
	Product  product `json:"product,omitempty"`
	Delivery string  `json:"delivery,omitempty"` // token of a webhook
}

// agenda holds the events to come, the next one first.
type agenda []event

func (a agenda) Len() int { return len(a) }

func (a agenda) Less(i, j int) bool {
	if a[i].At.Equal(a[j].At) {
		return a[i].Turn < a[j].Turn
	}
	return a[i].At.Before(a[j].At)
}

func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push and Pop serve container/heap.
func (a *agenda) Push(e any) { *a = append(*a, e.(event)) }

// Pop removes the last event of the slice.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// plan puts an event on the agenda, at a time that the clock tells.
func (s *Sandbox) plan(e event) {
	s.Turns++
	e.Turn, e.At = s.Turns, e.At.Truncate(time.Microsecond)
	heap.Push(&s.Agenda, e)
	s.changed()
}

// settle lets everything happen that is due.
func (s *Sandbox) settle(now time.Time) {
	for len(s.Agenda) > 0 && !s.Agenda[0].At.After(now) {
		s.happen(heap.Pop(&s.Agenda).(event))
	}
}

func (s *Sandbox) happen(e event) {
	if e.Duty == sendWebhook {
		s.outbox = append(s.outbox, e.Delivery)
		return
	}
	l := s.linkAt(e.Place)
	if l.Epoch != e.Epoch {
		return
	}
	switch e.Duty {
	case startAttempt:
		s.startAttempt(l, e.Product, e.At)
	case finishRefresh:
		s.finishRefresh(l, e.Product, e.At)
	case finishConnect:
		s.finishConnecting(l, e.At)
	}
}
