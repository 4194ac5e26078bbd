package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hinshun/vt10x"
	"golang.org/x/crypto/ssh"
)

// guest is a session at a server.
type guest struct {
	client *ssh.Client
	keys   io.Writer
	moves  int

	mu     sync.Mutex
	screen vt10x.Terminal // nil once nobody looks any more
	bytes  int
	last   time.Time // when output last arrived

	first, listed time.Duration // until the first byte, and until the list was there
	frame         int           // bytes by then
	gone          chan struct{}
}

// visit opens a session of w by h cells and waits until its list is drawn.
func visit(v *server, w, h int) (*guest, error) {
	began := time.Now()
	client, err := ssh.Dial("tcp", v.address, &ssh.ClientConfig{User: "bench", HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		return nil, err
	}
	g := &guest{client: client, screen: vt10x.New(vt10x.WithSize(w, h)), gone: make(chan struct{})}
	session, err := client.NewSession()
	if err != nil {
		return nil, err
	}
	out, err := session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if g.keys, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if err := session.RequestPty("xterm-256color", h, w, ssh.TerminalModes{}); err != nil {
		return nil, err
	}
	if err := session.Shell(); err != nil {
		return nil, err
	}
	drawn := make(chan struct{})
	go g.read(out, v.shows, began, drawn)
	select {
	case <-drawn:
		return g, nil
	case <-g.gone:
	case <-time.After(patience):
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return nil, fmt.Errorf("%s: no list; the screen is\n%s", v.name, g.screen)
}

// read draws until the list is there, and from then on only counts.
func (g *guest) read(out io.Reader, shows []string, began time.Time, drawn chan<- struct{}) {
	defer close(g.gone)
	buffer := make([]byte, 1<<15)
	for {
		n, err := out.Read(buffer)
		if err != nil {
			return
		}
		g.mu.Lock()
		g.bytes += n
		g.last = time.Now()
		if g.first == 0 {
			g.first = time.Since(began)
		}
		if g.screen != nil {
			_, _ = g.screen.Write(buffer[:n])
			screen := g.screen.String()
			if !slices.ContainsFunc(shows, func(text string) bool { return !strings.Contains(screen, text) }) {
				g.listed, g.frame, g.screen = time.Since(began), g.bytes, nil
				close(drawn)
			}
		}
		g.mu.Unlock()
	}
}

func (g *guest) received() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes
}

// settle waits until nothing has arrived for a while, and returns all that did.
func (g *guest) settle() int {
	for {
		before := g.received()
		time.Sleep(rest)
		if after := g.received(); after == before {
			return after
		}
	}
}

// move moves the cursor a line, down and up again in turn.
func (g *guest) move() {
	key := "\x1b[B"
	if g.moves++; g.moves%8 > 3 {
		key = "\x1b[A"
	}
	_, _ = io.WriteString(g.keys, key)
}

// leave ends the session as a lost connection does.
func (g *guest) leave() {
	_ = g.client.Close()
	<-g.gone
}
