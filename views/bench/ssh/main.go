// Command ssh serves the least that a Bubble Tea program behind wish can be: a list
// of twelve lines with a cursor. What till takes of a server beyond it is till's own.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/ssh"
	"charm.land/wish/v2"
	wishtea "charm.land/wish/v2/bubbletea"
)

const lines = 12

type list struct{ w, h, at int }

func (l list) Init() tea.Cmd { return nil }

func (l list) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		l.w, l.h = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q":
			return l, tea.Quit
		case "down":
			l.at = min(l.at+1, lines-1)
		case "up":
			l.at = max(l.at-1, 0)
		}
	}
	return l, nil
}

func (l list) View() tea.View {
	rows := make([]string, l.h)
	for i := range min(lines, l.h) {
		rows[i] = fmt.Sprintf("%-*s", l.w, fmt.Sprintf(" line %d of the list", i+1))
		if i == l.at {
			rows[i] = "\x1b[7m" + rows[i] + "\x1b[m"
		}
	}
	v := tea.NewView(strings.Join(rows, "\n"))
	v.AltScreen = true
	return v
}

func main() {
	address := flag.String("addr", "127.0.0.1:2223", "where to listen")
	key := flag.String("host-key", "", "file of the host key")
	fps := flag.Int("fps", 60, "frames a second")
	flag.Parse()
	server, err := wish.NewServer(wish.WithAddress(*address), wish.WithHostKeyPath(*key),
		wish.WithMiddleware(wishtea.Middleware(func(s ssh.Session) (tea.Model, []tea.ProgramOption) {
			return list{}, []tea.ProgramOption{tea.WithContext(s.Context()), tea.WithoutSignalHandler(), tea.WithFPS(*fps)}
		})))
	if err == nil {
		err = server.ListenAndServe()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
