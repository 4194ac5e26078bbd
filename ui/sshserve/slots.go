package sshserve

import "net/netip"

// slots count what is taken, in all and by each address.
type slots struct {
	most, mostEach int
	taken          int
	each           map[netip.Prefix]int
}

func newSlots(most, mostEach int) slots {
	return slots{most: most, mostEach: mostEach, each: map[netip.Prefix]int{}}
}

// full is why there is no slot, empty when there is.
func (s *slots) full(from netip.Prefix) reason {
	switch {
	case s.taken >= s.most:
		return full
	case s.each[from] >= s.mostEach:
		return crowded
	}
	return ""
}

func (s *slots) take(from netip.Prefix) {
	s.taken++
	s.each[from]++
}

func (s *slots) free(from netip.Prefix) {
	s.taken--
	if s.each[from]--; s.each[from] == 0 {
		delete(s.each, from)
	}
}

// origin is what counts as one address: with IPv6 a network of 64 bits, which a
// single guest has all of.
func origin(ip netip.Addr) netip.Prefix {
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	network, _ := ip.WithZone("").Prefix(bits)
	return network
}
