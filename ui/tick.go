package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Tick sends msg after a while, unless ctx ends before. Bubble Tea's own tick keeps
// a program that has ended in memory until its time has come.
func Tick(ctx context.Context, after time.Duration, msg tea.Msg) tea.Cmd {
	timer := time.NewTimer(after)
	return func() tea.Msg {
		defer timer.Stop()
		select {
		case <-timer.C:
			return msg
		case <-ctx.Done():
			return nil
		}
	}
}
