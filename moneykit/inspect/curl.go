package inspect

import (
	"strings"
	"unicode"
)

const (
	hiddenText = "[hidden]" // stands in a command for a value that was not revealed
	notKept    = "[no longer kept]"
)

// Curl returns the exchange as a shell command. shown reports whether the
// operator has revealed the i-th line of [Show]; nil means that none is. Values
// that are hidden on screen are left out, all others are whole, and the access token and the client
// secret are taken from MONEYKIT_TOKEN and MONEYKIT_CLIENT_SECRET of the shell
// that runs the command.
func Curl(e Entry, shown func(i int) bool) string {
	c := command{sheet: newSheet(e, unlimited()), shown: shown}
	args := []string{"curl -sS -X " + word(e.Method) + " " + quote(c.url(e.Method))}
	if e.headersGone {
		args = append(args, "-H "+quote(notKept))
	}
	if e.RequestHeader.Get("Authorization") != "" {
		args = append(args, `-H "Authorization: Bearer $MONEYKIT_TOKEN"`)
	}
	for _, name := range []string{"Accept", "Content-Type", "MoneyKit-Version", "X-Client-Id"} {
		if value := e.RequestHeader.Get(name); value != "" {
			args = append(args, "-H "+quote(name+": "+value))
		}
	}
	args = append(args, c.data()...)
	if len(e.RequestBody) == 0 && e.Sent() > 0 {
		args = append(args, "--data-raw "+quote(notKept))
	}
	return strings.Join(args, " \\\n  ")
}

// command puts together what the operator sees of a request.
type command struct {
	sheet *sheet
	shown func(i int) bool
}

// line returns the text of line i, with stand for a value that is hidden.
func (c command) line(i int, stand string) string {
	return c.sheet.lines[i].with(stand, c.revealed(i))
}

// revealed reports whether the operator has revealed line i. A line of the body
// that [Show] leaves out cannot be: its number is that of another line there.
func (c command) revealed(i int) bool {
	most := MaxLines
	if c.sheet.format == textBody {
		most = maxTextLines
	}
	return c.shown != nil && i < c.sheet.body.from+most && c.shown(i)
}

func (c command) url(method string) string {
	var b strings.Builder
	lead := method + " "
	for i := c.sheet.address.from; i < c.sheet.address.to; i++ {
		b.WriteString(strings.TrimPrefix(c.line(i, hiddenText), lead))
		lead = indent
	}
	return b.String()
}

func (c command) data() (args []string) {
	switch c.sheet.format {
	case jsonBody:
		return []string{"--data-raw " + quote(compact(c.lines(`"`+hiddenText+`"`)))}
	case textBody:
		return []string{"--data-raw " + quote(c.lines(hiddenText))}
	case formBody:
		for i := c.sheet.body.from; i < c.sheet.body.to; i++ {
			args = append(args, "--data-urlencode "+c.field(i))
		}
	}
	return args
}

// lines joins the lines of the body.
func (c command) lines(stand string) string {
	var lines []string
	for i := c.sheet.body.from; i < c.sheet.body.to; i++ {
		lines = append(lines, c.line(i, stand))
	}
	return strings.Join(lines, "\n")
}

// field returns one field of a form.
func (c command) field(i int) string {
	name, value, _ := strings.Cut(c.line(i, hiddenText), " = ")
	if name == "client_secret" {
		return `"client_secret=$MONEYKIT_CLIENT_SECRET"`
	}
	return quote(name + "=" + value)
}

// quote makes one word of s for any POSIX shell. In single quotes nothing but
// the quote itself means anything.
func quote(s string) string {
	return "'" + strings.ReplaceAll(strings.Map(pasteable, s), "'", `'\''`) + "'"
}

// word leaves the quotes away where none are needed.
func word(s string) string {
	for _, c := range s {
		if c < 'A' || c > 'Z' {
			return quote(s)
		}
	}
	return s
}

// pasteable replaces control characters: a terminal could take them for the
// end of what is pasted, and a word cannot hold a NUL. JSON has none.
func pasteable(c rune) rune {
	if unicode.IsControl(c) && c != '\n' && c != '\t' {
		return unicode.ReplacementChar
	}
	return c
}
