package sshserve

import "github.com/spf13/pflag"

// Flags are how the command line tells it.
func (c *Config) Flags(f *pflag.FlagSet) {
	f.StringVar(&c.Address, "addr", c.Address, "where to listen; other addresses than loopback need --authorized-keys or --anonymous")
	f.StringVar(&c.AuthorizedKeys, "authorized-keys", "", "file of the keys that may come in, as OpenSSH has it")
	f.BoolVar(&c.Anonymous, "anonymous", false, "let anybody in")
	f.StringVar(&c.HostKey, "host-key", c.HostKey, "file of the host key, made when there is none")
	f.StringVar(&c.Metrics, "metrics", "", "loopback address for /healthz and /metrics, such as 127.0.0.1:9222")
	f.StringArrayVar(&c.Proxies, "proxy", nil, "address or network of a TCP balancer that sends PROXY headers; can be repeated")
	l := &c.Limits
	f.DurationVar(&l.Handshake, "handshake-timeout", l.Handshake, "until a connection has to be a session")
	f.DurationVar(&l.Idle, "idle-timeout", l.Idle, "without a key press, until a session is ended")
	f.DurationVar(&l.Session, "session-timeout", l.Session, "in all, until a session is ended")
	f.DurationVar(&l.Stalled, "stalled-timeout", l.Stalled, "that what is drawn waits for a guest who does not read")
	f.DurationVar(&l.Drain, "drain", l.Drain, "that guests have to leave once the server is told to stop")
	f.IntVar(&l.Sessions, "sessions", l.Sessions, "guests at once")
	f.IntVar(&l.PerAddress, "sessions-per-address", l.PerAddress, "guests at once from one address, or one IPv6 network of 64 bits")
	f.Float64Var(&l.NewPerSecond, "new-per-second", l.NewPerSecond, "connections accepted a second")
	f.IntVar(&l.Width, "width", l.Width, "cells across a window at most")
	f.IntVar(&l.Height, "height", l.Height, "cells down a window at most")
	f.Float64Var(&l.Resizes, "resizes", l.Resizes, "changes of a window's size a second at most")
	f.IntVar(&l.Frames, "frames", l.Frames, "frames drawn a second at most")
}
