package views

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// client is another program's client in the test's world: what it asks shows
// among the requests, but not on any other screen.
func (w *world) client(t *testing.T) *moneykit.Client {
	t.Helper()
	c, err := w.app.Client(sandboxURL, moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// walk presses down until the row under the cursor holds text.
func (w *world) walk(t *testing.T, text string) {
	t.Helper()
	w.Press("g")
	for range 600 {
		if strings.Contains(w.Row("▌"), text) {
			return
		}
		w.Press("down")
	}
	t.Fatalf("no row holds %q:\n%s", text, w.Frame())
}

func TestRequestsShowEveryCall(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("L")
		w.Sees("till ▸ Links ▸ Requests", "14 requests", "median", "POST   /auth/token", "201", "GET    /links/{id}", "client id    till_sandbox")
		w.walk(t, "/auth/token")
		w.Press("enter")
		w.Sees("Requests ▸ POST /auth/token", "client_secret = ••••••", "client_id = till_sandbox", `"access_token": ••••••`, `"expires_in": 3600`)
		w.Press("esc", "esc")
		w.Sees("12 links")
	})
}

func TestNothingJumpsUnderTheCursorWhenRequestsArrive(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("L", "down", "down")
		row := w.Row("▌")
		w.Wait(40 * time.Second) // polls of what is on screen
		w.Misses("14 requests")
		if now := w.Row("▌"); now != row {
			t.Errorf("the cursor went from\n%s to\n%s", row, now)
		}
	})
}

func TestTheCursorKeepsItsRequestThroughAFilterWithoutAMatch(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("L", "down", "down", "down")
		row := w.Row("▌")
		w.Press("/")
		w.Type("zzz")
		w.Sees("No request matches the filter")
		w.Press("esc", "f")
		w.Sees("No request has failed", "failed only")
		w.Press("f")
		if now := w.Row("▌"); now != row {
			t.Errorf("the cursor went from\n%s to\n%s", row, now)
		}
	})
}

func TestNewerRequestsAboveTheViewAreCounted(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("L")
		w.Misses("newer")
		w.Wait(2 * time.Minute)
		w.Sees("↑ ", " newer")
		w.Press("g")
		w.Misses("newer")
	})
}

// What failed is found under what was asked since.
func TestFromAnErrorTheRequestsOpenAtTheOneThatFailed(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("o")
		w.Type("mk_unknown")
		w.Press("enter")
		w.Sees("MoneyKit knows no link with this id", "L requests")
		w.wire.breaks(http.MethodGet, "/accounts", status(403, `{"error_code":"link_error.forbidden_action","error_message":"no"}`))
		w.Press("esc", "enter", "2")
		w.Sees("This data was not permitted")
		w.Wait(20 * time.Second)
		w.Press("L")
		w.Sees("▌ 00:00:00  GET    /links/{id}/accounts", "request id   req_broken", "403 link_error.forbidden_action")

		w.wire.breaks(http.MethodGet, "/accounts", unplugged) // there is no id to find
		w.Press("esc", "r")
		w.Wait(20 * time.Second)
		w.Press("L")
		if row := w.Row("▌"); !strings.Contains(row, "/accounts") || !strings.Contains(row, "✕ lost ↻2") {
			t.Errorf("the cursor is on %s", row)
		}
	})
}

func TestFailedRequestsAndTheirRetries(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "/accounts", status(503, `{}`))
		w.Press("enter", "2")
		w.Wait(3 * time.Second)
		w.Sees("failed with status 503", "r try again  L requests")
		w.Press("L", "f")
		w.Sees("3 of ", "failed only", "✕ 503", "✕ 503 ↻1", "✕ 503 ↻2", "✕ 3/min")
		w.Misses("  200 ")
		w.Press("f", "/")
		w.Type("auth")
		w.Press("enter")
		w.Sees("1 of ", "/auth/token")
		w.Press("esc")
		w.wire.breaks(http.MethodGet, "/accounts", unplugged)
		w.Press("esc", "r")
		w.Wait(3 * time.Second)
		w.Press("L")
		w.Sees("✕ lost ↻2")
		w.Press("f", "g", "enter")
		w.Sees("no answer", "network is unreachable")
	})
}

func TestPrivateValuesAreRevealedOneByOne(t *testing.T) {
	t.Parallel()
	in(t, 120, 60, func(t *testing.T, w *world) {
		identities, err := w.client(t).Identities(t.Context(), moneykit.LinkID(w.link(1)))
		if err != nil {
			t.Fatal(err)
		}
		owner := identities.Accounts[0].Owners[0]
		name, street := owner.Names[0], owner.Addresses[0].Street
		w.Press("L")
		w.walk(t, "/identity")
		w.Press("enter", "G")
		w.Misses(name, street)
		w.Press("g", "v")
		w.Sees("nothing is hidden on this line")
		for range 60 {
			w.Press("n", "v")
			if strings.Contains(w.Row("▌"), name) {
				break
			}
			w.Press("v")
		}
		w.Sees(name)
		if drawn := w.Drawn(); strings.Contains(drawn, street) {
			t.Error("the street came out with the name")
		}
		w.Press("v")
		w.Misses(name)
	})
}

func TestCurlHoldsWhatWasShown(t *testing.T) {
	t.Parallel()
	in(t, 120, 60, func(t *testing.T, w *world) {
		webhook := "https://app.example/hook?key=sesame"
		if _, err := w.client(t).UpdateLink(t.Context(), moneykit.LinkID(w.link(1)), moneykit.LinkUpdate{Webhook: &webhook}); err != nil {
			t.Fatal(err)
		}
		w.Press("L")
		w.walk(t, "PATCH")
		w.Press("enter", "c", "n", "v", "c")
		copied := w.Clipboard()
		if len(copied) != 2 {
			t.Fatalf("copied %q", copied)
		}
		for i, shown := range []bool{false, true} {
			if !strings.Contains(copied[i], "curl") || !strings.Contains(copied[i], `"Authorization: Bearer $MONEYKIT_TOKEN"`) ||
				strings.Contains(copied[i], "sesame") != shown {
				t.Errorf("copied %s", copied[i])
			}
		}
	})
}

func TestTheBundleIsWhatThePreviewShows(t *testing.T) {
	t.Chdir(t.TempDir())
	in(t, 200, 60, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "B")
		w.Sees("Support bundle", "Client id: till_sandbox", "Link id: "+w.link(1), "Link as last seen: connected", "Program: till test", "API version: 2023-02-18", "first seen as connected")
		w.Press("y", "s")
		w.Sees("Bundle saved as till-support-")
		files, err := filepath.Glob("till-support-*.md")
		if err != nil || len(files) != 1 {
			t.Fatalf("%v %v", files, err)
		}
		saved, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
		if copied := w.Clipboard(); len(copied) != 1 || copied[0] != string(saved) {
			t.Errorf("copied %q, saved %q", copied, saved)
		}
		shown := strings.Join(strings.Fields(strings.ReplaceAll(w.Drawn(), "│", " ")), " ")
		for line := range strings.Lines(string(saved)) {
			if words := strings.Join(strings.Fields(line), " "); !strings.Contains(shown, words) {
				t.Errorf("the preview has not shown %q", words)
			}
		}
		w.Press("s")
		w.Sees("-2.md") // what is there is never written over
	})
}

func TestABundleThatCannotBeSavedSaysSo(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Press("B", "s")
		w.Sees("The bundle was not saved", "no such file")
	})
}

// strange adds to an answer what the contract does not know.
func (w *world) strange(r *http.Request) (*http.Response, error) {
	res, err := w.wire.sandbox.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	text := strings.Replace(string(body), `"state":"connected"`, `"state":"hibernating","shiny_new":{"secret":"sesame"}`, 1)
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return res, nil
}

func TestDriftIsSeenTheDayItAppears(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.wire.breaks(http.MethodGet, "", w.strange)
		if _, err := w.client(t).Link(context.Background(), moneykit.LinkID(w.link(1))); err != nil {
			t.Fatal(err)
		}
		w.Press("L")
		w.Sees("! drift: 2")
		w.Press("d")
		w.Sees("Contract drift", "2 things unknown to version 2023-02-18", "shiny_new", "object", "enum case", "state", "aaaaaaaaaaa", "GET /links/{id}")
		w.Misses("hibernating", "sesame", w.link(1))
		w.walk(t, "state")
		w.Wait(2 * time.Second)
		if _, err := w.client(t).Accounts(t.Context(), moneykit.LinkID(w.link(1))); err != nil {
			t.Fatal(err)
		}
		w.Wait(2 * time.Second)
		w.Sees("4 things")
		if row := w.Row("▌"); !strings.Contains(row, "state") {
			t.Errorf("the cursor went to %s", row)
		}
		w.Press("y")
		if copied := w.Clipboard(); len(copied) != 1 || !strings.Contains(copied[0], "shiny_new") || strings.Contains(copied[0], "sesame") {
			t.Errorf("copied %q", copied)
		}
	})
}
