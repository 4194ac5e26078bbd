package views

import (
	"net/http"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// TestMainJob walks the whole of it: the list, a link, a refresh, what it
// changed, a break, a relink, a disconnect.
func TestMainJob(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("12 links", "● 5 connected", "✕ 4 error", "◌ 2 connecting", "○ 1 deleted")
		w.at(t, 1)
		w.Press("enter")
		w.Sees("till ▸ Links ▸ Credentials Bank", "transactions", "ok")
		w.Press("2")
		w.Sees("Checking", "Savings", "owed")

		w.Press("r")
		w.Sees("[x] accounts", "[x] transactions", "[ ] identity")
		w.Press("enter")
		w.Sees("⟳ refreshing", "accounts and transactions")
		w.Wait(4 * time.Second)
		w.Sees("● connected", "0 in flight", "in its transactions")

		w.Press("d")
		w.Sees("sync 2", "◂ sync 1", "pending → posted", "net")
		w.Press("left")
		w.Sees("sync 1", "sync 2 ▸", "all of the history")
		w.Press("right")
		w.Sees("sync 2 ·")

		w.Press("x")
		w.Press("left", "enter")
		w.Sees("✕ auth expired", "needs a relink now")

		w.Press("R")
		w.Sees("auth expired", "accepts the login", "keeps its id and data")
		w.Press("enter")
		w.Sees("Username at Credentials Bank", "open", "change_screen")
		w.Type("user_good")
		w.Press("enter")
		w.Type("pass_good")
		w.Press("enter")
		w.Sees("◌ connecting", "success")
		w.Wait(6 * time.Second)
		w.Sees("● connected", "sync 3")

		w.Press("D")
		w.Type("credentials bank")
		w.Press("enter")
		w.Sees("○ deleted", "is disconnected")
		w.Press("esc")
		w.Sees("○ 2 deleted", "● 4 connected")
	})
}

func TestDisconnectAsksForTheName(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("D")
		w.Press("enter")
		w.Sees("nothing happened")
		w.Type("OAuth Bank")
		w.Press("enter")
		w.Sees("nothing happened")
		w.Press("esc")
		w.Sees("● 5 connected")
		if n := w.wire.asked("DELETE /links/" + w.link(1)); n != 0 {
			t.Errorf("%d requests to delete were sent", n)
		}
	})
}

func TestRefreshLimitTellsWhenTheNextIsAllowed(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.refreshNow()
		w.Wait(5 * time.Second)
		w.refreshNow()
		w.Sees("refreshed too recently", "next refresh allowed at 01:00", "in 60 min")
		w.Sees("0 in flight")
	})
}

func TestRefreshFailureShowsTheBanksReason(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 8)
		w.refreshNow()
		w.Wait(5 * time.Second)
		w.Sees("not refreshed: transactions (institution error)", "ANI!·E")
		w.Press("enter")
		w.Sees("✕ institution error")
	})
}

func TestRefreshTimesOut(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		// The request is taken, and then nothing ever comes of it.
		w.wire.breaks(http.MethodPost, "/products", func(r *http.Request) (*http.Response, error) {
			r.Method, r.URL.Path = http.MethodGet, "/links/"+w.link(1)
			r.Body = nil
			res, err := w.wire.sandbox.RoundTrip(r)
			if err == nil {
				res.StatusCode = http.StatusAccepted
			}
			return res, err
		})
		w.at(t, 1)
		w.refreshNow()
		w.Wait(time.Minute)
		w.Sees("1 in flight", "accepted")
		w.Wait(70 * time.Second)
		w.Sees("not refreshed within", "0 in flight")
	})
}

func TestConnectingLinkBecomesConnectedByItself(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("◌ 2 connecting")
		w.Wait(time.Minute)
		w.Sees("◌ 1 connecting", "● 6 connected")
	})
}

func TestOpenByID(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("o")
		w.Type("mk_unknown")
		w.Press("enter")
		w.Sees("MoneyKit knows no link with this id", "request id req_")
		w.Press("esc")
		w.Sees("12 links") // a mistyped id makes no row
		w.Press("o")
		w.Type("two words")
		w.Press("enter")
		w.Sees("a link id is one word")
	})
}

func TestFilterAndSort(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("/")
		w.Type("oauth")
		w.Sees("3 of 12")
		w.Misses("Instant Bank")
		w.Press("enter", "r") // keys work again once the filter is kept
		w.Press("esc", "esc")
		w.Sees("12 links")
		w.Press("s", "s")
		w.Sees("INSTITUTION ↓")
		w.Press("S")
		w.Sees("INSTITUTION ↑")
	})
}

func TestReadOnlyRemovesWhatChanges(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("read-only")
		w.Misses("r refresh", "R relink", "D disconnect")
		w.Press("D", "x", "r", "R")
		w.Misses("Type", "Relink", "Which products")
		w.Press(":")
		w.Misses("Disconnect", "Relink")
	}, func(w *world) { w.app.ReadOnly = true })
}

func TestLeavingAsksWhileAJobIsInFlight(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.refreshNow()
		w.Press("q")
		w.Sees("Leave till?", "1 job is still in flight")
		w.Press("esc")
		w.Wait(5 * time.Second)
		w.Misses("Leave till?")
		w.Press("q")
		if !w.Over() {
			t.Error("q does not leave when nothing is in flight")
		}
	})
}

func TestDisconnectWhileConnecting(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 5)
		w.Press("D")
		w.Type("Credentials Bank")
		w.Press("enter")
		w.Sees("Credentials Bank is disconnected")
		w.Wait(3 * time.Second)
		w.Sees("Credentials Bank is disconnected", "○ 2 deleted")
	})
}

func TestReloadFindsLinksMadeElsewhere(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("8 links")
		w.Wait(time.Minute) // one that was connecting is listed from now on
		w.Sees("8 links")
		w.Press("ctrl+r")
		w.Sees("9 links", "● 6 connected")
	}, func(w *world) { w.forget() })
}

func TestKeysTypedRightBehindADangerousOneFindItsDialog(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		burst := []tea.Msg{tea.KeyPressMsg{Code: 'D', Text: "D"}}
		for _, r := range "Credentials" {
			burst = append(burst, tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		w.Send(burst...)
		w.Sees("Disconnect Credentials Bank", "> Credentials")
	})
}

func TestChangingTheProfileAsksWhileAJobIsInFlight(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("r", "enter", "p", "enter")
		w.Sees("Leave these links?", "1 job is still in flight")
		w.Press("esc", "esc")
		w.Sees("⟳ refreshing")
		w.Press("p", "enter", "y")
		w.Sees("12 links", "0 in flight")
	})
}
