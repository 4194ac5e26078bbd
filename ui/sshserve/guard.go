package sshserve

import (
	"reflect"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"
)

// guard is a guest's program whose panics end its session alone.
type guard struct {
	tea.Model
	session *session
}

// contain ends the session when what it is deferred in panics.
func (s *session) contain(in string) {
	if cause := recover(); cause != nil {
		s.log.Error("panic", "in", in, "panic", cause, "stack", string(debug.Stack()))
		s.end(failed)
	}
}

// Init is the program's.
func (g *guard) Init() (cmd tea.Cmd) {
	defer g.session.contain("Init")
	return g.session.guardCmd(g.Model.Init())
}

// Update is the program's.
func (g *guard) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	model = g
	defer g.session.contain("Update")
	next, cmd := g.Model.Update(msg)
	g.Model = next
	return g, g.session.guardCmd(cmd)
}

// View is the program's.
func (g *guard) View() (view tea.View) {
	defer g.session.contain("View")
	view = g.Model.View()
	if onMouse := view.OnMouse; onMouse != nil {
		view.OnMouse = func(msg tea.MouseMsg) (cmd tea.Cmd) {
			defer g.session.contain("OnMouse")
			return g.session.guardCmd(onMouse(msg))
		}
	}
	return view
}

var cmdType = reflect.TypeFor[tea.Cmd]()

// guardCmd is a command, and those that it leads to, whose panics end the session alone.
func (s *session) guardCmd(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer s.contain("a command")
		msg = cmd()
		// A batch is a slice of commands, and so is a sequence, whose type has no name here.
		many := reflect.ValueOf(msg)
		if many.Kind() != reflect.Slice || many.Type().Elem() != cmdType {
			return msg
		}
		guarded := reflect.MakeSlice(many.Type(), many.Len(), many.Len())
		for i := range many.Len() {
			guarded.Index(i).Set(reflect.ValueOf(s.guardCmd(many.Index(i).Interface().(tea.Cmd))))
		}
		return guarded.Interface()
	}
}
