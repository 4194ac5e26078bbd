// Package record writes what a program draws into an asciinema v2 recording, which
// can be replayed. Keys that are pressed are not recorded.
package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/term"
)

// A terminal that tells no size is recorded as one of the usual size.
const (
	usualWidth  = 80
	usualHeight = 24
)

// Recorder writes a recording. It is safe for concurrent use.
type Recorder struct {
	mu            sync.Mutex
	file          *os.File
	title         string
	drawing       *drawing
	begun         time.Time
	length        time.Duration
	width, height int    // 0 until the recording has begun
	line          []byte // kept for its memory
	whole         int64  // bytes up to the end of the last whole line
	ended         bool
	failed        error // what ended the recording early
}

// Create begins a recording in a new file that only its owner can read. It fails when
// there is such a file.
func Create(path, title string) (*Recorder, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("there is something called %s already, and a recording replaces nothing; remove it or give another name", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be recorded to: %w; give a new file in a folder that you can write to", path, cause(err))
	}
	return &Recorder{file: file, title: title, drawing: newDrawing()}, nil
}

// Output is the terminal with all that is written to it recorded, and its size.
func (r *Recorder) Output(terminal term.File) term.File {
	o := output{terminal, r}
	o.measure()
	return o
}

// Resize records the size of the terminal in cells. The recording begins with the first.
func (r *Recorder) Resize(width, height int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resize(width, height)
}

// Length is how long the recording takes to replay.
func (r *Recorder) Length() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.length
}

// Close ends the recording, and tells what of it could not be written.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.file.Close()
	if r.failed == nil {
		r.failed = err
	}
	if r.failed == nil {
		return nil
	}
	return fmt.Errorf("the recording stopped after %.0f s, because %s could not be written: %w; what was recorded until then can be replayed",
		r.length.Seconds(), r.file.Name(), cause(r.failed))
}

func (r *Recorder) resize(width, height int) {
	switch {
	case width <= 0 || height <= 0 || width == r.width && height == r.height:
		return
	case r.begun.IsZero():
		r.begun = time.Now()
		r.line = appendHeader(r.line[:0], width, height, r.begun, r.title)
		r.write(0)
	default:
		r.event("r", fmt.Appendf(nil, "%dx%d", width, height))
	}
	r.width, r.height = width, height
}

func (r *Recorder) text(p []byte) {
	if r.begun.IsZero() {
		r.resize(usualWidth, usualHeight)
	}
	if drawn := r.drawing.of(p); len(drawn) > 0 {
		r.event("o", drawn)
	}
}

func (r *Recorder) event(kind string, text []byte) {
	at := time.Since(r.begun)
	r.line = appendEvent(r.line[:0], at, kind, text)
	r.write(at)
}

// write writes a line at once, so that a program that is killed leaves whole lines.
func (r *Recorder) write(at time.Duration) {
	if r.ended {
		return
	}
	n, err := r.file.Write(r.line)
	if err != nil {
		r.ended, r.failed = true, err
		_ = r.file.Truncate(r.whole)
		return
	}
	r.whole += int64(n)
	r.length = at
}

// output is a terminal that is recorded.
type output struct {
	term.File
	recorder *Recorder
}

var _ term.File = output{}

// Write draws first and records then.
func (o output) Write(p []byte) (int, error) {
	o.measure()
	o.recorder.mu.Lock() // what is drawn from two sides is recorded in the same order
	defer o.recorder.mu.Unlock()
	n, err := o.File.Write(p)
	o.recorder.text(p[:max(n, 0)])
	return n, err
}

func (o output) measure() {
	if width, height, err := term.GetSize(o.Fd()); err == nil {
		o.recorder.Resize(width, height)
	}
}

// cause is what the system said, without the name of the file.
func cause(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
