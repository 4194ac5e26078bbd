package record

import (
	"bytes"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/parser"
)

// drawing takes what draws from what is written to a terminal. What makes a terminal
// send something, such as an answer or the mouse's moves, and what fills its clipboard
// is left out: a recording is replayed on a terminal whose owner did not ask for that.
type drawing struct {
	parser *ansi.Parser
	half   []byte // of a character that was written in part
	piece  []byte // of a sequence that was written in part
	leave  bool   // the piece out
	drawn  []byte // kept for its memory
}

// longestQuestion is far above what of a sequence tells whether it asks.
const longestQuestion = 1 << 10

func newDrawing() *drawing {
	d := &drawing{parser: ansi.NewParser()}
	d.parser.SetDataSize(longestQuestion)
	d.parser.SetHandler(ansi.Handler{
		Execute:   func(b byte) { d.leaveIf(asksByControl(b)) },
		HandleEsc: func(cmd ansi.Cmd) { d.leaveIf(int(cmd) == 'Z') }, // asks what the terminal is
		HandleCsi: func(cmd ansi.Cmd, params ansi.Params) {
			d.leaveIf(asks(cmd) || asksWindow(cmd, params) || setsInput(cmd, params))
		},
		HandleDcs: func(cmd ansi.Cmd, _ ansi.Params, _ []byte) { d.leaveIf(asksByString(cmd)) },
		HandleOsc: func(cmd int, data []byte) { d.leaveIf(cmd == clipboard || asksByCommand(cmd, data)) },
	})
	return d
}

func (d *drawing) leaveIf(asks bool) { d.leave = d.leave || asks }

// of returns what draws of p and of what was written in part before. Bytes that are no
// UTF-8 become U+FFFD. What is returned lasts until the next call.
func (d *drawing) of(p []byte) []byte {
	d.drawn = d.drawn[:0]
	d.half = append(d.half, p...)
	rest := d.half
	for utf8.FullRune(rest) {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		d.take(r)
	}
	d.half = append(d.half[:0], rest...)
	return d.drawn
}

// lastControl is followed by characters that no sequence is made of.
const lastControl = 0x9f

func (d *drawing) take(r rune) {
	d.piece = utf8.AppendRune(d.piece, r)
	if r <= lastControl {
		d.parser.Advance(byte(r))
	}
	if d.parser.State() != parser.GroundState {
		return
	}
	if !d.leave {
		d.drawn = append(d.drawn, d.piece...)
	}
	d.piece, d.leave = d.piece[:0], false
}

// asksByControl is about single control characters.
func asksByControl(b byte) bool { return b == ansi.ENQ || b == ansi.SCI }

// asks reports whether the terminal answers.
func asks(cmd ansi.Cmd) bool {
	switch int(cmd) {
	case 'c', ansi.Command('>', 0, 'c'), ansi.Command('=', 0, 'c'), // what it is
		ansi.Command('>', 0, 'q'),      // its name and version
		'n', ansi.Command('?', 0, 'n'), // its state, where its cursor is, and whether it is dark
		ansi.Command(0, '$', 'p'), ansi.Command('?', '$', 'p'), // whether a mode is on
		ansi.Command('?', 0, 'u'), ansi.Command('?', 0, 'm'), // how it sends keys
		'x', ansi.Command(0, '$', 'w'), ansi.Command(0, '$', 'u'), // its settings
		ansi.Command(0, '*', 'y'), ansi.Command('?', 0, 'S'): // what is on screen, and which graphics it has
		return true
	}
	return false
}

// asksWindow is about questions for sizes, places and titles.
func asksWindow(cmd ansi.Cmd, params ansi.Params) bool {
	const first, last = 11, 21
	what, _, _ := params.Param(0, 0)
	return int(cmd) == 't' && what >= first && what <= last
}

// setsInput reports whether it is only about what the terminal sends: how keys, the
// mouse, pastes and other events are told.
func setsInput(cmd ansi.Cmd, params ansi.Params) bool {
	switch int(cmd) {
	case ansi.Command('>', 0, 'u'), ansi.Command('<', 0, 'u'), ansi.Command('=', 0, 'u'), // the keys of Kitty
		ansi.Command('>', 0, 'm'), ansi.Command('>', 0, 'n'): // the keys of xterm
		return true
	case ansi.Command('?', 0, 'h'), ansi.Command('?', 0, 'l'):
		for i := range params {
			if mode, _, _ := params.Param(i, 0); !isInput(ansi.DECMode(mode)) {
				return false
			}
		}
		return len(params) > 0
	}
	return false
}

func isInput(mode ansi.DECMode) bool {
	switch mode {
	case ansi.ModeMouseX10, ansi.ModeMouseNormal, ansi.ModeMouseHighlight, ansi.ModeMouseButtonEvent, ansi.ModeMouseAnyEvent,
		ansi.ModeMouseExtUtf8, ansi.ModeMouseExtSgr, ansi.ModeMouseExtUrxvt, ansi.ModeMouseExtSgrPixel,
		ansi.ModeFocusEvent, ansi.ModeBracketedPaste, ansi.ModeLightDark, ansi.ModeInBandResize:
		return true
	}
	return false
}

// asksByString is about questions for capabilities and settings.
func asksByString(cmd ansi.Cmd) bool {
	return cmd.Final() == 'q' && (cmd.Intermediate() == '+' || cmd.Intermediate() == '$')
}

// clipboard is the command that fills or reads the clipboard.
const clipboard = 52

// asksByCommand is about questions for colours and the like: they have a question mark
// in the place of what they would set.
func asksByCommand(cmd int, data []byte) bool {
	const titleAndIcon, icon, title, hyperlink = 0, 1, 2, 8 // are followed by any text
	switch cmd {
	case titleAndIcon, icon, title, hyperlink:
		return false
	}
	for field := range bytes.SplitSeq(data, []byte{';'}) {
		if bytes.Equal(field, []byte{'?'}) || bytes.HasSuffix(field, []byte("=?")) {
			return true
		}
	}
	return false
}
