package mirror

import (
	"embed"
	"fmt"
	"strconv"

	"github.com/ncruces/go-sqlite3"
)

// application marks a mirror in the file's header: till.
const application = 0x74696c6c

// migrations are numbered from 1; a file's version is that of the last one it went
// through. They only ever go forward.
//
//go:embed migrations/*.sql
var migrations embed.FS

// afterwards is what a migration leaves to do that SQL cannot.
var afterwards = map[int64]func(*conn) error{2: (*conn).fillColumns}

// migrate brings the file's schema up to date, all of it or nothing.
func (c *conn) migrate() error {
	number := func(pragma string) (n int64, err error) {
		err = c.run("PRAGMA "+pragma, nil, func(s *sqlite3.Stmt) error {
			n = s.ColumnInt64(0)
			return nil
		})
		return n, reason(err)
	}
	return c.atomic(func() error {
		id, err := number("application_id")
		if err != nil {
			return err
		}
		version, err := number("user_version")
		if err != nil {
			return err
		}
		schema, err := number("schema_version") // 0 while there is nothing in the file
		switch {
		case err != nil:
			return err
		case id != application && (id != 0 || version != 0 || schema != 0):
			return ErrDamaged
		}
		for next := int64(1); ; next++ {
			migration, err := migrations.ReadFile("migrations/" + strconv.FormatInt(next, 10) + ".sql")
			if err != nil {
				return known(version, next-1)
			}
			if next <= version {
				continue
			}
			if err := c.db.Exec(string(migration)); err != nil {
				return reason(err)
			}
			if rest := afterwards[next]; rest != nil {
				if err := rest(c); err != nil {
					return err
				}
			}
			settings := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", application, next)
			if err := c.db.Exec(settings); err != nil {
				return err
			}
		}
	})
}

// known refuses a file of a later version than the last migration's.
func known(version, last int64) error {
	if version > last {
		return ErrNewer
	}
	return nil
}
