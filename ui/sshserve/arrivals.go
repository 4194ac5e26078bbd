package sshserve

import (
	"math"
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// arrivals let so many connections in a second, and of one address half as many, so
// that nobody shuts the others out.
type arrivals struct {
	all      *rate.Limiter
	mostEach float64
	since    time.Time
	each     map[netip.Prefix]float64 // since then
}

func newArrivals(perSecond float64) *arrivals {
	return &arrivals{
		all: rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(perSecond))), mostEach: max(1, perSecond/2), each: map[netip.Prefix]float64{},
	}
}

// allow counts a connection. Those of a balancer come from everywhere.
func (a *arrivals) allow(from netip.Prefix, balanced bool) bool {
	if now := time.Now(); now.Sub(a.since) >= time.Second {
		a.since = now
		clear(a.each)
	}
	if !balanced {
		if a.each[from] >= a.mostEach {
			return false
		}
		a.each[from]++
	}
	return a.all.Allow()
}
