// Package connect takes an operator through Connect, the part of MoneyKit in
// which a bank asks its customer to log in.
//
// A [Run] is one pass: it opens a link session, asks what the bank asks, and
// ends with a link. This one drives the embedded Sandbox, which answers for
// Connect over HTTP; it does not open a browser.
package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"till/moneykit"
)

const (
	timeout = 15 * time.Second
	maxBody = 1 << 20
)

// Kind is what a bank wants to know next.
type Kind string

// The kinds of question.
const (
	AskInstitution Kind = "institution"
	AskCredentials Kind = "credentials" // a username and a password
	AskOAuth       Kind = "oauth"       // allow or deny on the bank's own page
	AskCode        Kind = "code"        // a one-time code
	AskText        Kind = "text"
	AskChoice      Kind = "choice" // one of Options
	Nothing        Kind = "done"   // Finish may be called
)

// Question is what a bank asks. Its texts are the bank's and have to be made
// safe before they are drawn.
type Question struct {
	Kind        Kind     `json:"kind"`
	Prompt      string   `json:"prompt"`
	Options     []string `json:"options"`
	Answer      string   `json:"answer"` // the right one, when the Sandbox tells it
	Institution struct {
		ID   moneykit.InstitutionID `json:"id"`
		Name string                 `json:"name"`
	} `json:"institution"`
}

// Input is all that was entered so far.
type Input struct {
	Institution moneykit.InstitutionID
	Username    string
	Password    moneykit.Secret
	Answers     []string // to code, text and choice questions, in order
	Deny        bool     // refuse at the bank's own page
}

// Refusal says why the bank or Connect did not go on.
type Refusal struct {
	Code      moneykit.LinkError `json:"error_code"`
	Message   string             `json:"displayed_message"`
	RequestID string             `json:"request_id"`
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("connect: %s: %s (request %s)", r.Code, r.Message, r.RequestID)
}

// Run is one pass through Connect.
type Run struct {
	client  *moneykit.Client
	http    *http.Client
	session *moneykit.LinkSession
	relink  moneykit.LinkID // empty for a new link
}

// Start opens a link session for request. The Run talks to the server that
// client talks to, through transport; nil stands for the default one.
func Start(ctx context.Context, client *moneykit.Client, transport http.RoundTripper, request moneykit.LinkSessionRequest) (*Run, error) {
	session, err := client.CreateLinkSession(ctx, request)
	if err != nil {
		return nil, err
	}
	return &Run{
		client: client, session: session, relink: request.ExistingLinkID,
		// A redirect would carry the password to another place, so none is followed.
		http: &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}, nil
}

// Next returns what the bank asks after what was entered so far. It commits
// nothing. A *Refusal says that the input was wrong.
func (r *Run) Next(ctx context.Context, in Input) (Question, error) {
	var q Question
	err := r.post(ctx, "/sandbox/connect/next", in, &q)
	return q, err
}

// Finish hands in everything and returns the link: the one that was relinked,
// or the new one, whose token it has exchanged.
func (r *Run) Finish(ctx context.Context, in Input) (moneykit.LinkID, error) {
	var done struct {
		Token string `json:"exchangeable_token"`
	}
	if err := r.post(ctx, "/sandbox/connect", in, &done); err != nil {
		return "", err
	}
	if r.relink != "" {
		return r.relink, nil
	}
	link, err := r.client.ExchangeToken(ctx, moneykit.NewSecret(done.Token))
	if err != nil {
		return "", err
	}
	return link.LinkID, nil
}

func (r *Run) post(ctx context.Context, route string, in Input, out any) error {
	call := moneykit.Call{Method: http.MethodPost, Route: route}
	body, err := json.Marshal(map[string]any{
		"link_session_token": r.session.Token.Reveal(), "institution_id": in.Institution,
		"username": in.Username, "password": in.Password.Reveal(), "answers": in.Answers, "deny": in.Deny,
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(r.client.BaseURL(), "/")+route, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := r.http.Do(req)
	if err != nil {
		if withURL := (*url.Error)(nil); errors.As(err, &withURL) {
			err = withURL.Err
		}
		return &moneykit.ConnectionError{Call: call, Err: err}
	}
	defer func() { _ = res.Body.Close() }()
	call.RequestID = res.Header.Get("X-Request-Id")
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return &moneykit.ResponseError{Call: call, Status: res.StatusCode, Reason: "the answer broke off", Err: err}
	}
	if res.StatusCode != http.StatusOK {
		refusal := &Refusal{RequestID: call.RequestID}
		if json.Unmarshal(answer, refusal) == nil && refusal.Code != "" {
			return refusal
		}
		return &moneykit.ResponseError{Call: call, Status: res.StatusCode, Reason: fmt.Sprintf("unexpected status %d", res.StatusCode)}
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &moneykit.ResponseError{Call: call, Status: res.StatusCode, Reason: "the answer is not the JSON it should be", Err: err}
	}
	return nil
}
