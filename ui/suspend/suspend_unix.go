//go:build unix

// Package suspend gives the terminal back to the shell that the program was started
// from, and takes it anew when the program goes on.
package suspend

import (
	"context"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"till/ui"
)

// settle is how long Bubble Tea may take to end its drawing once it has let go of
// the terminal. What it ends later than it begins anew would never draw again.
const settle = 50 * time.Millisecond

// Allow lets ctrl+z stop the program, and takes the terminal anew whenever the program
// was stopped and goes on, until ctx ends. Screens are then told with a tea.ResumeMsg.
func Allow(ctx context.Context, shell *ui.Shell, program *tea.Program) {
	var asked atomic.Bool // the program stops by itself, and takes the terminal by itself
	if ofAShell() {
		shell.MaySuspend(tea.Exec(away(func() {
			asked.Store(true)
			stop()
		}), resumed))
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	go func() {
		defer signal.Stop(continued)
		for {
			select {
			case <-continued:
				if !asked.Swap(false) {
					program.Send(tea.Exec(away(func() {}), resumed)())
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

func resumed(error) tea.Msg { return tea.ResumeMsg{} }

// ofAShell reports whether the program is a job of a shell, which notices that it has
// stopped and can let it go on. The system stops no other program.
func ofAShell() bool {
	session, err := unix.Getsid(0)
	return err == nil && session != unix.Getpgrp()
}

// stop stops this job and returns when it goes on.
func stop() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err == nil {
		<-continued
	}
}

// away is done while the terminal is let go of.
type away func()

var _ tea.ExecCommand = away(nil)

// Run does it.
func (a away) Run() error {
	time.Sleep(settle)
	a()
	return nil
}

// SetStdin leaves the terminal alone, as do SetStdout and SetStderr.
func (away) SetStdin(io.Reader) {}

// SetStdout does nothing.
func (away) SetStdout(io.Writer) {}

// SetStderr does nothing.
func (away) SetStderr(io.Writer) {}
