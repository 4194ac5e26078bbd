package mirror

import "fmt"

// Full lets the file grow by no more than a few pages, as on a full disk.
func (f *Store) Full() error {
	return f.write.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", 1))
}
