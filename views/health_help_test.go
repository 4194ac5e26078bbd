package views

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
)

// fleetWorld is a profile with many links, and a mirror that the test fills.
type fleetWorld struct {
	*world
	t     *testing.T
	store *mirror.Store
}

// inFleet runs test with till open on a profile that has links links. Those are put
// into states before.
func inFleet(t *testing.T, width, height, links int, test func(*fleetWorld), before ...func(*fleetWorld)) {
	t.Helper()
	f := &fleetWorld{t: t}
	in(t, width, height, func(t *testing.T, w *world) {
		f.t = t
		test(f)
	}, func(w *world) {
		f.world, f.store = w, mirror.NewMemory()
		everything := math.Inf(1)
		w.app.Poll = &everything
		w.sandbox = sandbox.New(sandbox.WithNow(w.controls.now), sandbox.WithLinks(links))
		w.wire.sandbox = w.sandbox.Transport()
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return KeptMirror{Store: f.store}, nil }
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
		for _, do := range before {
			do(f)
		}
	})
}

// newSandbox is a Sandbox that nobody talks to.
func newSandbox(links int) *sandbox.Sandbox { return sandbox.New(sandbox.WithLinks(links)) }

func (f *fleetWorld) set(n int, state moneykit.LinkState, code moneykit.LinkError) {
	f.t.Helper()
	if err := f.sandbox.SetState(f.link(n), string(state), string(code)); err != nil {
		f.t.Fatal(err)
	}
}

// healthy connects every link.
func healthy(f *fleetWorld) {
	for n := range f.sandbox.LinkIDs() {
		f.set(n+1, moneykit.Connected, "")
	}
}

// unanswered leaves the reads of all links but the first n without an answer.
func unanswered(n int) func(*fleetWorld) {
	return func(f *fleetWorld) {
		answered := map[string]bool{}
		for i := range n {
			answered["/links/"+f.link(i+1)] = true
		}
		f.wire.fault = func(r *http.Request) (*http.Response, error) {
			if !strings.HasPrefix(r.URL.Path, "/links/") || answered[r.URL.Path] {
				return nil, nil
			}
			return status(http.StatusServiceUnavailable, `{"error_code":"api_error.unavailable"}`)(r)
		}
	}
}

// happens keeps an event of the nth link, some time before now.
func (f *fleetWorld) happens(n int, ago time.Duration, e watch.Event) {
	f.t.Helper()
	e.Link, e.At = moneykit.LinkID(f.link(n)), time.Now().Add(-ago)
	if e.RequestID == "" {
		e.RequestID = "req_" + f.link(n)[:6]
	}
	body, err := json.Marshal(e)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.store.PutEvents(context.Background(), mirror.Event{Link: e.Link, At: e.At, RequestID: e.RequestID, Body: body}); err != nil {
		f.t.Fatal(err)
	}
}

// wentWrong is the event that a link of OAuth Bank went into error.
func wentWrong(code moneykit.LinkError) watch.Event {
	return watch.Event{
		Institution: "OAuth Bank", InstitutionID: "moneykit-oauth-bank", Kind: watch.StateChanged,
		Before: watch.State{State: moneykit.Connected}, After: watch.State{State: moneykit.InError, Error: code},
	}
}

// oauthLinks are the first links of OAuth Bank.
var oauthLinks = []int{2, 7, 11, 14}

// incident breaks links of OAuth Bank, one every four minutes until five minutes ago.
func incident(f *fleetWorld) {
	for i, n := range oauthLinks {
		f.set(n, moneykit.InError, moneykit.AuthExpired)
		f.happens(n, time.Duration(5+4*(len(oauthLinks)-1-i))*time.Minute, wentWrong(moneykit.AuthExpired))
	}
	f.happens(1, 3*time.Minute, watch.Event{Institution: "Credentials Bank", Kind: watch.ProductRefreshed, Product: moneykit.ProductTransactions})
	f.happens(3, 2*time.Minute, watch.Event{Institution: "Instant Bank", Kind: watch.ProductFailed, Product: moneykit.ProductAccounts, Error: moneykit.ProductTimeout})
	f.happens(6, time.Minute, watch.Event{Institution: "Instant Bank", Kind: watch.Gone})
}
