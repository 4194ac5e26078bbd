package views

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/webhooks"
)

// lockedBuffer is written to by one goroutine and read by another.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// runs starts till webhooks listen; stop interrupts it.
func (w *world) runs(t *testing.T, c WebhooksCommand) (out, progress *lockedBuffer, stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	out, progress = &lockedBuffer{}, &lockedBuffer{}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx, w.app, out, progress) }()
	w.Settle()
	return out, progress, func() error {
		cancel()
		return <-ended
	}
}

func tellsAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

func TestWebhooksCommand(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		out, progress, stop := w.runs(t, WebhooksCommand{Sandbox: true, Port: 8090, Path: "/x", Public: "https://hooks.example", Test: "link.state_changed"})
		if c := made[0].config; c.Address != "127.0.0.1:8090" || c.Path != "/x" || c.Public != "https://hooks.example" {
			t.Errorf("%+v", c)
		}
		tellsAll(t, progress.String(), "11 links of the Sandbox point here", "MoneyKit sends link.state_changed as delivery whd_")
		made[0].comes(hookStory(w)...)
		w.Settle()
		made[0].change(func(s *webhooks.State) { s.Refused, s.Refusal = 1, "a request by \"GET\"" })
		w.Settle()
		if err := stop(); err != nil {
			t.Error(err)
		}
		<-made[0].closed
		tellsAll(t, progress.String(), `1 refused in all, the last for a request by "GET"`)
		tellsAll(t, out.String(), "listening at http://127.0.0.1:41977/", "state: connected  "+w.link(1)+"  ✓ verified\n",
			"✓ verified · duplicate · attempt 2", "✓ verified · out of order", "✕ unknown key\n  ✓ signature header", "✕ key id (kid)      the webhook is signed with a key that MoneyKit does not list",
			"· signature         not reached", "MoneyKit says of "+w.link(1)+": ● connected (req_", "mk_unknown could not be read")
		if strings.Contains(out.String(), "MoneyKit says of "+w.link(2)) || strings.Contains(out.String(), "\x1b") {
			t.Error(out.String())
		}
		if n := strings.Count(out.String(), "MoneyKit says of "+w.link(1)); n != 1 {
			t.Errorf("a link of which two webhooks came at once was read %d times", n)
		}
	}, receives(&made))
}

func TestWebhooksCommandOnAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		_, _, stop := w.runs(t, WebhooksCommand{Sandbox: true, Port: 8090})
		if err := stop(); err == nil || err.Error() != "something else listens at 127.0.0.1:8090 already." {
			t.Error(err)
		}
	}, func(w *world) {
		w.app.Webhooks = func(context.Context, *moneykit.Client, webhooks.Config) (WebhookReceiver, error) {
			return nil, fmt.Errorf("webhooks: listen tcp 127.0.0.1:8090: bind: %w", syscall.EADDRINUSE)
		}
	})
}

func TestWebhooksCommandForScripts(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		out, _, stop := w.runs(t, WebhooksCommand{Sandbox: true, JSON: true})
		made[0].comes(hookStory(w)...)
		w.Settle()
		if err := stop(); err != nil {
			t.Error(err)
		}
		kinds := map[string]int{}
		for line := range strings.Lines(out.String()) {
			var r struct {
				Kind     string
				Link     string `json:"link_id"`
				Verified *bool
				Checks   []webhooks.Check
				Webhook  map[string]any
				State    string
				Request  string `json:"request_id"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			kinds[r.Kind]++
			if r.Kind == "webhook" && (len(r.Checks) != 7 || r.Verified == nil) || r.Kind == "link" && r.Request == "" {
				t.Error(line)
			}
		}
		if fmt.Sprint(kinds) != "map[link:3 listening:1 webhook:6]" {
			t.Errorf("%v", kinds)
		}
	}, receives(&made))
}

// A link that is named gets its former webhook back.
func TestWebhooksCommandForALink(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		client, err := w.app.Client(sandboxURL, moneykit.Credentials{ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret)})
		if err != nil {
			t.Fatal(err)
		}
		id, former := moneykit.LinkID(w.link(1)), "https://shop.example/hook"
		webhook := func() string {
			link, err := client.Link(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return link.Webhook
		}
		for _, was := range []string{former, ""} {
			if _, err := client.UpdateLink(t.Context(), id, moneykit.LinkUpdate{Webhook: &was}); err != nil {
				t.Fatal(err)
			}
			_, progress, stop := w.runs(t, WebhooksCommand{Sandbox: true, Link: string(id)})
			if got := webhook(); got != made[len(made)-1].URL() {
				t.Errorf("the link points to %q", got)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
			if got := webhook(); got != was {
				t.Errorf("the link points to %q, want %q", got, was)
			}
			tellsAll(t, progress.String(), "its webhook was "+cmp.Or(was, "not set"), "is "+cmp.Or(was, "not set")+" again")
		}
		_, _, stop := w.runs(t, WebhooksCommand{Sandbox: true, Link: string(id)})
		w.wire.breaks("PATCH", string(id), status(400, `{}`))
		if err := stop(); err == nil || !strings.Contains(err.Error(), "still points here; it was not set") {
			t.Error(err)
		}
		w.wire.mends()
		_, _, stop = w.runs(t, WebhooksCommand{Sandbox: true, Link: "mk_unknown"})
		if err := stop(); err == nil || !strings.Contains(err.Error(), "MoneyKit knows no link with this id") {
			t.Error(err)
		}
	}, receives(&made))
}

func TestWebhooksCommandUsage(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]WebhooksCommand{
		"up to 65535":         {Port: 70000},
		"up to 65535, not -1": {Port: -1},
		"begins with a slash": {Path: "x"},
		"--test takes":        {Test: "x", Sandbox: true},
		"--test needs":        {Test: "link.state_changed"},
		"no link id":          {Link: "a b"},
	} {
		if err := c.Validate(false); err == nil || !strings.Contains(err.Error(), says) && says != "no link id" {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []WebhooksCommand{{Link: "mk_1"}, {Test: "link.state_changed", Sandbox: true}} {
		if err := c.Validate(true); err == nil || !strings.Contains(err.Error(), "--read-only") {
			t.Errorf("%+v: %v", c, err)
		}
		if err := c.Validate(false); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (WebhooksCommand{}).Validate(true); err != nil {
		t.Error(err)
	}
}

// A Live profile sends no test events.
func TestWebhooksCommandOfALiveProfile(t *testing.T) {
	t.Parallel()
	var made []*fakeReceiver
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.app.Environment = func() (keystore.Profile, moneykit.Secret, bool, error) {
			p := keystore.Profile{Name: "acme", Mode: keystore.Live, BaseURL: sandboxURL, ClientID: sandbox.DefaultClientID}
			return p, moneykit.NewSecret(sandbox.DefaultClientSecret), true, nil
		}
		_, _, stop := w.runs(t, WebhooksCommand{Link: w.link(1), Test: "link.state_changed"})
		if err := stop(); err == nil || !strings.Contains(err.Error(), "acme is Live") || len(made) > 0 {
			t.Error(err)
		}
		_, progress, stop := w.runs(t, WebhooksCommand{})
		if err := stop(); err != nil {
			t.Error(err)
		}
		tellsAll(t, progress.String(), "name a link with --link", "only through a tunnel of yours")
	}, receives(&made))
}
