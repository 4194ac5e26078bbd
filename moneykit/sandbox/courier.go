package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// attemptTime is what one attempt may take in all.
	attemptTime = 10 * time.Second
	// maxAnswer is how much is read of a receiver's answer, and of its header.
	maxAnswer = 64 << 10
	// keepIdle is how long a connection waits for the next webhook. Receivers
	// close idle connections too, mostly after 2 s or more, and a webhook sent
	// at that moment is lost.
	keepIdle = time.Second
)

// What is wrong with a URL for good, so that another attempt is in vain.
var (
	// errNotAllowed is about a host that is neither this computer nor named.
	errNotAllowed = errors.New("webhooks are sent only to this computer and to the hosts that were named")
	// errBadURL is about a URL that nothing can be sent to.
	errBadURL = errors.New("a webhook needs an http or https URL with a host")
)

// courier sends webhooks. Their URLs come from whoever uses the API, so it
// reaches nothing but loopback addresses and the hosts that were named.
type courier struct {
	named     map[destination]bool
	dialer    net.Dialer
	transport *http.Transport
	patience  time.Duration // what one attempt may take
}

// destination is where a named host is reached.
type destination struct {
	host string // in lower case, without a dot at its end
	port string // empty for any
}

// newCourier names hosts, each with or without a port.
func newCourier(hosts []string) *courier {
	c := &courier{named: make(map[destination]bool, len(hosts)), patience: attemptTime}
	for _, host := range hosts {
		c.named[newDestination(host)] = true
	}
	// There is no Proxy, since a proxy would reach any host.
	c.transport = &http.Transport{
		DialContext:            c.dial,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        keepIdle,
		MaxResponseHeaderBytes: maxAnswer,
	}
	return c
}

func newDestination(address string) destination {
	host, port, err := net.SplitHostPort(address)
	if err != nil { // there is no port
		host = strings.Trim(address, "[]")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	}
	return destination{strings.ToLower(strings.TrimSuffix(host, ".")), port}
}

// allows tells what is wrong with a URL as far as that is seen without looking
// up its host: errBadURL or errNotAllowed.
func (c *courier) allows(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return errBadURL
	}
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errBadURL
	case port == "" && u.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errBadURL
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err == nil && !ip.IsLoopback() && !c.names(net.JoinHostPort(u.Hostname(), port)) {
		return errNotAllowed
	}
	return nil
}

// names reports whether a host with a port was named.
func (c *courier) names(address string) bool {
	to := newDestination(address)
	return c.named[to] || c.named[destination{host: to.host}]
}

// send posts a webhook once and returns the status that the receiver answers,
// whatever it is. A redirect is not followed.
func (c *courier) send(ctx context.Context, rawURL string, header http.Header, body []byte) (status int, err error) {
	if err := c.allows(rawURL); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, rawURL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "MoneyKit-Webhooks/1.0 (till Sandbox)")
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	resp, err := c.transport.RoundTrip(req) // a Client would look at redirects
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	// The body of a switched protocol is the bare connection, and reading it does
	// not end with ctx.
	if resp.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // the status has said everything
	}
	return resp.StatusCode, nil
}

// close closes the connections that nothing is sent on.
func (c *courier) close() { c.transport.CloseIdleConnections() }

// dial connects to the host and port of a URL. Unless they were named, it is
// the address found for the host that counts, since a name can point anywhere
// and somewhere else each time. The transport uses a connection only for the
// host and port it was dialled for, so the decision holds for all that is sent
// on it.
func (c *courier) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := c.dialer
	if !c.names(address) {
		dialer.ControlContext = loopbackOnly
	}
	return dialer.DialContext(ctx, network, address)
}

// loopbackOnly is asked before a connection is made, with the address it is
// made to.
func loopbackOnly(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().IsLoopback() {
		return errNotAllowed
	}
	return nil
}
