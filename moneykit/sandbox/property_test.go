package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// trial does to a Sandbox what a list of bytes says, and checks that what holds
// at all times still does.
type trial struct {
	*api
	replaced  bool
	opts      []Option
	links     []string
	followers map[string][]*follower
	accepted  map[string]map[product]time.Time // the last refreshes that were accepted, by link
	script    []byte
	imports   int
	done      []string // in words, for whoever looks for the cause
}

func newTrial(t testing.TB, replaced bool, script []byte) *trial {
	opts := []Option{WithLinks(13), WithTransactions(30)}
	if replaced {
		opts = append(opts, WithPendingReplaced())
	}
	x := &trial{
		api: newAPI(t, opts...), replaced: replaced, opts: opts, script: script,
		followers: map[string][]*follower{}, accepted: map[string]map[product]time.Time{},
	}
	x.links = x.box.LinkIDs()
	for i, id := range x.links {
		x.accepted[id] = map[product]time.Time{}
		for _, p := range x.box.linkAt(i).Products {
			x.accepted[id][p.Name] = p.RequestedAt
		}
	}
	return x
}

// next is the next byte of the script, 0 when it is over.
func (x *trial) next() int {
	if len(x.script) == 0 {
		return 0
	}
	b := x.script[0]
	x.script = x.script[1:]
	return int(b)
}

// some is one of the first links, so that much happens to the same ones, or
// else any.
func (x *trial) some() string {
	n := x.next()
	if n < 128 {
		return at([]string{x.links[0], x.links[2], x.links[10], x.links[len(x.links)-1]}, n)
	}
	return at(x.links, n)
}

func (x *trial) say(format string, args ...any) {
	x.done = append(x.done, fmt.Sprintf(format, args...))
}

func (x *trial) run() {
	defer func() {
		if x.Failed() {
			x.Logf("pending replaced: %t, actions:\n%s", x.replaced, strings.Join(x.done, "\n"))
		}
	}()
	actions := []func(){
		x.refreshSome, x.refreshSome, x.moveClock, x.moveClock, x.relink, x.reset, x.remove, x.joinNew, x.setState,
		x.correct, x.importNew, x.importMore, x.breakAnswer, x.walk, x.walk, x.walk, x.fork, x.reopen, x.forgetAll, x.spoilProduct,
	}
	for n := 1; len(x.script) > 0 && !x.Failed(); n++ {
		at(actions, x.next())()
		if n%16 == 0 {
			x.check()
		}
	}
	x.check()
}

func (x *trial) check() {
	x.Helper()
	for _, id := range x.links {
		l := x.box.find(id)
		if l.State == deleted || !l.Fetched {
			continue
		}
		x.balanced(l)
		x.invested(id)
		if l.product(transactionsProduct) == nil {
			continue
		}
		want := x.listed(id)
		fresh := &follower{rows: map[string]transactionAnswer{}}
		for i, f := range append(slices.Clone(x.followers[id]), fresh) {
			f := f.fork()
			f.finish(x, id, []int{500, 13, 41}[i%3])
			x.synced(id, f, want)
		}
	}
	x.unforgetful(x.some())
}

func (x *trial) refreshSome() {
	id, mask := x.some(), x.next()
	var asked []product
	for i, name := range allProducts {
		if mask&(1<<i) != 0 || mask > 128 && i%3 == 0 { // often accounts and transactions together
			asked = append(asked, name)
		}
	}
	got := x.post("/links/"+id+"/products", products(asked...))
	x.say("refresh %s %v: %d", id, asked, got.status)
	x.limited(id, asked, got, x.accepted[id])
	if got.status == http.StatusAccepted {
		for _, name := range asked {
			x.accepted[id][name] = x.box.Now()
		}
	}
}

func (x *trial) moveClock() {
	n := x.next()
	d := at([]time.Duration{time.Second, 2 * time.Second, 20 * time.Minute, time.Hour, 7 * time.Hour, days, 3 * days, 20 * days}, n)
	d += time.Duration(n) * time.Millisecond
	x.say("move the clock by %s", d)
	if n >= 128 {
		if err := x.box.Advance(x.Context(), d); err != nil {
			x.Error(err)
		}
	} else {
		x.clock.Move(d)
	}
	x.authorize()
}

// connectVia goes through Connect with answers that any bank takes.
func (x *trial) connectVia(token, bank, user string) answer {
	return x.post("/sandbox/connect", connectBody{Token: token, InstitutionID: bank, Username: user, Password: "pass_good", Answers: []string{allowAnswer}})
}

func (x *trial) relink() {
	id, n := x.some(), x.next()
	body := map[string]any{"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back", "existing_link_id": id}
	if n%3 == 0 {
		body["settings"] = map[string]any{"products": map[string]any{"investments": map[string]any{}, "transactions": map[string]any{}}}
	}
	session := x.post("/link-session", body)
	if session.status != http.StatusCreated {
		return
	}
	got := x.connectVia(session.text("link_session_token"), "", "user_good")
	x.say("relink %s: %d", id, got.status)
}

func (x *trial) reset() {
	id := x.some()
	x.say("reset %s: %d", id, x.post("/links/"+id+"/reset", nil).status)
}

func (x *trial) remove() {
	if id := x.some(); x.next() < 64 {
		x.say("delete %s: %d", id, x.call("DELETE", "/links/"+id, nil).status)
	}
}

func (x *trial) joinNew() {
	n := x.next()
	if len(x.links) > 30 {
		return
	}
	features := map[string]any{}
	if n%4 == 3 {
		features["permit_only_one_account"] = true
	}
	token := x.post("/link-session", map[string]any{
		"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back", "connect_features": features,
	}).text("link_session_token")
	got := x.connectVia(token, at([]string{instantBank, oauthBank, credentialsBank}, n), at([]string{"user_good", "user_1", "user_2"}, n/3))
	id := got.want(x, 200).text("link_id")
	exchanged := x.post("/link-session/exchange-token", map[string]any{"exchangeable_token": got.text("exchangeable_token")})
	x.say("join %s: %d", id, exchanged.status)
	x.know(id)
}

func (x *trial) know(id string) {
	x.links = append(x.links, id)
	x.accepted[id] = map[product]time.Time{}
}

func (x *trial) setState() {
	id, state := x.some(), at([]linkState{connected, inError, connected, connecting, awaitingTokenExchange, deleted}, x.next())
	code := ""
	if state == inError {
		code = at(linkErrors[:], x.next())
	}
	if state == deleted && x.next() < 128 {
		return
	}
	x.say("set %s to %s %s: %v", id, state, code, x.box.SetState(id, string(state), code))
}

// spoilProduct lets the next refreshes of a product fail, or puts it into an
// error right away.
func (x *trial) spoilProduct() {
	id, name := x.some(), at(allProducts[:], x.next())
	got := x.post("/sandbox/links/"+id+"/state", map[string]any{"products": map[string]any{string(name): at(append(productErrors[:], ""), x.next())}})
	x.say("spoil %s of %s: %d", name, id, got.status)
}

func (x *trial) correct() {
	id, n := x.some(), x.next()
	var got transactionsAnswer
	if !x.ask("/links/"+id+"/transactions?size=40", &got) || len(got.Transactions) == 0 {
		return
	}
	t, to := at(got.Transactions, n), at([]string{"travel", "home", "shopping"}, n)
	done := x.post("/links/"+id+"/transactions/"+t.TransactionID+"/enrichment", map[string]any{"category": to})
	x.say("correct %s of %s to %s: %d", t.TransactionID, id, to, done.status)
}

func (x *trial) imported(accounts []string) []map[string]any {
	var all []map[string]any
	for i := range x.next() % 5 {
		x.imports++
		t := map[string]any{
			"account_id": at(accounts, i), "amount": fmt.Sprintf("%d.%02d", x.next(), i), "type": at([]string{"credit", "debit"}, i),
			"date": noon.AddDate(0, 0, -x.next()).Format(time.DateOnly), "description": "Imported",
		}
		if i%2 == 0 {
			t["transaction_id"] = fmt.Sprintf("mine_%d", x.imports)
		}
		all = append(all, t)
	}
	return all
}

func (x *trial) importNew() {
	if len(x.links) > 30 {
		return
	}
	var accounts []map[string]any
	names, currencies := []string{"one", "two"}, []string{"USD", "CHF", "JPY", "EUR", ""}
	for i, name := range names {
		accounts = append(accounts, map[string]any{
			"account_id": name, "name": name,
			"type":     at([]string{"depository.checking", "depository.savings", "liability.credit_card", "liability.mortgage", "investment.ira", "unknown"}, x.next()),
			"balances": map[string]any{"current": x.next()*20 - 400, "currency": at(currencies, x.next()+i), "limit": at([]any{nil, 4000, 0}, x.next())},
		})
	}
	got := x.post("/links/import", map[string]any{
		"customer_user": map[string]any{"id": "user_77"}, "institution_id": instantBank, "accounts": accounts, "transactions": append([]map[string]any{}, x.imported(names)...),
	}).want(x, 200)
	x.say("import %s", got.text("link_id"))
	x.know(got.text("link_id"))
}

func (x *trial) importMore() {
	id := x.some()
	if x.box.find(id).State == deleted {
		return // the contract has no answer for it
	}
	got := x.post("/links/"+id+"/import/transactions", map[string]any{"transactions": append([]map[string]any{}, x.imported([]string{"one", "two"})...)})
	x.say("import into %s: %d", id, got.status)
}

// breakAnswer lets a walk meet a fault and go on.
func (x *trial) breakAnswer() {
	f := at([]Fault{
		{Truncated: true},
		{Malformed: true},
		{Reset: true},
		{WrongTypes: true},
		{Status: 503},
		{Status: 429},
		{Truncated: true, EscapeSequences: true},
	}, x.next())
	f.Times = 1 + x.next()%3
	x.say("break: %+v", f)
	x.fault(f)
	for range 4 {
		x.walk()
	}
	x.box.ClearFaults()
}

// walk takes some pages as one of the followers of a link.
func (x *trial) walk() {
	id, pages, size := x.some(), 1+x.next()%4, 1+x.next()
	if len(x.followers[id]) == 0 {
		x.followers[id] = []*follower{{rows: map[string]transactionAnswer{}}}
	}
	f := at(x.followers[id], x.next())
	x.say("walk %d pages of %d through %s", pages, size, id)
	for range pages {
		if more, _ := f.step(x, id, size); !more {
			return
		}
	}
}

// fork keeps where a follower stands, so that it goes on from there later.
func (x *trial) fork() {
	id := x.some()
	if all := x.followers[id]; len(all) > 0 && len(all) < 4 {
		x.followers[id] = append(all, all[len(all)-1].fork())
	}
}

func (x *trial) reopen() {
	x.say("reopen")
	file := filepath.Join(x.TempDir(), "state")
	if err := x.box.Save(file); err != nil {
		x.Fatal(err)
	}
	id := x.some()
	before := x.told(id)
	box, err := Open(file, append(slices.Clone(x.opts), WithNow(x.clock.Now))...)
	if err != nil {
		x.Fatal(err)
	}
	if x.box = box; x.told(id) != before {
		x.Errorf("link %s is another after reopening:\n%s", id, difference(before, x.told(id)))
	}
}

func (x *trial) forgetAll() {
	x.say("forget")
	x.forget()
}

// Whatever happens, no transaction is lost or doubled, money adds up, and
// limits hold.
func TestWorldHolds(t *testing.T) {
	for seed := range uint64(4) {
		for _, replaced := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, replaced %t", seed, replaced), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(seed, 1))
				script := make([]byte, 300)
				for i := range script {
					script[i] = byte(rng.Uint32())
				}
				newTrial(t, replaced, script).run()
			})
		}
	}
}

// What is imported is new too, so whoever replaces pending ones is told of them
// again.
func TestReplacedPendingOutlivesAnImport(t *testing.T) {
	x := newTrial(t, true, nil)
	id := x.post("/links/import", importText).want(t, 200).text("link_id")
	x.connectVia(x.session(id), "", "user_good").want(t, 200)
	x.advance("1m")
	x.post("/links/"+id+"/products", products(transactionsProduct)).want(t, 202)
	x.advance("1m")
	f := &follower{rows: map[string]transactionAnswer{}}
	f.finish(x, id, 500)
	x.synced(id, f, x.listed(id))
	x.post("/links/"+id+"/import/transactions", `{"transactions":[{"account_id":"one","amount":"2","date":"2026-01-02"}]}`).want(t, 200)
	f.finish(x, id, 1)
	x.synced(id, f, x.listed(id))
}

// A refresh in the midst of a walk does not change what the walk brings.
func TestRefreshInTheMidstOfAWalk(t *testing.T) {
	for _, replaced := range []bool{false, true} {
		x := newTrial(t, replaced, nil)
		id := x.links[0]
		f := &follower{rows: map[string]transactionAnswer{}}
		f.finish(x, id, 500)
		for range 12 {
			x.advance("2h")
			x.refresh(1, transactionsProduct).want(t, 202)
			x.advance("1m")
			f.step(x, id, 1)
		}
		f.finish(x, id, 3)
		x.synced(id, f, x.listed(id))
	}
}
