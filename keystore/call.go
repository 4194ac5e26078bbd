package keystore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	service         = "till"
	maxSecret       = 2048 // under the limits of all keyrings (Windows: 2560 bytes)
	defaultTimeout  = 10 * time.Second
	diagnoseTimeout = time.Second

	// maxAside bounds the hanging calls that a process can gather in its life.
	maxAside = 4

	// well is diagnose's answer for a keyring that is seen to work. It never
	// leaves the package.
	well Reason = "well"
)

var errStuck = errors.New("an earlier keyring call still waits for its answer")

// vault is the part of a keyring that a Store uses.
type vault interface {
	Set(service, user, secret string) error
	Get(service, user string) (string, error)
	Delete(service, user string) error
}

// systemVault is the keyring of the operating system.
type systemVault struct{}

func (systemVault) Set(service, user, secret string) error {
	if err := preflight(); err != nil {
		return err
	}
	return keyring.Set(service, user, secret)
}

func (systemVault) Get(service, user string) (string, error) {
	if err := preflight(); err != nil {
		return "", err
	}
	return keyring.Get(service, user)
}

func (systemVault) Delete(service, user string) error {
	if err := preflight(); err != nil {
		return err
	}
	return keyring.Delete(service, user)
}

// job is work on the keyring. It runs in a goroutine of its own and is handed
// a function that tells whether the caller has gone.
type job[T any] func(gone func() bool) (T, error)

// guarded runs work under the store's deadline. When the caller had to go
// before the answer came and the work then succeeds after all, late undoes it.
func guarded[T any](parent context.Context, s *Store, work job[T], late func()) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := parent.Err(); err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(parent, s.timeout)
	defer cancel()
	f, mine := s.gate.enter(ctx)
	if !mine && f.isStuck() && s.look(parent) == well && s.gate.setAside(f) {
		f, mine = s.gate.enter(ctx)
	}
	if !mine {
		return none, s.waitedInVain(parent, f)
	}
	answers := make(chan result, 1)
	go func() {
		defer s.gate.leave(f)
		value, err := protect(func() (T, error) { return work(f.abandoned) })
		if err != nil && !f.abandoned() {
			err = s.explain(parent, err)
		}
		if f.answer() {
			answers <- result{value, err}
		} else if err == nil && late != nil {
			_, _ = protect(func() (T, error) { late(); return none, nil })
		}
	}()
	select {
	case r := <-answers:
		return r.value, r.err
	case <-ctx.Done():
	}
	if !f.abandon() {
		r := <-answers
		return r.value, r.err
	}
	return none, s.waitedInVain(parent, f)
}

// waitedInVain is the error of a caller who goes without an answer. A caller
// who left early proves nothing; one who waited out a deadline marks the
// flight, so that the next caller need not wait.
func (s *Store) waitedInVain(parent context.Context, f *flight) error {
	if f.isStuck() {
		return &Error{Reason: f.reason, Err: errStuck}
	}
	if errors.Is(parent.Err(), context.Canceled) {
		return context.Canceled
	}
	reason := Timeout
	if found := s.look(parent); found != "" && found != well {
		reason = found
	}
	f.giveUp(reason)
	return &Error{Reason: reason, Err: context.DeadlineExceeded}
}

// explain asks the system what is wrong where the error alone does not tell.
func (s *Store) explain(parent context.Context, err error) error {
	reason := classify(err)
	if reason != Other && reason != Timeout {
		return err
	}
	found := s.look(parent)
	if found == Locked && reason == Other && s.canAsk() {
		found = Denied // the service had its answer from the user: it was no
	}
	if found == "" || found == well {
		return err
	}
	return &Error{Reason: found, Err: err}
}

// look asks the system for the state of its keyring, under a deadline of its
// own because the caller's has passed.
func (s *Store) look(parent context.Context) Reason {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), diagnoseTimeout)
	defer cancel()
	found := make(chan Reason, 1)
	go func() { found <- s.diagnose(ctx) }()
	select {
	case r := <-found:
		return r
	case <-ctx.Done():
		return ""
	}
}

// protect turns a panic of the keyring library into an error: it panics when
// the bus goes away while a prompt is open.
func protect[T any](work func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the keyring library panicked (%T)", p)
		}
	}()
	return work()
}
