package sshserve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	"github.com/pires/go-proxyproto"
	"golang.org/x/time/rate"
)

// connection is one that was accepted. It is closed when there is no session on it
// for long.
type connection struct {
	net.Conn
	server *server
	ip     netip.Addr
	from   netip.Prefix
	closes *time.Timer // does not run while there is a session
	pace   *rate.Limiter
	used   atomic.Bool // it had its session

	waiting bool // it counts as one without a session
}

// What a connection may send, its handshakes and what nobody asked for among it.
const (
	receivedPerSecond = 64 << 10
	receivedAtOnce    = 2 << 20
	receivedTogether  = 4 << 10
)

// Read reads no faster than a guest may send.
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), receivedTogether)])
	if n > 0 {
		_ = c.pace.WaitN(context.Background(), n) // which is never more than there may be at once
	}
	return n, err
}

// connectionKey finds the connection in its context.
type connectionKey struct{}

func remember(ctx ssh.Context, conn net.Conn) net.Conn {
	ctx.SetValue(connectionKey{}, conn)
	return conn
}

// connect serves a connection until it is closed.
func (s *server) connect(conn net.Conn) {
	defer s.work.Done()
	defer func() { _ = conn.Close() }()
	c := &connection{Conn: conn, server: s, ip: ipOf(conn.RemoteAddr()), pace: rate.NewLimiter(receivedPerSecond, receivedAtOnce)}
	c.closes = time.AfterFunc(s.config.Limits.Handshake, func() { _ = conn.Close() })
	defer c.closes.Stop()
	balanced := s.balanced(c.ip)
	c.from = origin(c.ip)
	if why := c.wait(balanced); why != "" {
		s.refuse(why, "address", c.ip.String())
		return
	}
	defer c.waitNoMore()
	if balanced {
		if err := c.readHeader(); err != nil {
			s.refuse(proxy, "address", c.ip.String(), "error", clean(err.Error(), mostError))
			return
		}
	}
	s.ssh.HandleConn(c)
}

// balanced tells whether an address is a balancer's.
func (s *server) balanced(ip netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// wait counts the connection as one without a session, unless there are too many.
// Those of a balancer are as many as there may be.
func (c *connection) wait(balanced bool) reason {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch why := s.waiting.full(c.from); {
	case !s.by.IsZero():
		return stopping
	case why == full, why != "" && !balanced:
		return pending
	}
	s.waiting.take(c.from)
	s.idlers[c] = true
	c.waiting = true
	return ""
}

func (c *connection) waitNoMore() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if !c.waiting {
		return
	}
	c.waiting = false
	c.server.waiting.free(c.from)
	delete(c.server.idlers, c)
}

// readHeader takes the guest's address from what a balancer says first.
func (c *connection) readHeader() error {
	conn := proxyproto.NewConn(c.Conn, proxyproto.WithPolicy(proxyproto.REQUIRE))
	header := conn.ProxyHeader()
	if header == nil {
		return errors.New("there was no PROXY header")
	}
	ip := ipOf(conn.RemoteAddr())
	if !ip.IsValid() {
		return errors.New("the PROXY header has no IP address")
	}
	s, from := c.server, origin(ip)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting.full(from) != "" && from != c.from {
		return errors.New("too many connections without a session")
	}
	s.waiting.free(c.from)
	s.waiting.take(from)
	c.Conn, c.ip, c.from = conn, ip, from
	return nil
}

func ipOf(address net.Addr) netip.Addr {
	if tcp, is := address.(*net.TCPAddr); is {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
