package keystore

import (
	"bytes"
	"errors"
	"maps"
	"testing"
)

func TestForgetMirrorKey(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	if err := s.ForgetMirrorKey(t.Context(), "a"); err != nil {
		t.Errorf("a key that never was: %v", err)
	}
	mustSave(t, s, sample("a"), hush)
	key := mustKey(t, s, "a")
	mustKey(t, s, "b")

	v.deaf = true
	wantKeyFailure(t, s.ForgetMirrorKey(t.Context(), "a"), Denied, hush)
	v.deaf = false
	v.fail = failAfter("delete", 0, errors.New("boom"))
	wantKeyFailure(t, s.ForgetMirrorKey(t.Context(), "a"), Other, hush)
	v.fail = nil
	if !bytes.Equal(mustKey(t, s, "a"), key) {
		t.Error("a failed removal changed the key")
	}

	for range 2 {
		if err := s.ForgetMirrorKey(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if got := itemNames(v); !maps.Equal(got, map[string]bool{"a": true, mirrorItem("b"): true}) {
		t.Errorf("the keyring holds %v", got)
	}
	if bytes.Equal(mustKey(t, s, "a"), key) {
		t.Error("the forgotten key is back")
	}
}

func itemNames(v *fakeVault) map[string]bool {
	all := map[string]bool{}
	for name := range v.held() {
		all[name] = true
	}
	return all
}

// Whatever fails, the profile stays listed and Delete can be repeated.
func TestDeleteRemovesTheKey(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	key := map[string]bool{mirrorItem("a"): true}
	both := map[string]bool{"a": true, mirrorItem("a"): true}
	for name, c := range map[string]struct {
		fail   func(string) error
		block  bool // the index cannot be written
		items  map[string]bool
		mirror bool // the error is about the key
	}{
		"secret":                {fail: failAfter("delete", 0, boom), items: both},
		"look after the secret": {fail: failAfter("get", 0, boom), items: key},
		"key":                   {fail: failAfter("delete", 1, boom), items: key, mirror: true},
		"look after the key":    {fail: failAfter("get", 1, boom), items: map[string]bool{}, mirror: true},
		"index":                 {block: true, items: map[string]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, v := t.TempDir(), newFake()
			s := openFake(t, dir, v)
			mustSave(t, s, sample("a"), hush)
			mustKey(t, s, "a")
			v.fail = c.fail
			if c.block {
				blockIndex(t, s)
			}
			err := s.Delete(t.Context(), "a")
			switch {
			case c.block:
				if err == nil || ReasonOf(err) != "" {
					t.Errorf("want a failure of the index, got %v", err)
				}
			case c.mirror:
				wantKeyFailure(t, err, Other, hush)
			default:
				wantReason(t, err, Other, hush)
			}
			if got := itemNames(v); !maps.Equal(got, c.items) {
				t.Errorf("the keyring holds %v, want %v", got, c.items)
			}
			if names(s) != "a" || names(openFake(t, dir, v)) != "a" {
				t.Errorf("the profile is gone from the index: %q", names(s))
			}
			v.fail = nil
			unblockIndex(t, s)
			if err := s.Delete(t.Context(), "a"); err != nil || names(s) != "" || len(v.held()) != 0 {
				t.Errorf("repeated: %v, left %q and %v", err, names(s), v.held())
			}
		})
	}
}

// A secret is held because the keyring did not work. When it works later on
// and gives out a key, that key goes with the profile.
func TestTheKeyOfAHeldProfile(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	s.Hold(sample("guest"), hush)
	v.fail = func(string) error { return &Error{Reason: NoDaemon} }
	_, err := s.MirrorKey(t.Context(), "guest")
	wantKeyFailure(t, err, NoDaemon, hush)
	calls := v.count()
	if err := s.Delete(t.Context(), "guest"); err != nil || s.Held("guest") {
		t.Errorf("a held profile without a key was not forgotten: %v", err)
	}
	if v.count() != calls {
		t.Errorf("the keyring was called for a key that it never gave: %v", v.calls[calls:])
	}

	v.fail = nil
	s.Hold(sample("guest"), hush)
	mustKey(t, s, "guest")
	v.fail = failAfter("delete", 0, errors.New("boom"))
	wantKeyFailure(t, s.Delete(t.Context(), "guest"), Other, hush)
	if !s.Held("guest") {
		t.Error("nothing is left to repeat the removal with")
	}
	v.fail = nil
	if err := s.Delete(t.Context(), "guest"); err != nil || s.Held("guest") || len(v.held()) != 0 {
		t.Errorf("repeated: %v, held %v, %v", err, s.Held("guest"), v.held())
	}

	// Once forgotten, the key is no reason to call the keyring.
	s.Hold(sample("guest"), hush)
	calls = v.count()
	if err := s.Delete(t.Context(), "guest"); err != nil || v.count() != calls {
		t.Errorf("deleted with %v: %v", v.calls[calls:], err)
	}

	// One that is saved as well has its entry to be repeated with.
	mustSave(t, s, sample("guest"), hush)
	s.Hold(sample("guest"), hush)
	mustKey(t, s, "guest")
	v.fail = failAfter("delete", 1, errors.New("boom"))
	wantKeyFailure(t, s.Delete(t.Context(), "guest"), Other, hush)
	if s.Held("guest") || names(s) != "guest" {
		t.Errorf("held %v, listed %q", s.Held("guest"), names(s))
	}
}
