//go:build !unix

// Package suspend has nothing to do where a shell cannot stop a program.
package suspend

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"till/ui"
)

// Allow does nothing: there are no jobs that a shell could stop.
func Allow(context.Context, *ui.Shell, *tea.Program) {}
