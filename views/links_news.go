package views

import (
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
)

// news takes snapshots in, tells how refreshes ended, and syncs what they
// brought.
func (l *linksScreen) news(snapshots []watch.Snapshot) tea.Cmd {
	var cmds []tea.Cmd
	l.judge(snapshots)
	l.polling.pulse = l.watch.Pulse()
	for _, s := range snapshots {
		if s.Link == nil && errors.Is(s.Err, moneykit.LinkNotFound) {
			l.rows.drop(s.ID) // a mistyped id makes no row
			continue
		}
		if s.Link != nil && !s.Recalled && s.At.After(l.polling.read) {
			l.polling.read = s.At
		}
		before := l.rows.snapshots[s.ID]
		if (linkNewsMsg{before, s}).refreshed(moneykit.ProductTransactions) {
			l.unsynced[s.ID] = true
		}
		var told []tea.Cmd
		ended := ended(before, s)
		inJob := ended && l.inJob(s.ID, s.Refresh)
		if ended && !inJob {
			told = append(told, refreshToast(s, l.clock))
		}
		if s.Link != nil && s.Link.State == moneykit.Deleted {
			delete(l.unsynced, s.ID)
		}
		if l.unsynced[s.ID] && !s.Refreshing() {
			delete(l.unsynced, s.ID)
			l.untold[s.ID] = inJob
			told = append(told, syncAgain(l.ctx, l.mirror, s.ID))
		}
		// In this order, so that what the sync tells comes last.
		cmds = append(cmds, tea.Sequence(told...))
		// What came of an advance would hide the time that it is now.
		if settled(before, s) && !l.clock.advancedSince(before.At) {
			cmds = append(cmds, connectionToast(s))
		}
		l.rows.put(s)
	}
	l.rows.grow(&l.filter, snapshots)
	l.table.SetSource(&l.rows)
	l.choose()
	return tea.Batch(append(cmds, l.show(), l.tickJobs(), l.keep(snapshots))...)
}

// ended reports that a refresh came to its end between two snapshots.
func ended(before, now watch.Snapshot) bool {
	if now.Refresh == nil || !now.Refresh.Phase.Over() {
		return false
	}
	return before.Refresh == nil || !before.Refresh.Phase.Over() || !before.Refresh.Started.Equal(now.Refresh.Started)
}

// settled reports that a link has just finished connecting, well or badly.
func settled(before, now watch.Snapshot) bool {
	return before.Link != nil && now.Link != nil && before.Link.State == moneykit.Connecting &&
		(now.Link.State == moneykit.Connected || now.Link.State == moneykit.InError)
}

func connectionToast(s watch.Snapshot) tea.Cmd {
	if s.Link.State == moneykit.Connected {
		return ui.Toast(ui.Success, institution(s)+" is connected")
	}
	return ui.Toast(ui.Failure, institution(s)+": "+stateLook(s).word)
}

func (l *linksScreen) synced(msg syncedMsg) tea.Cmd {
	if msg.of != l.mirror {
		return nil // of the session before
	}
	untold := l.untold[msg.link]
	delete(l.untold, msg.link)
	switch name := institution(l.rows.snapshots[msg.link]); {
	case errors.Is(msg.err, moneykit.LinkDeleted):
		return nil // disconnected meanwhile
	case msg.err != nil:
		return ui.Toast(ui.Failure, "Transactions of "+name+" not synced: "+explain(msg.err).line())
	case msg.sync.Seq == 0 || untold:
		return nil
	case msg.sync.Before == "":
		return ui.Toast(ui.Notice, fmt.Sprintf("%s: its first sync brought %s", name, plural(msg.sync.Created, "transaction")))
	default:
		return ui.Toast(ui.Success, fmt.Sprintf("%s: %s in its transactions · d shows them", name, counts(msg.sync.Created, msg.sync.Updated, msg.sync.Removed)))
	}
}

// judge tells from a batch of news whether reads work at present.
func (l *linksScreen) judge(snapshots []watch.Snapshot) {
	for _, s := range snapshots {
		switch {
		case s.Err != nil:
			if found := trouble(s.Err); found != "" {
				l.trouble = found
				return
			}
		case s.Link != nil && !s.At.Equal(l.rows.snapshots[s.ID].At):
			l.trouble = ""
		}
	}
}

// trouble names what an error says of reading at large; one about a single link
// says nothing.
func trouble(err error) string {
	if e := (*moneykit.ConnectionError)(nil); errors.As(err, &e) {
		return "offline"
	}
	if errors.Is(err, moneykit.LinkNotFound) || errors.Is(err, moneykit.LinkDeleted) {
		return ""
	}
	return "reads fail"
}
