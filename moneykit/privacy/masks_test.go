package privacy

import (
	"math/big"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	m := newMask(1)
	kinds, others := namesOf(m), namesOf(newMask(2))
	for kind, name := range kinds {
		same(t, kind+" of nothing", name(""), "")
		same(t, kind+" again", name("First Lantern Bank"), name("First Lantern Bank"))
		if kind != "symbol" {
			same(t, kind+" in capitals", name("FIRST  lantern bank "), name("First Lantern Bank"))
		}
		for _, n := range []string{"First Lantern Bank", "é", strings.Repeat("long ", 1000), "a@b.c"} {
			if got := name(n); got == "" || utf8.RuneCountInString(got) > longest || strings.Contains(got, "Lantern Bank") {
				t.Errorf("%s of %.20s: %q", kind, n, got)
			}
		}
		if others[kind]("Cobbler Bank") == name("Cobbler Bank") {
			t.Errorf("%s: two keys give the same", kind)
		}
	}
	same(t, "shape of an email", strings.HasSuffix(m.email("x"), "@example.com"), true)
	same(t, "an address is known again", inventedAddress.MatchString(m.address("https://bank.test/logo")), true)
	same(t, "shape of a symbol", len(m.symbol("US0378331005")), 12)
}

func namesOf(m *Mask) map[string]func(string) string {
	return map[string]func(string) string{
		"bank": m.bank, "account": m.accountName, "person": m.person, "shop": m.shop, "security": m.security, "label": m.label,
		"email": m.email, "street": m.street, "town": m.town, "domain": m.domain, "address": m.address, "colour": m.colour, "symbol": m.symbol,
	}
}

func TestWordsAreShortAndOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range words {
		if len(w) > 8 || seen[w] {
			t.Errorf("%s is too long or there twice", w)
		}
		seen[w] = true
	}
	banks := map[string]bool{}
	for n := range 200 {
		banks[newMask(1).bank(strings.Repeat("x", n+1))] = true
	}
	if len(banks) < 199 {
		t.Errorf("200 banks have %d names", len(banks))
	}
}

func TestDots(t *testing.T) {
	for number, want := range map[string]string{
		"": "", "1234": "••••", "12-34-56": "••-••-••", "+1 (415) 555-0132": "+• (•••) •••-••••", "GB29 NWBK": "•••• ••••", "١٢": "••",
	} {
		same(t, number, dots(number), want)
	}
}

func TestScaled(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "0.00": "0.00", "-12.30": "-86.10", "0.99": "6.93", "1.99": "13.93", "99.99": "699.93", ".5": "3.5", "+1.5": "+10.5", "5.": "35.",
		"1e2": "7e2", "2.50E-10": "17.50E-10", "-0.0": "-0.0", "12345678901234567890.12": "86419752308641975230.84",
	} {
		got, ok := scaled(text, 7)
		if !ok || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", ".", "1.2.3", "1e", "e5", "Ann", "1 000", "0x10", "--1", "1e5e5", "1e1.5", "NaN"} {
		if got, ok := scaled(text, 7); ok {
			t.Errorf("%q is taken for a number: %s", text, got)
		}
	}
}

func FuzzScaled(f *testing.F) {
	for _, text := range []string{"12.30", "-0.01", "1e3", ".5", "x"} {
		f.Add(text, uint8(4))
	}
	f.Fuzz(func(t *testing.T, text string, n uint8) {
		factor := 2 + int(n)%18
		got, ok := scaled(text, factor)
		if !ok {
			return
		}
		if strings.ContainsAny(text, "eE") {
			return // big would make it very large
		}
		before, _ := new(big.Rat).SetString(text)
		after, fine := new(big.Rat).SetString(got)
		if !fine || after.Cmp(before.Mul(before, big.NewRat(int64(factor), 1))) != 0 {
			t.Errorf("%s times %d is not %s", text, factor, got)
		}
	})
}

func TestFactorsVaryAndAreNotTen(t *testing.T) {
	seen := map[int]bool{}
	for n := range 200 {
		m := newMask(byte(n))
		f := m.prices * m.quantities
		if f < 3 || f > 19 || f == 10 || m.prices < 2 || m.quantities < 2 {
			t.Errorf("factor %d, of prices %d", f, m.prices)
		}
		seen[f] = true
	}
	if len(seen) < 8 {
		t.Errorf("only %d factors", len(seen))
	}
}

func TestWhatStaysHasToLookAsItShould(t *testing.T) {
	for text, want := range map[string]bool{
		"connected": true, "depository.checking": true, "investment.401k": true, "USD": true, "": true,
		"Ann Smith": false, "a@b.c": false, "12345": false, "é": false, strings.Repeat("a", 65): false,
	} {
		same(t, "code "+text, isCode(text), want)
	}
	for text, want := range map[string]bool{
		"2026-03-09": true, "2026-03-09T12:00:00Z": true, "2026-03-09T12:00:00.123456+01:00": true, "": true, "1234": false, "2026-03-09 Ann": false,
	} {
		same(t, "moment "+text, isMoment(text), want)
	}
}
