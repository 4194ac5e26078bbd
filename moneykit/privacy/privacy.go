// Package privacy stands between the client and MoneyKit and masks what passes, so
// that whatever is built on the client knows nothing else. What is masked, and how:
//
//   - ids become other ids of the same shape, and are revealed again in requests;
//   - names become invented ones, the same for the same name wherever it stands;
//   - of account numbers, phone numbers and their like every sign becomes a dot;
//   - amounts are multiplied by one secret factor, exactly, so that sums still add up;
//     of what is held, the price takes one part of the factor and the quantity the other;
//   - codes, states, categories, dates, currencies, rates and counts stay;
//   - what no ruling names is masked as a name or as an amount, and a body that cannot
//     be read is left out.
//
// This protects from eyes: from who looks over a shoulder, at a recording or at a
// demonstration. It does not protect from arithmetic. The factor is a small whole number
// and the same for all amounts, so whoever knows one true amount knows them all; dates,
// categories and the number of things are true; and what is rare stays recognizable.
//
// Access tokens and the tokens of link sessions pass, because requests need them. What
// an operator enters goes out as entered, but ids are taken for masked ones. The
// institutions cannot be searched by name, since what is found would tell who is behind
// an invented name. Requests beside the API, such as the Sandbox's controls and its
// Connect, are refused. Webhooks do not pass here and are not masked.
package privacy

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// KeySize is how many bytes a key has.
const KeySize = 32

// Mask masks with one key: the same key gives the same pseudonyms and the same factor.
// It is safe for concurrent use.
type Mask struct {
	ids, names *digester
	// What prices and quantities are multiplied by; all other amounts by both.
	prices, quantities int
}

// New returns the Mask of a key of KeySize bytes.
func New(key []byte) *Mask {
	chosen := factors[int(derived(key, "factor")[0])%len(factors)]
	return &Mask{
		ids: newDigester(derived(key, "ids")), names: newDigester(derived(key, "names")),
		prices: chosen[0], quantities: chosen[1],
	}
}

// derived is a key for one purpose.
func derived(key []byte, purpose string) []byte {
	own, err := hkdf.Key(sha256.New, key, nil, "till privacy "+purpose, KeySize)
	if err != nil {
		panic(err) // the length is right
	}
	return own
}

type digest = [sha256.Size]byte

// digester makes keyed digests.
type digester struct{ pool sync.Pool }

func newDigester(key []byte) *digester {
	return &digester{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (d *digester) sum(parts ...[]byte) (sum digest) {
	h := d.pool.Get().(hash.Hash)
	defer d.pool.Put(h)
	h.Reset()
	for _, part := range parts {
		_, _ = h.Write(part) // it never fails
	}
	h.Sum(sum[:0])
	return sum
}
