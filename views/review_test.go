package views

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestARelinkThatIsRefusedAtOnceEnds(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 4)
		w.wire.breaks(http.MethodPost, "/connect/next", status(404, `{"error_code":"session_not_found","displayed_message":"The session is over"}`))
		w.Press("R", "enter")
		w.Sees("The session is over", "session_not_found", "req_broken", "r try again")
		if n := w.wire.asked("POST /sandbox/connect/next"); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestAFailedSyncIsTriedAgainByLooking(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "4", "esc")
		w.wire.breaks(http.MethodGet, "/transactions/sync", status(500, `{}`))
		w.refreshNow()
		w.Wait(4 * time.Second)
		w.Sees("not synced", "req_broken")
		w.Press("d")
		w.Sees("sync 1 ·", "not brought up to date")
		w.wire.mends()
		w.Press("1", "4")
		w.Sees("sync 2 ·", "pending → posted")
	})
}

func TestARelinkBringsItsTransactions(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 2)
		w.Press("enter", "4")
		w.Sees("sync 1 ·")
		w.Press("R", "enter", "enter")
		w.Wait(10 * time.Second)
		w.Sees("● connected", "sync 2 ·")
	})
}

func TestALinkOnScreenStaysFreshWhereverItIsListed(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("/")
		w.Type("instant")
		w.Press("enter", "o")
		w.Type(w.link(5)) // connecting, and hidden by the filter
		w.Press("enter")
		w.Sees("◌ connecting")
		w.Wait(50 * time.Second)
		w.Sees("● connected")
		asked := w.wire.asked("GET /links/" + w.link(5))
		w.Press("esc")
		w.Wait(time.Minute)
		// Once, since it has changed not long ago.
		if now := w.wire.asked("GET /links/" + w.link(5)); now > asked+1 {
			t.Errorf("read %d more times after its screen was left", now-asked)
		}
	})
}

func TestReadsThatFailAreSeenInTheList(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "", status(403, `{"error_code":"link_error.forbidden_action","error_message":"no"}`))
		w.Wait(time.Minute)
		w.Sees("✕ reads fail", "● connected?")
		w.wire.mends()
		w.Wait(5 * time.Minute)
		w.Sees("● online")
		w.Misses("connected?")
	})
}

func TestAnIncompleteListSaysSo(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Sees("list incomplete · ctrl+r", "req_broken")
		w.wire.mends()
		w.Press("ctrl+r")
		w.Misses("list incomplete")
	}, func(w *world) { w.wire.breaks(http.MethodGet, "/links", status(500, `{}`)) })
}

func TestAFilterWithoutAMatchCanBeCleared(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(2 * time.Second)
		w.Press("/")
		w.Type("zzz")
		w.Press("enter")
		w.Sees("no link matches")
		w.Press("r")
		w.Sees("no link under the cursor")
		w.Press("esc")
		w.Sees("● 5 connected")
	}, func(w *world) { w.wire.breaks(http.MethodGet, "/links", unplugged) })
}

func TestNewsMoveNoRowFromUnderTheCursor(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("/")
		w.Type("connected")
		w.Press("enter")
		before := w.Row("▌")
		w.refreshNow()
		w.Sees("⟳ refreshing")
		if now := w.Row("▌"); strings.Fields(now)[6] != strings.Fields(before)[6] {
			t.Errorf("the cursor went from\n%s\nto\n%s", before, now)
		}
	})
}

func TestSumsAreKeptApartWithoutNames(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "/accounts", status(500, `{}`))
		w.at(t, 1)
		w.Press("enter", "d")
		if n := strings.Count(w.Row("net  "), "acc_"); n < 2 {
			t.Errorf("the sums of %d accounts are told:\n%s", n, w.Frame())
		}
	})
}

func TestAnAnswerClosesNoDialogButItsOwn(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.at(t, 1)
		w.refreshNow()
		w.at(t, 2)
		slow := make(chan struct{})
		w.wire.breaks(http.MethodPost, "/sandbox/connect", func(*http.Request) (*http.Response, error) {
			<-slow
			return nil, nil
		})
		w.Press("R", "enter", "enter")
		w.Sees("Waiting for the bank")
		w.Press("ctrl+c")
		w.Sees("Leave till?")
		close(slow)
		w.Settle()
		w.Sees("Leave till?")
		w.Press("esc")
		w.Misses("Waiting for the bank")
	})
}

func TestARefreshIsSeenWhileItsBaselineIsRead(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		slow := make(chan struct{})
		w.wire.breaks(http.MethodGet, "/transactions/sync", func(*http.Request) (*http.Response, error) {
			<-slow
			return nil, nil
		})
		w.refreshNow()
		w.Sees("⟳ refreshing", "1 in flight", "requested")
		w.Press("r")
		w.Sees("already in flight")
		w.wire.mends()
		close(slow)
		w.Wait(5 * time.Second)
		w.Sees("0 in flight", "in its transactions")
	})
}

func TestALinkWithoutANameIsConfirmedByItsID(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("D", "enter")
		w.Sees(`Type "mk_`, "that is not")
		if n := w.wire.asked("DELETE /links/" + w.link(1)); n != 0 {
			t.Errorf("%d requests to delete were sent", n)
		}
	}, func(w *world) {
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, w.link(1)) {
				return nil, nil
			}
			return status(200, `{"link_id":"`+w.link(1)+`","state":"connected"}`)(r)
		}
	})
}
