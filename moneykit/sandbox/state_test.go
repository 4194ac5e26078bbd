package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// aged is a Sandbox in which a lot has happened, and some of it is under way.
func aged(t testing.TB, in *inbox, opts ...Option) *api {
	a := newAPI(t, append([]Option{WithTransactions(60)}, opts...)...)
	a.subscribe(1, in)
	a.refresh(1, accountsProduct, transactionsProduct).want(t, 202)
	a.refresh(8, transactionsProduct).want(t, 202)
	a.advance("50h")
	a.post("/links/"+a.link(2)+"/reset", nil).want(t, 200)
	a.call("DELETE", "/links/"+a.link(6), nil).want(t, 204)
	a.join(instantBank, "", "")
	a.post("/links/import", importText).want(t, 200)
	first := into[transactionsAnswer](t, a.get("/links/"+a.link(3)+"/transactions")).Transactions[0].TransactionID
	a.post("/links/"+a.link(3)+"/transactions/"+first+"/enrichment", `{"category":"travel"}`).want(t, 200)
	a.post("/sandbox/clock", `{"rate":2}`)
	a.refresh(1, allProducts[:4]...).want(t, 202)
	return a
}

// reopened is the Sandbox as another process finds it.
func (a *api) reopened(path string, opts ...Option) *api {
	a.Helper()
	if err := a.box.Save(path); err != nil {
		a.Fatal(err)
	}
	box, err := Open(path, append([]Option{WithNow(a.clock.Now)}, opts...)...)
	if err != nil {
		a.Fatal(err)
	}
	return &api{TB: a.TB, box: box, clock: a.clock, token: a.token}
}

// tells is all that can be read of a Sandbox, by path.
func (a *api) tells(more ...string) map[string]string {
	paths := append(more, "/links", "/auth/introspect", "/institutions", "/sandbox/clock", "/.well-known/jwks.json", "/users/user_77/links", "/users/user_1000/transactions")
	for _, id := range a.box.LinkIDs() {
		for _, rest := range []string{
			"", "/accounts", "/accounts/numbers", "/identity", "/transactions?size=1000", "/transactions/sync",
			"/investments/holdings", "/investments/transactions",
		} {
			paths = append(paths, "/links/"+id+rest)
		}
	}
	all := map[string]string{}
	for _, path := range paths {
		got := a.unheld("GET", path)
		all[path] = fmt.Sprint(got.status, string(got.body))
	}
	return all
}

func sameAnswers(t testing.TB, before, after map[string]string) {
	t.Helper()
	for path, want := range before {
		if after[path] != want {
			t.Errorf("%s\nbefore %.900s\nafter  %.900s", path, want, after[path])
		}
	}
}

func TestStateGoesOn(t *testing.T) {
	for _, opts := range [][]Option{nil, {WithPendingReplaced(), WithSeed(7), WithLinks(25)}} {
		in := newInbox(t)
		a := aged(t, in, opts...)
		cursor := a.get("/links/"+a.link(1)+"/transactions/sync?size=5").text("cursor", "next")
		old := []string{"/links/" + a.link(1) + "/transactions/sync?cursor=" + cursor}
		session := a.session("")
		done := a.post("/sandbox/connect", connectBody{Token: a.session(""), InstitutionID: instantBank}).want(t, 200)
		b := a.reopened(filepath.Join(t.TempDir(), "state"))
		sameAnswers(t, a.tells(old...), b.tells(old...))

		for _, later := range []time.Duration{time.Second, time.Minute, time.Hour / 4} { // what was under way ends
			a.clock.Move(later)
			sameAnswers(t, a.tells(old...), b.tells(old...))
		}
		b.post("/sandbox/connect/next", connectBody{Token: session, InstitutionID: instantBank}).want(t, 422) // expired: twice as fast
		b.post("/sandbox/connect/next", connectBody{Token: "mk_ls_unknown"}).want(t, 404)
		b.post("/link-session/exchange-token", map[string]any{"exchangeable_token": done.text("exchangeable_token")}).want(t, 400)
	}
}

func TestStateKeepsTokensToUse(t *testing.T) {
	a := newAPI(t)
	session := a.session("")
	done := a.post("/sandbox/connect", connectBody{Token: a.session(""), InstitutionID: instantBank}).want(t, 200)
	a.refresh(1, accountsProduct).want(t, 202)
	b := a.reopened(filepath.Join(t.TempDir(), "state"))
	b.post("/sandbox/connect", connectBody{Token: session, InstitutionID: instantBank}).want(t, 200)
	b.post("/link-session/exchange-token", map[string]any{"exchangeable_token": done.text("exchangeable_token")}).want(t, 201)
	b.refresh(1, accountsProduct).refused(t, 429, "api_error.rate_limit_exceeded")
	if got := b.session(""); got == session || got == a.session("") && len(got) == 0 {
		t.Errorf("token %q again", got)
	}
	if len(b.box.LinkIDs()) != 14 {
		t.Errorf("%d links", len(b.box.LinkIDs()))
	}
}

// What was to be sent is sent after reopening, in its order.
func TestStateKeepsWebhooks(t *testing.T) {
	in := newInbox(t)
	a := newAPI(t)
	a.subscribe(1, in)
	path := filepath.Join(t.TempDir(), "state")
	a.refresh(1, accountsProduct, transactionsProduct, accountNumbersProduct, identityProduct).want(t, 202)
	a.clock.Move(time.Minute)
	a.show(1) // all of it is due now, and nothing was sent
	b := a.reopened(path)
	b.advance("0s")
	var times []string
	for _, p := range in.take() {
		times = append(times, p.read(t).Timestamp)
		if p.header.Get("MoneyKit-Delivery-Attempt") != "1" {
			t.Errorf("%v", p)
		}
	}
	if len(times) != 13 {
		t.Errorf("%d webhooks", len(times))
	}
	for i, at := range times[1:] {
		before, _ := time.Parse(time.RFC3339Nano, times[i])
		if after, _ := time.Parse(time.RFC3339Nano, at); after.Before(before) {
			t.Errorf("out of order: %v", times)
			break
		}
	}

	in.answer(http.StatusInternalServerError)
	b.post("/links/"+b.link(1)+"/reset", nil).want(t, 200)
	b.advance("11s")
	failed := in.take()
	c := b.reopened(path)
	in.answer(http.StatusOK)
	c.advance("1h")
	got := in.take()
	if len(failed) != 2 || len(got) != 1 || got[0].body != failed[0].body || got[0].header.Get("MoneyKit-Delivery-Attempt") != "3" {
		t.Errorf("%v, then %v", failed, got)
	}
}

func TestStateWinsOverOptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	a := newAPI(t, WithSeed(3), WithLinks(5), WithTransactions(50), WithPendingReplaced())
	b := a.reopened(path, WithSeed(4), WithLinks(9), WithTransactions(500))
	sameAnswers(t, a.tells(), b.tells())
	if !b.box.pendingReplaced || b.box.linkCount != 5 {
		t.Errorf("%+v", b.box.options)
	}
	a.clock.Move(time.Hour)
	if c, err := Open(path, WithNow(a.clock.Now)); err != nil || !c.Now().Equal(a.box.Now()) {
		t.Errorf("%v, the time is %v, want %v", err, c.Now(), a.box.Now())
	}
}

func TestOpenWithoutAFile(t *testing.T) {
	box, err := Open(filepath.Join(t.TempDir(), "none"), WithLinks(3))
	if err != nil || len(box.LinkIDs()) != 3 {
		t.Errorf("%v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("a directory: %v", err)
	}
}

func TestStateDamaged(t *testing.T) {
	a := newAPI(t)
	a.post("/links/"+a.link(1)+"/reset", nil)
	path := filepath.Join(t.TempDir(), "state")
	if err := a.box.Save(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{
		"empty":           {},
		"another's":       []byte("\x7fELF and so on"),
		"JSON":            []byte(`{"seed":1}`),
		"another version": bytes.Replace(whole, []byte("state 1"), []byte("state 2"), 1),
		"twice":           append(bytes.Clone(whole), whole...),
		"longer":          append(bytes.Clone(whole), "{}\n"...),
	}
	head := bytes.IndexByte(whole, '\n')
	for _, n := range []int{1, len(stateHead), head - 1, head, head + 1, head + 2, len(whole) / 2, len(whole) - 3, len(whole) - 2} {
		damaged[fmt.Sprintf("%d of %d bytes", n, len(whole))] = whole[:n]
	}
	for at := 0; at < len(whole)-1; at += 1 + len(whole)/97 {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1
		damaged[fmt.Sprintf("byte %d", at)] = flipped
	}
	for name, text := range damaged {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if box, err := Open(path); !errors.Is(err, ErrDamaged) || box != nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, text) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err != nil {
		t.Error(err)
	}
}

// A state that cannot be written leaves the last one, and nothing else.
func TestStateThatCannotBeWritten(t *testing.T) {
	a := newAPI(t)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "missing", "state"), taken, filepath.Join(dir, strings.Repeat("x", 300))} {
		if err := a.box.Save(path); err == nil || !a.box.isUnsaved() {
			t.Errorf("%.40s: %v, unsaved %t", path, err, a.box.isUnsaved())
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left over: %v %v", entries, err)
	}
}

func TestStateOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).Run(); err != nil {
		t.Log("there is no small disk to fill:", err)
		return
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	a, path := newAPI(t), filepath.Join(dir, "state")
	if err := a.box.Save(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	for range 300 {
		a.session("")
	}
	if err := a.box.Save(path); err == nil || !a.box.isUnsaved() {
		t.Errorf("%v", err)
	}
	after, err := os.ReadFile(path)
	if entries, _ := os.ReadDir(dir); !bytes.Equal(before, after) || err != nil || len(entries) != 1 {
		t.Errorf("%v, left over: %v", err, entries)
	}
	if _, err := Open(path); err != nil {
		t.Error(err)
	}
}

func TestStateKeepsSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	a := newAPI(t, WithClient("client_of_mine", "secret-of-mine"))
	a.authorize()
	if err := a.box.Save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"secret-of-mine", a.token, strings.TrimPrefix(a.token, "mk_at_")} {
		if secret == "" || bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	b, err := Open(path, WithNow(a.clock.Now), WithClient("another", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	(&api{TB: t, box: b, clock: a.clock, token: a.token}).get("/links").want(t, 401)
}

func TestKeepSavesWhatChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state")
		box := New()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- box.Keep(ctx, path, func(err error) { t.Error(err) }) }()
		time.Sleep(5 * saveEvery)
		if _, err := os.Stat(path); err == nil {
			t.Error("saved although nothing changed")
		}
		for _, change := range []func() error{
			func() error { return box.SetState(box.LinkIDs()[0], "error", authExpired) },
			func() error { return box.SetRate(0) },
			func() error { return box.Advance(ctx, time.Hour) },
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(saveEvery)
			synctest.Wait()
			saved, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if saved.Dial.Rate != box.Dial.Rate || saved.Links[0] == nil || saved.Links[0].State != inError || !saved.Dial.At.Equal(box.Now()) && box.Dial.Rate == 0 {
				t.Errorf("saved %+v, there is %+v", saved.Dial, box.Dial)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := Open(path); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error("not saved at the end")
		}
	})
}

func TestKeepTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "later", "state")
		box := New()
		ctx, stop := context.WithCancel(t.Context())
		failures, ended := 0, make(chan error)
		go func() { ended <- box.Keep(ctx, path, func(error) { failures++ }) }()
		if err := box.SetState(box.LinkIDs()[0], "error", authExpired); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3*saveEvery + saveEvery/2)
		synctest.Wait()
		if failures != 3 {
			t.Errorf("%d failures", failures)
		}
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(saveEvery)
		synctest.Wait()
		if saved, err := Open(path); failures != 3 || err != nil || saved.Links[0] == nil {
			t.Errorf("%d failures, %v", failures, err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
