package views

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

// richLink is the seeded link that has every product.
const richLink = 3

func (w *world) opens(t *testing.T, link int, keys ...string) {
	t.Helper()
	w.at(t, link)
	w.Press("enter")
	w.Press(keys...)
}

// asks counts the requests for a part of a link.
func (w *world) asks(link int, part string) int {
	return w.wire.asked("GET /links/" + w.link(link) + part)
}

func TestNumbersAreHiddenUntilAsked(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		answer, err := w.client(t).AccountNumbers(t.Context(), moneykit.LinkID(w.link(richLink)))
		if err != nil {
			t.Fatal(err)
		}
		first := answer.Accounts[0].Numbers.ACH[0]
		end := "••••" + first.Account[len(first.Account)-4:]
		w.opens(t, richLink, "6")
		w.Sees("Checking", end, "v show", "no numbers")
		w.Press("y")
		if copied := w.Clipboard(); len(copied) == 0 || copied[len(copied)-1] != first.Account {
			t.Errorf("copied %q", copied)
		}
		for _, number := range []string{first.Account, first.Routing, first.WireRouting} {
			if strings.Contains(w.Drawn(), number) {
				t.Errorf("%q was drawn before anybody asked", number)
			}
		}
		w.Press("v")
		w.Sees(first.Account, first.Routing, first.WireRouting, "v hide")
		w.Press("v")
		w.Misses(first.Account)
		w.Press("v", "5", "6")
		w.Sees(end)
		w.Misses(first.Account, first.Routing)
		w.Press("v", "tab", "shift+tab")
		w.Misses(first.Account)
		w.Press("G", "y")
		w.Sees("the account has no number")
		if n := w.asks(richLink, "/accounts/numbers"); n != 2 { // one of them is this test's
			t.Errorf("asked %d times", n)
		}
	})
}

func TestAProductThatTheLinkLacksIsNotAskedFor(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.opens(t, 6, "3")
		w.Sees("made without transactions", "A relink (R) can ask the customer for transactions.")
		w.Misses("try again")
		w.Press("1", "3")
		w.Sees("made without transactions")
		w.Press("5")
		w.Sees("made without identity", "A relink (R) can ask the customer for identity.")
		w.Press("6")
		w.Sees("made without account numbers")
		w.Press("7")
		w.Sees("made without investments")
		w.Wait(time.Minute)
		for _, part := range []string{"/identity", "/accounts/numbers", "/investments/holdings", "/transactions/sync"} {
			if n := w.asks(6, part); n != 0 {
				t.Errorf("%s was asked for %d times", part, n)
			}
		}
	})
}

func TestAProductIsAskedForWhenItsTabIsOpen(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.opens(t, richLink, "2", "3", "9")
		if n := w.asks(richLink, "/identity"); n != 0 {
			t.Errorf("asked %d times before it was opened", n)
		}
		w.wire.breaks(http.MethodGet, "/identity", func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return nil, nil
		})
		w.Press("5", "1", "5")
		w.Sees("Reading the identity…")
		w.Wait(2 * time.Second)
		w.Sees("email", "owns")
		if n := w.asks(richLink, "/identity"); n != 1 {
			t.Errorf("asked %d times", n)
		}
		w.Press("9")
		w.refreshes("identity")
		if n := w.asks(richLink, "/identity"); n != 1 {
			t.Errorf("asked %d times while the tab was closed", n)
		}
		w.Press("5")
		if n := w.asks(richLink, "/identity"); n != 2 {
			t.Errorf("asked %d times after a refresh", n)
		}
		w.Press("7")
		w.refreshes("investments")
		if n := w.asks(richLink, "/investments/holdings"); n != 2 {
			t.Errorf("asked %d times while the tab was open", n)
		}
	})
}

// refreshes asks for one product and waits until it is there.
func (w *world) refreshes(product string) {
	w.Press("r")
	for range 6 { // that product alone is ticked
		row := w.Row("▌ [")
		if strings.Contains(row, "[x]") != strings.Contains(row, "] "+product) {
			w.Press("space")
		}
		w.Press("down")
	}
	w.Press("enter")
	w.Wait(10 * time.Second)
}

// TestAProductOfALinkThatWasNotRead asks for it as soon as the link is known.
func TestAProductOfALinkThatWasNotRead(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("o")
		w.Type(w.link(richLink))
		w.Press("enter", "7")
		w.Sees("Not now.", "r try again")
		if n := w.asks(richLink, "/investments/holdings"); n != 0 {
			t.Errorf("asked %d times", n)
		}
		w.wire.mends()
		w.Press("r")
		w.Wait(time.Second)
		w.Sees("FNDSX", "total")
		if n := w.asks(richLink, "/investments/holdings"); n != 1 {
			t.Errorf("asked %d times", n)
		}
	}, func(w *world) {
		w.wire.breaks(http.MethodGet, w.link(richLink), status(400, `{"error_message":"Not now."}`))
	})
}

func TestWithoutPermissionATabSaysSo(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		for _, c := range []struct{ key, part, shows string }{{"5", "/identity", "owns"}, {"6", "/accounts/numbers", "••••"}, {"7", "/investments/holdings", "total"}} {
			w.wire.breaks(http.MethodGet, c.part, status(403, `{"error_code":"link_error.forbidden_action","error_message":"Ask the customer."}`))
			w.opens(t, richLink, c.key)
			w.Sees("This data was not permitted for the link. Ask the customer.", "req_broken", "r try again")
			w.wire.mends()
			w.Press("r")
			w.Sees(c.shows)
			w.Misses("not permitted", "r try again")
			w.Press("esc")
		}
	})
}

// inShopWith is inShop with the mirror in dir, and sensitive data in it or not.
func inShopWith(t *testing.T, dir string, sensitive bool, test func(*testing.T, *world), fault func(*http.Request) (*http.Response, error)) {
	t.Helper()
	in(t, 120, 40, test, func(w *world) {
		w.wire.fault = fault
		w.app.MirrorSensitive = sensitive
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) {
			return OpenMirror(t.Context(), keyed(1), dir, shop)
		}
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
	})
}

// kept opens the mirror in dir and returns what it keeps of a product.
func kept(t *testing.T, dir string, link string, product moneykit.Product) mirror.Answer {
	t.Helper()
	opened, err := OpenMirror(t.Context(), keyed(1), dir, shop)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Store.Close() }()
	answer, err := opened.Store.Answer(t.Context(), moneykit.LinkID(link), product)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestInvestmentsAreThereAtOnce(t *testing.T) {
	t.Parallel()
	dir, id := t.TempDir(), ""
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		id = w.link(richLink)
		w.opens(t, richLink, "7")
		w.Sees("FNDSX", "total 63,743.93 USD", "cost basis")
		w.Misses("as read")
	}, nil)
	answer := kept(t, dir, id, moneykit.ProductInvestments)
	if !strings.Contains(string(answer.Body), "FNDSX") || strings.Contains(string(answer.Body), "link_id") || answer.RequestID == "" {
		t.Errorf("%s %s", answer.RequestID, answer.Body)
	}
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		w.opens(t, richLink, "7")
		w.Sees("FNDSX", "total 63,743.93 USD", "as read")
		w.Wait(20 * time.Second)
		w.Sees("FNDSX", "as read")
		if !strings.Contains(w.Drawn(), "Investments not brought up to date") {
			t.Error("nobody was told that the investments are old")
		}
		w.wire.mends()
		w.Press("1", "7")
		w.Sees("FNDSX")
		w.Misses("as read")
	}, unplugged)
}

func TestNumbersAndIdentityAreKeptOnlyOnDemand(t *testing.T) {
	t.Parallel()
	dir, id := t.TempDir(), ""
	look := func(t *testing.T, w *world) {
		id = w.link(richLink)
		w.opens(t, richLink, "5")
		w.Sees("Mbeki")
		w.Press("6")
		w.Sees("••••")
	}
	holds := func(want bool) {
		t.Helper()
		for _, product := range []moneykit.Product{moneykit.ProductIdentity, moneykit.ProductAccountNumbers} {
			if got := len(kept(t, dir, id, product).Body) > 0; got != want {
				t.Errorf("%s is kept: %v", product, got)
			}
		}
	}
	inShopWith(t, dir, false, look, nil)
	holds(false)
	inShopWith(t, dir, true, look, nil)
	holds(true)
	inShopWith(t, dir, true, look, unplugged)
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		w.opens(t, richLink, "5")
		w.Wait(20 * time.Second)
		w.Sees("MoneyKit cannot be reached")
		w.Misses("Mbeki")
	}, unplugged)
	holds(false)
}
