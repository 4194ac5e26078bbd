package cell

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

const red, plain = "\x1b[31m", "\x1b[m"

func TestWidth(t *testing.T) {
	tests := map[string]int{
		"": 0, "till": 4, " ": 1, "Crédit": 6, "東京": 4, "● ✕ ⟳ ✓": 7, "e\u0301": 1, "👩‍👩‍👧‍👦": 2,
		red + "till" + plain: 4, red + "東" + plain: 2, "−12.00": 6, "…": 1,
	}
	for s, want := range tests {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) is %d, want %d", s, got, want)
		}
	}
}

func TestFitting(t *testing.T) {
	tests := []struct {
		s                          string
		w                          int
		cut, fit, fitRight, center string
	}{
		{"till", 6, "till", "till  ", "  till", " till "},
		{"till", 7, "till", "till   ", "   till", " till  "},
		{"till", 4, "till", "till", "till", "till"},
		{"till", 3, "ti…", "ti…", "ti…", "ti…"},
		{"till", 1, "…", "…", "…", "…"},
		{"till", 0, "", "", "", ""},
		{"till", -3, "", "", "", ""},
		{"", 2, "", "  ", "  ", "  "},
		{"東京駅", 6, "東京駅", "東京駅", "東京駅", "東京駅"},
		{"東京駅", 5, "東京…", "東京…", "東京…", "東京…"},
		{"東京駅", 4, "東…", "東… ", " 東…", "東… "},
		{"東京駅", 1, "…", "…", "…", "…"},
		{"Crédit", 4, "Cré…", "Cré…", "Cré…", "Cré…"},
		{red + "till" + plain, 3, red + "ti…" + plain, red + "ti…" + plain, red + "ti…" + plain, red + "ti…" + plain},
		{red + "ab" + plain, 3, red + "ab" + plain, red + "ab" + plain + " ", " " + red + "ab" + plain, red + "ab" + plain + " "},
	}
	for _, test := range tests {
		for name, got := range map[string][2]string{
			"Cut": {Cut(test.s, test.w), test.cut}, "Fit": {Fit(test.s, test.w), test.fit},
			"FitRight": {FitRight(test.s, test.w), test.fitRight}, "Center": {Center(test.s, test.w), test.center},
		} {
			if got[0] != got[1] {
				t.Errorf("%s(%q, %d) is %q, want %q", name, test.s, test.w, got[0], got[1])
			}
		}
	}
}

func TestBlank(t *testing.T) {
	for _, n := range []int{-1, 0, 1, len(blanks), len(blanks) + 1, 1000} {
		if got := Blank(n); got != strings.Repeat(" ", max(0, n)) {
			t.Errorf("Blank(%d) is %q", n, got)
		}
	}
}

func TestBlock(t *testing.T) {
	tests := []struct {
		lines []string
		w, h  int
		want  string
	}{
		{nil, 2, 2, "  \n  "},
		{[]string{"a", "long"}, 2, 3, "a \nl…\n  "},
		{[]string{"a", "b", "c"}, 1, 2, "a\nb"},
		{[]string{"東"}, 1, 1, "…"},
		{[]string{"a"}, 0, 2, "\n"},
		{[]string{"a"}, 3, 0, ""},
	}
	for _, test := range tests {
		if got := Block(test.lines, test.w, test.h); got != test.want {
			t.Errorf("Block(%q, %d, %d) is %q, want %q", test.lines, test.w, test.h, got, test.want)
		}
	}
}

func TestBeside(t *testing.T) {
	tests := []struct{ left, right, gap, want string }{
		{"a\nb", "c\nd", " │ ", "a │ c\nb │ d"},
		{"a\nb", "c", "  ", "a  c\nb"},
		{"a", "c\nd", "", "ac"},
	}
	for _, test := range tests {
		if got := Beside(test.left, test.right, test.gap); got != test.want {
			t.Errorf("Beside(%q, %q) is %q, want %q", test.left, test.right, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		s    string
		w    int
		want []string
	}{
		{"", 5, []string{""}},
		{"one two", 7, []string{"one two"}},
		{"one two", 6, []string{"one", "two"}},
		{"one two three", 9, []string{"one two", "three"}},
		{"overlong", 5, []string{"overl", "ong"}},
		{"a\nb", 5, []string{"a", "b"}},
		{"東京駅", 4, []string{"東京", "駅"}},
		{"ab", 0, []string{"a", "b"}},
		{"card -", 4, []string{"card", "-"}},
		{"card-", 4, []string{"card", "-"}},
		{"a  b", 9, []string{"a  b"}},
	}
	for _, test := range tests {
		got := Wrap(test.s, test.w)
		if strings.Join(got, "|") != strings.Join(test.want, "|") {
			t.Errorf("Wrap(%q, %d) is %q, want %q", test.s, test.w, got, test.want)
		}
	}
}

// TestWhateverTheText fits texts of everything that a bank's name may hold
// once it is safe to draw.
func TestWhateverTheText(t *testing.T) {
	pieces := []string{
		"a", " ", "word ", "é", "e\u0301", "東", "京都", "ｱ", "👩‍👩‍👧‍👦", "🇩🇪", "❤\ufe0f", "·", "…", "−", "●", "한국", "नमस्ते",
		"\u00a0", red, plain, "\x1b[1;38;5;237m", "", "-", "\u0300",
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		var b strings.Builder
		for range random.IntN(30) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		s, w := b.String(), random.IntN(40)
		for name, f := range map[string]func(string, int) string{"Fit": Fit, "FitRight": FitRight, "Center": Center} {
			if got := f(s, w); Width(got) != w {
				t.Fatalf("%s(%q, %d) is %q, which takes %d cells", name, s, w, got, Width(got))
			}
		}
		cut := Cut(s, w)
		if Width(cut) > w {
			t.Fatalf("Cut(%q, %d) is %q, which takes %d cells", s, w, cut, Width(cut))
		}
		if kept := strings.TrimSuffix(ansi.Strip(cut), ellipsis); !strings.HasPrefix(ansi.Strip(s), kept) {
			t.Fatalf("Cut(%q, %d) is %q, which is no beginning of it", s, w, cut)
		}
		if w > 0 && Width(s) <= w && cut != s {
			t.Fatalf("Cut(%q, %d) is %q though nothing had to go", s, w, cut)
		}
		for _, line := range Wrap(s, w+2) {
			if Width(line) > w+2 {
				t.Fatalf("Wrap(%q, %d) has the line %q, which takes %d cells", s, w+2, line, Width(line))
			}
		}
	}
}
