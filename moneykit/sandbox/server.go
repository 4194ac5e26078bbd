package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Server serves a Sandbox over HTTP, and lets it live between requests.
type Server struct {
	listener net.Listener
	http     *http.Server
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// Listen serves the Sandbox on 127.0.0.1 and a random port until the Server is
// closed.
func (s *Sandbox) Listen() (*Server, error) { return s.ListenOn("127.0.0.1:0") }

// ListenOn serves the Sandbox on an address until the Server is closed.
func (s *Sandbox) ListenOn(address string) (*Server, error) {
	network := "tcp"
	if host, _, err := net.SplitHostPort(address); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "tcp4" // else 0.0.0.0 would stand for all of IPv6 too
		}
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("sandbox: listen: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	srv := &Server{listener: listener, stop: stop, http: &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}}
	srv.done.Go(func() { _ = srv.http.Serve(listener) }) // always ends in ErrServerClosed
	srv.done.Go(func() { s.Run(ctx) })
	return srv, nil
}

// URL is the base URL of the served API, without a slash at its end. A server
// that listens at all addresses is called by its loopback address.
func (srv *Server) URL() string {
	address := srv.listener.Addr().(*net.TCPAddr)
	host := address.IP.String()
	if address.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(address.Port))
}

// Shutdown stops taking requests and waits for those under way until ctx ends;
// whoever follows the events is cut off.
func (srv *Server) Shutdown(ctx context.Context) error {
	time.AfterFunc(shutdownGrace, srv.stop)
	if err := srv.http.Shutdown(ctx); err != nil && !errors.Is(err, net.ErrClosed) {
		return errors.Join(fmt.Errorf("sandbox: shut down: %w", err), srv.Close())
	}
	return srv.Close()
}

// shutdownGrace is how long requests under way have when the server shuts down.
const shutdownGrace = 2 * time.Second

// Close stops serving, cuts open connections and returns when everything has
// ended. Closing again does nothing.
func (srv *Server) Close() error {
	srv.stop()
	err := srv.http.Close()
	srv.done.Wait()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("sandbox: close: %w", err)
	}
	return nil
}
