package connect

import (
	"bufio"
	"context"
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

// head is what a message of the page begins with.
func (c *clocked) head() string {
	return "POST " + c.page.path + " HTTP/1.1\r\nHost: " + c.page.host + "\r\nOrigin: " + c.page.origin +
		"\r\nCookie: " + c.page.name + "=" + c.page.cookie + "\r\nContent-Type: application/json\r\n"
}

// taken wants the answer that a message was taken.
func (c *clocked) taken(conn net.Conn) {
	c.Helper()
	if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || res.StatusCode != http.StatusNoContent {
		c.Fatal(res, err)
	}
}

func complete(token moneykit.Secret) []byte {
	return []byte(`{"page":1,"type":"link.complete","data":{"exchangeableToken":"` + token.Reveal() + `"}}`)
}

// goesThrough makes a link at Instant Bank, and returns its token.
func (c *clocked) goesThrough() moneykit.Secret {
	c.Helper()
	token, err := newDesk(c.client, c.box).finish(c.Context(), entered{session: c.page.session, institution: "moneykit-instant-bank"})
	if err != nil {
		c.Fatal(err)
	}
	return token.token
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
		sends string // %s is what a message begins with
		after time.Duration
	}{
		"nothing":       {"", 5 * time.Second},
		"half a header": {"%s", 5 * time.Second},
		"half a body":   {"%sContent-Length: 9\r\n\r\n{", 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			onClock(t, func(c *clocked) {
				before := c.State().Version
				conn := c.pipe.dial()
				defer func() { _ = conn.Close() }()
				began := time.Now()
				if x.sends != "" {
					_, _ = fmt.Fprintf(conn, x.sends, c.head())
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
		done := c.goesThrough()
		conn := c.pipe.dial()
		defer func() { _ = conn.Close() }()
		body := complete(done)
		_, _ = fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", c.head(), len(body), body)
		c.taken(conn)
		<-c.over
		if s := c.State(); s.Phase != Connected || s.Last == nil || s.Last.InstitutionID != "moneykit-instant-bank" {
			c.Errorf("%+v", s)
		}
	})
}

// While the last answers go out the page is gone, and a token that comes with
// them counts.
func TestTokenThatComesAsThePageGoesAway(t *testing.T) {
	onClock(t, func(c *clocked) {
		token := c.goesThrough()
		body := complete(token)
		conn := c.pipe.dial()
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", c.head(), len(body), body[:9])
		synctest.Wait()
		if err := c.page.hear([]byte(`{"type":"link.exit","data":{"error":null}}`)); err != nil {
			c.Fatal(err)
		}
		synctest.Wait()
		if s := c.State(); s.Phase != Asking || s.Page != "" || c.Paste(token) {
			c.Errorf("%+v", s)
		}
		_, _ = conn.Write(body[9:])
		c.taken(conn)
		<-c.over
		if s := c.State(); s.Phase != Connected {
			c.Errorf("%+v", s)
		}
	})
}

// However a walk ends, a token that came by then counts.
func TestTokenCountsBeforeAllElse(t *testing.T) {
	token := moneykit.NewSecret("mk_ex_1")
	for name, comes := range map[string]func(*launcher){
		"completed": func(l *launcher) { _ = l.hear(complete(token)) },
		"pasted":    func(l *launcher) { l.run.pasted <- token },
	} {
		for why, end := range map[string]func(context.Context, *launcher) (context.Context, context.CancelFunc){
			"left": func(ctx context.Context, l *launcher) (context.Context, context.CancelFunc) {
				_ = l.hear([]byte(`{"page":1,"type":"link.exit","data":{"error":null}}`))
				return ctx, func() {}
			},
			"time-out": func(ctx context.Context, _ *launcher) (context.Context, context.CancelFunc) {
				return context.WithDeadline(ctx, time.Now().Add(-time.Second))
			},
			"cancel": func(ctx context.Context, _ *launcher) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx, cancel
			},
		} {
			for range 20 { // since which is seen first is chance
				l := listening(false, 1)
				ctx, cancel := end(t.Context(), l)
				comes(l)
				out, err := l.walk(ctx, l.run, moneykit.Secret{})
				cancel()
				if err != nil || out.left || !out.token.Equal(token) {
					t.Fatalf("%s, %s: %+v, %v", name, why, out, err)
				}
			}
		}
	}
}
