package sshserve

import (
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// channelKey finds the channel that a session is on in its context.
type channelKey struct{}

// channel serves one session channel, and lets through only what a guest needs.
func (s *server) channel(srv *ssh.Server, conn *gossh.ServerConn, offered gossh.NewChannel, ctx ssh.Context) {
	c, is := ctx.Value(connectionKey{}).(*connection)
	if !is || c.used.Swap(true) {
		_ = offered.Reject(gossh.ResourceShortage, "one session for each connection")
		return
	}
	ch := &channel{NewChannel: offered, server: s, sizes: make(chan tea.WindowSizeMsg, 1)}
	ctx.SetValue(channelKey{}, ch)
	ssh.DefaultSessionHandler(srv, conn, ch, ctx)
}

// channel is a session channel whose requests are checked before anybody acts on them.
type channel struct {
	gossh.NewChannel
	server *server
	sizes  chan tea.WindowSizeMsg // the last one only

	environment int  // variables that were taken
	terminal    bool // was asked for
	begun       bool

	mu      sync.Mutex
	written int
	stalled func()
}

// Accept begins to serve the channel.
func (ch *channel) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	accepted, asked, err := ch.NewChannel.Accept()
	if err != nil {
		return nil, nil, err
	}
	checked := make(chan *gossh.Request)
	go func() {
		defer close(checked)
		for request := range asked {
			if ch.check(request) {
				checked <- request
			} else {
				_ = request.Reply(false, nil)
			}
		}
	}()
	return guardedChannel{accepted, ch}, checked, nil
}

// guardedChannel is what a session writes to.
type guardedChannel struct {
	gossh.Channel
	of *channel
}

// Write counts, and does not wait for ever for a guest who does not read.
func (g guardedChannel) Write(p []byte) (int, error) {
	timer := time.AfterFunc(g.of.server.config.Limits.Stalled, g.of.stall)
	defer timer.Stop()
	n, err := g.Channel.Write(p)
	g.of.server.metrics.written.Add(n)
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.of.written += n
	return n, err
}

func (ch *channel) stall() {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.stalled != nil {
		ch.stalled()
	}
}

// check tells whether a request is let through, and makes it harmless.
func (ch *channel) check(request *gossh.Request) bool {
	switch request.Type {
	case "env":
		return !ch.begun && ch.checkVariable(request.Payload)
	case "pty-req":
		return !ch.begun && !ch.terminal && ch.checkTerminal(request)
	case "window-change":
		ch.resize(request.Payload)
		return false // it was taken, and nobody asks for a reply
	case "shell", "exec":
		first := !ch.begun
		ch.begun = true
		return first
	}
	return false
}

// What is taken of a guest's environment.
const (
	mostVariables = 32
	longestValue  = 128
)

// variables are those that tell of the terminal and the language.
var variables = regexp.MustCompile(`^(COLORTERM|NO_COLOR|LANG|LC_[A-Z]{1,20})$`)

func (ch *channel) checkVariable(payload []byte) bool {
	var variable struct{ Name, Value string }
	if gossh.Unmarshal(payload, &variable) != nil || ch.environment >= mostVariables ||
		!variables.MatchString(variable.Name) || len(variable.Value) > longestValue || !printable(variable.Value) {
		return false
	}
	ch.environment++
	return true
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// terminals are names that terminfo has.
var terminals = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$`)

// unknownTerminal is one that says nothing of itself.
const unknownTerminal = "unknown"

func (ch *channel) checkTerminal(request *gossh.Request) bool {
	var asked struct {
		Term                    string
		Columns, Rows           uint32
		WidthPixels, HighPixels uint32
		Modes                   string
	}
	if gossh.Unmarshal(request.Payload, &asked) != nil {
		return false
	}
	if !terminals.MatchString(asked.Term) {
		asked.Term = unknownTerminal
	}
	size := ch.server.config.Limits.clamp(asked.Columns, asked.Rows)
	asked.Columns, asked.Rows = uint32(size.Width), uint32(size.Height)
	asked.WidthPixels, asked.HighPixels, asked.Modes = 0, 0, ""
	request.Payload = gossh.Marshal(&asked)
	ch.terminal = true
	return true
}

// resize keeps the size for when the program is told again.
func (ch *channel) resize(payload []byte) {
	var asked struct{ Columns, Rows, WidthPixels, HighPixels uint32 }
	if gossh.Unmarshal(payload, &asked) != nil || !ch.terminal {
		return
	}
	select {
	case <-ch.sizes:
	default:
	}
	ch.sizes <- ch.server.config.Limits.clamp(asked.Columns, asked.Rows)
}

// clamp makes a size one that a program draws.
func (l Limits) clamp(columns, rows uint32) tea.WindowSizeMsg {
	return tea.WindowSizeMsg{Width: min(max(1, int(columns)), l.Width), Height: min(max(1, int(rows)), l.Height)}
}
