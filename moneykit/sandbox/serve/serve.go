// Package serve runs a Sandbox as a server of its own: it listens, tells where,
// keeps the world in a file and stops in order.
package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"till/moneykit/sandbox"
)

// Config is what is asked of the server.
type Config struct {
	Address      string // host and port
	Shape        sandbox.Shape
	State        string   // file that keeps the world, empty for none
	Clients      []string // ID:SECRET or ID:SECRET:SCOPE,SCOPE
	WebhookHosts []string
	Controls     bool
	Now          string // when the world begins, in RFC 3339; empty for now
	Rate         float64
	JSON         bool // tell what is served as JSON
	// Given tells whether the user gave a flag. Of Shape, what was not given
	// follows the file of state.
	Given func(flag string) bool
}

// UsageError is a configuration that cannot be.
type UsageError struct{ message string }

func (e UsageError) Error() string { return e.message }

func usage(format string, args ...any) error { return UsageError{fmt.Sprintf(format, args...)} }

// stopTime is how long requests under way have when the server stops.
const stopTime = 5 * time.Second

// Run serves until ctx ends. It tells on out what is served, and on errs what
// goes wrong meanwhile.
func Run(ctx context.Context, c Config, out, errs io.Writer) error {
	pairs, err := c.keyPairs()
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	box, release, err := c.open(pairs)
	if err != nil {
		return err
	}
	defer release()
	server, err := box.ListenOn(c.Address)
	if err != nil {
		return explain(c.Address, err)
	}
	if err := c.tell(out, box, server.URL(), pairs); err != nil {
		return errors.Join(err, server.Close())
	}
	// Kept until the server has stopped, so that the last request is in the file.
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	defer stopKeeping()
	kept := make(chan error, 1)
	go func() { kept <- c.keep(keeping, box, errs) }()
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err = server.Shutdown(stopping)
	stopKeeping()
	return errors.Join(err, <-kept)
}

func (c Config) check() error {
	_, port, err := net.SplitHostPort(c.Address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	switch {
	case err != nil:
		return usage("--addr takes a host and a port such as 127.0.0.1:8787, not %q", c.Address)
	case !(c.Rate >= 0 && c.Rate <= sandbox.MaxRate): // not a number is refused too
		return usage("--rate is from 0, which stops the clock, to %d", sandbox.MaxRate)
	case c.Shape.Links < 0 || c.Shape.Links > 10_000_000:
		return usage("--links is from 0 to 10000000")
	case c.Shape.Transactions < 0 || c.Shape.Transactions > 1_000_000:
		return usage("--transactions is from 0 to 1000000")
	case strings.HasSuffix(c.State, "/") || isFolder(c.State):
		return usage("--state takes a file, and %s is a folder", c.State)
	}
	for _, host := range c.WebhookHosts {
		if host == "" || strings.ContainsAny(host, "/@?# ") {
			return usage("--allow-webhook-host takes a host such as hooks.test or hooks.test:8443, not %q", host)
		}
	}
	if start, err := c.start(); err != nil || start.Year() >= 2200 {
		return usage("--now takes a moment before 2200 such as 2027-01-01T12:00:00Z, not %q", c.Now)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// start is when the world begins; zero for now.
func (c Config) start() (time.Time, error) {
	if c.Now == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, c.Now)
}

// keyPair is a client that may use the Sandbox.
type keyPair struct {
	ID     string   `json:"client_id"`
	Secret string   `json:"client_secret"`
	Scopes []string `json:"scopes,omitempty"` // none for all
}

func (c Config) keyPairs() ([]keyPair, error) {
	if len(c.Clients) == 0 {
		return []keyPair{{ID: sandbox.DefaultClientID, Secret: sandbox.DefaultClientSecret}}, nil
	}
	var pairs []keyPair
	for _, text := range c.Clients {
		id, rest, _ := strings.Cut(text, ":")
		secret, scopes, limited := strings.Cut(rest, ":")
		if id == "" || secret == "" || limited && scopes == "" {
			return nil, usage("--client takes ID:SECRET, with :SCOPE,SCOPE added to limit what it may do")
		}
		pair := keyPair{ID: id, Secret: secret, Scopes: strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })}
		for _, scope := range pair.Scopes {
			if !sandbox.IsScope(scope) {
				return nil, usage("--client: there is no scope %q; there are %s", scope, strings.Join(sandbox.Scopes(), ", "))
			}
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}

// open makes the Sandbox, or the one that its file holds.
func (c Config) open(pairs []keyPair) (*sandbox.Sandbox, func(), error) {
	start, err := c.start()
	if err != nil {
		return nil, nil, err
	}
	existed := c.State != "" && exists(c.State)
	opts := []sandbox.Option{
		sandbox.WithShape(c.Shape), sandbox.WithControls(c.Controls), sandbox.WithWebhookHosts(c.WebhookHosts...), sandbox.WithStart(start), sandbox.WithRate(c.Rate),
	}
	if c.Controls && c.Given("controls") {
		opts = append(opts, sandbox.WithControlsUnderAnyName())
	}
	for _, pair := range pairs {
		opts = append(opts, sandbox.WithClient(pair.ID, pair.Secret, pair.Scopes...))
	}
	if c.State == "" {
		return sandbox.New(opts...), func() {}, nil
	}
	release, err := sandbox.Hold(c.State)
	if err != nil {
		return nil, nil, err
	}
	box, err := sandbox.Open(c.State, opts...)
	if err == nil {
		err = c.agrees(box.Shape())
	}
	if err == nil && c.Now != "" && existed {
		err = usage("%s holds a world that has begun already; leave --now out, and move its clock", c.State)
	}
	if err == nil && c.Given("rate") {
		err = box.SetRate(c.Rate)
	}
	if err == nil {
		err = box.Save(c.State) // that it cannot be kept is better known now
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return box, release, nil
}

// agrees tells whether the world in the file is the one asked for.
func (c Config) agrees(kept sandbox.Shape) error {
	for _, f := range []struct {
		flag        string
		asked, kept any
	}{
		{"seed", c.Shape.Seed, kept.Seed},
		{"links", c.Shape.Links, kept.Links},
		{"transactions", c.Shape.Transactions, kept.Transactions},
		{"pending", manner(c.Shape.PendingReplaced), manner(kept.PendingReplaced)},
	} {
		if c.Given(f.flag) && f.asked != f.kept {
			return usage("%s holds a world with --%s %v, not %v; leave the flag out, or take another file", c.State, f.flag, f.kept, f.asked)
		}
	}
	return nil
}

// Manners of pending transactions, as --pending takes them.
const (
	Update  = "update"
	Replace = "replace"
)

func manner(replaced bool) string {
	if replaced {
		return Replace
	}
	return Update
}

// keep saves the world as it changes.
func (c Config) keep(ctx context.Context, box *sandbox.Sandbox, errs io.Writer) error {
	if c.State == "" {
		return nil
	}
	told := ""
	return box.Keep(ctx, c.State, func(err error) {
		if err.Error() != told { // it is tried again every second
			told = err.Error()
			_, _ = fmt.Fprintln(errs, "till: "+told+"; the last good state is kept, and it is tried again")
		}
	})
}

func explain(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("something else listens at %s already; choose another address with --addr, or port 0 for a free one", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("this user may not listen at %s; choose a port above 1023 with --addr", address)
	default:
		return err
	}
}

// told is what is served, for scripts.
type told struct {
	BaseURL  string        `json:"base_url"`
	Clients  []keyPair     `json:"clients"`
	Controls bool          `json:"controls"`
	World    sandbox.Shape `json:"world"`
	State    string        `json:"state,omitempty"`
}

func (c Config) tell(out io.Writer, box *sandbox.Sandbox, url string, pairs []keyPair) error {
	shape := box.Shape()
	if c.JSON {
		return json.NewEncoder(out).Encode(told{url, pairs, c.Controls, shape, c.State})
	}
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "  %-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	text.WriteString("The Sandbox answers as MoneyKit's API does.\n\n")
	line("base URL", "%s", url)
	for _, pair := range pairs {
		line("client id", "%s", pair.ID)
		line("client secret", "%s", pair.Secret)
		if len(pair.Scopes) > 0 {
			line("scopes", "%s", strings.Join(pair.Scopes, " "))
		}
	}
	line("world", "%s, seed %d, pending transactions: %s", counted(shape.Links, "link"), shape.Seed, manner(shape.PendingReplaced))
	if c.State != "" {
		line("kept in", "%s", c.State)
	}
	if c.Controls {
		line("controls", "%s/sandbox/ clock, faults, events, connect, links/{id}/state", url)
	} else {
		line("controls", "off; --controls puts them on")
	}
	text.WriteString("\nctrl+c stops it.\n")
	_, err := io.WriteString(out, text.String())
	return err
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
