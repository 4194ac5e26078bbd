package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// subject is a program that serves guests, and how to see that its list is drawn.
type subject struct {
	name  string
	args  []string
	shows []string
}

// server is a subject that runs.
type server struct {
	subject
	address string
	cmd     *exec.Cmd
	errors  bytes.Buffer
}

func start(b *testing.B, s subject) *server {
	b.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	_ = free.Close()
	home := b.TempDir()
	v := &server{subject: s, address: free.Addr().String()}
	v.cmd = exec.Command(s.args[0], append(s.args[1:], "--addr", v.address, "--host-key", filepath.Join(home, "key"))...)
	v.cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+home, "GOTRACEBACK=all")
	v.cmd.Stderr = &v.errors
	if err := v.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < patience; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", v.address); err == nil {
			_ = c.Close()
			return v
		}
	}
	b.Fatalf("%s: %s", s.name, v.errors.String())
	return nil
}

// stop ends the server and returns how many goroutines it had.
func (v *server) stop() int {
	_ = v.cmd.Process.Signal(syscall.SIGQUIT)
	_ = v.cmd.Wait()
	return strings.Count("\n"+v.errors.String(), "\ngoroutine ")
}

// descriptors returns how many files and connections are open.
func (v *server) descriptors() int {
	open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", v.cmd.Process.Pid))
	return len(open)
}

// memory returns the resident memory in bytes, once it has come to rest.
func (v *server) memory() int {
	for last := -1; ; time.Sleep(rest) {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.cmd.Process.Pid))
		_, after, _ := strings.Cut(string(raw), "VmRSS:")
		kilobytes := 0
		_, _ = fmt.Sscanf(after, "%d", &kilobytes)
		if last >= 0 && last-kilobytes < last/50 {
			return kilobytes << 10
		}
		last = kilobytes
	}
}

// busy returns how long the server has kept processors busy.
func (v *server) busy() time.Duration {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", v.cmd.Process.Pid))
	_, after, _ := strings.Cut(string(raw), ") ") // behind the program's name
	ticks := 0
	for i, field := range strings.Fields(after) {
		if n, _ := strconv.Atoi(field); i == 11 || i == 12 { // of user and system
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
