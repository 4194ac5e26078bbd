package sshserve

// What introduces the sequences that a terminal sends.
const (
	escape = 0x1b
	csi    = 0x9b // what an escape and a bracket are in one byte
)

// tamer takes from a guest's input what would be made into far more than was sent:
// keys with a count of how often they are repeated, as the Windows console has them,
// and long rows of escapes.
type tamer struct {
	escapes    int  // in a row
	sequence   bool // that began with a bracket has not ended
	separators int  // in it
}

// tame returns what is left of p, which it changes.
func (t *tamer) tame(p []byte) []byte {
	left := p[:0]
	for _, b := range p {
		if t.lets(b) {
			left = append(left, b)
		}
	}
	return left
}

func (t *tamer) lets(b byte) bool {
	begins := b == csi || b == '[' && t.escapes > 0
	if b == escape {
		t.escapes++
		t.sequence = false
		return t.escapes <= 2
	}
	t.escapes = 0
	switch {
	case begins:
		t.sequence, t.separators = true, 0
	case !t.sequence:
	case b == ';', b == ':':
		t.separators++
	case b == '_' && t.separators > 1:
		return false
	case b >= '@' && b <= '~':
		t.sequence = false
	}
	return true
}
