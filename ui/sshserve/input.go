package sshserve

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/time/rate"
)

// What a guest may send, which is more than anybody types or pastes.
const (
	bytesPerSecond  = 16 << 10
	eventsPerSecond = 100
	eventsAtOnce    = 10 * eventsPerSecond
	readsPerSecond  = 100       // each of which looks at all that is unread again
	mostUnread      = 256 << 10 // bytes that are not a whole event yet
)

var errFlooded = errors.New("too much input")

// input reads what a guest's terminal sends. Bubble Tea's own reader would wait for
// a program that has ended, let the guest set a size that fills the memory, and take
// the whole server with it if it panicked.
type input struct {
	session *session
	from    io.Reader
	bytes   *rate.Limiter
	reads   *rate.Limiter
	tamer   tamer
	unread  atomic.Int64
}

func (s *session) read(ctx context.Context, from io.Reader, terminal string) {
	in := &input{
		session: s, from: from,
		bytes: rate.NewLimiter(bytesPerSecond, mostUnread), reads: rate.NewLimiter(readsPerSecond, 2*readsPerSecond),
	}
	events := make(chan uv.Event)
	go func() {
		defer close(events)
		defer s.contain("input")
		_ = uv.NewTerminalReader(in, terminal).StreamEvents(ctx, events)
	}()
	limiter := rate.NewLimiter(eventsPerSecond, eventsAtOnce)
	for event := range events { // to the end, which the reader waits for
		in.unread.Store(0)
		if ctx.Err() == nil && limiter.Wait(ctx) == nil {
			s.take(event)
		}
	}
}

// take gives the program what came from the guest.
func (s *session) take(event uv.Event) {
	switch event.(type) {
	case uv.WindowSizeEvent, uv.PixelSizeEvent, uv.CellSizeEvent:
		return // sizes come by SSH, where they are clamped
	case uv.KeyPressEvent, uv.PasteEvent, uv.MouseClickEvent, uv.MouseWheelEvent:
		s.idle.Reset(s.server.config.Limits.Idle)
	}
	s.program.Send(event)
}

// Read ends the session when the guest is gone or sends too much.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	if in.unread.Load() == 0 {
		in.tamer.escapes = 0 // those before are keys already
	}
	switch {
	case n == 0 && err != nil:
		in.session.end(gone)
		return 0, io.EOF
	case in.unread.Add(int64(n)) > mostUnread:
		in.session.end(flooded)
		return 0, errFlooded
	}
	if err = in.bytes.WaitN(in.session.ctx, n); err == nil {
		err = in.reads.Wait(in.session.ctx)
	}
	return len(in.tamer.tame(p[:n])), err
}

// silent is what Bubble Tea reads from: nothing until the session ends.
type silent struct{ ctx context.Context }

// Read waits.
func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, io.EOF
}

// resize tells the program of the guest's window, now and then, the last size always.
func (s *session) resize(sizes <-chan tea.WindowSizeMsg) {
	limiter := rate.NewLimiter(rate.Limit(s.server.config.Limits.Resizes), 1)
	for limiter.Wait(s.ctx) == nil {
		select {
		case <-s.ctx.Done():
		case size := <-sizes:
			s.size.Store(&size)
			s.program.Send(size)
		}
	}
}

// filter keeps the program from stopping the whole server, and the last size the last:
// Bubble Tea sends the first one whenever it gets to it.
func (s *session) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.SuspendMsg:
		return tea.ResumeMsg{}
	case tea.WindowSizeMsg:
		return *s.size.Load()
	}
	return msg
}
