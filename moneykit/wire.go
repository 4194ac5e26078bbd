package moneykit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	next := w.next
	if next == nil {
		next = http.DefaultTransport
	}
	began, started := w.client.now(), time.Now()
	res, err := next.RoundTrip(req)
	if res != nil {
		w.cleanID(req, res.Header)
	}
	var body []byte
	switch {
	case err == nil && res == nil:
		err = errors.New("the transport gave neither an answer nor an error")
	case err == nil && res.Body != nil:
		body, err = read(req, res)
	}
	took := time.Since(started)
	release()
	w.show(req, res, body, err, began, took)
	if err != nil {
		return nil, err
	}
	res.Body = whole{bytes.NewReader(body), body}
	return res, nil
}

// cleanID takes a secret out of the request id that a server made of it: ids
// are kept, shown and sent to support.
func (w *wire) cleanID(req *http.Request, answer http.Header) {
	id := without([]byte(answer.Get("X-Request-Id")), bearer(req.Header), w.client.tokens.creds.ClientSecret)
	if len(id) > 0 {
		answer.Set("X-Request-Id", string(id))
	}
}

// errPace says that the client's own rate limit leaves no time for a request.
var errPace = errors.New("the client's own rate limit")

// turn waits until the client may send another request.
func (w *wire) turn(ctx context.Context) (release func(), err error) {
	if err := w.client.pace.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", errPace, context.DeadlineExceeded)
	}
	select {
	case w.client.slots <- struct{}{}:
		return func() { <-w.client.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func read(req *http.Request, res *http.Response) ([]byte, error) {
	defer func() { _ = res.Body.Close() }()
	a, _ := req.Context().Value(attemptKey{}).(attempt)
	fault := ResponseError{
		Call:   Call{Method: req.Method, Route: a.route, RequestID: res.Header.Get("X-Request-Id")},
		Status: res.StatusCode,
	}
	body, err := readAll(res)
	switch {
	case err != nil:
		fault.Reason, fault.Err, fault.brokeOff = "the answer broke off", err, true
		return body, &fault
	case len(body) > maxBody:
		fault.Reason = "the answer is larger than 32 MB"
		return body, &fault
	}
	return body, nil
}

// readAll takes no more memory than the answer is long: what is decoded from it keeps
// it for as long as it lives.
func readAll(res *http.Response) ([]byte, error) {
	if res.ContentLength > 0 && res.ContentLength <= maxBody {
		body := make([]byte, res.ContentLength)
		n, err := io.ReadFull(res.Body, body)
		return body[:n], err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	return bytes.Clone(body), err
}

// show tells the observers of one exchange.
func (w *wire) show(req *http.Request, res *http.Response, body []byte, err error, at time.Time, took time.Duration) {
	if len(w.client.observers) == 0 {
		return
	}
	a, _ := req.Context().Value(attemptKey{}).(attempt)
	e := Exchange{
		Call: Call{Method: req.Method, Route: a.route}, ClientID: w.client.clientID, BaseURL: w.client.BaseURL(),
		At: at, Duration: took, Attempt: a.number, URL: req.URL.String(),
		RequestHeader: req.Header.Clone(), RequestBody: sent(req), ResponseBody: body, Err: bare(err),
	}
	e.Sent, e.Received = len(e.RequestBody), len(body)
	if len(body) > maxBody {
		e.ResponseBody = nil
	}
	if res != nil {
		e.Status, e.ResponseHeader, e.RequestID = res.StatusCode, res.Header.Clone(), res.Header.Get("X-Request-Id")
	}
	e.withoutSecrets(w.client.tokens.creds.ClientSecret)
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
