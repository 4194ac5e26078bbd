package sshserve

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"charm.land/ssh"
	"github.com/pires/go-proxyproto"
)

// connection is one that was accepted. It is closed when there is no session on it
// for long.
type connection struct {
	net.Conn
	server *server
	ip     netip.Addr
	from   netip.Prefix
	closes *time.Timer // does not run while there is a session

	mu      sync.Mutex
	open    bool // a channel
	waiting bool // it counts as one without a session
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
	c := &connection{Conn: conn, server: s, ip: ipOf(conn.RemoteAddr())}
	c.closes = time.AfterFunc(s.config.Limits.Handshake, func() { _ = conn.Close() })
	defer c.closes.Stop()
	balanced := slices.ContainsFunc(s.proxies, func(n netip.Prefix) bool { return n.Contains(c.ip) })
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

// take takes the one channel that there may be at a time.
func (c *connection) take() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open {
		return false
	}
	c.open = true
	return true
}

func (c *connection) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = false
}
