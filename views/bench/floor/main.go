// Command floor is the least that a Bubble Tea program can be: one line that
// counts keys. What till takes beyond it is till's own.
package main

import (
	"flag"
	"fmt"

	tea "charm.land/bubbletea/v2"
)

type line struct{ keys int }

func (l line) Init() tea.Cmd { return nil }

func (l line) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		if press.String() == "q" {
			return l, tea.Quit
		}
		l.keys++
	}
	return l, nil
}

func (l line) View() tea.View {
	v := tea.NewView(fmt.Sprintf("floor: %d keys", l.keys))
	v.AltScreen = true
	return v
}

func main() {
	fps := flag.Int("fps", 120, "frames a second")
	flag.Parse()
	if _, err := tea.NewProgram(line{}, tea.WithFPS(*fps)).Run(); err != nil {
		fmt.Println(err)
	}
}
