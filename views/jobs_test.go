package views

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
)

// aDayLater is when no limit is in the way of a refresh any more.
func aDayLater(w *world) { w.controls.ahead = 25 * time.Hour }

// changes counts the requests of a kind that reached the wire.
func (w *world) changes(method, suffix string) int {
	n := 0
	for _, id := range w.sandbox.LinkIDs() {
		n += w.wire.asked(method + " /links/" + id + suffix)
	}
	return n
}

func TestMarkedLinksAreRefreshed(t *testing.T) {
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("a", "r")
		w.Sees("Refresh 12 marked links", "Which products?", "[x] accounts", "[ ] identity")
		w.Press("enter")
		w.Sees("Refresh 6 links", "fresh data: accounts and", "At Credentials Bank (3), Instant", "OAuth Bank (1).",
			"6 skipped: 5 not connected, 1 deleted.", "requests: about")
		w.Misses("charge")
		w.Press("enter") // which is no
		w.Misses("J shows it")
		w.Press("r", "enter", "y")
		w.Sees("⟳ refreshing 0 of 6 links · J shows it", "1 in flight")
		w.Misses("and 5 more")
		if n := w.changes("POST", "/products"); n != 6 {
			t.Errorf("%d refreshes", n)
		}
		w.Press("J")
		w.Sees("Links ▸ Refresh of 6 links", "6 in flight", "· 6 skipped", "accounts and transactions · began 01:00")
		w.Wait(time.Second)
		for range 100 {
			if strings.Contains(w.Frame(), "✕ Refresh of 6 links") {
				break
			}
			w.Wait(200 * time.Millisecond)
			w.Misses("refreshed ·", "in its transactions") // the toasts of single refreshes
		}
		w.Sees("✕ Refresh of 6 links  ", "5 done", "1 failed", "6 skipped", "0 in flight",
			"Refresh of 6 links: 5 done, 1 failed, 6 skipped · J shows them", "transactions (institution error)")
		w.Wait(time.Minute)
		w.Misses("J shows them")
		w.Press("esc")
		w.Sees("12 links", "12 marked")
	}, aDayLater)
}

func TestWhyMarkedLinksAreSkipped(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("a", "r", "enter")
		w.Sees("Refresh 4 links", "8 skipped: 6 not connected, 1 deleted, 1 limit", "not over (next at 00:39, in 40 min).")
		w.Press("esc")
		w.Press("esc")
		w.at(t, 11)
		w.Press("space", "r", "enter")
		w.Sees("Nothing to refresh", "1 skipped: limit not over (next at 00:39", "Close")
		w.Press("enter")
		w.Sees("1 marked")
		w.Misses("Nothing to refresh")
		w.Press("r", "space", "down", "down", "space", "down", "space", "enter") // identity in place of the others
		w.Sees("1 skipped: limit not over (next at 23:39")
		if n := w.changes("POST", "/products"); n != 0 {
			t.Errorf("%d refreshes", n)
		}
	})
}

func TestProductsWhoseLimitIsNotOver(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("a", "r", "down", "down", "space", "enter")
		w.Sees("Refresh 6 links", "fresh data: accounts,", "identity and transactions", "Left out, since their limit is not over:", "identity of 5 links.")
		w.Press("y")
		w.Wait(time.Second)
		if n := w.changes("POST", "/products"); n != 6 {
			t.Errorf("%d refreshes", n)
		}
	}, func(w *world) { w.controls.ahead = 2 * time.Hour })
}

func TestRefreshesOfLiveLinksMayBeCharged(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("a", "r", "enter")
		w.Sees("This profile is Live: MoneyKit may charge for", "refreshes.")
		w.Press("esc", "x")
		w.Sees("a reset is for testing, and this profile is Live")
	}, live, aDayLater)
}

// live lets till open a profile of the Sandbox that says it is Live.
func live(w *world) {
	w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
		return keystore.Profile{Name: "environment", Mode: keystore.Live, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID},
			moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
	}
	w.first = First(w.app, false, "", "")
}

func TestTheNumberOfLinksIsTyped(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("a", "D")
		w.Sees("Disconnect 11 links", "At Credentials Bank (5), Instant Bank (3), OAuth", "cannot be undone", `Type "11" to confirm`, "1 skipped: deleted.")
		for _, wrong := range []string{"", "12", "Credentials Bank"} {
			w.Type(wrong)
			w.Press("enter")
			w.Sees(`that is not "11": nothing happened`)
			for range wrong {
				w.Press("backspace")
			}
		}
		if n := w.changes("DELETE", ""); n != 0 {
			t.Fatalf("%d links are disconnected", n)
		}
		w.Type("11")
		w.Press("enter")
		w.Wait(3 * time.Second)
		w.Sees("12 links", "○ 12 deleted")
		if n := w.changes("DELETE", ""); n != 11 {
			t.Errorf("%d links are disconnected", n)
		}
		w.Press("D")
		w.Sees("Nothing to disconnect", "12 skipped: deleted.")
		w.Press("enter", "ctrl+r") // GET /links knows none of them
		w.Wait(time.Second)
		w.Sees("12 links")
	})
}

func TestOneMarkedLinkIsDisconnectedByName(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("space", "D")
		w.Sees("Disconnect 1 link", `Type "Credentials Bank" to confirm`)
	})
}

func TestMarkedLinksAreReset(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("a", "x")
		w.Sees("Reset 5 links?", "7 skipped: 6 not connected, 1 deleted.")
		w.Press("enter")
		if n := w.changes("POST", "/reset"); n != 0 {
			t.Fatalf("%d resets", n)
		}
		w.Press("x", "y")
		w.Wait(time.Second)
		w.Sees("✓ Reset of 5 links: 5 done, 7 skipped · J shows them", "✕ 9 error")
	})
}

// disconnects begins to disconnect 11 links, 4 at once, of which each takes 3 seconds.
func (w *world) disconnects() {
	w.wire.mu.Lock()
	w.wire.fault = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			return slowly(r)
		}
		return nil, nil
	}
	w.wire.mu.Unlock()
	w.Press("a", "D", "1", "1", "enter")
	w.Wait(time.Second)
}

func TestAJobIsPausedAndCancelled(t *testing.T) {
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.disconnects()
		w.Press("J")
		w.Sees("⟳ disconnecting 0 of 11 links   4 in flight", "z pause")
		w.Press("z")
		w.Sees("◌ paused · disconnecting", "z go on")
		w.Wait(time.Minute)
		w.Sees("paused · disconnecting 4 of 11 links   0 in flight", "✓ 4 done")
		if n := w.changes("DELETE", ""); n != 4 {
			t.Errorf("%d requests while paused", n)
		}
		w.Press("z")
		w.Wait(time.Second)
		w.Sees("⟳ disconnecting 4 of 11 links   4 in flight", "left")
		w.Press("c")
		w.Sees("being cancelled")
		w.Wait(5 * time.Second)
		w.Sees("· Disconnect of 11 links   ", "8 done", "3 cancelled", "it was not begun")
		w.Press("z")
		w.Sees("this job is over")
		if n := w.changes("DELETE", ""); n != 8 {
			t.Errorf("%d requests", n)
		}
		w.Wait(time.Minute)
		w.Press("r") // the rest
		w.Sees("Disconnect 3 links", `Type "3" to confirm`)
		w.Press("3", "enter")
		w.Wait(5 * time.Second)
		w.Press("esc", "J")
		w.Sees("Links ▸ Jobs", "✓ Disconnect of 3 links", "· Disconnect of 11 links", "8 done, 3 cancelled")
		w.Press("down", "enter")
		w.Sees("Jobs ▸ Disconnect of 11 links")
	})
}

func TestAJobGoesOnBehindOtherScreens(t *testing.T) {
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.disconnects()
		w.Sees("⟳ disconnecting 0 of 11 links · J shows it", "1 in flight")
		w.Press("enter")
		w.Sees("Links ▸ Credentials Bank", "⟳ disconnecting 0 of 11 links")
		w.Wait(3 * time.Second)
		w.Sees("⟳ disconnecting 4 of 11 links")
		w.Press("q")
		w.Sees("1 job is still in flight", "the rest is not done")
		w.Press("esc")
		w.Wait(6 * time.Second)
		w.Sees("✓ Disconnect of 11 links: 11 done, 1 skipped · J shows them", "0 in flight")
	})
}

func TestWhatFailedIsTriedAgain(t *testing.T) {
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.wire.breaks("DELETE", w.link(2), status(422, `{"error_code":"link_error.bad_state","error_message":"Not now."}`))
		w.Press("a", "D", "1", "1", "enter")
		w.Wait(3 * time.Second)
		w.Sees("✕ Disconnect of 11 links: 10 done, 1 failed, 1 skipped")
		w.wire.mends()
		w.Press("J", "r")
		w.Sees("Disconnect 1 link", `Type "OAuth Bank" to confirm`)
		w.Type("OAuth Bank")
		w.Press("enter")
		w.Wait(3 * time.Second)
		if n := w.changes("DELETE", ""); n != 12 {
			t.Errorf("%d requests", n)
		}
		w.Wait(6 * time.Second) // the failure of before stays for a while
		w.Sees("✓ Disconnect of 1 link: 1 done · J shows them")
		w.Wait(time.Minute)
		w.Press("r") // the job is what it was; its link is gone by now
		w.Sees("Nothing to disconnect", "1 skipped: deleted.")
	})
}

func TestAJobPausesWithoutNetwork(t *testing.T) {
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.wire.mu.Lock()
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				return unplugged(r)
			}
			return nil, nil
		}
		w.wire.mu.Unlock()
		w.Press("a", "D", "1", "1", "enter")
		w.Wait(time.Second)
		w.Sees("Disconnect of 11 links is paused. MoneyKit cannot be reached")
		w.Press("J")
		w.Sees("Paused, since no link would fare better: ", "unknown", "it may or may not be done.")
		w.wire.mends()
		w.Press("z")
		w.Wait(3 * time.Second)
		w.Sees("✕ Disconnect", "unknown", "done")
		w.Press("r")
		w.Sees("to confirm")
	})
}

func TestAJobTellsThatMoneyKitAskedForAPause(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.disconnects()
		w.Press("J")
		w.Misses("asked for a pause")
		w.wire.breaks("GET", "", status(429, `{"error_code":"api_error.rate_limit_exceeded"}`, "Retry-After", "60"))
		w.Wait(20 * time.Second)
		w.Sees("MoneyKit asked for a pause until 00:0", "disconnecting")
		w.wire.mends()
		w.Wait(3 * time.Minute)
		w.Sees("✓ Disconnect of 11 links")
		w.Misses("asked for a pause")
	})
}

func TestResultsAreFiltered(t *testing.T) {
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.wire.breaks("POST", w.link(3)+"/reset", status(422, `{"error_code":"link_error.bad_state","error_message":"Not now."}`))
		w.Press("a", "x", "y")
		w.Wait(time.Minute)
		w.Press("J", "f")
		w.Sees("done only   4 of 12")
		w.Press("f")
		w.Sees("failed only   1 of 12", "▌ ✕ failed     Instant Bank")
		w.Press("y", "enter")
		if got := w.Clipboard(); !slices.Equal(got, []string{"req_broken"}) {
			t.Errorf("copied %q", got)
		}
		w.Sees("▸ Instant Bank", w.link(3)[:8])
		w.Press("esc", "f")
		w.Sees("skipped only   7 of 12")
		w.Press("/")
		w.Type("oauth")
		w.Sees("skipped only   2 of 12")
		w.Press("enter", "f")
		w.Sees("/oauth", "3 of 12")
		w.Misses("skipped only")
		w.Press("esc")
		w.Misses("of 12")
		w.Press("/")
		w.Type("xyz")
		w.Sees("No link matches the filter.")
	})
}

func TestResultsAreExported(t *testing.T) {
	t.Chdir(t.TempDir())
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.wire.breaks("POST", w.link(3)+"/reset", status(422, `{"error_code":"link_error.bad_state","error_message":"Not now."}`))
		w.Press("a", "x", "y")
		w.Wait(time.Minute)
		w.Press("J", "e")
		w.Sees("12 results will be written", "till-sandbox-results-20000101.csv")
		w.Press("enter", "enter")
		records := exported(t, "till-sandbox-results-20000101.csv")
		counts := map[string]int{}
		for _, outcome := range column(records, "outcome") {
			counts[outcome]++
		}
		if counts["done"] != 4 || counts["failed"] != 1 || counts["skipped"] != 7 {
			t.Errorf("%v", counts)
		}
		i := slices.Index(column(records, "link_id"), w.link(3))
		for name, want := range map[string]string{
			"job": "reset", "institution_name": "Instant Bank", "outcome": "failed", "request_id": "req_broken",
			"ended_at": "2000-01-01T00:00:00Z", "took_seconds": "0.000", "products": "", "allowed_at": "",
		} {
			if got := column(records, name)[i]; got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

func TestNoJobs(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("J")
		w.Sees("Links ▸ Jobs", "No job yet", "Mark links with space")
		w.Press("enter")
		w.Sees("there is no job under the cursor")
	})
}

func TestReadOnlyHasNoJobs(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("space", "a", "J")
		w.Sees("No job yet", "till is read-only")
		w.Press("esc")
		w.Misses("marked", "◆")
	}, func(w *world) { w.app.ReadOnly = true })
}

// TestWhatIsLeftOutOfARefresh tells why, product by product.
func TestWhatIsLeftOutOfARefresh(t *testing.T) {
	t.Parallel()
	const accounts, identity = moneykit.ProductAccounts, moneykit.ProductIdentity
	got := leftProducts(watch.Plan{Tasks: []watch.Task{
		{Limited: []moneykit.Product{accounts}, Denied: []moneykit.Product{identity}}, {Denied: []moneykit.Product{identity}}, {},
	}})
	if want := []string{
		"Left out, since their limit is not over: accounts of 1 link.",
		"Left out, since they are not permitted: identity of 2 links.",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestARefreshOfALinkThatIsDeletedMeanwhile is told in a sentence.
func TestARefreshOfALinkThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	if got := explain(moneykit.LinkDeleted).line(); !strings.Contains(got, "The link was disconnected.") {
		t.Errorf("%q", got)
	}
}
