package views

import (
	"strings"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/theme"
)

// layout divides the room between chips, list and footer.
func (t *transactionsTab) layout() {
	list, _ := panes(t.w)
	t.table.SetSize(list, t.listHeight())
	t.drawBars()
}

func (t *transactionsTab) listHeight() int {
	h := t.h - 1
	if t.terms != (terms{}) {
		h--
	}
	return max(0, h)
}

func (t *transactionsTab) view() string {
	if blank := t.blank(); blank != "" {
		return blank
	}
	list, beside := panes(t.w)
	body := t.list(list)
	if beside > 0 {
		body = cell.Beside(body, t.beside(beside, t.listHeight()), t.theme.Paint(theme.Border, paneGap))
	}
	lines := []string{body, t.footer()}
	if t.terms != (terms{}) {
		lines = append([]string{chipLine(t.theme, t.terms.chips(t.rows.names, t.clock.now()), t.w)}, lines...)
	}
	return strings.Join(lines, "\n")
}

// blank stands in the place of rows that never came.
func (t *transactionsTab) blank() string {
	if t.lacking() && !t.answered {
		return middle(t.lacks(moneykit.ProductTransactions), t.w, t.h)
	}
	waiting := t.data
	waiting.loaded = t.answered
	return waiting.blank(t.theme, t.w, t.h, "Bringing the transactions up to date…")
}

// lacking reports whether the link was made without transactions.
func (t *transactionsTab) lacking() bool {
	return t.snapshot.Link != nil && t.snapshot.Link.Products.Of(moneykit.ProductTransactions) == nil
}

func (t *transactionsTab) list(w int) string {
	switch {
	case t.barsCover():
		return t.pane.view()
	case t.rows.Len() > 0:
		return t.table.View()
	case t.asking:
		return cell.Block(nil, w, t.listHeight())
	case t.narrowed():
		return middle([]string{
			t.theme.Paint(theme.Strong, "No transaction matches the filter."), "",
			t.theme.Paint(theme.Key, "esc") + t.theme.Paint(theme.Muted, " clears "+t.clearedFirst()),
		}, w, t.listHeight())
	}
	return middle([]string{t.theme.Paint(theme.Muted, "There are no transactions.")}, w, t.listHeight())
}

// clearedFirst names what the next esc clears.
func (t *transactionsTab) clearedFirst() string {
	if t.filter.active() {
		return "what is looked for"
	}
	return "the filter"
}

// footer tells what is looked for and found, and how old it is when it is late.
func (t *transactionsTab) footer() string {
	if !t.late {
		return t.foundLine(t.w)
	}
	since := cell.Cut("as synced "+ago(t.clock.tell(t.synced), t.clock.now()), t.w/2)
	room := max(0, t.w-cell.Width(since)-barGap)
	return t.foundLine(room) + cell.Blank(t.w-room-cell.Width(since)) + t.theme.Paint(theme.Warn, since)
}

func (t *transactionsTab) foundLine(w int) string {
	if !t.filter.typing && !t.filter.active() {
		return t.sums(w)
	}
	const words = 26 // what is looked for, and how it is cleared
	right := t.sums(w - min(words, w/2))
	room := w - cell.Width(right)
	return cell.Fit(t.filter.view(t.theme, room-2), room) + right
}

// sums tells how many transactions are shown, and what they add up to.
func (t *transactionsTab) sums(w int) string {
	shown := t.rows.found
	if !t.rows.whole {
		shown.Sums = nil // they are of a part
	}
	if t.filter.typing || t.filter.active() {
		line := sumsLine(t.shownCount(), shown.Sums, w)
		return t.theme.Paint(theme.Muted, cell.Cut(line, w))
	}
	if t.rows.head.More {
		return t.theme.Paint(theme.Warn, cell.Fit(t.shownCount()+" so far: the sync broke off before its end", w))
	}
	return t.theme.Paint(theme.Muted, cell.Fit(sumsLine(t.shownCount(), shown.Sums, w), w))
}

// shownCount tells how many transactions are shown, of how many.
func (t *transactionsTab) shownCount() string {
	count := grouped(t.rows.Len())
	if !t.rows.whole {
		count += "+"
	}
	switch {
	case t.narrowed() && t.total.known:
		count += " of " + grouped(t.total.count)
	case t.rows.Len() == 1:
		count += " transaction"
	default:
		count += " transactions"
	}
	if by := orders[t.sorted].by; by != mirror.ByDate {
		count += " by " + string(by)
	}
	if t.asking && t.slow == t.asked.number {
		count += " · searching…"
	}
	return count
}

// detail tells of the transaction under the cursor.
func (t *transactionsTab) detail(w int) []string {
	if current := t.current(); current != nil {
		return transactionDetail(t.theme, *current, t.rows.names, w, t.clock.now())
	}
	if t.rows.Len() > 0 {
		return []string{t.theme.Paint(theme.Muted, onItsWay)}
	}
	return nil
}
