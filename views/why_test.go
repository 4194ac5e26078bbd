package views

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/theme"
)

func TestWhyALinkIsStuck(t *testing.T) {
	for name, test := range map[string]struct {
		state moneykit.LinkState
		code  moneykit.LinkError
		step  string
		opens string // by enter
	}{
		"expired":    {moneykit.InError, moneykit.AuthExpired, "→ Relink: the customer logs in again", "Relink Credentials Bank"},
		"setup":      {moneykit.InError, moneykit.UserSetupRequired, "→ Ask the customer to log in at the bank", "Relink Credentials Bank"},
		"deleted":    {moneykit.Deleted, "", "→ Link anew: this link is gone", "New link"},
		"connecting": {moneykit.AwaitingTokenExchange, "", "", ""},
		"connected":  {moneykit.Connected, "", "● Nothing is wrong", "Reading the link again"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, 80, 24, func(t *testing.T, w *world) {
				if err := w.sandbox.SetState(w.link(1), string(test.state), string(test.code)); err != nil {
					t.Fatal(err)
				}
				w.Wait(20 * time.Second)
				w.at(t, 1)
				w.Press("w")
				w.Sees("▸ Why", "Credentials Bank", test.step, "EVIDENCE", "req_")
				w.Press("enter")
				w.Sees(test.opens)
			})
		})
	}
}

// TestEveryStepIsToldAndDone goes through all that a diagnosis may say.
func TestEveryStepIsToldAndDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := &whyScreen{}
		for _, test := range []struct {
			why    watch.Diagnosis
			told   string
			key    string
			danger bool
		}{
			{watch.Diagnosis{Step: watch.NoStep}, "Nothing is wrong", "look again", false},
			{watch.Diagnosis{Step: watch.WaitStep}, "Wait: nobody knows for how long", "look again", false},
			{watch.Diagnosis{Step: watch.WaitStep, Until: time.Now().Add(time.Hour)}, "Wait until 01:00", "look again", false},
			{watch.Diagnosis{Step: watch.RefreshStep, Products: []moneykit.Product{moneykit.ProductIdentity, moneykit.ProductAccounts}}, "Refresh identity and accounts", "refresh", false},
			{watch.Diagnosis{Step: watch.RelinkStep}, "Relink: the customer logs in again", "relink", true},
			{watch.Diagnosis{Step: watch.AskStep}, "Ask the customer to log in at the bank", "relink", true},
			{watch.Diagnosis{Step: watch.ContactStep}, "Contact support, with this bundle", "bundle", false},
			{watch.Diagnosis{Step: watch.NewLinkStep}, "Link anew: this link is gone", "new link", false},
			{watch.Diagnosis{Step: watch.LookAgainStep}, "Read the link again", "look again", false},
			{watch.Diagnosis{Step: "call \x1b[2J"}, "Call ␛[2J", "look again", false},
		} {
			y.session = &session{app: &App{}, clock: &clock{}}
			y.why = test.why
			step := y.step()
			if got := y.told(); got != test.told || step.Key.Help().Desc != test.key || step.Danger != test.danger || (step.Do == nil) == (step.Ask == nil) {
				t.Errorf("%s: %q, %q", test.why.Step, got, step.Key.Help().Desc)
			}
			y.app.ReadOnly = true
			if refused := y.step().Reason() != ""; refused != (step.Ask != nil) {
				t.Errorf("%s: read-only says %q", test.why.Step, y.step().Reason())
			}
		}
	})
}

// TestWhyOffersTheProductsToRefresh ticks those of the diagnosis and no others.
func TestWhyOffersTheProductsToRefresh(t *testing.T) {
	t.Parallel()
	fresh := &moneykit.ProductStatus{}
	link := watch.Snapshot{Link: &moneykit.Link{Products: moneykit.LinkProducts{Accounts: fresh, Identity: fresh, Transactions: fresh}}}
	y := newWhy(&session{app: &App{}, clock: &clock{}}, link)
	y.why = watch.Diagnosis{Step: watch.RefreshStep, Products: []moneykit.Product{moneykit.ProductIdentity}}
	dialog := y.step().Ask()
	dialog.Init()
	shown := ansi.Strip(dialog.View(70, 20))
	for _, want := range []string{"[x] identity", "[ ] accounts", "[ ] transactions"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not offered:\n%s", want, shown)
		}
	}
}

func TestWhyIsReadOnly(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 2)
		w.Press("w")
		w.Sees("Relink: the customer logs in again", "not now: till is read-only here")
		w.Press("enter")
		w.Sees("till is read-only here")
		w.Misses("Go through Connect")
	}, func(w *world) { w.app.ReadOnly = true })
}

func wrong(request string) watch.Event {
	e := wentWrong(moneykit.AuthExpired)
	e.RequestID = request
	return e
}

func TestWhyFollowsTheLink(t *testing.T) {
	inFleet(t, 80, 24, 20, func(f *fleetWorld) {
		f.happens(2, time.Minute, wrong("req_before"))
		f.happens(4, time.Minute, wrong("req_other"))
		f.at(f.t, 2)
		f.Press("w")
		f.Sees("Relink: the customer logs in again", "Dec 31 23:59", "req_before", "from connected to in error: auth")
		f.Misses("req_other")
		f.set(2, moneykit.Connected, "")
		f.Wait(20 * time.Second)
		f.Sees("● connected", "The bank no longer gives this link's data")
		f.set(2, moneykit.InError, moneykit.UserError)
		f.Wait(20 * time.Second)
		f.Sees("✕ user error", "Ask the customer to log in at the bank", "req_before", "transactions failed: auth")
		f.Misses("req_other")
		f.Press("B")
		f.Sees("Support bundle", "All that is copied or saved")
		f.Press("esc", "d")
		f.Sees("Changes")
	})
}

// TestWhyTellsARefreshByTheSessionsClock has a Sandbox whose clock is a day ahead.
func TestWhyTellsARefreshByTheSessionsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		began := time.Now()
		s := &session{clock: &clock{sandbox: func() time.Time { return time.Now().Add(day) }}}
		refused := &moneykit.Error{Status: 429, RetryAfter: time.Hour}
		link := &moneykit.Link{State: moneykit.Connected, Products: moneykit.LinkProducts{
			Investments: &moneykit.ProductStatus{ErrorCode: moneykit.ProductTimeout},
		}}
		y := newWhy(s, watch.Snapshot{ID: "mk_1", Link: link, Refresh: &watch.Refresh{Phase: watch.Accepted, Started: began}})
		y.theme = theme.New(true)
		y.diagnose()
		if y.why.Step != watch.WaitStep || !slices.ContainsFunc(y.why.Evidence, func(e watch.Evidence) bool {
			return strings.HasPrefix(e.Text, "a refresh") && e.At.Equal(began.Add(day))
		}) {
			t.Errorf("%+v", y.why)
		}
		y.link.Refresh = &watch.Refresh{
			Phase: watch.Limited, Products: []moneykit.Product{moneykit.ProductInvestments}, Started: began, Ended: began, Err: refused, RetryAt: began.Add(time.Hour),
		}
		y.diagnose()
		if !y.why.Until.Equal(began.Add(day + time.Hour)) {
			t.Errorf("%+v", y.why)
		}
	})
}

// TestWhyShowsWhatHappensMeanwhileOnce gets the same event as news and from the mirror.
func TestWhyShowsWhatHappensMeanwhileOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	event := func(n time.Duration, request string) watch.Event {
		return watch.Event{Link: "mk_1", Kind: watch.StateChanged, At: now.Add(n), RequestID: request}
	}
	y := newWhy(&session{clock: &clock{}}, watch.Snapshot{ID: "mk_1"})
	other := event(3, "req_other")
	other.Link = "mk_2"
	y.Update(newsMsg{events: []watch.Event{event(2, "req_2"), other, event(3, "req_3")}})
	y.Update(whyMsg{history: []watch.Event{event(2, "req_2"), event(1, "req_1")}})
	var got []string
	for _, e := range y.history {
		got = append(got, e.RequestID)
	}
	if want := "req_3 req_2 req_1"; strings.Join(got, " ") != want {
		t.Errorf("the history is %v", got)
	}
}

func TestWhyIsSafeFromWhatBanksSay(t *testing.T) {
	inFleet(t, 80, 24, 20, func(f *fleetWorld) {
		products := []string{"accounts", "account_numbers", "identity", "transactions", "investments", "enrichment"}
		var failing []string
		for i, text := range hostile[:min(len(hostile), len(products))] {
			failing = append(failing, fmt.Sprintf(`"%s":{"error_code":"timeout","error_message":"%s","last_attempted_at":"1999-12-31T2%d:00:00Z"}`, products[i], text, i%4))
		}
		f.wire.breaks(http.MethodGet, "/links/"+f.link(1), status(200, fmt.Sprintf(
			`{"link_id":%q,"institution_id":"bank","institution_name":"%s","state":"connected","products":{%s}}`, f.link(1), hostile[0], strings.Join(failing, ","))))
		f.Wait(20 * time.Second)
		f.Press("w")
		for _, size := range [][2]int{{80, 24}, {60, 16}, {200, 60}, {1, 1}} {
			f.Resize(size[0], size[1])
			checkFrame(f.t, f.Styled(), size[0], size[1])
		}
		f.Resize(200, 60)
		f.Sees("␛", "PWNED")
		f.Press("esc", "H")
		for _, size := range [][2]int{{80, 24}, {60, 16}, {200, 60}, {1, 1}} {
			f.Resize(size[0], size[1])
			checkFrame(f.t, f.Styled(), size[0], size[1])
		}
	}, func(f *fleetWorld) { f.wire.fault = poison(f.wire, 3) })
}

func TestWhyOfALinkThatCannotBeRead(t *testing.T) {
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("w")
		w.Sees("Read the link again")
		w.wire.mends()
		w.Press("enter")
		w.Wait(time.Second)
		w.Sees("Nothing is wrong")
	}, func(w *world) {
		w.wire.breaks(http.MethodGet, w.link(1), status(503, `{}`))
	})
}
