package termsafe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/hinshun/vt10x"
)

func TestLine(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":             {"Blue Bottle", "Blue Bottle"},
		"wide":              {"東京メトロ", "東京メトロ"},
		"accents":           {"Crêperie, cafe\u0301", "Crêperie, cafe\u0301"},
		"escape":            {"\x1b[31mred", "␛[31mred"},
		"OSC 8":             {"\x1b]8;;http://x\x07y", "␛]8;;http://x␇y"},
		"C1 as UTF-8":       {"a\u009b31mb", "a␦31mb"},
		"C1 as a byte":      {"a\x9b31mb", "a\ufffd31mb"},
		"DEL":               {"a\x7fb", "a␡b"},
		"carriage return":   {"abc\rX", "abc␍X"},
		"newline and tab":   {"a\nb\tc", "a␊b␉c"},
		"NUL":               {"a\x00b", "a␀b"},
		"right to left":     {"\u202egnp.exe", "⍰gnp.exe"},
		"isolates":          {"\u2066a\u2069", "⍰a⍰"},
		"zero width":        {"a\u200bb\u200cc\u200dd", "a⍰b⍰c⍰d"},
		"byte order mark":   {"\ufeffa", "⍰a"},
		"soft hyphen":       {"a\u00adb", "a⍰b"},
		"separators":        {"a\u2028b\u2029c", "a⍰b⍰c"},
		"tag characters":    {"a\U000e0041b", "a⍰b"},
		"private use":       {"a\ue000b", "a⍰b"},
		"variation":         {"❤\ufe0f", "❤"},
		"invalid UTF-8":     {"a\xff\xc3(b", "a\ufffd\ufffd(b"},
		"hangul filler":     {"a\u3164b", "a⍰b"},
		"surrogate in CESU": {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Line(c.in); got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	got := fmt.Sprintf("%q", Lines("a\tb\r\nc\x1bd\ne\rf"))
	if want := `["a    b" "c␛d" "e␍f"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestJSONStaysTheSame(t *testing.T) {
	in := "{\n  \"a\": \"x\u202ey\u009bz\U000e0041 東京\"\n}"
	out := strings.Join(JSON(in), "\n")
	for _, r := range out {
		if r != '\n' && !drawable(r) {
			t.Errorf("%U is left in %q", r, out)
		}
	}
	var before, after map[string]string
	if err := json.Unmarshal([]byte(in), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &after); err != nil {
		t.Fatalf("%q is no JSON any more: %v", out, err)
	}
	if before["a"] != after["a"] {
		t.Errorf("%q became %q", before["a"], after["a"])
	}
}

func TestPlainTextIsNotCopied(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Line("Payroll Acme Inc") }); n != 0 {
		t.Errorf("plain text costs %v allocations", n)
	}
}

// frame is a program that draws one line between two others and leaves.
type frame struct{ line string }

func (f frame) Init() tea.Cmd                       { return tea.Quit }
func (f frame) Update(tea.Msg) (tea.Model, tea.Cmd) { return f, nil }

func (f frame) View() tea.View {
	return tea.NewView("above\n[" + ansi.Truncate(f.line, 60, "…") + "]\nbelow\nend")
}

// draw returns the bytes that the program sends to a terminal.
func draw(t *testing.T, line string) []byte {
	t.Helper()
	var out bytes.Buffer
	_, err := tea.NewProgram(frame{line}, tea.WithInput(nil), tea.WithOutput(&out), tea.WithWindowSize(80, 6),
		tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignalHandler()).Run()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sequences returns the kinds of control sequences in a stream: their final
// bytes and prefixes, without the numbers.
func sequences(stream []byte) map[string]bool {
	kinds := map[string]bool{}
	var state byte
	parser := ansi.NewParser()
	for len(stream) > 0 {
		seq, width, n, next := ansi.DecodeSequence(stream, state, parser)
		if width == 0 && len(seq) > 0 && unicode.IsControl(rune(seq[0])) {
			kind := fmt.Sprintf("%q", seq)
			if cmd := parser.Command(); len(seq) > 1 && cmd != 0 {
				kind = fmt.Sprintf("%q %x", seq[:min(2, len(seq))], cmd)
			}
			kinds[kind] = true
		}
		if n == 0 {
			panic(fmt.Sprintf("the decoder is stuck at %q", stream))
		}
		stream, state = stream[n:], next
	}
	return kinds
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"Blue Bottle", "\x1b[2J\x1b[H", "\x1b]0;x\x07", "\x1b]8;;http://x\x1b\\y", "a\u009b31mb", "\x9b31m",
		"abc\rX", "\u202egnp", "a\u200bb", "東京メトロ", "e\u0301\u0301", "👩‍👩‍👧 ❤️", "\xff\xfe", "\x00\x7f", "\u2028", "\x0e\x0f",
	} {
		f.Add(s)
	}
	// What the renderer sends for texts that are beyond suspicion.
	honest := []string{
		"Blue Bottle", "東京メトロ x", "é é", "👩 x", strings.Repeat("x", 58), strings.Repeat("東", 29),
		strings.Repeat(" ", 40) + "x", "x" + strings.Repeat(" ", 40), "",
	}
	benign := map[string]bool{}
	f.Fuzz(func(t *testing.T, s string) {
		if len(benign) == 0 {
			for _, text := range honest {
				maps.Copy(benign, sequences(draw(t, text)))
			}
		}
		safe := Line(s)
		if !utf8.ValidString(safe) {
			t.Fatalf("Line(%q) = %q is not UTF-8", s, safe)
		}
		for _, r := range safe {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("Line(%q) = %q holds %U", s, safe, r)
			}
		}
		if Line(safe) != safe {
			t.Fatalf("Line is not done with %q", safe)
		}
		stream := draw(t, safe)
		for kind := range sequences(stream) {
			if !benign[kind] {
				t.Fatalf("%q made the program send %s:\n%q", s, kind, stream)
			}
		}
		screen := vt10x.New(vt10x.WithSize(80, 6))
		// As a terminal's driver does with what is not raw.
		_, _ = screen.Write(bytes.ReplaceAll(stream, []byte("\n"), []byte("\r\n")))
		lines := strings.Split(screen.String(), "\n")
		if !strings.HasPrefix(lines[0], "above") || !strings.HasPrefix(lines[1], "[") || !strings.HasPrefix(lines[2], "below") {
			t.Fatalf("%q painted over its neighbours:\n%s", s, screen.String())
		}
	})
}
