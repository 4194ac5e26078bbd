package sshserve

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// UsageError is a configuration that cannot be.
type UsageError struct{ error }

func usage(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

func (c Config) check() error {
	host, err := hostOf(c.Address)
	switch {
	case err != nil:
		return usage("--addr takes a host and a port such as 127.0.0.1:2222, not %q", c.Address)
	case c.AuthorizedKeys != "" && c.Anonymous:
		return usage("--authorized-keys lets some in and --anonymous lets everybody in; give one of them")
	case !isLoopback(host) && c.AuthorizedKeys == "" && !c.Anonymous:
		return usage("%s can be reached from other computers; say who may come in with --authorized-keys FILE, or let anybody in with --anonymous", c.Address)
	case c.HostKey == "":
		return usage("--host-key takes a file; it is made when there is none")
	case c.Start == nil:
		return usage("there is no program to serve")
	}
	if c.Metrics != "" {
		if host, err = hostOf(c.Metrics); err != nil || !isLoopback(host) {
			return usage("--metrics takes a loopback address such as 127.0.0.1:9222, not %q; it tells about guests", c.Metrics)
		}
	}
	if _, err = networks(c.Proxies); err != nil {
		return err
	}
	return c.Limits.check()
}

// hostOf is the host of an address with a port that can be.
func hostOf(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return host, err
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// networks reads addresses and networks.
func networks(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if ip, ipErr := netip.ParseAddr(text); ipErr == nil {
			network, err = netip.PrefixFrom(ip, ip.BitLen()), nil
		}
		if err != nil {
			return nil, usage("--proxy takes an address or a network such as 10.0.0.0/8, not %q", text)
		}
		all = append(all, network)
	}
	return all, nil
}

// The most that limits can be set to.
const (
	mostSessions = 100_000
	mostCells    = 1000 // across and down
	mostFrames   = 120
	mostPer      = 1e6
)

func (l Limits) check() error {
	for _, limit := range []struct {
		flag  string
		value time.Duration
	}{
		{"handshake-timeout", l.Handshake},
		{"idle-timeout", l.Idle},
		{"session-timeout", l.Session},
		{"stalled-timeout", l.Stalled},
		{"drain", l.Drain},
	} {
		if limit.value <= 0 {
			return usage("--%s takes a time above 0 such as 10s, not %v", limit.flag, limit.value)
		}
	}
	for _, limit := range []struct {
		flag  string
		value float64
		most  float64
	}{
		{"sessions", float64(l.Sessions), mostSessions},
		{"sessions-per-address", float64(l.PerAddress), mostSessions},
		{"new-per-second", l.NewPerSecond, mostPer},
		{"width", float64(l.Width), mostCells},
		{"height", float64(l.Height), mostCells},
		{"resizes", l.Resizes, mostPer},
		{"frames", float64(l.Frames), mostFrames},
	} {
		if !(limit.value > 0 && limit.value <= limit.most) { // not a number is refused too
			return usage("--%s takes a number above 0 and up to %v, not %v", limit.flag, limit.most, limit.value)
		}
	}
	return nil
}
