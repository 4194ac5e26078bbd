package privacy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var (
	errBeside    = errors.New("requests beside the API are refused while privacy is on")
	errParameter = errors.New("this cannot be asked for while privacy is on")
	errSearch    = errors.New("institutions cannot be searched by name while privacy is on")
	errInvented  = errors.New("an address in the request is an invented one; turn privacy off to change it")
	errBody      = errors.New("the body of the request cannot be read")
)

// barred is for what a request may not say.
var barred = &ruling{}

// revealed returns the operation that req is for, and the request to send for it.
func (m *Mask) revealed(req *http.Request) (*operation, *http.Request, error) {
	op, path := find(req.Method, strings.Split(req.URL.EscapedPath(), "/"))
	if op == nil {
		return nil, nil, errBeside
	}
	sent := req.Clone(req.Context())
	if err := m.revealPath(sent.URL, op, path); err != nil {
		return nil, nil, err
	}
	query, err := m.revealQuery(req.URL.RawQuery, op)
	if err != nil {
		return nil, nil, err
	}
	sent.URL.RawQuery = query
	return op, sent, m.revealBody(sent, op)
}

// find returns the operation at the end of a path, whose beginning belongs to the
// server. Of several it is the longest, and then the one with the fewest ids.
func find(method string, path []string) (found *operation, _ []string) {
	length, ids := 0, 0
	for i := range operations {
		op := &operations[i]
		route := strings.Split(op.route, "/")[1:]
		if op.method != method || !ends(path, route) {
			continue
		}
		braces := strings.Count(op.route, "{")
		if found == nil || len(route) > length || len(route) == length && braces < ids {
			found, length, ids = op, len(route), braces
		}
	}
	if found == nil || slices.ContainsFunc(path[:len(path)-length], func(part string) bool { return part == "sandbox" || part == "connect" }) {
		return nil, nil
	}
	return found, path
}

func ends(path, route []string) bool {
	if len(path) <= len(route) {
		return false
	}
	for i, part := range path[len(path)-len(route):] {
		if part == "" || !strings.HasPrefix(route[i], "{") && part != route[i] {
			return false
		}
	}
	return true
}

func (m *Mask) revealPath(target *url.URL, op *operation, path []string) error {
	route := strings.Split(op.route, "/")[1:]
	path = slices.Clone(path)
	own := path[len(path)-len(route):]
	for i, part := range route {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		pseudonym, err := url.PathUnescape(own[i])
		if err != nil {
			return errBeside
		}
		own[i] = url.PathEscape(m.Reveal(pseudonym))
	}
	escaped := strings.Join(path, "/")
	whole, err := url.PathUnescape(escaped)
	if err != nil {
		return errBeside
	}
	target.Path, target.RawPath = whole, escaped
	return nil
}

func (m *Mask) revealQuery(raw string, op *operation) (string, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return "", errParameter
	}
	for name, values := range query {
		switch op.query[name] {
		case masked:
			for i := range values {
				values[i] = m.Reveal(values[i])
			}
		case given:
		case barred:
			return "", errSearch
		default:
			return "", errParameter
		}
	}
	return query.Encode(), nil
}

// revealBody reveals the ids in a body. One without a ruling goes out as it is.
func (m *Mask) revealBody(sent *http.Request, op *operation) error {
	if sent.Body == nil || sent.Body == http.NoBody || op.body == nil {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(sent.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		return errBody
	}
	if inventedAddress.Match(body) {
		return errInvented
	}
	if body, err = m.reveal(body, op.body); err != nil {
		return errBody
	}
	sent.ContentLength = int64(len(body))
	sent.Body = io.NopCloser(bytes.NewReader(body))
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}
