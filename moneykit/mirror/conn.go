package mirror

import (
	"context"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// conn is one connection with its prepared statements. One caller at a time has
// it.
type conn struct {
	turn   chan struct{} // holds one while somebody has the connection
	open   func() error  // at the first use sets db, nil for one that is open
	db     *sqlite3.Conn
	full   error // what it means that there is no room, nil for what SQLite says
	stmts  map[string]*sqlite3.Stmt
	closed bool
}

func newConn(db *sqlite3.Conn) *conn {
	return &conn{turn: make(chan struct{}, 1), db: db, stmts: map[string]*sqlite3.Stmt{}}
}

func (c *conn) lock()   { c.turn <- struct{}{} }
func (c *conn) unlock() { <-c.turn }

func (c *conn) close() error {
	c.lock()
	defer c.unlock()
	if c.closed = true; c.db == nil {
		return nil
	}
	for _, s := range c.stmts {
		_ = s.Close()
	}
	err := c.db.Close()
	c.db = nil
	return err
}

// untouched reports whether nothing was ever done with the connection.
func (c *conn) untouched() bool {
	c.lock()
	defer c.unlock()
	return c.db == nil
}

// use gives the connection to work. The wait for it ends when ctx does, and so does
// work.
func (c *conn) use(ctx context.Context, work func() error) error {
	select {
	case c.turn <- struct{}{}:
		defer c.unlock()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.closed {
		return ErrClosed
	}
	if c.db == nil {
		if err := c.open(); err != nil {
			if c.db != nil {
				_ = c.db.Close()
			}
			c.db = nil
			return err
		}
	}
	before := c.db.SetInterrupt(ctx)
	defer c.db.SetInterrupt(before)
	err := work()
	if ended := ctx.Err(); ended != nil && err != nil {
		return ended
	}
	if c.full != nil && errors.Is(err, sqlite3.FULL) {
		return fmt.Errorf("%w: %w", c.full, err)
	}
	return err
}

// commit does work in one transaction, or leaves everything as it was.
func (c *conn) commit(ctx context.Context, work func() error) error {
	return c.use(ctx, func() error { return c.atomic(work) })
}

// atomic is commit for who has the connection.
func (c *conn) atomic(work func() error) (err error) {
	txn, err := c.db.BeginImmediate()
	if err != nil {
		return err
	}
	defer txn.End(&err)
	return work()
}

// run runs a query with arguments, and calls row for each of its rows.
func (c *conn) run(query string, args []any, row func(*sqlite3.Stmt) error) error {
	stmt, err := c.prepare(query)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Reset() }()
	for i, arg := range args {
		if err := bind(stmt, i+1, arg); err != nil {
			return err
		}
	}
	for stmt.Step() {
		if row == nil {
			continue
		}
		if err := row(stmt); err != nil {
			return err
		}
	}
	return stmt.Err()
}

// exec runs a query that has no rows.
func (c *conn) exec(query string, args ...any) error { return c.run(query, args, nil) }

func (c *conn) prepare(query string) (*sqlite3.Stmt, error) {
	if stmt, ok := c.stmts[query]; ok {
		return stmt, nil
	}
	stmt, _, err := c.db.PrepareFlags(query, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = stmt
	return stmt, nil
}

func bind(stmt *sqlite3.Stmt, at int, value any) error {
	switch v := value.(type) {
	case nil:
		return stmt.BindNull(at)
	case int64:
		return stmt.BindInt64(at, v)
	case int:
		return stmt.BindInt(at, v)
	case bool:
		return stmt.BindBool(at, v)
	case float64:
		return stmt.BindFloat(at, v)
	case string:
		return stmt.BindText(at, v)
	case []byte:
		return stmt.BindBlob(at, v)
	}
	return fmt.Errorf("mirror: no way to store a %T", value)
}
