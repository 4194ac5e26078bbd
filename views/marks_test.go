package views

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/theme"
)

var shownID = regexp.MustCompile(`mk_\w+`)

// marked returns the ids, as far as they are shown, of the rows with a mark.
func (w *world) marked() []string {
	var ids []string
	for line := range strings.SplitSeq(w.Frame(), "\n") {
		if strings.Contains(line, "◆") {
			ids = append(ids, shownID.FindString(line))
		}
	}
	return ids
}

// isMarked fails the test unless those links are marked and no others, counted
// from 1 in the order of the list.
func (w *world) isMarked(t *testing.T, links ...int) {
	t.Helper()
	got := w.marked()
	if len(got) != len(links) {
		t.Fatalf("%d links are marked, want %d:\n%s", len(got), len(links), w.Frame())
	}
	for i, n := range links {
		if !strings.HasPrefix(w.link(n), got[i]) {
			t.Fatalf("mark %d is at %s, want link %d:\n%s", i+1, got[i], n, w.Frame())
		}
	}
}

func TestSpaceMarksAndMovesOn(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Misses("marked", "◆")
		w.Press("space", "space")
		w.isMarked(t, 1, 2)
		w.Sees("12 links  2 marked  ● 5 connected  ✕ 4 error  ◌ 2 connecting  ○ 1 deleted ")
		if row := w.Row("▌"); !strings.Contains(row, w.link(3)[:8]) {
			t.Errorf("the cursor is at %s", row)
		}
		w.Press("up", "space")
		w.isMarked(t, 1)
		w.Press("up", "up")
		w.Sees("▌◆● connected")
		w.Press("G", "space")
		w.isMarked(t, 1, 12)
		w.Press("space") // the cursor has nowhere to go from the last
		w.isMarked(t, 1)
	})
}

func TestMarksSurvive(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 5) // connecting
		w.Press("space")
		w.at(t, 3)
		w.Press("space")
		w.isMarked(t, 3, 5)

		w.Press("s", "s") // by institution
		w.isMarked(t, 5, 3)
		w.Press("S")
		w.Sees("INSTITUTION ↑")
		w.isMarked(t, 3, 5)
		w.Press("s", "s", "s", "s", "s") // by state
		w.Sees("STATE ↓")

		w.Press("/")
		w.Type("instant")
		w.isMarked(t, 3)
		w.Sees("2 marked, 1 of them not shown   4 of 12")
		w.Press("enter")
		w.Sees("2 marked, 1 of them not shown")
		w.Press("/")
		w.Type("xyz")
		w.Sees("no link matches the filter", "2 marked, not shown   0 of 12")
		w.Press("esc")

		w.Wait(time.Minute)
		w.Sees("● 6 connected", "2 marked")
		w.picks("advance the clock")
		w.chooses(1, 4)
		w.Wait(3 * time.Second)
		w.Press("ctrl+r")
		w.Sees("12 links", "2 marked")
		w.isMarked(t, 3, 5)

		w.Press("enter", "esc")
		w.isMarked(t, 3, 5)
	})
}

func TestAMarksWhatIsShownAlone(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("space", "/")
		w.Type("oauth")
		w.Press("enter", "space", "a")
		w.Sees("4 marked, 1 of them not shown")
		if n := len(w.marked()); n != 3 {
			t.Errorf("%d of 3 rows are marked", n)
		}
		w.Press("a")
		w.Sees("1 marked, not shown")
		w.Misses("◆")
		w.Press("esc")
		w.isMarked(t, 1)
		w.Press("a")
		w.Sees("12 marked")
		w.Press("a")
		w.Misses("marked", "◆")
	})
}

func TestEscClearsTheFilterFirst(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(_ *testing.T, w *world) {
		w.Misses("esc")
		w.Press("space")
		w.Sees("space mark", "esc unmark")
		w.Press("/")
		w.Type("oauth")
		w.Press("esc")
		w.Sees("12 links   1 marked")
		w.Press("/")
		w.Type("oauth")
		w.Press("enter", "esc")
		w.Sees("12 links   1 marked")
		w.Press("enter", "esc") // back from a link
		w.Sees("12 links   1 marked")
		w.Press("?", "esc")
		w.Sees("12 links   1 marked")
		w.Press("esc")
		w.Sees("12 links   ●")
		w.Misses("esc unmark", "◆")
		w.Press("esc")
		w.Sees("12 links   ●")
	})
}

func TestNothingActsOnOneWhileOthersAreMarked(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("space", "space", "up", "up")
		w.Press("X")
		w.Sees("2 links are marked, and this acts on the one under the cursor; esc clears the marks", "12 links")
		w.Wait(time.Minute) // until the toast is gone
		w.Misses("are marked")
		w.Press("/")
		w.Type("credentials")
		w.Press("enter", "X")
		w.Sees("2 links are marked", "esc clears the filter, then the marks")
		w.Press("esc", "g", "space", "X")
		w.Sees("1 link is marked, and")

		w.Press("g", "y")
		if got := w.Clipboard(); !slices.Equal(got, []string{w.link(1)}) {
			t.Errorf("copied %q", got)
		}
		w.Press("d")
		w.Sees("till ▸ Links ▸ Credentials Bank", "sync 1")
		w.Press("D") // on the link's own screen it is clear which is meant
		w.Sees("Disconnect Credentials Bank")
		w.Press("esc", "esc", "esc", "r")
		w.Sees("Which products?")
	})
}

func TestNothingToMark(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("/")
		w.Type("xyz")
		w.Press("enter")
		for _, key := range []string{"space", "a"} {
			w.Press(key)
			w.Sees(noLink)
			w.Misses("marked")
			w.Wait(time.Minute) // until the toast is gone
			w.Misses(noLink)
		}
	})
}

func TestEscIsOneAction(t *testing.T) {
	t.Parallel()
	l := listOf(t, "mk_1")
	l.rows.mark(0)
	for needle, want := range map[string]string{"": "Clear the marks", "mk": "Clear the filter"} {
		l.narrow(needle)
		var names []string
		for _, a := range l.Actions() {
			if a.Key.Help().Key == "esc" {
				names = append(names, a.Name)
			}
		}
		if !slices.Equal(names, []string{want}) {
			t.Errorf("with the filter %q esc is %q", needle, names)
		}
	}
}

// listOf returns a list of links that have been read, at no server.
func listOf(t *testing.T, ids ...moneykit.LinkID) *linksScreen {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	l := newLinks(newSession(&App{}, keystore.Profile{Mode: keystore.Sandbox}, keystore.FromKeyring, client, memory(t)), place{})
	l.SetTheme(theme.New(true))
	l.listing.loaded = true
	for _, id := range ids {
		l.rows.put(watch.Snapshot{ID: id, Link: &moneykit.Link{ID: id, State: moneykit.Connected}})
	}
	l.rows.grow(&l.filter, nil)
	return l
}

func (l *linksScreen) markedIDs() []moneykit.LinkID {
	var ids []moneykit.LinkID
	return append(ids, l.marked()()...)
}

func (l *linksScreen) narrow(needle string) {
	l.filter.needle = needle
	l.refilter()
}

func TestMarkedLinksComeInTheOrderOfTheList(t *testing.T) {
	t.Parallel()
	l := listOf(t, "mk_a1", "mk_b2", "mk_a3", "mk_b4", "mk_a5")
	if got := l.markedIDs(); len(got) != 0 {
		t.Errorf("at first %v are marked", got)
	}
	for _, i := range []int{4, 3, 1, 0} {
		l.rows.mark(i)
	}
	steps := []struct {
		name string
		do   func()
		want []moneykit.LinkID
	}{
		{"as they came", func() {}, []moneykit.LinkID{"mk_a1", "mk_b2", "mk_b4", "mk_a5"}},
		{"filtered", func() { l.narrow("b") }, []moneykit.LinkID{"mk_b2", "mk_b4", "mk_a1", "mk_a5"}},
		{"sorted backwards", func() { l.sort(2, true) }, []moneykit.LinkID{"mk_b4", "mk_b2", "mk_a5", "mk_a1"}},
		{"no filter any more", func() { l.narrow("") }, []moneykit.LinkID{"mk_b4", "mk_b2", "mk_a5", "mk_a1"}},
		{"one that does not exist", func() { l.rows.drop("mk_b2") }, []moneykit.LinkID{"mk_b4", "mk_a5", "mk_a1"}},
		{"none", l.rows.unmark, nil},
	}
	for _, step := range steps {
		step.do()
		if got := l.markedIDs(); !slices.Equal(got, step.want) {
			t.Errorf("%s: %v are marked, want %v", step.name, got, step.want)
		}
	}
}

// TestMarksWhateverHappens lets links come and go, be sorted, filtered and
// marked in any order, and compares the marks with a plain set.
func TestMarksWhateverHappens(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		l := listOf(t)
		want := map[moneykit.LinkID]bool{}
		for range 200 {
			id := moneykit.LinkID(fmt.Sprintf("mk_%02d", random.IntN(40)))
			switch random.IntN(9) {
			case 0, 1:
				state := []moneykit.LinkState{moneykit.Connected, moneykit.Deleted}[random.IntN(2)]
				l.news([]watch.Snapshot{{ID: id, Link: &moneykit.Link{ID: id, InstitutionName: hostileName(random), State: state}}})
			case 2:
				l.rows.drop(id)
				delete(want, id)
			case 3:
				l.narrow([]string{"", "1", "3", "connected", "nothing"}[random.IntN(5)])
			case 4:
				l.sort(random.IntN(5), random.IntN(2) == 0)
			case 5:
				markShownIn(want, l.rows.shown)
				l.rows.markShown()
			case 6:
				if random.IntN(8) == 0 {
					l.rows.unmark()
					clear(want)
				}
			default:
				l.table.MoveTo(random.IntN(40))
				if i := l.table.Cursor(); i >= 0 {
					want[l.rows.shown[i]] = !want[l.rows.shown[i]]
					l.rows.mark(i)
				}
			}
			checkMarks(t, l, want)
			w, h := 1+random.IntN(180), 3+random.IntN(40)
			l.SetSize(w, h)
			checkFrame(t, l.View(), w, h)
		}
	}
}

func hostileName(random *rand.Rand) string {
	return []string{"東京メトロ株式会社の長い長い名前が続く", "👩‍👩‍👧‍👦 family ❤️", "e\u0301\u0301\u0301", "\x1b[2J", strings.Repeat("long", 80), ""}[random.IntN(6)]
}

func markShownIn(marks map[moneykit.LinkID]bool, shown []moneykit.LinkID) {
	all := !slices.ContainsFunc(shown, func(id moneykit.LinkID) bool { return !marks[id] })
	for _, id := range shown {
		marks[id] = !all
	}
}

func checkMarks(t *testing.T, l *linksScreen, want map[moneykit.LinkID]bool) {
	t.Helper()
	var ids []moneykit.LinkID
	hidden := 0
	for i, id := range l.rows.shown {
		if l.rows.Marked(i) != want[id] {
			t.Fatalf("%s is marked: %v, want %v", id, l.rows.Marked(i), want[id])
		}
		if want[id] {
			ids = append(ids, id)
		}
	}
	for _, id := range l.rows.all {
		if want[id] && !slices.Contains(l.rows.shown, id) {
			ids = append(ids, id)
			hidden++
		}
	}
	if got := l.markedIDs(); !slices.Equal(got, ids) {
		t.Fatalf("%v are marked, want %v", got, ids)
	}
	if l.rows.hidden != hidden {
		t.Fatalf("%d marks are counted as hidden, want %d", l.rows.hidden, hidden)
	}
}
