package views

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
	"till/ui"
)

// fleet is the sync of many links side by side.
type fleet struct {
	run      *mirror.Fleet // nil before the first
	progress mirror.Progress
	told     int // how many of its results are
}

// fleetMsg tells how far a sync of many links has come.
type fleetMsg struct {
	ui.To
	run      *mirror.Fleet
	progress mirror.Progress
}

func (f *fleet) running() bool { return f.run != nil && !f.progress.Over }

// syncAction syncs the marked links, or all that are shown; while it does, the key
// cancels.
func (l *linksScreen) syncAction() ui.Action {
	if l.fleet.running() {
		return ui.Action{Name: "Cancel the sync of many links", Key: ui.Bind("u", "cancel sync"), Do: func() tea.Cmd {
			run := l.fleet.run
			return func() tea.Msg { run.Cancel(); return nil }
		}}
	}
	return ui.Action{Name: "Sync the transactions of all links", Key: ui.Bind("u", "sync all"), Quiet: true, Do: l.syncFleet, Disabled: l.none}
}

// syncFleet begins with the links on screen.
func (l *linksScreen) syncFleet() tea.Cmd {
	links := l.toSync()
	if len(links) == 0 {
		return ui.Toast(ui.Notice, "None of these links has transactions to sync")
	}
	l.fleet = fleet{run: l.mirror.SyncAll(l.ctx, links), progress: mirror.Progress{Total: len(links)}}
	l.show()
	return tea.Batch(followFleet(l.ctx, ui.To{ID: l.id}, l.fleet.run, 0))
}

// toSync are the marked links, else those that the filter leaves, as far as they
// have transactions.
func (l *linksScreen) toSync() []moneykit.LinkID {
	var links []moneykit.LinkID
	among := l.rows.shown
	if len(l.rows.marks) > 0 {
		among = l.rows.all
	}
	for _, id := range among {
		if (len(l.rows.marks) == 0 || l.rows.marks[id]) && syncable(l.rows.snapshots[id]) {
			links = append(links, id)
		}
	}
	return links
}

// syncable reports whether a link may have transactions, as far as it is known.
func syncable(s watch.Snapshot) bool {
	if s.Link == nil {
		return true
	}
	transactions := s.Link.Products.Of(moneykit.ProductTransactions)
	return s.Link.State != moneykit.Deleted && transactions != nil && !transactions.RefreshedAt.IsZero()
}

func followFleet(ctx context.Context, to ui.To, run *mirror.Fleet, seen int) tea.Cmd {
	return func() tea.Msg {
		progress, err := run.Next(ctx, seen)
		if err != nil {
			return nil
		}
		return fleetMsg{to, run, progress}
	}
}

func (l *linksScreen) fleetMoved(msg fleetMsg) tea.Cmd {
	if msg.run != l.fleet.run {
		return nil // another has begun
	}
	l.fleet.progress = msg.progress
	told := l.fleet.tell()
	if !msg.progress.Over {
		return tea.Batch(told, followFleet(l.ctx, msg.To, msg.run, msg.progress.Version))
	}
	return tea.Batch(told, l.fleetEnded())
}

// tell tells of the links whose syncs have changed the mirror since the last time.
func (f *fleet) tell() tea.Cmd {
	results := f.run.Results()[f.told:]
	if len(results) == 0 {
		return nil
	}
	f.told += len(results)
	links := make([]moneykit.LinkID, len(results))
	for i, r := range results {
		links[i] = r.Link
	}
	return sendMsg(mirroredMsg{links})
}

// fleetEnded tells what came of it.
func (l *linksScreen) fleetEnded() tea.Cmd {
	p := l.fleet.progress
	text := plural(p.Done, "link") + " synced: " + counts(p.Created, p.Updated, p.Removed)
	if left := p.Total - p.Done - p.Failed; left > 0 {
		text += fmt.Sprintf(" · %d left out", left)
	}
	switch failures := l.fleet.run.Failures(); {
	case p.Err != nil:
		return ui.Toast(ui.Failure, text+" · "+explain(p.Err).line())
	case len(failures) > 0:
		first := failures[0]
		return ui.Toast(ui.Failure, fmt.Sprintf("%s · %d failed. %s: %s", text, p.Failed, institution(l.rows.snapshots[first.Link]), explain(first.Err).line()))
	case p.Cancelled:
		return ui.Toast(ui.Notice, text)
	}
	return ui.Toast(ui.Success, text)
}

// show lets the links on screen come first.
func (f *fleet) show(links []moneykit.LinkID) {
	if f.running() {
		f.run.First(links...)
	}
}

// line tells how far it has come, "" when none runs.
func (f *fleet) line() string {
	if !f.running() {
		return ""
	}
	p := f.progress
	parts := []string{fmt.Sprintf("⟳ syncing %d of %d links", p.Done+p.Failed, p.Total)}
	if p.Created+p.Updated+p.Removed > 0 {
		parts = append(parts, counts(p.Created, p.Updated, p.Removed))
	}
	if p.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", p.Failed))
	}
	return strings.Join(append(parts, "u cancels"), " · ")
}
