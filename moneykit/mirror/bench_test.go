package mirror_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
)

const (
	benchAsked    = 100_000 // the Sandbox has some more
	benchPageSize = 500
	benchRounds   = 3
	benchCopies   = 9 // of all of them, in the large mirror: a million
	benchReads    = 101
)

// BenchmarkMirror prints what it takes to keep transactions, beside floors of the
// same run. Machines differ; the ratios hold.
func BenchmarkMirror(b *testing.B) {
	srv := preparedPages(b)
	all, total := fetchAll(b, srv)
	for b.Loop() {
		benchSync(b, srv, all, total)
		benchRead(b, all, total)
	}
}

// benchSync syncs a link for the first time.
func benchSync(b *testing.B, srv *server, all []mirror.Page, total int) {
	into := func(open func(path string) *mirror.Store) func(string) {
		return func(path string) {
			store := open(path)
			done, err := mirror.New(benchClient(b, srv), store).Sync(b.Context(), bank)
			if err == nil && done.Created != total {
				err = fmt.Errorf("%d transactions", done.Created)
			}
			if err == nil {
				err = store.Close()
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	subjects := []struct {
		name string
		run  func(path string)
	}{
		{"plain SQLite, 12 columns", func(path string) { insertAll(b, path, all) }},
		{"fetched and decoded alone", func(string) { fetchAll(b, srv) }},
		{"mirror, encrypted", into(func(path string) *mirror.Store { return open(b, path, key) })},
		{"mirror, plain", into(func(path string) *mirror.Store { return open(b, path, nil) })},
		{"mirror, in memory", into(func(string) *mirror.Store { return mirror.NewMemory() })},
	}
	perSecond, size := make([][]float64, len(subjects)), make([]int64, len(subjects))
	for round := range benchRounds {
		for i, s := range subjects {
			path := filepath.Join(b.TempDir(), fmt.Sprintf("%d-%d.db", round, i))
			began := time.Now()
			s.run(path)
			perSecond[i] = append(perSecond[i], float64(total)/time.Since(began).Seconds())
			if info, err := os.Stat(path); err == nil {
				size[i] = info.Size()
			}
		}
	}
	fmt.Printf("\nFirst sync of %d transactions in pages of %d, median of %d rounds\n", total, benchPageSize, benchRounds)
	fmt.Printf("  %-34s %10s %10s %14s\n", "", "a second", "× SQLite", "bytes of file")
	for i, s := range subjects {
		fmt.Printf("  %-34s %10.0f %10.2f %14.0f\n", s.name, middle(perSecond[i]), middle(perSecond[i])/middle(perSecond[0]), float64(size[i])/float64(total))
	}
}

// benchRead opens a large mirror up to its first page, and reads on from its middle.
func benchRead(b *testing.B, all []mirror.Page, total int) {
	fmt.Printf("\nMirror of %d transactions, p50 of %d\n", benchCopies*total, benchReads)
	fmt.Printf("  %-34s %12s %12s %12s %14s\n", "", "filled", "first 100", "100 midway", "bytes of file")
	for _, s := range []struct {
		name string
		key  []byte
	}{{"encrypted", key}, {"plain", nil}} {
		path := filepath.Join(b.TempDir(), "mirror.db")
		began := time.Now()
		fill(b, path, s.key, all)
		filled := time.Since(began)
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		var opened, read []time.Duration
		middling := all[len(all)/2].Created[0]
		after := mirror.Key{Date: middling.Date, ID: middling.ID}
		for range benchReads {
			began := time.Now()
			store := open(b, path, s.key)
			first := benchPage(b, store, mirror.Query{Limit: 100})
			opened = append(opened, time.Since(began))
			began = time.Now()
			next := benchPage(b, store, mirror.Query{After: &after, Limit: 100})
			read = append(read, time.Since(began))
			if len(first) != 100 || len(next) != 100 || store.Close() != nil {
				b.Fatal("no such pages")
			}
			after = mirror.Key{Date: next[99].Date, ID: next[99].ID}
		}
		fmt.Printf("  %-34s %12s %12s %12s %14.0f\n", s.name, filled.Round(time.Millisecond), middle(opened).Round(time.Microsecond),
			middle(read).Round(time.Microsecond), float64(info.Size())/float64(benchCopies*total))
		benchFind(b, path, s.key)
	}
}

// benchFind searches a large mirror.
func benchFind(b *testing.B, path string, key []byte) {
	store := open(b, path, key)
	defer func() { _ = store.Close() }()
	for _, x := range []struct {
		name  string
		text  string
		order mirror.Order
		limit int
	}{
		{"a common word, the first 100", "coffee", mirror.ByDate, 100},
		{"a word that is nowhere", "nowhere at all", mirror.ByDate, 100},
		{"a common word, all added up", "coffee", mirror.ByDate, 0},
		{"everything, added up", "", mirror.ByDate, 0},
		{"everything, by amount", "", mirror.ByAmount, 0},
	} {
		var took []time.Duration
		found := 0
		for range benchRounds {
			began := time.Now()
			answer, err := store.Find(b.Context(), bank, mirror.Filter{Text: x.text}, x.order, false, x.limit)
			if err != nil {
				b.Fatal(err)
			}
			took, found = append(took, time.Since(began)), len(answer.Rows)
		}
		fmt.Printf("    %-32s %12s %12d found\n", x.name, middle(took).Round(10*time.Microsecond), found)
	}
}

func benchPage(b *testing.B, store *mirror.Store, q mirror.Query) []moneykit.Transaction {
	page, err := store.Transactions(b.Context(), bank, q)
	if err != nil {
		b.Fatal(err)
	}
	return page
}

// fill applies all pages again and again, under ids of their own.
func fill(b *testing.B, path string, key []byte, all []mirror.Page) {
	store := open(b, path, key)
	cursor := ""
	for n := range benchCopies {
		for batch := range slices.Chunk(all, 20) {
			batch = slices.Clone(batch)
			for i := range batch {
				page := &batch[i]
				page.Seq, page.Before, page.After = 1, cursor, fmt.Sprint(n, page.After)
				cursor = page.After
				page.Created = slices.Clone(page.Created)
				for j := range page.Created {
					page.Created[j].ID += moneykit.TransactionID(fmt.Sprint("_", n))
				}
			}
			if _, err := store.Apply(b.Context(), bank, batch...); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

// insertAll is what SQLite takes by itself.
func insertAll(b *testing.B, path string, all []mirror.Page) {
	db, err := sqlite3.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	check(db.Exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = normal;
		CREATE TABLE transactions (id TEXT PRIMARY KEY, account TEXT, amount TEXT, type TEXT, currency TEXT, date TEXT,
			moment TEXT, description TEXT, raw TEXT, pending INTEGER, category TEXT, original TEXT);
		CREATE INDEX by_date ON transactions (date, id)`))
	insert, _, err := db.Prepare(`INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	check(err)
	for _, page := range all {
		check(db.Exec("BEGIN"))
		for _, t := range page.Created {
			for i, text := range []string{
				string(t.ID), string(t.AccountID), t.Amount.String(), string(t.Type), t.Currency, t.Date.String(),
				t.Time.Format(time.RFC3339), t.Description, t.RawDescription, "", t.FinestCategory(), t.OriginalID,
			} {
				check(insert.BindText(i+1, text))
			}
			check(insert.BindBool(10, t.Pending))
			check(insert.Exec())
		}
		check(db.Exec("COMMIT"))
	}
	check(insert.Close())
	check(db.Close())
}

// preparedPages has the answers of the embedded Sandbox ready.
func preparedPages(b *testing.B) *server {
	box := sandbox.New(sandbox.WithLinks(1), sandbox.WithTransactions(benchAsked))
	client, byCursor := benchClient(b, box.Transport()), map[string]string{}
	for cursor, more := "", true; more; {
		page, err := client.SyncTransactions(b.Context(), moneykit.LinkID(box.LinkIDs()[0]), cursor, benchPageSize)
		if err != nil {
			b.Fatal(err)
		}
		byCursor[cursor] = string(page.Body)
		cursor, more = page.Cursor.Next, page.HasMore
	}
	return &server{handle: pages(byCursor)}
}

func fetchAll(b *testing.B, srv *server) (all []mirror.Page, total int) {
	client := benchClient(b, srv)
	for cursor, more := "", true; more; {
		page, err := client.SyncTransactions(b.Context(), bank, cursor, benchPageSize)
		if err != nil {
			b.Fatal(err)
		}
		total += len(page.Transactions.Created)
		all = append(all, mirror.Page{Before: cursor, After: page.Cursor.Next, More: page.HasMore, Created: page.Transactions.Created})
		cursor, more = page.Cursor.Next, page.HasMore
	}
	return all, total
}

func benchClient(b *testing.B, rt http.RoundTripper) *moneykit.Client {
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(rt), moneykit.WithRateLimit(0, 0))
	if err != nil {
		b.Fatal(err)
	}
	return client
}

func middle[T float64 | time.Duration](of []T) T { return slices.Sorted(slices.Values(of))[len(of)/2] }
