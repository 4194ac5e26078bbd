package views

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
)

const (
	lastHour = time.Hour
	// incidentsOf is how far back incidents are looked for.
	incidentsOf = 24 * time.Hour
	// happenedPage is how many events are read at once.
	happenedPage = 1000
)

// fleetHealth is how all links are at one moment.
type fleetHealth struct {
	watch.Health
	at        time.Time // by the session's clock
	happened  happened
	hour      []watch.Event // of the last hour, newest first
	incidents []watch.Incident
	unread    error // why there are no events, nil when there are
}

// sample reports whether there are links that were not read yet.
func (f fleetHealth) sample() bool { return f.Read < f.Links }

// happened is what was seen to happen lately, dated by the session's clock: all of the
// last hour, and for a day what went wrong.
type happened struct {
	newest int64 // place in the mirror
	events []watch.Event
}

type healthMsg struct {
	ui.To
	health fleetHealth
}

// takeHealth looks at all links. It knows what happened before.
func takeHealth(ctx context.Context, w *watch.Watcher, store *mirror.Store, c clock, before happened, to ui.To) tea.Cmd {
	return func() tea.Msg {
		now := c.now()
		health := fleetHealth{Health: watch.Survey(knownSnapshots(w), now), at: now}
		health.happened, health.unread = before.more(ctx, store, &c, now)
		for _, e := range slices.Backward(health.happened.events) {
			if now.Sub(e.At) < lastHour {
				health.hour = append(health.hour, e)
			}
		}
		links := make(map[moneykit.InstitutionID]int, len(health.Institutions))
		for _, i := range health.Institutions {
			links[i.ID] = i.Links
		}
		health.incidents = watch.Incidents(health.happened.events, links)
		return healthMsg{to, health}
	}
}

// knownSnapshots returns what is known of every link. An id that MoneyKit does not know is none.
func knownSnapshots(w *watch.Watcher) []watch.Snapshot {
	return slices.DeleteFunc(w.Snapshots(), func(s watch.Snapshot) bool {
		return s.Link == nil && errors.Is(s.Err, moneykit.LinkNotFound)
	})
}

// more adds what has happened since, and drops what is too old by now.
func (h happened) more(ctx context.Context, store *mirror.Store, c *clock, now time.Time) (happened, error) {
	newest, fresh := h.newest, []watch.Event(nil)
	for before, over := int64(0), false; !over; {
		page, err := store.Events(ctx, "", before, happenedPage)
		if err != nil {
			return h, err
		}
		over = len(page) < happenedPage
		for _, kept := range page {
			if kept.Place <= h.newest || now.Sub(c.tell(kept.At)) >= incidentsOf {
				over = true
				break
			}
			newest, before = max(newest, kept.Place), kept.Place
			if e := dated(eventOf(kept).Event, c); matters(e, now) {
				fresh = append(fresh, e)
			}
		}
	}
	slices.Reverse(fresh)
	old := slices.DeleteFunc(slices.Clone(h.events), func(e watch.Event) bool { return !matters(e, now) })
	return happened{newest, append(old, fresh...)}, nil
}

// dated tells an event's times by the session's clock.
func dated(e watch.Event, c *clock) watch.Event {
	e.At, e.Since = c.tell(e.At), c.tell(e.Since)
	return e
}

func matters(e watch.Event, now time.Time) bool {
	wrong := e.Kind == watch.StateChanged && e.After.State == moneykit.InError
	return now.Sub(e.At) < lastHour || wrong && now.Sub(e.At) < incidentsOf
}
