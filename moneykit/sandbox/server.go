package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server serves a Sandbox over HTTP on the loopback interface.
type Server struct {
	listener net.Listener
	http     *http.Server
	done     chan struct{}
}

// Listen serves the Sandbox on 127.0.0.1 and a random port until the Server is
// closed.
func (s *Sandbox) Listen() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sandbox: listen: %w", err)
	}
	srv := &Server{
		listener: listener,
		http:     &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second},
		done:     make(chan struct{}),
	}
	go func() {
		defer close(srv.done)
		_ = srv.http.Serve(listener) // always ends in ErrServerClosed, by Close
	}()
	return srv, nil
}

// URL is the base URL of the served API, without a slash at its end.
func (srv *Server) URL() string { return "http://" + srv.listener.Addr().String() }

// Close stops serving, cuts open connections and returns when the listener is
// gone. Closing again does nothing.
func (srv *Server) Close() error {
	err := srv.http.Close()
	<-srv.done
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("sandbox: close: %w", err)
	}
	return nil
}
