package views

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// exportAction writes what a screen shows when the key is pressed into a file. A guest
// could not read it.
func (s *session) exportAction(what func() sheet, disabled func() string) []ui.Action {
	if s.app.Guest {
		return nil
	}
	return []ui.Action{{
		Name: "Export what is shown to a file", Key: ui.Bind("e", "export"), Quiet: true, Disabled: disabled,
		Ask: func() ui.Dialog { return s.askExport(what()) },
	}}
}

// exportChoice is what the dialog asks for. The file's name ends as the format does.
type exportChoice struct {
	format exportFormat
	path   string
	input  *huh.Input // that shows the path
}

// Get returns the format, for the field that chooses it.
func (c *exportChoice) Get() string { return string(c.format) }

// Set takes another format, and the file's name with it.
func (c *exportChoice) Set(format string) {
	if format == string(c.format) {
		return
	}
	if name, ours := strings.CutSuffix(c.path, "."+string(c.format)); ours {
		c.path = name + "." + format
	}
	c.format = exportFormat(format)
	var empty string
	c.input.Value(&empty).Value(&c.path) // a shorter text first, so that the cursor goes to the end
}

func (c *exportChoice) fields() []huh.Field {
	c.input = huh.NewInput().Title("File").Description("only you will be able to read it").Value(&c.path).Validate(func(path string) error {
		if strings.TrimSpace(path) == "" {
			return errors.New("type the name of a file")
		}
		return nil
	})
	formats := []huh.Option[string]{
		huh.NewOption("CSV, for spreadsheets", string(formatCSV)),
		huh.NewOption("JSON lines, as MoneyKit told it", string(formatLines)),
	}
	return []huh.Field{huh.NewSelect[string]().Title("Format").Options(formats...).Accessor(c), c.input}
}

func (s *session) askExport(what sheet) ui.Dialog {
	choice := &exportChoice{format: formatCSV, path: what.fileName(formatCSV, time.Now())}
	var dialog *form.Dialog
	dialog = form.New("Export", choice.fields, func() tea.Cmd {
		path, format := strings.TrimSpace(choice.path), choice.format
		save := func(replace bool) tea.Cmd { return s.export(what, format, path, replace) }
		return func() tea.Msg {
			switch err := takenPlace(path); {
			case errors.Is(err, errTaken):
				ask := ui.Open(askReplace(path, func() tea.Cmd { return save(true) }))
				return dialog.Answer(tea.Sequence(ask, ui.Close(dialog)), nil)()
			case err != nil:
				return dialog.Retry(capital(explain(err).line()))()
			}
			return dialog.Answer(tea.Sequence(ui.Close(dialog), save(false)), nil)()
		}
	}).Stays().Says(theme.Text, plural(what.count, what.thing)+" will be written")
	return dialog
}

func askReplace(path string, replace func() tea.Cmd) ui.Dialog {
	return form.Confirm("Replace "+termsafe.Line(filepath.Base(path))+"?", "Replace it", replace).
		Says(theme.Text, "There is a file of this name already. What is in it will be gone.")
}

// export writes a sheet beside the loop, for as long as the session lasts.
func (s *session) export(what sheet, as exportFormat, path string, replace bool) tea.Cmd {
	ctx := s.ctx
	return func() tea.Msg {
		s.writing.Add(1)
		s.app.files().Add(1)
		count, err := what.save(ctx, path, replace, as)
		s.app.files().Done()
		s.writing.Add(-1)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return s.toast(ui.Failure, "Nothing was exported. "+capital(explain(err).line()))()
		}
		return s.toast(ui.Success, plural(count, what.thing)+" written to "+shellPath(path))()
	}
}

// files counts what is being exported, by this App and those that privacy has put in its
// place.
func (a *App) files() *sync.WaitGroup {
	if a.first != nil {
		a = a.first
	}
	return &a.writing
}

// Finish waits until no file is being exported any more, but not longer than that.
// Exports end by themselves once the program's context has.
func (a *App) Finish(longest time.Duration) {
	done := make(chan struct{})
	go func() {
		a.files().Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(longest):
	}
}

// save writes a sheet into a file, and returns how many rows that were.
func (s sheet) save(ctx context.Context, path string, replace bool, as exportFormat) (count int, err error) {
	err = saveFile(path, replace, func(file io.Writer) (err error) {
		count, err = s.write(ctx, file, as, false)
		if err == nil {
			err = ctx.Err()
		}
		return err
	})
	return count, err
}

// shellPath is a path as a shell takes it, safe to draw.
func shellPath(path string) string {
	if filepath.Base(path) == path {
		path = "." + string(filepath.Separator) + path
	}
	return termsafe.Line(path)
}
