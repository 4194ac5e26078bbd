//go:build unix

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell runs a program as a job. When the job stops it takes the terminal as it
// finds it, or puts it in order first, and lets the job go on after a line was
// typed.
const shell = `set -m
sh -c 'echo $$ >"$PID"; exec "$0" "$@"' "$@"
test -z "$REPAIR" || { stty sane; printf '\033[?1049l\033[2J\033[H'; }
echo "the shell is back"
read line
echo "typed: $line"
fg`

// job starts till in a shell, and returns where its process id will be.
func job(t *testing.T, cmd *exec.Cmd, repair bool) (p person, pid func() int) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), "pid")
	cmd.Path, cmd.Args = sh, append([]string{"sh", "-c", shell, "sh"}, cmd.Args...)
	cmd.Env = append(cmd.Env, "PID="+path)
	if repair {
		cmd.Env = append(cmd.Env, "REPAIR=1")
	}
	return sit(t, cmd, 120, 40), func() int {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		id, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
}

// TestStoppedAndContinued stops till, changes a link behind its back, and lets
// it go on.
func TestStoppedAndContinued(t *testing.T) {
	for name, test := range map[string]struct {
		repair bool // the terminal is left as it was
		stop   func(person, int)
	}{
		"ctrl+z":  {false, func(p person, _ int) { p.types("\x1a") }},
		"SIGTSTP": {true, func(p person, pid int) { p.signals(pid, syscall.SIGTSTP) }},
		"SIGSTOP": {true, func(p person, pid int) { p.signals(pid, syscall.SIGSTOP) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			cmd := home(t)
			cmd.Env = append(cmd.Env, "MONEYKIT_URL="+s.url, "MONEYKIT_CLIENT_ID="+s.pair.ID, "MONEYKIT_CLIENT_SECRET="+s.pair.Secret)
			p, pid := job(t, cmd, test.repair)
			p.sees("8 links", "? help", "Credentials Bank", "● connected")
			shown := len(p.Output())
			test.stop(p, pid())
			p.sees("the shell is back")
			if screen := p.Screen(); strings.Contains(screen, "? help") {
				t.Errorf("the alternate screen is still there:\n%s", screen)
			}
			if !test.repair {
				p.gaveBack(p.Output()[shown:])
			}
			s.breaks("user_setup_required")
			p.types("hello\r")
			if _, err := p.Until(patience, isWhole); err != nil { // drawn anew
				t.Fatal(err)
			}
			if !strings.Contains(p.Output(), "typed: hello") {
				t.Error("the shell could not read a line")
			}
			if err := p.UntilText(20*time.Second, "✕ user setup required"); err != nil {
				t.Error(err)
			}
			p.types("?") // and it reads keys as before
			p.sees("Keys · Links")
			p.types("\x03")
			if code := p.Wait(patience); code != 0 {
				t.Errorf("ended with code %d", code)
			}
		})
	}
}

// TestWithoutAShellNothingIsSuspended has nobody who would let till go on.
func TestWithoutAShellNothingIsSuspended(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--sandbox"), 120, 40)
	p.sees("12 links")
	p.types("\x1a")
	p.sees("not started by a shell", "12 links")
	p.types("q")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ended with code %d", code)
	}
}

// isWhole reports whether a frame is all there is on screen.
func isWhole(screen string) bool {
	for line := range strings.SplitSeq(strings.TrimSuffix(screen, "\n"), "\n") {
		if r := []rune(line); !strings.ContainsRune("╭│╰", r[0]) || !strings.ContainsRune("╮│╯", r[len(r)-1]) {
			return false
		}
	}
	return strings.Contains(screen, "till ▸ Links")
}

// signals sends a signal to till itself; the person's program is the shell.
func (p person) signals(pid int, signal syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		p.t.Fatal(err)
	}
}

// gaveBack wants every mode of the terminal to be as a shell expects it.
func (p person) gaveBack(written string) {
	p.t.Helper()
	for what, sequence := range map[string]string{
		"the alternate screen": "\x1b[?1049l", "the hidden cursor": "\x1b[?25h", "bracketed paste": "\x1b[?2004l", "the keys of Kitty": "\x1b[<1u",
	} {
		if !strings.Contains(written, sequence) {
			p.t.Errorf("%s is still there: %q", what, written)
		}
	}
}

// breaks changes the state of the first link.
func (s *served) breaks(code string) {
	s.Helper()
	var links struct {
		Links []struct {
			ID string `json:"link_id"`
		} `json:"links"`
	}
	if text := s.ask("GET", "/links", s.token(), ""); json.Unmarshal([]byte(text), &links) != nil || len(links.Links) == 0 {
		s.Fatal(text)
	}
	s.ask("POST", "/sandbox/links/"+links.Links[0].ID+"/state", "", fmt.Sprintf(`{"state":"error","error_code":%q}`, code))
}
