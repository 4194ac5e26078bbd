package inspect

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"strings"
)

// maxTextLines bounds what is shown of a body whose format is not known.
const maxTextLines = 200

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
func appendBody(lines []Line, body []byte, contentType, keyed string) ([]Line, format) {
	if len(body) == 0 {
		return lines, noBody
	}
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "application/x-www-form-urlencoded" {
		if fields, ok := formLines(string(body)); ok {
			return append(lines, fields...), formBody
		}
	}
	if json.Valid(body) {
		return appendJSON(lines, string(body), keyed), jsonBody
	}
	return append(lines, textLines(string(body))...), textBody
}

// formLines refuses what does not look like a form: names are shown, and text
// of another kind would pass for one.
func formLines(body string) (lines []Line, ok bool) {
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
		lines = append(lines, line)
	}
	return lines, true
}

// textLines hides each line of a body that may be anything.
func textLines(body string) (lines []Line) {
	more := true
	for more && len(lines) < maxTextLines {
		var line string
		line, body, more = strings.Cut(body, "\n")
		lines = append(lines, Line{Kind: Text, Value: line, Hidden: true})
	}
	if more {
		lines = append(lines, Line{Kind: Text, Before: fmt.Sprintf("… and %s more", size(len(body)))})
	}
	return lines
}
