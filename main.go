// Command till is a terminal explorer for MoneyKit.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/fang/v2"
	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/inspect"
	"till/moneykit/mirror"
	"till/moneykit/sandbox"
	"till/moneykit/sandbox/serve"
	"till/moneykit/watch"
	"till/moneykit/webhooks"
	"till/ui"
	"till/ui/suspend"
	"till/ui/termsafe"
	"till/views"
)

// version is set when a release is built.
var version = "dev"

// framesPerSecond halves the wait between a key and its frame against the
// default of 60.
const framesPerSecond = 120

// longestFinish is how long leaving waits for files that are being exported.
const longestFinish = 3 * time.Second

// sandboxConnections are opened to the embedded Sandbox.
const sandboxConnections = 2

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
	startTime = 5 * time.Second
)

func main() {
	usual := debug.SetGCPercent(gcPercent)
	time.AfterFunc(startTime, func() { debug.SetGCPercent(usual) })
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
	for _, c := range []*cobra.Command{root, link} {
		c.Flags().Float64Var(&f.poll, "poll", watch.DefaultRate, "requests a second for background polling; 0 reads only what is asked for")
		c.Flags().IntVar(&f.inFlight, "poll-in-flight", watch.DefaultInFlight, "requests of background polling under way at once")
	}
	link.AddCommand(connectCommands(&f)...)
	for _, c := range append([]*cobra.Command{root, link}, link.Commands()...) {
		c.Flags().BoolVar(&f.sandbox, "sandbox", f.sandbox, "explore the embedded Sandbox")
		c.Flags().StringVar(&f.profile, "profile", f.profile, "open this profile instead of the one last chosen")
		c.Flags().BoolVar(&f.readOnly, "read-only", f.readOnly, "remove every action that changes something at MoneyKit")
		c.Flags().BoolVar(&f.sensitive, "mirror-sensitive", f.sensitive, "keep account numbers and identity in the mirror too")
	}
	root.AddCommand(link, sandboxCommand(), mirrorCommand(), exportCommand(&f), webhooksCommand(&f))
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
	app, closeApp := newApp(f)
	defer closeApp()
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
	app, closeApp := newApp(f)
	defer closeApp()
	if f.sandbox {
		go func() { _, _ = app.Sandbox() }() // while the terminal is made ready; whoever asks first waits
	}
	if f.profile != "" {
		if err := views.CheckProfile(app, f.profile); err != nil {
			return usageError{err}
		}
	}
	shell := ui.NewShell(ctx, views.First(app, f.sandbox, f.profile, link))
	// Signals are Bubble Tea's: it puts the terminal in order before it leaves.
	program := tea.NewProgram(shell, tea.WithFPS(framesPerSecond))
	suspend.Allow(ctx, shell, program)
	_, err := program.Run()
	cancel()
	app.Finish(longestFinish)
	if errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}

// newApp puts the parts together. Nothing slow happens before a screen asks.
func newApp(f flags) (app *views.App, closeApp func()) {
	var world *sandbox.Sandbox
	var server *sandbox.Server
	network := http.DefaultTransport.(*http.Transport).Clone()
	network.MaxIdleConnsPerHost = max(watch.DefaultInFlight, f.inFlight) // as many as the watcher reads at once
	// The Sandbox shares this machine's cores: more connections only contend.
	loopback := network.Clone()
	loopback.MaxConnsPerHost = sandboxConnections
	transport := func(baseURL string) http.RoundTripper {
		if server != nil && baseURL == server.URL() {
			return loopback
		}
		return network
	}
	calls, drift := inspect.NewLog(), moneykit.NewDriftReport()
	app = &views.App{
		Calls: calls, Drift: drift, Program: "till " + version,
		Keys:     kept(func() (*keystore.Store, error) { return keystore.Open() }),
		ReadOnly: f.readOnly, MirrorSensitive: f.sensitive,
		Client: func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			opts := []moneykit.Option{
				moneykit.WithBaseURL(baseURL), moneykit.WithTransport(transport(baseURL)), moneykit.WithUserAgent("till/" + version),
				moneykit.WithObserver(calls.Add), moneykit.WithDriftReport(drift),
			}
			if server != nil && baseURL == server.URL() {
				opts = append(opts, moneykit.WithRateLimit(0, 0), moneykit.WithClock(world.Now)) // nobody else's server
			}
			return moneykit.New(creds, opts...)
		},
		Connect: func(ctx context.Context, c *moneykit.Client, r moneykit.LinkSessionRequest) *connect.Run {
			return connect.InTerminal(ctx, c, transport(c.BaseURL()), r)
		},
		Webhooks: func(ctx context.Context, c *moneykit.Client, config webhooks.Config) (views.WebhookReceiver, error) {
			receiver, err := webhooks.Listen(ctx, c, config)
			if err != nil {
				return nil, err
			}
			return receiver, nil
		},
		Mirror: func(ctx context.Context, p keystore.Profile) (views.KeptMirror, error) {
			keys, err := app.Keys()
			if err != nil {
				return views.KeptMirror{}, err
			}
			return views.OpenMirror(ctx, keys.MirrorKey, mirrors(), p)
		},
		ForgetMirror: func(p keystore.Profile) error { return mirror.Forget(views.MirrorPath(mirrors(), p)) },
		Browse:       func(page string) error { return connect.OpenBrowser(os.Getenv, page) },
		Tunnel:       func(addresses ...string) string { return connect.Tunnel(os.Getenv, addresses...) },
		Environment: func() (keystore.Profile, moneykit.Secret, bool, error) {
			profile, secret, given, err := keystore.FromEnv(os.Getenv)
			return profile, moneykit.NewSecret(secret), given, err
		},
		Sandbox: kept(func() (views.Embedded, error) {
			world = sandbox.New()
			var err error
			if server, err = world.Listen(); err != nil {
				return views.Embedded{}, err
			}
			return embedded(world, server), nil
		}),
	}
	if f.given != nil && f.given("poll") {
		app.Poll = &f.poll
	}
	if f.given != nil {
		app.PollInFlight = f.inFlight
	}
	return app, func() {
		if server != nil {
			_ = server.Close()
		}
	}
}

// mirrors is the folder of all mirrors.
func mirrors() string { return filepath.Join(xdg.DataHome, "till", "mirrors") }

// kept keeps what open made; after an error it is tried again.
func kept[T any](open func() (T, error)) func() (T, error) {
	var mu sync.Mutex
	var made *T
	return func() (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if made != nil {
			return *made, nil
		}
		v, err := open()
		if err == nil {
			made = &v
		}
		return v, err
	}
}

func embedded(world *sandbox.Sandbox, server *sandbox.Server) views.Embedded {
	return views.Embedded{
		URL: server.URL(),
		Credentials: moneykit.Credentials{
			ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
		},
		Links: func() []moneykit.LinkID {
			var ids []moneykit.LinkID
			for _, id := range world.LinkIDs() {
				ids = append(ids, moneykit.LinkID(id))
			}
			return ids
		},
		Controls: &views.Controls{
			Now: world.Now, Advance: world.Advance, Faults: world.ActiveFaults, ClearFaults: world.ClearFaults,
			SetState: func(link moneykit.LinkID, state moneykit.LinkState, code moneykit.LinkError) error {
				return world.SetState(string(link), string(state), string(code))
			},
			Fault: func(f views.SandboxFault) error {
				_, err := world.AddFault(sandbox.Fault{
					Status: f.Status, ErrorCode: f.ErrorCode, Latency: f.Latency, Truncated: f.Truncated, Malformed: f.Malformed, Reset: f.Reset,
					WrongTypes: f.WrongTypes, EscapeSequences: f.EscapeSequences, LoopingCursor: f.LoopingCursor, Times: f.Times,
				})
				return err
			},
		},
	}
}
