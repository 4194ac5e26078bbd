package mirror

import "fmt"

// Full lets the file grow by no more than a few pages, as on a full disk.
func (f *Store) Full() error {
	return f.write.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", 1))
}

// Searching keeps a search from ending until done is called.
func (f *Store) Searching() (done func()) {
	f.find.lock()
	return f.find.unlock
}
