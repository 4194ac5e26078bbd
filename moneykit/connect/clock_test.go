package connect

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
)

// pipes listens without a socket, so that the clock of a synctest bubble moves.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close()
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// clocked is a Run whose page is behind pipes.
type clocked struct {
	*testing.T
	*Run
	box  http.RoundTripper
	page *launcher
	pipe *pipes
}

// onClock runs test once the page is up.
func onClock(t *testing.T, test func(*clocked)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := &clocked{T: t, box: sandbox.New().Transport(), pipe: newPipes()}
		client, err := moneykit.New(moneykit.Credentials{
			ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
		}, moneykit.WithTransport(c.box))
		if err != nil {
			t.Fatal(err)
		}
		request := moneykit.LinkSessionRequest{CustomerUser: moneykit.CustomerUser{ID: "user_4711"}}
		c.Run = start(t.Context(), client, request, outcome{}, func(r *Run) (way, error) {
			made, err := listen(Browser{Host: DefaultHost}, r)
			if err != nil {
				return nil, err
			}
			made.close()
			made.listeners, c.page = []net.Listener{c.pipe}, made
			return made, nil
		})
		defer c.Cancel()
		synctest.Wait()
		if s := c.State(); s.Phase != Asking || !s.Ends.Equal(time.Now().Add(launcherTime)) {
			t.Fatalf("%+v", s)
		}
		test(c)
	})
}

func TestPageGoesAway(t *testing.T) {
	onClock(t, func(c *clocked) {
		time.Sleep(launcherTime - time.Nanosecond)
		synctest.Wait()
		if s := c.State(); s.Phase != Asking || s.Page == "" {
			c.Fatalf("%+v", s)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if s := c.State(); s.Phase != Failed || !errors.Is(s.Err, ErrTimeout) || s.Page != "" {
			c.Errorf("%+v", s)
		}
	})
}

func TestPageGoesAwayWhileSomebodyIsOnIt(t *testing.T) {
	onClock(t, func(c *clocked) {
		conn := c.pipe.dial()
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\n", c.page.path, c.page.host)
		c.Cancel()
		if s := c.State(); s.Phase != Failed {
			c.Errorf("%+v", s)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			c.Errorf("the connection goes on: %v", err)
		}
	})
}

// Whoever is slow is not waited for.
func TestSlowRequests(t *testing.T) {
	for name, x := range map[string]struct {
		sends string // %s are path, host and origin
		after time.Duration
	}{
		"nothing":       {"", 5 * time.Second},
		"half a header": {"POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n", 5 * time.Second},
		"half a body":   {"POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			onClock(t, func(c *clocked) {
				before := c.State().Version
				conn := c.pipe.dial()
				defer func() { _ = conn.Close() }()
				began := time.Now()
				if x.sends != "" {
					_, _ = fmt.Fprintf(conn, x.sends, c.page.path, c.page.host, c.page.origin)
				}
				text, err := io.ReadAll(conn)
				if err != nil || time.Since(began) != x.after {
					c.Errorf("%q, %v after %v", text, err, time.Since(began))
				}
				if s := c.State(); s.Version != before || s.Phase != Asking {
					c.Errorf("%+v", s)
				}
			})
		})
	}
}

// From the page to the connected link, on the wire.
func TestTheWholeWay(t *testing.T) {
	onClock(t, func(c *clocked) {
		done, err := newDesk(c.client, c.box).finish(c.Context(), entered{session: c.page.session, institution: "moneykit-instant-bank"})
		if err != nil {
			c.Fatal(err)
		}
		conn := c.pipe.dial()
		defer func() { _ = conn.Close() }()
		body, _ := json.Marshal(message{Page: 1, Type: "link.complete", Data: json.RawMessage(`{"exchangeableToken":"` + done.token.Reveal() + `"}`)})
		_, _ = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.page.path, c.page.host, c.page.origin, len(body), body)
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusNoContent {
			c.Fatal(res, err)
		}
		<-c.over
		if s := c.State(); s.Phase != Connected || s.Last == nil || s.Last.InstitutionID != "moneykit-instant-bank" {
			c.Errorf("%+v", s)
		}
	})
}
