package mirror_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

// A process of TestMirrorSurvivesKills finds here what it syncs until it is killed.
const (
	killPath  = "TILL_TEST_MIRROR_PATH"
	killURL   = "TILL_TEST_MIRROR_URL"
	killLinks = "TILL_TEST_MIRROR_LINKS" // a space between two
)

// A process can be killed at any moment: the mirror it leaves is sound, holds what
// it told of, and a sync from there ends in the truth.
func TestMirrorSurvivesKills(t *testing.T) {
	if path := os.Getenv(killPath); path != "" {
		syncForEver(t, path)
	}
	files, kills := 4, 50
	if testing.Short() || slow() {
		files, kills = 1, 20
	}
	var k *killer
	replaced := rand.IntN(2) == 0
	for n := range files {
		if n%2 == 0 {
			k, replaced = newKiller(t, replaced), !replaced
		}
		k.path, k.told = filepath.Join(t.TempDir(), "mirror.db"), map[moneykit.LinkID]int{}
		for n := range kills {
			k.happen()
			k.kill()
			k.check()
			if n == kills-1 || n == 24 {
				k.compare()
			}
		}
	}
}

// slow reports whether the test looks for data races, which takes ten times as long.
func slow() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// killer syncs a Sandbox in processes that it kills.
type killer struct {
	*testing.T
	rng    *rand.Rand
	box    *sandbox.Sandbox
	url    string
	client *moneykit.Client
	path   string
	links  []moneykit.LinkID
	told   map[moneykit.LinkID]int // the newest sync that a process told of
}

func newKiller(t *testing.T, replaced bool) *killer {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d, pending replaced: %t", seed, replaced)
	opts := []sandbox.Option{sandbox.WithTransactions(1500), sandbox.WithLinks(30)}
	if replaced {
		opts = append(opts, sandbox.WithPendingReplaced())
	}
	k := &killer{T: t, rng: rand.New(rand.NewPCG(seed, 0)), box: sandbox.New(opts...)}
	srv, err := k.box.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	k.url, k.client = srv.URL(), clientOf(t, srv.URL())
	for _, id := range k.box.LinkIDs() {
		link, err := k.client.Link(t.Context(), moneykit.LinkID(id))
		if len(k.links) < 4 && err == nil && link.State == moneykit.Connected && k.refresh(link.ID) == nil {
			k.links = append(k.links, link.ID)
		}
	}
	if len(k.links) == 0 {
		t.Fatal("no link can be synced")
	}
	return k
}

func clientOf(t *testing.T, url string, opts ...moneykit.Option) *moneykit.Client {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, append(opts, moneykit.WithBaseURL(url), moneykit.WithRateLimit(0, 0))...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (k *killer) refresh(link moneykit.LinkID) error {
	_, err := k.client.RefreshProducts(k.Context(), link, moneykit.ProductTransactions)
	return err
}

// happen lets an hour pass, and something happen to one of the links.
func (k *killer) happen() {
	k.Helper()
	k.advance(61 * time.Minute)
	if err := k.refresh(k.links[k.rng.IntN(len(k.links))]); err != nil {
		k.Fatal(err)
	}
	k.advance(5 * time.Second)
}

func (k *killer) advance(by time.Duration) {
	k.Helper()
	if err := k.box.Advance(k.Context(), by); err != nil {
		k.Fatal(err)
	}
}

// kill starts a process that syncs, and kills it at some moment after some lines.
func (k *killer) kill() {
	k.Helper()
	var names []string
	for _, i := range k.rng.Perm(len(k.links)) {
		names = append(names, string(k.links[i]))
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestMirrorSurvivesKills$")
	cmd.Env = append(os.Environ(), killPath+"="+k.path, killURL+"="+k.url, killLinks+"="+strings.Join(names, " "))
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.Fatal(err)
	}
	left, last := 1+k.rng.IntN(5), ""
	for lines := bufio.NewScanner(out); left > 0 && lines.Scan(); left-- {
		last = lines.Text()
		k.hear(last)
	}
	for began, spin := time.Now(), time.Duration(k.rng.IntN(30_000))*time.Microsecond; time.Since(began) < spin; {
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if left > 0 || cmd.ProcessState.Exited() {
		k.Fatalf("the process ended by itself: %s", last)
	}
}

// hear notes what a process tells: a page that came, or a sync that was done.
func (k *killer) hear(line string) {
	var link moneykit.LinkID
	var seq int
	if n, _ := fmt.Sscanf(line, "synced %s %d", &link, &seq); n == 2 {
		k.told[link] = seq
	}
}

// check wants a sound file that holds what was told of.
func (k *killer) check() {
	k.Helper()
	s := stored{k.T, open(k.T, k.path, key)}
	defer func() { _ = s.Close() }()
	if err := s.Check(k.Context()); err != nil {
		k.Fatal(err)
	}
	for _, link := range k.links {
		head, err := s.Head(k.Context(), link)
		if err != nil || head.Seq < k.told[link] {
			k.Fatalf("%+v, and sync %d was told of; %v", head, k.told[link], err)
		}
	}
}

// compare syncs to the end, and wants what MoneyKit holds, and a history that tells it.
func (k *killer) compare() {
	k.Helper()
	s := stored{k.T, open(k.T, k.path, key)}
	defer func() { _ = s.Close() }()
	m := mirror.New(k.client, s.Store)
	for _, link := range k.links {
		for range 2 { // what a walk that was killed left, and what came since
			if _, err := m.Sync(k.Context(), link); err != nil {
				k.Fatal(err)
			}
		}
		holdsWhatMoneyKitHolds(k.T, k.client, s, link)
		historyTellsTheTable(k.T, s, link)
	}
}

// historyTellsTheTable plays all changes back, and wants the stored table.
func historyTellsTheTable(t *testing.T, s stored, link moneykit.LinkID) {
	t.Helper()
	syncs, err := s.Syncs(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	table := map[moneykit.TransactionID]moneykit.Transaction{}
	for _, sync := range slices.Backward(syncs) {
		changes, err := s.Changes(t.Context(), link, sync.Seq)
		if err != nil {
			t.Fatal(err)
		}
		playAll(t, table, sync, changes)
	}
	list, err := s.Transactions(t.Context(), link, mirror.Query{})
	if err != nil || len(list) != len(table) {
		t.Fatalf("%d transactions, and the history tells of %d; %v", len(list), len(table), err)
	}
	for _, txn := range list {
		same(t, "transaction", txn.JSON(), table[txn.ID].JSON())
	}
}

// syncForEver syncs links in turn, and tells of each page and each sync.
func syncForEver(t *testing.T, path string) {
	store, err := mirror.Open(path, key)
	if err != nil {
		tell("%v", err)
		os.Exit(1)
	}
	m := mirror.New(clientOf(t, os.Getenv(killURL), moneykit.WithObserver(func(moneykit.Exchange) { tell("page") })), store)
	for links := strings.Fields(os.Getenv(killLinks)); ; {
		for _, link := range links {
			done, err := m.Sync(context.Background(), moneykit.LinkID(link))
			if err != nil {
				tell("%v", err)
				os.Exit(1)
			}
			if done.Seq > 0 {
				tell("synced %s %d", link, done.Seq)
			}
		}
	}
}

func tell(format string, args ...any) {
	if _, err := fmt.Printf(format+"\n", args...); err != nil {
		os.Exit(1) // nobody is there any more
	}
}
