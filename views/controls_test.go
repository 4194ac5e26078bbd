package views

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
)

// picks finds an action in the palette and does it.
func (w *world) picks(name string) {
	w.Press(":")
	w.Type(name)
	w.Press("enter")
}

// chooses takes the nth of a dialog's choices out of so many, by the shorter way.
func (w *world) chooses(n, of int) {
	way := slices.Repeat([]string{"down"}, n)
	if n > of/2 {
		way = slices.Repeat([]string{"up"}, of-n)
	}
	w.Press(append(way, "enter")...)
}

func TestAdvanceTheClock(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Wait(3 * time.Second)
		w.at(t, 1)
		if row := w.Row("▌"); !strings.Contains(row, " 1h ") {
			t.Fatalf("the first link is not an hour old: %s", row)
		}
		listed, read := w.wire.asked("GET /links"), w.wire.asked("GET /links/"+w.link(12))
		w.picks("advance the clock")
		w.Sees("Advance the Sandbox's clock", "Jan 1 2000 00:00", "▌ 1 hour", "1 day", "1 week", "90 days")
		w.chooses(0, 4)
		w.Sees("✓ It is now Jan 1 2000 01:00 in the Sandbox", "● 6 connected", "● online")
		w.Misses("By how much?")
		if row := w.Row("▌"); !strings.Contains(row, " 2h ") {
			t.Errorf("the first link is not an hour older: %s", row)
		}
		if w.wire.asked("GET /links") == listed || w.wire.asked("GET /links/"+w.link(12)) == read {
			t.Error("the links were not read again at once")
		}

		w.picks("advance the clock")
		w.Sees("Jan 1 2000 01:00")
		w.chooses(1, 4)
		w.Sees("Jan 2 2000 01:00")
		w.Press("C")
		w.chooses(2, 4)
		w.Sees("Jan 9 2000 01:00")
		w.Press("C")
		w.chooses(3, 4)
		w.Sees("Apr 8 2000 01:00", "○ deleted ", "98d", "● online") // MoneyKit has forgotten it
		w.Misses("deleted?")
	})
}

func TestAnHourLaterTheRefreshLimitIsOver(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		refresh := func() {
			w.refreshNow()
			w.Wait(5 * time.Second)
		}
		refresh()
		refresh()
		w.Sees("next refresh allowed at 01:00, in 60")
		w.Press("C", "enter")
		w.Sees("recently; the next refresh is allowed now", "read         just now",
			"last synced  1h ago · Jan 1 00:00", "identity         2h     ok")
		refresh()
		w.Sees("in its transactions", "just now · Jan 1 01:00")
		refresh()
		w.Sees("next refresh allowed at 02:00, in 60")
		w.Press("d")
		w.Sees("sync 3 · Jan 1 01:00")
		w.Press("left")
		w.Sees("sync 2 · Jan 1 00:00")
	})
}

func TestALimitWithoutAWaitIsToldByTheSandboxsClock(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("C", "down", "enter")
		w.at(t, 1)
		w.refreshNow()
		w.Wait(5 * time.Second)
		w.wire.breaks(http.MethodPost, "/products", status(429, `{"error_code":"api_error.rate_limit_exceeded","error_message":"no"}`))
		w.refreshNow()
		w.Sees("next refresh allowed at 01:00, in 60")
	})
}

func TestAccountsAreDatedByTheSandboxsClock(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "2")
		w.Sees("as of", "2h ago")
		w.Press("C", "down", "enter")
		w.Sees("Jan 2 2000 00:00", "26h ago")
		w.Press("enter")
		w.Sees("26h ago")
		w.Press("C", "down", "enter")
		w.Sees("Jan 3 2000 00:00", "2d ago")
	})
}

// showsStates answers reads of links with the states that were asked for.
func (w *world) showsStates() {
	w.wire.fault = func(r *http.Request) (*http.Response, error) {
		id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		res, err := w.wire.sandbox.RoundTrip(r)
		if err != nil || r.URL.Path != "/links/"+id {
			return res, err
		}
		var link map[string]any
		if err := json.NewDecoder(res.Body).Decode(&link); err != nil {
			return nil, err
		}
		for _, asked := range w.controls.asked() {
			to := strings.Split(asked, " ")
			if to[0] == id {
				link["state"], link["error_code"] = to[1], to[2]
			}
		}
		body, err := json.Marshal(link)
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return res, err
	}
}

func (r *recorder) asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.states)
}

func TestBreakALink(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.picks("break this link")
		w.Sees("Break Instant Bank", w.link(3), "▌ auth expired")
		w.chooses(3, 15)
		w.Sees("✓ Instant Bank is now in error: user setup required", "● 4 connected", "✕ user setup required")

		w.at(t, 1)
		w.Press("enter")
		w.picks("break this link")
		w.Sees("Break Credentials Bank", w.link(1))
		w.Press("esc")
		w.Misses("Break Credentials Bank")
		w.picks("break this link")
		w.chooses(11, 15)
		w.Sees("✓ Credentials Bank is now connecting", "◌ connecting")
		want := []string{w.link(3) + " error user_setup_required", w.link(1) + " connecting "}
		if got := w.controls.asked(); !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
	}, (*world).showsStates)
}

func TestEveryStateCanBeChosen(t *testing.T) {
	t.Parallel()
	in(t, 60, 16, func(t *testing.T, w *world) {
		want := []string{"connecting ", "awaiting_token_exchange ", "connected ", "deleted "}
		for _, code := range []string{
			"system_error", "provider_error", "institution_error", "user_error", "auth_expired", "no_accounts",
			"user_setup_required", "invalid_credentials", "user_oauth_denied", "user_input_incorrect", "incomplete",
		} {
			want = append(want, "error "+code)
		}
		for i := range want {
			w.Press("X")
			w.Sees("Which of these 15 states?")
			w.chooses(i, len(want))
			w.Sees("✓ Credentials Bank is now ")
		}
		got := w.controls.asked()
		for i := range want {
			want[i] = w.link(1) + " " + want[i]
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("asked for %q, want %q", got, want)
		}
	})
}

func TestALinkThatCannotBeReadCanBeBroken(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(10 * time.Second)
		w.Press("X")
		w.Sees("Break mk_")
		w.chooses(13, 15)
		w.Sees(" is now connected")
	}, func(w *world) { w.wire.breaks(http.MethodGet, "", status(500, `{}`)) })
}

func TestNoLinkNothingToBreak(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("/")
		w.Type("zzz")
		w.Press("enter")
		w.picks("break this link")
		w.Sees("there is no link under the cursor")
		w.Misses("Which of these")
	})
}

func TestInjectFaults(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Misses("fault")
		w.picks("inject a fault")
		w.Sees("Inject a fault", "▌ 429 rate limited, next 3 calls", "500 internal error, next call")
		w.chooses(0, 4)
		w.Sees("✓ Fault injected: 429 rate limited, next 3 calls", " 1 fault  ", "● online")
		for i := range sandboxFaults[1:] {
			w.Press("F")
			w.chooses(i+1, len(sandboxFaults))
			w.Sees("Fault injected: "+sandboxFaults[i+1].Name, fmt.Sprintf(" %d faults  ", i+2))
		}
		if !slices.Equal(w.controls.faults, sandboxFaults) {
			t.Errorf("injected %+v", w.controls.faults)
		}
		read := w.wire.asked("GET /links/" + w.link(12))
		w.picks("remove all faults")
		w.Sees("✓ All faults are removed")
		w.Misses("13 faults")
		if w.wire.asked("GET /links/"+w.link(12)) == read {
			t.Error("the links were not read again at once")
		}
		w.Press(":")
		w.Type("all faults")
		w.Misses("Remove all faults")
	})
}

// TestFaultsSayWhatTheyAre holds each fault's line to what it does.
func TestFaultsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, f := range sandboxFaults {
		want := ", until removed"
		switch {
		case f.Times == 1:
			want = ", next call"
		case f.Times > 1:
			want = fmt.Sprintf(", next %d calls", f.Times)
		}
		if f.Status > 0 && !strings.HasPrefix(f.Name, fmt.Sprint(f.Status, " ")) || !strings.HasSuffix(f.Name, want) {
			t.Errorf("%q stands for %+v", f.Name, f)
		}
		f.Name, f.Times = "", 0
		if f == (SandboxFault{}) {
			t.Error("a fault does nothing")
		}
	}
}

func TestARefusedControlSaysWhy(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.controls.refuses(errors.New("the Sandbox is \x1b[2Jbusy"))
		w.at(t, 1)
		for action, says := range map[string]string{
			"advance the clock": "✕ The clock was not advanced: the Sandbox is ␛[2Jbusy.",
			"break this link":   "✕ Credentials Bank was not changed: the Sandbox is ␛[2Jbusy.",
			"inject a fault":    "✕ The fault was not injected: the Sandbox is ␛[2Jbusy.",
		} {
			w.picks(action)
			w.Press("enter")
			w.Sees(says, "● 5 connected")
			w.Misses(" fault  ")
			w.Wait(10 * time.Second)
		}
		w.controls.refuses(nil)
		w.Press("C", "enter")
		w.Sees("✓ It is now")
	})
}

func TestControlsFitTheSmallestTerminal(t *testing.T) {
	t.Parallel()
	for key, says := range map[string][2]string{
		"C": {"▌ 1 hour", "▌ 90 days"}, "X": {"▌ auth expired", "▌ deleted"}, "F": {"▌ 429 rate", "▌ Sync cursor"},
	} {
		in(t, 60, 16, func(_ *testing.T, w *world) {
			w.Press(key)
			w.Sees(says[0], "?  ", "esc cancel")
			w.Press("up")
			w.Sees(says[1])
			w.Press("esc")
			w.Misses("esc cancel")
		})
	}
}

func TestReadOnlyLeavesTheSandboxAsItIs(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("C", "X")
		w.Misses("esc cancel")
		w.Press(":")
		w.Misses("Break this link", "Advance the clock")
		w.Type("(sandbox)")
		w.Misses("Break this link", "Advance the clock")
		w.Sees("Inject a fault")
	}, func(w *world) { w.app.ReadOnly = true })
}

func TestOnlyTheEmbeddedSandboxIsMoved(t *testing.T) {
	t.Parallel()
	misses := func(_ *testing.T, w *world) {
		w.Sees("● connected")
		for range 2 {
			w.Press("C", "X", "F", "U")
			w.Misses("esc cancel")
			w.Press(":")
			w.Misses("Advance the clock", "Break this link", "Inject a fault", "Remove all faults")
			w.Press("esc", "enter")
		}
	}
	t.Run("without controls", func(t *testing.T) {
		in(t, 120, 40, misses, func(w *world) {
			open := w.app.Sandbox
			w.app.Sandbox = func() (Embedded, error) {
				e, err := open()
				e.Controls = nil
				return e, err
			}
		})
	})
	t.Run("profile", func(t *testing.T) {
		inProfile(t, misses, func(w *world) {
			w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
				return keystore.Profile{Name: "environment", Mode: keystore.Sandbox, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID},
					moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
			}
		})
	})
}
