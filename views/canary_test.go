package views

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

const (
	typedSecret    = "sesame-typed-by-the-operator"
	exchangeable   = "mk_ex_never_handed_out"
	customersEmail = "jane@private.example"
)

// canaries collects what must not get out: secrets never, and other people's
// data not before it is revealed.
type canaries struct {
	mu   sync.Mutex
	seen map[string]string // the value, and what it is
}

func (c *canaries) add(what, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(value) > 3 {
		c.seen[value] = what
	}
}

// in fails the test for each canary in a text.
func (c *canaries) in(t *testing.T, where, text string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for value, what := range c.seen {
		if strings.Contains(text, value) {
			t.Errorf("%s: %s %q got out", where, what, value)
		}
	}
}

// kinds counts how many different things are looked for.
func (c *canaries) kinds() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	kinds := map[string]int{}
	for _, what := range c.seen {
		kinds[what]++
	}
	return kinds
}

// tap lets every request through and picks the canaries out of the answers.
func (c *canaries) tap(w *wire) func(*http.Request) (*http.Response, error) {
	private := map[string]bool{
		"access_token": true, "link_session_token": true, "exchangeable_token": true,
		"account_number": true, "routing_number": true, "wire_routing_number": true, "iban": true,
		"names": true, "street": true, "number": true, "address": true, "postal_code": true,
	}
	var pick func(name string, v any)
	pick = func(name string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, member := range v {
				pick(name, member)
			}
		case []any:
			for _, item := range v {
				pick(name, item)
			}
		case string:
			if private[name] {
				c.add(name, v)
			}
		}
	}
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.URL.Path, "/users/") {
			token := r.Header.Get("Authorization")
			return status(403, `{"error_code":"link_error.forbidden_action","error_message":"`+token+` may not"}`, "WWW-Authenticate", token)(r)
		}
		res, err := w.sandbox.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		var answer any
		if json.Unmarshal(body, &answer) == nil {
			pick("", answer)
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		return res, nil
	}
}

// locked is a buffer that many goroutines write to.
type locked struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

// TestNoSecretGetsOut walks every screen, dialog and request with canaries in
// all of them, and looks through every frame, everything that was copied, the
// saved bundles and the log.
func TestNoSecretGetsOut(t *testing.T) {
	if !apart(t) { // it saves into the current folder
		return
	}
	c := &canaries{seen: map[string]string{}}
	c.add("client secret", sandbox.DefaultClientSecret)
	c.add("typed secret", typedSecret)
	c.add("exchangeable token", exchangeable)
	c.add("customer's email", customersEmail)
	log := &locked{}
	in(t, 120, 60, func(t *testing.T, w *world) {
		for _, s := range screens() {
			if strings.HasPrefix(s.name, "identity") || s.name == "numbers_shown" {
				continue // who asks for what is private sees it
			}
			w.Press(s.keys...)
			w.Wait(3 * time.Second)
			for range 4 {
				w.Press("esc")
			}
		}
		w.relinkWith(t, typedSecret)
		w.Press("p", "n")
		w.fill(typedSecret)
		w.Sees("refused the client id or secret")
		w.Press("esc", "esc")

		w.askForPrivateData(t, c)
		w.everyRequest(t)

		for _, kind := range []string{"client secret", "access_token", "link_session_token", "account_number", "names", "street", "address"} {
			if c.kinds()[kind] == 0 {
				t.Errorf("no %s went over the wire, so that nothing was proved of it", kind)
			}
		}
		w.keepsNoCredentials(t, c)
		c.in(t, "a frame", w.Drawn())
		copied := w.Clipboard()
		if len(copied) < 10 {
			t.Errorf("only %d texts were copied", len(copied))
		}
		for _, bundle := range savedBundles(t) {
			c.in(t, "a saved bundle", bundle)
		}
		c.in(t, "the clipboard", strings.Join(copied, "\n"))
		if !strings.Contains(log.String(), "/auth/token") || !strings.Contains(log.String(), "/identity") {
			t.Error("the log is empty")
		}
		c.in(t, "the log", log.String())
	}, func(w *world) {
		w.wire.fault = c.tap(w.wire)
		client := w.app.Client
		logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w.app.Client = func(baseURL string, creds moneykit.Credentials) (*moneykit.Client, error) {
			if _, err := client(baseURL, creds); err != nil {
				return nil, err
			}
			return moneykit.New(creds, moneykit.WithBaseURL(baseURL), moneykit.WithTransport(w.wire), moneykit.WithLogger(logger),
				moneykit.WithObserver(w.app.Calls.Add), moneykit.WithDriftReport(w.app.Drift))
		}
	})
}

// relinkWith repairs a link with a wrong password and then with a right one.
func (w *world) relinkWith(t *testing.T, password string) {
	w.at(t, 4)
	w.Press("R", "enter")
	for _, try := range []string{password, "pass_good"} {
		w.Type("user_good")
		w.Press("enter")
		w.Type(try)
		w.Press("enter")
		w.Wait(time.Second)
	}
	w.Wait(5 * time.Second)
	w.Sees("is relinked")
}

// askForPrivateData makes requests whose answers are other people's data.
func (w *world) askForPrivateData(t *testing.T, c *canaries) {
	ctx, client, link := t.Context(), w.client(t), moneykit.LinkID(w.link(1))
	_, identity := client.Identities(ctx, link)
	_, numbers := client.AccountNumbers(ctx, link)
	_, session := client.CreateLinkSession(ctx, moneykit.LinkSessionRequest{
		CustomerUser: moneykit.CustomerUser{ID: "user_1", Email: &moneykit.CustomerEmail{Address: customersEmail}},
		RedirectURI:  "https://app.example/back",
	})
	_, echo := client.UserLinks(ctx, "echo")
	_, exchange := client.ExchangeToken(ctx, moneykit.NewSecret(exchangeable))
	for _, err := range []error{identity, numbers, session} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if exchange == nil || echo == nil {
		t.Error("what has to fail did not")
	}
	c.in(t, "an error", fmt.Sprintf("%v %+v", echo, echo))
}

// keepsNoCredentials wants what authorises requests to be nowhere among them,
// where it could be revealed.
func (w *world) keepsNoCredentials(t *testing.T, all *canaries) {
	credentials := &canaries{seen: map[string]string{}}
	for value, what := range all.seen {
		if what == "access_token" || what == "client secret" {
			credentials.add(what, value)
		}
	}
	for _, e := range w.app.Calls.Entries() {
		kept := fmt.Sprint(e.URL, e.RequestHeader, e.ResponseHeader, e.Err) + string(e.RequestBody) + string(e.ResponseBody)
		credentials.in(t, "the ring of requests", kept)
	}
}

// savedBundles reads every bundle in the current folder.
func savedBundles(t *testing.T) []string {
	files, err := filepath.Glob("till-support-*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bundle was saved: %v", err)
	}
	var bundles []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bundles = append(bundles, string(text))
	}
	return bundles
}

// everyRequest opens each request, and copies and saves all that can be of it
// without revealing anything.
func (w *world) everyRequest(t *testing.T) {
	w.Press("L")
	for range len(w.app.Calls.Entries()) {
		w.Press("enter")
		for range 12 {
			w.Press("pgdown")
		}
		w.Press("c", "b", "y", "esc", "esc", "down")
	}
	w.Press("d", "esc", "esc", "B", "y", "s")
	w.Sees("Support bundle")
	w.Press("esc")
}
