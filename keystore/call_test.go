package keystore

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// hangOn makes every call of op wait until the returned channel is closed.
func hangOn(v *fakeVault, op string) chan struct{} {
	wait := make(chan struct{})
	v.with(func(v *fakeVault) {
		v.hang = func(got string) chan struct{} {
			if got == op {
				return wait
			}
			return nil
		}
	})
	return wait
}

func takes(t *testing.T, want time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if got := time.Since(start); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

func readReason(t *testing.T, s *Store, want Reason) {
	t.Helper()
	_, _, err := s.Secret(t.Context(), "a")
	wantReason(t, err, want, hush)
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		v.items["a"] = hush
		s := openFake(t, t.TempDir(), v)
		wait := hangOn(v, "get")
		takes(t, 10*time.Second, func() { readReason(t, s, Timeout) })
		takes(t, 0, func() {
			for range 100 {
				readReason(t, s, Timeout)
			}
		})
		takes(t, 0, func() { wantReason(t, s.Save(t.Context(), sample("b"), hush), Timeout, hush) })
		if v.count() != 1 {
			t.Errorf("%d calls reached the keyring behind one that hangs", v.count())
		}
		close(wait)
		synctest.Wait()
		wantSecret(t, s, "a", hush, FromKeyring)
	})
}

func TestTimeoutOption(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		s := openFake(t, t.TempDir(), v, WithTimeout(3*time.Second))
		defer close(hangOn(v, "get"))
		takes(t, 3*time.Second, func() { readReason(t, s, Timeout) })
	})
}

func TestDiagnosisNamesTheReason(t *testing.T) {
	t.Parallel()
	for found, want := range map[Reason]Reason{
		Locked: Locked, NoDaemon: NoDaemon, NoBus: NoBus, NoCollection: NoCollection, "": Timeout, well: Timeout,
	} {
		synctest.Test(t, func(t *testing.T) {
			v := newFake()
			s := openFake(t, t.TempDir(), v)
			s.diagnose = func(context.Context) Reason { return found }
			defer close(hangOn(v, "get"))
			takes(t, 10*time.Second, func() { readReason(t, s, want) })
			if found != well {
				takes(t, 0, func() { readReason(t, s, want) })
			}
		})
	}
}

func TestDiagnosisHasADeadlineToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		s := openFake(t, t.TempDir(), v)
		never := make(chan struct{})
		defer close(never)
		s.diagnose = func(context.Context) Reason {
			<-never
			return Locked
		}
		defer close(hangOn(v, "get"))
		takes(t, 11*time.Second, func() { readReason(t, s, Timeout) })
	})
}

func TestRefusalIsToldFromLocked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		canAsk bool
		found  Reason
		want   Reason
	}{{true, Locked, Denied}, {false, Locked, Locked}, {true, NoDaemon, NoDaemon}, {true, well, Other}, {true, "", Other}} {
		v := newFake()
		v.fail = failAfter("get", 0, errors.New("failed to unlock"))
		s := openFake(t, t.TempDir(), v)
		s.canAsk = func() bool { return c.canAsk }
		s.diagnose = func(context.Context) Reason { return c.found }
		readReason(t, s, c.want)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		v.items["a"] = hush
		s := openFake(t, t.TempDir(), v)
		wait := hangOn(v, "get")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		takes(t, 2*time.Second, func() {
			_, _, err := s.Secret(ctx, "a")
			wantReason(t, err, Canceled, hush)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("not a cancellation: %v", err)
			}
		})
		takes(t, 0, func() {
			_, _, err := s.Secret(ctx, "a")
			wantReason(t, err, Canceled, hush)
		})
		// Who cancels proves nothing: the next caller waits, and gets its answer.
		time.AfterFunc(5*time.Second, func() { close(wait) })
		takes(t, 5*time.Second, func() { wantSecret(t, s, "a", hush, FromKeyring) })
	})
}

func TestOneCallAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		v.items["a"] = hush
		s := openFake(t, t.TempDir(), v)
		slow := make(chan struct{})
		v.hang = func(string) chan struct{} { return slow }
		time.AfterFunc(time.Second, func() { close(slow) })
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { wantSecret(t, s, "a", hush, FromKeyring) })
		}
		wg.Wait()
		if v.most != 1 {
			t.Errorf("%d calls at a time", v.most)
		}
	})
}

// A write that goes through after Save has failed must leave no secret behind.
func TestLateWriteIsUndone(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"get", "set"} {
		for _, had := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				v := newFake()
				s := openFake(t, t.TempDir(), v)
				want := map[string]string{}
				if had {
					mustSave(t, s, sample("a"), "secret-a")
					want["a"] = "secret-a"
				}
				wait := hangOn(v, op)
				wantReason(t, s.Save(t.Context(), sample("a"), hush), Timeout, hush)
				calls := v.count()
				close(wait)
				synctest.Wait()
				if op == "get" && v.count() != calls {
					t.Errorf("went on after Save had failed: %v", v.calls[calls:])
				}
				if got := v.held(); !maps.Equal(got, want) {
					t.Errorf("%s answered late: the keyring holds %v, want %v", op, got, want)
				}
				if (names(s) == "a") != had {
					t.Errorf("the index lists %q", names(s))
				}
				mustSave(t, s, sample("a"), hush)
			})
		}
	}
}

func TestAWorkingKeyringGetsPastAStuckCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newFake()
		v.items["a"] = hush
		s := openFake(t, t.TempDir(), v)
		var works atomic.Bool
		s.diagnose = func(context.Context) Reason {
			if works.Load() {
				return well
			}
			return Locked
		}
		wait := hangOn(v, "get")
		readReason(t, s, Locked)
		works.Store(true)
		v.with(func(v *fakeVault) { v.hang = nil })
		takes(t, 0, func() { wantSecret(t, s, "a", hush, FromKeyring) })

		// One that only looks well cannot gather calls for ever.
		again := hangOn(v, "get")
		for range maxAside + 10 {
			readReason(t, s, Timeout)
		}
		v.with(func(v *fakeVault) {
			if v.running != maxAside+1 {
				t.Errorf("%d calls hang, want %d", v.running, maxAside+1)
			}
		})
		close(wait)
		close(again)
		synctest.Wait()
		wantSecret(t, s, "a", hush, FromKeyring)
		if v.running != 0 || s.gate.aside != 0 {
			t.Errorf("%d calls run, %d are set aside", v.running, s.gate.aside)
		}
	})
}

func TestPanicOfTheLibrary(t *testing.T) {
	t.Parallel()
	v := newFake()
	s := openFake(t, t.TempDir(), v)
	v.fail = func(string) error { panic("nil signal " + hush) }
	readReason(t, s, Other)
	v.mu = sync.Mutex{} // the panic left it locked
	v.fail = nil
	readReason(t, s, NotFound)
}
