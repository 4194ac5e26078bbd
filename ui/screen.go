// Package ui is the shell in which screens live: a stack of them, the frame
// around them, dialogs, toasts, help and the palette. It routes keys to
// actions and messages to screens.
//
// The package knows nothing of what the screens are about.
package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/ui/theme"
)

// ID is a screen's address for as long as it is on the stack.
type ID int

// Screen is one page. It lives on the program's loop alone: its commands are
// functions of values and answer with messages.
type Screen interface {
	// Init starts the screen. ctx ends when the screen leaves the stack; id is
	// what its own messages carry in a To.
	Init(ctx context.Context, id ID) tea.Cmd
	// Update takes a message, a key only when no action has it.
	Update(tea.Msg) tea.Cmd
	// SetSize tells the room that View has to fill exactly.
	SetSize(w, h int)
	// View draws the screen and changes nothing.
	View() string
	// Title is the screen's part of the breadcrumbs.
	Title() string
	// Actions are what the screen's keys do, most important first.
	Actions() []Action
}

// Capturer is a Screen that at times takes every key itself, as a filter does
// while it is typed: enter then keeps what was typed, and esc clears it.
type Capturer interface {
	Capturing() bool
}

// Hinter is a Capturer that takes its keys otherwise than a filter does, and tells
// how.
type Hinter interface{ Hint() string }

// Themed is a Screen or Dialog that wants to know the colours, at the start
// and whenever they change.
type Themed interface {
	SetTheme(*theme.Theme)
}

// Statuser is a Screen that tells what the frame shows around every screen
// above it. It is asked for every frame.
type Statuser interface{ Status() Status }

// Announcement is a message from outside to whoever looks, whatever the screen.
type Announcement interface{ Announce() string }

// To addresses the message that embeds it to one screen. It is dropped when
// the screen is gone.
type To struct{ ID ID }

// Address returns the screen's id.
func (t To) Address() ID { return t.ID }

// Addressed is a message for one screen.
type Addressed interface{ Address() ID }

// Dialog is a box over the screen that takes all keys. Esc closes it.
type Dialog interface {
	Init() tea.Cmd
	Update(tea.Msg) tea.Cmd
	// View returns the content in at most w by h cells.
	View(w, h int) string
	Title() string
	// Hint tells the keys.
	Hint() string
}

// Closer is a Dialog that has something to stop when it is closed.
type Closer interface{ Closed() }

// ToastKind says how a toast looks and how long it stays.
type ToastKind int

// The kinds of toast.
const (
	Success ToastKind = iota
	Notice
	Failure
)

func (k ToastKind) stays() time.Duration {
	if k == Failure {
		return 8 * time.Second
	}
	return 5 * time.Second
}

// Chip is a short label in the header.
type Chip struct {
	Text string
	Role theme.Role
}

// Status is what the header and the line above the footer show on every
// screen.
type Status struct {
	Chips []Chip
	Job   string // what is under way, empty for nothing
	Jobs  int    // how many; leaving asks while there are any
}

type (
	pushMsg    struct{ screen Screen }
	popMsg     struct{ to ID }
	restartMsg struct{ screen Screen }
	openMsg    struct{ dialog Dialog }
	closeMsg   struct{ dialog Dialog }
	quitMsg    struct{}
	toastMsg   struct {
		kind ToastKind
		text string
		of   context.Context // nil for nobody's
	}
	toastGoneMsg struct{ id int }
)

func send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Push puts a screen on top of the stack.
func Push(s Screen) tea.Cmd { return send(pushMsg{s}) }

// Pop takes the screen with that id off the stack, and those above it.
func Pop(id ID) tea.Cmd { return send(popMsg{id}) }

// Restart replaces the whole stack with one screen.
func Restart(s Screen) tea.Cmd { return send(restartMsg{s}) }

// Open shows a dialog.
func Open(d Dialog) tea.Cmd { return send(openMsg{d}) }

// Close closes a dialog, wherever it is among those that are open.
func Close(d Dialog) tea.Cmd { return send(closeMsg{d}) }

// Toast shows a line for a few seconds. text has to be safe to draw.
func Toast(kind ToastKind, text string) tea.Cmd { return send(toastMsg{kind: kind, text: text}) }

// ToastOf is a Toast of what ends with ctx: it is not shown after that.
func ToastOf(ctx context.Context, kind ToastKind, text string) tea.Cmd {
	return send(toastMsg{kind, text, ctx})
}

// Quit leaves the program without asking.
func Quit() tea.Cmd { return send(quitMsg{}) }
