package views

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// TestExportOfWhatIsFound writes what the filter leaves, in the order on screen.
func TestExportOfWhatIsFound(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.Press("enter", "3", "/")
		w.Type("co-op")
		w.Press("enter", "s", "s", "s", "e", "enter", "enter")
		w.Wait(2 * time.Second)
		files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		content, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		records, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil || len(records) < 3 {
			t.Fatal(len(records), err)
		}
		column := slices.Index(records[0], "amount")
		var last decimal.Decimal
		for i, record := range records[1:] {
			if !strings.Contains(strings.ToLower(strings.Join(record, " ")), "co-op") {
				t.Errorf("%q was not shown", record)
			}
			amount, err := decimal.NewFromString(record[column])
			if err != nil || i > 0 && amount.GreaterThan(last) {
				t.Errorf("%s follows %v", record[column], last)
			}
			last = amount
		}
	})
}
