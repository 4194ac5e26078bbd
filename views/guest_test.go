package views

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
)

// asGuest leaves w nothing of this computer.
func asGuest(w *world) {
	w.app.Guest, w.remote = true, true
	w.app.Keys, w.app.Mirror, w.app.ForgetMirror, w.app.Environment = nil, nil, nil, nil
	w.app.Webhooks, w.app.Browse, w.app.Tunnel = nil, nil, nil
}

var (
	// notForGuests are words of actions that guests are not shown.
	notForGuests = regexp.MustCompile(`(?i)\bexport|profile|webhook|suspend|browser|\bfile\b`)
	// ofThisComputer are words that they do not read anywhere.
	ofThisComputer = regexp.MustCompile(`(?i)\bexport|\bprofiles|webhooks\b|suspend|\bfile\b|folder|computer|machine|keyring|redirect uri`)
)

func TestGuestsAreNotShownWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	listed := func(app *App) (found []string) {
		for _, s := range everyScreen(t, app) {
			if slices.Contains([]string{"Profiles", "Welcome", "Webhooks", "Webhook", "Connect"}, s.name) {
				continue // that no key leads to; Connect is in the terminal
			}
			for _, a := range s.actions {
				if notForGuests.MatchString(a.Name + " " + a.Key.Help().Desc) {
					found = append(found, s.name+": "+a.Name)
				}
			}
		}
		return found
	}
	if found := listed(&App{Guest: true}); len(found) > 0 {
		t.Errorf("%q", found)
	}
	if found := listed(operators()); len(found) < 30 {
		t.Errorf("an operator is shown %q", found)
	}
}

// TestAGuestIsNotShownThatTheSandboxOpens looks at what is drawn before anything is read.
func TestAGuestIsNotShownThatTheSandboxOpens(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		first := First(w.app, true, "", "")
		if name := first.Title(); name != "Links" {
			t.Errorf("a guest begins at %q", name)
		}
		w.app.Sandbox = func() (Embedded, error) { return Embedded{}, errors.New("no room") }
		if first := First(w.app, true, "", ""); first.Title() != "" {
			t.Errorf("without a Sandbox a guest begins at %q", first.Title())
		}
	}, asGuest)
}

// TestGuestsWalkEverywhere opens every screen as a guest, and presses keys there at random.
func TestGuestsWalkEverywhere(t *testing.T) {
	t.Parallel()
	keys := []string{"enter", "esc", "tab", "shift+tab", "space", "up", "down", "left", "right", "pgup", "pgdown", "backspace", "ctrl+r", "ctrl+z", "ctrl+l", "ctrl+k"}
	for r := '!'; r <= '~'; r++ {
		if r != 'q' { // which leaves
			keys = append(keys, string(r))
		}
	}
	sizes := [][2]int{{60, 16}, {80, 24}, {120, 40}, {59, 16}}
	walked := map[string]bool{}
	for i, s := range screens() {
		kind, _, _ := strings.Cut(s.name, "_")
		if walked[kind] {
			continue
		}
		walked[kind] = true
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 8))
			size := sizes[i%len(sizes)]
			in(t, size[0], size[1], func(t *testing.T, w *world) {
				w.Press(s.keys...)
				w.Press("?", "G", "esc", ":", "esc", "e", "p", "W", "ctrl+z")
				for range 4 {
					w.Press("esc")
				}
				w.Press(s.keys...)
				for _, n := range random.Perm(len(keys))[:25] {
					w.Press(keys[n])
				}
				w.Resize(80, 24)
				w.Wait(time.Minute)
				checkFrame(t, w.Styled(), 80, 24)
				read := map[string]bool{}
				for line := range strings.SplitSeq(w.Drawn(), "\n") {
					if read[line] {
						continue
					}
					read[line] = true
					if found := ofThisComputer.FindString(line); found != "" {
						t.Fatalf("a guest reads %q in %q", found, line)
					}
				}
				w.wire.mu.Lock()
				defer w.wire.mu.Unlock()
				for _, asked := range w.wire.seen {
					if strings.HasPrefix(asked, "PATCH") || strings.Contains(asked, "webhooks") {
						t.Fatalf("a guest asked %s", asked)
					}
				}
			}, asGuest)
		})
	}
}

// TestGuestsLinkAtAnOAuthBank goes through Connect in the terminal.
func TestGuestsLinkAtAnOAuthBank(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("n", "enter", "enter")
		w.Sees("here in the terminal")
		w.Misses("in a browser")
		w.Press("enter")
		w.Wait(time.Second)
		w.Type("oauth")
		w.Press("enter", "enter")
		w.Wait(time.Second)
		w.Sees("Allow access")
		w.Press("enter")
		w.Wait(time.Second)
		w.Press("enter")
		w.Wait(20 * time.Second)
		w.Sees("OAuth Bank", "● connected")
	}, asGuest)
}

// TestGuestsAreNotAskedWhere has them relink without a question that has one answer.
func TestGuestsAreNotAskedWhere(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{"a link": {"down", "R"}, "all": {"a", "R"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, 80, 24, func(_ *testing.T, w *world) {
				w.Press(keys...)
				w.Sees("Go through Connect", "here in the terminal", "enter go on  esc cancel")
				w.Misses("▌ here", "choose")
				w.Press("enter")
				w.Wait(time.Second)
				w.Sees("session ▸ Connect", "Allow access")
			}, asGuest)
		})
	}
}

// A guest's Sandbox must not be made to call what this computer alone can reach.
func TestGuestsSetNoWebhook(t *testing.T) {
	t.Parallel()
	for guest, setUp := range map[bool]func(*world){true: asGuest, false: func(*world) {}} {
		in(t, 120, 40, func(t *testing.T, w *world) {
			w.Press("n", "enter", "enter", "up", "enter")
			w.Sees("more settings", "Tags")
			if offered := strings.Contains(w.Frame(), "URL for news"); offered == guest {
				t.Errorf("a guest %t is offered a webhook %t", guest, offered)
			}
		}, setUp)
	}
}

func TestGuestsLeaveAndDoNotSuspend(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		before := w.Frame()
		if w.Press("ctrl+z"); w.Frame() != before {
			t.Errorf("ctrl+z shows\n%s", w.Frame())
		}
		w.Press("q")
		if !w.Over() {
			t.Error("q does not leave")
		}
	}, asGuest)
}

// served serves the secretive profile to a guest.
func served(t *testing.T, mask *fakeMask, open func() (moneykit.Secret, error)) func(*world) {
	return func(w *world) {
		asGuest(w)
		w.app.ReadOnly = true
		w.app = maskable(t, w, mask)
		w.app.Keys, w.app.Environment, w.app.Mirror, w.app.Webhooks, w.app.Connect, w.app.Mask = nil, nil, nil, nil, nil, nil
		w.first = Serve(w.app, func(context.Context) (keystore.Profile, moneykit.Secret, error) {
			secret, err := open()
			return secretive, secret, err
		})
	}
}

func TestAProfileIsServed(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Sees("PRIVACY", "LIVE", "read-only", "Nobody", "8 links")
		w.Misses(canary, secretive.Name, "mirror", "not saved")
		w.Press("P")
		w.Sees("PRIVACY", privacyStays)
		w.Press("?", "pgdown")
		w.Misses("Disconnect", "Export", "Profiles")
		w.Press("esc", "enter", "3")
		w.Wait(time.Second)
		w.Sees("transactions")
	}, served(t, newFakeMask(), func() (moneykit.Secret, error) { return moneykit.NewSecret(sandbox.DefaultClientSecret), nil }))
}

func TestGuestsAreNotToldWhyAProfileIsNotServed(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Sees("PRIVACY", "what is served here cannot be opened at the moment")
		w.Misses("/home", "Profiles", "profile")
	}, served(t, newFakeMask(), func() (moneykit.Secret, error) { return moneykit.Secret{}, errors.New("/home/acme is locked") }))
}

func TestGuestsGetTheSandbox(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) { w.Sees("sandbox", "12 links") }, asGuest, func(w *world) {
		w.first = First(w.app, false, "acme", "")
	})
}

func TestGoldenGuest(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		keys []string
	}{{"help", []string{"?"}}, {"help_end", []string{"?", "G"}}, {"palette", []string{":", "p", "r"}}} {
		for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 60}} {
			t.Run(fmt.Sprintf("%s_%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				var frame string
				in(t, size[0], size[1], func(_ *testing.T, w *world) {
					w.Press(s.keys...)
					frame = w.Frame()
				}, asGuest)
				golden.RequireEqual(t, frame+"\n")
			})
		}
	}
}
