package views

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// bundleScreen previews what can be given to MoneyKit's support. What is copied
// or saved is the text on screen, byte for byte.
type bundleScreen struct {
	app    *App
	bundle inspect.Bundle
	to     ui.To
	lines  []string // safe to draw; nil until they are written
	pane   textPane
	theme  *theme.Theme
	w, h   int
}

var _ ui.Screen = (*bundleScreen)(nil)

func newBundle(app *App, b inspect.Bundle) *bundleScreen {
	b.Program, b.APIVersion = app.Program, moneykit.Version
	return &bundleScreen{app: app, bundle: b}
}

type bundleMsg struct {
	ui.To
	lines []string
}

// bundle is about one link.
func (s *session) bundle(link watch.Snapshot) *bundleScreen {
	b := inspect.Bundle{
		ClientID: s.client.ClientID(), Link: link.ID,
		Entries: s.app.requests(), BaseURL: s.client.BaseURL(), At: time.Now(),
	}
	if s.app.Masked {
		b.ClientID, b.BaseURL = maskedClient, keystore.DefaultBaseURL
	}
	return newBundle(s.app, b)
}

func (b *bundleScreen) text() string { return strings.Join(b.lines, "\n") + "\n" }

// Init writes the bundle beside the loop: it reads through every answer kept.
func (b *bundleScreen) Init(_ context.Context, id ui.ID) tea.Cmd {
	b.to = ui.To{ID: id}
	to, bundle := b.to, b.bundle
	return func() tea.Msg {
		return bundleMsg{to, termsafe.Lines(strings.TrimRight(bundle.Markdown(), "\n"))}
	}
}

func (b *bundleScreen) Update(msg tea.Msg) tea.Cmd {
	if written, ok := msg.(bundleMsg); ok {
		b.lines = written.lines
		b.layout()
	}
	return nil
}

func (b *bundleScreen) Actions() []ui.Action {
	unwritten := func() string {
		if b.lines == nil {
			return "the bundle is not written yet"
		}
		return ""
	}
	actions := []ui.Action{
		{Name: "Copy the bundle", Key: ui.Bind("y", "copy"), Disabled: unwritten, Do: func() tea.Cmd { return copyText(b.text(), "Bundle") }},
	}
	if !b.app.Guest {
		actions = append(actions, ui.Action{
			Name: "Save the bundle to a file in the current folder", Key: ui.Bind("s", "save"), Disabled: unwritten,
			Do: func() tea.Cmd { return saveBundle("till-support-"+b.bundle.At.Format("20060102-150405"), b.text()) },
		})
	}
	return append(actions, b.pane.actions()...)
}

// saveBundle writes a new file that only its owner can read.
func saveBundle(name, text string) tea.Cmd {
	return func() tea.Msg {
		file, err := create(name)
		if err == nil {
			err = write(file, text)
		}
		if err != nil {
			return ui.Toast(ui.Failure, "The bundle was not saved. "+explain(err).line())()
		}
		return ui.Toast(ui.Success, "Bundle saved as "+file.Name())()
	}
}

// create opens a file that was not there, with a number behind its name if need
// be.
func create(name string) (*os.File, error) {
	for n := 1; ; n++ {
		path := name + ".md"
		if n > 1 {
			path = fmt.Sprintf("%s-%d.md", name, n)
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !os.IsExist(err) || n == 100 {
			return file, err
		}
	}
}

// write fills a new file; one that cannot be filled is taken away again.
func write(file *os.File, text string) error {
	_, err := file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

func (b *bundleScreen) SetTheme(t *theme.Theme) {
	b.theme = t
	b.layout()
}

func (b *bundleScreen) SetSize(w, h int) {
	b.w, b.h = w, h
	b.layout()
}

// layout breaks the lines, so that nothing of them is out of sight.
func (b *bundleScreen) layout() {
	b.pane.w, b.pane.h = b.w, max(0, b.h-2)
	var lines []string
	for _, line := range b.lines {
		role := theme.Text
		if strings.HasPrefix(line, "#") {
			role = theme.Strong
		}
		for _, part := range cell.Wrap(line, b.w) {
			lines = append(lines, b.theme.Paint(role, part))
		}
	}
	b.pane.set(lines)
}

func (b *bundleScreen) Title() string { return "Support bundle" }

func (b *bundleScreen) View() string {
	told := "All that is copied or saved; read it before you share it"
	if b.app.Guest {
		told = "All that is copied; read it before you share it"
	}
	hint := b.theme.Paint(theme.Muted, cell.Fit(told, b.w))
	return hint + "\n" + cell.Blank(b.w) + "\n" + b.pane.view()
}
