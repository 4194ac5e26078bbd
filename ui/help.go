package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/ui/cell"
	"till/ui/theme"
)

// help lists every action of the screen, those that cannot be taken now with
// the reason.
type help struct {
	shell   *Shell
	title   string
	actions []Action
	theme   *theme.Theme
	top     int
}

func newHelp(s *Shell) *help {
	return &help{shell: s, title: "Keys · " + s.top().Title(), actions: s.findable()}
}

func (h *help) SetTheme(t *theme.Theme) { h.theme = t }
func (h *help) Init() tea.Cmd           { return nil }
func (h *help) Title() string           { return h.title }
func (h *help) Hint() string            { return "↑↓ scroll  esc close" }

func (h *help) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	w, room := h.shell.box()
	all := len(h.lines(w))
	switch press.String() {
	case "down", "j":
		h.top++
	case "up", "k":
		h.top--
	case "pgdown", "space":
		h.top += room
	case "pgup":
		h.top -= room
	case "g", "home":
		h.top = 0
	case "G", "end":
		h.top = all
	case "?", "q", "enter":
		h.shell.closeDialog()
	}
	h.top = max(0, min(h.top, all-room))
	return nil
}

func (h *help) View(w, height int) string {
	lines := h.lines(w)
	top := max(0, min(h.top, len(lines)-height))
	return strings.Join(lines[top:min(len(lines), top+height)], "\n")
}

// lines tells each action, and why it cannot be taken in as many lines as that
// needs.
func (h *help) lines(w int) []string {
	const keys = 14
	var lines []string
	for _, a := range h.actions {
		name := a.Name
		if reason := a.Reason(); reason != "" {
			name += " — " + reason
		}
		role := theme.Text
		if a.Danger {
			role = theme.Warn
		}
		shown := strings.Join(names(a), " ")
		for _, line := range cell.Wrap(name, w-keys-1) {
			lines = append(lines, h.theme.Paint(theme.Key, cell.Fit(shown, keys))+" "+h.theme.Paint(role, line))
			shown = ""
		}
	}
	return lines
}

// names returns an action's keys as they are shown, the rest as they are
// pressed.
func names(a Action) []string {
	shown := []string{a.Key.Help().Key}
	for _, k := range a.Key.Keys() {
		if !strings.Contains(a.Key.Help().Key, k) && !arrow(k) {
			shown = append(shown, k)
		}
	}
	return shown
}

func arrow(k string) bool { return k == "up" || k == "down" || k == "left" || k == "right" }
