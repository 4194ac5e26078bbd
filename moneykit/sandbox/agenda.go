package sandbox

import (
	"container/heap"
	"time"
)

// event is something that happens to a link at a moment, once a request comes
// in at or after it.
type event struct {
	at   time.Time
	turn uint64 // keeps events of the same moment in the order they were made
	do   func(at time.Time)
}

// agenda holds the events to come, the next one first.
type agenda struct {
	events eventHeap
	turns  uint64
}

// add puts an event on the agenda.
func (a *agenda) add(at time.Time, do func(at time.Time)) {
	a.turns++
	heap.Push(&a.events, event{at: at, turn: a.turns, do: do})
}

// settle lets everything happen that is due.
func (a *agenda) settle(now time.Time) {
	for len(a.events) > 0 && !a.events[0].at.After(now) {
		next := heap.Pop(&a.events).(event)
		next.do(next.at)
	}
}

type eventHeap []event

func (h eventHeap) Len() int { return len(h) }

func (h eventHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].turn < h[j].turn
	}
	return h[i].at.Before(h[j].at)
}

func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

func (h *eventHeap) Push(x any) { *h = append(*h, x.(event)) }

func (h *eventHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = event{}
	*h = old[:len(old)-1]
	return last
}
