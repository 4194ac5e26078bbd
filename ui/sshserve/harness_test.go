package sshserve_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/crypto/ssh"

	"till/ui/sshserve"
)

// patience is how long tests wait for what always comes.
const patience = 60 * time.Second

// model draws what came to it.
type model struct {
	guest sshserve.Guest
	size  tea.WindowSizeMsg
	keys  string
	env   tea.EnvMsg
	seen  func(tea.Msg)
}

func (m *model) Init() tea.Cmd { return nil }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.seen != nil {
		m.seen(msg)
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = msg
	case tea.EnvMsg:
		m.env = msg
	case tea.PasteMsg:
		m.keys += msg.Content
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q":
			return m, tea.Quit
		case "z":
			return m, tea.Suspend
		case "U":
			panic("in Update\nof a guest")
		case "C":
			return m, tea.Sequence(tea.Batch(func() tea.Msg { return nil }, func() tea.Msg { panic("in a command") }))
		}
		m.keys += msg.String()
	}
	return m, nil
}

func (m *model) View() tea.View {
	if m.keys == "V" {
		panic("in View")
	}
	text := "" // until the size is known, so that it is drawn in one piece
	if m.size.Width > 0 {
		text = fmt.Sprintf("size=%dx%d.\nkeys=%s.", m.size.Width, m.size.Height, m.keys)
	}
	view := tea.NewView(text)
	view.AltScreen = true
	return view
}

// served is a server under test.
type served struct {
	t       *testing.T
	address string
	told    string
	metrics string
	log     *logs
	stop    context.CancelFunc
	ended   chan error
}

// logs keeps records.
type logs struct {
	mu    sync.Mutex
	text  bytes.Buffer
	added chan struct{}
}

func newLogs() *logs { return &logs{added: make(chan struct{}, 1)} }

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.added <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns the first record that has all of parts.
func (l *logs) wait(t *testing.T, parts ...string) map[string]any {
	t.Helper()
	late := time.After(patience)
	for {
		for line := range strings.Lines(l.String()) {
			all := true
			for _, part := range parts {
				all = all && strings.Contains(line, part)
			}
			if all {
				record := map[string]any{}
				if err := json.Unmarshal([]byte(line), &record); err != nil {
					t.Fatal(err)
				}
				return record
			}
		}
		select {
		case <-l.added:
		case <-late:
			t.Fatalf("no record with %q in\n%s", parts, l)
		}
	}
}

// roomy lets tests do much at once.
func roomy() sshserve.Limits {
	limits := sshserve.DefaultLimits()
	limits.NewPerSecond, limits.Sessions, limits.PerAddress, limits.Handshake, limits.Frames = 1e6, 500, 500, patience, 120
	return limits
}

func config(t testing.TB) sshserve.Config {
	return sshserve.Config{
		Address: "127.0.0.1:0", HostKey: filepath.Join(t.TempDir(), "keys", "host_key"), Limits: roomy(),
		Start: func(_ context.Context, guest sshserve.Guest) (sshserve.Program, error) {
			return sshserve.Program{Model: &model{guest: guest}}, nil
		},
	}
}

// serve runs a server until the test ends.
func serve(t *testing.T, c sshserve.Config) *served {
	t.Helper()
	s := &served{t: t, log: newLogs(), ended: make(chan error, 1)}
	c.Log = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	out, tell := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() {
		err := sshserve.Run(ctx, c, tell)
		_ = tell.CloseWithError(errors.Join(io.EOF, err))
		s.ended <- err
	}()
	buffer := make([]byte, 1<<12)
	n, err := out.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	s.told = string(buffer[:n])
	var port, host string
	if _, err = fmt.Sscanf(strings.Split(s.told, "\n")[1], "ssh -p %s %s", &port, &host); err != nil {
		t.Fatalf("%v in %q", err, s.told)
	}
	s.address = net.JoinHostPort(host, port)
	if _, rest, told := strings.Cut(s.told, "metrics on "); told {
		s.metrics = strings.TrimSuffix(strings.TrimSpace(rest), "/metrics")
	}
	t.Cleanup(func() { _ = s.end() })
	return s
}

// end stops the server and returns what Run did.
func (s *served) end() error {
	s.stop()
	err := <-s.ended
	s.ended <- err
	return err
}

// newKey is a guest's key.
func newKey(t testing.TB) ssh.Signer {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func client(auth ...ssh.AuthMethod) *ssh.ClientConfig {
	return &ssh.ClientConfig{User: "guest", Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: patience}
}

// dial connects a guest.
func (s *served) dial(auth ...ssh.AuthMethod) *ssh.Client {
	s.t.Helper()
	c, err := ssh.Dial("tcp", s.address, client(auth...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// terminal is a guest's.
type terminal struct {
	t       *testing.T
	session *ssh.Session
	keys    io.WriteCloser
	mu      sync.Mutex
	text    strings.Builder
	added   chan struct{}
	ended   chan error
}

func (term *terminal) Write(p []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	select {
	case term.added <- struct{}{}:
	default:
	}
	return term.text.Write(p)
}

func (term *terminal) String() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.text.String()
}

// open begins a session in a terminal.
func open(t *testing.T, c *ssh.Client, prepare ...func(*ssh.Session)) *terminal {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, session: session, added: make(chan struct{}, 1), ended: make(chan error, 1)}
	session.Stdout, session.Stderr = term, term
	if term.keys, err = session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	for _, do := range prepare {
		do(session)
	}
	if err = session.RequestPty("xterm-256color", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err = session.Shell(); err != nil {
		t.Fatal(err)
	}
	go func() { term.ended <- session.Wait() }()
	return term
}

func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := io.WriteString(term.keys, keys); err != nil {
		term.t.Fatal(err)
	}
}

// wait waits until text was drawn.
func (term *terminal) wait(text string) {
	term.t.Helper()
	late := time.After(patience)
	for !strings.Contains(term.String(), text) {
		select {
		case <-term.added:
		case <-late:
			term.t.Fatalf("no %q in %q", text, term)
		}
	}
}

// code waits for the end and returns the exit code, -1 for none.
func (term *terminal) code() int {
	term.t.Helper()
	select {
	case err := <-term.ended:
		var exit *ssh.ExitError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &exit):
			return exit.ExitStatus()
		}
		return -1
	case <-time.After(patience):
		term.t.Fatalf("the session does not end: %q", term)
		return -1
	}
}

// farewell waits for the end and returns what is read once the terminal is put back.
func (term *terminal) farewell() (string, int) {
	term.t.Helper()
	code := term.code()
	_, after, _ := strings.Cut(term.String(), "\x1b[?1049l")
	if _, text, found := strings.Cut(after, "till: "); found {
		return "till: " + text, code
	}
	return after, code
}
