package sshserve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Times that no guest would notice.
const (
	grace  = 2 * time.Second // for a program to leave the terminal in order
	linger = 2 * time.Second // for a guest to hang up once the session is over
	pause  = 100 * time.Millisecond
)

// server is one that runs.
type server struct {
	config  Config
	log     *slog.Logger
	proxies []netip.Prefix
	keys    *authorizedKeys // nil for no authentication
	ssh     *ssh.Server
	metrics *meter
	work    sync.WaitGroup // connections and sessions

	mu       sync.Mutex
	by       time.Time // when sessions are ended because the server stops; zero before
	waiting  slots     // connections without a session
	sessions slots
	idlers   map[*connection]bool // connections that never had a session
	running  map[*session]bool
	tallies  map[reason]*tally
}

// Run serves until ctx ends and the guests have left. It tells on out where it listens
// and the host key's fingerprint.
func Run(ctx context.Context, c Config, out io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	s, err := newServer(c)
	if err != nil {
		return err
	}
	key, err := hostKey(c.HostKey)
	if err != nil {
		return err
	}
	s.ssh.AddHostKey(key)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Address)
	if err != nil {
		return cannotListen(c.Address, err)
	}
	defer func() { _ = listener.Close() }()
	told := where(c.Address, listener.Addr()) + "host key " + gossh.FingerprintSHA256(key.PublicKey()) + "\n"
	if c.Metrics != "" {
		address, metrics, err := serveMetrics(ctx, c.Metrics, s.metrics, s.serving, s.log)
		if err != nil {
			return err
		}
		defer func() { _ = metrics.Close() }()
		told += fmt.Sprintf("metrics on http://%s/metrics\n", address)
	}
	if _, err = io.WriteString(out, told); err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	s.accept(ctx, listener)
	return s.drain()
}

// A connection without a session counts apart from those with one.
const (
	waitingPerSession = 4
	waitingPerAddress = 2
	fewest            = 8
)

func newServer(c Config) (*server, error) {
	s := &server{
		config: c, log: cmp.Or(c.Log, slog.New(slog.DiscardHandler)), idlers: map[*connection]bool{}, running: map[*session]bool{}, tallies: map[reason]*tally{},
		waiting:  newSlots(waitingPerSession*c.Limits.Sessions, max(fewest, waitingPerAddress*c.Limits.PerAddress)),
		sessions: newSlots(c.Limits.Sessions, c.Limits.PerAddress),
	}
	var err error
	if s.proxies, err = networks(c.Proxies); err != nil {
		return nil, err
	}
	s.metrics = newMeter(
		func() float64 { return s.count(func() int { return s.sessions.taken }) },
		func() float64 { return s.count(func() int { return s.waiting.taken }) },
	)
	s.ssh = &ssh.Server{
		Version:                  "till",
		Handler:                  s.serve,
		ChannelHandlers:          map[string]ssh.ChannelHandler{"session": s.channel},
		RequestHandlers:          map[string]ssh.RequestHandler{},
		SubsystemHandlers:        map[string]ssh.SubsystemHandler{},
		ConnCallback:             remember,
		ConnectionFailedCallback: func(_ net.Conn, err error) { s.refuse(handshake, "error", clean(err.Error(), mostError)) },
	}
	if c.AuthorizedKeys != "" {
		if s.keys, err = openAuthorizedKeys(c.AuthorizedKeys, s.log); err != nil {
			return nil, err
		}
		// It is asked about keys that are only offered too, so that it must not
		// remember any.
		s.ssh.PublicKeyHandler = func(_ ssh.Context, key ssh.PublicKey) bool { return s.keys.allow(key) }
	}
	return s, nil
}

// mostError is how much of an error is logged, which a guest may have made up.
const mostError = 200

func (s *server) count(of func() int) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return float64(of())
}

func (s *server) serving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by.IsZero()
}

// accept takes connections until the listener is closed.
func (s *server) accept(ctx context.Context, listener net.Listener) {
	arrivals := newArrivals(s.config.Limits.NewPerSecond)
	for {
		conn, err := listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return
		case err != nil: // such as too many open files
			s.refuse(full, "error", err.Error())
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		case !arrivals.allow(origin(ipOf(conn.RemoteAddr())), s.balanced(ipOf(conn.RemoteAddr()))):
			_ = conn.Close()
			s.refuse(hurried)
		default:
			s.work.Add(1)
			go s.connect(conn)
		}
	}
}

// drain lets guests leave by themselves, and ends the sessions of those who stay.
func (s *server) drain() error {
	limits := s.config.Limits
	s.mu.Lock()
	s.by = time.Now().Add(limits.Drain)
	for c := range s.idlers {
		_ = c.Close()
	}
	for r := range s.running {
		go r.program.Send(StoppingMsg{By: s.by})
	}
	s.mu.Unlock()
	s.log.Info("stopping", "drain", limits.Drain.String())

	ended := make(chan struct{})
	go func() {
		s.work.Wait()
		close(ended)
	}()
	cut := time.AfterFunc(limits.Drain, s.endAll)
	defer cut.Stop()
	stuck := time.NewTimer(limits.Drain + grace + 2*linger)
	defer stuck.Stop()
	select {
	case <-ended:
		return nil
	case <-stuck.C:
		return fmt.Errorf("%v sessions did not end", s.count(func() int { return len(s.running) }))
	}
}

func (s *server) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.running {
		r.end(stopping)
	}
}

// where tells where the server listens and how to come there.
func where(asked string, address net.Addr) string {
	host, _, _ := net.SplitHostPort(asked)
	_, port, _ := net.SplitHostPort(address.String())
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "HOST"
		if name, err := os.Hostname(); err == nil {
			host = name
		}
	}
	return fmt.Sprintf("till ssh listens on %s\nssh -p %s %s\n", address, port, host)
}

func cannotListen(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program; stop it, or listen on another port", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s needs more rights than this user has; listen on a port from 1024 up", address)
	}
	return fmt.Errorf("cannot listen on %s: %w", address, err)
}
