// Package uitest runs the real program in a test: it types keys, waits until
// nothing moves any more, and reads what is on screen.
//
// It belongs into a testing/synctest bubble, where waiting is exact and time
// passes as the test says.
package uitest

import (
	"encoding/base64"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Driver drives a program.
type Driver struct {
	t       *testing.T
	program *tea.Program
	model   *recorder
	output  *output
	done    chan struct{}
}

// recorder keeps the frames of the model inside it.
type recorder struct {
	tea.Model
	mu    sync.Mutex
	frame string
	drawn strings.Builder
}

// output keeps what the terminal is sent.
type output struct {
	mu   sync.Mutex
	sent []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, p...)
	return len(p), nil
}

func (r *recorder) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	model, cmd := r.Model.Update(msg)
	r.Model = model
	return r, cmd
}

func (r *recorder) View() tea.View {
	v := r.Model.View()
	r.mu.Lock()
	if v.Content != r.frame {
		r.frame = v.Content
		r.drawn.WriteString(v.Content)
	}
	r.mu.Unlock()
	return v
}

// Start runs model in a terminal of w by h cells until the test ends.
func Start(t *testing.T, model tea.Model, w, h int) *Driver {
	t.Helper()
	d := &Driver{t: t, model: &recorder{Model: model}, output: &output{}, done: make(chan struct{})}
	d.program = tea.NewProgram(d.model, tea.WithInput(nil), tea.WithOutput(d.output),
		tea.WithWindowSize(w, h), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignalHandler(), tea.WithoutCatchPanics())
	go func() {
		defer close(d.done)
		if _, err := d.program.Run(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	}()
	d.Settle()
	return d
}

// runOut is longer than any timer that a program leaves behind.
const runOut = time.Minute

// Quit leaves the program through its own door and waits until it is over, and
// until the timers it has started have run out.
func (d *Driver) Quit() {
	d.program.Send(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
	d.Settle()
	select {
	case <-d.done:
	default:
		d.program.Send(tea.KeyPressMsg{Code: 'y', Text: "y"})
		<-d.done
	}
	time.Sleep(runOut)
}

// Over reports whether the program has ended.
func (d *Driver) Over() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// Settle waits until every goroutine of the bubble waits for something.
func (d *Driver) Settle() { synctest.Wait() }

// Wait lets time pass.
func (d *Driver) Wait(after time.Duration) {
	time.Sleep(after)
	synctest.Wait()
}

// Press types keys one after another: "enter", "esc", "ctrl+k", "D", "space".
func (d *Driver) Press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		d.program.Send(press(d.t, k))
		d.Settle()
	}
}

// Type types a text rune by rune.
func (d *Driver) Type(text string) {
	for _, r := range text {
		d.program.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	d.Settle()
}

// Send hands messages to the program one behind another, as fast as it takes
// them.
func (d *Driver) Send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		d.program.Send(msg)
	}
	d.Settle()
}

// Paste pastes a text.
func (d *Driver) Paste(text string) { d.Send(tea.PasteMsg{Content: text}) }

// Resize changes the terminal's size.
func (d *Driver) Resize(w, h int) {
	d.program.Send(tea.WindowSizeMsg{Width: w, Height: h})
	d.Settle()
}

// Frame returns the screen as plain text.
func (d *Driver) Frame() string { return ansi.Strip(d.Styled()) }

// Styled returns the screen with its styling.
func (d *Driver) Styled() string {
	d.model.mu.Lock()
	defer d.model.mu.Unlock()
	return d.model.frame
}

// Drawn returns every frame so far as plain text, one behind another.
func (d *Driver) Drawn() string {
	d.model.mu.Lock()
	defer d.model.mu.Unlock()
	return ansi.Strip(d.model.drawn.String())
}

var clipboard = regexp.MustCompile(`\x1b\]52;c;([A-Za-z0-9+/=]*)`)

// flush is longer than the renderer keeps what it has to send.
const flush = 100 * time.Millisecond

// Sent returns everything that the terminal was sent.
func (d *Driver) Sent() string {
	d.Wait(flush)
	d.output.mu.Lock()
	defer d.output.mu.Unlock()
	return string(d.output.sent)
}

// Clipboard returns every text that was put on the terminal's clipboard.
func (d *Driver) Clipboard() []string {
	d.Wait(flush)
	d.output.mu.Lock()
	defer d.output.mu.Unlock()
	var texts []string
	for _, found := range clipboard.FindAllSubmatch(d.output.sent, -1) {
		text, err := base64.StdEncoding.DecodeString(string(found[1]))
		if err != nil {
			d.t.Fatalf("uitest: the clipboard was sent %q", found[1])
		}
		texts = append(texts, string(text))
	}
	return texts
}

// Row returns the first line of the screen that holds text.
func (d *Driver) Row(text string) string {
	d.t.Helper()
	for line := range strings.SplitSeq(d.Frame(), "\n") {
		if strings.Contains(line, text) {
			return line
		}
	}
	d.t.Fatalf("no line holds %q:\n%s", text, d.Frame())
	return ""
}

// Sees fails the test unless every text is on screen.
func (d *Driver) Sees(texts ...string) {
	d.t.Helper()
	frame := d.Frame()
	for _, text := range texts {
		if !strings.Contains(frame, text) {
			d.t.Fatalf("%q is not on screen:\n%s", text, frame)
		}
	}
}

// Misses fails the test if any text is on screen.
func (d *Driver) Misses(texts ...string) {
	d.t.Helper()
	frame := d.Frame()
	for _, text := range texts {
		if strings.Contains(frame, text) {
			d.t.Fatalf("%q is on screen:\n%s", text, frame)
		}
	}
}

func press(t *testing.T, name string) tea.KeyPressMsg {
	t.Helper()
	named := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "space": {Code: tea.KeySpace, Text: " "},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "backspace": {Code: tea.KeyBackspace},
	}
	if msg, ok := named[name]; ok {
		return msg
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	runes := []rune(name)
	if len(runes) != 1 {
		t.Fatalf("uitest: no key is called %q", name)
	}
	return tea.KeyPressMsg{Code: runes[0], Text: name}
}
