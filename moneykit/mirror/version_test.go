package mirror_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
)

// firstVersion is a file as the first version of the mirror wrote it.
type firstVersion struct {
	*testing.T
	db       *sqlite3.Conn
	versions int
}

// bring adds what a page of a sync brought, in the order it came in.
func (f *firstVersion) bring(seq int, changes ...mirror.Change) {
	f.Helper()
	first, counts := f.versions+1, map[mirror.Kind]int{}
	for _, c := range changes {
		counts[c.Kind]++
		f.versions++
		id, t, prior := c.Transaction().ID, c.After, "NULL"
		if c.Kind != mirror.Created {
			prior = fmt.Sprintf("(SELECT version FROM transactions WHERE id = '%s')", id)
		}
		if c.Kind == mirror.Removed {
			f.exec(`INSERT INTO versions VALUES (%d, 'removed', %s, NULL)`, f.versions, prior)
			f.exec(`UPDATE transactions SET live = 0, version = %d WHERE id = '%s'`, f.versions, id)
			continue
		}
		f.exec(`INSERT INTO versions VALUES (%d, '%s', %s, CAST('%s' AS BLOB))`, f.versions, c.Kind, prior, t.JSON())
		f.exec(`INSERT INTO transactions (link, id, live, version, account, day, pending, amount, category) VALUES (1, '%s', 1, %d, '%s', %d, %t, %s, '%s')
			ON CONFLICT DO UPDATE SET live = 1, version = excluded.version, account = excluded.account, day = excluded.day, pending = excluded.pending,
			amount = excluded.amount, category = excluded.category`,
			id, f.versions, t.AccountID, t.Date.Time().Unix()/86400, t.Pending, t.Signed(), t.FinestCategory())
	}
	f.exec(`INSERT INTO syncs (link, seq, at, before, after, created, updated, removed, requests) VALUES (1, %d, %d, '%s', '%s', %d, %d, %d, 'r%[1]d')`,
		seq, noon.Add(time.Duration(seq-1)*time.Hour).UnixNano(), strings.Repeat("c", seq-1), strings.Repeat("c", seq),
		counts[mirror.Created], counts[mirror.Updated], counts[mirror.Removed])
	f.exec(`INSERT INTO pages VALUES (1, %d, %d, %d, 'r%[1]d')`, seq, first, f.versions)
	f.exec(`UPDATE links SET cursor = '%s', seq = %d`, strings.Repeat("c", seq), seq)
}

func (f *firstVersion) exec(format string, args ...any) {
	f.Helper()
	if err := f.db.Exec(fmt.Sprintf(format, args...)); err != nil {
		f.Fatal(err)
	}
}

// columnsOf is what the table of a file is searched and summed by.
func columnsOf(t *testing.T, path string) (rows []string) {
	t.Helper()
	db := plain(t, path)
	stmt, _, err := db.Prepare(`SELECT id, live, account, day, pending, amount, category, value, currency, words, seen FROM transactions ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stmt.Close() }()
	for stmt.Step() {
		var row []string
		for i := range stmt.ColumnCount() {
			row = append(row, stmt.ColumnText(i))
		}
		rows = append(rows, strings.Join(row, " | "))
	}
	return rows
}

// A file of the first version is found and summed by as one that is made now.
func TestAFileOfTheFirstVersion(t *testing.T) {
	schema, err := os.ReadFile(filepath.Join("migrations", "1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	old, fresh := filepath.Join(t.TempDir(), "old.db"), filepath.Join(t.TempDir(), "fresh.db")
	f := &firstVersion{T: t, db: plain(t, old, string(schema), "PRAGMA application_id = 0x74696c6c", "PRAGMA user_version = 1", `INSERT INTO links (id) VALUES ('mk_bank')`)}
	s := stored{t, open(t, fresh, nil)}

	euros := func(t *moneykit.Transaction) {
		t.Currency, t.Type, t.RawDescription = "EUR", moneykit.Credit, "ÜBERWEISUNG 12"
	}
	enriched := func(t *moneykit.Transaction) {
		t.Enrichment = &moneykit.Enrichment{Category: moneykit.Guess{Value: "food_and_drink"}, Merchant: &moneykit.Party{Name: "Blue Bottle"}}
	}
	a, b, p, q := txn("a", enriched), txn("b", amount("1234567.89"), euros), txn("p", pending), txn("q", pending)
	later, posted := txn("b", amount("0.1"), euros, on(12)), txn("q")
	f.bring(1,
		mirror.Change{Kind: mirror.Created, After: a}, mirror.Change{Kind: mirror.Created, After: b},
		mirror.Change{Kind: mirror.Created, After: p}, mirror.Change{Kind: mirror.Created, After: q})
	f.bring(2, mirror.Change{Kind: mirror.Updated, Before: b, After: later}, mirror.Change{Kind: mirror.Removed, Before: a})
	f.bring(3, mirror.Change{Kind: mirror.Created, After: txn("z", in("savings"))}, mirror.Change{Kind: mirror.Updated, Before: q, After: posted})
	s.news(a, b, p, q)
	s.page(mirror.Page{Updated: []moneykit.Transaction{later}, Removed: []moneykit.TransactionID{"a"}})
	s.page(mirror.Page{Created: []moneykit.Transaction{txn("z", in("savings"))}, Updated: []moneykit.Transaction{posted}})
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}

	opened := stored{t, open(t, old, nil)}
	same(t, "head", opened.head(), s.head())
	same(t, "transactions", opened.transactions(mirror.Query{}), s.transactions(mirror.Query{}))
	same(t, "history", opened.syncs(), s.syncs())
	for seq := range 3 {
		same(t, "changes", opened.changes(seq+1), s.changes(seq+1))
	}
	same(t, "thread", opened.thread("b"), []string{"created b in 1 by r1", "updated b in 2 by r2"})
	historyTellsTheTable(t, opened, bank)
	doubtful, _ := opened.doubt()
	same(t, "in doubt", doubtful, []moneykit.TransactionID{"p"})
	got, want := columnsOf(t, old), columnsOf(t, fresh)
	if len(got) != 5 {
		t.Errorf("%d rows", len(got))
	}
	same(t, "columns", strings.Join(got, "\n"), strings.Join(want, "\n"))
	opened.page(mirror.Page{Removed: []moneykit.TransactionID{"z"}})
	same(t, "held", opened.ids(mirror.Query{}), []string{"b", "p", "q"})
}
