package record

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/term"

	"till/ui/record/recordtest"
)

// screen is a terminal that keeps what is written to it.
type screen struct {
	bytes.Buffer
	refuses error
}

var _ term.File = (*screen)(nil)

func (s *screen) Fd() uintptr  { return ^uintptr(0) }
func (s *screen) Close() error { return nil }

func (s *screen) Write(p []byte) (int, error) {
	if s.refuses != nil {
		n, _ := s.Buffer.Write(p[:len(p)/2])
		return n, s.refuses
	}
	return s.Buffer.Write(p)
}

func TestARecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Setenv("TERM", "xterm-test")
		t.Setenv("SHELL", "/bin/secret")
		r, path := create(t)
		terminal := &screen{}
		output := r.Output(terminal)
		time.Sleep(time.Hour) // before the size is known
		r.Resize(100, 30)
		r.Resize(100, 30)
		write(t, output, "one \x1b[31m\"two\"\\\xe2\x94")
		time.Sleep(1500 * time.Millisecond)
		write(t, output, "\x80 <three>")
		write(t, output, "\x1b[6n")
		time.Sleep(time.Minute)
		r.Resize(80, 24)
		r.Resize(0, 0)
		write(t, output, "four\xe2")
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, output, "five")

		got := read(t, path)
		want := []recordtest.Event{
			{At: 0, Kind: "o", Text: "one \x1b[31m\"two\"\\"},
			{At: 1.5, Kind: "o", Text: "─ <three>"},
			{At: 61.5, Kind: "r", Text: "80x24"},
			{At: 61.5, Kind: "o", Text: "four"},
		}
		if !slices.Equal(got.Events, want) {
			t.Errorf("the events are %+v, want %+v", got.Events, want)
		}
		if got.Version != 2 || got.Width != 100 || got.Height != 30 || got.Title != "a title" || got.Timestamp != time.Now().Add(-61500*time.Millisecond).Unix() {
			t.Errorf("the header is %+v", got)
		}
		if len(got.Env) != 1 || got.Env["TERM"] != "xterm-test" {
			t.Errorf("the environment is %v", got.Env)
		}
		if r.Length() != 61500*time.Millisecond {
			t.Errorf("the length is %v", r.Length())
		}
		if want := "one \x1b[31m\"two\"\\\xe2\x94\x80 <three>\x1b[6nfour\xe2five"; terminal.String() != want {
			t.Errorf("the terminal was sent %q", terminal.String())
		}
	})
}

func TestOutputIsTheTerminal(t *testing.T) {
	r, path := create(t)
	defer func() { _ = r.Close() }()
	refused := errors.New("refused")
	terminal := &screen{refuses: refused}
	output := r.Output(terminal)
	if output.Fd() != terminal.Fd() {
		t.Error("it is another file")
	}
	if n, err := output.Write([]byte("12345678")); n != 4 || !errors.Is(err, refused) {
		t.Errorf("it wrote %d bytes: %v", n, err)
	}
	if got := read(t, path); got.Output() != "1234" || got.Width != usualWidth || got.Height != usualHeight {
		t.Errorf("recorded was %+v", got)
	}
}

func TestARecordingReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	file, link, nowhere := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "nowhere")
	if err := os.WriteFile(file, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(nowhere, link); err != nil {
		t.Skip(err)
	}
	for path, says := range map[string]string{
		file:                             "file already, and a recording replaces nothing; remove it or give another name",
		link:                             "link already, and a recording replaces nothing",
		dir:                              "already, and a recording replaces nothing",
		filepath.Join(dir, "no", "file"): "no/file cannot be recorded to: no such file or directory; give a new file in a folder that you can write to",
	} {
		if r, err := Create(path, ""); err == nil || !strings.Contains(err.Error(), says) || r != nil {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if _, err := os.Lstat(nowhere); err == nil {
		t.Error("the link was followed")
	}
}

func TestOnlyItsOwnerCanReadARecording(t *testing.T) {
	r, path := create(t)
	defer func() { _ = r.Close() }()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestAReplayShowsTheSame compares the cells of what was written and what was recorded.
func TestAReplayShowsTheSame(t *testing.T) {
	const width, height = 40, 12
	random := rand.New(rand.NewPCG(1, 2))
	var raw strings.Builder
	for range 2000 {
		if random.IntN(4) == 0 {
			raw.WriteString(left[random.IntN(len(left))])
			continue
		}
		raw.WriteString(drawing40x12[random.IntN(len(drawing40x12))])
	}
	r, path := create(t)
	r.Resize(width, height)
	output := r.Output(&screen{})
	for rest := raw.String(); rest != ""; {
		n := min(len(rest), 1+random.IntN(200))
		write(t, output, rest[:n])
		rest = rest[n:]
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	// The emulator knows only some of what asks, and would draw the rest.
	asked := raw.String()
	for _, sequence := range left {
		asked = strings.ReplaceAll(asked, sequence, "")
	}
	want, got := recordtest.Cells(width, height, asked), recordtest.Cells(width, height, read(t, path).Output())
	if !slices.Equal(got, want) {
		t.Error("the replay shows something else")
	}
	if blank := recordtest.Cells(width, height, ""); slices.Equal(got, blank) {
		t.Error("nothing was drawn")
	}
}

var drawing40x12 = []string{
	"\x1b[2;3H", "\x1b[10;30H", "\x1b[H", "\x1b[31m", "\x1b[38;2;10;200;30m", "\x1b[48;5;17m", "\x1b[m", "\x1b[K", "\x1b[1J", "till ▸ Links", "● connected", "銀行", "\r\n", "\x1b[A", "\x1b[4C",
	"\x1b]0;title ✜\x07", "\t", "│", "\x1b[?25l", "\x1b[?25h", "\x1b[3X", "\x1b[2P",
}

func TestAFullDiskEndsTheRecordingAlone(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r, path := create(t)
		terminal := &screen{}
		output := r.Output(terminal)
		write(t, output, "before")
		time.Sleep(12 * time.Second)
		write(t, output, "more")
		file := r.file
		r.file = full
		write(t, output, "after")
		r.file = file // there is room again
		time.Sleep(time.Second)
		write(t, output, "later")
		r.Resize(10, 10)
		want := "the recording stopped after 12 s, because " + path + " could not be written: no space left on device; what was recorded until then can be replayed"
		if err := r.Close(); err == nil || err.Error() != want {
			t.Errorf("it said %v, want %s", err, want)
		}
		if got := read(t, path); got.Output() != "beforemore" || len(got.Events) != 2 {
			t.Errorf("the recording holds %v", got.Events)
		}
		if terminal.String() != "beforemoreafterlater" {
			t.Errorf("the terminal was sent %q", terminal.String())
		}
	})
	_ = full.Close()
}

// BenchmarkFrame draws a whole screen of 120×40 with and without recording it.
func BenchmarkFrame(b *testing.B) {
	frame := []byte(strings.Repeat("\x1b[38;2;10;200;30m● connected\x1b[m  Credentials Bank \x1b[K\r\n", 40*3))
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	r, _ := create(b)
	defer func() { _ = r.Close() }()
	r.Resize(120, 40)
	for name, output := range map[string]term.File{"plain": null, "recorded": r.Output(null)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if _, err := output.Write(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func create(t testing.TB) (*Recorder, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.cast")
	r, err := Create(path, "a title")
	if err != nil {
		t.Fatal(err)
	}
	return r, path
}

func write(t *testing.T, output term.File, text string) {
	t.Helper()
	if n, err := output.Write([]byte(text)); err != nil || n != len(text) {
		t.Fatalf("wrote %d bytes of %q: %v", n, text, err)
	}
}

func read(t *testing.T, path string) recordtest.Recording {
	t.Helper()
	recording, err := recordtest.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return recording
}
