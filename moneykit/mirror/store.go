package mirror

import (
	"errors"
	"time"

	"till/moneykit"
)

// ErrStale says that a page does not follow on what the store holds: another
// sync was there first. A new sync from the store's own cursor puts it right.
var ErrStale = errors.New("mirror: the page does not follow the stored cursor")

// Head is the end of a link's history.
type Head struct {
	Seq    int    // of the last sync in the history
	Cursor string // where the next one goes on
	More   bool   // the last sync broke off before its end
}

// Page is one step of a sync on its way into a store.
type Page struct {
	Seq           int // of the sync that the page belongs to
	At            time.Time
	Before, After string // cursors
	More          bool   // pages follow
	Created       []moneykit.Transaction
	Updated       []moneykit.Transaction
	Removed       []moneykit.TransactionID
	RequestID     string
}

// Sync is an entry of a link's history: one sync that changed something.
type Sync struct {
	Seq                       int // counted from 1
	At                        time.Time
	Before, After             string // cursors; an empty Before is the first sync
	Created, Updated, Removed int
	More                      bool // it broke off before its end
	Continues                 bool // it goes on with the sync before, which broke off
	RequestIDs                []string
}

// Query selects transactions.
type Query struct {
	Account moneykit.AccountID // empty for all accounts
	After   *Key               // the last one already seen
	Limit   int                // 0 for all
}

// Key is the place of a transaction in the order, newest first.
type Key struct {
	Date moneykit.Date
	ID   moneykit.TransactionID
}
