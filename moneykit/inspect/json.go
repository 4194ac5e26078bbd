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
	text  string
	next  int    // where the rest of text begins
	keyed string // member of the outermost object whose members are named by ids
	lines []Line
}

// spot is where a value is in a body.
type spot struct {
	depth int
	key   string // the nearest one above, "" if there is none or it is an id
	open  bool   // all keys above may be shown
	keyed bool   // members are named by ids
}

// appendJSON pretty-prints text, which has to be valid JSON.
func appendJSON(lines []Line, text, keyed string) []Line {
	p := &printer{text: text, keyed: keyed, lines: lines}
	p.value("", spot{open: true})
	return p.lines
}

// value prints the value that comes next. before begins its first line.
func (p *printer) value(before string, at spot) {
	p.skipSpace()
	start := p.next
	switch p.text[start] {
	case '{', '[':
		if at.depth == maxDepth {
			p.skipValue()
			p.scalar(before, compact(p.text[start:p.next]), spot{})
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
func (p *printer) scalar(before, value string, at spot) {
	if at.open && at.key != "" {
		p.lines = append(p.lines, Line{Kind: Text, Before: before + value})
		return
	}
	p.lines = append(p.lines, Line{Kind: Text, Before: before, Value: value, Hidden: true})
}

// container prints an object or a list.
func (p *printer) container(before string, at spot) {
	opening, closing := p.text[p.next:p.next+1], "]"
	if opening == "{" {
		closing = "}"
	}
	p.next++
	if p.skipSpace(); p.text[p.next:p.next+1] == closing {
		p.next++
		p.scalar(before, opening+closing, at)
		return
	}
	p.lines = append(p.lines, Line{Kind: Text, Before: before + opening})
	for more := true; more; more = p.comma() {
		if opening == "{" {
			p.member(at)
		} else {
			p.value(indented(at.depth+1), spot{depth: at.depth + 1, key: at.key, open: at.open})
		}
	}
	p.next++ // closing
	p.lines = append(p.lines, Line{Kind: Text, Before: indented(at.depth) + closing})
}

// member prints a key, which is always shown, and its value.
func (p *printer) member(at spot) {
	p.skipSpace()
	start := p.next
	p.skipString()
	raw := p.text[start:p.next]
	p.skipSpace()
	p.next++ // colon
	below := spot{depth: at.depth + 1, open: at.open}
	if !at.keyed {
		below.key = unquote(raw)
		below.open = at.open && allowedField(at.key, below.key)
		below.keyed = at.depth == 0 && below.key == p.keyed
	}
	p.value(indented(below.depth)+raw+": ", below)
}

// comma takes the comma after a value, if there is one, into the value's line.
func (p *printer) comma() bool {
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
	end := strings.IndexAny(p.text[p.next:], ",]} \t\r\n")
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
