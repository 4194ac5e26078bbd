package ui

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"till/ui/theme"
)

// The least that till draws in.
const (
	MinWidth  = 60
	MinHeight = 16
)

// mostScreens are more on top of each other than anybody finds back through.
const mostScreens = 64

// Shell is the program's one model. It holds the stack of screens.
type Shell struct {
	ctx    context.Context
	cancel context.CancelFunc
	stack  []page
	lastID ID

	dialogs []Dialog
	toast   toastMsg
	toastID int
	waiting []toastMsg // for a failure to be read

	suspend tea.Cmd // nil where the terminal cannot be given back
	remote  bool    // nobody here started till in a terminal of theirs

	tour    *walk // nil for none
	offered Tour  // that the palette can begin

	w, h  int
	dark  bool // what the terminal answered
	mode  theme.Mode
	theme *theme.Theme
}

// page is a screen on the stack.
type page struct {
	Screen
	id     ID
	ctx    context.Context
	cancel context.CancelFunc
}

var _ tea.Model = (*Shell)(nil)

// NewShell returns a shell that starts with first. Everything it starts ends
// when ctx does, and when the program is left.
func NewShell(ctx context.Context, first Screen) *Shell {
	ctx, cancel := context.WithCancel(ctx)
	s := &Shell{ctx: ctx, cancel: cancel, dark: true, mode: theme.Auto, theme: theme.New(true)}
	s.add(first)
	return s
}

// Init starts the first screen.
func (s *Shell) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, s.start(s.top()))
}

// Update routes a message and lets the tour follow.
func (s *Shell) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := s.route(msg)
	s.followTour(msg)
	return s, cmd
}

// route hands a message on; see the package's design for the order.
func (s *Shell) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.resize(msg.Width, msg.Height)
		return nil
	case tea.BackgroundColorMsg:
		s.dark = msg.IsDark()
		s.retheme()
		return nil
	case tea.KeyPressMsg:
		return s.key(msg)
	case tea.PasteMsg, tea.MouseMsg:
		return s.input(msg)
	case Addressed:
		return s.deliver(msg)
	}
	if cmd, mine := s.own(msg); mine {
		return cmd
	}
	return s.broadcast(msg)
}

// own handles the messages that screens send to the shell.
func (s *Shell) own(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case pushMsg:
		if len(s.stack) == mostScreens {
			return Toast(Notice, "Too many pages are open; go back with esc first."), true
		}
		return s.start(s.add(msg.screen)), true
	case popMsg:
		s.pop(msg.to)
	case restartMsg:
		if jobs := s.status().Jobs; jobs > 0 {
			return s.open(&leaveDialog{title: "Leave these links?", jobs: jobs, leave: func() tea.Cmd { return s.restart(msg.screen) }}), true
		}
		return s.restart(msg.screen), true
	case openMsg:
		return s.open(msg.dialog), true
	case closeMsg:
		s.close(msg.dialog)
	case tourMsg:
		s.Guide(msg.tour)
	case toastMsg:
		return s.show(msg), true
	case Announcement:
		return s.show(toastMsg{kind: Failure, text: msg.Announce()}), true
	case toastGoneMsg:
		if msg.id == s.toastID {
			return s.nextToast(), true
		}
	case quitMsg:
		s.cancel()
		return tea.Quit, true
	default:
		return nil, false
	}
	return nil, true
}

// key leaves or suspends till whatever is open. Any other key goes to the dialog on
// top, else to the shell's and the screen's actions, else to the screen itself.
func (s *Shell) key(press tea.KeyPressMsg) tea.Cmd {
	switch press.String() {
	case "ctrl+c":
		return s.leave()
	case "ctrl+z":
		return s.do(s.suspension())
	}
	if len(s.dialogs) > 0 {
		if press.String() == "esc" {
			s.closeDialog()
			return nil
		}
		return s.input(press)
	}
	if !s.capturing() {
		for _, actions := range [][]Action{s.top().Actions(), s.Actions(), s.tourActions()} {
			if a, found := find(actions, press); found {
				return s.do(a)
			}
		}
	}
	return s.input(press)
}

// do does an action, or says why not.
func (s *Shell) do(a Action) tea.Cmd {
	if reason := a.Reason(); reason != "" {
		return Toast(Notice, reason)
	}
	if a.Ask != nil {
		return s.open(a.Ask())
	}
	return a.Do()
}

// input hands a message to whatever the operator is typing into.
func (s *Shell) input(msg tea.Msg) tea.Cmd {
	if n := len(s.dialogs); n > 0 {
		return s.dialogs[n-1].Update(msg)
	}
	return s.top().Update(msg)
}

func (s *Shell) deliver(msg Addressed) tea.Cmd {
	for _, p := range s.stack {
		if p.id == msg.Address() {
			return p.Update(msg)
		}
	}
	return nil
}

func (s *Shell) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, p := range s.stack {
		cmds = append(cmds, p.Update(msg))
	}
	for _, d := range s.dialogs {
		cmds = append(cmds, d.Update(msg))
	}
	return tea.Batch(cmds...)
}

// status asks the screen nearest the bottom that knows it.
func (s *Shell) status() Status {
	for _, p := range s.stack {
		if t, ok := p.Screen.(Statuser); ok {
			return t.Status()
		}
	}
	return Status{}
}

func (s *Shell) capturing() bool {
	c, ok := s.top().Screen.(Capturer)
	return ok && c.Capturing()
}

func (s *Shell) top() page { return s.stack[len(s.stack)-1] }

func (s *Shell) add(screen Screen) page {
	s.lastID++
	ctx, cancel := context.WithCancel(s.ctx)
	p := page{Screen: screen, id: s.lastID, ctx: ctx, cancel: cancel}
	s.stack = append(s.stack, p)
	s.dress(screen)
	screen.SetSize(s.inner())
	return p
}

// restart replaces the stack and closes what is open over it. Toasts told of what was
// there before.
func (s *Shell) restart(screen Screen) tea.Cmd {
	for len(s.dialogs) > 0 {
		s.closeDialog()
	}
	s.drop(0)
	s.toast, s.waiting = toastMsg{}, nil
	return s.start(s.add(screen))
}

func (s *Shell) start(p page) tea.Cmd { return p.Init(p.ctx, p.id) }

// pop takes a screen and those above it off the stack; the last one stays.
func (s *Shell) pop(id ID) {
	for i, p := range s.stack {
		if p.id == id && i > 0 {
			s.drop(i)
			return
		}
	}
}

func (s *Shell) drop(from int) {
	for _, p := range s.stack[from:] {
		p.cancel()
	}
	clear(s.stack[from:])
	s.stack = s.stack[:from]
}

func (s *Shell) open(d Dialog) tea.Cmd {
	s.dress(d)
	s.dialogs = append(s.dialogs, d)
	return d.Init()
}

// close closes one dialog; it may be gone already.
func (s *Shell) close(d Dialog) {
	for i, open := range s.dialogs {
		if open != d {
			continue
		}
		if c, ok := d.(Closer); ok {
			c.Closed()
		}
		s.dialogs = slices.Delete(s.dialogs, i, i+1)
		return
	}
}

// closeDialog closes the dialog on top.
func (s *Shell) closeDialog() {
	if n := len(s.dialogs); n > 0 {
		s.close(s.dialogs[n-1])
	}
}

// leave quits, but asks first while a job is in flight.
func (s *Shell) leave() tea.Cmd {
	jobs := s.status().Jobs
	if jobs == 0 {
		return Quit()
	}
	for _, d := range s.dialogs {
		if _, asked := d.(*leaveDialog); asked {
			return Quit()
		}
	}
	return s.open(&leaveDialog{title: "Leave till?", jobs: jobs, leave: Quit})
}

func (s *Shell) resize(w, h int) {
	s.w, s.h = w, h
	for _, p := range s.stack {
		p.SetSize(s.inner())
	}
}

func (s *Shell) dress(v any) {
	if t, ok := v.(Themed); ok {
		t.SetTheme(s.theme)
	}
}

func (s *Shell) retheme() {
	s.theme = theme.New(s.mode == theme.Dark || s.mode == theme.Auto && s.dark)
	for _, p := range s.stack {
		s.dress(p.Screen)
	}
	for _, d := range s.dialogs {
		s.dress(d)
	}
}
