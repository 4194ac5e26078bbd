package sandbox

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random returns a source of its own for one purpose, named by its parts. The
// same seed and parts always give the same numbers, whatever else was drawn.
func (s *Sandbox) random(parts ...string) *rand.Rand { return randomOf(s.seed, parts...) }

func randomOf(seed uint64, parts ...string) *rand.Rand {
	hash := fnv.New128a()
	var start [8]byte
	binary.LittleEndian.PutUint64(start[:], seed)
	hash.Write(start[:])
	for _, part := range parts {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	var sum [16]byte
	hash.Sum(sum[:0])
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:])))
}

// id makes an identifier of the given prefix and length that is unique for its
// parts.
func (s *Sandbox) id(prefix string, length int, parts ...string) string {
	rng := s.random(append(parts, prefix)...)
	out := make([]byte, len(prefix)+length)
	copy(out, prefix)
	for i := len(prefix); i < len(out); i++ {
		out[i] = base62[rng.IntN(len(base62))]
	}
	return string(out)
}

// mint makes a token that was never handed out before.
func (s *Sandbox) mint(prefix string) string {
	s.Minted++
	return s.id(prefix, 40, "mint", strconv.FormatUint(s.Minted, 10))
}

// between draws an integer from low to high, both included.
func between(rng *rand.Rand, low, high int) int {
	if high <= low {
		return low
	}
	return low + rng.IntN(high-low+1)
}

// chance is true in n of 1000 draws.
func chance(rng *rand.Rand, n int) bool { return rng.IntN(1000) < n }

// pick draws one of the items, of which there must be at least one.
func pick[T any](rng *rand.Rand, items []T) T { return items[rng.IntN(len(items))] }
