package keystore

import (
	"context"
	"maps"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"
)

// fakeVault is a keyring in memory that can fail, hang and lie.
type fakeVault struct {
	mu      sync.Mutex
	items   map[string]string
	calls   []string
	running int
	most    int // the most calls ever under way at a time

	fail   func(op string) error         // nil: nothing fails
	hang   func(op string) chan struct{} // the call waits for the channel to close
	garble func(string) string           // what a write makes of the secret
	deaf   bool                          // deletes report success and do nothing
}

func newFake() *fakeVault { return &fakeVault{items: map[string]string{}} }

func (v *fakeVault) enter(op string) error {
	v.mu.Lock()
	v.calls = append(v.calls, op)
	v.running++
	v.most = max(v.most, v.running)
	var wait chan struct{}
	if v.hang != nil {
		wait = v.hang(op)
	}
	var err error
	if v.fail != nil {
		err = v.fail(op)
	}
	v.mu.Unlock()
	if wait != nil {
		<-wait
	}
	v.mu.Lock()
	v.running--
	v.mu.Unlock()
	return err
}

func (v *fakeVault) Set(_, user, secret string) error {
	if err := v.enter("set"); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.garble != nil {
		secret = v.garble(secret)
	}
	v.items[user] = secret
	return nil
}

func (v *fakeVault) Get(_, user string) (string, error) {
	if err := v.enter("get"); err != nil {
		return "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s, ok := v.items[user]; ok {
		return s, nil
	}
	return "", keyring.ErrNotFound
}

func (v *fakeVault) Delete(_, user string) error {
	if err := v.enter("delete"); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.items[user]; !ok {
		return keyring.ErrNotFound
	}
	if !v.deaf {
		delete(v.items, user)
	}
	return nil
}

// held is a copy of what the keyring holds.
func (v *fakeVault) held() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.items)
}

// count is how many calls there were so far.
func (v *fakeVault) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.calls)
}

// with sets the vault's behaviour while calls may be under way.
func (v *fakeVault) with(f func(*fakeVault)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(v)
}

func withVault(v vault) Option {
	return func(s *Store) {
		s.vault = v
		s.diagnose = func(context.Context) Reason { return "" }
		s.canAsk = func() bool { return true }
	}
}

func openFake(t *testing.T, dir string, v vault, opts ...Option) *Store {
	t.Helper()
	s, err := Open(append([]Option{WithDir(dir), withVault(v)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustSave(t *testing.T, s *Store, p Profile, secret string) {
	t.Helper()
	if err := s.Save(t.Context(), p, secret); err != nil {
		t.Fatalf("save %q: %v", p.Name, err)
	}
}
