package views

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
)

// command is till export with what is behind it.
type command struct {
	ExportCommand
	app      *App
	wire     *wire
	sandbox  *sandbox.Sandbox
	progress bytes.Buffer
}

// exporting runs test with a command that exports to the standard output from a
// profile, whose mirror is in dir.
func exporting(t *testing.T, what string, test func(*testing.T, *command)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New()
		c := &command{
			ExportCommand: ExportCommand{What: what, Format: "csv", Output: StandardOutput},
			wire:          &wire{sandbox: s.Transport()}, sandbox: s,
		}
		c.app = testApp(t, c.wire, s, nil)
		c.app.Mirror = func(ctx context.Context, p keystore.Profile) (KeptMirror, error) {
			return OpenMirror(ctx, keyed(1), dir, p)
		}
		c.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			return shop, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		test(t, c)
	})
}

// run returns what the command wrote to the standard output, and its error.
func (c *command) run(t *testing.T) (string, error) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c.progress.Reset()
	err := c.Run(t.Context(), c.app, &out, &c.progress)
	return out.String(), err
}

func (c *command) records(t *testing.T) [][]string {
	t.Helper()
	out, err := c.run(t)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// different counts the different values in a column.
func different(values []string) map[string]int {
	seen := map[string]int{}
	for _, v := range values {
		seen[v]++
	}
	return seen
}

func TestExportCommand(t *testing.T) {
	t.Parallel()
	for what, least := range map[string]int{"links": 8, "accounts": 20, "transactions": 3000, "changes": 3000} {
		exporting(t, what, func(t *testing.T, c *command) {
			records := c.records(t)
			if links := different(column(records, "link_id")); records[0][0] != "link_id" || len(links) < 5 {
				t.Errorf("%s: of the links %v", what, links)
			}
			if len(records) <= least || !strings.Contains(c.progress.String(), plural(len(records)-1, strings.TrimSuffix(what, "s"))+" written\n") {
				t.Errorf("%d %s, of which was told:\n%s", len(records)-1, what, c.progress.String())
			}
			asked := len(c.wire.seen)
			c.Offline = true
			if again := c.records(t); len(again) != len(records) || len(c.wire.seen) != asked {
				t.Errorf("%s: %d of %d without MoneyKit, with %d requests", what, len(again), len(records), len(c.wire.seen)-asked)
			}
			c.Format = "jsonl"
			out, err := c.run(t)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if len(lines) != len(records)-1 || !json.Valid([]byte(lines[0])) {
				t.Errorf("%s: %d lines of JSON for %d rows, the first %s", what, len(lines), len(records)-1, lines[0])
			}
		})
	}
}

func TestExportCommandNarrowsDown(t *testing.T) {
	t.Parallel()
	exporting(t, "transactions", func(t *testing.T, c *command) {
		c.Links = []string{c.sandbox.LinkIDs()[0], c.sandbox.LinkIDs()[0]}
		all := c.records(t)
		if links := different(column(all, "link_id")); len(links) != 1 || links[c.Links[0]] != len(all)-1 {
			t.Errorf("of the links %v", links)
		}
		if ids := different(column(all, "transaction_id")); len(ids) != len(all)-1 {
			t.Errorf("%d rows of %d transactions", len(all)-1, len(ids))
		}
		c.Offline = true
		accounts := column(all, "account_id")
		dates := column(all, "date")
		for name, narrow := range map[string]struct {
			with   func(*ExportCommand)
			column string
			wanted func(string) bool
		}{
			"account": {func(e *ExportCommand) { e.Account = accounts[0] }, "account_id", func(s string) bool { return s == accounts[0] }},
			"from":    {func(e *ExportCommand) { e.From = dates[20] }, "date", func(s string) bool { return s >= dates[20] }},
			"to":      {func(e *ExportCommand) { e.To = dates[20] }, "date", func(s string) bool { return s <= dates[20] }},
			"pending": {func(e *ExportCommand) { e.Pending = true }, "status", func(s string) bool { return s == "pending" }},
			"posted":  {func(e *ExportCommand) { e.Posted = true }, "status", func(s string) bool { return s == "posted" }},
			"search": {func(e *ExportCommand) { e.Search = "co-op" }, "raw_description", func(s string) bool {
				return strings.Contains(strings.ToLower(s), "co-op")
			}},
		} {
			narrowed := *c
			narrow.with(&narrowed.ExportCommand)
			want := 0
			for _, value := range column(all, narrow.column) {
				if narrow.wanted(value) {
					want++
				}
			}
			got := column(narrowed.records(t), narrow.column)
			for _, value := range got {
				if !narrow.wanted(value) {
					t.Errorf("--%s lets %q through", name, value)
				}
			}
			if len(got) != want || want == 0 || want == len(all)-1 {
				t.Errorf("--%s: %d rows, want %d of %d", name, len(got), want, len(all)-1)
			}
		}
	})
}

func TestExportOfChangesNarrowsDown(t *testing.T) {
	t.Parallel()
	exporting(t, "changes", func(t *testing.T, c *command) {
		c.Links = c.sandbox.LinkIDs()[:1]
		all := c.records(t)
		c.Offline = true
		day, account := column(all, "synced_at")[0][:10], column(all, "account_id")[0]
		for _, when := range []struct {
			from, to string
			rows     int
		}{{day, day, len(all)}, {"2100-01-01", "", 1}, {"", "1999-01-01", 1}} {
			c.From, c.To = when.from, when.to
			if got := c.records(t); len(got) != when.rows {
				t.Errorf("%+v: %d rows", when, len(got))
			}
		}
		c.From, c.To, c.Account = "", "", account
		if got := different(column(c.records(t), "account_id")); len(got) != 1 || got[account] == 0 || got[account] == len(all)-1 {
			t.Errorf("of the accounts %v", got)
		}
	})
}

func TestExportIntoAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	exporting(t, "accounts", func(t *testing.T, c *command) {
		c.Output = "accounts.csv"
		if out, err := c.run(t); err != nil || out != "" || !strings.Contains(c.progress.String(), "written to ./accounts.csv\n") {
			t.Errorf("%q, %v, told %s", out, err, c.progress.String())
		}
		before, asked := exported(t, "accounts.csv"), len(c.wire.seen)
		if _, err := c.run(t); err == nil || err.Error() != "accounts.csv is there already; --force replaces it" || len(c.wire.seen) != asked {
			t.Errorf("got %v after %d requests", err, len(c.wire.seen)-asked)
		}
		c.Force, c.Account = true, before[1][1]
		if _, err := c.run(t); err != nil || len(exported(t, "accounts.csv")) != 2 {
			t.Errorf("not replaced: %v", err)
		}
		asked = len(c.wire.seen)
		c.Output = "nowhere/accounts.csv"
		if _, err := c.run(t); err == nil || err.Error() != "the folder nowhere cannot be written: no such file or directory." || len(c.wire.seen) != asked {
			t.Errorf("got %v after %d requests", err, len(c.wire.seen)-asked)
		}
		entries, err := os.ReadDir(".")
		if err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

func TestNothingReplacesNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("before.csv", []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	exporting(t, "transactions", func(t *testing.T, c *command) {
		refused := func(want string) {
			t.Helper()
			for _, output := range []string{"before.csv", StandardOutput} {
				c.Output, c.Force = output, true
				if out, err := c.run(t); err == nil || err.Error() != want || out != "" {
					t.Errorf("got %q, %v, want %q", out, err, want)
				}
			}
			if text, err := os.ReadFile("before.csv"); err != nil || string(text) != "before" {
				t.Errorf("%q, %v", text, err)
			}
		}
		c.Links = c.sandbox.LinkIDs()[:1]
		c.wire.breaks(http.MethodGet, "", unplugged)
		refused("1 link could not be read, and the mirror has nothing of that: nothing is written.")
		c.wire.mends()
		c.Account = "acc_typo"
		refused("there is no account acc_typo: nothing is written.")
	})
}

// An account that has no such rows is no mistake.
func TestNothingOfAnAccount(t *testing.T) {
	t.Parallel()
	exporting(t, "accounts", func(t *testing.T, c *command) {
		c.Links = c.sandbox.LinkIDs()[:1]
		account := column(c.records(t), "account_id")[0]
		c.What, c.Account, c.From = "transactions", account, "2100-01-01"
		if got := c.records(t); len(got) != 1 {
			t.Errorf("%d rows", len(got))
		}
	})
}

// An interrupt in the middle leaves nothing, and what was there before.
func TestAnInterruptedExport(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("before.csv", []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	exporting(t, "transactions", func(t *testing.T, c *command) {
		for output, want := range map[string]string{
			"new.csv": "interrupted; no file was written", "before.csv": "interrupted; no file was written", "-": "interrupted before the end of the export",
		} {
			ctx, interrupt := context.WithCancel(t.Context())
			c.wire.breaks(http.MethodGet, "/accounts", func(*http.Request) (*http.Response, error) {
				interrupt()
				return nil, context.Canceled
			})
			c.Output, c.Force = output, true
			if err := c.Run(ctx, c.app, io.Discard, io.Discard); err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
		}
		holds(t, ".", "before.csv", "before")
	})
}

func TestExportWhenMoneyKitIsDown(t *testing.T) {
	t.Parallel()
	exporting(t, "accounts", func(t *testing.T, c *command) {
		before := c.records(t)
		c.wire.breaks(http.MethodGet, "/"+c.sandbox.LinkIDs()[0]+"/accounts", status(503, `{}`))
		out, err := c.run(t)
		if err == nil || err.Error() != "1 link not brought up to date; what was kept of them is written" {
			t.Errorf("got %v", err)
		}
		if n := strings.Count(out, "\r\n"); n != len(before) || !strings.Contains(c.progress.String(), c.sandbox.LinkIDs()[0]+": MoneyKit failed with status 503") {
			t.Errorf("%d rows of %d, told\n%s", n, len(before), c.progress.String())
		}
		c.wire.fault = unplugged
		if out, err := c.run(t); out != "" || err == nil || !strings.Contains(err.Error(), "cannot be reached") || !strings.Contains(err.Error(), "--offline exports what the mirror has") {
			t.Errorf("%q, %v", out, err)
		}
		c.Offline = true
		if got := c.records(t); len(got) != len(before) {
			t.Errorf("%d rows of %d", len(got), len(before))
		}
	})
}

func TestExportOfALinkThatNobodyKnows(t *testing.T) {
	t.Parallel()
	exporting(t, "links", func(t *testing.T, c *command) {
		c.Links = []string{"mk_unknown"}
		if out, err := c.run(t); out != "" || err == nil || !strings.HasPrefix(err.Error(), "mk_unknown: MoneyKit knows no link with this id") {
			t.Errorf("%q, %v", out, err)
		}
		c.Offline = true
		if out, err := c.run(t); out != "" || err == nil || !strings.HasPrefix(err.Error(), "the mirror knows no link mk_unknown") {
			t.Errorf("%q, %v", out, err)
		}
	})
}

// What was never read is not told as nothing.
func TestExportOfWhatTheMirrorNeverHeld(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"accounts", "transactions", "changes"} {
		exporting(t, "links", func(t *testing.T, c *command) {
			_ = c.records(t)
			c.What, c.Offline = what, true
			if out, err := c.run(t); out != "" || err == nil || err.Error() != "the mirror holds no "+what+" yet; leave --offline out to read them" {
				t.Errorf("%q, %v", out, err)
			}
			c.Offline, c.Links = false, c.sandbox.LinkIDs()[:1]
			_ = c.records(t)
			c.Offline, c.Links = true, c.sandbox.LinkIDs()[:2]
			if records := c.records(t); len(records) < 2 || !strings.Contains(c.progress.String(), "of 1 link the mirror holds no "+what+" yet") {
				t.Errorf("%d rows, told %q", len(records), c.progress.String())
			}
		})
	}
}

// A bank's text goes into a file as it is, and to a terminal made safe.
func TestExportToATerminal(t *testing.T) {
	t.Parallel()
	exporting(t, "links", func(t *testing.T, c *command) {
		c.Links = c.sandbox.LinkIDs()[:1]
		c.wire.fault = func(r *http.Request) (*http.Response, error) {
			res, err := c.wire.sandbox.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(res.Body)
			body = bytes.ReplaceAll(body, []byte("Credentials Bank"), []byte(`\u001b[2J\u202e`))
			res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			return res, err
		}
		for _, format := range []string{"csv", "jsonl"} {
			c.Format, c.Terminal = format, false
			out, err := c.run(t)
			if truth := map[string]string{"csv": "\x1b[2J\u202e", "jsonl": `\u001b[2J\u202e`}[format]; err != nil || !strings.Contains(out, truth) {
				t.Errorf("a file gets %q, %v", out, err)
			}
			c.Terminal = true
			if out, err := c.run(t); err != nil || strings.ContainsAny(out, "\x1b\u202e") || !strings.Contains(out, "[2J") {
				t.Errorf("a terminal gets %q, %v", out, err)
			}
		}
	})
}

func TestExportWithoutAMirror(t *testing.T) {
	t.Parallel()
	exporting(t, "accounts", func(t *testing.T, c *command) {
		c.app.Mirror = func(context.Context, keystore.Profile) (KeptMirror, error) {
			return KeptMirror{}, &keystore.Error{Op: "read", Profile: "shop", Mirror: true, Reason: keystore.NoDaemon, Err: os.ErrNotExist}
		}
		if records := c.records(t); len(records) < 20 {
			t.Errorf("%d rows", len(records))
		}
		c.Offline = true
		if _, err := c.run(t); err == nil || !strings.HasPrefix(err.Error(), "there is no mirror: ") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWrongUsageOfExport(t *testing.T) {
	t.Parallel()
	right := ExportCommand{What: "transactions", Format: "csv", Output: "-"}
	if err := right.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*ExportCommand){
		`not "holdings"`:                              func(c *ExportCommand) { c.What = "holdings" },
		"--from says nothing about links":             func(c *ExportCommand) { c.What, c.From = "links", "2026-01-01" },
		"--account says nothing about links":          func(c *ExportCommand) { c.What, c.Account = "links", "acc_1" },
		"--search says nothing about accounts":        func(c *ExportCommand) { c.What, c.Search = "accounts", "x" },
		"--pending says nothing about changes":        func(c *ExportCommand) { c.What, c.Pending = "changes", true },
		"--posted says nothing about changes":         func(c *ExportCommand) { c.What, c.Posted = "changes", true },
		"--to says nothing about accounts":            func(c *ExportCommand) { c.What, c.To = "accounts", "2026-01-01" },
		"a link id is one word":                       func(c *ExportCommand) { c.Links = []string{"mk_1", "two words"} },
		`--from takes a day such as 2026-09-20`:       func(c *ExportCommand) { c.From = "yesterday" },
		`--to takes a day such as 2026-09-20, not "2`: func(c *ExportCommand) { c.To = "2026-02-30" },
		"--to is a day before --from":                 func(c *ExportCommand) { c.From, c.To = "2026-01-02", "2026-01-01" },
		"--pending and --posted exclude each other":   func(c *ExportCommand) { c.Pending, c.Posted = true, true },
		`--format takes csv or jsonl, not "xlsx"`:     func(c *ExportCommand) { c.Format = "xlsx" },
		"--output takes the name of a file":           func(c *ExportCommand) { c.Output = "" },
		"nothing is kept of the embedded Sandbox":     func(c *ExportCommand) { c.Offline, c.Sandbox = true, true },
	} {
		c := right
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
