package views

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
)

// slowReads lets every read of a link take a while.
func slowReads(w *world) {
	w.wire.fault = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/links/") {
			select {
			case <-time.After(2 * time.Second):
			case <-r.Context().Done():
			}
		}
		return nil, nil
	}
}

func TestARoundTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Sees("12 links", "0 of 12 seen, ")
		w.Misses("of 0 seen")
		w.Wait(3 * time.Second)
		if found := regexp.MustCompile(`12 links +of ([1-9]\d*) seen: .*\n.* ([1-9]\d*) of 12 seen, about [0-9]+ s at this budget`).FindStringSubmatch(w.Frame()); found == nil || found[1] != found[2] {
			t.Errorf("%q\n%s", found, w.Frame())
		}
		w.Misses("· 4 reading")
		w.Wait(time.Minute)
		w.Sees("12 links   ● ")
		w.Misses("of 12 seen")
	}, slowReads, func(w *world) {
		rate := 4.0
		w.app.Poll = &rate
	})
}

// TestPollingThatFindsNothingNewDrawsNothing looks at all that is drawn while links are
// read again and again.
func TestPollingThatFindsNothingNewDrawsNothing(t *testing.T) {
	t.Parallel()
	in(t, 200, 60, func(t *testing.T, w *world) {
		w.Wait(5 * time.Minute)                // what connects has done so
		minutes := regexp.MustCompile(` \d+m`) // which pass for the banks' data
		frame := func() string { return minutes.ReplaceAllString(w.Styled(), "") }
		before, asked := frame(), w.wire.asked("GET /links/"+w.link(12))
		for range 80 { // in which reads and beats alternate, and a minute of the day ends
			w.Wait(time.Second)
			if after := frame(); after != before {
				t.Fatalf("%s\n%s", before, after)
			}
		}
		if w.wire.asked("GET /links/"+w.link(12)) == asked {
			t.Error("nothing was read")
		}
	})
}

// someReads lets the reads of all but the first eight links hang.
func someReads(w *world) {
	answered := map[string]bool{}
	for n := range 8 {
		answered["/links/"+w.link(n+1)] = true
	}
	w.wire.fault = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/links/") && !answered[r.URL.Path] {
			<-r.Context().Done()
		}
		return nil, nil
	}
}

// TestGoldenPolling draws the list in the midst of a round, and as it was when till was
// left.
func TestGoldenPolling(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) { w.Sees("8 links") })
	for _, size := range [][2]int{{80, 24}, {120, 36}, {200, 60}} {
		for name, set := range map[string]func(*world){
			"round": someReads,
			"recalled": func(w *world) {
				w.wire.fault = unplugged
				w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return open() }
				w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
					return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
				}
				w.first = First(w.app, false, "", "")
			},
		} {
			t.Run(fmt.Sprintf("%s_%dx%d", name, size[0], size[1]), func(t *testing.T) {
				var frame string
				in(t, size[0], size[1], func(_ *testing.T, w *world) {
					w.Wait(3 * time.Second)
					if name == "recalled" {
						w.Wait(10 * time.Minute)
					}
					frame = w.Frame()
				}, set)
				golden.RequireEqual(t, frame+"\n")
			})
		}
	}
}

// TestOfflineTellsHowOldTheStatesAre loses the network in a profile whose mirror has
// them from before.
func TestOfflineTellsHowOldTheStatesAre(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) { w.Sees("8 links   ● 5 connected") })
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(30*time.Minute + beatEvery)
		w.Sees("as last seen:", "● 5 connected", "offline · no answer since till was opened", " 30m │")
		w.wire.mends()
		w.Press("ctrl+r")
		w.Wait(5 * time.Minute)
		w.Misses("as last seen", "offline")
		w.Sees(" links   ● ", " now │")
		w.wire.breaks(http.MethodGet, "", unplugged)
		w.Wait(20 * time.Minute)
		w.Sees("offline · as of 00:3", "m ago", "connected?")
	}, func(w *world) {
		w.wire.fault = unplugged
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return open() }
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
	})
}

// TestRefusalsAreNoNewStates lets MoneyKit answer, and tell no states.
func TestRefusalsAreNoNewStates(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(time.Minute)
		w.wire.breaks(http.MethodGet, "", status(429, `{"error_code":"api_error.rate_limit_exceeded"}`, "Retry-After", "20"))
		w.Wait(10 * time.Minute)
		w.Sees("reads fail · as of ", ", 10m ago")
	})
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(time.Minute)
		w.Sees("12 links", "reads fail · no state read since till was opened")
	}, func(w *world) {
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/links" {
				return nil, nil
			}
			return status(500, `{}`)(r)
		}
	})
}

func TestAListThatFailedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Wait(2 * time.Minute)
		w.Sees("12 links   ✕ 12 unreadable", "offline · no ", " since till was opened")
		w.Misses("The list of links is incomplete") // it is told once
		if n := w.wire.asked("GET /links"); n < 4 || n > 12 {
			t.Errorf("the links were asked for %d times in two minutes", n)
		}
		w.wire.mends()
		w.Wait(2 * time.Minute)
		w.Sees("12 links   ● ", " connected")
		w.Misses("offline", "list incomplete", "unreadable")
	}, func(w *world) {
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return unplugged(r)
			}
			return nil, nil
		}
	})
}

func TestLinksAreNotCountedBeforeTheyAreKnown(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Wait(time.Second)
		w.Sees("Asking MoneyKit for its links…")
		w.Misses("0 links")
	}, func(w *world) {
		w.wire.fault = func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/links" {
				return slowly(r)
			}
			return nil, nil
		}
	})
}

func TestPollingRestsWhileNobodyLooks(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Send(tea.BlurMsg{})
		w.Wait(restAfter - time.Second)
		w.Misses("polling rests")
		w.Wait(beatEvery + time.Second)
		w.Sees("polling rests")
		w.Wait(time.Hour)
		if n := w.wire.asked("GET /links"); n != 1 {
			t.Errorf("the links were listed %d times", n)
		}
		w.Send(tea.FocusMsg{})
		w.Misses("polling rests")
		w.Wait(beatEvery)
		if n := w.wire.asked("GET /links"); n != 2 {
			t.Errorf("the links were listed %d times", n)
		}
		w.Send(tea.BlurMsg{})
		w.Wait(restAfter + beatEvery)
		w.Sees("polling rests")
		asked := w.wire.asked("GET /links/" + w.link(1))
		w.Send(tea.ResumeMsg{})
		w.Misses("polling rests")
		if n := w.wire.asked("GET /links/"+w.link(1)) - asked; n == 0 {
			t.Error("what is on screen was not read again")
		}
	})
}

func TestLinksAreListedAgain(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Wait(listEvery + beatEvery)
		if n := w.wire.asked("GET /links"); n != 2 {
			t.Errorf("the links were listed %d times", n)
		}
		w.wire.breaks(http.MethodGet, "/links", status(500, `{}`))
		w.Wait(listEvery + 2*beatEvery)
		if n := w.wire.asked("GET /links"); n < 3 {
			t.Errorf("the links were listed %d times", n)
		}
		w.Misses("list incomplete")
	})
}

func TestWithoutBackgroundPollingNothingIsListedAgain(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Wait(listEvery + beatEvery)
		w.Sees("no background polling")
		if n := w.wire.asked("GET /links"); n != 1 {
			t.Errorf("the links were listed %d times", n)
		}
	}, func(w *world) {
		never := 0.0
		w.app.Poll = &never
	})
}

func TestALimitIsKnownBeforeItIsHit(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Press("down", "down", "down", "down", "down", "down", "r") // fresh three hours ago
		w.Sees("[x] accounts", "[x] transactions", "[ ] identity · next at 20:", ", in 21 h")
		w.Press("enter")
		w.Wait(20 * time.Second)
		w.Sees("ok · next refresh 01:00", "ok · next refresh 20:")
		w.Press("r")
		w.Sees("[ ] accounts · next at 01:00, in 60 min", "[ ] transactions · next at 01:00, in 60 min")
	})
}

func TestSeenAges(t *testing.T) {
	now := time.Date(2026, 9, 20, 14, 2, 11, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "14:02:11", 59 * time.Second: "14:01:12", time.Minute: "14:01:11, 1m ago", 3 * time.Hour: "11:02:11, 3h ago", 72 * time.Hour: "Sep 17 14:02, 3d ago",
	} {
		if got := asOf(now.Add(-ago), now); got != want {
			t.Errorf("%v: %q", ago, got)
		}
	}
	for d, want := range map[time.Duration]string{
		time.Second: "1 s", 20 * time.Minute: "20 min", 7*time.Hour - time.Minute: "7 h", 80 * time.Hour: "3 days",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}
