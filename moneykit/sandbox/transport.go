package sandbox

import (
	"bytes"
	"io"
	"net/http"
)

// Transport returns a RoundTripper that answers in process, whatever host a
// request names. It opens no socket, so a client that uses it can run on the
// clock of testing/synctest.
func (s *Sandbox) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sandbox *Sandbox }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody // as a server would have it
	}
	defer func() { _ = in.Body.Close() }()
	out := &reply{header: http.Header{}, status: http.StatusOK}
	t.sandbox.ServeHTTP(out, in)
	return &http.Response{
		Status: http.StatusText(out.status), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header, Body: io.NopCloser(&out.body), ContentLength: int64(out.body.Len()), Request: r,
	}, nil
}

// reply keeps what a handler writes.
type reply struct {
	header  http.Header
	status  int
	started bool
	body    bytes.Buffer
}

func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) {
	if !r.started {
		r.status, r.started = status, true
	}
}

func (r *reply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}
