package theme

import (
	"fmt"
	"image/color"
	"regexp"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
)

var names = [roles]string{
	Text: "text", Strong: "strong", Muted: "muted", Accent: "accent", Good: "good", Warn: "warn",
	Bad: "bad", Info: "info", Border: "border", Key: "key", Chip: "chip", Live: "live",
	Privacy: "privacy", Code: "code",
}

// TestGolden shows every role as a terminal gets it.
func TestGolden(t *testing.T) {
	for _, dark := range []bool{true, false} {
		for _, cursor := range []bool{false, true} {
			name := map[bool]string{true: "dark", false: "light"}[dark] + "_" + map[bool]string{true: "cursor", false: "plain"}[cursor]
			t.Run(name, func(t *testing.T) {
				theme := New(dark)
				var b strings.Builder
				for role, name := range names {
					theme.PaintRow(&b, Role(role), name, cursor)
					b.WriteByte('\n')
				}
				golden.RequireEqual(t, b.String())
			})
		}
	}
}

func TestPaintIsPaintRowOffTheCursor(t *testing.T) {
	theme := New(true)
	for role, name := range names {
		var row strings.Builder
		theme.PaintRow(&row, Role(role), name, false)
		if painted := theme.Paint(Role(role), name); painted != row.String() {
			t.Errorf("%s: Paint gives %q, PaintRow %q", name, painted, row.String())
		}
		if ansi.Strip(row.String()) != name {
			t.Errorf("%s: the text became %q", name, row.String())
		}
	}
	if theme.Paint(Bad, "") != "" {
		t.Error("an empty text is painted")
	}
}

// Segments are joined: none may leave its colours on behind itself.
func TestEverySegmentEnds(t *testing.T) {
	for _, dark := range []bool{true, false} {
		theme := New(dark)
		for role, name := range names {
			for _, cursor := range []bool{false, true} {
				var b strings.Builder
				theme.PaintRow(&b, Role(role), name, cursor)
				if s := b.String(); s != name && !strings.HasSuffix(s, name+reset) {
					t.Errorf("%s is not reset: %q", name, s)
				}
			}
		}
	}
}

var colours = regexp.MustCompile(`[34]8;5;\d+|\b(3|4|9|10)\d\b`)

// withoutColour returns what starts a role on a terminal that has attributes
// but no colours.
func withoutColour(theme *Theme, role Role, cursor int) string {
	return strings.Trim(colours.ReplaceAllString(theme.open[cursor][role], ""), "\x1b[m;")
}

func TestWhatMattersShowsWithoutColour(t *testing.T) {
	for _, dark := range []bool{true, false} {
		theme := New(dark)
		for _, cursor := range []int{0, 1} {
			plain := withoutColour(theme, Text, cursor)
			for _, role := range []Role{Strong, Key, Chip, Live, Privacy} {
				if got := withoutColour(theme, role, cursor); got == plain {
					t.Errorf("%s looks like any text without colours", names[role])
				}
			}
			if live, chip := withoutColour(theme, Live, cursor), withoutColour(theme, Chip, cursor); live == chip {
				t.Errorf("live and chip look the same without colours: %q", live)
			}
		}
	}
}

func TestTheCursorRowFitsTheBackground(t *testing.T) {
	brightness := func(dark bool) float64 {
		var code int
		if _, err := fmt.Sscanf(New(dark).open[1][Text], "\x1b[48;5;%dm", &code); err != nil {
			t.Fatalf("the cursor row starts with %q", New(dark).open[1][Text])
		}
		r, g, b, _ := color.Color(lipgloss.ANSIColor(code)).RGBA()
		return float64(r+g+b) / 3 / 0xffff
	}
	if dark, light := brightness(true), brightness(false); dark > 0.3 || light < 0.7 {
		t.Errorf("the cursor row is %.2f bright on a dark background and %.2f on a light one", dark, light)
	}
	for role, name := range names {
		dark, light := New(true), New(false)
		if dark.open[0][role] != light.open[0][role] {
			t.Errorf("%s depends on the background off the cursor row", name)
		}
		if dark.open[1][role] == light.open[1][role] || dark.open[1][role] == dark.open[0][role] {
			t.Errorf("%s does not show the cursor row's background", name)
		}
	}
}

func TestModes(t *testing.T) {
	if got := fmt.Sprint(Modes()); got != "[auto dark light]" {
		t.Errorf("the modes are %s", got)
	}
}

func TestALinkIsOneForTheTerminalToo(t *testing.T) {
	got := New(true).Link(Accent, "a page", "http://127.0.0.1:4711/x")
	if !strings.Contains(got, "\x1b]8;;http://127.0.0.1:4711/x") || !strings.Contains(got, "\x1b]8;;\x1b\\") && !strings.Contains(got, "\x1b]8;;\a") {
		t.Errorf("%q", got)
	}
	if plain := ansi.Strip(got); plain != "a page" || ansi.StringWidth(got) != 6 {
		t.Errorf("%q", plain)
	}
}
