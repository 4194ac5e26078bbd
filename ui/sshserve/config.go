// Package sshserve serves a Bubble Tea program to guests who come by SSH, each in a
// session of their own, and is safe to leave open on the internet.
//
// It knows nothing of what the program is about.
package sshserve

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Config says what is served, where, to whom, and how much of it.
type Config struct {
	// Address is where to listen. Any but a loopback address needs AuthorizedKeys or
	// Anonymous.
	Address string
	// HostKey is the file of the host key, which is made when there is none.
	HostKey string
	// AuthorizedKeys is a file of the keys that may come in; without it anybody may.
	// It is read again when it has changed.
	AuthorizedKeys string
	// Anonymous says that anybody may come in, from any address.
	Anonymous bool
	// Proxies are the addresses and networks of TCP balancers, each of whose connections
	// has to begin with a PROXY header that says where the guest is.
	Proxies []string
	// Metrics is a loopback address for /healthz and /metrics, empty for none.
	Metrics string
	// Limits bound what guests may take.
	Limits Limits
	// Log takes who came, from where, for how long, and why it ended; nil for none.
	Log *slog.Logger
	// Start makes what a guest sees. ctx ends with the guest's session.
	Start func(ctx context.Context, guest Guest) (Program, error)
}

// Limits bound what guests may take of the computer.
type Limits struct {
	Handshake    time.Duration // until a connection is a session
	Idle         time.Duration // without a key
	Session      time.Duration // in all
	Stalled      time.Duration // that what is written may wait for a guest who does not read
	Drain        time.Duration // that sessions have left once ctx ends
	Sessions     int           // at once
	PerAddress   int           // of them from one address, or from one IPv6 network of 64 bits
	NewPerSecond float64       // connections accepted
	Width        int           // cells of a window at most
	Height       int
	Resizes      float64 // a second
	Frames       int     // a second
}

// DefaultLimits are those of a small computer on the internet.
func DefaultLimits() Limits {
	return Limits{
		Handshake: 10 * time.Second, Idle: 10 * time.Minute, Session: time.Hour, Stalled: 30 * time.Second, Drain: 10 * time.Second,
		Sessions: 200, PerAddress: 10, NewPerSecond: 20, Width: 250, Height: 80, Resizes: 10, Frames: 30,
	}
}

// Guest is who came.
type Guest struct {
	Session string // names the session in logs
	User    string // as the guest calls themselves, without control characters
	Key     string // fingerprint of the key that the handshake proved, empty for none
	Address string // IP address
}

// Program is what a guest sees.
type Program struct {
	Model tea.Model
	// Options are Bubble Tea's, before those of the session, which has a filter,
	// an input and an output of its own.
	Options []tea.ProgramOption
	// Close is called when the session is over; nil for nothing to close.
	Close func()
}

// StoppingMsg tells a program that the server stops.
type StoppingMsg struct {
	By time.Time // when the session is ended
}

// Announce says it to the guest.
func (s StoppingMsg) Announce() string {
	return "This server stops: leave with q, or you are cut off in " + strconv.Itoa(max(0, int(time.Until(s.By).Round(time.Second).Seconds()))) + " s."
}
