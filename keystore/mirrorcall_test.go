package keystore

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Every till finds no key at first, and each write takes a while.
func TestTillsThatRaceMakeOneKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const tills = 4
		dir, v := t.TempDir(), newFake()
		var first int
		all := make(chan struct{})
		v.hang = func(op string) chan struct{} {
			if op == "set" {
				slow := make(chan struct{})
				time.AfterFunc(time.Second, func() { close(slow) })
				return slow
			}
			if first++; first == tills {
				close(all)
			}
			return all
		}
		keys := make([][]byte, tills)
		var wg sync.WaitGroup
		for i := range keys {
			s := openFake(t, dir, v)
			wg.Go(func() {
				var err error
				if keys[i], err = s.MirrorKey(t.Context(), "a"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, key := range keys {
			if hex.EncodeToString(key) != v.held()[mirrorItem("a")] {
				t.Error("a till has another key than the keyring")
			}
		}
		sets := 0
		for _, op := range v.calls {
			if op == "set" {
				sets++
			}
		}
		if sets != 1 {
			t.Errorf("the key was written %d times", sets)
		}
	})
}

func TestMirrorKeyHasADeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		s := openFake(t, t.TempDir(), v)
		wait := hangOn(v, "get")
		for _, d := range []time.Duration{10 * time.Second, 0} {
			takes(t, d, func() {
				_, err := s.MirrorKey(t.Context(), "a")
				wantKeyFailure(t, err, Timeout, hush)
			})
		}
		takes(t, 0, func() { wantKeyFailure(t, s.ForgetMirrorKey(t.Context(), "a"), Timeout, hush) })
		if v.count() != 1 {
			t.Errorf("%d calls reached the keyring behind one that hangs", v.count())
		}
		close(wait)
		synctest.Wait()
		mustKey(t, s, "a")
	})
}

func TestMirrorKeyCanBeCancelled(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"get", "set"} {
		synctest.Test(t, func(t *testing.T) {
			v := newFake()
			s := openFake(t, t.TempDir(), v)
			wait := hangOn(v, op)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2*time.Second, cancel)
			for _, d := range []time.Duration{2 * time.Second, 0} {
				takes(t, d, func() {
					_, err := s.MirrorKey(ctx, "a")
					wantKeyFailure(t, err, Canceled, hush)
					if !errors.Is(err, context.Canceled) {
						t.Errorf("not a cancellation: %v", err)
					}
				})
			}
			close(wait)
			synctest.Wait()
			if _, written := v.held()[mirrorItem("a")]; written != (op == "set") {
				t.Errorf("%s hung: written is %v", op, written)
			}
			mustKey(t, s, "a")
		})
	}
}

// A caller who leaves during the second read leaves nothing behind.
func TestNoKeyIsWrittenForNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		s := openFake(t, t.TempDir(), v)
		wait := make(chan struct{})
		v.hang = func(string) chan struct{} {
			if len(v.calls) == 2 {
				return wait
			}
			return nil
		}
		_, err := s.MirrorKey(t.Context(), "a")
		wantKeyFailure(t, err, Timeout, hush)
		close(wait)
		synctest.Wait()
		if len(v.held()) != 0 || strings.Join(v.calls, " ") != "get get" {
			t.Errorf("the keyring holds %v after %v", v.held(), v.calls)
		}
	})
}

// A write that hangs and then goes through must not replace the key of a till
// that came later.
func TestALateWriteReplacesNoKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir, v := t.TempDir(), newFake()
		slow, other := openFake(t, dir, v), openFake(t, dir, v)
		wait := hangOn(v, "set")
		_, err := slow.MirrorKey(t.Context(), "a")
		wantKeyFailure(t, err, Timeout, hush)
		v.with(func(v *fakeVault) { v.hang = nil })
		if _, err := other.MirrorKey(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), keyringLock) {
			t.Errorf("want an error that names the lock, got %v", err)
		}
		if err := other.ForgetMirrorKey(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), keyringLock) {
			t.Errorf("want an error that names the lock, got %v", err)
		}
		close(wait)
		synctest.Wait()
		key := mustKey(t, other, "a")
		if !bytes.Equal(key, mustKey(t, slow, "a")) || v.held()[mirrorItem("a")] != hex.EncodeToString(key) {
			t.Error("two tills have two keys")
		}
		mustSave(t, other, sample("b"), hush)
	})
}
