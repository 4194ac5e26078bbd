package keystore

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

func mustKey(t *testing.T, s *Store, profile string) []byte {
	t.Helper()
	key, err := s.MirrorKey(t.Context(), profile)
	if err != nil || len(key) != KeySize {
		t.Fatalf("key of %q: %d bytes, %v", profile, len(key), err)
	}
	return key
}

// wantKeyFailure wants an error about the mirror key that does not hold it in
// any form.
func wantKeyFailure(t *testing.T, err error, want Reason, key string) {
	t.Helper()
	wantReason(t, err, want, key)
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return
	}
	if !e.Mirror || !strings.Contains(e.Error(), "the mirror key of profile") {
		t.Errorf("the error does not name the mirror key: %v", e)
	}
	if strings.Contains(e.Remedy(), EnvClientSecret) || strings.Contains(e.Remedy(), "client secret") {
		t.Errorf("the remedy is one for the secret: %s", e.Remedy())
	}
	if (e.Remedy() == "Try again.") != (want == Other || want == TooBig) {
		t.Errorf("%s is no remedy for %q", e.Remedy(), want)
	}
	wantNothingOf(t, key, e, *e, e.Err)
}

// wantNothingOf wants no verb to print the key, as text or as bytes.
func wantNothingOf(t *testing.T, key string, values ...any) {
	t.Helper()
	forms := []string{key}
	if raw, err := hex.DecodeString(key); err == nil {
		forms = append(forms, string(raw), strings.Trim(fmt.Sprintf("%v", raw), "[]"))
	}
	for _, v := range values {
		text := fmt.Sprintf("%v %+v %#v", v, v, v)
		for _, form := range forms {
			if strings.Contains(text, form) {
				t.Errorf("%T prints the key", v)
			}
		}
	}
}

func TestMirrorKey(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	mustSave(t, s, sample("a"), hush)
	key := mustKey(t, s, "a")
	if again := mustKey(t, s, "a"); !bytes.Equal(again, key) {
		t.Error("the second call gives another key")
	}
	if again := mustKey(t, openFake(t, dir, v), "a"); !bytes.Equal(again, key) {
		t.Error("the next process is given another key")
	}
	if other := mustKey(t, s, environmentName); bytes.Equal(other, key) {
		t.Error("two profiles have the same key")
	}
	text := hex.EncodeToString(key)
	held := v.held()
	delete(held, mirrorItem(environmentName))
	if want := map[string]string{"a": hush, mirrorItem("a"): text}; !maps.Equal(held, want) {
		t.Errorf("the keyring holds %v, want %v", held, want)
	}
	if validateName(mirrorItem("a")) == nil {
		t.Errorf("a profile can be called %q", mirrorItem("a"))
	}
	if names(s) != "a" {
		t.Errorf("the index lists %q", names(s))
	}
	wantSecret(t, s, "a", hush, FromKeyring)
	wantNoFileOf(t, dir, text)
}

// wantNoFileOf wants no file of the folder to hold the key.
func wantNoFileOf(t *testing.T, dir, key string) {
	t.Helper()
	raw, _ := hex.DecodeString(key)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(dir + "/" + e.Name())
		if err != nil || bytes.Contains(text, []byte(key)) || len(raw) > 0 && bytes.Contains(text, raw) {
			t.Errorf("%s holds the key, or cannot be read: %v", e.Name(), err)
		}
	}
}

func TestMirrorKeyWantsAName(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	for _, name := range []string{"", "a/b"} {
		if key, err := s.MirrorKey(t.Context(), name); err == nil || key != nil {
			t.Errorf("a profile %q has a key", name)
		}
	}
	if v.count() != 0 {
		t.Errorf("the keyring was called: %v", v.calls)
	}
}

func TestADamagedKeyIsLeftAlone(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("0a", KeySize)
	for name, item := range map[string]string{
		"empty": "", "short": good[2:], "long": good + "0a", "odd": good[1:], "with a rest": good + "x", "no text of a key": strings.Repeat("swordfish ", 7)[:64],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newFake()
			v.items[mirrorItem("a")] = item
			s := openFake(t, t.TempDir(), v)
			for range 2 {
				key, err := s.MirrorKey(t.Context(), "a")
				if key != nil {
					t.Error("a key and an error at once")
				}
				hidden := item
				if item == "" {
					hidden = hush
				}
				wantKeyFailure(t, err, Damaged, hidden)
				if e, ok := errors.AsType[*Error](err); !ok || !strings.Contains(e.Remedy(), mirrorItem("a")) || !strings.Contains(e.Error(), "not a key") {
					t.Errorf("neither says what is wrong nor names the item: %v", err)
				}
			}
			if got := v.held()[mirrorItem("a")]; got != item || strings.Join(v.calls, " ") != "get get" {
				t.Errorf("the keyring holds %q after %v", got, v.calls)
			}
			if err := s.ForgetMirrorKey(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			mustKey(t, s, "a")
		})
	}
}

func TestMirrorKeyFailures(t *testing.T) {
	t.Parallel()
	bus := func(name string) error { return dbus.Error{Name: name} }
	steps := map[string]struct {
		op string
		n  int
	}{
		"first read": {"get", 0}, "read under the lock": {"get", 1}, "write": {"set", 0}, "read back": {"get", 2},
	}
	for want, cause := range map[Reason]error{
		NoBus:        dbus.ErrClosed,
		NoDaemon:     bus("org.freedesktop.DBus.Error.ServiceUnknown"),
		NoCollection: &Error{Reason: NoCollection},
		Locked:       bus("org.freedesktop.Secret.Error.IsLocked"),
		Denied:       bus("org.freedesktop.DBus.Error.AccessDenied"),
		TooBig:       keyring.ErrSetDataTooBig,
		Timeout:      bus("org.freedesktop.DBus.Error.NoReply"),
		Canceled:     context.Canceled,
		Unsupported:  keyring.ErrUnsupportedPlatform,
		Mismatch:     &Error{Reason: Mismatch},
		Other:        errors.New("boom"),
	} {
		for name, step := range steps {
			t.Run(string(want)+" "+name, func(t *testing.T) {
				t.Parallel()
				dir, v := t.TempDir(), newFake()
				s := openFake(t, dir, v)
				v.fail = failAfter(step.op, step.n, cause)
				key, err := s.MirrorKey(t.Context(), "a")
				if key != nil {
					t.Error("a key and an error at once")
				}
				written, left := v.held()[mirrorItem("a")]
				if left != (name == "read back") {
					t.Errorf("a key is left: %v", left)
				}
				if !left {
					written = hush
				}
				wantKeyFailure(t, err, want, written)
				wantNoFileOf(t, dir, written)
				v.with(func(v *fakeVault) { v.fail = nil })
				if got := mustKey(t, s, "a"); left && hex.EncodeToString(got) != written {
					t.Error("a key that another till may have read was replaced")
				}
			})
		}
	}
}

// A keyring may quote what it was given.
func TestNoErrorHoldsTheKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		s := openFake(t, t.TempDir(), v)
		var written string
		v.garble = func(text string) string {
			written = text
			return text
		}
		v.fail = func(op string) error {
			if op == "get" && written != "" {
				return fmt.Errorf("cannot read %q", written)
			}
			return nil
		}
		_, err := s.MirrorKey(t.Context(), "a")
		wantKeyFailure(t, err, Other, written)
		v.fail = nil
		mustKey(t, s, "a")
		synctest.Wait()
		wantNothingOf(t, written, s, s.held, s.keyed)
	})
}

func TestAGarbledKeyIsRemoved(t *testing.T) {
	t.Parallel()
	for name, garble := range map[string]func(string) string{
		"cut":   func(s string) string { return s[:len(s)-1] },
		"other": strings.ToUpper,
		"empty": func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newFake()
			var written string
			v.garble = func(text string) string {
				written = text
				return garble(text)
			}
			s := openFake(t, t.TempDir(), v)
			_, err := s.MirrorKey(t.Context(), "a")
			wantKeyFailure(t, err, Mismatch, written)
			if len(v.held()) != 0 {
				t.Errorf("left behind: %v", v.held())
			}
			v.garble = nil
			mustKey(t, s, "a")
		})
	}
}

func TestALostKeyIsTold(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	v.fail = failAfter("get", 2, keyring.ErrNotFound)
	_, err := s.MirrorKey(t.Context(), "a")
	wantKeyFailure(t, err, Mismatch, hush)
}
