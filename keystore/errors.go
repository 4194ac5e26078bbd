package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

// Reason says why a keyring call failed.
type Reason string

// The reasons a keyring call fails for.
const (
	NoBus        Reason = "no bus"        // no D-Bus session bus can be reached
	NoDaemon     Reason = "no daemon"     // the bus is there, but nothing provides org.freedesktop.secrets
	NoCollection Reason = "no collection" // the service is there, but has no default keyring
	Locked       Reason = "locked"        // the keyring is locked and was not unlocked in time
	Denied       Reason = "denied"        // the user or the service said no
	NotFound     Reason = "not found"     // the keyring has no such item
	TooBig       Reason = "too big"       // the secret is longer than a keyring takes
	Timeout      Reason = "timeout"       // the keyring did not answer in time
	Canceled     Reason = "canceled"      // the caller's context was cancelled
	Unsupported  Reason = "unsupported"   // this system has no keyring that till can use
	Mismatch     Reason = "mismatch"      // the keyring gave back something else than it was given
	Damaged      Reason = "damaged"       // the keyring has an item for the mirror key, but it is no key
	Other        Reason = "other"         // anything else; the wrapped error says what
)

// Error is a failed keyring call.
type Error struct {
	Op      string // "save", "read" or "delete"
	Profile string
	Mirror  bool // the call was for the profile's mirror key, not for its secret
	Reason  Reason
	Err     error
}

// Error says what failed and why. It never contains the secret or the key.
func (e *Error) Error() string {
	what := "secret"
	if e.Mirror {
		what = "mirror key"
	}
	text := fmt.Sprintf("%s the %s of profile %q: %s", e.Op, what, e.Profile, e.Reason.sentence())
	if e.Reason == Other && e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// Remedy is one plain line on what to do next.
func (e *Error) Remedy() string {
	const instead = ", or set " + EnvClientID + " and " + EnvClientSecret + ", or type the secret for this session only."
	switch {
	case e.Reason == Canceled:
		return "Nothing is wrong: try again when you like."
	case e.Mirror:
		return e.mirrorRemedy()
	}
	switch e.Reason {
	case NotFound:
		return "Add the profile again with its client secret."
	case TooBig:
		return "Check that only the client secret was pasted: it is far shorter."
	case Unsupported:
		return "Set " + EnvClientID + " and " + EnvClientSecret + ", or type the secret for this session only."
	case Mismatch:
		return "Restart the keyring service and save the profile again" + instead
	}
	return e.Reason.step() + instead
}

// mirrorRemedy offers no way around the keyring, for a key has none.
func (e *Error) mirrorRemedy() string {
	switch e.Reason {
	case Unsupported:
		return "Run till on a system with a keyring."
	case Mismatch:
		return "Restart the keyring service and try again."
	case Damaged:
		return fmt.Sprintf("Restore the item %q of %q in the keyring, or remove it to begin with a new key.", mirrorItem(e.Profile), service)
	}
	return e.Reason.step() + "."
}

// step is what may help with the keyring itself.
func (r Reason) step() string {
	switch r {
	case NoBus:
		return "Start till in a desktop session or under dbus-run-session"
	case NoDaemon:
		return "Install and start a keyring service, such as gnome-keyring or KeePassXC"
	case NoCollection:
		return "Create a default keyring, for example with Seahorse (Passwords and Keys)"
	case Locked:
		return "Unlock the keyring, which an SSH login may not do by itself, and try again"
	case Denied:
		return "Try again and allow the keyring's question"
	case Timeout:
		return "Look for a prompt of the keyring behind other windows, or restart the keyring service"
	}
	return "Try again"
}

func (r Reason) sentence() string {
	switch r {
	case NoBus:
		return "there is no D-Bus session bus to reach a keyring on"
	case NoDaemon:
		return "no keyring service is running"
	case NoCollection:
		return "the keyring service has no default keyring"
	case Locked:
		return "the keyring is locked"
	case Denied:
		return "the keyring refused, or its question was dismissed"
	case NotFound:
		return "the keyring has no such secret"
	case TooBig:
		return fmt.Sprintf("it is longer than %d bytes", maxSecret)
	case Timeout:
		return "the keyring did not answer in time"
	case Canceled:
		return "cancelled"
	case Unsupported:
		return "this system has no keyring that till can use"
	case Mismatch:
		return "the keyring gave back something else than it was given"
	case Damaged:
		return fmt.Sprintf("what the keyring holds is not a key of %d bytes", KeySize)
	case Other:
	}
	return "the keyring failed"
}

// ReasonOf returns the reason of the first Error in err's chain, or "" when
// there is none.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// classify finds the reason of an error as the keyring library gave it, as far
// as the error alone tells.
func classify(err error) Reason {
	if r := ReasonOf(err); r != "" {
		return r
	}
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return NotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return TooBig
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return Unsupported
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, dbus.ErrClosed):
		return NoBus
	}
	if e, ok := errors.AsType[dbus.Error](err); ok {
		return classifyBus(e.Name)
	}
	return classifySystem(err)
}

// classifyBus knows the D-Bus errors of the bus itself and of the Secret Service.
func classifyBus(name string) Reason {
	const bus = "org.freedesktop.DBus.Error."
	switch name {
	case bus + "ServiceUnknown", bus + "NameHasNoOwner":
		return NoDaemon
	case bus + "NoReply", bus + "Timeout", bus + "TimedOut":
		return Timeout
	case bus + "AccessDenied", bus + "AuthFailed":
		return Denied
	case bus + "NoServer", bus + "NoNetwork", bus + "Disconnected":
		return NoBus
	case "org.freedesktop.Secret.Error.IsLocked":
		return Locked
	}
	if strings.HasPrefix(name, bus+"Spawn.") {
		return NoDaemon
	}
	return Other
}

// newError makes the error the caller sees. An error text from outside that
// holds one of the secrets is replaced, together with its chain.
func newError(op, profile string, err error, secrets ...string) *Error {
	reason := classify(err)
	if e, ok := errors.AsType[*Error](err); ok {
		err = e.Err
	}
	if err != nil {
		text := err.Error()
		for _, s := range secrets {
			if s != "" && strings.Contains(text, s) {
				err = errors.New("the details are left out, for they hold the secret")
				break
			}
		}
	}
	return &Error{Op: op, Profile: profile, Reason: reason, Err: err}
}

// newMirrorError is newError for a call about the mirror key.
func newMirrorError(op, profile string, err error, secrets ...string) *Error {
	e := newError(op, profile, err, secrets...)
	e.Mirror = true
	return e
}
