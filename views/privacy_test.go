package views

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

// ofSecretive gives the secretive profile by the environment.
func ofSecretive(w *world) {
	w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
		return secretive, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
	}
}

// TestPrivacyShowsNothingReal walks every screen with privacy on, and looks through all
// that was drawn, copied and written for what is real.
func TestPrivacyShowsNothingReal(t *testing.T) {
	if !apart(t) { // it writes into the current folder
		return
	}
	for name, embedded := range map[string]bool{"sandbox": true, "profile": false} {
		mask := newFakeMask()
		in(t, 120, 60, func(t *testing.T, w *world) {
			for _, s := range screens() {
				w.Press(s.keys...)
				w.Wait(3 * time.Second)
				w.Sees("PRIVACY")
				for range 5 {
					w.Press("esc")
				}
			}
			w.Press("e", "enter", "enter")
			w.Sees("written to")
			w.Press("enter", "3", "e", "enter", "enter")
			w.Wait(time.Second)
			w.Press("y", "B", "y", "s", "esc", "9", "y", "Y", "esc")
			w.lastRequests(30)
			w.wire.fault = unplugged
			w.Press("ctrl+r")
			w.Wait(time.Minute)

			c := &canaries{seen: map[string]string{
				canary: "private text", secretive.Name: "profile", "canary-host": "base URL", sandbox.DefaultClientID: "client id",
				sandbox.DefaultClientSecret: "client secret",
			}}
			for _, id := range append(mask.ids(), w.sandbox.LinkIDs()...) {
				c.add("id", id)
			}
			if n := c.kinds()["id"]; n < 100 {
				t.Errorf("only %d ids were masked", n)
			}
			c.in(t, name+": a frame", w.Drawn())
			c.in(t, name+": the terminal", w.Sent())
			copied := w.Clipboard()
			if len(copied) < 10 {
				t.Errorf("only %d texts were copied", len(copied))
			}
			c.in(t, name+": the clipboard", strings.Join(copied, "\n"))
			files, err := filepath.Glob("till-*")
			if err != nil || len(files) < 3 {
				t.Errorf("%d files were written: %v", len(files), err)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				c.in(t, name+": the file "+file, file+string(text))
			}
		}, func(w *world) {
			if !embedded {
				ofSecretive(w)
			}
			w.app = maskable(t, w, mask)
			w.first = First(w.app, embedded, "", "")
		})
	}
}

// lastRequests opens so many requests, and copies all that can be of them.
func (w *world) lastRequests(n int) {
	w.Press("L")
	for range n {
		w.Press("enter", "n", "v", "pgdown", "v", "c", "b", "y", "esc", "esc", "down")
	}
	w.Press("G", "enter", "n", "v", "c", "esc", "d", "esc", "B", "esc")
}

// TestPrivacyIsTurnedOnAndOff does so in every kind of session, with a link open.
func TestPrivacyIsTurnedOnAndOff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		embedded bool
		setUp    func(*testing.T, *world)
	}{
		"sandbox":     {true, func(*testing.T, *world) {}},
		"environment": {false, func(_ *testing.T, w *world) { ofSecretive(w) }},
		"secret held": {false, func(t *testing.T, w *world) {
			keys, err := w.app.Keys()
			if err != nil {
				t.Fatal(err)
			}
			keys.Hold(secretive, sandbox.DefaultClientSecret)
			if err := keys.Choose(secretive.Name); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mask := newFakeMask()
			mirrors := 0
			in(t, 100, 30, func(t *testing.T, w *world) {
				w.Misses("PRIVACY")
				w.at(t, 3)
				row := w.Row("▌")
				w.Press("P")
				w.Sees("PRIVACY", "Nobody", mask.pseudonym(w.link(3))[:7])
				w.Misses(canary, secretive.Name, "not kept")
				if now := w.Row("▌"); !strings.Contains(now, mask.pseudonym(w.link(3))[:7]) {
					t.Errorf("the cursor went from %q to %q", row, now)
				}
				w.Press("enter", "3")
				w.Wait(time.Second)
				w.Sees("transactions")
				w.Press("L", "enter", "P")
				w.Wait(time.Second)
				w.Misses("PRIVACY")
				w.Sees(canary, "3 Transactions", "transactions")
				w.Press("1")
				w.Sees(w.link(3))
				w.Press("P")
				w.Wait(time.Second)
				w.Sees("PRIVACY", mask.pseudonym(w.link(3)))
				w.Press("esc")
				w.Sees("Nobody")
				w.Press(":")
				w.Type("privacy")
				w.Press("enter")
				w.Misses("PRIVACY")
				if want := 2; !test.embedded && mirrors != want+1 {
					t.Errorf("the mirror was opened %d times", mirrors)
				}
			}, func(w *world) {
				test.setUp(t, w)
				w.app.Mirror = func(_ context.Context, p keystore.Profile) (KeptMirror, error) {
					if mirrors++; p != secretive {
						t.Errorf("the mirror of %+v was opened", p)
					}
					return KeptMirror{Store: mirror.NewMemory()}, nil
				}
				maskable(t, w, mask)
				w.first = First(w.app, test.embedded, "", "")
			})
		})
	}
}

// TestPrivacyShutsWhatWasOpen wants nothing asked any more by who was there before.
func TestPrivacyShutsWhatWasOpen(t *testing.T) {
	t.Parallel()
	var store *mirror.Store
	in(t, 100, 30, func(t *testing.T, w *world) {
		asked := len(w.app.Calls.Entries())
		if asked == 0 {
			t.Fatal("nothing was asked")
		}
		w.Press("P")
		w.Wait(10 * time.Minute)
		if now := len(w.app.Calls.Entries()); now != asked {
			t.Errorf("%d requests were made without privacy", now-asked)
		}
		if err := store.Remember(t.Context(), "mk_1"); err == nil {
			t.Error("the mirror is open still")
		}
		w.Press("J")
		w.Sees("No job yet")
		w.Press("esc", "E")
		w.Misses(canary)
	}, func(w *world) {
		ofSecretive(w)
		dir := t.TempDir()
		w.app.Mirror = func(ctx context.Context, p keystore.Profile) (KeptMirror, error) {
			kept, err := OpenMirror(ctx, keyed(1), dir, p)
			store = kept.Store
			return kept, err
		}
		maskable(t, w, newFakeMask())
		w.first = First(w.app, false, "", "")
	})
}

func TestPrivacyAsksBeforeItLeavesJobs(t *testing.T) {
	t.Parallel()
	in(t, 100, 30, func(_ *testing.T, w *world) {
		w.at(t, 3)
		w.refreshNow()
		w.Press("P")
		w.Sees("1 job is still in flight")
		w.Misses("PRIVACY")
		w.Press("esc", "P", "y")
		w.Sees("PRIVACY", "0 in flight")
	}, func(w *world) { maskable(t, w, newFakeMask()) })
}

func TestPrivacyKeepsFromWhatIsReal(t *testing.T) {
	t.Parallel()
	for reason, fixed := range map[string]bool{"privacy is on; P turns it off": false, privacyStays: true} {
		in(t, 120, 60, func(_ *testing.T, w *world) {
			for _, key := range []string{"p", "W", "n", "R"} {
				w.Press("g", key)
				w.Sees(reason)
				w.Misses("New link:", "Relink Nobody", "Embedded Sandbox", "listening")
				w.Wait(10 * time.Second)
			}
			w.Press("a", "R")
			w.Sees(reason)
			w.Wait(10 * time.Second)
			if w.Press("P"); fixed {
				w.Sees(reason, "PRIVACY")
			}
		}, func(w *world) {
			masked := maskable(t, w, newFakeMask())
			if fixed {
				masked.Mask = nil
			}
			w.first = First(masked, true, "", "")
		})
	}
	in(t, 120, 60, func(_ *testing.T, w *world) {
		w.Press("P")
		w.Sees("privacy is not available here")
	})
}

// TestTheWatermarkIsAlwaysThere opens every dialog on the smallest terminals, in a
// session that has more to tell than there is room for.
func TestTheWatermarkIsAlwaysThere(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}} {
		in(t, size[0], size[1], func(t *testing.T, w *world) {
			header := func() string { line, _, _ := strings.Cut(w.Frame(), "\n"); return line }
			for _, s := range screens() {
				w.Press(s.keys...)
				if line := header(); !strings.Contains(line, " PRIVACY ") || !strings.Contains(line, " LIVE ") {
					t.Errorf("%v: %s: %q", size, s.name, line)
				}
				checkFrame(t, w.Styled(), size[0], size[1])
				for range 5 {
					w.Press("esc")
				}
			}
			w.wire.fault = status(500, "{}")
			w.Press("ctrl+r")
			w.Wait(5 * time.Minute)
			if line := header(); !strings.Contains(line, " PRIVACY ") || !strings.Contains(line, " LIVE ") || !strings.Contains(line, "✕") {
				t.Errorf("%v: in trouble: %q", size, line)
			}
			checkFrame(t, w.Styled(), size[0], size[1])
		}, func(w *world) {
			ofSecretive(w)
			masked := maskable(t, w, newFakeMask())
			masked.ReadOnly = true
			w.first = First(masked, false, "", "")
		})
	}
}

func TestTheWatermarkIsThereBeforeAnythingIsOpen(t *testing.T) {
	t.Parallel()
	in(t, 60, 16, func(_ *testing.T, w *world) {
		w.Sees("PRIVACY", "hidden: privacy is on")
		w.Misses(secretive.Name)
		w.Press("p")
		w.Sees("P turns it off")
		w.Press("P")
		w.Misses("PRIVACY", "hidden")
	}, func(w *world) {
		masked := maskable(t, w, newFakeMask())
		masked.Client = func(string, moneykit.Credentials) (*moneykit.Client, error) {
			return nil, fmt.Errorf("no keys for %s", secretive.Name)
		}
		w.first = First(masked, true, "", "")
	})
}

// Whoever started till waits for the files of the App that it was started with.
func TestFilesAreWaitedForAcrossPrivacy(t *testing.T) {
	t.Parallel()
	open, masked := &App{}, &App{Masked: true}
	for range 2 {
		masked.writes(open)
		open.writes(masked)
	}
	if open.files() != masked.files() || open.files() != &open.writing {
		t.Error("each counts its own files")
	}
}

func TestALinkIsCalledAsItIsHere(t *testing.T) {
	t.Parallel()
	mask := newFakeMask()
	masked := &App{
		Masked:    true,
		Pseudonym: func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.pseudonym(string(id))) },
		Reveal:    func(id moneykit.LinkID) moneykit.LinkID { return moneykit.LinkID(mask.reveal(string(id))) },
	}
	at := place{chosen: "mk_1", open: "mk_1", tab: 2}
	if got := at.in(&App{}, &App{Masked: true}); got.chosen != "" || got.open != "" {
		t.Errorf("a link without a pseudonym is shown: %+v", got)
	}
	if got := at.in(&App{}, masked).in(masked, &App{}); got != at {
		t.Errorf("there and back: %+v", got)
	}
}

func TestGoldenPrivacy(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		keys []string
	}{
		{"links", nil},
		{"overview", []string{"down", "down", "enter"}},
		{"transactions", []string{"down", "down", "enter", "3"}},
		{"request", []string{"L", "G", "enter"}},
	} {
		for _, size := range [][2]int{{60, 16}, {80, 24}} {
			t.Run(fmt.Sprintf("%s_%dx%d", s.name, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				var frame string
				in(t, size[0], size[1], func(_ *testing.T, w *world) {
					w.Press(s.keys...)
					frame = w.Frame()
				}, func(w *world) {
					ofSecretive(w)
					w.first = First(maskable(t, w, newFakeMask()), false, "", "")
				})
				golden.RequireEqual(t, frame+"\n")
			})
		}
	}
}
