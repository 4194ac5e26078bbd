package views

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"till/ui/cell"
)

// hostile texts stand where a bank's names and descriptions should be: they
// would clear the screen, set the title, hide text, write backwards, or take
// more room than there is.
var hostile = []string{
	`\u001b[2J\u001b[HPWNED`, `\u001b]0;title\u0007`, `\u001b]8;;http://evil.example\u0007click\u001b]8;;\u0007`,
	`\u009b31mC1`, `\u202egnp.exe`, `a\u200bb\u200dc\ufeff`, `line\r\nbreak\ttab\u0000nul`, `\u2028separator`,
	`東京メトロ株式会社の長い長い名前が続く`, `👩‍👩‍👧‍👦 family ❤️`, `e\u0301\u0301\u0301\u0301`,
	strings.Repeat("long", 80), ``,
}

var texts = regexp.MustCompile(`"(name|nickname|institution_name|description|raw_description|account_mask|error_message|provider|category|value|webhook|account_type|currency|` +
	`street|city|region|postal_code|country|number|address|ticker|isin|account_number|routing_number|wire_routing_number|iban|bic|sort_code)":"[^"]*"|"names":\["[^"]*"`)

// poison answers as the Sandbox does, with hostile texts in place of its own.
func poison(w *wire, seed uint64) func(*http.Request) (*http.Response, error) {
	random := rand.New(rand.NewPCG(seed, 7))
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/auth/token") {
			return nil, nil
		}
		res, err := w.sandbox.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		body = texts.ReplaceAllFunc(body, func(field []byte) []byte {
			value := bytes.LastIndexByte(field[:len(field)-1], '"') + 1
			return []byte(string(field[:value]) + hostile[random.IntN(len(hostile))] + `"`)
		})
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return res, nil
	}
}

// TestEveryScreenFitsAndStaysSafe walks all screens at many sizes with hostile
// text in them: no panic, exactly the terminal's lines and cells, and nothing
// in the frame but text and its colours.
func TestEveryScreenFitsAndStaysSafe(t *testing.T) {
	t.Parallel()
	var marks atomic.Int64
	t.Cleanup(func() {
		if marks.Load() == 0 {
			t.Error("no frame showed a mark: the hostile texts did not get through")
		}
	})
	for i, s := range screens() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 2))
			in(t, 80, 24, func(t *testing.T, w *world) {
				w.Press(s.keys...)
				sizes := [][2]int{{60, 16}, {80, 24}, {119, 30}, {120, 40}, {200, 60}, {59, 16}, {1, 1}}
				for range 12 {
					sizes = append(sizes, [2]int{random.IntN(201), random.IntN(61)})
				}
				for _, size := range sizes {
					w.Resize(size[0], size[1])
					checkFrame(t, w.Styled(), size[0], size[1])
					marks.Add(int64(strings.Count(w.Frame(), "␛") + strings.Count(w.Frame(), "⍰")))
				}
			}, func(w *world) { w.wire.fault = poison(w.wire, uint64(i)) })
		})
	}
}

var colour = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func checkFrame(t *testing.T, frame string, w, h int) {
	t.Helper()
	if w == 0 || h == 0 {
		if frame != "" {
			t.Fatalf("a terminal of %d×%d shows %q", w, h, frame)
		}
		return
	}
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Fatalf("%d lines on a terminal of %d×%d:\n%s", len(lines), w, h, ansi.Strip(frame))
	}
	for i, line := range lines {
		if cell.Width(line) != w {
			t.Fatalf("line %d has %d cells on a terminal of %d×%d: %q", i, cell.Width(line), w, h, line)
		}
		for _, r := range colour.ReplaceAllString(line, "") {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("line %d holds %U: %q", i, r, line)
			}
		}
	}
}
