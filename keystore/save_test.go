package keystore

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

const hush = "swordfish-9999"

func TestKeyringFailureLeavesTheIndex(t *testing.T) {
	t.Parallel()
	boom := fmt.Errorf("cannot keep %q", hush)
	for name, c := range map[string]struct {
		fail func(string) error
		want Reason
		left map[string]string
	}{
		"first read":  {failAfter("get", 0, boom), Other, map[string]string{"a": "secret-a"}},
		"write":       {failAfter("set", 0, boom), Other, map[string]string{"a": "secret-a"}},
		"read back":   {failAfter("get", 1, boom), Other, map[string]string{"a": "secret-a"}},
		"too big":     {failAfter("set", 0, keyring.ErrSetDataTooBig), TooBig, map[string]string{"a": "secret-a"}},
		"unsupported": {failAfter("get", 0, keyring.ErrUnsupportedPlatform), Unsupported, map[string]string{"a": "secret-a"}},
	} {
		for _, profile := range []string{"a", "new"} {
			t.Run(name+" "+profile, func(t *testing.T) {
				t.Parallel()
				dir, v := t.TempDir(), newFake()
				s := openFake(t, dir, v)
				mustSave(t, s, sample("a"), "secret-a")
				before, err := os.ReadFile(s.Path())
				if err != nil {
					t.Fatal(err)
				}
				fail := c.fail
				if profile == "new" {
					fail = renew(name, boom, fail)
				}
				v.with(func(v *fakeVault) { v.fail = fail })
				p := sample(profile)
				p.ClientID = "changed"
				wantReason(t, s.Save(t.Context(), p, hush), c.want, hush)
				if after, err := os.ReadFile(s.Path()); err != nil || string(after) != string(before) {
					t.Errorf("the index was changed: %s %v", after, err)
				}
				if got := v.held(); !maps.Equal(got, c.left) {
					t.Errorf("the keyring holds %v, want %v", got, c.left)
				}
			})
		}
	}
}

// renew gives the second subtest a counter of its own.
func renew(name string, boom error, same func(string) error) func(string) error {
	switch name {
	case "first read":
		return failAfter("get", 0, boom)
	case "write":
		return failAfter("set", 0, boom)
	case "read back":
		return failAfter("get", 1, boom)
	}
	return same
}

func TestMismatchRemovesTheItem(t *testing.T) {
	t.Parallel()
	for name, garble := range map[string]func(string) string{
		"cut":   func(s string) string { return s[:len(s)-1] },
		"grown": func(s string) string { return s + "\n" },
		"other": strings.ToUpper,
		"empty": func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newFake()
			v.garble = garble
			s := openFake(t, t.TempDir(), v)
			wantReason(t, s.Save(t.Context(), sample("a"), hush), Mismatch, hush)
			if len(v.held()) != 0 || names(s) != "" {
				t.Errorf("left behind: %v, %q", v.held(), names(s))
			}
		})
	}
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	if err := s.Save(t.Context(), Profile{Name: "a"}, hush); err == nil {
		t.Error("a profile that is not valid was saved")
	}
	if err := s.Save(t.Context(), sample("a"), ""); err == nil {
		t.Error("an empty secret was saved")
	}
	long := strings.Repeat("x", maxSecret+1)
	wantReason(t, s.Save(t.Context(), sample("a"), long), TooBig, long)
	if v.count() != 0 {
		t.Errorf("the keyring was called: %v", v.calls)
	}
	mustSave(t, s, sample("a"), long[1:])
}

func TestSecretFailures(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	_, _, err := s.Secret(t.Context(), "nobody")
	wantReason(t, err, NotFound, hush)
	if !errors.Is(err, keyring.ErrNotFound) {
		t.Errorf("the cause is lost: %v", err)
	}
	v.items["hollow"] = ""
	_, _, err = s.Secret(t.Context(), "hollow")
	wantReason(t, err, NotFound, hush)
}

func TestDeleteFailures(t *testing.T) {
	t.Parallel()
	dir, v := t.TempDir(), newFake()
	s := openFake(t, dir, v)
	mustSave(t, s, sample("a"), hush)
	v.deaf = true
	wantReason(t, s.Delete(t.Context(), "a"), Denied, hush)
	v.deaf = false
	v.fail = failAfter("delete", 0, errors.New("boom"))
	wantReason(t, s.Delete(t.Context(), "a"), Other, hush)
	v.fail = nil
	if got := names(openFake(t, dir, v)); got != "a" {
		t.Errorf("the index lists %q after deletions that failed", got)
	}
	delete(v.items, "a")
	if err := s.Delete(t.Context(), "a"); err != nil || names(s) != "" {
		t.Errorf("a profile without an item cannot be deleted: %v", err)
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	bus := func(name string) error { return fmt.Errorf("outer: %w", dbus.Error{Name: name}) }
	for want, errs := range map[Reason][]error{
		NoDaemon: {
			bus("org.freedesktop.DBus.Error.ServiceUnknown"), bus("org.freedesktop.DBus.Error.NameHasNoOwner"),
			bus("org.freedesktop.DBus.Error.Spawn.ChildExited"),
		},
		Timeout:     {bus("org.freedesktop.DBus.Error.NoReply")},
		Denied:      {bus("org.freedesktop.DBus.Error.AccessDenied")},
		NoBus:       {bus("org.freedesktop.DBus.Error.Disconnected"), fmt.Errorf("x: %w", dbus.ErrClosed)},
		Locked:      {bus("org.freedesktop.Secret.Error.IsLocked")},
		NotFound:    {keyring.ErrNotFound},
		TooBig:      {keyring.ErrSetDataTooBig},
		Unsupported: {keyring.ErrUnsupportedPlatform},
		Mismatch:    {&Error{Reason: Mismatch}},
		Other:       {errors.New("boom"), bus("org.example.Odd")},
	} {
		for _, err := range errs {
			if got := classify(err); got != want {
				t.Errorf("%v is %q, want %q", err, got, want)
			}
		}
	}
}

func TestEveryReasonHasItsWords(t *testing.T) {
	t.Parallel()
	seen := map[string]Reason{}
	for _, r := range []Reason{
		NoBus, NoDaemon, NoCollection, Locked, Denied, NotFound, TooBig, Timeout, Canceled, Unsupported, Mismatch, Damaged, Other,
	} {
		for _, mirror := range []bool{false, true} {
			e := &Error{Op: "read", Profile: "a", Mirror: mirror, Reason: r, Err: errors.New("boom")}
			wantReason(t, e, r, hush)
			if before, ok := seen[e.Error()]; ok {
				t.Errorf("%q and %q read alike: %v", r, before, e)
			}
			seen[e.Error()] = r
		}
	}
}
