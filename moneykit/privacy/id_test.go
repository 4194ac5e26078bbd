package privacy

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestIDsLookLikeIDs(t *testing.T) {
	m := newMask(1)
	for _, id := range []string{"mk_0Abc9XyzQ1", "acc_a", "moneykit-creds-bank", "a@b.c", "7", "ab", "x_y", "john_smith", strings.Repeat("aZ9-", 5000)} {
		masked := m.ID(id)
		if len(masked) != len(id) || masked == id {
			t.Errorf("%.40s became %.40s", id, masked)
		}
		for i := range id {
			letter := func(c byte) bool { return strings.IndexByte(alphabet, c) >= 0 }
			if letter(id[i]) != letter(masked[i]) || !letter(id[i]) && id[i] != masked[i] {
				t.Fatalf("%.40s became %.40s", id, masked)
			}
		}
	}
	same(t, "prefix", m.ID("mk_abc")[:3], "mk_")
	if strings.HasPrefix(m.ID("john_smith"), "john") {
		t.Error("a name stays as a prefix")
	}
	same(t, "empty", m.ID(""), "")
	if masked := m.ID("王小明"); !strings.HasPrefix(masked, foreign) || strings.Contains(masked, "王") {
		t.Errorf("got %s", masked)
	}
}

// TestShortIDsArePermuted wants every id of one and of two characters to have a
// pseudonym of its own.
func TestShortIDsArePermuted(t *testing.T) {
	m, seen := newMask(2), map[string]bool{}
	for _, a := range alphabet {
		seen[m.ID(string(a))] = true
		for _, b := range alphabet {
			seen[m.ID(string(a)+string(b))] = true
		}
	}
	same(t, "pseudonyms", len(seen), 62+62*62)
}

func TestIDsComeBack(t *testing.T) {
	m, rng := newMask(3), rand.New(rand.NewPCG(1, 2))
	pieces := append([]string{"_", "-", "é", "王", "\xff", "\x00", "utf8_", "mk_", " "}, strings.Split(alphabet, "")...)
	for range 3000 {
		var id strings.Builder
		for range rng.IntN(40) {
			id.WriteString(pieces[rng.IntN(len(pieces))])
		}
		comesBack(t, m, id.String())
	}
	comesBack(t, m, strings.Repeat("x9_é", 10_000))
	// Of two letters and a dash below, one in a few hundred would get a prefix.
	for _, a := range alphabet {
		for _, b := range alphabet {
			comesBack(t, m, string(a)+string(b)+"_z")
		}
	}
}

func comesBack(t *testing.T, m *Mask, id string) {
	t.Helper()
	masked := m.ID(id)
	if got := m.Reveal(masked); got != id {
		t.Fatalf("%.60q became %.60q became %.60q", id, masked, got)
	}
	if !utf8.ValidString(masked) {
		t.Fatalf("%.60q is no text", masked)
	}
	if plain(id) && m.ID(m.Reveal(id)) != id {
		t.Fatalf("what an operator enters does not come back: %.60q", id)
	}
}

func TestAnotherKeyGivesOtherIDs(t *testing.T) {
	a, b := newMask(1), newMask(2)
	if a.ID("mk_0Abc9XyzQ1") == b.ID("mk_0Abc9XyzQ1") {
		t.Error("two keys give the same pseudonym")
	}
	same(t, "again", a.ID("mk_0Abc9XyzQ1"), newMask(1).ID("mk_0Abc9XyzQ1"))
}

func FuzzID(f *testing.F) {
	for _, id := range []string{"", "a", "mk_1", "utf8_00", "é", "\xff", "ab_c"} {
		f.Add(id)
	}
	m := newMask(4)
	f.Fuzz(func(t *testing.T, id string) {
		comesBack(t, m, id)
		_ = m.Reveal(id)
	})
}
