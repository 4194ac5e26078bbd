package moneykit

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
)

// Response is what every result says of the answer it came in. On objects
// inside another result it is zero.
type Response struct {
	RequestID string // X-Request-Id
	Version   string // MoneyKit-Version that the server used
	Body      []byte // the JSON as it came
}

func (r *Response) answered(with Response) { *r = with }

// request is one call before it is sent.
type request struct {
	method string
	route  string   // path template
	args   []string // values for the template's {…}, in order
	query  url.Values
	body   any // encoded as JSON, nil for none
	want   int // the status that means success
}

func (r request) path() (string, error) {
	args := r.args
	parts := strings.Split(r.route, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		// Servers and proxies fold such parts: another operation would answer.
		if args[0] == "" || args[0] == "." || args[0] == ".." {
			return "", fmt.Errorf("moneykit: %s %s: no id has the form of the one given for %s", r.method, r.route, part)
		}
		parts[i] = url.PathEscape(args[0])
		args = args[1:]
	}
	return strings.Join(parts, "/"), nil
}

// call sends r and decodes the answer into a new T.
func call[T any, P interface {
	*T
	answered(Response)
}](ctx context.Context, c *Client, r request) (*T, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	status, resp, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	out := new(T)
	if len(resp.Body) > 0 || r.want != http.StatusNoContent {
		if err := json.Unmarshal(resp.Body, out); err != nil {
			return nil, &ResponseError{
				Call:   Call{Method: r.method, Route: r.route, RequestID: resp.RequestID},
				Status: status, Reason: "the answer is not the JSON it should be", Err: err,
			}
		}
	}
	P(out).answered(resp)
	return out, nil
}

// do sends r with a token and, when that token turns out to have expired, once
// more with a new one.
func (c *Client) do(ctx context.Context, r request) (int, Response, error) {
	token, err := c.tokens.get(ctx)
	if err != nil {
		return 0, Response{}, err
	}
	status, resp, err := c.attempt(ctx, r, token)
	if !errors.Is(err, ExpiredAccessToken) {
		return status, resp, err
	}
	token, err = c.tokens.renew(ctx, token)
	if err != nil {
		return 0, Response{}, err
	}
	return c.attempt(ctx, r, token)
}

func (c *Client) attempt(ctx context.Context, r request, token Secret) (int, Response, error) {
	call := Call{Method: r.method, Route: r.route}
	req, err := c.newRequest(ctx, r)
	if err != nil {
		return 0, Response{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	res, err := c.http.Do(req)
	if err != nil {
		return 0, Response{}, newConnectionError(call, err)
	}
	defer func() { _ = res.Body.Close() }()

	resp := Response{RequestID: res.Header.Get("X-Request-Id"), Version: res.Header.Get("MoneyKit-Version")}
	call.RequestID = resp.RequestID
	resp.Body, err = readBody(call, res)
	if err != nil {
		return 0, Response{}, err
	}
	if res.StatusCode != r.want {
		return res.StatusCode, resp, newError(call, res.StatusCode, res.Header, resp.Body)
	}
	return res.StatusCode, resp, nil
}

func readBody(call Call, res *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, &ResponseError{Call: call, Status: res.StatusCode, Reason: "the answer broke off", Err: err}
	case len(body) > maxBody:
		return nil, &ResponseError{Call: call, Status: res.StatusCode, Reason: "the answer is larger than 32 MB"}
	}
	return body, nil
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	path, err := r.path()
	if err != nil {
		return nil, err
	}
	target := strings.TrimSuffix(c.base.String(), "/") + path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	c.setHeaders(req)
	return req, nil
}

func (c *Client) setHeaders(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("MoneyKit-Version", Version)
	req.Header.Set("User-Agent", c.userAgent)
}
