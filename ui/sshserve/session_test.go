package sshserve_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

func TestAGuestSeesAndUsesTheProgram(t *testing.T) {
	s := serve(t, config(t))
	term := open(t, s.dial())
	term.wait("size=80x24.")
	term.press("abz") // z would stop the whole server
	term.wait("b.")
	term.press("c")
	term.wait("c.")
	term.press("q")
	if code := term.code(); code != 0 {
		t.Errorf("code %d", code)
	}
	if !strings.Contains(term.String(), "\x1b[?1049l") {
		t.Error("the terminal is not put back")
	}
	began, ended := s.log.wait(t, "session began"), s.log.wait(t, "session ended")
	if began["user"] != "guest" || began["address"] != "127.0.0.1" || began["terminal"] != "xterm-256color" || began["width"] != 80.0 || began["key"] != "" {
		t.Errorf("began %v", began)
	}
	if ended["reason"] != "left" || ended["session"] != began["session"] || ended["written"].(float64) < 20 || ended["seconds"].(float64) <= 0 {
		t.Errorf("ended %v", ended)
	}
	if strings.Contains(s.log.String(), "abc") {
		t.Error("the log has what was typed")
	}
}

// Escape by escape a guest goes back: those before are no row.
func TestEveryEscapeArrives(t *testing.T) {
	c := config(t)
	pressed := make(chan string)
	c.Start = func(ctx context.Context, _ sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &model{seen: func(msg tea.Msg) {
			if press, is := msg.(tea.KeyPressMsg); is {
				select {
				case pressed <- press.String():
				case <-ctx.Done():
				}
			}
		}}}, nil
	}
	s := serve(t, c)
	term := open(t, s.dial())
	term.wait("size=80x24.")
	for n := range 5 {
		term.press("\x1b")
		select {
		case key := <-pressed:
			if key != "esc" {
				t.Errorf("escape %d is %q", n, key)
			}
		case <-time.After(patience):
			t.Fatalf("escape %d did not arrive", n)
		}
	}
}

func TestTheWindowIsClampedAndTheLastSizeArrives(t *testing.T) {
	c := config(t)
	c.Limits.Resizes = 1000
	s := serve(t, c)
	term := open(t, s.dial())
	term.wait("size=80x24.")
	for i := range 10_000 {
		if err := term.session.WindowChange(i%3, 1<<20+i); err != nil {
			t.Fatal(err)
		}
	}
	term.wait("250x1.")
	if err := term.session.WindowChange(31, 101); err != nil {
		t.Fatal(err)
	}
	term.wait("101x31.")
	term.press("\x1b[48;60000;60000;0;0t\x1b[8;60000;60000tk") // sizes come by SSH alone
	term.wait("k.")
	if strings.Contains(term.String(), "250x80") || strings.Contains(term.String(), "60000") {
		t.Error("the guest's input set a size")
	}
	term.press("q")
	term.code()
}

func TestASizeOfNothingIsOneCell(t *testing.T) {
	sizes := make(chan tea.WindowSizeMsg, 10)
	c := config(t)
	c.Start = func(context.Context, sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &model{seen: func(msg tea.Msg) {
			if size, is := msg.(tea.WindowSizeMsg); is {
				sizes <- size
			}
		}}}, nil
	}
	s := serve(t, c)
	session, err := s.dial().NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = session.StdinPipe(); err != nil { // without one the guest is gone at once
		t.Fatal(err)
	}
	if err = errors.Join(session.RequestPty("xterm", 0, 0, nil), session.Shell()); err != nil {
		t.Fatal(err)
	}
	if size := <-sizes; size.Width != 1 || size.Height != 1 {
		t.Errorf("size %v", size)
	}
}

// ending begins a session under limits and returns what the guest read and the record.
func ending(t *testing.T, change func(*sshserve.Limits), keys string) (string, int, map[string]any) {
	t.Helper()
	c := config(t)
	change(&c.Limits)
	s := serve(t, c)
	term := open(t, s.dial())
	term.wait("size=80x24.")
	if keys != "" {
		term.press(keys)
	}
	text, code := term.farewell()
	return text, code, s.log.wait(t, "session ended")
}

func TestAGuestWhoIsCutOffReadsWhy(t *testing.T) {
	for _, test := range []struct {
		reason, text string
		keys         string
		change       func(*sshserve.Limits)
	}{
		{"idle", "till: this session ended after 1 second without a key press. ssh again to begin anew.\r\n", "", func(l *sshserve.Limits) { l.Idle = time.Second }},
		{"time", "till: a session lasts 1 second. ssh again to begin anew.\r\n", "", func(l *sshserve.Limits) { l.Session = time.Second }},
		{"flooded", "till: that was more input than a session takes at once. ssh again to begin anew.\r\n", "\x1b[200~" + strings.Repeat("x", 300<<10), func(*sshserve.Limits) {}},
		{"failed", "till: the program failed, and the operator's log says how. ssh again to begin anew.\r\n", "U", func(*sshserve.Limits) {}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			text, code, record := ending(t, test.change, test.keys)
			if text != test.text || code != 1 || record["reason"] != test.reason {
				t.Errorf("read %q, code %d, record %v", text, code, record)
			}
		})
	}
}

func TestAPanicEndsOneSessionAlone(t *testing.T) {
	s := serve(t, config(t))
	other := open(t, s.dial())
	other.wait("size=80x24.")
	for _, key := range []string{"U", "C", "V"} {
		term := open(t, s.dial())
		term.wait("size=80x24.")
		term.press(key)
		text, code := term.farewell()
		if !strings.HasPrefix(text, "till: the program failed") || code != 1 || strings.Contains(term.String(), "goroutine") || strings.Contains(term.String(), "panic") {
			t.Errorf("%s: read %q, code %d", key, text, code)
		}
	}
	for _, in := range []string{"Update", "a command", "View"} {
		if record := s.log.wait(t, `"panic"`, `"in":"`+in+`"`); !strings.Contains(record["stack"].(string), "goroutine") {
			t.Errorf("record %v", record)
		}
	}
	other.press("k")
	other.wait("k.")
	other.press("q")
	if code := other.code(); code != 0 {
		t.Errorf("the other: %d", code)
	}
}

func TestAProgramThatDoesNotStart(t *testing.T) {
	closed := make(chan struct{}, 1)
	for name, start := range map[string]func(context.Context, sshserve.Guest) (sshserve.Program, error){
		"an error": func(context.Context, sshserve.Guest) (sshserve.Program, error) {
			return sshserve.Program{}, errors.New("no more")
		},
		"a panic":  func(context.Context, sshserve.Guest) (sshserve.Program, error) { panic("at the start") },
		"no model": func(context.Context, sshserve.Guest) (sshserve.Program, error) { return sshserve.Program{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			c.Start = start
			s := serve(t, c)
			term := open(t, s.dial())
			if code := term.code(); code != 1 || !strings.HasPrefix(term.String(), "till: the program failed") {
				t.Errorf("read %q, code %d", term, code)
			}
		})
	}
	t.Run("a panic at the end", func(t *testing.T) {
		c := config(t)
		c.Start = func(ctx context.Context, _ sshserve.Guest) (sshserve.Program, error) {
			return sshserve.Program{Model: &model{}, Close: func() {
				<-ctx.Done() // is over by then
				closed <- struct{}{}
				panic("at the end")
			}}, nil
		}
		s := serve(t, c)
		term := open(t, s.dial())
		term.wait("size=80x24.")
		term.press("q")
		if code := term.code(); code != 0 {
			t.Errorf("code %d", code)
		}
		<-closed
		s.log.wait(t, `"in":"Close"`)
		s.log.wait(t, "session ended")
	})
}

func TestAGuestWhoGoesInTheMiddleIsForgotten(t *testing.T) {
	done := make(chan struct{})
	c := config(t)
	c.Start = func(context.Context, sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &model{}, Close: func() { close(done) }}, nil
	}
	s := serve(t, c)
	conn := s.dial()
	term := open(t, conn)
	term.wait("size=80x24.")
	_ = conn.Close()
	<-done
	if record := s.log.wait(t, "session ended"); record["reason"] != "gone" {
		t.Errorf("record %v", record)
	}
}

func TestAGuestWhoDoesNotReadIsCutOff(t *testing.T) {
	c := config(t)
	c.Limits.Stalled = time.Second
	c.Start = func(context.Context, sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &loud{}}, nil
	}
	s := serve(t, c)
	conn := s.dial()
	channel, requests, err := conn.OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	go ssh.DiscardRequests(requests)
	pty := ssh.Marshal(struct {
		Term       string
		W, H, X, Y uint32
		Modes      string
	}{"xterm", 250, 80, 0, 0, ""})
	if _, err = channel.SendRequest("pty-req", true, pty); err != nil {
		t.Fatal(err)
	}
	if _, err = channel.SendRequest("shell", true, nil); err != nil {
		t.Fatal(err)
	}
	if record := s.log.wait(t, "session ended"); record["reason"] != "stalled" {
		t.Errorf("record %v", record)
	}
}

// loud draws without end.
type loud struct{ n int }

type louderMsg struct{}

func (l *loud) Init() tea.Cmd { return func() tea.Msg { return louderMsg{} } }

func (l *loud) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, is := msg.(louderMsg); !is {
		return l, nil
	}
	l.n++
	return l, tea.Batch(l.Init(), tea.Raw(strings.Repeat(string(rune('a'+l.n%26)), 1<<16)))
}

func (l *loud) View() tea.View { return tea.NewView("") }

func TestTheEndOfTheServerLetsGuestsLeave(t *testing.T) {
	told := make(chan sshserve.StoppingMsg, 2)
	c := config(t)
	c.Limits.Drain = time.Second
	c.Start = func(context.Context, sshserve.Guest) (sshserve.Program, error) {
		return sshserve.Program{Model: &model{seen: func(msg tea.Msg) {
			if stopping, is := msg.(sshserve.StoppingMsg); is {
				told <- stopping
			}
		}}}, nil
	}
	s := serve(t, c)
	polite, idler := open(t, s.dial()), open(t, s.dial())
	waiting := s.dial()
	polite.wait("size=80x24.")
	idler.wait("size=80x24.")
	s.stop()
	if by := <-told; by.By.IsZero() {
		t.Error("no time is told")
	}
	<-told
	polite.press("q")
	if code := polite.code(); code != 0 {
		t.Errorf("polite: %d", code)
	}
	if text, code := idler.farewell(); text != "till: the server stops. ssh again in a few minutes.\r\n" || code != 1 {
		t.Errorf("idler: %q, code %d", text, code)
	}
	if err := waiting.Wait(); err == nil {
		t.Error("a connection without a session stays")
	}
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if conn, err := ssh.Dial("tcp", s.address, client()); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

func TestAKeyIsNotRepeatedByACount(t *testing.T) {
	term := open(t, serve(t, config(t)).dial())
	term.wait("size=80x24.")
	term.press("\x1b[65;0;97;1;0;65535_")
	term.press("\x1b[Bk")
	term.wait("k.")
	if strings.Contains(term.String(), "aaa") {
		t.Error("it is repeated")
	}
	term.press("q")
	term.code()
}
