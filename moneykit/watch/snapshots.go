package watch

// snapshotsAtOnce is how many snapshots are copied before others may have the lock.
const snapshotsAtOnce = 1000

// Snapshots returns what is known of every link, in no order.
func (w *Watcher) Snapshots() []Snapshot {
	w.mu.Lock()
	entries := make([]*entry, 0, len(w.entries))
	for _, e := range w.entries {
		entries = append(entries, e)
	}
	w.mu.Unlock()
	all := make([]Snapshot, 0, len(entries))
	for len(entries) > 0 {
		n := min(snapshotsAtOnce, len(entries))
		w.mu.Lock()
		for _, e := range entries[:n] {
			all = append(all, e.snapshot)
		}
		w.mu.Unlock()
		entries = entries[n:]
	}
	return all
}
