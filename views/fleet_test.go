package views

import (
	"net/http"
	"testing"
	"time"
)

func TestSyncAll(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("u")
		w.Wait(4 * time.Second)
		w.Sees("7 links synced: +")
		w.Misses("u cancels", "cancel sync")
		synced := 0
		for _, id := range w.sandbox.LinkIDs() {
			if w.wire.asked("GET /links/"+id+"/transactions/sync") > 0 {
				synced++
			}
		}
		if synced != 7 {
			t.Errorf("%d links were synced", synced)
		}
		w.Press("enter", "d")
		w.Sees("sync 1", "all of the history")
	})
}

func TestSyncTheMarked(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Press("space", "down", "space", "u")
		w.Wait(4 * time.Second)
		w.Sees("2 links synced: +")
	})
}

// TestSyncIsCancelled begins with a MoneyKit that does not answer.
func TestSyncIsCancelled(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.wire.breaks("GET", "/transactions/sync", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		w.Press("u")
		w.Wait(time.Second)
		w.Sees("syncing 0 of 7 links", "1 in flight", "cancel sync")
		w.Press("q")
		w.Sees("in flight")
		w.Press("esc", "u")
		w.Sees("0 links synced", "7 left out")
		w.Misses("u cancels")
	})
}

func TestSyncThatFailsForSome(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.wire.breaks("GET", w.link(1)+"/transactions/sync", status(400, `{"error_code":"link_error.bad_state","error_message":"Not now."}`))
		w.Press("u")
		w.Wait(4 * time.Second)
		w.Sees("6 links synced", "1 failed. Credentials Bank: Not possible")
	})
}

// slowly holds an answer up for a while.
func slowly(*http.Request) (*http.Response, error) {
	time.Sleep(3 * time.Second)
	return nil, nil
}

func TestWhatASyncOfManyBringsIsNewsAtOnce(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.wire.breaks("GET", w.link(1)+"/transactions/sync", slowly)
		w.Press("u", "N")
		w.Wait(2 * time.Second)
		w.Sees("syncs of 6 links")
		w.Wait(10 * time.Second)
		w.Sees("7 syncs of 7 links")
	})
}
