package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
)

// Transport returns a RoundTripper that answers in process, whatever host a
// request names. It opens no socket, so a client that uses it can run on the
// clock of testing/synctest.
func (s *Sandbox) Transport() http.RoundTripper { return transport{s} }

type transport struct{ sandbox *Sandbox }

// RoundTrip recovers from a panic as a server would: other requests go on, and so does
// the program.
func (t transport) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("sandbox: the answer broke off: %v", p)
		}
	}()
	return t.roundTrip(r)
}

func (t transport) roundTrip(r *http.Request) (*http.Response, error) {
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
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if out.reset {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	length, body := int64(out.body.Len()), io.Reader(&out.body)
	if promised, err := strconv.ParseInt(out.header.Get("Content-Length"), 10, 64); err == nil && promised > length {
		length, body = promised, io.MultiReader(body, cutOff{})
	}
	return &http.Response{
		Status: http.StatusText(out.status), StatusCode: out.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}, nil
}

// cutOff is the end of a body that is shorter than its header says.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// reply keeps what a handler writes.
type reply struct {
	header  http.Header
	status  int
	started bool
	reset   bool // in place of an answer
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
