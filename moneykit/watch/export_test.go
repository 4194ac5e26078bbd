package watch

import "time"

// SetWall replaces the clock on the wall, which a bubble of synctest moves together
// with the process's own.
func SetWall(w *Watcher, wall func() time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock.wall = wall
}
