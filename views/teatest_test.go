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

// TestMainJobOverHTTP walks the main job with the real client against the real
// Sandbox on a socket, on the real clock.
func TestMainJobOverHTTP(t *testing.T) {
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
	w := &wire{sandbox: transport}
	app := testApp(t, w, s, nil)
	open := app.Sandbox
	app.Sandbox = func() (Embedded, error) {
		e, err := open()
		e.URL = server.URL()
		return e, err
	}

	tm := teatest.NewTestModel(t, ui.NewShell(t.Context(), First(app, true, "", "")), teatest.WithInitialTermSize(80, 24))
	// The output holds only what changes from frame to frame; a screen puts the
	// pieces together.
	screen := vt10x.New(vt10x.WithSize(80, 24))
	sees := func(text string) {
		t.Helper()
		drawn := 0
		teatest.WaitFor(t, tm.Output(), func(out []byte) bool {
			_, _ = screen.Write(out[drawn:])
			drawn = len(out)
			return strings.Contains(screen.String(), text)
		}, teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(10*time.Millisecond))
	}
	key := func(code rune) { tm.Send(tea.KeyPressMsg{Code: code, Text: textOf(code)}) }

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
	sees("Username")
	tm.Type("user_good")
	key(tea.KeyEnter)
	tm.Type("pass_good")
	key(tea.KeyEnter)
	sees("is relinked")
	key('D')
	sees("to confirm")
	tm.Type("Credentials Bank")
	key(tea.KeyEnter)
	sees("is disconnected")
	key('q')
	tm.WaitFinished(t, teatest.WithFinalTimeout(30*time.Second))
}

func textOf(code rune) string {
	if code >= ' ' && code < 0x7f {
		return string(code)
	}
	return ""
}
