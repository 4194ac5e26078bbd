package sandbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"strings"
)

const (
	linkPrefix   = "mk_"
	linkIDLength = 22 // digits of base 62 that hold 128 bits
)

// newLinkCipher makes the cipher that turns places into link ids and back.
func newLinkCipher(seed uint64) cipher.Block {
	key := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("till sandbox link ids "), seed))
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		panic(err) // the key's length is right
	}
	return block
}

// linkID is the id of the link at a place in the order of creation. It is the
// place in cipher, so that no index is needed to find a link by its id.
func (s *Sandbox) linkID(place int) string {
	var block [aes.BlockSize]byte
	binary.BigEndian.PutUint64(block[8:], uint64(place))
	s.linkCipher.Encrypt(block[:], block[:])
	digits := new(big.Int).SetBytes(block[:]).Text(62)
	return linkPrefix + strings.Repeat("0", linkIDLength-len(digits)) + digits
}

// place is where in the order of creation the link of an id stands.
func (s *Sandbox) place(id string) (place int, known bool) {
	digits, ours := strings.CutPrefix(id, linkPrefix)
	if !ours || len(digits) != linkIDLength {
		return 0, false
	}
	n, ok := new(big.Int).SetString(digits, 62)
	if !ok || n.Sign() < 0 || n.BitLen() > 8*aes.BlockSize {
		return 0, false
	}
	var block [aes.BlockSize]byte
	n.FillBytes(block[:])
	s.linkCipher.Decrypt(block[:], block[:])
	if binary.BigEndian.Uint64(block[:8]) != 0 {
		return 0, false
	}
	wide := binary.BigEndian.Uint64(block[8:])
	return int(wide), wide < uint64(s.Total) && s.linkID(int(wide)) == id
}
