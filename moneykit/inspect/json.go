package inspect

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxDepth is how deep objects and lists are taken apart. What is deeper is one
// hidden value.
const maxDepth = 200

// deepestIndent bounds the room that the indentation of many short lines takes.
const deepestIndent = 40

// printer writes JSON with one scalar a line. It works on the text itself: all
// tokens stay as they came, numbers to the last digit. The text is known to be
// valid.
type printer struct {
	text   []byte
	next   int    // where the rest of text begins
	mark   int    // where the text of the next line begins
	keyed  string // member of the outermost object whose members are named by ids
	limits limits
	room   int // for lines
	rest   int // bytes of text that there was no room for; above 0 it has stopped
	lines  []Line
}

// spot is where a value is in a body.
type spot struct {
	depth int
	key   string // the nearest one above, "" if there is none or it is an id
	open  bool   // all keys above may be shown
	keyed bool   // members are named by ids
}

// appendJSON pretty-prints text, which has to be valid JSON.
func appendJSON(lines []Line, text []byte, keyed string, to limits) []Line {
	p := &printer{text: text, keyed: keyed, limits: to, room: to.lines, lines: lines}
	p.value("", spot{open: true})
	if p.rest > 0 {
		p.lines = append(p.lines, restLine(p.rest))
	}
	return p.lines
}

// add prints a line, or stops where there is no room for it.
func (p *printer) add(line Line) {
	switch {
	case p.rest > 0:
	case p.room == 0:
		p.rest = len(p.text) - p.mark
	default:
		p.room--
		p.lines = append(p.lines, line)
	}
}

// value prints the value that comes next. before begins its first line.
func (p *printer) value(before string, at spot) {
	p.skipSpace()
	start := p.next
	switch p.text[start] {
	case '{', '[':
		if at.depth == maxDepth {
			p.skipValue()
			p.scalar(before, p.compacted(p.text[start:p.next]), spot{})
			return
		}
		p.container(before, at)
	case '"':
		p.skipString()
		p.scalar(before, p.text[start:p.next], at)
	default:
		p.skipLiteral()
		p.scalar(before, p.text[start:p.next], at)
	}
}

// scalar prints what has no parts. One without a key is hidden: nothing tells
// what it is.
func (p *printer) scalar(before string, raw []byte, at spot) {
	value := cut(raw, p.limits.value)
	if at.open && at.key != "" {
		p.add(Line{Kind: Text, Before: before + value})
		return
	}
	p.add(Line{Kind: Text, Before: before, Value: value, Hidden: true})
}

// compacted spares itself the work where the value is cut anyway.
func (p *printer) compacted(raw []byte) []byte {
	if len(raw) > p.limits.value {
		return raw
	}
	return []byte(compact(string(raw)))
}

// container prints an object or a list.
func (p *printer) container(before string, at spot) {
	both := "[]"
	if p.text[p.next] == '{' {
		both = "{}"
	}
	p.next++
	if p.skipSpace(); p.text[p.next] == both[1] {
		p.next++
		p.scalar(before, []byte(both), at)
		return
	}
	p.add(Line{Kind: Text, Before: before + both[:1]})
	for more := p.rest == 0; more; more = p.comma() {
		p.skipSpace()
		p.mark = p.next
		if both == "{}" {
			p.member(at)
		} else {
			p.value(indented(at.depth+1), spot{depth: at.depth + 1, key: at.key, open: at.open})
		}
	}
	p.mark = p.next
	p.next++ // closing
	p.add(Line{Kind: Text, Before: indented(at.depth) + both[1:]})
}

// member prints a key, which is always shown, and its value.
func (p *printer) member(at spot) {
	start := p.next
	p.skipString()
	raw := p.text[start:p.next]
	p.skipSpace()
	p.next++ // colon
	below := spot{depth: at.depth + 1, open: at.open}
	if !at.keyed {
		below.key = unquote(string(raw))
		below.open = at.open && allowedField(at.key, below.key)
		below.keyed = at.depth == 0 && below.key == p.keyed
	}
	p.value(indented(below.depth)+cut(raw, p.limits.value)+": ", below)
}

// comma takes the comma after a value, if there is one, into the value's line.
func (p *printer) comma() bool {
	if p.rest > 0 {
		return false
	}
	if p.skipSpace(); p.text[p.next] != ',' {
		return false
	}
	p.next++
	p.lines[len(p.lines)-1].After = ","
	return true
}

func (p *printer) skipSpace() {
	for p.next < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.next]) >= 0 {
		p.next++
	}
}

func (p *printer) skipString() {
	for p.next++; p.text[p.next] != '"'; p.next++ {
		if p.text[p.next] == '\\' {
			p.next++
		}
	}
	p.next++
}

// skipLiteral passes a number, true, false or null.
func (p *printer) skipLiteral() {
	end := bytes.IndexAny(p.text[p.next:], ",]} \t\r\n")
	if end < 0 {
		end = len(p.text) - p.next
	}
	p.next += end
}

// skipValue passes an object or a list as a whole.
func (p *printer) skipValue() {
	for depth := 0; ; {
		switch p.text[p.next] {
		case '"':
			p.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		p.next++
		if depth == 0 {
			return
		}
	}
}

// indented returns the room before what is depth deep. It allocates nothing.
func indented(depth int) string {
	const room = "                                                                                " // deepestIndent times indent
	return room[:len(indent)*min(depth, deepestIndent)]
}

func unquote(raw string) string {
	if !strings.Contains(raw, `\`) {
		return raw[1 : len(raw)-1]
	}
	var key string
	_ = json.Unmarshal([]byte(raw), &key) // raw is valid
	return key
}

func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) != nil {
		return text
	}
	return b.String()
}
