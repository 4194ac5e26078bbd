// Package ptytest runs a built program in a pseudo terminal and reads what a
// person would see, for end-to-end tests and benchmarks.
package ptytest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// Terminal is a program in a pseudo terminal.
type Terminal struct {
	cmd    *exec.Cmd
	tty    *os.File
	screen vt10x.Terminal
	w, h   int

	mu      sync.Mutex
	bytes   int
	output  []byte
	last    time.Time     // when output last arrived
	arrived chan struct{} // closed and replaced when output arrives
	gone    chan struct{} // closed when there is no more output
}

// Start runs cmd in a terminal of w by h cells.
func Start(cmd *exec.Cmd, w, h int) (*Terminal, error) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)})
	if err != nil {
		return nil, err
	}
	t := &Terminal{
		cmd: cmd, tty: tty, screen: vt10x.New(vt10x.WithSize(w, h)), w: w, h: h,
		arrived: make(chan struct{}), gone: make(chan struct{}),
	}
	go t.read()
	return t, nil
}

func (t *Terminal) read() {
	defer close(t.gone)
	buffer := make([]byte, 1<<16)
	var half []byte // of a character that was read in part
	for {
		n, err := t.tty.Read(buffer)
		if n > 0 {
			half = append(half, buffer[:n]...)
			drawn := whole(half)
			_, _ = t.screen.Write(half[:drawn])
			half = bytes.Clone(half[drawn:])
			t.mu.Lock()
			t.bytes += n
			t.output = append(t.output, buffer[:n]...)
			t.last = time.Now()
			close(t.arrived)
			t.arrived = make(chan struct{})
			t.mu.Unlock()
		}
		if err != nil {
			return // the program is gone
		}
	}
}

// whole returns how much of p is characters that do not go on after it.
func whole(p []byte) int {
	for i := len(p) - 1; i >= max(0, len(p)-utf8.UTFMax); i-- {
		if utf8.RuneStart(p[i]) {
			if !utf8.FullRune(p[i:]) {
				return i
			}
			break
		}
	}
	return len(p)
}

// Screen returns what is on screen, a line for each row.
func (t *Terminal) Screen() string { return t.screen.String() }

// Output returns all that the program has written.
func (t *Terminal) Output() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.output)
}

// Bytes returns how much output there was, and when the last of it came.
func (t *Terminal) Bytes() (int, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes, t.last
}

// Type sends keys as a terminal does.
func (t *Terminal) Type(keys string) error {
	_, err := t.tty.WriteString(keys)
	return err
}

// Until waits until the screen shows what is asked for and returns when that
// was; it gives up after patience.
func (t *Terminal) Until(patience time.Duration, shows func(screen string) bool) (time.Time, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		t.mu.Lock()
		arrived, last := t.arrived, t.last
		t.mu.Unlock()
		if shows(t.Screen()) {
			return last, nil
		}
		select {
		case <-arrived:
		case <-t.gone:
			if shows(t.Screen()) {
				return last, nil
			}
			return last, errors.New("the program is gone; the screen was\n" + t.Screen())
		case <-deadline.C:
			return last, fmt.Errorf("not on screen after %v; the screen is\n%s", patience, t.Screen())
		}
	}
}

// UntilText waits until the screen holds every text.
func (t *Terminal) UntilText(patience time.Duration, texts ...string) error {
	_, err := t.Until(patience, func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("%q: %w", texts, err)
	}
	return nil
}

// Resize changes the terminal's size.
func (t *Terminal) Resize(w, h int) error {
	t.screen.Resize(w, h)
	return pty.Setsize(t.tty, &pty.Winsize{Cols: uint16(w), Rows: uint16(h)})
}

// Signal sends the program a signal.
func (t *Terminal) Signal(s os.Signal) error { return t.cmd.Process.Signal(s) }

// Wait waits for the program to end and returns its exit code. A program that
// is still there after patience is killed, and the code is -1.
func (t *Terminal) Wait(patience time.Duration) int {
	select {
	case <-t.gone:
	case <-time.After(patience):
		_ = t.cmd.Process.Kill()
		<-t.gone
	}
	_ = t.cmd.Wait()
	_ = t.tty.Close()
	return t.cmd.ProcessState.ExitCode()
}

// Kill ends the program at once.
func (t *Terminal) Kill() {
	_ = t.cmd.Process.Kill()
	t.Wait(time.Minute)
}

// Busy returns how long the program has kept processors busy, 0 where the system
// does not tell.
func (t *Terminal) Busy() time.Duration {
	const tick = 10 * time.Millisecond // of Linux, for programs to read
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", t.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ") // behind the program's name
	fields := strings.Fields(rest)
	const user, system = 11, 12
	if len(fields) <= system {
		return 0
	}
	ticks := 0
	for _, field := range []string{fields[user], fields[system]} {
		n, _ := strconv.Atoi(field)
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// Memory returns the program's resident memory in bytes, 0 where the system
// does not tell.
func (t *Terminal) Memory() int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmRSS:")
	var kilobytes int
	_, _ = fmt.Sscanf(rest, "%d", &kilobytes)
	return kilobytes << 10
}
