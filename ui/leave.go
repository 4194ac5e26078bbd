package ui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// leaveDialog asks before jobs in flight are left behind.
type leaveDialog struct {
	title string
	jobs  int
	leave func() tea.Cmd
}

func (d *leaveDialog) Init() tea.Cmd { return nil }
func (d *leaveDialog) Title() string { return d.title }
func (d *leaveDialog) Hint() string  { return "y leave  esc stay" }

func (d *leaveDialog) View(int, int) string {
	are := "1 job is"
	if d.jobs > 1 {
		are = fmt.Sprintf("%d jobs are", d.jobs)
	}
	return are + " still in flight. What was asked of MoneyKit goes on,\nand nobody will tell how it ended; the rest is not done."
}

func (d *leaveDialog) Update(msg tea.Msg) tea.Cmd {
	if press, ok := msg.(tea.KeyPressMsg); ok && slices.Contains(keyNames(press), "y") {
		return d.leave()
	}
	return nil
}
