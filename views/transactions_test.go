package views

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/theme"
)

// made returns n transactions, a day apart, the newest last.
func made(t *testing.T, n int) []moneykit.Transaction {
	t.Helper()
	all := make([]moneykit.Transaction, n)
	first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range all {
		all[i] = madeOne(t, i, first.AddDate(0, 0, i), fmt.Sprintf("Shop %d", i))
	}
	return all
}

func madeOne(t *testing.T, i int, day time.Time, description string) moneykit.Transaction {
	t.Helper()
	x, err := moneykit.Decode[moneykit.Transaction]([]byte(fmt.Sprintf(`{"transaction_id":"txn_%06d","account_id":"acc_%d","amount":"%d.50","type":"debit","currency":"USD","date":%q,"description":%q,"category":"home"}`,
		i, i%2, i, day.Format(time.DateOnly), description)))
	if err != nil {
		t.Fatal(err)
	}
	return *x
}

// bench is a transactions tab over a mirror, without a program around it.
type bench struct {
	*transactionsTab
	t       *testing.T
	brought int // transactions that came from the mirror
}

// onBench runs test with a tab over a mirror of n transactions.
func onBench(t *testing.T, n int, test func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")})
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(&App{}, keystore.Profile{Name: "acme"}, "", client, memory(t))
		p := &linkPage{session: s, ctx: t.Context(), id: "mk_1", theme: theme.New(true)}
		b := &bench{transactionsTab: newTransactionsTab(p, ""), t: t}
		b.apply(mirror.Page{Seq: 1, After: "c1", Created: made(t, n)})
		b.setSize(80, 20)
		b.does(b.ask(true))
		test(t, b)
	})
}

func (b *bench) apply(page mirror.Page) {
	b.t.Helper()
	if _, err := b.mirror.Store().Apply(b.t.Context(), b.id, page); err != nil {
		b.t.Fatal(err)
	}
}

// msgs runs a command, and those that are batched in it.
func (b *bench) msgs(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	msg := cmd()
	batch, ok := msg.(tea.BatchMsg)
	if !ok {
		return []tea.Msg{msg}
	}
	var all []tea.Msg
	for _, c := range batch {
		all = append(all, b.msgs(c)...)
	}
	return all
}

// does runs a command and all that follows from it.
func (b *bench) does(cmd tea.Cmd) {
	for _, msg := range b.msgs(cmd) {
		switch msg := msg.(type) {
		case answerMsg:
			b.brought += len(msg.near)
		case nearMsg:
			b.brought += len(msg.near)
		}
		b.does(b.update(msg))
	}
}

func (b *bench) moves(to int) {
	b.table.MoveTo(to)
	b.does(b.moved())
}

func (b *bench) sees(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if frame := ansi.Strip(b.view()); !strings.Contains(frame, text) {
			b.t.Fatalf("%q is not on screen:\n%s", text, frame)
		}
	}
}

func TestOnlyWhatIsNearTheCursorIsHeld(t *testing.T) {
	t.Parallel()
	onBench(t, 50_000, func(t *testing.T, b *bench) {
		b.sees("Shop 49999", "50,000 transactions")
		if b.brought > 3*aside {
			t.Errorf("%d transactions were brought to show the first", b.brought)
		}
		b.brought = 0
		b.moves(49_999)
		b.sees("▌ 1980-01-01  Shop 0 ")
		b.moves(25_000)
		b.sees("Shop 24999")
		if b.brought > 5*aside {
			t.Errorf("%d transactions were brought for two jumps", b.brought)
		}
		for at := 25_000; at < 35_000; at += b.table.Page() {
			b.moves(at)
			b.sees(fmt.Sprintf("Shop %d ", 49_999-at))
		}
		if held := len(b.rows.near); held > mostNear {
			t.Errorf("%d transactions are held", held)
		}
	})
}

func TestWhatIsFarIsLetGo(t *testing.T) {
	t.Parallel()
	onBench(t, 4000, func(t *testing.T, b *bench) {
		for i, word := range strings.Fields("1 2 3 4 5 6 7 8 9 198") {
			b.filter.needle = word
			b.does(b.ask(true))
			b.moves(i * 100)
		}
		if held := len(b.rows.near); held > mostNear {
			t.Errorf("%d transactions are held", held)
		}
	})
}

func TestWhatIsNotThereYetIsAwaited(t *testing.T) {
	t.Parallel()
	onBench(t, 5000, func(t *testing.T, b *bench) {
		b.table.MoveTo(4000)
		cmd := b.moved()
		b.sees("▌             …")
		if b.whyNone() == "" || b.whyNoCorrection() == "" {
			t.Error("a transaction that is not there can be opened")
		}
		if b.moved() != nil {
			t.Error("it is asked for twice")
		}
		b.does(cmd)
		b.sees("Shop 999 ")
	})
}

func TestAStepNearbyBringsNothing(t *testing.T) {
	t.Parallel()
	onBench(t, 5000, func(t *testing.T, b *bench) {
		b.brought = 0
		for i := range aside / 4 {
			b.moves(i)
		}
		if b.brought > 0 {
			t.Errorf("%d transactions were brought, which are there", b.brought)
		}
	})
}

func TestOnlyTheLastQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.filter.needle = "shop 12"
		first := b.ask(true)
		b.filter.needle = "shop 2999"
		second := b.ask(true)
		for _, msg := range b.msgs(first) {
			if a, ok := msg.(answerMsg); ok && a.err == nil {
				t.Error("the first question was not given up")
			}
			b.does(b.update(msg))
		}
		b.does(second)
		b.does(b.update(answerMsg{number: b.asked.number - 1, whole: true, found: mirror.Found{Rows: []mirror.Row{1, 2, 3}}}))
		b.sees("1 of 3,000", "Shop 2999 ")
	})
}

func TestTheFirstRowsComeFirst(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.terms.least = "1"
		b.layout()
		msgs := b.msgs(b.ask(true))
		rest := b.update(msgs[0])
		b.sees("500+ of 3,000", "Shop 2999 ", "≥ 1")
		b.toggleBars()
		b.sees("Adding up…")
		b.does(rest)
		b.sees("2,999 of 3,000", "net −4,49", "CATEGORY")
	})
}

func TestAPartOfASearchIsNotAll(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.bars = true
		b.layout()
		rest := func(least string) {
			b.terms.least = least
			b.layout()
			msgs := b.msgs(b.ask(true))
			_ = b.update(msgs[0])
			b.sees("Adding up…")
			_ = b.update(answerMsg{number: b.asked.number, err: errors.New("broken")})
		}
		rest("1")
		b.sees("500+ of 3,000", "Not all transactions could be read.")
		if why := b.exportFound()[0].Disabled(); why != "not all transactions could be read" {
			t.Errorf("it can be exported: %q", why)
		}
		b.does(b.ask(true))
		b.sees("2,999 of 3,000", "CATEGORY")
		if why := b.exportFound()[0].Disabled(); why != "" {
			t.Error(why)
		}
		_ = b.ask(true)
		_ = b.update(answerMsg{number: b.asked.number, err: errors.New("broken")})
		if why := b.exportFound()[0].Disabled(); why != "not all transactions could be read" {
			t.Errorf("what an older search found can be exported: %q", why)
		}
	})
}

func TestTheListDoesNotJump(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.moves(2000)
		msgs := b.msgs(b.sort(1, false))
		rest := b.update(msgs[0])
		b.sees("Shop 999 ", "3,000 transactions by description")
		b.moves(1500)
		b.does(rest)
		if now := b.current(); now == nil || now.Description != "Shop 1499" || b.table.Cursor() == 1500 {
			t.Errorf("the cursor is at %d on %+v", b.table.Cursor(), now)
		}

		b.moves(0)
		msgs = b.msgs(b.sort(3, true))
		rest = b.update(msgs[0])
		b.sees("500+ transactions")
		at := b.current()
		b.does(rest)
		if now := b.current(); b.table.Cursor() != 0 || now == nil || now.ID != at.ID {
			t.Errorf("the cursor went to %d on %+v", b.table.Cursor(), now)
		}
	})
}

func TestTheStatusIsWhole(t *testing.T) {
	t.Parallel()
	onBench(t, 3, func(_ *testing.T, b *bench) {
		b.setSize(56, 20) // a terminal of 60
		b.current().Pending, b.current().Date.Year = true, 2026
		b.sees("2026-01-03  Shop 2", "−2.50 USD  pending")
	})
}

func TestTheCursorStaysOnItsTransaction(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		on := func(want string) {
			t.Helper()
			if now := b.current(); now == nil || now.Description != want {
				t.Fatalf("the cursor is on %+v at %d, want %s", now, b.table.Cursor(), want)
			}
		}
		b.moves(2000)
		on("Shop 999")
		b.does(b.sort(3, false))
		on("Shop 999")
		b.does(b.sort(3, true))
		on("Shop 999")
		b.filter.needle = "shop 99"
		b.does(b.ask(true))
		on("Shop 999")
		b.sees("57 of 3,000")
		b.filter.clear()
		b.does(b.ask(true))
		on("Shop 999")

		newer := madeOne(t, 9000, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "New Shop")
		b.apply(mirror.Page{Seq: 2, Before: "c1", After: "c2", Created: []moneykit.Transaction{newer}, Removed: []moneykit.TransactionID{"txn_002999"}})
		b.does(b.update(syncedMsg{link: b.id}))
		on("Shop 999")
		b.sees("3,000 transactions")

		b.apply(mirror.Page{Seq: 3, Before: "c2", After: "c3", Removed: []moneykit.TransactionID{"txn_000999"}})
		at := b.table.Cursor()
		b.does(b.update(syncedMsg{link: b.id}))
		if b.table.Cursor() != at {
			t.Errorf("the cursor went from %d to %d with its transaction", at, b.table.Cursor())
		}
		b.filter.needle = "new shop"
		b.does(b.ask(true))
		on("New Shop")
	})
}

func TestWhatASyncChangesIsShown(t *testing.T) {
	t.Parallel()
	onBench(t, 300, func(t *testing.T, b *bench) {
		late := b.msgs(bring(b.ctx, b.mirror.Store(), b.to, b.rows.version, b.rows.found.Rows[:5]))
		changed := madeOne(t, 299, time.Date(1980, 10, 26, 0, 0, 0, 0, time.UTC), "Renamed")
		b.apply(mirror.Page{Seq: 2, Before: "c1", After: "c2", Updated: []moneykit.Transaction{changed}})
		b.does(b.update(syncedMsg{link: b.id}))
		b.sees("Renamed")
		b.does(b.update(late[0]))
		b.sees("Renamed")

		asked := b.asked.number
		head, err := b.mirror.Store().Head(b.ctx, b.id)
		b.does(b.update(broughtMsg{head: head, names: names{"acc_1": "Checking"}, err: err}))
		b.sees("Checking")
		if b.asked.number != asked {
			t.Error("the mirror was searched again, and nothing had changed")
		}
	})
}

func TestASyncDoesNotHoldUpASearch(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.filter.needle = "shop"
		_ = b.ask(true)
		msgs := b.msgs(b.update(syncedMsg{link: b.id}))
		if a, ok := msgs[0].(answerMsg); !ok || a.whole || len(a.found.Rows) != firstRows {
			t.Error("the first rows do not come first any more")
		}
	})
}

func TestAnAnswerThatTakesLongIsTold(t *testing.T) {
	t.Parallel()
	onBench(t, 3000, func(t *testing.T, b *bench) {
		b.filter.needle = "shop 12"
		cmd := b.ask(true)
		b.does(b.update(slowMsg{b.to, b.asked.number - 1}))
		if strings.Contains(b.view(), "searching") {
			t.Error("it was told of another question")
		}
		b.does(b.update(slowMsg{b.to, b.asked.number}))
		b.sees("searching…", "3,000")
		b.does(cmd)
		if strings.Contains(b.view(), "searching") {
			t.Error("it is still told")
		}
	})
}

func TestAMirrorThatCannotBeReadSaysSo(t *testing.T) {
	t.Parallel()
	onBench(t, 3, func(t *testing.T, b *bench) {
		b.does(b.update(answerMsg{number: b.asked.number, err: errors.New("broken")}))
		b.sees("Shop 2", "3 transactions") // what was there stays
		other := &bench{transactionsTab: newTransactionsTab(b.linkPage, ""), t: t}
		other.setSize(80, 20)
		_ = other.ask(true)
		other.does(other.update(answerMsg{number: 1, err: errors.New("broken")}))
		other.sees("broken", "try again")
	})
}

func TestStale(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 10, 0, 0, 1, 0, time.UTC)
	for _, c := range []struct {
		day     string
		pending bool
		want    bool
	}{
		{"2026-09-01", true, true}, {"2026-09-02", true, false}, {"2026-09-01", false, false}, {"2026-09-11", true, false},
	} {
		day, err := moneykit.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		x := moneykit.Transaction{Date: day, Pending: c.pending}
		if got := mirror.Stale(x, now); got != c.want {
			t.Errorf("%+v is stale: %v", c, got)
		}
		rows := transactionRows{found: mirror.Found{Rows: []mirror.Row{1}}, near: near{1: &x}, clock: &clock{sandbox: func() time.Time { return now }}}
		word, _ := transactionStatus(x, now)
		if cell := rows.Row(0)[5]; (cell.Text == "stale" && cell.Role == theme.Bad) != c.want || strings.HasSuffix(word, ", stale") != c.want {
			t.Errorf("%+v shows %+v and %q", c, cell, word)
		}
	}
	if mirror.Stale(moneykit.Transaction{Pending: true}, now) {
		t.Error("a transaction without a date is stale")
	}
}

func TestDetailTellsAllThatIsKnown(t *testing.T) {
	t.Parallel()
	x, err := moneykit.Decode[moneykit.Transaction]([]byte(`{"transaction_id":"txn_1","account_id":"acc_1","amount":"4.75","type":"debit","currency":"USD","date":"2026-09-01",
		"description":"Blue Bottle","raw_description":"POS 4 BLUE","pending":true,"original_id":"orig_1","enrichment":{
		"category":{"value":"food_and_drink","confidence":92},"subcategory":{"value":"coffee","confidence":0},
		"merchant":{"id":"m","name":"Blue Bottle","confidence":88},"processor":{"id":"p","name":"Square"},
		"recurrence":{"frequency":"monthly","next_predicted_date":"2026-10-01"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := ansi.Strip(strings.Join(transactionDetail(theme.New(true), *x, names{"acc_1": "Checking"}, 60, time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC)), "\n"))
	want := strings.Join([]string{
		"Blue Bottle", "−4.75 USD", "pending since Sep 1, stale", "",
		"date         2026-09-01",
		"account      Checking",
		"as it came   POS 4 BLUE",
		"category     food and drink 92 %",
		"subcategory  coffee 0 %",
		"merchant     Blue Bottle 88 %",
		"processor    Square",
		"comes        monthly · next 2026-10-01",
		"id           txn_1",
		"original id  orig_1",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
