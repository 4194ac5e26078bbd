package mirror_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

// TestPendingOnesInBothManners lets things happen to links of a Sandbox, and wants
// the mirror to hold what MoneyKit holds, whichever way its pending ones settle.
func TestPendingOnesInBothManners(t *testing.T) {
	for manner, opts := range map[string][]sandbox.Option{"updated": nil, "replaced": {sandbox.WithPendingReplaced()}} {
		t.Run(manner, func(t *testing.T) {
			base, rounds, kinds := rand.Uint64(), 12, map[mirror.Kind]int{}
			if testing.Short() || slow() {
				rounds = 3
			}
			for seed := base; seed < base+uint64(rounds); seed++ {
				b := newBankDays(t, seed, append(opts, sandbox.WithSeed(seed), sandbox.WithLinks(4), sandbox.WithTransactions(600)))
				for range 25 {
					b.happen()
				}
				b.quiet()
				b.compare(kinds)
				if t.Failed() {
					t.Fatalf("with seed %d:\n%s", seed, strings.Join(b.done, "\n"))
				}
			}
			same(t, "another takes its place", kinds[mirror.Settled] > 0, manner == "replaced")
		})
	}
}

// bankDays syncs links of a Sandbox to which things happen.
type bankDays struct {
	*testing.T
	rng    *rand.Rand
	box    *sandbox.Sandbox
	client *moneykit.Client // that nothing goes wrong with
	flaky  *flaky
	mirror *mirror.Mirror
	stored stored
	links  []moneykit.LinkID
	broken map[moneykit.LinkID]bool // a walk of it was broken off, which ends where it would have ended then
	done   []string
}

func newBankDays(t *testing.T, seed uint64, opts []sandbox.Option) *bankDays {
	t.Helper()
	rng, box := rand.New(rand.NewPCG(seed, 0)), sandbox.New(opts...)
	b := &bankDays{
		T: t, rng: rng, box: box, stored: newStored(t), broken: map[moneykit.LinkID]bool{}, flaky: &flaky{rt: box.Transport(), rng: rand.New(rand.NewPCG(seed, 1))},
		client: clientOf(t, "https://sandbox.example.com", moneykit.WithTransport(box.Transport())),
	}
	b.mirror = mirror.New(clientOf(t, "https://sandbox.example.com", moneykit.WithTransport(b.flaky)), b.stored.Store)
	imported, err := b.client.ImportLink(t.Context(), moneykit.ImportLinkRequest{
		CustomerUser: moneykit.CustomerUser{ID: "a user"}, InstitutionID: "moneykit-instant-bank",
		Accounts: []moneykit.ImportAccount{{ID: "checking", Name: "Checking", Type: "depository.checking"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.links = []moneykit.LinkID{moneykit.LinkID(box.LinkIDs()[0]), imported.ID}
	return b
}

// happen is an hour in which something happens, and mostly a sync.
func (b *bankDays) happen() {
	b.Helper()
	link := b.links[b.rng.IntN(len(b.links))]
	switch b.rng.IntN(6) {
	case 0:
		b.say("%s is disconnected", link)
		b.must(b.box.SetState(string(link), "error", "auth_expired"))
	case 1:
		b.bring()
	case 2:
		b.advance(time.Duration(b.rng.IntN(20*24)) * time.Hour)
	default:
		b.say("%s is refreshed", link)
		b.must(b.box.SetState(string(link), "connected", ""))
		b.advance(61 * time.Minute)
		_, err := b.client.RefreshProducts(b.Context(), link, moneykit.ProductTransactions)
		b.must(err)
		b.advance(5 * time.Second)
	}
	if b.rng.IntN(3) > 0 {
		b.sync(link)
	}
}

// bring imports a transaction.
func (b *bankDays) bring() {
	b.Helper()
	b.say("something is imported")
	_, err := b.client.ImportTransactions(b.Context(), b.links[1], []moneykit.ImportTransaction{{
		AccountID: "checking", Amount: decimal.NewFromInt(int64(b.rng.IntN(50))), Date: moneykit.DateOf(b.box.Now()), Type: moneykit.Debit,
		Description: "Imported",
	}})
	b.must(err)
}

// sync runs a sync that may fail or be cancelled, and wants the truth when it did not.
func (b *bankDays) sync(link moneykit.LinkID) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	faults := b.rng.IntN(2) == 0
	if b.rng.IntN(5) == 0 {
		b.flaky.set(faults, cancel)
	} else {
		b.flaky.set(faults, nil)
	}
	done, err := b.mirror.Sync(ctx, link)
	b.say("%s is synced: %+v, %v", link, done, err)
	(&history{}).acceptable(b.T, err)
	if err == nil && !b.broken[link] {
		holdsWhatMoneyKitHolds(b.T, b.client, b.stored, link)
	}
	b.broken[link] = err != nil
}

// quiet syncs all links when nothing goes wrong.
func (b *bankDays) quiet() {
	b.Helper()
	b.flaky.set(false, nil)
	for _, link := range b.links {
		for range 2 {
			_, err := b.mirror.Sync(b.Context(), link)
			b.must(err)
		}
	}
}

// compare wants the mirror to hold what MoneyKit holds and what a new one holds, and
// counts the changes of its history.
func (b *bankDays) compare(kinds map[mirror.Kind]int) {
	b.Helper()
	fresh := newStored(b)
	for _, link := range b.links {
		_, err := mirror.New(b.client, fresh.Store).Sync(b.Context(), link)
		b.must(err)
		same(b, "in pieces and at once", tableOf(b.stored, link), tableOf(fresh, link))
		holdsWhatMoneyKitHolds(b.T, b.client, b.stored, link)
		historyTellsTheTable(b.T, b.stored, link)
		syncs, err := b.stored.Syncs(b.Context(), link)
		b.must(err)
		for _, sync := range syncs {
			changes, err := b.stored.Changes(b.Context(), link, sync.Seq)
			b.must(err)
			for _, c := range changes {
				kinds[c.Kind]++
				b.threaded(link, sync.Seq, c)
			}
		}
	}
}

// threaded wants a change to be a step of the thread of its transaction.
func (b *bankDays) threaded(link moneykit.LinkID, seq int, c mirror.Change) {
	b.Helper()
	if c.Kind == mirror.Created && seq == 1 {
		return // there are many
	}
	for _, id := range []moneykit.TransactionID{c.Before.ID, c.After.ID} {
		if id == "" {
			continue
		}
		steps, err := b.stored.Thread(b.Context(), link, id)
		b.must(err)
		found := false
		for i, step := range steps {
			found = found || step.Seq == seq && step.Kind == c.Kind && step.Transaction().ID == c.Transaction().ID
			if i > 0 && step.Seq < steps[i-1].Seq || step.RequestID == "" {
				b.Errorf("the thread of %s: %+v", id, steps)
			}
		}
		if !found {
			b.Errorf("%s of %s in sync %d is not in the thread of %s", c.Kind, c.Transaction().ID, seq, id)
		}
	}
}

func (b *bankDays) advance(by time.Duration) {
	b.Helper()
	b.must(b.box.Advance(b.Context(), by))
}

func (b *bankDays) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%v, after\n%s", err, strings.Join(b.done, "\n"))
	}
}

func (b *bankDays) say(format string, args ...any) {
	b.done = append(b.done, fmt.Sprintf(format, args...))
}

// flaky is a network on a bad day. A request for a token outlives the sync that
// asked for one, so the day may change meanwhile.
type flaky struct {
	rt http.RoundTripper

	mu     sync.Mutex
	rng    *rand.Rand
	faults bool
	cancel func() // ends the sync at some time
}

func (f *flaky) set(faults bool, cancel func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults, f.cancel = faults, cancel
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	fails := f.meets(r)
	resp, err := f.rt.RoundTrip(r)
	if err == nil && fails {
		_ = resp.Body.Close()
		resp.StatusCode, resp.Body, resp.ContentLength = http.StatusInternalServerError, io.NopCloser(strings.NewReader("")), 0
	}
	return resp, err
}

// meets tells whether the answer to a request is to be a failure, and may end the
// sync that makes it.
func (f *flaky) meets(r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cancel != nil && f.rng.IntN(2) == 0 {
		f.cancel()
	}
	return f.faults && strings.Contains(r.URL.Path, "/transactions") && f.rng.IntN(3) == 0
}
