package views

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
)

// anyFleet draws links in all states, with errors that nobody knows yet among them.
func anyFleet(random *rand.Rand, n int, now time.Time) []watch.Snapshot {
	states := []moneykit.LinkState{moneykit.Connected, moneykit.InError, moneykit.InError, moneykit.Connecting, moneykit.AwaitingTokenExchange, moneykit.Deleted, "paused"}
	codes := []moneykit.LinkError{
		"", "new_error", moneykit.AuthExpired, moneykit.InvalidCredentials, moneykit.Incomplete, moneykit.InstitutionError,
		moneykit.SystemError, moneykit.ProviderError, moneykit.UserError, moneykit.NoAccounts,
	}
	names := []string{"OAuth Bank", "\x1b[2JBank", "東京メトロ株式会社の長い長い名前が続く", ""}
	links := make([]watch.Snapshot, n)
	for i := range links {
		links[i].ID = moneykit.LinkID("mk_" + strconv.Itoa(i))
		if random.IntN(5) == 0 {
			continue
		}
		bank := random.IntN(25)
		link := &moneykit.Link{
			ID: links[i].ID, State: states[random.IntN(len(states))],
			InstitutionID: moneykit.InstitutionID("bank-" + strconv.Itoa(bank)), InstitutionName: names[bank%len(names)],
		}
		if link.State == moneykit.InError {
			link.ErrorCode = codes[random.IntN(len(codes))]
		}
		for _, status := range []**moneykit.ProductStatus{&link.Products.Accounts, &link.Products.Transactions} {
			*status = &moneykit.ProductStatus{}
			if old := random.IntN(7); old > 0 {
				ends := watch.AgeBandEnds()
				(*status).RefreshedAt = now.Add(-ends[old%len(ends)] + time.Duration(random.IntN(3)-1)*time.Second)
			}
			if random.IntN(4) == 0 {
				(*status).ErrorCode = moneykit.ProductTimeout
			}
		}
		links[i].Link, links[i].At = link, now
	}
	return links
}

// TestEveryCountIsOfTheLinksBehindIt opens every cell of many fleets.
func TestEveryCountIsOfTheLinksBehindIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	opened := 0
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		links := anyFleet(random, random.IntN(400), now)
		health := fleetHealth{Health: watch.Survey(links, now), at: now}
		w := 76 + random.IntN(120)
		for _, s := range []section{health.states(w), health.matrix(w, 2+random.IntN(30)), health.ages(w)} {
			for _, line := range s.lines {
				width := 0
				for _, p := range line {
					width += cell.Width(p.text)
				}
				if width > w {
					t.Errorf("fleet %d: a line of %s has %d cells of %d", seed, s.name, width, w)
				}
			}
			for _, b := range s.boxes {
				told, _, _ := strings.Cut(strings.ReplaceAll(b.told, ",", ""), " ")
				want, err := strconv.Atoi(told)
				if b.of == nil {
					if told != "no" {
						t.Errorf("fleet %d: %q cannot be opened", seed, b.told)
					}
					continue
				}
				opened++
				if found := len(byInstitution(links, b.of.is)); err != nil || found != want {
					t.Errorf("fleet %d: %d links are behind %q", seed, found, b.told)
				}
			}
		}
	}
	if opened < 1000 {
		t.Errorf("only %d cells were opened", opened)
	}
}

// TestTheBoardHasRoomForLargeNumbers draws a fleet of 100,000.
func TestTheBoardHasRoomForLargeNumbers(t *testing.T) {
	t.Parallel()
	health := fleetHealth{Health: watch.Health{
		Links: 1234567, Read: 1234567,
		States:       map[moneykit.LinkState]int{moneykit.Connected: 1111111, moneykit.InError: 123456},
		Errors:       map[moneykit.LinkError]int{moneykit.AuthExpired: 123455, moneykit.NoAccounts: 1},
		Institutions: []watch.InstitutionHealth{{ID: "a", Name: "A", Links: 1234567, Errors: map[moneykit.LinkError]int{moneykit.AuthExpired: 123455, moneykit.NoAccounts: 1}}},
		Products:     []watch.ProductHealth{{Product: moneykit.ProductAccounts, Ages: [watch.AgeBands]int{1234567}}},
	}}
	var b board
	b.setSize(76, 40)
	b.set(nil, [][]section{{health.states(76), health.matrix(76, 9), health.ages(76)}}, []int{76})
	frame := b.view(theme.New(true))
	for _, want := range []string{"1,111,111", "90%", "<1%", "123,455", "123,456 of 1,234,567", "1,234k"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not on the board:\n%s", want, frame)
		}
	}
}

func TestACellOpensTheLinksBehindIt(t *testing.T) {
	inFleet(t, 120, 36, 60, func(f *fleetWorld) {
		f.Press("H")
		f.Sees("all seen", "✕ 13 in error", "INSTITUTION", "AGE OF DATA", "THE LAST HOUR")
		f.Press("tab", "down") // OAuth Bank × auth expired
		f.Sees("1 link at OAuth Bank in error: auth expired")
		f.Press("enter")
		f.Sees("Behind it", "1 link   OAuth Bank, in error: auth expired", "▌ ✕ auth expired")
		f.Press("enter")
		f.Sees("OAuth Bank", "Overview")
		f.Press("esc", "esc", "right")
		f.Sees("no link at OAuth Bank in error: invalid credentials")
		f.Press("enter")
		f.Sees("there is no link behind this")
		f.Press("right", "right", "right", "right")
		f.Sees("6 links at OAuth Bank in error")
		f.Press("right")
		f.Sees("6 links at OAuth Bank in error")
		f.Press("enter")
		f.Sees("6 links   OAuth Bank, in error")
	})
}

func TestTheCursorGoesFromSectionToSection(t *testing.T) {
	inFleet(t, 120, 36, 60, func(f *fleetWorld) {
		f.Press("H")
		f.Sees("▌ ● connected")
		f.Press("tab")
		f.Sees("no link at Credentials Bank in error: auth expired")
		f.Press("shift+tab")
		f.Sees("42 links connected")
		f.Press("l")
		f.Sees("no link at Credentials Bank in error: auth expired")
		f.Press("down", "down", "j")
		f.Sees("42 links: accounts refreshed an hour to a day ago")
		f.Press("G")
		f.Sees("16 links: enrichment refreshed an hour to a day ago")
		f.Press("h")
		f.Sees("1 link: enrichment refreshed less than an hour ago")
		f.Press("h")
		f.Sees("1 link in error: user setup required") // the nearest in the other column
		f.Press("g")
		f.Sees("42 links connected")
		f.Press("up", "left", "k")
		f.Sees("42 links connected")
	})
}

func TestTheCursorStaysOnItsCell(t *testing.T) {
	t.Parallel()
	bank := func(name string, errors map[moneykit.LinkError]int) watch.InstitutionHealth {
		return watch.InstitutionHealth{ID: moneykit.InstitutionID(name), Name: name, Links: 50, Errors: errors}
	}
	counted := func(banks ...watch.InstitutionHealth) fleetHealth {
		health := fleetHealth{Health: watch.Health{Links: 100, Read: 100, States: map[moneykit.LinkState]int{moneykit.Connected: 50}, Errors: map[moneykit.LinkError]int{}}}
		for _, b := range banks {
			for code, n := range b.Errors {
				health.Errors[code] += n
			}
		}
		health.Institutions = banks
		return health
	}
	var b board
	b.setSize(76, 10)
	show := func(h fleetHealth) {
		b.set(nil, [][]section{{h.states(76), h.matrix(76, 9)}}, []int{76})
	}
	at := func(want string) {
		t.Helper()
		if at, _ := b.current(); at.told != want {
			t.Fatalf("the cursor is on %q and not on %q:\n%s", at.told, want, b.view(theme.New(true)))
		}
	}
	show(counted(bank("A", map[moneykit.LinkError]int{moneykit.SystemError: 2}), bank("B", map[moneykit.LinkError]int{moneykit.SystemError: 1})))
	b.turn(1)
	b.down(1)
	at("1 link at B in error: system error")
	show(counted(
		bank("C", map[moneykit.LinkError]int{moneykit.AuthExpired: 9}), bank("B", map[moneykit.LinkError]int{moneykit.SystemError: 7}),
		bank("A", map[moneykit.LinkError]int{moneykit.SystemError: 2}),
	))
	at("7 links at B in error: system error")
	if frame := b.view(theme.New(true)); !strings.Contains(frame, "▌") {
		t.Errorf("the cursor is out of sight:\n%s", frame)
	}
	// Without the cell it goes to the nearest in its section.
	show(counted(bank("A", map[moneykit.LinkError]int{moneykit.SystemError: 2})))
	at("2 links at A in error")
	show(counted())
	at("50 links connected")
}

// TestNewsAreCountedTogether holds the counts still for a while.
func TestNewsAreCountedTogether(t *testing.T) {
	inFleet(t, 120, 36, 20, func(f *fleetWorld) {
		f.Wait(time.Second)
		f.Press("H")
		f.Wait(20 * time.Second)
		f.Sees("● connected")
		shown := f.Row("all seen")
		f.happens(2, time.Minute, wentWrong(moneykit.AuthExpired))
		f.Sees("nothing was seen to change")
		for range 10 {
			f.Send(newsMsg{})
			f.Wait(100 * time.Millisecond)
		}
		f.Sees(strings.TrimSpace(strings.Trim(shown, "│")))
		f.Wait(healthRest)
		f.Sees("state changed")
		if f.Row("all seen") == shown {
			t.Error("the links were not counted again")
		}
	})
}

func TestTheFleetIsASampleUntilAllIsRead(t *testing.T) {
	inFleet(t, 80, 24, 20, func(f *fleetWorld) {
		f.Press("H")
		f.Wait(5 * time.Second)
		f.Sees("5 of 16 links seen: a sample", "STATE, A SAMPLE", "· not seen yet            11", "links of the sample connected")
		f.wire.mends()
		f.Wait(3 * time.Minute)
		f.Sees("16 links, all seen")
		f.Misses("ample", "not read")
	}, unanswered(6))
}

func TestAnIncidentIsToldAndOpened(t *testing.T) {
	inFleet(t, 120, 36, 60, func(f *fleetWorld) {
		f.Press("H")
		f.Sees("▌ ⚠ OAuth Bank: 4 links went auth expired, Dec 31 23:43–23:55")
		f.Press("enter")
		f.Sees("4 links   OAuth Bank: went auth expired, Dec 31 23:43–23:55", "▌ ✕ auth expired")
		for _, n := range oauthLinks {
			f.Sees(f.link(n)[:8])
		}
	}, incident)
}

func TestWhatHappenedOpensItsLinks(t *testing.T) {
	inFleet(t, 120, 36, 60, func(f *fleetWorld) {
		f.Press("H", "tab", "tab")
		f.Sees("▌ state changed")
		f.Sees("4 events of 4 links", "✓ transactions", "✕ accounts: time", "○ gone")
		f.Press("enter")
		f.Sees("4 links   state changed in the last hour")
		f.Press("esc", "down", "down", "down", "down", "down")
		f.Sees("23:58", "▌ 23:58")
		f.Press("enter")
		f.Sees("Instant Bank", "Overview", f.link(3)[:20])
	}, incident)
}

// lastHourOf counts the events that the screen shows.
func lastHourOf(t *testing.T, store *mirror.Store) int {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	taken := takeHealth(t.Context(), watch.New(client), store, clock{}, happened{}, ui.To{})().(healthMsg)
	return len(taken.health.hour)
}

// TestWhatHappenedIsReadOnce takes in more than a page, then what came since.
func TestWhatHappenedIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleetWorld{t: t, store: memory(t), world: &world{}}
		f.sandbox = newSandbox(1)
		const many = happenedPage + 17
		for i := range many {
			e := wentWrong(moneykit.AuthExpired)
			e.RequestID = fmt.Sprint("req_", i)
			f.happens(1, time.Duration(many-i)*time.Second, e)
		}
		f.happens(1, 0, watch.Event{Kind: watch.ProductRefreshed, RequestID: "req_last"})
		c := &clock{}
		read := func(before happened) happened {
			t.Helper()
			h, err := before.more(t.Context(), f.store, c, c.now())
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		h := read(happened{})
		if len(h.events) != many+1 || h.events[0].RequestID != "req_0" || h.events[many].RequestID != "req_last" {
			t.Fatalf("%d events were read", len(h.events))
		}
		if n := lastHourOf(t, f.store); n != many+1 {
			t.Errorf("%d events are of the last hour", n)
		}
		time.Sleep(2 * time.Hour)
		if n := lastHourOf(t, f.store); n != 0 {
			t.Errorf("%d events are of the last hour", n)
		}
		f.happens(1, 0, watch.Event{Kind: watch.Gone, RequestID: "req_new"})
		h = read(h)
		if len(h.events) != many+1 || h.events[many].RequestID != "req_new" {
			t.Fatalf("there are %d events, the last is %q", len(h.events), h.events[len(h.events)-1].RequestID)
		}
		time.Sleep(22 * time.Hour)
		if h = read(h); len(h.events) != 0 {
			t.Errorf("%d events are older than a day", len(h.events))
		}
		if h = read(happened{}); len(h.events) != 0 {
			t.Errorf("%d events are older than a day", len(h.events))
		}
	})
}

// TestAMistypedIDIsNoLink opens a link that MoneyKit does not know.
func TestAMistypedIDIsNoLink(t *testing.T) {
	inFleet(t, 80, 24, 20, func(f *fleetWorld) {
		f.Press("o")
		f.Type("mk_mistyped")
		f.Press("enter", "esc", "H")
		f.Sees("16 links, all seen")
		f.Misses("not seen yet")
	})
}

// TestLinksBehindStayWhereTheyAre mends one of them while the list is open.
func TestLinksBehindStayWhereTheyAre(t *testing.T) {
	inFleet(t, 80, 24, 20, func(f *fleetWorld) {
		f.Press("H", "enter")
		f.Sees("links   connected", "▌ ● connected")
		n := 0
		for i, id := range f.sandbox.LinkIDs() {
			if strings.Contains(f.Row("▌"), id[:6]) {
				n = i + 1
			}
		}
		f.set(n, moneykit.InError, moneykit.NoAccounts)
		f.Wait(20 * time.Second) // it is on screen, and so it is read again
		f.Sees("▌ ✕ no accounts")
		f.Press("esc")
		f.Wait(healthRest)
		f.Sees("✕ no accounts")
	})
}
