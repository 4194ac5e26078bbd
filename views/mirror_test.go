package views

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

var shop = keystore.Profile{Name: "shop", Mode: keystore.Sandbox, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID}

func keyed(b byte) func(context.Context, string) ([]byte, error) {
	return func(context.Context, string) ([]byte, error) { return bytes.Repeat([]byte{b}, keystore.KeySize), nil }
}

func TestAMirrorIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := OpenMirror(t.Context(), keyed(1), dir, shop)
	if err != nil || first.Aside != "" {
		t.Fatal(first.Aside, err)
	}
	if _, err := first.Store.Apply(t.Context(), "mk_1", mirror.Page{Seq: 1, At: time.Now(), After: "c1"}); err != nil {
		t.Fatal(err)
	}
	if err := first.Store.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenMirror(t.Context(), keyed(1), dir, shop)
	if err != nil || again.Aside != "" {
		t.Fatal(again.Aside, err)
	}
	defer func() { _ = again.Store.Close() }()
	if head, err := again.Store.Head(t.Context(), "mk_1"); err != nil || head.Cursor != "c1" {
		t.Errorf("%+v, %v", head, err)
	}
}

func TestAMirrorOfAnotherKeyIsSetAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := OpenMirror(t.Context(), keyed(1), dir, shop)
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Store.Close()
	other, err := OpenMirror(t.Context(), keyed(2), dir, shop)
	if err != nil || !strings.HasPrefix(other.Aside, MirrorPath(dir, shop)+".damaged-") {
		t.Fatal(other.Aside, err)
	}
	defer func() { _ = other.Store.Close() }()
	if _, err := os.Stat(other.Aside); err != nil {
		t.Error(err)
	}
}

func TestEachKeyPairHasAMirror(t *testing.T) {
	t.Parallel()
	other := shop
	other.ClientID = "another"
	elsewhere := shop
	elsewhere.BaseURL = "https://api.moneykit.com"
	seen := map[string]bool{}
	for _, p := range []keystore.Profile{shop, other, elsewhere, {Name: "../shop"}, {Name: ".."}} {
		path := MirrorPath("/data", p)
		if seen[path] || filepath.Dir(path) != "/data" {
			t.Errorf("%+v: %s", p, path)
		}
		seen[path] = true
	}
}

// inShop runs test in a profile whose mirror open opens.
func inShop(t *testing.T, open func() (KeptMirror, error), test func(*testing.T, *world)) {
	t.Helper()
	in(t, 120, 40, test, func(w *world) {
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return open() }
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
	})
}

func TestWithoutAKeyringTheMirrorLastsAsLongAsTill(t *testing.T) {
	t.Parallel()
	inShop(t, func() (KeptMirror, error) {
		return KeptMirror{}, &keystore.Error{Op: "read", Profile: "shop", Mirror: true, Reason: keystore.NoDaemon, Err: errors.New("none")}
	}, func(_ *testing.T, w *world) {
		w.Sees("mirror not kept", "The mirror lasts until you leave")
		w.Press("enter", "d")
		w.Sees("sync 1")
	})
}

func TestADamagedMirrorIsTold(t *testing.T) {
	t.Parallel()
	inShop(t, func() (KeptMirror, error) {
		return KeptMirror{Store: mirror.NewMemory(), Aside: "/data/shop.db.damaged-20261121-120000"}, nil
	}, func(_ *testing.T, w *world) {
		w.Sees("could not be read", "built anew", "shop.db.damaged-20261121-120000")
		w.Misses("mirror not kept")
	})
}

// damage spoils the end of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(content[len(content)-4096:])
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamageInTheMidstIsFound opens a mirror that opens well, and is no longer whole.
func TestDamageInTheMidstIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := MirrorPath(dir, shop)
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) {
		w.Press("enter", "d")
		w.Sees("sync 1")
	})
	damage(t, path)
	inShop(t, open, func(t *testing.T, w *world) {
		w.Sees("8 links", "could not be read", "built anew", filepath.Base(path)+".damaged-")
		w.Press("enter", "d")
		w.Sees("sync 1")
		aside, err := filepath.Glob(path + ".damaged-*")
		if err != nil || len(aside) != 1 {
			t.Errorf("%v, %v", aside, err)
		}
	})
}

// TestWhatWasSyncedIsThereAgain leaves till, and comes back to the same history.
func TestWhatWasSyncedIsThereAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) {
		w.Press("enter", "d")
		w.Sees("sync 1", "all of the history")
	})
	inShop(t, open, func(t *testing.T, w *world) {
		w.wire.breaks("GET", "/transactions/sync", status(503, `{}`))
		w.Press("enter", "d")
		w.Sees("sync 1", "all of the history") // before MoneyKit has answered
		w.Press("3")
		w.Sees("Marigold Co-op", "Checking")
		w.Wait(10 * time.Second)
		w.Sees("Marigold Co-op")
		if !strings.Contains(w.Drawn(), "not brought up to date") {
			t.Error("nobody was told that the transactions are old")
		}
	})
}

// TestLinksAreThereAtOnce leaves till, and comes back while MoneyKit is down.
func TestLinksAreThereAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) {
		w.Sees("● connected", "✕ auth expired")
		w.Press("enter", "2")
		w.Sees("Checking", "Savings")
	})
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Sees("8 links", "Credentials Bank", "● connected", "✕ auth expired")
		w.Wait(10 * time.Second)
		w.Sees("8 links", "list incomplete", "offline")
		w.Press("enter")
		w.Sees("could add", "read ")
		w.Press("2")
		w.Wait(10 * time.Second)
		w.Sees("Checking", "Savings")
		w.Wait(20 * time.Second) // for what else there is to tell
		if !strings.Contains(w.Drawn(), "Accounts not brought up to date") {
			t.Error("nobody was told that the accounts are old")
		}
		w.wire.mends()
		w.Press("esc", "ctrl+r")
		w.Wait(3 * time.Minute)
		w.Sees("● online")
		w.Misses("list incomplete")
	}, func(w *world) {
		w.wire.fault = unplugged
		w.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return open() }
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		w.first = First(w.app, false, "", "")
	})
}

// Who only looks at a mirror leaves what was kept on demand; who opens till without
// the flag does not.
func TestStatusLeavesWhatIsSensitive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	numbers := func(put bool) string {
		kept, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = kept.Store.Close() }()
		if put {
			err = errors.Join(kept.Store.KeepSensitive(t.Context(), true),
				kept.Store.PutAnswer(t.Context(), "mk_1", mirror.Answer{Product: moneykit.ProductAccountNumbers, At: time.Now(), Body: []byte(`{}`)}))
		}
		answer, unread := kept.Store.Answer(t.Context(), "mk_1", moneykit.ProductAccountNumbers)
		if err = errors.Join(err, unread); err != nil {
			t.Fatal(err)
		}
		return string(answer.Body)
	}
	numbers(true)
	app := testApp(t, &wire{}, sandbox.New(), nil)
	app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) { return open() }
	app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
		return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
	}
	if err := (MirrorCommand{}).Status(t.Context(), app, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if numbers(false) == "" {
		t.Error("they are gone")
	}
	inShop(t, open, func(_ *testing.T, w *world) {
		w.Wait(time.Minute)
		w.Sees("8 links")
	})
	if numbers(false) != "" {
		t.Error("they are still there")
	}
}
