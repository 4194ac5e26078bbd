package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"till/moneykit"
	"till/moneykit/connect"
	"till/ui/termsafe"
)

// ConnectCommand makes or mends a link from the command line, in a browser.
type ConnectCommand struct {
	Sandbox bool            // the embedded one
	Profile string          // empty for the one last chosen
	Link    moneykit.LinkID // to relink; empty for a new link
	New     NewLink
	JSON    bool // tell a JSON object a line, for scripts
	Print   bool // print the page's address and open no browser
}

// Flags are how the command line tells how to go through it.
func (c *ConnectCommand) Flags(f *pflag.FlagSet) {
	f.BoolVar(&c.JSON, "json", false, "tell everything as JSON, an object a line, on standard output")
	f.BoolVar(&c.Print, "no-browser", false, "print the page's address and open no browser")
}

// record is a line of what a script is told.
type record struct {
	Phase     connect.Phase   `json:"phase"`
	Page      string          `json:"page,omitempty"`
	Ends      time.Time       `json:"ends,omitzero"` // when the page goes away
	Warning   string          `json:"warning,omitempty"`
	Event     *connect.Event  `json:"event,omitempty"`
	Link      moneykit.LinkID `json:"link_id,omitempty"`
	Bank      string          `json:"institution_name,omitempty"`
	ErrorID   string          `json:"error_id,omitempty"`
	Error     string          `json:"error,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
}

// Run goes through it. What happens goes to progress for a person, and the link's
// id to out; a script gets all of it on out. An error says why there is no
// connected link.
func (c ConnectCommand) Run(ctx context.Context, app *App, out, progress io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	opener := openProfile(c.Profile)
	if c.Sandbox {
		opener = openSandbox()
	}
	s, err := opener.open(ctx, app)
	switch {
	case err != nil:
		return errors.New(explain(err).line())
	case s == nil:
		return errors.New("there is no profile yet; till offers to add one, and --sandbox needs none")
	}
	defer func() { _ = s.mirror.Store().Close() }()
	l := linking{request: c.New.Request()}
	if c.Link != "" {
		l.request = moneykit.LinkSessionRequest{CustomerUser: moneykit.CustomerUser{ID: customerUser}, ExistingLinkID: c.Link}
	}
	run := s.begin(ctx, l)
	defer run.Cancel()
	teller := &teller{command: c, app: app, host: s.browser().Host, out: out, progress: progress}
	for seen := 0; ; {
		state, err := run.Next(ctx, seen)
		if err != nil || ctx.Err() != nil && errors.Is(state.Err, context.Canceled) {
			run.Cancel()
			return teller.interrupted(run.State())
		}
		if err := teller.tell(state); err != nil || state.Phase.Over() {
			return err
		}
		seen = state.Version
	}
}

// teller writes what has changed in a run.
type teller struct {
	mu            sync.Mutex // of the writers
	command       ConnectCommand
	app           *App
	host          string // of Connect
	out, progress io.Writer
	phase         connect.Phase
	events        int
}

// tell returns an error when the run ended without a connected link.
func (t *teller) tell(s connect.State) error {
	for _, e := range s.Events[max(0, len(s.Events)-(s.Told-t.events)):] {
		t.event(s.Phase, e)
	}
	t.events = s.Told
	if s.Phase == t.phase {
		return nil
	}
	t.phase = s.Phase
	switch s.Phase {
	case connect.Asking:
		t.page(s)
	case connect.Following:
		t.made(s)
	case connect.Connected:
		t.write(record{Phase: s.Phase, Link: s.Link, Bank: s.Last.InstitutionName}, "● connected: "+s.Last.InstitutionName)
	case connect.Left:
		return t.left(s.Exit)
	case connect.Failed:
		f := explain(s.Err)
		t.write(record{Phase: s.Phase, Link: s.Link, Error: f.what, RequestID: f.requestID}, "")
		return errors.New(f.line())
	default:
		t.write(record{Phase: s.Phase, Link: s.Link}, phaseWords[s.Phase])
	}
	return nil
}

var phaseWords = map[connect.Phase]string{
	connect.Opening: "opening a link session…", connect.Exchanging: "exchanging the token for a link…",
}

// made tells the link's id as soon as there is one, whatever becomes of it.
func (t *teller) made(s connect.State) {
	t.write(record{Phase: s.Phase, Link: s.Link}, "MoneyKit is fetching from the bank…")
	if !t.command.JSON {
		t.mu.Lock()
		defer t.mu.Unlock()
		_, _ = fmt.Fprintln(t.out, termsafe.Line(string(s.Link)))
	}
}

func (t *teller) interrupted(s connect.State) error {
	err := errors.New("interrupted; no link was made")
	if s.Link != "" {
		if t.phase != connect.Following {
			t.made(s)
		}
		err = fmt.Errorf("interrupted before link %s was connected; MoneyKit goes on without till", termsafe.Line(string(s.Link)))
	}
	t.write(record{Phase: connect.Failed, Link: s.Link, Error: err.Error()}, "")
	return err
}

// page tells where Connect is, and opens a browser unless that is not wanted.
func (t *teller) page(s connect.State) {
	t.write(record{Phase: s.Phase, Page: s.Page, Ends: s.Ends, Warning: s.NoOAuth}, "go through Connect, within 10 minutes: "+s.Page)
	if s.NoOAuth != "" {
		t.write(record{}, "banks with a login page of their own cannot come back to till: "+s.NoOAuth)
	}
	if tunnel := t.app.Tunnel(s.Page, t.host); tunnel != "" {
		t.write(record{}, "it answers on this computer only; to reach it, run there: "+tunnel)
	}
	if browse := t.app.Browse; !t.command.Print {
		go func() {
			if err := browse(s.Page); err != nil {
				t.write(record{}, "no browser was opened: "+explain(err).what)
			}
		}()
	}
}

func (t *teller) event(phase connect.Phase, e connect.Event) {
	text := e.At.Local().Format("15:04:05") + "  " + e.Name
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		text += fmt.Sprintf("  %s=%v", name, e.Properties[name])
	}
	t.write(record{Phase: phase, Event: &e}, text)
}

func (t *teller) left(exit *connect.Refusal) error {
	if exit == nil {
		t.write(record{Phase: connect.Left}, "")
		return errors.New("the customer left Connect before the end; nothing was changed")
	}
	t.write(record{Phase: connect.Left, ErrorID: string(exit.Code), Error: exit.Message, RequestID: exit.RequestID}, "")
	return errors.New(explain(exit).line())
}

// write tells a script r, or a person text. A record without a phase is for
// persons alone.
func (t *teller) write(r record, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.command.JSON {
		if text != "" {
			_, _ = fmt.Fprintln(t.progress, termsafe.Line(text))
		}
		return
	}
	if r.Phase == "" {
		return
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a record is made of what was JSON before
	}
	_, _ = fmt.Fprintln(t.out, strings.Join(termsafe.JSON(string(line)), " "))
}
