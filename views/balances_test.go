package views

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
)

// refreshed lets days or weeks pass, as the steps of the clock's dialog say, with a
// refresh of the link's accounts and transactions after each.
func (w *world) refreshed(steps ...string) {
	for _, step := range steps {
		w.Wait(time.Second)
		w.Press("C", "down")
		if step == "week" {
			w.Press("down")
		}
		w.Press("enter")
		w.Wait(time.Second)
		w.refreshNow()
		w.Wait(10 * time.Second)
	}
}

// TestGoldenBalancesOverWeeks shows recorded balances beside the derived ones.
func TestGoldenBalancesOverWeeks(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			var frame string
			in(t, size[0], size[1], func(t *testing.T, w *world) {
				w.at(t, 1)
				w.Press("enter", "3", "2")
				w.refreshed("day", "week", "day", "day", "week", "week", "day", "day")
				w.Press("h", "down", "down", "left", "left")
				frame = w.Frame()
			})
			golden.RequireEqual(t, frame+"\n")
		})
	}
}

func TestBalancesAreScrubbed(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "2", "h")
		w.Sees("▸ Balances", "Sat Jan 1 2000 · 90 days · USD", "read just now", "Checking · read Jan 1 00:00 · gap 0.00")
		w.Sees("5,916.45  Jan 1 00:00          5,916.45  0.00", "347,432.60 owed")
		w.Press("left", "left")
		w.Sees("Thu Dec 30 1999", "5,916.45  —", "Checking · nothing was recorded by then")
		w.Press("left")
		w.Sees("Wed Dec 29 1999", "5,916.45  —")
		w.Press("left") // before the coffee of that day
		w.Sees("Tue Dec 28 1999", "5,922.63  —")
		w.Press("pgup", "pgup")
		w.Sees("Thu Oct 28 1999")
		w.Press("pgdown", "right")
		w.Sees("Mon Nov 29 1999")
		w.Press("G", "right")
		w.Sees("Sat Jan 1 2000")
		w.Press("g", "left")
		w.Misses("1999 ·", "2000 ·")
		w.Press("down", "down", "G")
		w.Sees("Credit Card · read Jan 1 00:00 · gap 0.00")
	})
}

func TestTheChartFollowsTheDay(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "2", "h")
		w.Sees("Nov", "Dec", "Jan 1 ")
		w.Press("pgup", "pgup", "pgup")
		w.Sees("Oct 1 ", "Nov", "Dec") // at the left edge
		w.Misses("Sep")
		w.Press("left", "left", "left", "left", "left")
		w.Sees("Sun Sep 26 1999", "Sep 26", "Nov")
		w.Press("+", "+", "+")
		w.Sees("30 days", "Sep 26", "Oct 4")
		w.Misses("Nov 1")
		w.Press("-", "-")
		w.Sees("1 year", "Sep 26", "Jul")
		w.Press("-", "-", "-")
		w.Sees("all of the time", "Sep 26", "1999")
		w.Press("+")
		w.Sees("1 year")
		w.Press("+")
		w.Sees("90 days", "Sep 26", "Nov")
		w.Misses("E │") // recorded at the end
		w.Press("G")
		w.Sees("Sat Jan 1 2000", "E │")
	})
}

func TestBalancesInEachCurrency(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 11)
		w.Press("enter", "2", "h")
		w.Sees("90 days · GBP", "Home", "Credit Card", "3,573.98")
		w.Misses("16,019.136")
		w.Press("enter")
		w.Sees("only Home")
		w.Press("c")
		w.Sees("90 days · KWD", "16,019.136", "Savings")
		w.Misses("only", "Home", "3,573.98")
		w.Press("c", "c")
		w.Sees("90 days · JPY", "63,344")
		w.Press("c")
		w.Sees("90 days · GBP", "Home")
	})
}

func TestAnAccountIsDrawnAlone(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "2", "h")
		w.Sees("−300,000 ┤")
		w.Press("enter")
		w.Sees("only Checking", "5,000 ┤")
		w.Misses("−300,000 ┤")
		w.Press("down")
		w.Sees("only Rainy day", "32,500 ┤")
		w.Press("enter")
		w.Sees("−300,000 ┤")
		w.Press("esc", "enter", "h")
		w.Sees("Checking ▸ Balances", "A  Checking", "5,000 ┤")
		w.Misses("Rainy day", "enter alone")
	})
}

func TestBalancesFollowTheSandbox(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3", "2")
		w.refreshed("day")
		w.Press("h")
		w.Sees("Sun Jan 2 2000")
		w.Press("C", "down", "enter")
		w.Wait(time.Second)
		w.Sees("Mon Jan 3 2000") // it was on the last day
		w.Press("left", "left")
		w.Sees("Sat Jan 1 2000", "Jan 1 00:00") // the balance of then
		w.Press("C", "down", "enter")
		w.Wait(time.Second)
		w.Sees("Sat Jan 1 2000")
	})
}

func TestBalancesWithoutTransactions(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 6)
		w.Press("enter", "2", "h")
		w.Wait(time.Second)
		w.Sees("read Jan 1 00:00", "nothing to derive it from", "A")
		w.Misses("No balance", "not permitted")
	})
}

const nullAccount = `{"link":{"link_id":"mk_1","state":"connected"},"accounts":[{"account_id":"a","account_type":"depository.checking","name":"Mute",
	"balances":{"currency":"USD","current":null,"available":null,"limit":null}}]}`

func TestNoBalanceYet(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "/accounts", status(200, nullAccount))
		w.Press("enter", "2", "h")
		w.Sees("No balance is recorded yet.", "come back after the next refresh", "Mute")
		w.Press("left", "-", "g")
		w.Sees("No balance is recorded yet.")
	})
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("enter", "2")
		w.wire.breaks(http.MethodGet, "/accounts", status(200, `{"accounts":[]}`))
		w.Press("h")
		w.Sees("There are no accounts.")
		w.Press("left", "down", "c", "+")
		w.Sees("There are no accounts.")
	})
}

func TestBalancesTrouble(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("enter", "2", "h")
		w.Sees("Checking")
		w.Press("esc")
		w.wire.breaks(http.MethodGet, "", unplugged)
		w.Wait(3 * time.Minute)
		w.Press("h")
		w.Wait(10 * time.Second)
		w.Sees("Checking", "read 3m ago")
		if !strings.Contains(w.Drawn(), "Balances not brought up to date") {
			t.Error("nobody was told that the balances are old")
		}
	})
}
