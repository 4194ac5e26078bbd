package views

import (
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// TestATabTellsWhatItsSyncBrought lets a tab sync over the news.
func TestATabTellsWhatItsSyncBrought(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{"transactions": "3 esc", "changes": "4 esc", "balances": "2 h esc esc"} {
		t.Run(name, func(t *testing.T) {
			in(t, 120, 40, func(t *testing.T, w *world) {
				w.Press("N")
				w.Sees("No sync has brought a transaction yet.")
				w.Press("o")
				w.Type(w.link(1))
				w.Press("enter")
				for _, key := range strings.Fields(keys) {
					w.Press(key)
					w.Wait(5 * time.Second)
				}
				w.Sees("1 sync of 1 link: +602")
				asked := w.wire.asked("GET /links/" + w.link(1) + "/transactions/sync")
				w.Wait(time.Minute)
				if again := w.wire.asked("GET /links/"+w.link(1)+"/transactions/sync") - asked; again > 0 {
					t.Errorf("it was synced %d times more", again)
				}
			})
		})
	}
}

// TestWhatOthersSyncIsShown removes all transactions while a screen shows them.
func TestWhatOthersSyncIsShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ keys, before, then string }{
		"transactions": {"3", "602 transactions", "There are no transactions."},
		"transaction":  {"3 enter", "▌ ○ pending", "▌ ● removed"},
		"changes":      {"4", "sync 1 ·", "sync 2 ·"},
		"balances":     {"2 h g", " 1998 ·", "Sat Jan 1 2000 ·"},
	} {
		t.Run(name, func(t *testing.T) {
			inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
				w.at(t, 1)
				w.Press("enter")
				w.Press(strings.Fields(test.keys)...)
				w.Wait(time.Second)
				w.Sees(test.before)
				link := moneykit.LinkID(w.link(1))
				asked := w.wire.asked("GET /links/" + w.link(1) + "/transactions/sync")
				head, err := store.Head(t.Context(), link)
				if err != nil {
					t.Fatal(err)
				}
				all, err := store.Transactions(t.Context(), link, mirror.Query{})
				if err != nil {
					t.Fatal(err)
				}
				page := mirror.Page{Seq: 2, At: time.Now(), Before: head.Cursor, After: "emptied"}
				for _, x := range all {
					page.Removed = append(page.Removed, x.ID)
				}
				if _, err := store.Apply(t.Context(), link, page); err != nil {
					t.Fatal(err)
				}
				w.Send(mirroredMsg{[]moneykit.LinkID{"mk_other"}})
				w.Misses(test.then)
				w.Send(mirroredMsg{[]moneykit.LinkID{"mk_other", link}})
				w.Sees(test.then)
				w.Wait(time.Minute)
				if again := w.wire.asked("GET /links/"+w.link(1)+"/transactions/sync") - asked; again > 0 {
					t.Errorf("it was synced %d times", again)
				}
			})
		})
	}
}
