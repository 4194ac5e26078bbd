package views

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// synced puts n syncs of a link into a store, one each step before at: each brings a
// transaction of a dollar.
func synced(t *testing.T, store *mirror.Store, link moneykit.LinkID, n int, at time.Time, step time.Duration) {
	t.Helper()
	head, err := store.Head(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= n; i++ {
		seq := head.Seq + i
		page := mirror.Page{
			Seq: seq, At: at.Add(-time.Duration(n-i) * step), Before: head.Cursor, After: fmt.Sprint(link, "-", seq), RequestID: fmt.Sprint("req_", seq),
			Created: []moneykit.Transaction{bought(fmt.Sprint(link, "-", seq), "1", "1", 17, false)},
		}
		if _, err := store.Apply(t.Context(), link, page); err != nil {
			t.Fatal(err)
		}
		head.Cursor = page.After
	}
}

// inNews runs test in a profile whose mirror the test fills.
func inNews(t *testing.T, test func(*testing.T, *world, *mirror.Store)) {
	t.Helper()
	store := memory(t)
	inShop(t, func() (KeptMirror, error) { return KeptMirror{Store: store}, nil }, func(t *testing.T, w *world) {
		test(t, w, store)
	})
}

func TestWhatChangedSinceILastLooked(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("N")
		w.Sees("What changed", "No sync has brought a transaction yet.", "you have not looked before")
		w.Wait(time.Minute)
		w.Press("esc", "enter", "d", "esc")
		w.Wait(time.Minute)
		w.Press("N")
		w.Sees("1 sync of 1 link: +602 ~0 −0", "since Jan 1 00:00", "Credentials Bank", "+14,488.62 USD", "602 changes in all")
		w.Wait(time.Minute)
		w.Press("esc", "N")
		w.Sees("Nothing has changed since Jan 1 00:02.")
		w.Press("right")
		w.Sees("▌since yesterday", "since Dec 31 00:00", "1 sync of 1 link")
		w.Press("]", "right", "right")
		w.Sees("▌everything", "1 sync of 1 link")
		w.Press("left", "[", "left", "left")
		w.Sees("▌since I last looked", "Nothing has changed")
	})
}

func TestNewSyncsAreAddedWhileOneLooks(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "d", "esc")
		w.refreshNow()
		w.Press("N")
		w.Sees("▌ Jan 1 00:00", "1 sync of 1 link")
		w.Wait(5 * time.Second)
		w.Sees("2 syncs of 1 link: +608 ~3 −0", "602 changes in all")
		if row := w.Row("▌ Jan"); !strings.Contains(row, "602") {
			t.Errorf("the cursor has left its sync: %s", row)
		}
		w.Press("up")
		w.Sees("sync 2 ·", "+6 ~3 −0", "pending → posted", "Harbour Ferry Line")
		w.Press("enter")
		w.Sees("▌4 Changes", "sync 2 ·", "◂ sync 1")
		w.Press("esc", "down", "enter")
		w.Sees("▌4 Changes", "sync 1 ·", "sync 2 ▸")
		w.Press("1", "4")
		w.Sees("sync 2 ·") // from then on the newest, as ever
	})
}

func TestWhatChangedIsReadByThePage(t *testing.T) {
	t.Parallel()
	inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
		synced(t, store, "mk_a", 150, time.Now(), time.Minute)
		synced(t, store, "mk_b", 101, time.Now().Add(-time.Second), time.Minute)
		w.Press("N")
		w.Sees("100 syncs of 2 links so far: +100 ~0 −0")
		w.Press("G")
		w.Sees("200 syncs of 2 links so far: +200")
		w.Press("G")
		w.Sees("251 syncs of 2 links: +251")
		w.Press("G")
		w.Sees("sync 1 ·", "mk_a", "−1.00 USD")
		synced(t, store, "mk_b", 1, time.Now(), 0)
		w.Send(syncedMsg{link: "mk_b"})
		w.Sees("252 syncs of 2 links: +252", "sync 1 ·")

		w.Press("g")
		synced(t, store, "mk_b", 300, time.Now().Add(time.Hour), time.Millisecond)
		w.Send(syncedMsg{link: "mk_b"})
		w.Sees("100 syncs of 1 link so far") // none of those that are there follows on them
	})
}

func TestTheSpansOfWhatChanged(t *testing.T) {
	t.Parallel()
	inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
		now := time.Now()
		for i, ago := range []time.Duration{30 * 24 * time.Hour, 6 * 24 * time.Hour, 25 * time.Hour, 23 * time.Hour, time.Hour} {
			synced(t, store, moneykit.LinkID(fmt.Sprint("mk_", i)), 1, now.Add(-ago), 0)
		}
		w.Press("N")
		w.Sees("5 syncs of 5 links: +5 ~0 −0")
		w.Press("right")
		w.Sees("▌since yesterday", "since Dec 31 00:00", "2 syncs of 2 links")
		w.Press("right")
		w.Sees("▌last 7 days", "since Dec 25 00:00", "4 syncs of 4 links")
		w.Press("right")
		w.Sees("▌everything", "5 syncs of 5 links")
	})
}

func TestWhatChangedByTheSandboxesClock(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("enter", "d", "esc")
		w.Wait(time.Minute)
		w.Press("C", "down", "down", "enter") // a week on
		w.Wait(time.Minute)
		w.Press("down", "down", "enter", "d", "esc", "N", "right")
		w.Sees("▌since yesterday", "since Jan 7 00:00", "1 sync of 1 link", "▌ Jan 8 00:02   Instant Bank")
		w.Press("right", "right")
		w.Sees("2 syncs of 2 links", "Jan 1 00:00   Credentials Bank")
	})
}

func TestWhatChangedThatCannotBeRead(t *testing.T) {
	t.Parallel()
	inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
		synced(t, store, "mk_a", 1, time.Now(), 0)
		w.Press("N")
		w.Sees("1 sync of 1 link")
		_ = store.Close()
		w.Send(syncedMsg{link: "mk_a"})
		w.Sees("1 sync of 1 link", "What changed not brought up to date", "r try again")
		w.Press("right") // of which nothing is known
		w.Sees("▌since yesterday", "r try again")
		w.Misses("1 sync of 1 link", "Nothing has changed", "Reading")
		w.Press("r", "esc", "N")
		w.Sees("▌since I last looked", "r try again")
		w.Misses("Nothing has changed", "Reading")
	})
}

func TestWhatCannotBeReadFarDownIsLeft(t *testing.T) {
	t.Parallel()
	inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
		synced(t, store, "mk_a", 80, time.Now(), time.Minute)
		w.Press("N", "G")
		w.Sees("80 syncs of 1 link")
		_ = store.Close()
		w.Press("right")
		w.Sees("▌since yesterday", "r try again")
		w.Send(syncedMsg{link: "mk_a"})
		w.Wait(time.Minute)
		w.Sees("▌since yesterday", "r try again")
	})
}

func TestALargeSyncIsNotAddedUp(t *testing.T) {
	t.Parallel()
	inNews(t, func(t *testing.T, w *world, store *mirror.Store) {
		for i, n := range []int{mostSummed, mostSummed + 1} {
			link := moneykit.LinkID(fmt.Sprint("mk_", n))
			page := mirror.Page{Seq: 1, At: time.Now().Add(time.Duration(i) * time.Second), After: "c1", Created: made(t, n)}
			if _, err := store.Apply(t.Context(), link, page); err != nil {
				t.Fatal(err)
			}
		}
		w.Press("N")
		w.Sees("not added up", "−2,000,000.00", "2,001 changes, too many to add up here.", "enter opens them")
		w.Misses("Reading the changes", "Shop")
		w.Press("down")
		w.Sees("Shop 1999", "2,000 changes in all")
	})
}

func TestWhatIsMovedIsSummedByCurrency(t *testing.T) {
	t.Parallel()
	change := func(sum, currency string, kind moneykit.TransactionType) mirror.Change {
		x := bought(sum, "1", sum, 17, false)
		x.Currency, x.Type = currency, kind
		return mirror.Change{Kind: mirror.Created, After: x}
	}
	rows := newNewsRows(nil)
	of := newsKey{link: "mk_1", seq: 1}
	rows.sum(of, newChangeRows(1, []mirror.Change{
		change("3", "USD", moneykit.Debit), change("2.5", "EUR", moneykit.Credit), change("1", "USD", moneykit.Credit),
	}, nil), nil)
	if got := rows.nets[of].text; got != "+2.50 EUR  −2.00 USD" {
		t.Error(got)
	}
	rows.sum(of, changeRows{}, errors.New("none"))
	if got := rows.nets[of].text; got != none {
		t.Error(got)
	}
	for n, want := range map[int]string{0: "·", 7: "7", 999: "999", 1000: "1k", 12_345: "12k"} {
		if got := tallied(n, 3, 0).Text; got != want {
			t.Errorf("%d is told as %q", n, got)
		}
	}
}

func TestTheClockKnowsWhenItShowedATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ahead := time.Duration(0)
		c := &clock{sandbox: func() time.Time { return time.Now().Add(ahead) }}
		jump := func(by time.Duration) {
			time.Sleep(time.Hour)
			c.advances, ahead = append(c.advances, advance{time.Now(), by}), ahead+by
		}
		jump(24 * time.Hour)
		jump(2 * time.Hour)
		time.Sleep(time.Hour)
		for shown, want := range map[time.Duration]time.Duration{ // since the start
			-time.Hour: -time.Hour, 30 * time.Minute: 30 * time.Minute,
			time.Hour: time.Hour, 10 * time.Hour: time.Hour, 25 * time.Hour: time.Hour, 25*time.Hour + 1: time.Hour + 1,
			26 * time.Hour: 2 * time.Hour, 27 * time.Hour: 2 * time.Hour, 28 * time.Hour: 2 * time.Hour, 29 * time.Hour: 3 * time.Hour,
		} {
			if got := c.reached(start.Add(shown)).Sub(start); got != want {
				t.Errorf("%s was reached after %s, not %s", shown, got, want)
			}
		}
		if !(&clock{}).reached(start).Equal(start) || !c.reached(time.Time{}).IsZero() {
			t.Error("the clock of this machine was moved")
		}
	})
}
