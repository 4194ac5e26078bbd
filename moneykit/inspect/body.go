package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// maxForm is far above what a token request weighs. It also keeps the fields
// of a form below [MaxLines].
const maxForm = 32 << 10

// format says how the lines of a body are to be put together again.
type format int

const (
	noBody   format = iota
	jsonBody        // the lines joined are JSON
	formBody        // name = value
	textBody        // the lines as they are
)

// appendBody appends the lines of a body. keyed names the member of its
// outermost object whose own members are named by ids.
func appendBody(lines []Line, body []byte, contentType, keyed string, to limits) ([]Line, format) {
	if len(body) == 0 {
		return lines, noBody
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind == "application/x-www-form-urlencoded" && len(body) <= maxForm {
		if fields, ok := formLines(string(body), to); ok {
			return append(lines, fields...), formBody
		}
	}
	if json.Valid(body) {
		return appendJSON(lines, body, keyed, to), jsonBody
	}
	return append(lines, textLines(body, to)...), textBody
}

// formLines refuses what does not look like a form: names are shown, and text
// of another kind would pass for one.
func formLines(body string, to limits) (lines []Line, ok bool) {
	for pair := range strings.SplitSeq(body, "&") {
		name, escaped, found := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(escaped)
		if !found || err != nil || !plainName(name) {
			return nil, false
		}
		line := Line{Kind: Text, Before: name + " = ", Value: value, Hidden: true}
		if allowedFormField(name) {
			line = Line{Kind: Text, Before: name + " = " + value}
		}
		lines = append(lines, line.cut(to.value))
	}
	return lines, true
}

// textLines hides each line of a body that may be anything.
func textLines(body []byte, to limits) (lines []Line) {
	more := true
	for more && len(lines) < to.text {
		var line []byte
		line, body, more = bytes.Cut(body, []byte("\n"))
		lines = append(lines, Line{Kind: Text, Value: cut(line, to.value), Hidden: true})
	}
	if more {
		lines = append(lines, restLine(len(body)))
	}
	return lines
}

// restLine stands for the end of a body that is not laid out.
func restLine(length int) Line {
	return Line{Kind: Text, Before: fmt.Sprintf("… and %s more", size(length))}
}
