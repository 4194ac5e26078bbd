package views

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// The spans of time that what changed is shown for.
const (
	spanLooked = iota
	spanYesterday
	spanWeek
	spanAll
)

var spans = []string{
	spanLooked: "since I last looked", spanYesterday: "since yesterday", spanWeek: "last 7 days", spanAll: "everything",
}

// since is when the span that is shown begins, by this machine's clock and by that
// of the data; the zero time for everything.
func (n *newsScreen) since() (at, shown time.Time) {
	switch now := n.clock.now(); n.span {
	case spanLooked:
		return n.before, n.clock.tell(n.before)
	case spanYesterday:
		shown = time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, now.Location())
	case spanWeek:
		shown = now.AddDate(0, 0, -7)
	}
	return n.clock.reached(shown), shown
}

// segments shows the spans side by side, or only the current one where there is no
// room for all.
func (n *newsScreen) segments() string {
	const gap = "   "
	parts, used := make([]string, len(spans)), 0
	for i, word := range spans {
		role := theme.Muted
		if i == n.span {
			role, word = theme.Accent, "▌"+word
		}
		used += cell.Width(word) + len(gap)
		parts[i] = n.theme.Paint(role, word)
	}
	if used-len(gap) > n.w {
		return cell.Fit(n.theme.Paint(theme.Muted, "◂ ")+parts[n.span]+n.theme.Paint(theme.Muted, " ▸"), n.w)
	}
	return cell.Fit(strings.Join(parts, gap), n.w)
}

// newsKey is a sync as it was read. One that goes on is another, and so is one of
// which a later sync has found out what it was.
type newsKey struct {
	link                      moneykit.LinkID
	seq                       int
	after                     string
	created, updated, removed int
}

// mostSummed is how many changes of a sync are read for what they come to. A first
// sync may have so many that reading them would hold up everything else.
const mostSummed = 2000

func (k newsKey) changes() int { return k.created + k.updated + k.removed }

func (k newsKey) large() bool { return k.changes() > mostSummed }

func keyOf(n mirror.News) newsKey {
	return newsKey{n.Link, n.Seq, n.After, n.Created, n.Updated, n.Removed}
}

// newsRows is syncs as a table shows them.
type newsRows struct {
	*session
	list []mirror.News
	more bool // there are older ones
	nets map[newsKey]newsNet
}

// newsNet is what a sync moved, as text.
type newsNet struct {
	text string
	role theme.Role
}

func newNewsRows(s *session) newsRows {
	return newsRows{session: s, nets: map[newsKey]newsNet{}}
}

func (r *newsRows) Len() int { return len(r.list) }

func (r *newsRows) Row(i int) []table.Cell {
	n := r.list[i]
	moved, known := r.nets[keyOf(n)]
	switch {
	case keyOf(n).large():
		moved = newsNet{"not added up", theme.Muted}
	case !known:
		moved = newsNet{"…", theme.Muted}
	}
	return []table.Cell{
		{Text: moment(r.clock.tell(n.At)), Role: theme.Muted},
		{Text: r.institution(n.Link), Role: theme.Text},
		{Text: termsafe.Line(string(n.Link)), Role: theme.Muted},
		tallied(n.Created, 5, theme.Good),
		tallied(n.Updated, 3, theme.Warn),
		tallied(n.Removed, 3, theme.Bad),
		{Text: moved.text, Role: moved.role},
	}
}

// tallied is a count in w cells, in thousands where there is no room for all of it.
// None of a kind should not catch the eye.
func tallied(n, w int, role theme.Role) table.Cell {
	text := strconv.Itoa(n)
	switch {
	case n == 0:
		return table.Cell{Text: "·", Role: theme.Muted}
	case len(text) > w:
		text = strconv.Itoa(n/1000) + "k"
	}
	return table.Cell{Text: text, Role: role}
}

// institution names a link by its institution, by its id when that is not known.
func (r *newsRows) institution(id moneykit.LinkID) string {
	if s, known := r.watch.Snapshot(id); known && s.Link != nil {
		return institution(s)
	}
	return termsafe.Line(string(id))
}

func (r *newsRows) index(of newsKey) int {
	return slices.IndexFunc(r.list, func(n mirror.News) bool { return n.Link == of.link && n.Seq == of.seq })
}

// take takes in a page: what follows on before or, when that is the zero News, the
// newest.
func (r *newsRows) take(before mirror.News, page []mirror.News) {
	full := len(page) == newsPage
	if before.Seq > 0 {
		if n := len(r.list); n > 0 && keyOf(r.list[n-1]) == keyOf(before) {
			r.list, r.more = append(r.list, page...), full
		}
		return
	}
	if full {
		if i := r.index(keyOf(page[newsPage-1])); i >= 0 {
			r.list = append(page, r.list[i+1:]...)
			return
		}
	}
	r.list, r.more = page, full
}

func (r *newsRows) summed(of newsKey) bool {
	_, known := r.nets[of]
	return known
}

// sum keeps what a sync moved in each currency.
func (r *newsRows) sum(of newsKey, changes changeRows, err error) {
	if err != nil {
		r.nets[of] = newsNet{none, theme.Muted}
		return
	}
	sums := map[string]decimal.Decimal{}
	for key, sum := range changes.net {
		sums[key.currency] = sums[key.currency].Add(sum)
	}
	var parts []string
	role := theme.Text
	for _, code := range slices.Sorted(maps.Keys(sums)) {
		parts = append(parts, signed(sums[code], code))
		role = direction(sums[code])
	}
	if len(parts) > 1 {
		role = theme.Text
	}
	r.nets[of] = newsNet{strings.Join(parts, "  "), role}
}

// totals adds up the syncs that were read.
func (r *newsRows) totals(t *theme.Theme) string {
	if len(r.list) == 0 {
		return ""
	}
	links := map[moneykit.LinkID]bool{}
	var created, updated, removed int
	for _, n := range r.list {
		links[n.Link] = true
		created, updated, removed = created+n.Created, updated+n.Updated, removed+n.Removed
	}
	part := ""
	if r.more {
		part = " so far"
	}
	return t.Paint(theme.Strong, plural(len(r.list), "sync")+" of "+plural(len(links), "link")+part+":") + " " +
		t.Paint(theme.Good, fmt.Sprintf("+%d", created)) + " " + t.Paint(theme.Warn, fmt.Sprintf("~%d", updated)) + " " +
		t.Paint(theme.Bad, fmt.Sprintf("%s%d", minus, removed))
}

// brief tells changes in at most h lines of w cells.
func (r changeRows) brief(t *theme.Theme, w, h int) []string {
	var lines []string
	for _, line := range r.lines[:max(0, min(len(r.lines), h))] {
		c := r.changes[line.change]
		if line.note < 0 {
			lines = append(lines, briefly(t, c, w))
			continue
		}
		n := changeNotes(c, r.names)[line.note]
		lines = append(lines, "  "+t.Paint(theme.Muted, cell.Fit(n.name, 12))+t.Paint(n.role, cell.Cut(n.text, w-14)))
	}
	if n := len(lines); n > 0 && n < len(r.lines) {
		lines[n-1] = t.Paint(theme.Muted, "… "+plural(len(r.changes), "change")+" in all")
	}
	return lines
}

// briefly tells a change in a line of w cells.
func briefly(t *theme.Theme, c mirror.Change, w int) string {
	x := c.Transaction()
	symbol, role := kindLook(c.Kind)
	sum := signed(x.Signed(), x.Currency)
	return t.Paint(role, symbol) + " " + cell.Fit(description(x), w-cell.Width(sum)-4) + "  " +
		t.Paint(direction(x.Signed()), sum)
}
