package sshserve

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// longestName is how much of a guest's name is kept.
const longestName = 64

// Exit codes.
const (
	exitCut   = 1
	exitUsage = 2
)

// serve is a session from the guest's request for a shell to its end.
func (s *server) serve(sess ssh.Session) {
	conn := sess.Context().Value(connectionKey{}).(*connection)
	ch := sess.Context().Value(channelKey{}).(*channel)
	guest := Guest{Session: strings.ToLower(rand.Text()[:12]), User: clean(sess.User(), longestName), Address: conn.ip.String()}
	if key := sess.PublicKey(); key != nil {
		guest.Key = gossh.FingerprintSHA256(key)
	}
	pty, _, terminal := sess.Pty()
	why := s.admit(conn, sess, terminal)
	if why != "" {
		s.refuse(why, "user", guest.User, "key", guest.Key, "address", guest.Address)
		s.bid(sess, why, terminal)
		conn.closes.Reset(linger)
		return
	}
	defer s.work.Done()
	defer s.leave(conn)
	began := time.Now()
	r := &session{server: s, conn: conn, guest: guest, log: s.log.With("session", guest.Session)}
	r.ctx, r.cancel = context.WithCancelCause(sess.Context())
	r.size.Store(&tea.WindowSizeMsg{Width: pty.Window.Width, Height: pty.Window.Height})
	s.metrics.begun.Inc()
	r.log.Info("session began", "user", guest.User, "key", guest.Key, "address", guest.Address, "terminal", pty.Term,
		"width", pty.Window.Width, "height", pty.Window.Height)
	why = r.run(sess, ch, pty.Term)
	ch.mu.Lock()
	written := ch.written
	ch.mu.Unlock()
	lasted := time.Since(began)
	s.metrics.ended(why, lasted)
	size := r.size.Load()
	r.log.Info("session ended", "reason", string(why), "user", guest.User, "key", guest.Key, "address", guest.Address, "terminal", pty.Term,
		"width", size.Width, "height", size.Height, "seconds", lasted.Seconds(), "written", written)
}

// admit tells why a guest is not let in, or counts them.
func (s *server) admit(conn *connection, sess ssh.Session, terminal bool) reason {
	if !terminal || sess.RawCommand() != "" {
		return plain
	}
	if s.keys != nil && (sess.PublicKey() == nil || !s.keys.allow(sess.PublicKey())) {
		return revoked
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.by.IsZero() {
		return stopping
	}
	if why := s.sessions.full(conn.from); why != "" {
		return why
	}
	s.sessions.take(conn.from)
	s.work.Add(1)
	if conn.waiting {
		conn.waiting = false
		s.waiting.free(conn.from)
		delete(s.idlers, conn)
	}
	conn.closes.Stop()
	return ""
}

func (s *server) leave(conn *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.free(conn.from)
	conn.closes.Reset(linger)
}

// begin adds a session to those that run, unless the server stops.
func (s *server) begin(r *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.by.IsZero() {
		return false
	}
	s.running[r] = true
	return true
}

func (s *server) end(r *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, r)
}

// bid tells the guest why there is no session any more, and ends it.
func (s *server) bid(sess ssh.Session, why reason, terminal bool) {
	text, code := s.config.Limits.sentence(why), 0
	if text != "" {
		code = exitCut
		var to io.Writer = sess // in order after the program's last words
		if !terminal {
			to = sess.Stderr()
		}
		_, _ = fmt.Fprint(to, "till: "+text+"\n")
	}
	if why == plain {
		code = exitUsage
	}
	_ = sess.Exit(code)
}
