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

	"till/moneykit"
)

const maxBody = 1 << 20

// desk is where the Sandbox answers for Connect.
type desk struct {
	base string
	http *http.Client
}

func newDesk(client *moneykit.Client, transport http.RoundTripper) *desk {
	return &desk{base: strings.TrimSuffix(client.BaseURL(), "/"), http: &http.Client{
		Transport: transport, Timeout: callTime,
		// A redirect would carry the password to another place, so none is followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// stage is what comes after what was entered so far.
type stage struct {
	Kind         string           `json:"kind"`
	Prompt       string           `json:"prompt"`
	Options      []string         `json:"options"`
	Answer       string           `json:"answer"`
	Institution  stageInstitution `json:"institution"`
	Institutions []listed         `json:"institutions"`
	Granted      bool             `json:"granted"` // without asking
	Accounts     []OfferedAccount `json:"accounts"`
}

type stageInstitution struct {
	ID      moneykit.InstitutionID `json:"id"`
	Name    string                 `json:"name"`
	Country moneykit.Country       `json:"country"`
}

type listed struct {
	ID      moneykit.InstitutionID `json:"institution_id"`
	Name    string                 `json:"name"`
	Country moneykit.Country       `json:"country"`
}

// question is what the stage asks, nil for nothing.
func (s *stage) question() *Question {
	if s.Kind == "done" {
		return nil
	}
	q := &Question{Kind: Kind(s.Kind), Prompt: s.Prompt, Options: s.Options, Expected: s.Answer, Institution: Institution(s.Institution)}
	for _, i := range s.Institutions {
		q.Institutions = append(q.Institutions, Institution(i))
	}
	return q
}

// next tells what comes after what was entered. It commits nothing. A *Refusal
// says that something was wrong.
func (d *desk) next(ctx context.Context, e entered) (*stage, error) {
	var s stage
	return &s, d.post(ctx, "/sandbox/connect/next", e, &s)
}

// finish hands everything in.
func (d *desk) finish(ctx context.Context, e entered) (outcome, error) {
	var done struct {
		Token string          `json:"exchangeable_token"`
		Link  moneykit.LinkID `json:"link_id"`
	}
	err := d.post(ctx, "/sandbox/connect", e, &done)
	return outcome{token: moneykit.NewSecret(done.Token), link: done.Link}, err
}

// body is what was entered as the Sandbox takes it.
func (e entered) body() ([]byte, error) {
	body := map[string]any{
		"link_session_token": e.session.Reveal(), "institution_id": e.institution,
		"username": e.username, "password": e.password.Reveal(), "answers": e.answers, "deny": e.deny,
	}
	if e.permitted {
		body["products"] = e.products
	}
	if e.chosen {
		body["account_ids"] = e.accounts
	}
	return json.Marshal(body)
}

func (d *desk) post(ctx context.Context, route string, e entered, out any) error {
	call := moneykit.Call{Method: http.MethodPost, Route: route}
	body, err := e.body()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+route, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := d.http.Do(req)
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
		return refused(call, res.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &moneykit.ResponseError{Call: call, Status: res.StatusCode, Reason: "the answer is not the JSON it should be", Err: err}
	}
	return nil
}

// refused reads an answer that is no 200: a refusal, or something that makes no
// sense.
func refused(call moneykit.Call, status int, answer []byte) error {
	var said struct {
		Code      moneykit.LinkError `json:"error_code"`
		Message   string             `json:"displayed_message"`
		RequestID string             `json:"request_id"`
	}
	if json.Unmarshal(answer, &said) != nil || said.Code == "" {
		return &moneykit.ResponseError{Call: call, Status: status, Reason: fmt.Sprintf("unexpected status %d", status)}
	}
	if said.RequestID == "" {
		said.RequestID = call.RequestID
	}
	refusal := Refusal(said)
	return &refusal
}
