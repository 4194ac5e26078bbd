package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wantReason checks the reason of a failure, that it has one line of remedy,
// and that nothing in it holds the secret.
func wantReason(t *testing.T, err error, want Reason, secret string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("want a keyring error with reason %q, got %v", want, err)
		return
	}
	if e.Reason != want {
		t.Errorf("reason %q, want %q: %v (%v)", e.Reason, want, e, e.Err)
	}
	if e.Op == "" || e.Profile == "" {
		t.Errorf("op %q and profile %q must say what failed", e.Op, e.Profile)
	}
	if r := e.Remedy(); r == "" || strings.Contains(r, "\n") || !strings.HasSuffix(r, ".") {
		t.Errorf("remedy is not one plain line: %q", r)
	}
	for x := err; x != nil; x = errors.Unwrap(x) {
		if strings.Contains(x.Error(), secret) {
			t.Errorf("the error holds the secret: %v", x)
		}
	}
}

func wantSecret(t *testing.T, s *Store, name, secret string, where Where) {
	t.Helper()
	got, from, err := s.Secret(t.Context(), name)
	if err != nil {
		t.Errorf("secret of %q: %v", name, err)
		return
	}
	if got != secret || from != where {
		t.Errorf("secret of %q is %q from %q, want %q from %q", name, got, from, secret, where)
	}
}

// blockIndex puts a folder where the index is written to, which stops the
// superuser as well.
func blockIndex(t *testing.T, s *Store) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(s.Path()+".tmp", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func unblockIndex(t *testing.T, s *Store) {
	t.Helper()
	if err := os.RemoveAll(s.Path() + ".tmp"); err != nil {
		t.Fatal(err)
	}
}

func sample(name string) Profile {
	return Profile{Name: name, Mode: Sandbox, BaseURL: DefaultBaseURL, ClientID: "client-" + name}
}
