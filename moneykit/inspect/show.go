package inspect

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mask stands for a private value.
const Mask = "••••••"

// LineKind says what a Line is.
type LineKind int

// The kinds of lines.
const (
	Title  LineKind = iota // of a section
	Header                 // name: value
	Text
)

// Line is a line of an exchange: Before, Value and After together. All of it is
// as it came over the wire and has to be made safe before it is drawn.
type Line struct {
	Kind                 LineKind
	Before, Value, After string // Value is empty when nothing may be private
	Hidden               bool   // Value is private: Mask stands for it until the operator reveals it
}

// cut bounds each part of the line.
func (l Line) cut(most int) Line {
	l.Before, l.Value, l.After = cut(l.Before, most), cut(l.Value, most), cut(l.After, most)
	return l
}

// with returns the line's text, with stand in place of Value if it is hidden
// and was not revealed.
func (l Line) with(stand string, revealed bool) string {
	if l.Hidden && !revealed {
		return l.Before + stand + l.After
	}
	return l.Before + l.Value + l.After
}

// Show returns an exchange as text in which private values are hidden. Only
// what is on a list is not private. Of a long value and of a body with more
// than [MaxLines] lines it returns the beginning, and says how much there is
// more.
func Show(e Entry) []Line {
	s := newSheet(e, screen())
	s.answer(e)
	return s.lines
}

// sheet is an exchange as lines. It remembers where the parts of the request
// are, so that a command can be made of what the operator sees.
type sheet struct {
	lines   []Line
	limits  limits
	address span // the path and each query parameter
	body    span // of the request
	format  format
}

// span is a stretch of lines.
type span struct{ from, to int }

// newSheet returns the lines of the request alone.
func newSheet(e Entry, to limits) *sheet {
	s := &sheet{limits: to}
	s.title("Request")
	s.address = s.add(addressLines(e)...)
	s.title("Request headers")
	s.headers(e.RequestHeader, e.headersGone, e.lostSent)
	s.title("Request body")
	s.body, s.format = s.addBody(e.RequestBody, e.RequestHeader, "")
	s.missing(e.RequestBody, e.BodiesGone, e.Sent())
	return s
}

func (s *sheet) answer(e Entry) {
	s.title("Response")
	s.outcome(e)
	s.title("Response headers")
	s.headers(e.ResponseHeader, e.headersGone, e.lostReceived)
	s.title("Response body")
	s.addBody(e.ResponseBody, e.ResponseHeader, keyedByID(e.Route))
	s.missing(e.ResponseBody, e.BodiesGone, e.Received())
}

// add appends lines and returns where they are.
func (s *sheet) add(lines ...Line) span {
	from := len(s.lines)
	for _, l := range lines {
		s.lines = append(s.lines, l.cut(s.limits.value))
	}
	return span{from, len(s.lines)}
}

func (s *sheet) addBody(body []byte, header http.Header, keyed string) (span, format) {
	from := len(s.lines)
	lines, format := appendBody(s.lines, body, header.Get("Content-Type"), keyed, s.limits)
	s.lines = lines
	return span{from, len(lines)}, format
}

func (s *sheet) title(text string) { s.add(Line{Kind: Title, Before: text}) }

func (s *sheet) text(text string) { s.add(Line{Kind: Text, Before: text}) }

func (s *sheet) fact(name, value string) { s.add(Line{Kind: Header, Before: name + ": " + value}) }

// missing says why there are no lines of a body, if there are none.
func (s *sheet) missing(body []byte, gone bool, length int) {
	switch {
	case length == 0:
		s.text("none")
	case gone:
		s.text(fmt.Sprintf("The bodies are no longer kept; this one had %s.", size(length)))
	case len(body) == 0: // too large, or secret
		s.text(fmt.Sprintf("The body was not kept; it had %s.", size(length)))
	}
}

func (s *sheet) outcome(e Entry) {
	status := "no answer"
	if e.Status != 0 {
		status = strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status))
	}
	s.fact("Status", status)
	if e.Err != nil {
		s.fact("Error", e.Err.Error())
	}
	if e.RequestID != "" {
		s.fact("Request id", e.RequestID)
	}
	s.fact("Duration", fmt.Sprintf("%.1f ms", float64(e.Duration)/float64(time.Millisecond)))
	s.fact("Attempt", strconv.Itoa(e.Attempt))
	s.fact("Sent", size(e.Sent()))
	s.fact("Received", size(e.Received()))
}

func (s *sheet) headers(header http.Header, gone bool, lost int) {
	switch {
	case gone:
		s.text("The headers are no longer kept.")
	case len(header) == 0 && lost == 0:
		s.text("none")
	}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			s.add(headerLine(name, value))
		}
	}
	if lost > 0 {
		s.text(fmt.Sprintf("… and %s of headers that were not kept", size(lost)))
	}
}

func headerLine(name, value string) Line {
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case canonical == "Authorization": // never revealed, whatever the client left in it
		return Line{Kind: Header, Before: name + ": Bearer [redacted]"}
	case allowedHeader(canonical):
		return Line{Kind: Header, Before: name + ": " + value}
	}
	return Line{Kind: Header, Before: name + ": ", Value: value, Hidden: true}
}

func size(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n) + " bytes"
}
