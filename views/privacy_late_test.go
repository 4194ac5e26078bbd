package views

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// disconnect confirms that the link under the cursor, of Instant Bank, is disconnected.
func (w *world) disconnect() {
	w.Press("D")
	w.Type(canary + " Instant Bank")
	w.Press("enter")
}

// A toast tells the names of the session that it is of.
func TestPrivacyTakesToastsOff(t *testing.T) {
	t.Parallel()
	in(t, 100, 30, func(_ *testing.T, w *world) {
		w.at(t, 3)
		w.disconnect()
		w.Sees(canary + " Instant Bank is disconnected")
		w.Press("P")
		w.Sees("PRIVACY")
		w.Misses(canary)
	}, func(w *world) { maskable(t, w, newFakeMask()) })
}

// TestPrivacyDropsLateAnswers turns privacy on while a link is being disconnected, which
// ends when its session does, and tells so.
func TestPrivacyDropsLateAnswers(t *testing.T) {
	t.Parallel()
	in(t, 100, 30, func(_ *testing.T, w *world) {
		w.at(t, 3)
		answer := w.wire.fault
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				<-r.Context().Done()
				return nil, errors.New("late")
			}
			return answer(r)
		}
		w.disconnect()
		w.Press("P")
		w.Wait(time.Second)
		w.Sees("PRIVACY")
		w.Misses(canary, "disconnected")
	}, func(w *world) { maskable(t, w, newFakeMask()) })
}

// A sync that ends late is no news of the session that has begun since.
func TestPrivacyDropsLateSyncs(t *testing.T) {
	t.Parallel()
	in(t, 100, 30, func(_ *testing.T, w *world) {
		w.Press("P")
		w.Send(syncedMsg{of: &mirror.Mirror{}, link: moneykit.LinkID(w.link(3)), err: errors.New(canary)})
		w.Sees("PRIVACY")
		w.Misses(canary, "not synced")
	}, func(w *world) { maskable(t, w, newFakeMask()) })
}

// What is typed is an id, unless it is a pseudonym that is on screen.
func TestPrivacyOpensLinksByTheirIDs(t *testing.T) {
	t.Parallel()
	mask := newFakeMask()
	in(t, 100, 30, func(_ *testing.T, w *world) {
		id := w.link(3)
		for _, typed := range []string{id, mask.pseudonym(id)} {
			w.Press("o")
			w.Type(typed)
			w.Press("enter")
			w.Wait(time.Second)
			w.Sees("Nobody", mask.pseudonym(id))
			w.Misses("knows no link", id)
			w.Press("esc")
		}
	}, func(w *world) {
		w.first = First(maskable(t, w, mask), true, "", "")
	})
	in(t, 100, 30, func(_ *testing.T, w *world) {
		w.Sees("PRIVACY", "Nobody", "1 Overview")
		w.Misses("knows no link")
	}, func(w *world) {
		w.first = First(maskable(t, w, mask), true, "", moneykit.LinkID(w.link(3)))
	})
}
