package sshserve

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestOneAddressLeavesRoomForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, other := netip.MustParsePrefix("203.0.113.1/32"), netip.MustParsePrefix("203.0.113.2/32")
		a := newArrivals(10)
		allowed := func(from netip.Prefix, balanced bool) (n int) {
			for range 100 {
				if a.allow(from, balanced) {
					n++
				}
			}
			return n
		}
		if first, second := allowed(one, false), allowed(other, false); first != 5 || second != 5 {
			t.Errorf("%d and %d of 10 are let in", first, second)
		}
		time.Sleep(time.Second)
		if again := allowed(one, false); again != 5 {
			t.Errorf("%d a second later", again)
		}
		time.Sleep(time.Second)
		if n := allowed(one, true); n != 10 {
			t.Errorf("%d of a balancer", n)
		}
	})
}

func TestAConnectionIsReadNoFasterThanItMaySend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine, theirs := net.Pipe()
		c := &connection{Conn: mine, pace: rate.NewLimiter(receivedPerSecond, receivedAtOnce)}
		go func() {
			_, _ = theirs.Write(make([]byte, receivedAtOnce+10*receivedPerSecond))
			_ = theirs.Close()
		}()
		began, buffer := time.Now(), make([]byte, 1<<20)
		var err error
		for err == nil {
			_, err = c.Read(buffer)
		}
		if took := time.Since(began).Round(time.Second); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
