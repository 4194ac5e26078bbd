package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

// server answers in memory: tokens itself, syncs by handle, and listings by list.
type server struct {
	handle func(cursor string) (status int, body string)
	list   func(query url.Values) (status int, body string)

	mu      sync.Mutex
	cursors []string     // asked for, in order
	lists   []url.Values // likewise
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	if r.URL.Path == "/auth/token" {
		rec.WriteHeader(http.StatusCreated)
		_, _ = rec.WriteString(`{"access_token":"t","token_type":"bearer","expires_in":3600}`)
		return rec.Result(), nil
	}
	if strings.HasSuffix(r.URL.Path, "/transactions") {
		s.lists = append(s.lists, r.URL.Query())
		rec.Header().Set("X-Request-Id", fmt.Sprintf("l%d", len(s.lists)))
		status, body := s.list(r.URL.Query())
		rec.WriteHeader(status)
		_, _ = rec.WriteString(body)
		return rec.Result(), nil
	}
	cursor := r.URL.Query().Get("cursor")
	s.mu.Lock()
	s.cursors = append(s.cursors, cursor)
	rec.Header().Set("X-Request-Id", fmt.Sprintf("r%d", len(s.cursors)))
	s.mu.Unlock()
	status, body := s.handle(cursor)
	rec.WriteHeader(status)
	_, _ = rec.WriteString(body)
	return rec.Result(), nil
}

// pages answers each cursor with its page; a cursor without one fails.
func pages(byCursor map[string]string) func(string) (int, string) {
	return func(cursor string) (int, string) {
		if body, ok := byCursor[cursor]; ok {
			return http.StatusOK, body
		}
		return http.StatusInternalServerError, ""
	}
}

// step is a page of a sync that creates transactions.
func step(next string, more bool, created ...string) string {
	type wire struct {
		ID      string `json:"transaction_id"`
		Account string `json:"account_id"`
		Amount  string `json:"amount"`
		Type    string `json:"type"`
		Date    string `json:"date"`
	}
	list := []wire{}
	for _, id := range created {
		list = append(list, wire{id, "checking", "1", "debit", "2026-03-09"})
	}
	body := map[string]any{
		"transactions": map[string]any{"created": list, "updated": []wire{}, "removed": []string{}},
		"cursor":       map[string]any{"next": next}, "has_more": more,
	}
	if next == "" {
		body["cursor"] = map[string]any{"next": nil}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func newMirror(t testing.TB, rt http.RoundTripper) (*mirror.Mirror, stored) {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(rt))
	if err != nil {
		t.Fatal(err)
	}
	s := newStored(t)
	return mirror.New(client, s.Store), s
}

func TestSyncGoesOnAfterAnError(t *testing.T) {
	answers := map[string]string{"": step("c1", true, "a", "b"), "c1": step("c2", true, "c")}
	srv := &server{handle: pages(answers)}
	m, s := newMirror(t, srv)

	done, err := m.Sync(t.Context(), bank)
	if e := (*moneykit.Error)(nil); !errors.As(err, &e) || e.Status != 500 || e.RequestID != "r3" {
		t.Fatalf("%v", err)
	}
	same(t, "what was done", []any{done.Seq, done.Created, done.More, done.RequestIDs}, []any{1, 3, true, []string{"r1", "r2"}})
	same(t, "head", s.head(), mirror.Head{Seq: 1, Cursor: "c2", More: true})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b", "c"})

	answers["c2"] = step("c3", false, "d")
	done, err = m.Sync(t.Context(), bank)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the rest is the next entry", []any{done.Seq, done.Created, done.Before, done.After, done.More, done.Continues}, []any{2, 1, "c2", "c3", false, true})
	same(t, "asked for", srv.cursors, []string{"", "c1", "c2", "c2"})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b", "c", "d"})
}

func TestSyncWithoutNewsLeavesNoEntry(t *testing.T) {
	srv := &server{handle: pages(map[string]string{"": step("c1", false, "a"), "c1": step("c2", false), "c2": step("c2", false)})}
	m, s := newMirror(t, srv)
	for i, want := range []int{1, 0, 0} {
		done, err := m.Sync(t.Context(), bank)
		if err != nil || done.Seq != want {
			t.Fatalf("%d: %+v, %v", i, done, err)
		}
	}
	same(t, "entries", len(s.syncs()), 1)
	same(t, "head", s.head(), mirror.Head{Seq: 1, Cursor: "c2"})
}

// What a sync brought is told, even when it has to begin again before its end.
func TestSyncTellsWhatItBroughtBeforeItBeganAgain(t *testing.T) {
	srv := &server{handle: pages(map[string]string{"": wired("c1", txn("p", pending)), "c1": wired("c2", txn("b")), "c2": wired("c2")})}
	totals := []int{2, 3, 2}
	all := []moneykit.Transaction{txn("b"), txn("p", pending)}
	srv.list = func(q url.Values) (int, string) {
		if len(srv.lists) < len(totals) {
			return listing(totals[len(srv.lists)-1], []json.RawMessage{all[len(srv.lists)-1].JSON()})
		}
		return lists(all...)(q)
	}
	m, s := newMirror(t, srv)
	for seq := range 2 {
		done, err := m.Sync(t.Context(), bank)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "entry", done, s.syncs()[0])
		same(t, "seq", done.Seq, seq+1)
	}
	same(t, "asked for", srv.cursors, []string{"", "c1", "c2"})
}

// A last page may come without a cursor; the history is not asked for again.
func TestSyncKeepsTheLastCursor(t *testing.T) {
	srv := &server{handle: pages(map[string]string{"": step("c1", true, "a"), "c1": step("", false, "b")})}
	m, s := newMirror(t, srv)
	for range 2 {
		if _, err := m.Sync(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "asked for", srv.cursors, []string{"", "c1", "c1"})
	same(t, "entries", len(s.syncs()), 1)
	same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b"})
}

func TestBaseline(t *testing.T) {
	answers := map[string]string{"": step("c1", true, "a")}
	srv := &server{handle: pages(answers)}
	m, s := newMirror(t, srv)
	if err := m.Baseline(t.Context(), bank); err == nil {
		t.Fatal("the error is lost")
	}
	answers["c1"] = step("c2", false, "b")
	for range 3 {
		if err := m.Baseline(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "a broken one goes on, a whole one is enough", srv.cursors, []string{"", "c1", "c1"})
	same(t, "transactions", s.ids(mirror.Query{}), []string{"a", "b"})
}

func TestConcurrentSyncsOfALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &server{handle: func(cursor string) (int, string) {
			time.Sleep(time.Second)
			return pages(map[string]string{"": step("c1", true, "a", "b"), "c1": step("c2", false, "c"), "c2": step("c2", false)})(cursor)
		}}
		m, s := newMirror(t, srv)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := m.Sync(t.Context(), bank); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		same(t, "entries", len(s.syncs()), 1)
		same(t, "created", s.syncs()[0].Created, 3)
		same(t, "asked", len(srv.cursors), 2+9)
	})
}

func TestAWaitingSyncCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &server{handle: func(string) (int, string) {
			time.Sleep(time.Minute / 2)
			return http.StatusOK, step("c1", false, "a")
		}}
		m, _ := newMirror(t, srv)
		first := make(chan error, 1)
		go func() {
			_, err := m.Sync(t.Context(), bank)
			first <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if _, err := m.Sync(ctx, bank); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if _, err := m.Sync(t.Context(), "mk_other"); err != nil {
			t.Errorf("another link: %v", err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

// TestAFullDiskLosesNothing lets the disk be full in the middle of a sync, and wants
// the state before it, and a sync that goes on from there later.
func TestAFullDiskLosesNothing(t *testing.T) {
	var many []string
	for i := range 2000 {
		many = append(many, fmt.Sprintf("t%04d", i))
	}
	srv := &server{handle: pages(map[string]string{"": step("c1", true, "a"), "c1": step("c2", false, many...)})}
	client, err := moneykit.New(moneykit.Credentials{ClientID: "c", ClientSecret: moneykit.NewSecret("s")}, moneykit.WithTransport(srv))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mirror.db")
	store := open(t, path, key)
	if err := store.Full(); err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.New(client, store).Sync(t.Context(), bank); !errors.Is(err, sqlite3.FULL) {
		t.Fatalf("%v", err)
	}
	same(t, "head", stored{t, store}.head(), mirror.Head{Seq: 1, Cursor: "c1", More: true})
	_ = store.Close()
	s := stored{t, open(t, path, key)}
	if _, err := mirror.New(client, s.Store).Sync(t.Context(), bank); err != nil {
		t.Fatal(err)
	}
	if n := len(s.transactions(mirror.Query{})); n != 2001 {
		t.Errorf("%d transactions", n)
	}
}

// TestSandbox follows a link of the embedded Sandbox over several refreshes, and
// wants the mirror to hold what MoneyKit holds after each.
func TestSandbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New()
		m, s := newMirror(t, box.Transport())
		client, err := moneykit.New(moneykit.Credentials{
			ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
		}, moneykit.WithTransport(box.Transport()))
		if err != nil {
			t.Fatal(err)
		}
		link := moneykit.LinkID(box.LinkIDs()[0])
		first, err := m.Sync(t.Context(), link)
		if err != nil || first.Before != "" || first.Created == 0 || first.Updated+first.Removed != 0 {
			t.Fatalf("%+v, %v", first, err)
		}
		for seq := 2; seq < 6; seq++ {
			time.Sleep(time.Hour)
			if _, err := client.RefreshProducts(t.Context(), link, moneykit.ProductTransactions); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			done, err := m.Sync(t.Context(), link)
			if err != nil || done.Seq != seq || done.Created == 0 {
				t.Fatalf("%+v, %v", done, err)
			}
			settled := 0
			changes, err := s.Changes(t.Context(), link, seq)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if slices.Contains(c.Fields(), mirror.FieldChange{Field: mirror.FieldStatus, Old: "pending", New: "posted"}) {
					settled++
				}
			}
			if settled == 0 {
				t.Errorf("sync %d settled nothing", seq)
			}
			holdsWhatMoneyKitHolds(t, client, s, link)
		}
		if done, err := m.Sync(t.Context(), link); err != nil || done.Seq != 0 {
			t.Errorf("without a refresh: %+v, %v", done, err)
		}
	})
}

func holdsWhatMoneyKitHolds(t *testing.T, client *moneykit.Client, s stored, link moneykit.LinkID) {
	t.Helper()
	want := map[moneykit.TransactionID]moneykit.Transaction{}
	for txn, err := range client.Transactions(t.Context(), link, moneykit.TransactionsQuery{PageSize: 1000}) {
		if err != nil {
			t.Fatal(err)
		}
		want[txn.ID] = txn
	}
	got, err := s.Transactions(t.Context(), link, mirror.Query{})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d transactions, MoneyKit has %d; %v", len(got), len(want), err)
	}
	for _, txn := range got {
		same(t, "transaction", txn, want[txn.ID])
	}
}
