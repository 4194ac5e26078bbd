// Command till is a terminal explorer for MoneyKit.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/fang/v2"
	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/sandbox/serve"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/record"
	"till/ui/sshserve"
	"till/ui/suspend"
	"till/ui/termsafe"
	"till/views"
	"till/views/assembly"
)

// version is set when a release is built.
var version = "dev"

// framesPerSecond halves the wait between a key and its frame against the
// default of 60.
const framesPerSecond = 120

// longestFinish is how long leaving waits for files that are being exported.
const longestFinish = 3 * time.Second

// What background polling may be told to take.
const (
	fastestPoll  = 1000 // requests a second
	mostInFlight = 64
)

// usageError is wrong usage: exit code 2.
type usageError struct{ error }

// gcPercent lets the heap grow to 16 MB before it is first collected: with the
// default of 4 MB that would fall into the start and delay the first frame. Once the
// start is over it is Go's own again, since a hundred thousand links are much to
// hold four times.
const (
	gcPercent = 400
	usualGC   = 100
	startTime = 5 * time.Second
)

func main() {
	debug.SetGCPercent(gcPercent)
	time.AfterFunc(startTime, func() { debug.SetGCPercent(usualGC) })
	err := fang.Execute(context.Background(), command(), fang.WithVersion(version),
		fang.WithoutCompletions(), fang.WithoutManpage(), fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, err error) { leave(err) }))
	leave(err)
}

// leave ends the program after an error, told in one line. fang would first ask
// the terminal for its colours, and wait for seconds where none answers, so
// errors do not go through it.
func leave(err error) {
	if err == nil {
		return
	}
	_, _ = fmt.Fprintln(os.Stderr, "till: "+termsafe.Line(err.Error()))
	var usage usageError
	if errors.As(err, &usage) {
		os.Exit(2)
	}
	os.Exit(1)
}

// flags are what the command line asks for.
type flags struct {
	sandbox   bool
	profile   string
	readOnly  bool
	sensitive bool
	poll      float64
	inFlight  int
	private   bool
	tour      bool
	record    string
	given     func(flag string) bool // nil for a command that does not poll
}

func (f flags) check() error {
	if f.sandbox && f.profile != "" {
		return usageError{errors.New("--sandbox and --profile exclude each other; leave one out")}
	}
	if f.given == nil {
		return nil
	}
	if !(f.poll >= 0 && f.poll <= fastestPoll) {
		return usageError{fmt.Errorf("--poll takes 0 to %d requests a second", fastestPoll)}
	}
	if f.record == "" && f.given("record") {
		return usageError{errors.New("--record takes a file to write, such as demo.cast")}
	}
	if f.inFlight < 1 || f.inFlight > mostInFlight {
		return usageError{fmt.Errorf("--poll-in-flight takes 1 to %d requests", mostInFlight)}
	}
	return nil
}

func command() *cobra.Command {
	var f flags
	root := &cobra.Command{
		Use:   "till",
		Short: "See every MoneyKit link and its state, and act on it",
		Long: "till is a terminal explorer for MoneyKit: every bank link and its state, down to accounts, " +
			"balances and what changed in the transactions, with refresh, relink and disconnect on the spot.",
		Example: "till --sandbox\ntill --profile acme\ntill link mk_eqkWN34UEoa2NpQ\ntill link new",
		Args:    cobra.ArbitraryArgs,
		Run: func(c *cobra.Command, args []string) {
			leave(noArguments(args))
			f.sandbox = f.sandbox || f.tour && f.profile == ""
			leave(explore(c.Context(), f, ""))
		},
	}
	root.TraverseChildren = true // till --sandbox link ID is till link --sandbox ID
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		leave(usageError{fmt.Errorf("%w; till --help tells what there is", err)})
		return err
	})
	link := &cobra.Command{
		Use:   "link ID",
		Short: "Open one link by its id; new connects a bank, relink mends a link",
		Args:  cobra.ArbitraryArgs,
		Run: func(c *cobra.Command, args []string) {
			id, err := oneLink("till link", args)
			leave(err)
			leave(explore(c.Context(), f, id))
		},
	}
	f.given = func(flag string) bool { return root.Flags().Changed(flag) || link.Flags().Changed(flag) }
	root.Flags().BoolVar(&f.tour, "tour", false, "begin with a short tour, of the embedded Sandbox unless a profile is given")
	for _, c := range []*cobra.Command{root, link} {
		c.Flags().BoolVar(&f.private, "privacy", false, "begin with privacy on: names, ids, numbers and amounts are masked")
		c.Flags().Float64Var(&f.poll, "poll", watch.DefaultRate, "requests a second for background polling; 0 reads only what is asked for")
		c.Flags().IntVar(&f.inFlight, "poll-in-flight", watch.DefaultInFlight, "requests of background polling under way at once")
		c.Flags().StringVar(&f.record, "record", "", "new file to record what is on screen in, as asciinema replays it")
	}
	link.AddCommand(connectCommands(&f)...)
	for _, c := range append([]*cobra.Command{root, link}, link.Commands()...) {
		c.Flags().BoolVar(&f.sandbox, "sandbox", f.sandbox, "explore the embedded Sandbox")
		c.Flags().StringVar(&f.profile, "profile", f.profile, "open this profile instead of the one last chosen")
		c.Flags().BoolVar(&f.readOnly, "read-only", f.readOnly, "remove every action that changes something at MoneyKit")
		c.Flags().BoolVar(&f.sensitive, "mirror-sensitive", f.sensitive, "keep account numbers and identity in the mirror too")
	}
	root.AddCommand(link, sandboxCommand(), mirrorCommand(), exportCommand(&f), webhooksCommand(&f), sshCommand())
	return root
}

// mirrorCommand is about what till keeps of a profile on this computer.
func mirrorCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "mirror", Short: "Tell of the mirror that is kept of a profile, build it anew, or remove it", Args: cobra.ArbitraryArgs,
		Run: func(*cobra.Command, []string) {
			leave(usageError{errors.New("till mirror has to be told what to do; there is status, rebuild and forget")})
		},
	}
	var f flags
	in := views.MirrorCommand{}
	for _, sub := range []struct {
		use, short string
		do         func(context.Context, *views.App) error
	}{
		{"status", "Tell where the mirror is and what it holds, and check it", func(ctx context.Context, app *views.App) error { return in.Status(ctx, app, os.Stdout) }},
		{"rebuild", "Build the mirror anew from MoneyKit", func(ctx context.Context, app *views.App) error { return in.Rebuild(ctx, app, os.Stderr) }},
		{"forget", "Remove the mirror and its key", func(ctx context.Context, app *views.App) error { return in.Forget(ctx, app, os.Stdout) }},
	} {
		command := &cobra.Command{Use: sub.use, Short: sub.short, Args: cobra.ArbitraryArgs, Run: func(c *cobra.Command, args []string) {
			leave(noArguments(args))
			in.Profile = f.profile
			leave(inProfile(c.Context(), f, sub.do))
		}}
		command.Flags().StringVar(&f.profile, "profile", "", "of this profile instead of the one last chosen")
		if sub.use != "status" {
			command.Flags().BoolVar(&in.Yes, "yes", false, "throw away the history of syncs")
		}
		parent.AddCommand(command)
	}
	return parent
}

// exportCommand writes what the mirror holds for other programs.
func exportCommand(f *flags) *cobra.Command {
	in := views.ExportCommand{}
	command := &cobra.Command{
		Use: "export links|accounts|transactions|changes [LINK...]", Args: cobra.ArbitraryArgs,
		Short: "Write links, accounts, transactions or changes as CSV or JSON lines",
		Long: "till export brings the mirror up to date and writes what it holds of these links, or of all, to standard output or into a file " +
			"that only you can read. JSON lines have MoneyKit's own JSON. Progress goes to standard error.",
		Example: "till export transactions --from 2026-01-01 --output transactions.csv\ntill export changes mk_eqkWN34UEoa2NpQ --format jsonl --offline\n" +
			"till export accounts --sandbox",
		Run: func(c *cobra.Command, args []string) {
			if len(args) == 0 {
				leave(usageError{errors.New("till export has to be told what to write: links, accounts, transactions or changes")})
			}
			leave(f.check())
			in.Sandbox, in.Profile, in.What, in.Links = f.sandbox, f.profile, args[0], args[1:]
			in.Terminal = term.IsTerminal(os.Stdout.Fd())
			if err := in.Validate(); err != nil {
				leave(usageError{err})
			}
			leave(inProfile(c.Context(), *f, func(ctx context.Context, app *views.App) error { return in.Run(ctx, app, os.Stdout, os.Stderr) }))
		},
	}
	flags := command.Flags()
	flags.BoolVar(&f.sandbox, "sandbox", f.sandbox, "export the embedded Sandbox")
	flags.StringVar(&f.profile, "profile", f.profile, "of this profile instead of the one last chosen")
	in.Flags(flags)
	return command
}

// webhooksCommand receives MoneyKit's webhooks.
func webhooksCommand(f *flags) *cobra.Command {
	parent := &cobra.Command{
		Use: "webhooks", Short: "Receive MoneyKit's webhooks and verify them", Args: cobra.ArbitraryArgs,
		Run: func(*cobra.Command, []string) {
			leave(usageError{errors.New("till webhooks has to be told what to do; till webhooks listen receives them")})
		},
	}
	in := views.WebhooksCommand{}
	command := &cobra.Command{
		Use: "listen", Short: "Receive webhooks on this computer until interrupted", Args: cobra.ArbitraryArgs,
		Long: "till webhooks listen receives webhooks on 127.0.0.1, tells which checks each one passed, and reads its link from MoneyKit. " +
			"MoneyKit itself reaches that address only through a tunnel of yours.",
		Example: "till webhooks listen --sandbox --test link.state_changed\n" +
			"till webhooks listen --port 8090 --public https://hooks.example.com --link mk_eqkWN34UEoa2NpQ",
		Run: func(c *cobra.Command, args []string) {
			leave(noArguments(args))
			leave(f.check())
			in.Sandbox, in.Profile = f.sandbox, f.profile
			if err := in.Validate(f.readOnly); err != nil {
				leave(usageError{err})
			}
			leave(inProfile(c.Context(), *f, func(ctx context.Context, app *views.App) error { return in.Run(ctx, app, os.Stdout, os.Stderr) }))
		},
	}
	flags := command.Flags()
	flags.BoolVar(&f.sandbox, "sandbox", f.sandbox, "from the embedded Sandbox, which sends them by itself")
	flags.StringVar(&f.profile, "profile", f.profile, "of this profile instead of the one last chosen")
	flags.BoolVar(&f.readOnly, "read-only", f.readOnly, "change no link's webhook")
	in.Flags(flags)
	parent.AddCommand(command)
	return parent
}

// inProfile does something without a terminal, until it is done or interrupted.
func inProfile(ctx context.Context, f flags, do func(context.Context, *views.App) error) error {
	local := f.local()
	defer local.Close()
	app := local.App(false)
	if f.profile != "" {
		if err := views.CheckProfile(app, f.profile); err != nil {
			return usageError{err}
		}
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal does not wait
	err := do(ctx, app)
	if errors.Is(err, views.ErrKeepsHistory) {
		return usageError{err}
	}
	return err
}

// connectCommands go through Connect in a browser, for a new link or a relink.
func connectCommands(f *flags) []*cobra.Command {
	in := views.ConnectCommand{New: views.DefaultNewLink()}
	run := func(c *cobra.Command) {
		leave(connectBank(c.Context(), *f, in))
	}
	added := &cobra.Command{
		Use: "new", Short: "Connect a bank, and print the new link's id",
		Long: "till link new opens a link session and Connect in a browser, follows what happens there, exchanges the token, " +
			"and waits until the link is connected. Progress goes to standard error, the link's id to standard output.",
		Example: "till link new\ntill link new --institution chase --products transactions,identity --tag vip\ntill link new --json --no-browser",
		Args:    cobra.ArbitraryArgs,
		Run: func(c *cobra.Command, args []string) {
			leave(noArguments(args))
			if err := in.New.Validate(); err != nil {
				leave(usageError{err})
			}
			run(c)
		},
	}
	in.New.Flags(added.Flags())
	relink := &cobra.Command{
		Use: "relink ID", Short: "Let a link's customer log in at the bank again", Args: cobra.ArbitraryArgs,
		Example: "till link relink mk_eqkWN34UEoa2NpQ",
		Run: func(c *cobra.Command, args []string) {
			id, err := oneLink("till link relink", args)
			leave(err)
			in.Link = id
			run(c)
		},
	}
	for _, c := range []*cobra.Command{added, relink} {
		in.Flags(c.Flags())
	}
	return []*cobra.Command{added, relink}
}

func connectBank(ctx context.Context, f flags, in views.ConnectCommand) error {
	if f.readOnly {
		return usageError{errors.New("--read-only forbids what this does; leave it out")}
	}
	if err := f.check(); err != nil {
		return err
	}
	in.Sandbox, in.Profile = f.sandbox, f.profile
	return inProfile(ctx, f, func(ctx context.Context, app *views.App) error { return in.Run(ctx, app, os.Stdout, os.Stderr) })
}

// sandboxCommand is the embedded Sandbox as a server.
func sandboxCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "sandbox", Short: "Serve the Sandbox to other programs", Args: cobra.ArbitraryArgs,
		Run: func(*cobra.Command, []string) {
			leave(usageError{errors.New("till sandbox has to be told what to do; till sandbox serve serves it")})
		},
	}
	var config serve.Config
	var pending string
	command := &cobra.Command{
		Use:   "serve",
		Short: "Answer as MoneyKit's API does, offline",
		Long: "till sandbox serve answers as MoneyKit's API does, with invented banks, links and transactions, to any client in any language. " +
			"Its clock can be moved, its links broken and its answers spoiled under /sandbox/.",
		Example: "till sandbox serve\ntill sandbox serve --addr 127.0.0.1:0 --json\ntill sandbox serve --state world.till --client shop:secret:links:read,accounts:read",
		Args:    cobra.ArbitraryArgs,
		Run: func(c *cobra.Command, args []string) {
			leave(noArguments(args))
			config.Given = c.Flags().Changed
			config.Controls = config.Controls && (config.Given("controls") || sandbox.IsLoopback(config.Address))
			leave(serveSandbox(c.Context(), config, pending))
		},
	}
	config.Flags(command.Flags())
	command.Flags().StringVar(&pending, "pending", serve.Update, "what becomes of pending transactions: update, or replace")
	parent.AddCommand(command)
	return parent
}

func serveSandbox(ctx context.Context, config serve.Config, pending string) error {
	if pending != serve.Update && pending != serve.Replace {
		return usageError{fmt.Errorf("--pending takes %s or %s, not %q", serve.Update, serve.Replace, pending)}
	}
	config.Shape.PendingReplaced = pending == serve.Replace
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal does not wait
	err := serve.Run(ctx, config, os.Stdout, os.Stderr)
	if usage := (serve.UsageError{}); errors.As(err, &usage) {
		return usageError{err}
	}
	return err
}

// sshCommand serves the explorer to guests.
func sshCommand() *cobra.Command {
	config := sshserve.Config{
		Address: "127.0.0.1:2222", HostKey: filepath.Join(xdg.DataHome, "till", "ssh_host_ed25519_key"), Limits: sshserve.DefaultLimits(),
	}
	var in guests
	command := &cobra.Command{
		Use: "ssh", Short: "Serve the explorer to guests who come by SSH", Args: cobra.ArbitraryArgs,
		Long: "till ssh lets guests explore over SSH, each in a Sandbox of their own that is gone when they leave. They come near nothing of this " +
			"computer. With --profile they look at a real profile instead, with privacy on.",
		Example: "till ssh\ntill ssh --addr :2222 --anonymous\ntill ssh --profile acme --read-only --authorized-keys ~/.ssh/authorized_keys",
		Run: func(c *cobra.Command, args []string) {
			if len(args) > 0 {
				leave(usageError{fmt.Errorf("till ssh serves guests and takes no %q; they come with ssh -p PORT HOST", args[0])})
			}
			in.given = c.Flags().Changed
			leave(in.check(config))
			leave(serveSSH(c.Context(), config, in))
		},
	}
	config.Flags(command.Flags())
	in.flags(command.Flags())
	return command
}

// guests is what guests get to see.
type guests struct {
	seed     uint64
	tour     bool
	profile  string
	readOnly bool
	private  bool
	given    func(flag string) bool
}

func (g *guests) flags(f *pflag.FlagSet) {
	f.Uint64Var(&g.seed, "seed", 0, "the same Sandbox for every guest, instead of one that nobody has seen")
	f.BoolVar(&g.tour, "tour", true, "begin with a tour")
	f.StringVar(&g.profile, "profile", "", "show this profile instead of Sandboxes, to authorized keys and with --read-only")
	f.BoolVar(&g.readOnly, "read-only", false, "remove every action that changes something at MoneyKit")
	f.BoolVar(&g.private, "privacy", true, "mask names, ids, numbers and amounts of a profile")
}

func (g *guests) check(config sshserve.Config) error {
	switch {
	case g.profile == "" && g.given("profile"):
		return usageError{errors.New("--profile takes the name of a profile")}
	case g.profile == "" && g.given("privacy"):
		return usageError{errors.New("--privacy is for a --profile; in a Sandbox guests turn privacy on and off with P")}
	case g.profile == "":
		return nil
	case !g.readOnly:
		return usageError{errors.New("--profile shows guests real links, which they must not change; add --read-only")}
	case config.AuthorizedKeys == "":
		return usageError{errors.New("--profile shows guests real links, which not everybody may see; name who may with --authorized-keys FILE")}
	case g.given("seed"):
		return usageError{errors.New("--seed is for Sandboxes and --profile for a real profile; leave one out")}
	}
	return nil
}

func serveSSH(ctx context.Context, config sshserve.Config, in guests) error {
	debug.SetGCPercent(usualGC)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal does not wait
	config.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	slog.SetDefault(config.Log)
	first := in.sandbox
	if in.profile != "" {
		served, err := assembly.Serve(ctx, version, in.profile, in.private)
		if usage := (assembly.UsageError{}); errors.As(err, &usage) {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		first = served.First
	}
	config.Start = func(ctx context.Context, _ sshserve.Guest) (sshserve.Program, error) {
		shell := ui.NewShell(ctx, first())
		shell.Remote()
		shell.Offer(views.Tour())
		if in.tour {
			shell.Guide(views.Tour())
		}
		return sshserve.Program{Model: shell}, nil
	}
	err := sshserve.Run(ctx, config, os.Stdout)
	if usage := (sshserve.UsageError{}); errors.As(err, &usage) {
		return usageError{err}
	}
	return err
}

// sandbox is what a guest without a profile begins with.
func (g *guests) sandbox() ui.Screen {
	seed := g.seed
	if !g.given("seed") {
		seed = rand.Uint64()
	}
	return views.First(assembly.Guest(version, seed, g.readOnly), true, "", "")
}

func noArguments(args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("till knows no command %q; till --help tells what there is", args[0])}
	}
	return nil
}

func oneLink(command string, args []string) (moneykit.LinkID, error) {
	if len(args) != 1 {
		return "", usageError{fmt.Errorf("%[1]s takes one link id, such as %[1]s mk_eqkWN34UEoa2NpQ", command)}
	}
	if err := views.ValidLinkID(args[0]); err != nil {
		return "", usageError{err}
	}
	return moneykit.LinkID(args[0]), nil
}

// explore runs the terminal program until its user leaves.
func explore(ctx context.Context, f flags, link moneykit.LinkID) error {
	if err := f.check(); err != nil {
		return err
	}
	if !term.IsTerminal(os.Stdout.Fd()) || !term.IsTerminal(os.Stdin.Fd()) {
		return usageError{errors.New("till draws on a terminal, and its input or output is not one; run it without a pipe or redirection")}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	local := f.local()
	defer local.Close()
	app := local.App(f.private)
	if f.sandbox {
		go func() { _, _ = app.Sandbox() }() // while the terminal is made ready; whoever asks first waits
	}
	if f.profile != "" {
		if err := views.CheckProfile(app, f.profile); err != nil {
			return usageError{err}
		}
	}
	shell := ui.NewShell(ctx, views.First(app, f.sandbox, f.profile, link))
	shell.Offer(views.Tour())
	if f.tour {
		shell.Guide(views.Tour())
	}
	// Signals are Bubble Tea's: it puts the terminal in order before it leaves.
	err := recorded(f.record, func(output term.File) error {
		program := tea.NewProgram(shell, tea.WithFPS(framesPerSecond), tea.WithOutput(output))
		suspend.Allow(ctx, shell, program)
		_, err := program.Run()
		if errors.Is(err, tea.ErrInterrupted) {
			return nil
		}
		return err
	})
	cancel()
	local.Finish(longestFinish)
	return err
}

// recorded records what is drawn on the terminal, when there is a file for it.
func recorded(file string, draw func(output term.File) error) error {
	if file == "" {
		return draw(os.Stdout)
	}
	recorder, err := record.Create(file, "till")
	if err != nil {
		return err
	}
	drawn := draw(recorder.Output(os.Stdout))
	if err := recorder.Close(); err != nil {
		return errors.Join(drawn, err)
	}
	_, _ = fmt.Fprintf(os.Stderr, "recorded %s, %.0f s: asciinema play %[1]s\n", termsafe.Line(file), recorder.Length().Seconds())
	return drawn
}

// local is this computer, as the flags want it.
func (f flags) local() *assembly.Local {
	config := assembly.Config{Version: version, ReadOnly: f.readOnly, Sensitive: f.sensitive}
	if f.given != nil {
		config.PollInFlight = f.inFlight
		if f.given("poll") {
			config.Poll = &f.poll
		}
	}
	return assembly.NewLocal(config)
}
