package views

import (
	"testing"

	"till/moneykit/mirror"
)

// memory is a mirror that nothing is kept of.
func memory(t *testing.T) *mirror.Store {
	t.Helper()
	store := mirror.NewMemory()
	t.Cleanup(func() { _ = store.Close() })
	return store
}
