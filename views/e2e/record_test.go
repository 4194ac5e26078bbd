//go:build unix

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"till/ui/record/recordtest"
)

// recording is till with a file to record in.
func recording(t *testing.T, args ...string) (cmd *exec.Cmd, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "demo.cast")
	return home(t, append([]string{"--sandbox", "--record", path}, args...)...), path
}

func replay(t *testing.T, path string) recordtest.Recording {
	t.Helper()
	r, err := recordtest.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// misses waits until the whole screen is without a text.
func (p person) misses(text string) {
	p.t.Helper()
	if _, err := p.Until(patience, func(screen string) bool { return isWhole(screen) && !strings.Contains(screen, text) }); err != nil {
		p.t.Fatal(err)
	}
}

// ends leaves the alternate screen.
const ends = "\x1b[?1049l"

func TestRecord(t *testing.T) {
	t.Parallel()
	cmd, path := recording(t)
	p := sit(t, cmd, 120, 36)
	p.sees("12 links", "● 5 connected", "PRODUCT ")
	p.types("y")
	p.sees("copied")
	p.types("\r")
	p.sees("1 Overview", "Credentials Bank")
	p.types("3")
	p.sees("AMOUNT")
	p.types("\x03")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ended with code %d", code)
	}
	if said := strings.ReplaceAll(p.Screen(), "\n", ""); !strings.Contains(said, "recorded "+path) || !strings.Contains(said, " s: asciinema play "+path) {
		t.Errorf("the last words were\n%s", p.Screen())
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}

	r := replay(t, path)
	if r.Version != 2 || r.Width != 120 || r.Height != 36 || r.Title != "till" || len(r.Env) != 1 || r.Env["TERM"] != "xterm-256color" {
		t.Errorf("the header is %+v", r)
	}
	for _, texts := range [][]string{{"12 links", "● 5 connected"}, {"copied"}, {"1 Overview"}, {"AMOUNT"}} {
		if !r.Shows(texts...) {
			t.Errorf("the replay never shows %q", texts)
		}
	}
	written, recorded := p.Output(), r.Output()
	for _, sequence := range []string{"\x1b]52;", "\x1b]11;?", "\x1b[?2026$p", "\x1b[?1004h", "\x1b[?2004h", "\x1b[>1u"} {
		if strings.Contains(recorded, sequence) {
			t.Errorf("%q was recorded", sequence)
		}
	}
	if !strings.Contains(written, "\x1b]52;") || !strings.Contains(written, "\x1b]11;?") {
		t.Error("the clipboard was not set, or the background not asked for")
	}
	if !strings.Contains(recorded, "\x1b[32m● online") {
		t.Error("there are no colours")
	}
	want, got := recordtest.Cells(120, 36, before(t, written)), recordtest.Cells(120, 36, before(t, recorded))
	if !slices.Equal(got, want) {
		t.Error("the replay ends with another screen than there was")
	}
}

// before returns what was drawn before the alternate screen was left.
func before(t *testing.T, output string) string {
	t.Helper()
	i := strings.LastIndex(output, ends)
	if i < 0 {
		t.Fatal("the alternate screen was not left")
	}
	return output[:i]
}

func TestARecordingSurvivesItsProgram(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "terminated": syscall.SIGTERM, "hung up": syscall.SIGHUP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, path := recording(t)
			p := sit(t, cmd, 120, 36)
			p.sees("12 links", "PRODUCT ")
			if err := p.Resize(90, 20); err != nil {
				t.Fatal(err)
			}
			p.misses("PRODUCT ")
			p.types("?")
			p.sees("Keys · Links")
			p.types("\x1b")
			p.misses("Keys · Links")
			p.types("\r")
			p.sees("till ▸ Links ▸ Credentials Bank")
			p.types("2") // a frame is drawn when the one before is recorded
			p.sees("▌2 Accounts")
			if err := p.Signal(signal); err != nil {
				t.Fatal(err)
			}
			p.Wait(patience)
			r := replay(t, path)
			for _, texts := range [][]string{{"12 links", "PRODUCT "}, {"Keys · Links"}, {"till ▸ Links ▸ Credentials Bank"}} {
				if !r.Shows(texts...) {
					t.Errorf("the replay never shows %q", texts)
				}
			}
			if !slices.ContainsFunc(r.Events, func(e recordtest.Event) bool { return e.Kind == "r" && e.Text == "90x20" }) {
				t.Error("the new size was not recorded")
			}
		})
	}
}

func TestAFullDiskEndsTheRecordingAlone(t *testing.T) {
	t.Parallel()
	cmd, path := recording(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	cmd.Path, cmd.Args = sh, append([]string{"sh", "-c", `ulimit -f 32; exec "$@"`, "sh"}, cmd.Args...)
	p := sit(t, cmd, 120, 36)
	p.sees("12 links")
	for range 20 {
		p.types("?")
		p.sees("Keys · Links")
		p.types("\x1b")
		p.misses("Keys · Links")
	}
	p.types("q")
	if code := p.Wait(patience); code != 1 {
		t.Errorf("ended with code %d", code)
	}
	if said := strings.ReplaceAll(p.Screen(), "\n", ""); !strings.Contains(said, "till: the recording stopped after") || !strings.Contains(said, "could not be written: file too large") {
		t.Errorf("the last words were\n%s", p.Screen())
	}
	if r := replay(t, path); !r.Shows("12 links") || strings.Contains(r.Output(), ends) {
		t.Error("the recording is not one that was cut")
	}
}

func TestARecordingReplacesNothing(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"till": {"--sandbox"}, "link": {"link", "mk_1", "--sandbox"}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "demo.cast")
			if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
				t.Fatal(err)
			}
			p := sit(t, home(t, append(args, "--record", path)...), 200, 24)
			code := p.Wait(patience)
			want := "till: there is something called " + path + " already, and a recording replaces nothing; remove it or give another name"
			if said := strings.TrimSpace(p.Screen()); code != 1 || strings.ReplaceAll(said, "\n", "") != want {
				t.Errorf("ended with code %d and %q, want %q", code, said, want)
			}
			if strings.Contains(p.Output(), "\x1b") {
				t.Errorf("the terminal was taken: %q", p.Output())
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
				t.Errorf("the file holds %q, %v", text, err)
			}
		})
	}
}

func TestRecordWithoutAFile(t *testing.T) {
	t.Parallel()
	p := sit(t, home(t, "--sandbox", "--record", ""), 120, 24)
	if code := p.Wait(patience); code != 2 || !strings.Contains(p.Screen(), "--record takes a file to write, such as demo.cast") {
		t.Errorf("ended with code %d and\n%s", code, p.Screen())
	}
}

// TestSuspendedWhileRecorded has a shell between two parts of a recording.
func TestSuspendedWhileRecorded(t *testing.T) {
	t.Parallel()
	cmd, path := recording(t)
	p, _ := job(t, cmd, false)
	p.sees("12 links", "? help")
	shown := len(p.Output())
	p.types("\x1a")
	p.sees("the shell is back")
	p.gaveBack(p.Output()[shown:])
	p.types("hello\r")
	if _, err := p.Until(patience, isWhole); err != nil {
		t.Fatal(err)
	}
	p.types("?")
	p.sees("Keys · Links")
	p.types("\x03")
	if code := p.Wait(patience); code != 0 {
		t.Errorf("ended with code %d", code)
	}
	r := replay(t, path)
	if strings.Contains(r.Output(), "the shell is back") || !r.Shows("12 links") || !r.Shows("Keys · Links") {
		t.Error("the recording does not go on after the shell")
	}
}
