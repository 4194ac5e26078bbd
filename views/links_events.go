package views

import (
	"context"
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
)

// eventKeeper writes what has happened into the mirror, one batch at a time so that
// events stay in their order.
type eventKeeper struct {
	waiting []watch.Event
	writing bool
}

// keepEvents keeps what has happened.
func (l *linksScreen) keepEvents(events []watch.Event) tea.Cmd {
	k := &l.events
	k.waiting = append(k.waiting, events...)
	if k.writing || len(k.waiting) == 0 {
		return nil
	}
	batch := k.waiting
	k.waiting, k.writing = nil, true
	return putEvents(l.ctx, l.mirror, batch)
}

func putEvents(ctx context.Context, m *mirror.Mirror, events []watch.Event) tea.Cmd {
	return func() tea.Msg {
		kept := make([]mirror.Event, len(events))
		for i, e := range events {
			body, err := json.Marshal(e)
			if err != nil {
				return eventsKeptMsg{m, events, err}
			}
			kept[i] = mirror.Event{Link: e.Link, At: e.At, RequestID: e.RequestID, Body: body}
		}
		return eventsKeptMsg{m, events, m.Store().PutEvents(ctx, kept...)}
	}
}

// eventsKept goes on with what has happened meanwhile. That events are not kept is
// told once.
func (l *linksScreen) eventsKept(msg eventsKeptMsg) tea.Cmd {
	if msg.of != l.mirror {
		return nil // of the session before
	}
	l.events.writing = false
	var told tea.Cmd
	if msg.err != nil && l.unkeptEvents == nil && l.ctx.Err() == nil {
		told = ui.Toast(ui.Failure, "What happens to links is not kept. "+explain(msg.err).line())
	}
	l.unkeptEvents = msg.err
	return tea.Batch(told, l.keepEvents(nil))
}
