// Package webhooks receives MoneyKit's webhooks on this computer, has each one
// verified, and tells what came of every check.
//
// A [Receiver] listens on loopback alone. The client's verifier decides what is
// MoneyKit's; what a webhook says of a link is news to look into and never the
// link's state, which is read from the API.
package webhooks

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"till/moneykit"
	"till/moneykit/internal/loopback"
)

const (
	// verifyTime is what verifying one webhook may take, which is long only while
	// the keys are fetched.
	verifyTime = 8 * time.Second
	// lastAnswers is what answers under way may take when the receiver is closed.
	lastAnswers = 500 * time.Millisecond
	// connections are how many are served at once; more wait.
	connections = 64
)

// ErrClosed says that a receiver listens no more.
var ErrClosed = errors.New("webhooks: the receiver is closed")

// Config says where a Receiver listens. The zero Config is a free port of
// 127.0.0.1 and a path that nobody can guess.
type Config struct {
	// Address is a loopback address with its port, 0 for a free one.
	Address string
	// Path is where webhooks are taken. It should be hard to guess.
	Path string
	// Public is the https origin of a tunnel that leads to Address, empty for none.
	Public string
	// Now is the clock that webhooks are dated by, time.Now when it is nil. It
	// should be the one that the client verifies by.
	Now func() time.Time
}

// Receiver takes webhooks until it is closed. Its methods are safe for concurrent
// use.
type Receiver struct {
	client *moneykit.Client
	now    func() time.Time
	local  string   // its address on this computer
	public string   // the address that MoneyKit is told
	path   string   // that webhooks are taken at
	hosts  []string // by which it may be called
	cancel context.CancelFunc
	over   chan struct{} // closed when nothing of it runs any more

	mu       sync.Mutex
	closed   bool
	handling sync.WaitGroup
	changed  chan struct{} // closed at every change
	version  int
	kept     []*Delivery
	received int
	refused  int
	refusal  string
	ledger   *ledger
}

// Listen starts a Receiver whose webhooks client verifies. It is closed when ctx
// ends.
func Listen(ctx context.Context, client *moneykit.Client, config Config) (*Receiver, error) {
	if u, err := url.Parse(config.Path); err != nil || config.Path != "" && (!strings.HasPrefix(config.Path, "/") || u.EscapedPath() != config.Path || u.Host != "") {
		return nil, fmt.Errorf("webhooks: %q is not the path of a URL, such as /webhooks/8Zk2", config.Path)
	}
	listener, err := listen(config.Address)
	if err != nil {
		return nil, err
	}
	r, err := start(ctx, client, config, listener)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	return r, nil
}

// start takes webhooks from a listener.
func start(ctx context.Context, client *moneykit.Client, config Config, listener net.Listener) (*Receiver, error) {
	r := &Receiver{
		client: client, now: config.Now, path: cmp.Or(config.Path, "/"+rand.Text()),
		over: make(chan struct{}), changed: make(chan struct{}), ledger: newLedger(maxRemembered),
	}
	if r.now == nil {
		r.now = time.Now
	}
	if err := r.at(listener.Addr().String(), config.Public); err != nil {
		return nil, err
	}
	ctx, r.cancel = context.WithCancel(ctx)
	go r.run(ctx, limit(listener, connections))
	return r, nil
}

// listen takes a port of this computer that is reached from here alone.
func listen(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	notLoopback := fmt.Errorf("webhooks: %q is not a loopback address such as 127.0.0.1:0; webhooks are received on this computer alone", address)
	if !loopback.Host(address) {
		return nil, notLoopback
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	if !loopback.Host(listener.Addr().String()) { // localhost can be made to be elsewhere
		_ = listener.Close()
		return nil, notLoopback
	}
	return listener, nil
}

// at notes by which names the receiver is reached.
func (r *Receiver) at(host, public string) error {
	_, port, _ := net.SplitHostPort(host)
	r.local = "http://" + host + r.path
	r.public = r.local
	r.hosts = []string{host, "localhost:" + port}
	if public == "" {
		return nil
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("webhooks: the public address has to be https and a host alone, such as https://hooks.example.com")
	}
	r.public = "https://" + u.Host + r.path
	r.hosts = append(r.hosts, strings.TrimSuffix(strings.ToLower(u.Host), ":443")) // as it is called by whoever comes by https
	return nil
}

// URL is where MoneyKit is to send webhooks: the public address if there is one.
func (r *Receiver) URL() string { return r.public }

// Local is the receiver's own address, which this computer alone reaches.
func (r *Receiver) Local() string { return r.local }

// Close stops listening and waits until nothing of the receiver runs any more.
// What it has received stays readable.
func (r *Receiver) Close() {
	r.cancel()
	<-r.over
}

func (r *Receiver) run(ctx context.Context, listener net.Listener) {
	defer close(r.over)
	defer r.cancel()
	base, leave := context.WithCancel(context.WithoutCancel(ctx))
	defer leave()
	server := &http.Server{
		Handler: http.HandlerFunc(r.serve), BaseContext: func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	<-ctx.Done()
	patience, cancel := context.WithTimeout(base, lastAnswers)
	defer cancel()
	_ = server.Shutdown(patience)
	leave()
	_ = server.Close()
	serving.Wait()
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.handling.Wait()
}

// State is what a Receiver has received so far.
type State struct {
	Version int // grows with every change
	// Deliveries are the last 1,000, oldest first. They never change.
	Deliveries []*Delivery
	Received   int // all deliveries, also those that are no longer kept
	// Refused counts requests that were no delivery, such as one for another host;
	// Refusal says why the last of them was refused.
	Refused int
	Refusal string
}

// State returns what was received so far.
func (r *Receiver) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state()
}

// state is State for who holds r.mu.
func (r *Receiver) state() State {
	return State{Version: r.version, Deliveries: slices.Clone(r.kept), Received: r.received, Refused: r.refused, Refusal: r.refusal}
}

// Next waits for a state newer than the version seen. After the receiver was
// closed it returns ErrClosed once there is none.
func (r *Receiver) Next(ctx context.Context, seen int) (State, error) {
	for {
		r.mu.Lock()
		state, changed := r.state(), r.changed
		r.mu.Unlock()
		if state.Version > seen {
			return state, nil
		}
		select {
		case <-ctx.Done():
			return State{}, ctx.Err()
		case <-changed:
		case <-r.over:
			if state := r.State(); state.Version > seen {
				return state, nil
			}
			return State{}, ErrClosed
		}
	}
}

// change notes what do does. r.mu is not held.
func (r *Receiver) change(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
	r.version++
	close(r.changed)
	r.changed = make(chan struct{})
}
