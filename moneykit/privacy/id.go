package privacy

import (
	"encoding/hex"
	"slices"
	"strings"
)

// rounds is how often the halves of an id are mixed.
const rounds = 6

// prefixes tell the kind of an id and stay. Others could be the beginning of a name.
var prefixes = []string{"mk_", "acc_", "txn_", "itx_", "inv_", "sec_", "req_", "app_", "user_", "link_", "inst_", "key_", foreign}

// foreign begins the pseudonym of an id that is not plain: its bytes follow in
// hexadecimal.
const foreign = "utf8_"

func prefix(id string) string {
	for _, p := range prefixes {
		if strings.HasPrefix(id, p) {
			return p
		}
	}
	return ""
}

// plain reports whether an id keeps its length.
func plain(id string) bool {
	return prefix(id) != foreign && !strings.ContainsFunc(id, func(r rune) bool { return r >= 0x80 })
}

// ID returns the pseudonym of an id. It has the id's length and whatever is neither a
// letter nor a digit in its place; only an id with other than ASCII characters grows.
func (m *Mask) ID(id string) string {
	if !plain(id) {
		return foreign + m.mix(hex.EncodeToString([]byte(id)), 1)
	}
	return m.mixed(id, 1)
}

// Reveal returns the id of a pseudonym. Pseudonyms are ASCII; what is not is returned.
func (m *Mask) Reveal(pseudonym string) string {
	if plain(pseudonym) {
		return m.mixed(pseudonym, -1)
	}
	mixed, ours := strings.CutPrefix(pseudonym, foreign)
	id, err := hex.DecodeString(m.mix(mixed, -1))
	if !ours || err != nil || plain(string(id)) {
		return pseudonym // ID did not make it
	}
	return string(id)
}

// mixed mixes what follows the prefix. What had none is mixed until it has none again,
// so that each id has one pseudonym and the other way round.
func (m *Mask) mixed(id string, sign int) string {
	kept := prefix(id)
	rest := m.mix(id[len(kept):], sign)
	for kept == "" && prefix(rest) != "" {
		rest = m.mix(rest, sign)
	}
	return kept + rest
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// mix is a Feistel network over the letters and digits of text: in turn each half is
// shifted by a digest of the other. A sign of -1 undoes what 1 did.
func (m *Mask) mix(text string, sign int) string {
	out := []byte(text)
	digits := make([]byte, 0, len(out))
	for _, c := range out {
		if d := strings.IndexByte(alphabet, c); d >= 0 {
			digits = append(digits, byte(d))
		}
	}
	left, right := digits[:len(digits)/2], digits[len(digits)/2:]
	order := make([]byte, rounds)
	for i := range order {
		order[i] = byte(i)
	}
	if sign < 0 {
		slices.Reverse(order)
	}
	for _, round := range order {
		if round%2 == 0 {
			m.shift(left, right, round, sign)
		} else {
			m.shift(right, left, round, sign)
		}
	}
	for i, c := range out {
		if strings.IndexByte(alphabet, c) >= 0 {
			out[i], digits = alphabet[digits[0]], digits[1:]
		}
	}
	return string(out)
}

// shift adds to each digit of half what the other half says, or takes it away.
func (m *Mask) shift(half, other []byte, round byte, sign int) {
	if len(half) == 0 {
		return
	}
	block := m.ids.sum([]byte{round}, other)
	for i := range half {
		if i > 0 && i%len(block) == 0 {
			block = m.ids.sum([]byte{round}, block[:])
		}
		by := int(block[i%len(block)]) % len(alphabet)
		half[i] = byte((int(half[i]) + sign*by + len(alphabet)) % len(alphabet))
	}
}
