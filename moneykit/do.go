package moneykit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
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
	body   any    // encoded as JSON, nil for none
	empty  bool   // success has no body
	open   bool   // needs no token
	secret Secret // that the body carries
}

// private returns what an error must not quote.
func (r request) private() []Secret {
	private := []Secret{r.secret}
	for _, id := range r.args {
		private = append(private, NewSecret(id))
	}
	return private
}

// repeatable reports whether sending r twice does no more than sending it once.
func (r request) repeatable() bool { return r.method != http.MethodPost }

func (r request) path() (string, error) {
	args := r.args
	parts := strings.Split(r.route, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		// Servers and proxies fold such parts: another operation would answer.
		if args[0] == "" || args[0] == "." || args[0] == ".." {
			return "", fmt.Errorf("moneykit: %s %s: what is given for %s is empty or no id", r.method, r.route, part)
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
	if !r.empty {
		fault := ResponseError{Call: Call{Method: r.method, Route: r.route, RequestID: resp.RequestID}, Status: status}
		if err := decode(resp.Body, out); err != nil {
			fault.Reason, fault.Err = "the answer is not the JSON it should be", err
			return nil, &fault
		}
		if v, ok := any(out).(interface{ lacks() string }); ok && v.lacks() != "" {
			fault.Reason = "the answer has no " + v.lacks()
			return nil, &fault
		}
		c.drift.look(r.method+" "+r.route, resp.RequestID, c.now(), out)
	}
	P(out).answered(resp)
	return out, nil
}

// do sends r until there is an answer to keep.
func (c *Client) do(ctx context.Context, r request) (status int, resp Response, err error) {
	if _, err := r.path(); err != nil {
		return 0, Response{}, err
	}
	var token Secret
	if !r.open {
		if token, err = c.tokens.get(ctx); err != nil {
			return 0, Response{}, err
		}
	}
	attempts, acted := 0, false
	once := func(int) error {
		attempts++
		status, resp, err = c.attempt(ctx, r, token, attempts)
		if acted && r.method == http.MethodDelete && status == http.StatusGone {
			err = nil // an earlier attempt did it, and its answer was lost
		}
		acted = acted || mayHaveActed(err)
		return err
	}
	send := func() error {
		if r.repeatable() {
			return c.persist(ctx, once)
		}
		return once(1)
	}
	if errors.Is(send(), ExpiredAccessToken) && !r.open {
		if token, err = c.tokens.renew(ctx, token); err != nil {
			return 0, Response{}, err
		}
		_ = send()
	}
	return status, resp, err
}

// mayHaveActed reports whether the server may have done what an attempt that
// ended in err asked for.
func mayHaveActed(err error) bool {
	refused := (*Error)(nil)
	return err != nil && (!errors.As(err, &refused) || refused.Status >= http.StatusInternalServerError)
}

func (c *Client) attempt(ctx context.Context, r request, token Secret, n int) (int, Response, error) {
	call := Call{Method: r.method, Route: r.route}
	req, err := c.newRequest(attempt{r.route, n}.in(ctx), r)
	if err != nil {
		return 0, Response{}, err
	}
	if r.open {
		req.Header.Set("X-Client-Id", c.clientID)
	} else {
		req.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, Response{}, newConnectionError(call, err)
	}
	body, err := bodyOf(call, res)
	if err != nil {
		return 0, Response{}, err
	}
	resp := Response{RequestID: res.Header.Get("X-Request-Id"), Version: res.Header.Get("MoneyKit-Version"), Body: body}
	call.RequestID = resp.RequestID
	if res.StatusCode/100 == 2 {
		return res.StatusCode, resp, nil // another than documented would still have done it
	}
	resp.Body = without(resp.Body, append(r.private(), token, c.tokens.creds.ClientSecret)...) // errors are shown
	err = newError(call, res.StatusCode, res.Header, resp.Body, c.now())
	c.drift.lookAt(call, err, c.now())
	return res.StatusCode, resp, err
}

// bodyOf returns what the wire has read, unless the HTTP client that the caller
// gave has put a body of its own around it.
func bodyOf(call Call, res *http.Response) ([]byte, error) {
	defer func() { _ = res.Body.Close() }()
	if read, ok := res.Body.(whole); ok {
		return read.all, nil
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, newConnectionError(call, err)
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
	req.Header.Set("MoneyKit-Version", c.version)
	req.Header.Set("User-Agent", c.userAgent)
}
