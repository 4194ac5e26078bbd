package moneykit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// maxBody is far above what the largest page of transactions weighs.
const maxBody = 32 << 20

// attempt says which request of which call is on its way.
type attempt struct {
	route  string
	number int
}

type attemptKey struct{}

func (a attempt) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptKey{}, a)
}

// wire carries every request of a client. It keeps to the client's pace, reads
// the whole of each answer and shows it to the observers.
type wire struct {
	client *Client
	next   http.RoundTripper // nil for http.DefaultTransport
}

// whole is an answer's body that has been read.
type whole struct {
	*bytes.Reader
	all []byte
}

func (whole) Close() error { return nil }

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	release, err := w.turn(req.Context())
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	defer release()
	next := w.next
	if next == nil {
		next = http.DefaultTransport
	}
	began, started := w.client.now(), time.Now()
	res, err := next.RoundTrip(req)
	var body []byte
	if err == nil {
		body, err = read(req, res)
	}
	w.show(req, res, body, err, began, time.Since(started))
	if err != nil {
		return nil, err
	}
	res.Body = whole{bytes.NewReader(body), body}
	return res, nil
}

// turn waits until the client may send another request.
func (w *wire) turn(ctx context.Context) (release func(), err error) {
	select {
	case w.client.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release = func() { <-w.client.slots }
	if err := w.client.pace.Wait(ctx); err != nil {
		release()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the client's own rate limit: %w", context.DeadlineExceeded)
	}
	return release, nil
}

func read(req *http.Request, res *http.Response) ([]byte, error) {
	defer func() { _ = res.Body.Close() }()
	a, _ := req.Context().Value(attemptKey{}).(attempt)
	fault := ResponseError{
		Call:   Call{Method: req.Method, Route: a.route, RequestID: res.Header.Get("X-Request-Id")},
		Status: res.StatusCode,
	}
	var body bytes.Buffer
	if res.ContentLength > 0 && res.ContentLength <= maxBody {
		body.Grow(int(res.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		fault.Reason, fault.Err, fault.brokeOff = "the answer broke off", err, true
		return nil, &fault
	case body.Len() > maxBody:
		fault.Reason = "the answer is larger than 32 MB"
		return nil, &fault
	}
	return body.Bytes(), nil
}

// show tells the observers of one exchange.
func (w *wire) show(req *http.Request, res *http.Response, body []byte, err error, at time.Time, took time.Duration) {
	if len(w.client.observers) == 0 {
		return
	}
	a, _ := req.Context().Value(attemptKey{}).(attempt)
	e := Exchange{
		Call: Call{Method: req.Method, Route: a.route}, ClientID: w.client.clientID,
		At: at, Duration: took, Attempt: a.number, URL: req.URL.String(),
		RequestHeader: req.Header.Clone(), RequestBody: sent(req), ResponseBody: body, Err: bare(err),
	}
	if res != nil {
		e.Status, e.ResponseHeader, e.RequestID = res.StatusCode, res.Header.Clone(), res.Header.Get("X-Request-Id")
	}
	if e.RequestHeader.Get("Authorization") != "" {
		e.RequestHeader.Set("Authorization", "Bearer "+redacted)
	}
	if a.route == tokenRoute {
		e.RequestBody, e.ResponseBody = redactedForm(e.RequestBody), redactedToken(e.ResponseBody)
	}
	for _, observe := range w.client.observers {
		observe(req.Context(), e)
	}
}

func sent(req *http.Request) []byte {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	all, _ := io.ReadAll(body) // it is in memory
	return all
}

// redactedForm is the form of a token request without what is secret in it.
func redactedForm(body []byte) []byte {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	for name := range form {
		if !slices.Contains([]string{"grant_type", "scope", "client_id"}, name) {
			form.Set(name, redacted)
		}
	}
	return []byte(form.Encode())
}

// redactedToken is the answer to a token request without what is secret in it:
// of an answer in another form nobody knows where that would be.
func redactedToken(body []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return []byte(redacted)
	}
	known := []string{"token_type", "expires_in", "scope", "error_code", "error_message", "documentation_url", "error"}
	for name := range members {
		if !slices.Contains(known, name) {
			members[name] = json.RawMessage(`"` + redacted + `"`)
		}
	}
	clean, err := json.Marshal(members)
	if err != nil {
		return []byte(redacted)
	}
	return clean
}
