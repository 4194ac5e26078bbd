package record

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// left are sequences that a recording does not hold.
var left = []string{
	ansi.RequestPrimaryDeviceAttributes, ansi.RequestSecondaryDeviceAttributes, ansi.RequestTertiaryDeviceAttributes, "\x1bZ", "\x05",
	ansi.RequestNameVersion, "\x1b[5n", ansi.RequestCursorPositionReport, ansi.RequestExtendedCursorPositionReport,
	ansi.RequestLightDarkReport, ansi.RequestModeSynchronizedOutput, ansi.RequestModeUnicodeCore, "\x1b[4$p",
	ansi.RequestKittyKeyboard, ansi.QueryModifyOtherKeys, "\x1b[18t", "\x1b[14;2t", "\x1b[21t", "\x1b[1x", "\x1b[1$w", "\x1b[?1;1;0S",
	ansi.RequestBackgroundColor, ansi.RequestForegroundColor, ansi.RequestCursorColor, "\x1b]4;1;?\x1b\\", "\x1b]21;foreground=?\x07",
	ansi.RequestTermcap("RGB", "Tc"), "\x1bP$qm\x1b\\",
	ansi.SetSystemClipboard("a secret"), ansi.RequestSystemClipboard, ansi.SetPrimaryClipboard(strings.Repeat("long ", 5000)), "\x1b]52;c;AAAA\x1b\\",
	"\u009b6n", "\u009d52;c;AAAA\u009c", "\u009a",
	ansi.PushKittyKeyboard(1), ansi.PopKittyKeyboard(1), ansi.KittyKeyboard(1, 1), ansi.SetModifyOtherKeys2, ansi.ResetModifyOtherKeys,
	ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr, ansi.ResetModeMouseAnyEvent, ansi.SetModeFocusEvent, ansi.SetModeBracketedPaste,
	ansi.SetModeInBandResize, ansi.SetModeLightDark, "\x1b[?1002;1006h",
}

// kept are sequences and texts that a recording holds as they are.
var kept = []string{
	"text", "a\r\n\tb\b", "✓ ● ░ 銀行 👩‍👩‍👧", "\x1b[2J", "\x1b[H", "\x1b[3;4H", "\x1b[1;38;2;1;2;3m", "\x1b[m", "\x1b[?1049h", "\x1b[?25l", "\x1b[?2026h", "\x1b[?2026l",
	"\x1b[2 q", "\x1b[22;0t", "\x1b[23;0t", "\x1b[8;24;80t", "\x1b]0;is it? ✜\x07", "\x1b]2;?\x1b\\", "\x1b]8;;https://till.example/?a=?\x07", "\x1b]11;#102030\x07",
	"\x1b]111\x07", "\x1b]9;4;1;50\x07", "\x1b(0", "\x1b7", "\x1b8", "\x1b[4h", "\x1b[?25;1002h", "\x1bPq#0~\x1b\\", "\x1b[s", "\x1b[u", "\x1b[K", "\x1b[3X", "\x1b_Ga=d\x1b\\",
}

func TestWhatDoesNotDrawIsLeftOut(t *testing.T) {
	for _, sequence := range left {
		if got := drawn("before" + sequence + "after"); got != "beforeafter" {
			t.Errorf("%q is still in %q", sequence, got)
		}
	}
	for _, sequence := range kept {
		if got := drawn("before" + sequence + "after"); got != "before"+sequence+"after" {
			t.Errorf("of %q there was %q", sequence, got)
		}
	}
}

func TestBytesThatAreNoTextAreReplaced(t *testing.T) {
	for in, want := range map[string]string{
		"a\xffb":                   "a\ufffdb",
		"a\xe2\x94b":               "a\ufffd\ufffdb",
		"\xe2\x1b]52;c;AAAA\x07ok": "\ufffdok", // a sequence does not hide in half a character
		"\x1b]0;\xc3\x07ok":        "\x1b]0;\ufffd\x07ok",
	} {
		if got := drawn(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// FuzzRecorder writes anything in pieces, with sequences between that are left out.
func FuzzRecorder(f *testing.F) {
	f.Add([]byte("text\x1b[31mred\x1b[m"), []byte{0, 1, 2, 3})
	f.Add([]byte("\x1b]0;\xe2\x9c\x9c\x1b[c"), []byte{7})
	f.Add([]byte("\x1bP\x1b\\\x9b6n\xc2\x9b6n\x05"), []byte{})
	for i := range left {
		f.Add([]byte(left[i]), []byte{byte(i), 0, byte(2 * i), 1})
	}
	f.Fuzz(func(t *testing.T, text, choice []byte) {
		whole := drawn(string(text))
		if !utf8.ValidString(whole) {
			t.Fatalf("%q is no text", whole)
		}
		cuts := make([]string, 0, len(text))
		for i := range text {
			cuts = append(cuts, string(text[i:i+1]))
		}
		if got := drawn(cuts...); got != whole {
			t.Fatalf("byte by byte there is %q, at once %q", got, whole)
		}
		if got := drawn(whole); got != whole {
			t.Fatalf("of %q there is still to leave out: %q", whole, got)
		}
		if plain(text) && whole != string(text) {
			t.Fatalf("%q became %q", text, whole)
		}
		var in, want strings.Builder
		for i, c := range choice {
			if i%2 == 0 {
				in.WriteString(left[int(c)%len(left)])
				continue
			}
			next := kept[int(c)%len(kept)]
			in.WriteString(next)
			want.WriteString(next)
		}
		at := min(len(text), in.Len())
		if got := drawn(in.String()[:at], in.String()[at:]); got != want.String() {
			t.Fatalf("of %q there is %q, want %q", in.String(), got, want.String())
		}
	})
}

// plain reports whether text has no sequences.
func plain(text []byte) bool {
	return utf8.Valid(text) && !slices.ContainsFunc([]rune(string(text)), func(r rune) bool {
		return r < ' ' && r != '\r' && r != '\n' && r != '\t' || r >= 0x7f && r <= lastControl
	})
}

func drawn(pieces ...string) string {
	d, all := newDrawing(), ""
	for _, piece := range pieces {
		all += string(d.of([]byte(piece)))
	}
	return all
}
