package views

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/webhooks"
	"till/ui/termsafe"
)

// WebhooksCommand receives webhooks from the command line until it is interrupted.
type WebhooksCommand struct {
	Sandbox bool   // the embedded one
	Profile string // empty for the one last chosen
	Port    int    // 0 for a free one
	Path    string // empty for one that nobody can guess
	Public  string // https origin of a tunnel that leads here, empty for none
	Link    string // whose webhook is set to the receiver meanwhile, empty for none
	Test    string // event that MoneyKit is asked to send at first, empty for none
	JSON    bool   // tell a JSON object a line, for scripts
}

// Flags are how the command line tells it.
func (c *WebhooksCommand) Flags(f *pflag.FlagSet) {
	f.IntVar(&c.Port, "port", 0, "port of 127.0.0.1; 0 takes a free one")
	f.StringVar(&c.Path, "path", "", "path of the address instead of one that nobody can guess")
	f.StringVar(&c.Public, "public", "", "https address of a tunnel of yours that leads here, such as https://hooks.example.com")
	f.StringVar(&c.Link, "link", "", "let this link's webhooks come here, and put back its former webhook at the end")
	f.StringVar(&c.Test, "test", "", "have MoneyKit send this event at first (Sandbox)")
	f.BoolVar(&c.JSON, "json", false, "tell everything as JSON, an object a line, on standard output")
}

// Validate says what is wrong with how the command was used.
func (c WebhooksCommand) Validate(readOnly bool) error {
	switch {
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("--port takes a number up to 65535, not %d", c.Port)
	case c.Path != "" && !strings.HasPrefix(c.Path, "/"):
		return fmt.Errorf("--path begins with a slash, unlike %q", c.Path)
	case readOnly && c.Link != "":
		return errors.New("--read-only forbids to change a link's webhook; leave --link out")
	case readOnly && c.Test != "":
		return errors.New("--read-only forbids test events; leave --test out")
	case c.Test != "" && !slices.Contains(testEvents, moneykit.WebhookEvent(c.Test)):
		return fmt.Errorf("--test takes %s, %s or %s, not %q", testEvents[0], testEvents[1], testEvents[2], c.Test)
	case c.Test != "" && c.Link == "" && !c.Sandbox:
		return errors.New("--test needs the link that the event is about; name it with --link")
	case c.Link != "":
		return ValidLinkID(c.Link)
	}
	return nil
}

// hookRecord is a line of what a script is told.
type hookRecord struct {
	Kind      string          `json:"kind"` // listening, webhook or link
	At        time.Time       `json:"at,omitzero"`
	URL       string          `json:"url,omitempty"`
	Local     string          `json:"local,omitempty"`
	Link      moneykit.LinkID `json:"link_id,omitempty"`
	State     string          `json:"state,omitempty"`
	ErrorCode string          `json:"error_code,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
	Error     string          `json:"error,omitempty"`
	*heard
}

// heard is what a script is told of a webhook.
type heard struct {
	Verified   bool             `json:"verified"`
	Checks     []webhooks.Check `json:"checks"`
	KeyID      string           `json:"kid,omitempty"`      // as claimed
	SignedAt   time.Time        `json:"signed_at,omitzero"` // as claimed
	Attempt    int              `json:"attempt,omitempty"`
	Delivery   string           `json:"delivery_token,omitempty"`
	Duplicate  bool             `json:"duplicate,omitempty"`
	First      time.Time        `json:"first_at,omitzero"`
	OutOfOrder bool             `json:"out_of_order,omitempty"`
	Newer      time.Time        `json:"newer,omitzero"`
	Webhook    json.RawMessage  `json:"webhook,omitempty"` // the body, if it is JSON
}

// Run receives webhooks until ctx ends, which is no error. What comes goes to out;
// what is done for it, to progress.
func (c WebhooksCommand) Run(ctx context.Context, app *App, out, progress io.Writer) (err error) {
	s, err := c.open(ctx, app)
	if err != nil {
		return err
	}
	defer func() { _ = s.mirror.Store().Close() }()
	if c.Test != "" && s.profile.Mode != keystore.Sandbox {
		return errors.New("test events are for Sandbox profiles; " + termsafe.Line(s.profile.Name) + " is Live")
	}
	r, err := s.receive(ctx, webhooks.Config{
		Address: fmt.Sprintf("127.0.0.1:%d", c.Port), Path: c.Path, Public: c.Public, Now: s.clock.now,
	})
	if err != nil {
		return errors.New(explain(err).line())
	}
	defer r.Close()
	h := &hookTeller{command: c, session: s, out: out, progress: progress}
	h.tell(hookRecord{Kind: "listening", URL: r.URL(), Local: r.Local()}, "listening at "+r.URL())
	back, err := h.point(ctx, r.URL())
	defer func() { err = errors.Join(err, back()) }()
	if err != nil {
		return err
	}
	for seen, told := 0, 0; ; {
		state, err := r.Next(ctx, seen)
		if err != nil {
			return nil // interrupted
		}
		told = h.came(ctx, state, told)
		seen = state.Version
	}
}

func (c WebhooksCommand) open(ctx context.Context, app *App) (*session, error) {
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
	}
	return s, nil
}

// hookTeller writes what is received.
type hookTeller struct {
	command       WebhooksCommand
	session       *session
	out, progress io.Writer
	refused       int
}

// point lets links send their webhooks to the receiver, and a test event go out if
// one was asked for. back undoes what outlives the command.
func (h *hookTeller) point(ctx context.Context, to string) (back func() error, err error) {
	back = func() error { return nil }
	s, test := h.session, moneykit.LinkID(strings.TrimSpace(h.command.Link))
	switch {
	case h.command.Link != "":
		if back, err = h.pointOne(ctx, test, to); err != nil {
			return back, err
		}
	case s.embedded && !s.app.ReadOnly:
		known := s.known()
		took, err := pointed(ctx, s.client, known[:min(len(known), mostPointed)], to)
		if err != nil {
			return back, errors.New(explain(err).line())
		}
		h.note(plural(len(took), "link") + " of the Sandbox point here")
		if len(took) > 0 {
			test = took[0]
		}
	default:
		h.note("set the webhook of a link or of your app to this address, or name a link with --link")
	}
	if h.command.Public == "" && !s.embedded {
		h.note("MoneyKit reaches it only through a tunnel of yours; give its address as --public")
	}
	if h.command.Test == "" {
		return back, nil
	}
	token, err := trigger(ctx, s.client, test, moneykit.WebhookEvent(h.command.Test))
	if err != nil {
		return back, errors.New("no test event was sent: " + explain(err).line())
	}
	h.note("MoneyKit sends " + h.command.Test + " as delivery " + token)
	return back, nil
}

// pointOne sets a link's webhook. back sets it to what it was.
func (h *hookTeller) pointOne(ctx context.Context, id moneykit.LinkID, to string) (back func() error, err error) {
	client := h.session.client
	nothing := func() error { return nil }
	link, err := client.Link(ctx, id)
	if err != nil {
		return nothing, errors.New(explain(err).line())
	}
	if _, err = client.UpdateLink(ctx, id, moneykit.LinkUpdate{Webhook: &to}); err != nil {
		return nothing, errors.New(explain(err).line())
	}
	former := link.Webhook
	h.note(fmt.Sprintf("link %s points here; its webhook was %s", id, cmp.Or(former, "not set")))
	return func() error {
		const patience = 10 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if _, err := client.UpdateLink(ctx, id, moneykit.LinkUpdate{Webhook: &former}); err != nil {
			return fmt.Errorf("the webhook of link %s still points here; it was %s: %s", id, cmp.Or(former, "not set"), explain(err).line())
		}
		h.note(fmt.Sprintf("the webhook of link %s is %s again", id, cmp.Or(former, "not set")))
		return nil
	}, nil
}

// came tells of the deliveries after the number told, reads each link that a
// verified one names, and returns the newest number.
func (h *hookTeller) came(ctx context.Context, state webhooks.State, told int) int {
	var links []moneykit.LinkID
	for _, d := range state.Deliveries {
		if d.Number <= told {
			continue
		}
		told = d.Number
		h.webhook(d)
		if d.Verified() && !slices.Contains(links, d.Webhook.LinkID) {
			links = append(links, d.Webhook.LinkID)
		}
	}
	if state.Refused > h.refused {
		h.refused = state.Refused
		h.note(fmt.Sprintf("%d refused in all, the last for %s", state.Refused, state.Refusal))
	}
	for _, id := range links {
		h.link(ctx, id)
	}
	return told
}

func (h *hookTeller) webhook(d *webhooks.Delivery) {
	record := hookRecord{Kind: "webhook", At: d.At, heard: &heard{
		Verified: d.Verified(), Checks: d.Checks, KeyID: d.KeyID, SignedAt: d.SignedAt, Attempt: d.Attempt, Delivery: d.Token,
		Duplicate: d.Duplicate, First: d.First, OutOfOrder: d.OutOfOrder, Newer: d.Newer,
	}}
	link := ""
	if d.Webhook != nil {
		record.Link, link = d.Webhook.LinkID, "  "+string(d.Webhook.LinkID)
	}
	if json.Valid(d.Body) {
		record.Webhook = d.Body
	}
	if d.Err != nil {
		record.Error = strings.TrimPrefix(d.Err.Error(), "moneykit: ")
	}
	parts := append([]string{hookVerdict(d).String()}, hookMarks(d)...)
	if d.Attempt > 1 {
		parts = append(parts, fmt.Sprintf("attempt %d", d.Attempt))
	}
	lines := []string{d.At.Local().Format(time.TimeOnly) + "  " + hookEvent(d.Webhook) + link + "  " + strings.Join(parts, " · ")}
	for _, check := range d.Checks {
		is := checkLook(check)
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %s %-17s %s", is.symbol, check.Name, cmp.Or(check.Detail, is.word)), " "))
	}
	h.tell(record, lines...)
}

// link tells what MoneyKit says of a link.
func (h *hookTeller) link(ctx context.Context, id moneykit.LinkID) {
	link, err := h.session.client.Link(ctx, id)
	if ctx.Err() != nil {
		return
	}
	record := hookRecord{Kind: "link", At: h.session.clock.now(), Link: id}
	if err != nil {
		f := explain(err)
		record.Error, record.RequestID = f.what, f.requestID
		h.tell(record, "  "+string(id)+" could not be read. "+f.line())
		return
	}
	record.State, record.ErrorCode, record.RequestID = string(link.State), string(link.ErrorCode), link.RequestID
	h.tell(record, fmt.Sprintf("  MoneyKit says of %s: %s (%s)", id, linkLook(link), link.RequestID))
}

// note tells a person what is done.
func (h *hookTeller) note(text string) { _, _ = fmt.Fprintln(h.progress, termsafe.Line(text)) }

// tell writes r for a script, or lines for a person.
func (h *hookTeller) tell(r hookRecord, lines ...string) {
	if !h.command.JSON {
		for _, line := range lines {
			_, _ = fmt.Fprintln(h.out, termsafe.Line(line))
		}
		return
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic(err) // a record is made of JSON and texts
	}
	_, _ = fmt.Fprintln(h.out, strings.Join(termsafe.JSON(string(line)), " "))
}
