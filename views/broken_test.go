package views

import (
	"testing"
	"time"

	"till/moneykit/sandbox"
)

// A first sync that breaks off is not the whole history.
func TestASyncThatBreaksOffSaysSo(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		if _, err := w.sandbox.AddFault(sandbox.Fault{Operation: "get_transactions_sync", LoopingCursor: true}); err != nil {
			t.Fatal(err)
		}
		w.at(t, 3)
		w.Press("enter", "3")
		w.Wait(15 * time.Second)
		w.Sees("500 transactions so far: the sync broke off before its end")
		w.Press("4")
		w.Wait(15 * time.Second)
		w.Sees("sync 1", "broken off before its end")
		w.Misses("all of the history")

		w.sandbox.ClearFaults()
		w.Press("3", "4")
		w.Wait(15 * time.Second)
		w.Sees("sync 2", "the rest of sync 1, and what came since")
		w.Press("3")
		w.Wait(15 * time.Second)
		w.Misses("so far")
	})
}

// What could not be read is read again when the link is in another state.
func TestAMendedLinkIsReadAgain(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		set := func(state string) {
			if err := w.sandbox.SetState(w.link(1), state, ""); err != nil {
				t.Fatal(err)
			}
			w.Wait(20 * time.Second)
		}
		w.at(t, 1)
		set("deleted")
		w.Press("enter", "2")
		w.Sees("gone")
		w.Misses("Checking")
		set("connected")
		w.Sees("Checking")
		w.Misses("gone")
	})
}
