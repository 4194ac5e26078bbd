package views

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"till/keystore"
	"till/moneykit/mirror"
)

// inCommand runs test with a profile whose mirror, at path, holds what was synced.
func inCommand(t *testing.T, test func(t *testing.T, c *command, path string)) {
	t.Helper()
	exporting(t, "changes", func(t *testing.T, c *command) {
		path := ""
		open := c.app.Mirror
		c.app.Mirror = func(ctx context.Context, p keystore.Profile) (KeptMirror, error) {
			kept, err := open(ctx, p)
			if err == nil {
				path = kept.Store.Path()
			}
			return kept, err
		}
		c.app.ForgetMirror = func(keystore.Profile) error { return mirror.Forget(path) }
		if _, err := c.run(t); err != nil {
			t.Fatal(err)
		}
		test(t, c, path)
	})
}

// history is how many syncs the mirror at path has had.
func history(t *testing.T, path string) int {
	t.Helper()
	key, err := keyed(1)(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	store, err := mirror.Open(path, key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	stats, err := store.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Syncs
}

func TestRebuildKeepsWhatItCannotBuildAnew(t *testing.T) {
	t.Parallel()
	inCommand(t, func(t *testing.T, c *command, path string) {
		before := history(t, path)
		rebuild := MirrorCommand{Yes: true}
		c.wire.breaks("GET", "/links", unplugged)
		if err := rebuild.Rebuild(t.Context(), c.app, io.Discard); err == nil || !strings.HasPrefix(err.Error(), "MoneyKit cannot be reached") {
			t.Errorf("without MoneyKit: %v", err)
		}
		if now := history(t, path); now != before || before == 0 {
			t.Errorf("%d of %d syncs are left", now, before)
		}
		c.wire.mends()

		other, err := c.app.Mirror(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"rebuild": rebuild.Rebuild(t.Context(), c.app, io.Discard),
			"forget":  rebuild.Forget(t.Context(), c.app, io.Discard),
		} {
			if err == nil || !strings.HasPrefix(err.Error(), "The mirror is in use.") {
				t.Errorf("%s beside another till: %v", name, err)
			}
		}
		_ = other.Store.Close()
		if now := history(t, path); now != before {
			t.Errorf("%d of %d syncs are left", now, before)
		}

		kept := c.app.Mirror
		c.app.ForgetMirror = func(keystore.Profile) error {
			c.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) {
				return KeptMirror{Store: mirror.NewMemory()}, nil // a file waits on the system's clock
			}
			return mirror.Forget(path)
		}
		var told bytes.Buffer
		_ = rebuild.Rebuild(t.Context(), c.app, &told) // some links cannot be synced
		c.app.Mirror = kept
		if !strings.Contains(told.String(), "links synced: +") || history(t, path) != 0 {
			t.Errorf("not rebuilt: %s", told.String())
		}
	})
}

func TestForgetTellsWhatIsGone(t *testing.T) {
	t.Parallel()
	inCommand(t, func(t *testing.T, c *command, path string) {
		c.app.Keys = func() (*keystore.Store, error) { return nil, errors.New("no keyring") }
		err := MirrorCommand{Yes: true}.Forget(t.Context(), c.app, io.Discard)
		if err == nil || err.Error() != "the mirror of shop is gone, and its key may still be in the keyring: no keyring." {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is there: %v", err)
		}
	})
}

// TestDamageThatAnotherHasOpen cannot set a mirror aside that another till has open.
func TestDamageThatAnotherHasOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() (KeptMirror, error) { return OpenMirror(t.Context(), keyed(1), dir, shop) }
	inShop(t, open, func(_ *testing.T, w *world) {
		w.Press("enter", "d")
		w.Sees("sync 1")
	})
	damage(t, MirrorPath(dir, shop))
	other, err := open()
	if err != nil {
		t.Fatal(err)
	}
	inShop(t, open, func(t *testing.T, w *world) {
		w.Sees("The mirror is in use", "Leave every other till", "try again")
		_ = other.Store.Close()
		w.Press("r")
		w.Wait(time.Second)
		w.Sees("8 links", "could not be read", "built anew")
	})
}
