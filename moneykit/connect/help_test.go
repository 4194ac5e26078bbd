package connect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/sandbox"
)

const (
	credentialsBank = moneykit.InstitutionID("moneykit-creds-bank")
	oauthBank       = moneykit.InstitutionID("moneykit-oauth-bank")
	instantBank     = moneykit.InstitutionID("moneykit-instant-bank")
)

// world is a Sandbox, a client of it, and the wire between them.
type world struct {
	*testing.T
	box    *sandbox.Sandbox
	wire   *wire
	client *moneykit.Client
}

// in runs test in a world of its own, on the clock of a synctest bubble. The
// bubble ends only when nothing runs in it any more.
func in(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, box: sandbox.New()}
		w.wire = &wire{box: w.box.Transport()}
		w.client = newClient(t, moneykit.WithTransport(w.wire))
		test(w)
	})
}

func newClient(t *testing.T, option moneykit.Option) *moneykit.Client {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, option)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// expired finds the seeded link at a bank whose login has expired.
func (w *world) expired(bank moneykit.InstitutionID) moneykit.LinkID {
	w.Helper()
	for _, id := range w.box.LinkIDs() {
		link := w.link(moneykit.LinkID(id))
		if link.InstitutionID == bank && link.State != moneykit.Deleted && !link.LastSyncedAt.IsZero() {
			link, err := w.client.ResetLink(w.Context(), link.ID)
			if err != nil || link.ErrorCode != moneykit.AuthExpired {
				w.Fatalf("%+v, %v", link, err)
			}
			return link.ID
		}
	}
	w.Fatalf("no link at %s", bank)
	return ""
}

func (w *world) link(id moneykit.LinkID) *moneykit.Link {
	w.Helper()
	link, err := w.client.Link(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return link
}

// walk is a Run that somebody answers.
type walk struct {
	*world
	run    *connect.Run
	shown  strings.Builder // all states, in every way that prints them
	latest connect.State
}

// walks starts a Run for a user of no links.
func (w *world) walks(request moneykit.LinkSessionRequest) *walk {
	w.Helper()
	if request.CustomerUser.ID == "" {
		request.CustomerUser.ID = "user_4711"
	}
	return w.follows(connect.InTerminal(w.Context(), w.client, w.wire, request))
}

func (w *world) follows(run *connect.Run) *walk { return &walk{world: w, run: run} }

// waits until the Run is in a state.
func (k *walk) waits(until func(connect.State) bool) connect.State {
	k.Helper()
	for !until(k.latest) {
		next, err := k.run.Next(k.Context(), k.latest.Version)
		if err != nil {
			k.Fatal(err)
		}
		if k.latest.Phase.Over() && next.Phase != k.latest.Phase {
			k.Fatalf("%s after it was over", next.Phase)
		}
		k.latest = next
		for _, x := range []any{next, &next, next.Question, next.Exit, next.Err, next.Last} {
			fmt.Fprintf(&k.shown, "%v %+v %#v %s\n", x, x, x, x)
		}
		if next.Phase.Over() {
			break
		}
	}
	return k.latest
}

// asks waits for a question of a kind.
func (k *walk) asks(kind connect.Kind) *connect.Question {
	k.Helper()
	k.latest.Question = nil
	s := k.waits(func(s connect.State) bool { return s.Question != nil })
	if s.Question == nil || s.Question.Kind != kind {
		k.Fatalf("asks %+v in phase %s with %v %v, want %s", s.Question, s.Phase, s.Exit, s.Err, kind)
	}
	if s.Phase != connect.Asking || s.Page != "" {
		k.Errorf("a question in %s with page %q", s.Phase, s.Page)
	}
	return s.Question
}

// asksAgain wants the question to say why it was asked again.
func (k *walk) asksAgain(kind connect.Kind, code moneykit.LinkError) *connect.Question {
	k.Helper()
	q := k.asks(kind)
	if r := q.Refusal; r == nil || r.Code != code || r.Message == "" || !strings.HasPrefix(r.RequestID, "req_") {
		k.Fatalf("refusal %+v, want %s", r, code)
	}
	return q
}

func (k *walk) chooses(bank moneykit.InstitutionID) {
	k.Helper()
	k.asks(connect.AskInstitution)
	k.run.Answer(connect.Answer{Institution: bank})
}

func (k *walk) logsIn(username, password string) {
	k.Helper()
	k.asks(connect.AskCredentials)
	k.run.Answer(connect.Answer{Username: username, Password: moneykit.NewSecret(password)})
}

// shares all accounts that are offered.
func (k *walk) shares() {
	k.Helper()
	var ids []string
	for _, a := range k.asks(connect.AskAccounts).Accounts {
		ids = append(ids, a.ID)
	}
	k.run.Answer(connect.Answer{Accounts: ids})
}

// ends waits until the Run is over, in a phase, and that it told no secret.
func (k *walk) ends(phase connect.Phase, secrets ...string) connect.State {
	k.Helper()
	s := k.waits(func(s connect.State) bool { return s.Phase.Over() })
	if s.Phase != phase || s.Question != nil || s.Page != "" {
		k.Fatalf("%s with %v %v, question %v, page %q; want %s", s.Phase, s.Exit, s.Err, s.Question, s.Page, phase)
	}
	if (s.Err != nil) != (phase == connect.Failed) || s.Exit != nil && phase != connect.Left {
		k.Errorf("%s with exit %v and error %v", s.Phase, s.Exit, s.Err)
	}
	if phase == connect.Connected && (s.Last == nil || s.Last.ID != s.Link || s.Last.State != moneykit.Connected) {
		k.Errorf("link %s, last %+v", s.Link, s.Last)
	}
	for _, secret := range append(secrets, "mk_ls_", "mk_ex_") {
		if strings.Contains(k.shown.String(), secret) {
			k.Errorf("the Run tells %q", secret)
		}
	}
	return s
}

// leftWith waits until the Run is over because of a refusal.
func (k *walk) leftWith(code moneykit.LinkError) {
	k.Helper()
	if s := k.ends(connect.Left); s.Exit == nil || s.Exit.Code != code || s.Exit.Message == "" || s.Exit.RequestID == "" {
		k.Errorf("%+v, want %s", s.Exit, code)
	}
}

var someRequest = regexp.MustCompile(`req_\w+`)

// story writes events with their properties, one a line.
func story(events []connect.Event) string {
	var b strings.Builder
	for _, e := range events {
		properties := e.Properties
		if properties == nil {
			properties = map[string]any{}
		}
		text, err := json.Marshal(properties)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "%s %s\n", e.Name, someRequest.ReplaceAll(text, []byte("req_")))
	}
	return b.String()
}

// wire answers some calls itself, and all else as the Sandbox does.
type wire struct {
	box http.RoundTripper

	mu     sync.Mutex
	answer func(*http.Request) (*http.Response, error) // nil, and nil responses, for the Sandbox's
	hosts  []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	answer := w.answer
	w.hosts = append(w.hosts, r.URL.Host)
	w.mu.Unlock()
	if answer != nil {
		if res, err := answer(r); res != nil || err != nil {
			return res, err
		}
	}
	return w.box.RoundTrip(r)
}

// at lets calls of a method and a path be answered otherwise.
func (w *wire) at(call string, answer func(*http.Request) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = func(r *http.Request) (*http.Response, error) {
		if strings.HasPrefix(r.Method+" "+r.URL.Path, call) {
			return answer(r)
		}
		return nil, nil
	}
}

// mend lets the Sandbox answer everything.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = nil
}

func status(code int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		header := http.Header{"X-Request-Id": {"req_broken"}}
		for i := 0; i < len(headers); i += 2 {
			header.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// silence answers when nobody waits any more.
func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}
