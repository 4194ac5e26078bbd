package views

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// plainRow is a row of texts and numbers.
type plainRow struct {
	fields []sheetCell
	json   string
}

func (r plainRow) cells() []sheetCell      { return r.fields }
func (r plainRow) object() ([]byte, error) { return []byte(r.json), nil }

func plainSheet(rows ...plainRow) sheet {
	return sheet{thing: "row", columns: []string{"text", "amount"}, count: len(rows), rows: inMemory(rows)}
}

func written(t *testing.T, s sheet, as exportFormat, terminal bool) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := s.write(t.Context(), &out, as, terminal); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func decimalOf(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCSV(t *testing.T) {
	t.Parallel()
	row := func(text, amount string) plainRow {
		return plainRow{fields: []sheetCell{textCell(text), decimalCell(decimalOf(t, amount))}}
	}
	got := written(t, plainSheet(
		row("Blue Bottle", "-4.75"), row(`a "b", c`, "36.00"), row("two\nlines", "1200"), row("=1+1", "-0.5"), row("", "1e3"), row("東京\xff", "0.000"),
	), formatCSV, false)
	want := "text,amount\r\n" +
		"Blue Bottle,-4.75\r\n\"a \"\"b\"\", c\",36.00\r\n\"two\r\nlines\",1200\r\n'=1+1,-0.5\r\n,1000\r\n東京\uFFFD,0.000\r\n"
	if got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestTextIsNoFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain": "plain", "": "", "a=1": "a=1", "'quoted": "'quoted", "1+1": "1+1", "—": "—",
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\nx", "\nx": "'\nx",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x",
		" =1": "' =1", "\ufeff=1": "'\ufeff=1", "\u200b@x": "'\u200b@x", "\u00a0-1": "'\u00a0-1",
		"a\rb\r\nc": "a\nb\nc",
	} {
		if got := textCell(text).csv(false); got != want {
			t.Errorf("%q is written as %q, want %q", text, got, want)
		}
	}
}

func TestEmptyCells(t *testing.T) {
	t.Parallel()
	for _, c := range []sheetCell{balanceCell(decimal.NullDecimal{}), dateCell(moneykit.Date{}), timeCell(time.Time{}), textCell("")} {
		if got := c.csv(false); got != "" {
			t.Errorf("%+v is written as %q", c, got)
		}
	}
	zone := time.FixedZone("", 7200)
	if got := timeCell(time.Date(2026, 9, 20, 1, 0, 0, 0, zone)).csv(false); got != "2026-09-19T23:00:00Z" {
		t.Error(got)
	}
	if got := boolCell(true).csv(false) + countCell(-3).csv(false); got != "true-3" {
		t.Error(got)
	}
}

// FuzzCSV holds what a spreadsheet reads against what was written.
func FuzzCSV(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, int64(-475), int32(-2))
	}
	for _, text := range []string{"=1", " \t=1", "\r\n@", "\ufeff-1", "a\rb", "\"", "＝", "\u2028=", "\x00=", "\u0301="} {
		f.Add(text, int64(12), int32(3))
	}
	f.Fuzz(func(t *testing.T, text string, digits int64, exponent int32) {
		if exponent < -100 || exponent > 100 {
			return
		}
		amount := decimal.New(digits, exponent)
		out := written(t, plainSheet(plainRow{fields: []sheetCell{textCell(text), decimalCell(amount)}}), formatCSV, false)
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(records) != 2 || len(records[1]) != 2 {
			t.Fatalf("%q is read as %q, %v", out, records, err)
		}
		read := records[1][0]
		begins := strings.TrimLeftFunc(read, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
		if strings.ContainsAny(read[:min(1, len(read))], "=+-@\t\r\n") || strings.IndexAny(begins, "=+-@＝＋－＠") == 0 {
			t.Errorf("%q is read as the formula %q", text, read)
		}
		if !utf8.ValidString(out) {
			t.Errorf("%q is not UTF-8", out)
		}
		same := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, "\uFFFD"))
		if read != same && read != "'"+same {
			t.Errorf("%q is read as %q", text, read)
		}
		back, err := decimal.NewFromString(records[1][1])
		if err != nil || !back.Equal(amount) || strings.Trim(records[1][1], "-.0123456789") != "" {
			t.Errorf("%s is read as %q, %v", amount, records[1][1], err)
		}
	})
}

func TestATerminalIsSentNothingThatItObeys(t *testing.T) {
	t.Parallel()
	s := plainSheet(plainRow{[]sheetCell{textCell("a\x1b[2J\nb"), decimalCell(decimal.Zero)}, "{\"a\":\"\u202e\x7f<\"}"})
	if got := written(t, s, formatCSV, true); got != "text,amount\r\na␛[2J␊b,0\r\n" {
		t.Errorf("%q", got)
	}
	if got := written(t, s, formatLines, true); got != `{"a":"\u202e\u007f<"}`+"\n" {
		t.Errorf("%q", got)
	}
	if got := written(t, s, formatCSV, false); !strings.Contains(got, "\x1b[2J") {
		t.Errorf("a file did not get the truth: %q", got)
	}
}

// What MoneyKit told goes into JSON lines as it came, what is not known of it too.
func TestJSONLinesAreTheTruth(t *testing.T) {
	t.Parallel()
	const raw = "{ \"transaction_id\": \"=1\", \"amount\": \"4.750\",\n \"type\": \"debit\", \"date\": \"2026-09-20\", \"new\": {\"a\": [1e5, null]}, \"description\": \"<é\xff>\" }"
	txn, err := moneykit.Decode[moneykit.Transaction]([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	s := sheet{columns: transactionColumns, rows: inMemory([]exportedTransaction{{"mk_1", "Checking", *txn}})}
	const want = "{\"transaction_id\":\"=1\",\"amount\":\"4.750\",\"type\":\"debit\",\"date\":\"2026-09-20\",\"new\":{\"a\":[1e5,null]},\"description\":\"<é\uFFFD>\"}\n"
	if got := written(t, s, formatLines, false); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	line := strings.Split(written(t, s, formatCSV, false), "\r\n")[1]
	if want := "mk_1,'=1,2026-09-20,,-4.750,,debit,posted,,Checking,<é\uFFFD>,,,,"; line != want {
		t.Errorf("got\n%s, want\n%s", line, want)
	}
}

func TestAChangeInBothFormats(t *testing.T) {
	t.Parallel()
	version := func(raw string) moneykit.Transaction {
		txn, err := moneykit.Decode[moneykit.Transaction]([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return *txn
	}
	before := version(`{"transaction_id":"t1","account_id":"a1","amount":"36.00","currency":"USD","type":"debit","pending":true,"date":"2026-09-19","description":"Regina's"}`)
	after := version(`{"transaction_id":"t1","account_id":"a1","amount":"38.40","currency":"USD","type":"debit","pending":false,"date":"2026-09-19","description":"Regina's"}`)
	held := version(`{"transaction_id":"t0","account_id":"a1","amount":"38.40","currency":"USD","type":"debit","pending":true,"date":"2026-09-19","description":"Regina's"}`)
	sync := mirror.Sync{Seq: 7, At: time.Date(2026, 9, 20, 14, 2, 11, 0, time.UTC), RequestIDs: []string{"req_1", "req_2"}}
	names := exportedNames{"a1": "Credit"}
	s := sheet{columns: changeColumns, rows: inMemory([]exportedChange{
		{"mk_1", sync, names, mirror.Change{Kind: mirror.Updated, Before: before, After: after}},
		{"mk_1", sync, names, mirror.Change{Kind: mirror.Created, After: after}},
		{"mk_1", mirror.Sync{Seq: 8, At: sync.At}, names, mirror.Change{Kind: mirror.Removed, Before: after}},
		{"mk_1", sync, names, mirror.Change{Kind: mirror.Settled, Before: held, After: after, Confidence: 0.8749}},
		{"mk_1", sync, names, mirror.Change{Kind: mirror.Gone, Before: held}},
	})}
	records, err := csv.NewReader(strings.NewReader(written(t, s, formatCSV, false))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	now := "t1,2026-09-19,-38.40,USD,posted,a1,Credit,Regina's,,,"
	for i, want := range []string{
		"mk_1,7,2026-09-20T14:02:11Z,updated,status amount," + now + ",,-36.00,USD,pending,,,,,,,",
		"mk_1,7,2026-09-20T14:02:11Z,created,," + now + ",,,,,,,,,,,",
		"mk_1,8,2026-09-20T14:02:11Z,removed,," + now + ",,,,,,,,,,,",
		"mk_1,7,2026-09-20T14:02:11Z,settled,status," + now + ",,,,pending,,,,,,t0,0.87",
		"mk_1,7,2026-09-20T14:02:11Z,gone,,t0,2026-09-19,-38.40,USD,pending,a1,Credit,Regina's,,,,,,,,,,,,,,",
	} {
		if got := strings.Join(records[i+1], ","); got != want {
			t.Errorf("row %d is\n%s, want\n%s", i, got, want)
		}
	}
	lines := strings.Split(written(t, s, formatLines, false), "\n")
	head := `{"link_id":"mk_1","sync":7,"at":"2026-09-20T14:02:11Z","kind":`
	for i, want := range []string{
		head + `"updated","request_ids":["req_1","req_2"],"before":` + string(before.JSON()) + `,"after":` + string(after.JSON()) + `}`,
		head + `"created","request_ids":["req_1","req_2"],"before":null,"after":` + string(after.JSON()) + `}`,
		strings.Replace(head, "7", "8", 1) + `"removed","request_ids":[],"before":` + string(after.JSON()) + `,"after":null}`,
		head + `"settled","confidence":0.8749,"request_ids":["req_1","req_2"],"before":` + string(held.JSON()) + `,"after":` + string(after.JSON()) + `}`,
		head + `"gone","request_ids":["req_1","req_2"],"before":` + string(held.JSON()) + `,"after":null}`,
	} {
		if lines[i] != want {
			t.Errorf("line %d is\n%s, want\n%s", i, lines[i], want)
		}
	}
}

// A category means the same in both sheets, and before a change.
func TestTheCategoryIsTheSameInAllSheets(t *testing.T) {
	t.Parallel()
	enriched := moneykit.Transaction{ID: "t1", Category: "restaurants", Enrichment: &moneykit.Enrichment{
		Category: moneykit.Guess{Value: "food_and_drink"}, Subcategory: &moneykit.Guess{Value: "coffee"},
	}}
	plain := moneykit.Transaction{ID: "t1", Category: "restaurants"}
	records := func(s sheet) [][]string {
		all, err := csv.NewReader(strings.NewReader(written(t, s, formatCSV, false))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	now := records(sheet{columns: transactionColumns, rows: inMemory([]exportedTransaction{{"mk_1", "", enriched}, {"mk_1", "", plain}})})
	changed := records(sheet{columns: changeColumns, rows: inMemory([]exportedChange{
		{Change: mirror.Change{Kind: mirror.Updated, Before: plain, After: enriched}},
		{Change: mirror.Change{Kind: mirror.Updated, Before: enriched, After: plain}},
	})})
	categories, parts := []string{"food_and_drink", "restaurants"}, []string{"coffee", ""}
	for _, c := range []struct {
		got  []string
		want []string
	}{
		{column(now, "category"), categories},
		{column(now, "subcategory"), parts},
		{column(changed, "category"), categories},
		{column(changed, "subcategory"), parts},
		{column(changed, "old_category"), []string{"restaurants", "food_and_drink"}},
		{column(changed, "old_subcategory"), []string{"", "coffee"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// Programs rely on each row having a value under each column.
func TestRowsFitTheirColumns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row     exportRow
		columns []string
	}{
		"link":        {exportedLink{id: "mk_1", link: &moneykit.Link{ID: "mk_1"}}, linkColumns},
		"unread link": {exportedLink{id: "mk_1"}, linkColumns},
		"account":     {exportedAccount{}, accountColumns},
		"transaction": {exportedTransaction{}, transactionColumns},
		"change":      {exportedChange{Change: mirror.Change{Kind: mirror.Created}}, changeColumns},
	} {
		if got := len(c.row.cells()); got != len(c.columns) {
			t.Errorf("%s: %d cells under %d columns", name, got, len(c.columns))
		}
		object, err := c.row.object()
		if err != nil || !json.Valid(object) || bytes.Count(bytes.TrimSpace(object), []byte("\n")) > 0 {
			t.Errorf("%s: %s, %v", name, object, err)
		}
		seen := map[string]bool{}
		for _, column := range c.columns {
			if seen[column] || strings.Trim(column, "abcdefghijklmnopqrstuvwxyz_") != "" {
				t.Errorf("%s: a column is called %q", name, column)
			}
			seen[column] = true
		}
	}
}

var errMiddle = errors.New("it broke in the middle")

// broken is a sheet whose rows end with an error.
func brokenSheet(rows int) sheet {
	return sheet{thing: "row", columns: []string{"text", "amount"}, rows: func(context.Context) iter.Seq2[exportRow, error] {
		return func(yield func(exportRow, error) bool) {
			for range rows {
				if !yield(plainRow{[]sheetCell{textCell("x"), countCell(1)}, "{}"}, nil) {
					return
				}
			}
			yield(nil, errMiddle)
		}
	}}
}

func TestAnExportThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	if n, err := brokenSheet(3).write(t.Context(), io.Discard, formatCSV, false); n != 3 || !errors.Is(err, errMiddle) {
		t.Error(n, err)
	}
	bad := plainSheet(plainRow{json: "{"})
	if _, err := bad.write(t.Context(), io.Discard, formatLines, false); err == nil {
		t.Error("broken JSON was written")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := plainSheet(plainRow{}).write(gone, io.Discard, formatCSV, false); n != 0 || !errors.Is(err, context.Canceled) {
		t.Error(n, err)
	}
	full := &limited{room: 10}
	if _, err := brokenSheet(100_000).write(t.Context(), full, formatCSV, false); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
}

// limited takes only so many bytes.
type limited struct{ room int }

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// Transactions are read a page at a time: what goes away meanwhile is left out.
func TestTransactionsAreStreamed(t *testing.T) {
	t.Parallel()
	store, ctx := memory(t), t.Context()
	page := mirror.Page{Seq: 1, After: "c1"}
	for i := range 3 * exportPage {
		page.Created = append(page.Created, moneykit.Transaction{
			ID: moneykit.TransactionID("t" + string(rune('a'+i%26)) + countCell(i).value), Date: moneykit.Date{Year: 2026, Month: 1, Day: 1},
		})
	}
	if _, err := store.Apply(ctx, "mk_1", page); err != nil {
		t.Fatal(err)
	}
	found, err := store.Find(ctx, "mk_1", mirror.Filter{}, mirror.ByDate, false, 0)
	if err != nil {
		t.Fatal(err)
	}
	last, err := store.At(ctx, found.Rows[len(found.Rows)-1])
	if err != nil {
		t.Fatal(err)
	}
	s := transactionsSheet(store, "", "mk_1", found.Rows)
	var got []moneykit.TransactionID
	for row, err := range s.rows(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			gone := mirror.Page{Seq: 2, Before: "c1", After: "c2"}
			for _, t := range last {
				gone.Removed = append(gone.Removed, t.ID)
			}
			if _, err := store.Apply(ctx, "mk_1", gone); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, row.(exportedTransaction).ID)
	}
	if len(got) != s.count-1 || s.count != 3*exportPage {
		t.Errorf("%d rows of %d", len(got), s.count)
	}
	if !reflect.DeepEqual(got[:2], []moneykit.TransactionID{"ta0", "ta1014"}) {
		t.Errorf("the order is lost: %v", got[:2])
	}
}
