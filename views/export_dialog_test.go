package views

import (
	"context"
	"encoding/csv"
	"iter"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/keystore"
	"till/moneykit"
)

// exported reads a CSV from the current folder.
func exported(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// column returns what is under a column of a CSV.
func column(records [][]string, name string) []string {
	var values []string
	for i, title := range records[0] {
		if title == name {
			for _, row := range records[1:] {
				values = append(values, row[i])
			}
		}
	}
	return values
}

// What is exported is what is shown: filtered, and in this order.
func TestExportOfTheLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.Press("/")
		w.Type("oauth")
		w.Press("enter", "s", "s", "s", "e")
		w.Sees("3 links will be written", "till-sandbox-links-20000101.csv", "only you will be able to read it")
		w.Press("enter", "enter")
		w.Sees("✓ 3 links written to ./till-sandbox-links-20000101.csv")
		records := exported(t, "till-sandbox-links-20000101.csv")
		ids := column(records, "link_id")
		if len(ids) != 3 || ids[0] >= ids[1] || ids[1] >= ids[2] {
			t.Errorf("the links are %v", ids)
		}
		if names := strings.Join(column(records, "institution_name"), " "); names != "OAuth Bank OAuth Bank OAuth Bank" {
			t.Error(names)
		}
		w.Press("S", "e", "enter", "enter", "y")
		w.Sees("3 links written")
		again := column(exported(t, "till-sandbox-links-20000101.csv"), "link_id")
		if again[0] != ids[2] || again[2] != ids[0] {
			t.Errorf("the reverse of %v is %v", ids, again)
		}
	})
}

func TestExportOfAccountsAndChanges(t *testing.T) {
	t.Chdir(t.TempDir())
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "2", "e")
		w.Sees("3 accounts will be written", "till-credentials-bank-accounts-20000101.csv")
		w.Press("enter", "enter")
		w.Sees("3 accounts written")
		if names := column(exported(t, "till-credentials-bank-accounts-20000101.csv"), "name"); strings.Join(names, ",") != "Checking,Savings,Credit Card" {
			t.Errorf("%v", names)
		}
		w.Press("d", "e", "down")
		w.Sees("till-credentials-bank-changes-20000101.jsonl")
		w.Press("enter", "enter")
		w.Sees("changes written to ./till-credentials-bank-changes-20000101.jsonl")
		text, err := os.ReadFile("till-credentials-bank-changes-20000101.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if w.Row("sync 1"); len(lines) < 100 || !strings.HasPrefix(lines[0], `{"link_id":"`+w.link(1)+`","sync":1,"at":"`) {
			t.Errorf("%d lines: %s", len(lines), lines[0])
		}
	})
}

func TestExportAsksBeforeItReplaces(t *testing.T) {
	t.Chdir(t.TempDir())
	const name = "till-sandbox-links-20000101.csv"
	if err := os.WriteFile(name, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	in(t, 80, 24, func(t *testing.T, w *world) {
		for _, no := range []string{"enter", "esc", "n"} {
			w.Press("e", "enter", "enter")
			w.Sees("Replace "+name+"?", "There is a file of this name already")
			w.Press(no)
			w.Misses("Replace", "written")
			if text, err := os.ReadFile(name); err != nil || string(text) != "before" {
				t.Fatalf("%s answered it: %q, %v", no, text, err)
			}
		}
		w.Press("e", "enter", "enter", "left", "enter")
		w.Sees("12 links written")
		if n := len(exported(t, name)); n != 13 {
			t.Errorf("%d lines", n)
		}
	})
}

func TestTheNameFollowsTheFormat(t *testing.T) {
	t.Chdir(t.TempDir())
	in(t, 80, 24, func(_ *testing.T, w *world) {
		w.Press("e", "down")
		w.Sees("> till-sandbox-links-20000101.jsonl")
		w.Press("enter")
		w.Type("x")
		w.Sees("20000101.jsonlx") // it goes on at the end
		w.Press("shift+tab", "up")
		w.Sees("20000101.jsonlx") // a name of one's own stays
		w.Press("enter", "backspace", "shift+tab", "down", "up")
		w.Sees("20000101.csv")
	})
}

func TestExportTellsWhyNot(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	in(t, 80, 24, func(t *testing.T, w *world) {
		name := func(to string) {
			w.Press("e", "enter")
			for range 40 {
				w.Press("backspace")
			}
			w.Type(to)
			w.Press("enter")
		}
		name("")
		w.Sees("type the name of a file")
		w.Press("esc")
		name("folder")
		w.Sees("There is a folder called folder.")
		w.Press("esc")
		name("nowhere/links.csv")
		w.Sees("✕ Nothing was exported. The folder nowhere cannot be written: no such file")
		if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

// Leaving waits for a file that is being written, which leaves nothing behind.
func TestLeavingWaitsForAnExport(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ takes, longest, waits time.Duration }{
		{time.Second, 3 * time.Second, time.Second},
		{time.Minute, 3 * time.Second, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			s := &session{app: &App{}, ctx: ctx}
			slow := sheet{thing: "row", rows: func(ctx context.Context) iter.Seq2[exportRow, error] {
				return func(yield func(exportRow, error) bool) {
					<-ctx.Done()
					time.Sleep(c.takes)
					yield(nil, ctx.Err())
				}
			}}
			go s.export(slow, formatCSV, "a.csv", false)()
			synctest.Wait()
			leave()
			began := time.Now()
			s.app.Finish(c.longest)
			if waited := time.Since(began); waited != c.waits {
				t.Errorf("waited for %v, want %v", waited, c.waits)
			}
			if c.takes < c.longest {
				holds(t, ".")
			}
			time.Sleep(c.takes) // the other one ends by itself
			synctest.Wait()
		})
		holds(t, ".")
	}
}

// An export belongs to the session: it goes on when its screen is left, counts as
// something in flight, and ends with the session.
func TestAnExportIsInFlight(t *testing.T) {
	t.Chdir(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		client, err := moneykit.New(moneykit.Credentials{ClientID: "id", ClientSecret: moneykit.NewSecret("secret")})
		if err != nil {
			t.Fatal(err)
		}
		links := newLinks(newSession(&App{}, keystore.Profile{Name: "acme"}, keystore.FromEnvironment, client, memory(t)), place{})
		ctx, leave := context.WithCancel(t.Context())
		links.ctx = ctx
		endless := sheet{thing: "row", rows: func(ctx context.Context) iter.Seq2[exportRow, error] {
			return func(yield func(exportRow, error) bool) {
				<-ctx.Done()
				yield(nil, ctx.Err())
			}
		}}
		told := make(chan any)
		go func() { told <- links.export(endless, formatCSV, "a.csv", false)() }()
		synctest.Wait()
		if s := links.Status(); s.Jobs != 1 || s.Job != "◌ writing 1 file" {
			t.Errorf("%+v", s)
		}
		leave()
		if msg := <-told; msg != nil {
			t.Errorf("an export that was given up tells %v", msg)
		}
		if s := links.Status(); s.Jobs != 0 || s.Job != "" {
			t.Errorf("%+v", s)
		}
		holds(t, ".")
	})
}
