package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
)

// expires makes a link's login expire, and waits until it was read again.
func (w *world) expires(t *testing.T, link int) {
	t.Helper()
	if err := w.sandbox.SetState(w.link(link), "error", "auth_expired"); err != nil {
		t.Fatal(err)
	}
	w.Wait(20 * time.Second)
}

func TestTheEventsOfALink(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.opens(t, 1, "8")
		w.Sees("Nothing was seen to happen to this link yet.", "till has watched since Jan 1 00:00:00.")
		w.Wait(time.Minute)
		w.expires(t, 1)
		w.Sees("connected → ✕ auth expired", "seen connected 00:0", "between      Jan 1 00:0", "before       connected", "1 event")
		w.Press("y")
		id := w.Clipboard()[0]
		w.Sees("request id   "+id, "Request id copied")
		w.Press("enter")
		w.Sees("GET /links/{id}", id)
		w.Press("esc")
		w.expires(t, 3) // another link
		w.Press("9", "8")
		w.Sees("1 event")
	})
}

// TestARequestThatIsForgotten is of an earlier run.
func TestARequestThatIsForgotten(t *testing.T) {
	t.Parallel()
	inHistory(t, 1, func(_ *testing.T, w *world) {
		w.opens(t, 1, "8", "enter")
		w.Sees("The log of requests no longer holds req_0")
	})
}

func TestWhatHappensToAllLinks(t *testing.T) {
	t.Parallel()
	inHistory(t, 0, func(t *testing.T, w *world) {
		w.Resize(120, 40)
		w.Press("E")
		w.Sees("Nothing was seen to happen yet.", "till has watched 8 links since Jan 1 00:00:00.")
		w.expires(t, 1)
		w.Sees("Credentials Bank", "connected → ✕ auth expired", w.link(1))
		w.expires(t, 3)
		w.Sees("2 events", w.link(1)) // the cursor has stayed
		w.Press("g")
		w.Sees("Instant Bank · " + w.link(3))
		w.Press("enter")
		w.Sees("▌8 Events", "connected → ✕ auth expired", "1 event")
		w.Press("E")
		w.Sees("2 events")
	})
}

// inHistory runs test in a profile of whose first link n failures are kept.
func inHistory(t *testing.T, n int, test func(*testing.T, *world)) {
	t.Helper()
	store := mirror.NewMemory()
	in(t, 80, 24, test, func(w *world) {
		for i := range n {
			e := watch.Event{
				Link: moneykit.LinkID(w.link(1)), Kind: watch.ProductFailed, Since: time.Now().Add(-72 * time.Hour), At: time.Now().Add(-24 * time.Hour),
				Product: moneykit.ProductAccounts, Message: fmt.Sprintf("failure %d \x1b[2J", i), RequestID: fmt.Sprintf("req_%d", i),
			}
			body, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if err := store.PutEvents(context.Background(), mirror.Event{Link: e.Link, At: e.At, RequestID: e.RequestID, Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return KeptMirror{Store: store}, nil }
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
	})
}

func TestOlderEventsAreReadAsTheyScroll(t *testing.T) {
	t.Parallel()
	inHistory(t, 2*eventsPage+10, func(t *testing.T, w *world) {
		w.opens(t, 1, "8")
		w.Sees("the last 200 events", "accounts failed", "seen Dec 29 00:00", "failure 409 ␛[2J")
		w.Press("G", "G")
		w.expires(t, 1)
		w.Press("G", "G", "G")
		w.Sees("failure 0 ␛", "411 events", "newer")
		w.Misses("the last 411")
		w.Press("g")
		w.Sees("connected → ✕ auth expired")
	})
}

// TestEventsThatAreNotKept are shown as long as their list is.
func TestEventsThatAreNotKept(t *testing.T) {
	t.Parallel()
	var s *session
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("E")
		for i := range 3 {
			w.Send(eventsKeptMsg{s.mirror, []watch.Event{{Link: "mk_1", Kind: watch.Gone, At: time.Now()}}, errors.New("disk full")})
			w.Sees(plural(i+1, "event"), "link gone", "not kept")
		}
		if n := strings.Count(w.Drawn(), "What happens to links is not kept"); n == 0 {
			t.Error("nobody was told")
		}
		w.Wait(9 * time.Second)
		w.Send(eventsKeptMsg{s.mirror, []watch.Event{{Link: "mk_1", Kind: watch.Gone, At: time.Now()}}, errors.New("disk full")})
		w.Misses("What happens to links is not kept") // which was told
		w.expires(t, 1)
		w.Sees("connected → ✕ auth expired", "link gone")
		w.Misses("not kept")
	}, func(w *world) {
		sandbox, _ := w.app.Sandbox()
		client, err := w.app.Client(sandbox.URL, sandbox.Credentials)
		if err != nil {
			t.Fatal(err)
		}
		s = newSandboxSession(w.app, sandbox, client, mirror.NewMemory())
		w.first = newLinks(s, place{})
	})
}

// TestEventsStayInTheirOrder writes a batch at a time.
func TestEventsStayInTheirOrder(t *testing.T) {
	client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	l := newLinks(newSession(&App{}, keystore.Profile{}, keystore.FromKeyring, client, memory(t)), place{})
	l.ctx = t.Context()
	first := l.keepEvents([]watch.Event{{Link: "a"}})
	if first == nil || l.keepEvents([]watch.Event{{Link: "b"}}) != nil || l.keepEvents([]watch.Event{{Link: "c"}}) != nil {
		t.Fatal("two batches are written at once")
	}
	kept := first().(eventsKeptMsg)
	next := l.eventsKept(kept)
	if next == nil {
		t.Fatal("what has happened meanwhile is not kept")
	}
	if kept = next().(eventsKeptMsg); len(kept.events) != 2 || kept.events[0].Link != "b" || kept.err != nil {
		t.Errorf("%+v", kept)
	}
	if l.eventsKept(kept) != nil {
		t.Error("nothing is left to keep")
	}
	all, err := l.mirror.Store().Events(t.Context(), "", 0, 10)
	if err != nil || len(all) != 3 || all[0].Link != "c" || all[2].Link != "a" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestHappening(t *testing.T) {
	at := time.Date(2026, 9, 20, 14, 2, 11, 0, time.UTC)
	connected, expired := watch.State{State: moneykit.Connected}, watch.State{State: moneykit.InError, Error: moneykit.AuthExpired}
	rows := eventRows{session: &session{clock: &clock{}}}
	for _, c := range []struct {
		e            watch.Event
		what, before string
	}{
		{watch.Event{Kind: watch.StateChanged, Before: connected, After: expired, Since: at, At: at.Add(time.Hour)}, "connected → ✕ auth expired", "seen connected 14:02:11"},
		{watch.Event{Kind: watch.ProductRefreshed, Product: moneykit.ProductTransactions, Before: connected, After: connected, Since: at, At: at.Add(24 * time.Hour)}, "transactions refreshed", "seen connected Sep 20 14:02"},
		{watch.Event{Kind: watch.ProductFailed, Product: moneykit.ProductAccounts, Error: "institution_error", Since: at, At: at}, "accounts failed: institution error", "seen 14:02:11"},
		{watch.Event{Kind: watch.Appeared, After: connected, At: at}, "link appeared", "not seen before"},
		{watch.Event{Kind: watch.Gone, Before: expired, Since: at, At: at}, "link gone", "seen auth expired 14:02:11"},
		{watch.Event{Kind: "ate_\x1b[2J", At: at}, "ate ␛[2J", "not seen before"},
	} {
		if what, _ := happening(c.e); what != c.what || rows.before(c.e) != c.before {
			t.Errorf("%q, %q", what, rows.before(c.e))
		}
	}
}
