package connect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/sandbox"
)

const (
	credentialsBank = moneykit.InstitutionID("moneykit-creds-bank")
	oauthBank       = moneykit.InstitutionID("moneykit-oauth-bank")
	instantBank     = moneykit.InstitutionID("moneykit-instant-bank")
)

// world is a Sandbox and a client of it.
type world struct {
	*testing.T
	box    *sandbox.Sandbox
	client *moneykit.Client
}

// in runs test in a world of its own, on the clock of a synctest bubble.
func in(t *testing.T, test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, box: sandbox.New()}
		w.client = newClient(t, w.box.Transport())
		test(w)
	})
}

func newClient(t *testing.T, rt http.RoundTripper) *moneykit.Client {
	t.Helper()
	client, err := moneykit.New(moneykit.Credentials{
		ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
	}, moneykit.WithTransport(rt))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// expired finds the seeded link at a bank whose login has expired.
func (w *world) expired(bank moneykit.InstitutionID) moneykit.LinkID {
	w.Helper()
	for _, id := range w.box.LinkIDs() {
		link, err := w.client.Link(w.Context(), moneykit.LinkID(id))
		if err != nil {
			w.Fatal(err)
		}
		if link.InstitutionID == bank && link.State != moneykit.Deleted && !link.LastSyncedAt.IsZero() {
			if link, err = w.client.ResetLink(w.Context(), link.ID); err != nil || link.ErrorCode != moneykit.AuthExpired {
				w.Fatalf("%+v, %v", link, err)
			}
			return link.ID
		}
	}
	w.Fatalf("no link at %s", bank)
	return ""
}

func (w *world) start(r moneykit.LinkSessionRequest) *connect.Run {
	w.Helper()
	r.CustomerUser.ID, r.RedirectURI = "user_1001", "https://app.example/back"
	run, err := connect.Start(w.Context(), w.client, w.box.Transport(), r)
	if err != nil {
		w.Fatal(err)
	}
	return run
}

func (w *world) link(id moneykit.LinkID) *moneykit.Link {
	w.Helper()
	link, err := w.client.Link(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return link
}

func login(user, password string, answers ...string) connect.Input {
	return connect.Input{Username: user, Password: moneykit.NewSecret(password), Answers: answers}
}

// refused wants err to be a refusal with a code, a message and a request id,
// that tells nothing of what was entered.
func refused(t testing.TB, err error, code moneykit.LinkError, secrets ...string) {
	t.Helper()
	refusal := (*connect.Refusal)(nil)
	if !errors.As(err, &refusal) {
		t.Fatalf("want %s, got %T %v", code, err, err)
	}
	if refusal.Code != code || refusal.Message == "" || !strings.HasPrefix(refusal.RequestID, "req_") {
		t.Errorf("want %s, got %+v", code, refusal)
	}
	for _, s := range append(secrets, "mk_ls_", "mk_ex_") {
		if text := fmt.Sprintf("%v %+v %s", err, *refusal, err); strings.Contains(text, s) {
			t.Errorf("%q tells %q", text, s)
		}
	}
}

func TestRelinkWithEveryLogin(t *testing.T) {
	for _, x := range []struct {
		user, password string
		answers, wrong []string
		kinds          []connect.Kind // of the questions after the login
		tells          []string
	}{
		{"user_good", "pass_good", nil, nil, nil, nil},
		{"user_1", "pass_good", nil, nil, nil, nil},
		{"user_2", "pass_good", nil, nil, nil, nil},
		{"user_good", "mfa_device", []string{"1234"}, []string{"4321"}, []connect.Kind{connect.AskCode}, []string{""}},
		{"user_good", "mfa_question", []string{"Hello", "World"}, []string{"Hello", "world"}, []connect.Kind{connect.AskText, connect.AskText}, []string{"Hello", "World"}},
		{"user_good", "mfa_selections", []string{"Blue"}, []string{"Red"}, []connect.Kind{connect.AskChoice}, []string{"Blue"}},
	} {
		t.Run(x.user+" "+x.password, func(t *testing.T) {
			in(t, func(w *world) {
				id := w.expired(credentialsBank)
				run := w.start(moneykit.LinkSessionRequest{ExistingLinkID: id})
				q, err := run.Next(w.Context(), connect.Input{})
				if err != nil || q.Kind != connect.AskCredentials || q.Institution.ID != credentialsBank || q.Institution.Name == "" {
					w.Fatalf("%+v, %v", q, err)
				}
				for i, kind := range x.kinds {
					q, err := run.Next(w.Context(), login(x.user, x.password, x.answers[:i]...))
					if err != nil || q.Kind != kind || q.Answer != x.tells[i] || q.Prompt == "" {
						w.Errorf("question %d: %+v, %v", i, q, err)
					}
					if kind == connect.AskChoice && !slices.Contains(q.Options, x.answers[i]) {
						w.Errorf("options %v", q.Options)
					}
					_, err = run.Finish(w.Context(), login(x.user, x.password, x.answers[:i]...))
					refused(t, err, moneykit.UserInputIncorrect, x.password)
				}
				if x.wrong != nil {
					_, err := run.Next(w.Context(), login(x.user, x.password, x.wrong...))
					refused(t, err, moneykit.UserInputIncorrect, x.password, x.wrong[0])
					_, err = run.Finish(w.Context(), login(x.user, x.password, x.wrong...))
					refused(t, err, moneykit.UserInputIncorrect, x.password, x.wrong[0])
				}
				all := login(x.user, x.password, x.answers...)
				if q, err = run.Next(w.Context(), all); err != nil || q.Kind != connect.Nothing {
					w.Fatalf("%+v, %v", q, err)
				}
				if link := w.link(id); link.State != moneykit.InError {
					w.Errorf("Next committed something: %s", link.State)
				}
				got, err := run.Finish(w.Context(), all)
				if err != nil || got != id {
					w.Fatalf("%v, %v", got, err)
				}
				if link := w.link(id); link.State != moneykit.Connecting {
					w.Errorf("right after: %s", link.State)
				}
				time.Sleep(5 * time.Second)
				if link := w.link(id); link.State != moneykit.Connected || link.ErrorCode != "" {
					w.Errorf("later: %s %s", link.State, link.ErrorCode)
				}
				_, err = run.Finish(w.Context(), all)
				refused(t, err, "session_not_found", x.password)
			})
		})
	}
}

func TestWrongLogins(t *testing.T) {
	in(t, func(w *world) {
		id := w.expired(credentialsBank)
		run := w.start(moneykit.LinkSessionRequest{ExistingLinkID: id})
		for _, pair := range [][2]string{
			{"user_good", "wrong_secret"}, {"wrong_user", "pass_good"}, {"user_1", "mfa_device"}, {"USER_GOOD", "pass_good"}, {"user_good", ""}, {"", "pass_good"},
		} {
			_, err := run.Next(w.Context(), login(pair[0], pair[1]))
			refused(w, err, moneykit.InvalidCredentials, "wrong_secret", "wrong_user")
			_, err = run.Finish(w.Context(), login(pair[0], pair[1]))
			refused(w, err, moneykit.InvalidCredentials, "wrong_secret", "wrong_user")
		}
		_, err := run.Finish(w.Context(), connect.Input{})
		refused(w, err, moneykit.InvalidCredentials)
		if link := w.link(id); link.ErrorCode != moneykit.AuthExpired {
			w.Errorf("%s %s", link.State, link.ErrorCode)
		}
		if _, err := run.Finish(w.Context(), login("user_good", "pass_good")); err != nil {
			w.Errorf("a session survives wrong logins: %v", err)
		}
	})
}

func TestRelinkAtTheBanksOwnPage(t *testing.T) {
	in(t, func(w *world) {
		id := w.expired(oauthBank)
		run := w.start(moneykit.LinkSessionRequest{ExistingLinkID: id, InstitutionID: credentialsBank}) // the link wins
		q, err := run.Next(w.Context(), connect.Input{})
		if err != nil || q.Kind != connect.AskOAuth || q.Institution.ID != oauthBank {
			w.Fatalf("%+v, %v", q, err)
		}
		_, err = run.Next(w.Context(), connect.Input{Deny: true})
		refused(w, err, moneykit.UserOAuthDenied)
		_, err = run.Finish(w.Context(), connect.Input{Deny: true})
		refused(w, err, moneykit.UserOAuthDenied)
		if link := w.link(id); link.State != moneykit.InError {
			w.Errorf("denied: %s", link.State)
		}
		if got, err := run.Finish(w.Context(), connect.Input{}); err != nil || got != id {
			w.Fatalf("%v, %v", got, err)
		}
		time.Sleep(5 * time.Second)
		if link := w.link(id); link.State != moneykit.Connected {
			w.Errorf("allowed: %s", link.State)
		}
	})
}

func TestNewLink(t *testing.T) {
	in(t, func(w *world) {
		before := len(w.box.LinkIDs())
		run := w.start(moneykit.LinkSessionRequest{LinkTags: []string{"new"}})
		q, err := run.Next(w.Context(), connect.Input{})
		if err != nil || q.Kind != connect.AskInstitution || !slices.Contains(q.Options, string(instantBank)) {
			w.Fatalf("%+v, %v", q, err)
		}
		_, err = run.Finish(w.Context(), connect.Input{})
		refused(w, err, "institution_required")
		_, err = run.Next(w.Context(), connect.Input{Institution: "no-bank"})
		refused(w, err, "institution_not_found")
		if q, err := run.Next(w.Context(), connect.Input{Institution: instantBank}); err != nil || q.Kind != connect.Nothing {
			w.Fatalf("%+v, %v", q, err)
		}
		id, err := run.Finish(w.Context(), connect.Input{Institution: instantBank})
		if err != nil {
			w.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		link := w.link(id)
		if link.State != moneykit.Connected || link.InstitutionID != instantBank || !slices.Equal(link.LinkTags, []string{"new"}) {
			w.Errorf("%+v", link)
		}
		if after := w.box.LinkIDs(); len(after) != before+1 || after[before] != string(id) {
			w.Errorf("%d links, were %d", len(after), before)
		}
	})
}

func TestSessionsThatCannotStart(t *testing.T) {
	in(t, func(w *world) {
		for _, r := range []moneykit.LinkSessionRequest{
			{ExistingLinkID: "mk_none"}, {ExistingLinkID: moneykit.LinkID(w.box.LinkIDs()[11])}, {InstitutionID: "no-bank"},
		} {
			r.CustomerUser.ID, r.RedirectURI = "user_1001", "https://app.example/back"
			run, err := connect.Start(w.Context(), w.client, w.box.Transport(), r)
			if run != nil || !errors.Is(err, moneykit.ForbiddenConfig) || moneykit.RequestID(err) == "" {
				w.Errorf("%+v: %v", r, err)
			}
		}
	})
}

func TestLinkDeletedMeanwhile(t *testing.T) {
	in(t, func(w *world) {
		id := w.expired(credentialsBank)
		run := w.start(moneykit.LinkSessionRequest{ExistingLinkID: id})
		if _, err := w.client.DeleteLink(w.Context(), id); err != nil {
			w.Fatal(err)
		}
		_, err := run.Next(w.Context(), connect.Input{})
		refused(w, err, "link_deleted", string(id))
	})
}

// wire answers Connect's own calls with answer, and all else as the Sandbox does.
type wire struct {
	box    http.RoundTripper
	answer func(*http.Request) (*http.Response, error)
	hosts  []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.hosts = append(w.hosts, r.URL.Host)
	if strings.HasPrefix(r.URL.Path, "/sandbox/connect") {
		return w.answer(r)
	}
	return w.box.RoundTrip(r)
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

func TestAnswersThatMakeNoSense(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"HTML":              status(200, "<html>"),
		"half of it":        status(200, `{"kind":"cre`),
		"a proxy's page":    status(502, "<html>"),
		"no code":           status(404, `{"detail":"Not Found"}`),
		"null":              status(500, `null`),
		"too large":         status(200, `{"kind":"`+strings.Repeat("x", 1<<20)+`"}`),
		"moved for good":    status(301, "", "Location", "https://evil.example/"),
		"moved, ask again":  status(307, "", "Location", "https://evil.example/"),
		"moved permanently": status(308, `{}`, "Location", "https://evil.example/"),
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(w *world) {
				broken := &wire{box: w.box.Transport(), answer: answer}
				run, err := connect.Start(w.Context(), w.client, broken, moneykit.LinkSessionRequest{
					CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
				})
				if err != nil {
					w.Fatal(err)
				}
				_, err = run.Next(w.Context(), login("user_good", "pass_good"))
				if e := (*moneykit.ResponseError)(nil); !errors.As(err, &e) || e.RequestID != "req_broken" || e.Method != http.MethodPost {
					w.Fatalf("%T %v", err, err)
				}
				for _, s := range []string{"pass_good", "mk_ls_"} {
					if strings.Contains(err.Error(), s) {
						w.Errorf("%v tells %q", err, s)
					}
				}
				if slices.Contains(broken.hosts, "evil.example") {
					w.Error("the password went elsewhere")
				}
			})
		})
	}
}

// The header has the request id where the body does not.
func TestRefusalWithoutARequestID(t *testing.T) {
	in(t, func(w *world) {
		bare := &wire{box: w.box.Transport(), answer: status(422, `{"error_code":"user_error","displayed_message":"No."}`)}
		run, err := connect.Start(w.Context(), w.client, bare, moneykit.LinkSessionRequest{
			CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
		})
		if err != nil {
			w.Fatal(err)
		}
		_, err = run.Next(w.Context(), connect.Input{})
		if refusal := (*connect.Refusal)(nil); !errors.As(err, &refusal) || *refusal != (connect.Refusal{Code: "user_error", Message: "No.", RequestID: "req_broken"}) {
			w.Errorf("%v", err)
		}
	})
}

func TestCancelAndTimeout(t *testing.T) {
	in(t, func(w *world) {
		silent := &wire{box: w.box.Transport(), answer: func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		run, err := connect.Start(w.Context(), w.client, silent, moneykit.LinkSessionRequest{
			CustomerUser: moneykit.CustomerUser{ID: "user_1"}, RedirectURI: "https://app.example/back",
		})
		if err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithCancel(w.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := run.Finish(ctx, login("user_good", "pass_good"))
			ended <- err
		}()
		synctest.Wait()
		cancel()
		err = <-ended
		if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) || !errors.Is(err, context.Canceled) {
			w.Errorf("%T %v", err, err)
		}
		began := time.Now()
		_, err = run.Next(w.Context(), connect.Input{})
		if e := (*moneykit.ConnectionError)(nil); !errors.As(err, &e) || time.Since(began) != 15*time.Second {
			w.Errorf("%T %v after %v", err, err, time.Since(began))
		}
	})
}
