package views

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/ui/termsafe"
)

// sheet is what a screen shows, on its way into a file.
type sheet struct {
	thing   string // what a row is, in the singular
	of      string // whose rows they are, for the file's name
	columns []string
	count   int // rows, as far as that is known before they are read
	// rows reads them a few at a time.
	rows func(context.Context) iter.Seq2[exportRow, error]
}

// exportRow is a row of a sheet.
type exportRow interface {
	// cells are the row in a CSV, one a column.
	cells() []sheetCell
	// object is the row in JSON lines: the truth, as MoneyKit told it.
	object() ([]byte, error)
}

// sheetCell is a value in a CSV.
type sheetCell struct {
	value string
	typed bool // a number, a moment or a truth value, and no text from outside
}

func textCell[T ~string](s T) sheetCell { return sheetCell{value: string(s)} }

// decimalCell keeps the decimals that came.
func decimalCell(d decimal.Decimal) sheetCell {
	return sheetCell{d.StringFixed(max(0, -d.Exponent())), true}
}

func balanceCell(d decimal.NullDecimal) sheetCell {
	if !d.Valid {
		return sheetCell{}
	}
	return decimalCell(d.Decimal)
}

func countCell(n int) sheetCell { return sheetCell{strconv.Itoa(n), true} }

func dateCell(d moneykit.Date) sheetCell { return sheetCell{d.String(), true} }

func timeCell(t time.Time) sheetCell {
	if t.IsZero() {
		return sheetCell{}
	}
	return sheetCell{t.UTC().Format(time.RFC3339), true}
}

func boolCell(b bool) sheetCell { return sheetCell{strconv.FormatBool(b), true} }

// exportFormat is how a sheet is written. It is the end of the file's name, too.
type exportFormat string

const (
	formatCSV   exportFormat = "csv"
	formatLines exportFormat = "jsonl"
)

// exportBuffer is how much is written at once, in bytes.
const exportBuffer = 64 << 10

// write writes all of a sheet and returns how many rows that were. On a terminal
// text from outside is made safe to draw; elsewhere it stays as it is.
func (s sheet) write(ctx context.Context, out io.Writer, as exportFormat, terminal bool) (int, error) {
	buffer := bufio.NewWriterSize(out, exportBuffer)
	put := lineRows(buffer, terminal)
	if as == formatCSV {
		put = csvRows(buffer, s.columns, terminal)
	}
	count := 0
	for row, err := range s.rows(ctx) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = put(row)
		}
		if err != nil {
			return count, err
		}
		count++
	}
	return count, buffer.Flush()
}

// csvRows begins a CSV as RFC 4180 has it, and returns what adds a row.
func csvRows(buffer *bufio.Writer, columns []string, terminal bool) func(exportRow) error {
	table := csv.NewWriter(buffer) // which takes the buffer for its own
	table.UseCRLF = true
	_ = table.Write(columns) // a buffer tells its errors later
	return func(row exportRow) error {
		cells := row.cells()
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.csv(terminal)
		}
		return table.Write(texts)
	}
}

// csv is the cell as a spreadsheet may have it. Line ends are made alike, since a
// CSV knows only one.
func (c sheetCell) csv(terminal bool) string {
	if c.typed {
		return c.value
	}
	text := strings.ToValidUTF8(c.value, "\uFFFD")
	if formula(text) {
		text = "'" + text
	}
	if terminal {
		return termsafe.Line(text)
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// formula reports whether a spreadsheet could take a text for a formula: by how it
// begins, or how it would if what does not show were left out.
func formula(text string) bool {
	if text == "" {
		return false
	}
	shown := strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) })
	first, _ := utf8.DecodeRuneInString(shown)
	return strings.ContainsRune("\t\r\n", rune(text[0])) || strings.ContainsRune("=+-@＝＋－＠", first)
}

// lineRows returns what adds a row as a line of JSON.
func lineRows(buffer *bufio.Writer, terminal bool) func(exportRow) error {
	var line bytes.Buffer
	return func(row exportRow) error {
		object, err := row.object()
		if err != nil {
			return err
		}
		line.Reset()
		if err := json.Compact(&line, bytes.ToValidUTF8(object, []byte("\uFFFD"))); err != nil {
			return err
		}
		text := line.String()
		if terminal {
			text = termsafe.JSON(text)[0]
		}
		_, err = buffer.WriteString(text + "\n")
		return err
	}
}
