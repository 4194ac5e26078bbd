package views

import (
	"testing"
	"time"
)

// TestOldDataTellsItsAge leaves till, and comes back without a network.
func TestOldDataTellsItsAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		w.opens(t, 1, "2", "3")
		w.Sees("602 transactions")
		w.Misses("as synced", "as read")
	}, nil)
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		w.opens(t, 1, "3")
		w.Wait(20 * time.Second)
		w.Sees("602 transactions", "as synced ", "s ago · Jan 1 00:00")
		w.Press("/")
		w.Type("stone")
		w.Press("enter")
		w.Sees("/stone", "as synced")
		w.Press("2")
		w.Wait(20 * time.Second)
		w.Sees("3 accounts", "as read ", "s ago · Jan 1 00:00")
		w.wire.mends()
		w.Press("1", "2")
		w.Wait(time.Second) // a token that others asked for before may be waited for
		w.Misses("as read")
		w.Press("3")
		w.Sees("602", "/stone")
		w.Misses("as synced")
	}, unplugged)
}
