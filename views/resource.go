package views

import (
	"till/ui/theme"
)

// resource is a piece of data that a screen loads: nothing yet, an error
// instead of it, or the data, which stays on screen while newer is fetched.
type resource[T any] struct {
	value   T
	loaded  bool
	err     error // of the last load
	loading bool
	again   bool // a load was asked for while another was in flight
}

// begin reports whether a load should start now; one is in flight at a time.
func (r *resource[T]) begin() bool {
	r.again = r.loading
	if r.loading {
		return false
	}
	r.loading = true
	return true
}

// end takes a load's result in and reports whether another load was asked for.
func (r *resource[T]) end(value T, err error) (again bool) {
	r.loading, r.err = false, err
	if err == nil {
		r.value, r.loaded = value, true
	}
	return r.again
}

// early shows what was kept from before until a load brings newer. It reports
// whether there was nothing yet.
func (r *resource[T]) early(value T) bool {
	if r.loaded {
		return false
	}
	r.value, r.loaded = value, true
	return true
}

// untroubled is for screens that show nothing of MoneyKit's.
func untroubled() error { return nil }

// blank returns what stands in the place of data that is not there: the error
// or a word that it is on its way. It is "" when there is data.
func (r *resource[T]) blank(t *theme.Theme, w, h int, word string) string {
	switch {
	case r.loaded:
		return ""
	case r.err != nil && !r.loading:
		return explain(r.err).pane(t, w, h)
	}
	return middle([]string{t.Paint(theme.Muted, word)}, w, h)
}
