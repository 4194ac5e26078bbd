package views

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"till/moneykit/sandbox"
	"till/ui"
)

// longestStep is what there is room for in the least terminal.
const longestStep = 80

var toldKeys = regexp.MustCompile("`([^`]+)`")

// guide goes through a tour by what its texts say.
type guide struct {
	*world
	mu   sync.Mutex
	text string // the last that was told
	step int    // of it, from 1
	keys []string
	lies []string // what was told and is not so
}

// takes begins the tour.
func (w *world) takes(t *testing.T) *guide {
	g := &guide{world: w}
	everywhere := ui.NewShell(t.Context(), newWelcome(w.app, "")).Actions()
	if w.app.Mask != nil {
		everywhere = append(everywhere, privacyAction(w.app, opener{}, nil))
	}
	tour := Tour()
	for i := range tour.Steps {
		tell := tour.Steps[i].Text
		tour.Steps[i].Text = func(top ui.Screen) string {
			text := tell(top)
			g.heard(i+1, text, top, slices.Concat(top.Actions(), everywhere))
			return text
		}
	}
	w.Send(ui.TakeTour(tour)())
	return g
}

// heard takes in what a step told, and whether its keys do something on that screen.
func (g *guide) heard(step int, text string, top ui.Screen, actions []ui.Action) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.step, g.text, g.keys = step, text, nil
	lie := func(what string) { g.lies = append(g.lies, fmt.Sprintf("%d on %T: %q: %s", step, top, text, what)) }
	if n := len([]rune(strings.ReplaceAll(text, "`", ""))); n > longestStep {
		lie(fmt.Sprint("it has ", n, " characters"))
	}
	for _, found := range toldKeys.FindAllStringSubmatch(text, -1) {
		key := found[1]
		g.keys = append(g.keys, key)
		answers := strings.Contains(text, "then `"+key+"`") // the dialog that the key before opens
		works := key == ">" || answers || slices.ContainsFunc(actions, func(a ui.Action) bool {
			return (a.Key.Help().Key == key || slices.Contains(a.Key.Keys(), key)) && a.Reason() == ""
		})
		if h, ok := top.(ui.Hinter); ok && !works {
			works = strings.Contains(h.Hint(), key)
		}
		if !works {
			lie(key + " does nothing")
		}
	}
}

func (g *guide) at() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.step
}

// next returns the keys that the step asks for now.
func (g *guide) next() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	named := map[string]string{"↑": "up", "↓": "down"}
	var keys []string
	for _, key := range g.keys {
		if key == "h" || key == "/" {
			continue // by the way
		}
		if name, ok := named[key]; ok {
			key = name
		}
		keys = append(keys, key)
	}
	switch {
	case strings.Contains(g.text, "then"):
		return keys
	case len(keys) > 1:
		return keys[:1]
	}
	return keys
}

// checks fails the test if a step told what is not so.
func (g *guide) checks(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.lies) > 0 {
		t.Fatal(strings.Join(slices.Compact(g.lies), "\n"))
	}
}

// walk does what the tour says until it is over, and returns the frame with which
// each step began.
func (g *guide) walk(t *testing.T) []string {
	t.Helper()
	var frames []string
	seen := 0
	for range 60 {
		if strings.Contains(g.Frame(), "That was the tour") {
			return append(frames, g.Frame())
		}
		g.checks(t)
		if at := g.at(); at != seen {
			frames, seen = append(frames, g.Frame()), at
		}
		keys := g.next()
		if slices.Equal(keys, []string{">"}) {
			t.Fatalf("a step does not go on by itself:\n%s", g.Frame())
		}
		g.Press(keys...)
		g.Wait(time.Second)
	}
	t.Fatalf("the tour does not end:\n%s", g.Frame())
	return nil
}

const tourSteps = 8

// TestTheTourIsTrue walks the whole tour by doing what each step says.
func TestTheTourIsTrue(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 16}, {80, 24}, {120, 36}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			in(t, size[0], size[1], func(t *testing.T, w *world) {
				g := w.takes(t)
				if frames := g.walk(t); len(frames) != tourSteps+1 {
					t.Errorf("%d steps were told, and the end", len(frames)-1)
				}
				w.Press("esc")
				if w.wire.asked("POST /link-session") == 0 || w.wire.asked("POST /links/"+w.link(1)+"/products") == 0 {
					t.Error("nothing was relinked, or refreshed")
				}
			})
		})
	}
}

// of gives the world a Sandbox with so many links.
func of(t *testing.T, links int) func(*world) {
	return func(w *world) {
		s := sandbox.New(sandbox.WithNow(w.controls.now), sandbox.WithLinks(links))
		w.sandbox, w.wire.sandbox = s, s.Transport()
		w.app = testApp(t, w.wire, s, w.controls.controls())
	}
}

// TestTheTourNeverBlocks walks it where there is little to see.
func TestTheTourNeverBlocks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		setUp func(*testing.T) func(*world)
		says  string
	}{
		"no links":  {func(t *testing.T) func(*world) { return of(t, 0) }, "There is no bank link yet. > goes on."},
		"all well":  {func(t *testing.T) func(*world) { return of(t, 1) }, "None is in error"},
		"read-only": {func(*testing.T) func(*world) { return func(w *world) { w.app.ReadOnly = true } }, "asks banks for nothing new"},
		"a lot":     {func(t *testing.T) func(*world) { return of(t, 200) }, "The line above follows the refresh"},
		"no Connect": {func(*testing.T) func(*world) {
			return func(w *world) { w.wire.breaks("POST", "/link-session", unplugged) }
		}, "The link was not mended."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, 80, 24, func(t *testing.T, w *world) {
				g := w.takes(t)
				for range 80 {
					if strings.Contains(w.Frame(), "That was the tour") {
						break
					}
					g.checks(t)
					keys := g.next()
					if slices.Equal(keys, []string{"r"}) {
						keys = []string{">"} // it would fail again
					}
					w.Press(keys...)
					w.Wait(time.Second)
				}
				w.Sees("That was the tour")
				if !strings.Contains(w.Drawn(), test.says) {
					t.Errorf("%q was never told", test.says)
				}
			}, test.setUp(t))
		})
	}
}

func TestTheTourSurvivesItsLink(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		g := w.takes(t)
		w.Press("enter", "3", ">", ">", ">", ">", ">")
		w.Sees(" 6/8 ", "r, then enter: ask the bank")
		w.Press("D")
		w.Type("Credentials Bank")
		w.Press("enter")
		w.Sees(" 6/8 ", "Only a connected link can be refreshed. > goes on.")
		w.Press("esc", ">", "p")
		w.Sees(" 7/8 ", "The tour goes on at the list of links: esc leads back.")
		w.Press("enter") // the Sandbox anew
		w.Sees(" 7/8 ", "d shows what changed in a link since the last time.")
		g.checks(t)
	})
}

func TestTheTourTellsOfPrivacy(t *testing.T) {
	in(t, 80, 24, func(t *testing.T, w *world) {
		g := w.takes(t)
		w.Press("enter", ">", ">", ">", ">", ">", ">", ">")
		w.Sees(" 8/8 ", "P hides what is private")
		g.checks(t)
	}, func(w *world) { w.app.Mask = func(bool) *App { return w.app } })
}

// TestTheTourGoesAlong lets an operator press whatever comes to mind.
func TestTheTourGoesAlong(t *testing.T) {
	t.Parallel()
	keys := []string{
		"up", "down", "enter", "enter", "esc", "esc", "w", "R", "r", "1", "2", "3", "4", "8", "d", "tab", "n", "N", "?", ":", "space", "a", "/", "x", "X", "y",
		"p", "H", "L", "J", "t", "h", "c", "f", "b", "g", "G", ">", ">", ">", "<", ".", "ctrl+t",
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 8))
			width, height := 80, 24
			in(t, width, height, func(t *testing.T, w *world) {
				g := w.takes(t)
				for range 80 {
					if random.IntN(12) == 0 {
						width, height = 60+random.IntN(80), 16+random.IntN(30)
						w.Resize(width, height)
					}
					w.Press(keys[random.IntN(len(keys))])
					if random.IntN(6) == 0 {
						w.Wait(time.Second)
					}
					checkFrame(t, w.Styled(), width, height)
				}
				g.checks(t)
			})
		})
	}
}

func TestTheCursorStaysOnATour(t *testing.T) {
	for _, height := range []int{16, 24} {
		in(t, 60, height, func(t *testing.T, w *world) {
			w.Press("G", "up")
			before, at := w.Row("▌"), strings.Index(w.Frame(), "▌")
			w.takes(t)
			if w.Row("▌") != before {
				t.Errorf("%d lines: the cursor went from\n%s to\n%s", height, before, w.Row("▌"))
			}
			w.Press("ctrl+t")
			if w.Row("▌") != before || height == 24 && strings.Index(w.Frame(), "▌") != at {
				t.Errorf("%d lines: the cursor did not stay at\n%s:\n%s", height, before, w.Frame())
			}
		})
	}
}

func TestTheToursKeysAreItsOwn(t *testing.T) {
	for _, s := range everyScreen(t, &App{}) {
		for _, a := range s.actions {
			for _, key := range []string{">", ".", "<", ",", "ctrl+t"} {
				if slices.Contains(a.Key.Keys(), key) {
					t.Errorf("%s: %q is %q, too", s.name, key, a.Name)
				}
			}
		}
	}
}

func TestGoldenTour(t *testing.T) {
	t.Parallel()
	var frames []string
	in(t, 80, 24, func(t *testing.T, w *world) { frames = w.takes(t).walk(t) })
	for i, frame := range frames {
		t.Run(fmt.Sprint("step_", i+1), func(t *testing.T) {
			golden.RequireEqual(t, requestIDs.ReplaceAllString(frame, "req_oneOfTheSandboxsRequests")+"\n")
		})
	}
}
