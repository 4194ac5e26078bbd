package privacy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// maxBody is above what the largest page weighs. More is not masked and does not pass.
const maxBody = 16 << 20

// unreadable stands for a body that could not be masked. It is no JSON, so that the
// client finds the fault.
const unreadable = "{"

// Transport masks the answers of next, and reveals in requests what it masked.
func (m *Mask) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{m, next}
}

type transport struct {
	mask *Mask
	next http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	op, sent, err := t.mask.revealed(req)
	if err != nil {
		return nil, err
	}
	got, err := t.next.RoundTrip(sent)
	if got != nil && got.Body != nil {
		defer func() { _ = got.Body.Close() }()
	}
	switch {
	case err != nil:
		return nil, withoutWords(err)
	case got == nil:
		return nil, errors.New("the transport gave neither an answer nor an error")
	}
	return t.mask.response(op, req, got), nil
}

// response makes an answer to req out of one to the request that was sent.
func (m *Mask) response(op *operation, req *http.Request, got *http.Response) *http.Response {
	res := &http.Response{
		StatusCode: got.StatusCode, Status: fmt.Sprintf("%d %s", got.StatusCode, http.StatusText(got.StatusCode)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: m.header(got.Header), Body: http.NoBody, Request: req,
	}
	body, err := read(got.Body)
	if err != nil {
		res.Body, res.ContentLength = io.NopCloser(broken{withoutWords(err)}), -1
		return res
	}
	if len(body) == 0 {
		return res
	}
	by := problem
	if got.StatusCode/100 == 2 {
		by = op.answer
	}
	clean := []byte(unreadable)
	if len(body) <= maxBody {
		if copied, err := m.answer(body, got.StatusCode, by); err == nil {
			clean = copied
		}
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(clean)), int64(len(clean))
	res.Header.Set("Content-Type", "application/json")
	res.Header.Set("Content-Length", strconv.Itoa(len(clean)))
	return res
}

func read(body io.Reader) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(body, maxBody+1))
}

// broken is a body that breaks off before it begins.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// header keeps what the client reads, where it says no more than it should.
func (m *Mask) header(got http.Header) http.Header {
	kept := http.Header{}
	keep := func(name, value string, harmless bool) {
		if value != "" && harmless {
			kept.Set(name, value)
		}
	}
	keep("X-Request-Id", m.ID(got.Get("X-Request-Id")), true)
	version, date, wait := got.Get("MoneyKit-Version"), got.Get("Date"), got.Get("Retry-After")
	keep("MoneyKit-Version", version, isMoment(version))
	keep("Date", date, isDate(date))
	keep("Retry-After", wait, isDate(wait) || isSeconds(wait))
	return kept
}

func isDate(value string) bool {
	_, err := http.ParseTime(value)
	return err == nil
}

func isSeconds(value string) bool {
	_, err := strconv.ParseUint(value, 10, 31)
	return err == nil
}
