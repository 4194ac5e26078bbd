package sshserve

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	wishtea "charm.land/wish/v2/bubbletea"
)

// session is one guest's.
type session struct {
	server  *server
	conn    *connection
	guest   Guest
	log     *slog.Logger
	ctx     context.Context // ends with why the session does
	cancel  context.CancelCauseFunc
	ended   sync.Once
	program *tea.Program
	idle    *time.Timer
	size    atomic.Pointer[tea.WindowSizeMsg]
}

// run shows the guest the program and tells them why it ended.
func (s *session) run(sess ssh.Session, ch *channel, terminal string) reason {
	why := failed
	program, err := s.start()
	if err != nil {
		s.log.Error("the program did not start", "error", err)
	} else {
		defer s.close(program)
		why = s.show(program, sess, ch, terminal)
	}
	s.end(why)
	s.server.bid(sess, why, true)
	return why
}

// show runs the program until it ends, and tells why it did.
func (s *session) show(program Program, sess ssh.Session, ch *channel, terminal string) reason {
	limits := s.server.config.Limits
	s.program = tea.NewProgram(&guard{Model: program.Model, session: s}, slices.Concat(program.Options, wishtea.MakeOptions(sess), []tea.ProgramOption{
		tea.WithInput(silent{s.ctx}), tea.WithContext(s.ctx), tea.WithFilter(s.filter), tea.WithFPS(limits.Frames), tea.WithoutSignalHandler(),
	})...)
	s.idle = time.AfterFunc(limits.Idle, func() { s.end(idle) })
	defer s.idle.Stop()
	defer time.AfterFunc(limits.Session, func() { s.end(over) }).Stop()
	ch.mu.Lock()
	ch.stalled = func() { s.end(stalled) }
	ch.mu.Unlock()
	if !s.server.begin(s) {
		return stopping
	}
	defer s.server.end(s)
	s.server.work.Add(2)
	go func() {
		defer s.server.work.Done()
		s.read(s.ctx, sess, terminal)
	}()
	go func() {
		defer s.server.work.Done()
		s.resize(ch.sizes)
	}()
	_, err := s.program.Run()
	var why reason
	switch {
	case errors.As(context.Cause(s.ctx), &why):
		return why
	case s.ctx.Err() != nil:
		return gone
	case err != nil && !errors.Is(err, tea.ErrInterrupted):
		s.log.Error("the program failed", "error", err)
		return failed
	}
	return left
}

// start makes the program. One that panics did not start.
func (s *session) start() (program Program, err error) {
	defer s.contain("Start")
	err = errors.New("it panicked")
	program, err = s.server.config.Start(s.ctx, s.guest)
	if err == nil && program.Model == nil {
		err = errors.New("there is nothing to show")
	}
	return program, err
}

// close gives back what the program holds.
func (s *session) close(program Program) {
	defer s.contain("Close")
	if program.Close != nil {
		program.Close()
	}
}

// end ends the session; the first reason counts. A program that cannot leave loses
// the connection.
func (s *session) end(why reason) {
	s.ended.Do(func() {
		s.cancel(why)
		s.conn.closes.Reset(grace)
	})
}
