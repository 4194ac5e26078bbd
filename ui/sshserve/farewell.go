package sshserve

import (
	"fmt"
	"time"
)

// reason is why a session ended, or why there was none.
type reason string

// Why sessions end.
const (
	left     reason = "left"     // the program ended by itself
	gone     reason = "gone"     // the connection ended
	idle     reason = "idle"     // no key for long
	over     reason = "time"     // it lasted as long as it may
	stalled  reason = "stalled"  // the guest does not read
	flooded  reason = "flooded"  // the guest sends more than anybody types
	stopping reason = "stopping" // the server stops
	failed   reason = "failed"   // the program panicked, or did not start
)

// Why connections and sessions are refused.
const (
	full      reason = "full"      // as many sessions as may be
	crowded   reason = "address"   // as many from one address
	hurried   reason = "rate"      // too many connections a second
	pending   reason = "pending"   // too many connections without a session
	proxy     reason = "proxy"     // a balancer that did not say where the guest is
	handshake reason = "handshake" // it failed or took too long
	revoked   reason = "key"       // the key was taken out meanwhile
	plain     reason = "plain"     // no terminal, or a command
)

func (r reason) Error() string { return string(r) }

// sentence tells a guest why, empty when they need not be told.
func (l Limits) sentence(r reason) string {
	switch r {
	case idle:
		return fmt.Sprintf("this session ended after %s without a key press. ssh again to begin anew.", spell(l.Idle))
	case over:
		return fmt.Sprintf("a session lasts %s. ssh again to begin anew.", spell(l.Session))
	case flooded:
		return "that was more input than a session takes at once. ssh again to begin anew."
	case stopping:
		return "the server stops. ssh again in a few minutes."
	case failed:
		return "the program failed, and the operator's log says how. ssh again to begin anew."
	case full:
		return "every place is taken. ssh again in a few minutes."
	case crowded:
		return "there are as many sessions from your address as may be. Leave one, then ssh again."
	case revoked:
		return "your key may not come in any more."
	case plain:
		return "this is a terminal program; run ssh -t HOST without a command"
	}
	return ""
}

// spell writes a time as people say it.
func spell(d time.Duration) string {
	for _, unit := range []struct {
		name string
		time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if n := d / unit.Duration; n > 0 && d%unit.Duration == 0 {
			if n > 1 {
				unit.name += "s"
			}
			return fmt.Sprintf("%d %s", n, unit.name)
		}
	}
	return d.String()
}
