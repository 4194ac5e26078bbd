package webhooks

import (
	"net"
	"sync"
)

// limited is a listener with so many connections at most. More wait until one of
// them is closed.
type limited struct {
	net.Listener
	slots chan struct{}
}

func limit(l net.Listener, connections int) net.Listener {
	return &limited{Listener: l, slots: make(chan struct{}, connections)}
}

func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slot{Conn: conn, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

// slot is a connection that makes room when it is closed.
type slot struct {
	net.Conn
	free func()
}

func (s *slot) Close() error {
	defer s.free()
	return s.Conn.Close()
}
