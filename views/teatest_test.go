package views

import (
	"net/http"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/teatest/v2"
	"github.com/hinshun/vt10x"

	"till/moneykit/sandbox"
	"till/ui"
)

// terminal is till in a terminal of 80×24, with the real client against the real
// Sandbox on a socket, on the real clock.
type terminal struct {
	t *testing.T
	*teatest.TestModel
	screen  vt10x.Terminal
	api     string
	sandbox *sandbox.Sandbox
}

func newTerminal(t *testing.T, set func(*App)) *terminal {
	t.Helper()
	s := sandbox.New(sandbox.WithRefreshTime(50*time.Millisecond, 100*time.Millisecond))
	server, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	app := testApp(t, &wire{sandbox: transport}, s, nil)
	open := app.Sandbox
	app.Sandbox = func() (Embedded, error) {
		e, err := open()
		e.URL = server.URL()
		return e, err
	}
	set(app)
	return &terminal{
		t: t, api: server.URL(), sandbox: s, screen: vt10x.New(vt10x.WithSize(80, 24)),
		TestModel: teatest.NewTestModel(t, ui.NewShell(t.Context(), First(app, true, "", "")), teatest.WithInitialTermSize(80, 24)),
	}
}

// sees waits for a text. The output holds only what changes from frame to frame;
// the screen puts the pieces together.
func (w *terminal) sees(text string) {
	w.t.Helper()
	drawn := 0
	defer func() {
		if w.t.Failed() {
			w.t.Log(w.screen.String())
		}
	}()
	teatest.WaitFor(w.t, w.Output(), func(out []byte) bool {
		_, _ = w.screen.Write(out[drawn:])
		drawn = len(out)
		return strings.Contains(w.screen.String(), text)
	}, teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(10*time.Millisecond))
}

func (w *terminal) key(code rune) { w.Send(tea.KeyPressMsg{Code: code, Text: textOf(code)}) }

func (w *terminal) leaves() {
	w.key('q')
	w.WaitFinished(w.t, teatest.WithFinalTimeout(30*time.Second))
}

// TestMainJobOverHTTP walks the main job.
func TestMainJobOverHTTP(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t, func(*App) {})
	sees, key := tm.sees, tm.key
	sees("5 connected")
	key(tea.KeyEnter)
	sees("Overview")
	key('r')
	sees("Which products?")
	key(tea.KeyEnter)
	sees("in its transactions")
	key('d')
	sees("pending → posted")
	key('x')
	sees("Reset it")
	key(tea.KeyLeft)
	key(tea.KeyEnter)
	sees("needs a relink now")
	key('R')
	sees("here in the terminal")
	key(tea.KeyEnter)
	sees("Username")
	tm.Type("user_good")
	key(tea.KeyEnter)
	tm.Type("pass_good")
	key(tea.KeyEnter)
	sees("sync 3")
	key('D')
	sees("to confirm")
	tm.Type("Credentials Bank")
	key(tea.KeyEnter)
	sees("is disconnected")
	tm.leaves()
}

func textOf(code rune) string {
	if code >= ' ' && code < 0x7f {
		return string(code)
	}
	return ""
}
