package views

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/termsafe"
)

// StandardOutput is the ExportCommand.Output that is no file.
const StandardOutput = "-"

// ExportCommand writes what the mirror holds, from the command line.
type ExportCommand struct {
	Sandbox  bool   // the embedded one
	Profile  string // empty for the one last chosen
	What     string // links, accounts, transactions or changes
	Links    []string
	Format   string
	Output   string
	Terminal bool // the standard output is one
	Force    bool // replace a file that is there
	Offline  bool // do not ask MoneyKit

	Account, From, To, Search string
	Pending, Posted           bool
}

// exportFlags are the flags that narrow each of what can be exported.
var exportFlags = map[string][]string{
	"links":        nil,
	"accounts":     {"account"},
	"transactions": {"account", "from", "to", "pending", "posted", "search"},
	"changes":      {"account", "from", "to"},
}

// Flags are how the command line tells it.
func (c *ExportCommand) Flags(f *pflag.FlagSet) {
	f.StringVar(&c.Format, "format", "csv", "csv, or jsonl: an object a line")
	f.StringVar(&c.Output, "output", StandardOutput, "file to write; - is standard output")
	f.BoolVar(&c.Force, "force", false, "replace a file that is there")
	f.BoolVar(&c.Offline, "offline", false, "write what the mirror has, and do not ask MoneyKit")
	f.StringVar(&c.Account, "account", "", "of this account alone, by its id")
	f.StringVar(&c.From, "from", "", "transactions of this day and later, such as 2026-09-20; changes that were synced then")
	f.StringVar(&c.To, "to", "", "up to this day")
	f.BoolVar(&c.Pending, "pending", false, "pending transactions alone")
	f.BoolVar(&c.Posted, "posted", false, "posted transactions alone")
	f.StringVar(&c.Search, "search", "", "transactions with all of these words")
}

// Validate says what is wrong with how the command was used.
func (c ExportCommand) Validate() error {
	known, ok := exportFlags[c.What]
	if !ok {
		return fmt.Errorf("till export writes links, accounts, transactions or changes, not %q", c.What)
	}
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"account", c.Account != ""},
		{"from", c.From != ""},
		{"to", c.To != ""},
		{"search", c.Search != ""},
		{"pending", c.Pending},
		{"posted", c.Posted},
	} {
		if f.given && !slices.Contains(known, f.name) {
			return fmt.Errorf("--%s says nothing about %s; leave it out", f.name, c.What)
		}
	}
	for _, link := range c.Links {
		if err := ValidLinkID(link); err != nil {
			return err
		}
	}
	_, err := c.filter()
	switch {
	case err != nil:
		return err
	case c.Format != string(formatCSV) && c.Format != string(formatLines):
		return fmt.Errorf("--format takes csv or jsonl, not %q", c.Format)
	case c.Output == "":
		return errors.New("--output takes the name of a file, or - for the standard output")
	case c.Pending && c.Posted:
		return errors.New("--pending and --posted exclude each other; leave both out for all transactions")
	case c.Offline && c.Sandbox:
		return errors.New("nothing is kept of the embedded Sandbox; leave --offline out")
	}
	return nil
}

// filter picks transactions.
func (c ExportCommand) filter() (f mirror.Filter, err error) {
	f = mirror.Filter{Text: c.Search, Account: moneykit.AccountID(c.Account)}
	for _, day := range []struct {
		flag, text string
		into       *moneykit.Date
	}{{"--from", c.From, &f.From}, {"--to", c.To, &f.To}} {
		if day.text == "" {
			continue
		}
		if *day.into, err = moneykit.ParseDate(day.text); err != nil {
			return f, fmt.Errorf("%s takes a day such as 2026-09-20, not %q", day.flag, day.text)
		}
	}
	if c.From != "" && c.To != "" && f.To.Compare(f.From) < 0 {
		return f, errors.New("--to is a day before --from; nothing is between them")
	}
	switch {
	case c.Pending:
		f.Status = mirror.Pending
	case c.Posted:
		f.Status = mirror.Posted
	}
	return f, nil
}

// Run brings the mirror up to date and writes what is asked for. How that goes is
// told to progress.
func (c ExportCommand) Run(ctx context.Context, app *App, out, progress io.Writer) error {
	if c.Output != StandardOutput {
		err := takenPlace(c.Output)
		if err == nil || c.Force && errors.Is(err, errTaken) {
			err = writableFolder(c.Output)
		}
		if err != nil {
			return c.refused(err)
		}
	}
	s, err := c.open(ctx, app, progress)
	if err != nil {
		return err
	}
	defer func() { _ = s.mirror.Store().Close() }()
	u := updating{ExportCommand: c, session: s, progress: progress}
	links, err := u.links(ctx)
	if err == nil {
		err = u.update(ctx, links)
	}
	if err == nil && c.Offline {
		err = u.tellUnread(ctx, links)
	}
	if err != nil {
		return c.interrupted(ctx, err)
	}
	count, err := c.write(ctx, s.mirror.Store(), links, u.late, out)
	if err != nil {
		return c.interrupted(ctx, c.refused(err))
	}
	told := plural(count, strings.TrimSuffix(c.What, "s")) + " written"
	if c.Output != StandardOutput {
		told += " to " + shellPath(c.Output)
	}
	_, _ = fmt.Fprintln(progress, told)
	if u.late > 0 {
		return fmt.Errorf("%s not brought up to date; what was kept of them is written", plural(u.late, "link"))
	}
	return nil
}

func (c ExportCommand) open(ctx context.Context, app *App, progress io.Writer) (*session, error) {
	opener := openProfile(c.Profile)
	if c.Sandbox {
		opener = openSandbox()
	}
	s, err := opener.open(ctx, app)
	switch {
	case err != nil:
		return nil, errors.New(explain(err).line())
	case s == nil:
		return nil, errors.New("there is no profile yet; till offers to add one, and --sandbox needs none")
	case s.unkept != nil && c.Offline:
		_ = s.mirror.Store().Close()
		return nil, errors.New("there is no mirror: " + explain(s.unkept).line())
	}
	if s.aside != "" {
		_, _ = fmt.Fprintln(progress, "A damaged mirror was set aside: "+termsafe.Line(s.aside))
	}
	return s, nil
}

// refused is why there is no file.
func (c ExportCommand) refused(err error) error {
	if errors.Is(err, errTaken) {
		return fmt.Errorf("%s is there already; --force replaces it", c.Output)
	}
	return errors.New(explain(err).line())
}

// interrupted says what an export that was stopped has left.
func (c ExportCommand) interrupted(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil:
		return err
	case c.Output == StandardOutput:
		return errors.New("interrupted before the end of the export")
	}
	return errors.New("interrupted; no file was written")
}

// write writes the sheet to where it is wanted.
func (c ExportCommand) write(ctx context.Context, store *mirror.Store, links []moneykit.LinkID, late int, out io.Writer) (int, error) {
	what, err := c.sheet(store, links)
	if err != nil {
		return 0, err
	}
	what.rows = orElse(what.rows, func(ctx context.Context) error {
		if late > 0 {
			return fmt.Errorf("%s could not be read, and the mirror has nothing of that: nothing is written", plural(late, "link"))
		}
		return c.unknownAccount(ctx, store, links)
	})
	if c.Output == StandardOutput {
		return what.write(ctx, out, exportFormat(c.Format), c.Terminal)
	}
	return what.save(ctx, c.Output, c.Force, exportFormat(c.Format))
}

// chosen are the links that were named, each once.
func (c ExportCommand) chosen() []moneykit.LinkID {
	var ids []moneykit.LinkID
	for _, link := range c.Links {
		if id := moneykit.LinkID(strings.TrimSpace(link)); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// unknownAccount says that none of the links has the account that was named.
func (c ExportCommand) unknownAccount(ctx context.Context, store *mirror.Store, links []moneykit.LinkID) error {
	if c.Account == "" {
		return nil
	}
	for _, link := range links {
		called, err := readNames(ctx, store, link)
		if _, known := called[moneykit.AccountID(c.Account)]; known || err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no account %s: nothing is written", c.Account)
}
