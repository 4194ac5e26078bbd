package views

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/chart"
	"till/ui/termsafe"
	"till/ui/theme"
)

// boardMargin is before every line of a section, for the cursor.
const boardMargin = "  "

// header is a section's first line.
func (s *section) header(text string) { s.line(piece{text: boardMargin + text, role: theme.Muted}) }

// entry adds a line that is one cell.
func (s *section) entry(b box, pieces ...piece) {
	n := s.box(b)
	pieces = append([]piece{{text: boardMargin}}, pieces...)
	for i := range pieces {
		pieces[i].box = n
	}
	s.line(pieces...)
}

// states counts the links by state and error.
func (f fleetHealth) states(w int) section {
	const (
		percent  = 6
		leastBar = 12 // beside a percentage
	)
	s := section{name: "states"}
	groups, title := f.groups(), f.titled("STATE", "STATE")
	word, count := cell.Width(title), len("LINKS")
	for _, g := range groups {
		word, count = max(word, cell.Width(g.String())), max(count, len(grouped(g.count)))
	}
	word, count = word+1, count+1
	bar := w - len(boardMargin) - word - count - 1
	share := bar >= percent+leastBar
	title = cell.Fit(title, word) + cell.FitRight("LINKS", count)
	if share {
		bar -= percent
		title += cell.FitRight("SHARE", percent)
	}
	s.header(title)
	for _, g := range groups {
		pieces := []piece{
			{text: cell.Fit(g.String(), word), role: g.role},
			{text: cell.FitRight(grouped(g.count), count), role: theme.Text},
		}
		if g.seen && share {
			pieces = append(pieces, piece{text: cell.FitRight(percentage(g.count, f.Read), percent), role: theme.Muted})
		}
		if g.seen {
			pieces = append(pieces, piece{text: " " + chart.Bar(float64(g.count), float64(f.Read), bar), role: g.role})
		}
		s.entry(box{
			key: boxKey{row: g.word}, told: f.told(g),
			of: &behind{title: g.told, is: g.is},
		}, pieces...)
	}
	return s
}

func (f fleetHealth) told(g healthGroup) string {
	if !g.seen {
		return countedLinks(g.count) + " " + g.told
	}
	return f.of(g.count) + " " + g.told
}

// healthGroup is the links in a state, or in error for one reason.
type healthGroup struct {
	look
	count int
	seen  bool
	told  string
	is    func(watch.Snapshot) bool
}

// groups are ordered as an operator asks: how many are well, and what is wrong with
// the others.
func (f fleetHealth) groups() []healthGroup {
	var groups []healthGroup
	add := func(state moneykit.LinkState, code moneykit.LinkError, count int, is func(watch.Snapshot) bool) {
		l := linkLook(&moneykit.Link{State: state, ErrorCode: code})
		told := l.word
		if state == moneykit.InError && code != "" {
			told = "in error: " + l.word
		}
		groups = append(groups, healthGroup{l, count, true, told, is})
	}
	rest := maps.Clone(f.States)
	take := func(state moneykit.LinkState) {
		if n := rest[state]; n > 0 {
			add(state, "", n, inState(state))
		}
		delete(rest, state)
	}
	take(moneykit.Connected)
	for _, code := range mostFirst(f.Errors) {
		add(moneykit.InError, code, f.Errors[code], inErrors(code))
	}
	delete(rest, moneykit.InError)
	take(moneykit.Connecting)
	take(moneykit.AwaitingTokenExchange)
	deleted := rest[moneykit.Deleted]
	delete(rest, moneykit.Deleted)
	for _, state := range mostFirst(rest) {
		take(state)
	}
	if deleted > 0 {
		add(moneykit.Deleted, "", deleted, inState(moneykit.Deleted))
	}
	if unread := f.Links - f.Read; unread > 0 {
		groups = append(groups, healthGroup{look{"·", "not seen yet", theme.Muted}, unread, false, "not seen yet", func(s watch.Snapshot) bool {
			return s.Link == nil
		}})
	}
	return groups
}

// mostFirst returns what was counted, the highest count first.
func mostFirst[K cmp.Ordered](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// percentage tells a share so that little is not nothing, and nearly all not all.
func percentage(n, of int) string {
	switch p := float64(n) * 100 / float64(of); {
	case n > 0 && p < 1:
		return "<1%"
	case n < of && p > 99:
		return ">99%"
	default:
		return strconv.Itoa(int(p+0.5)) + "%"
	}
}

// of counts links in a sentence, as far as they were read.
func (f fleetHealth) of(n int) string {
	if f.sample() {
		return countedLinks(n) + " of the sample"
	}
	return countedLinks(n)
}

func countedLinks(n int) string {
	switch n {
	case 0:
		return "no link"
	case 1:
		return "1 link"
	}
	return grouped(n) + " links"
}

// titled names what is counted in a word, and says when that is a sample.
func (f fleetHealth) titled(full, short string) string {
	if f.sample() {
		return short + ", A SAMPLE"
	}
	return full
}

// ages counts links by how old each product's data is.
func (f fleetHealth) ages(w int) section {
	const name = 15
	s := section{name: "ages"}
	if len(f.Products) == 0 {
		s.header("AGE OF DATA")
		s.line(piece{text: boardMargin + cell.Cut("no product of any link was read yet", w-len(boardMargin)), role: theme.Muted})
		return s
	}
	titles := []string{"<1h", "<1d", "<1w", "<30d", "older", "never", "failed"}
	column := max(4, min(11, (w-len(boardMargin)-name)/len(titles)))
	if column <= len("failed") {
		titles = []string{"<1h", "<1d", "<1w", "<30d", "old", "none", "fail"}
	}
	title := cell.Fit(f.titled("AGE OF DATA", "AGE"), name)
	for _, t := range titles {
		title += cell.FitRight(t, column)
	}
	s.header(title)
	for _, p := range f.Products {
		product := words(string(p.Product))
		pieces := boardLine{{text: boardMargin + cell.Fit(product, name)}}
		add := func(title string, n int, role theme.Role, told string, is func(*moneykit.ProductStatus) bool) {
			b := box{key: boxKey{row: string(p.Product), column: title}, told: f.of(n) + ": " + product + " " + told}
			if n > 0 {
				b.of = &behind{title: product + " " + told, is: withProduct(p.Product, is)}
			}
			pieces = append(pieces, s.count(b, n, column, role)...)
		}
		for band, n := range p.Ages {
			add(titles[band], n, theme.Text, "refreshed "+bandTold(band)+" ago", agedIn(band, f.at))
		}
		add("never", p.Never, theme.Muted, "never refreshed", func(status *moneykit.ProductStatus) bool { return status.RefreshedAt.IsZero() })
		add("failed", p.Failed, theme.Bad, "failed at the last attempt", func(status *moneykit.ProductStatus) bool { return status.ErrorCode != "" })
		s.line(pieces...)
	}
	return s
}

// bandTold tells how long ago a band is, in words.
func bandTold(band int) string {
	return [...]string{"less than an hour", "an hour to a day", "a day to a week", "a week to 30 days", "30 days or more"}[band]
}

// count adds a cell with a number to the right of a column. None is a dot.
func (s *section) count(b box, n, column int, role theme.Role) []piece {
	text := grouped(n)
	if n == 0 {
		text, role = "·", theme.Muted
	}
	if cell.Width(text) >= column {
		text = grouped(n/1000) + "k"
	}
	text = " " + cell.Cut(text, column-1)
	return []piece{{text: cell.Blank(column - cell.Width(text))}, {text: text, role: role, box: s.box(b)}}
}

// troubles are the incidents, newest first.
func (f fleetHealth) troubles(w int) section {
	const most, widestName = 4, 24
	s := section{name: "incidents"}
	s.header(cell.Cut("INCIDENTS OF INSTITUTIONS, AND WHEN THEY WERE SEEN", w-len(boardMargin)))
	for i, incident := range f.incidents {
		if i == most {
			s.line(piece{text: boardMargin + cell.Cut(fmt.Sprintf("and %d more since yesterday", len(f.incidents)-most), w-len(boardMargin)), role: theme.Muted})
			break
		}
		name, went := bankName(incident.Name, incident.Institution), "went "+errorTold(incident.Error)+", "+clockSpan(incident.From, incident.To, f.at)
		text := fmt.Sprintf("⚠ %s: %s %s", cell.Cut(name, widestName), countedLinks(len(incident.Links)), went)
		s.entry(box{
			key:  boxKey{row: string(incident.Institution), column: string(incident.Error) + incident.From.UTC().Format(time.RFC3339)},
			told: "so many links at once: an incident of the institution",
			of:   &behind{title: name + ": " + went, links: incident.Links},
		}, piece{text: cell.Cut(text, w-len(boardMargin)), role: theme.Bad})
	}
	s.line()
	return s
}

// clockTime tells a time of the day, and the day unless it is today.
func clockTime(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if sameDay(t, now) {
		return t.Format("15:04")
	}
	return momentOf(t, now)
}

// clockSpan tells a short span of time, and its day unless that is today.
func clockSpan(from, to, now time.Time) string {
	told, end := clockTime(from, now), to.Local().Format("15:04")
	if strings.HasSuffix(told, end) {
		return told
	}
	return told + "–" + end
}

// errorTold tells a link's error in words.
func errorTold(code moneykit.LinkError) string { return words(cmp.Or(string(code), "error")) }

// bankName names an institution, safe to draw.
func bankName(name string, id moneykit.InstitutionID) string {
	return institution(watch.Snapshot{Link: &moneykit.Link{InstitutionName: name, InstitutionID: id}})
}

// lately tells what happened in the last hour.
func (f fleetHealth) lately(w, most int) section {
	s := section{name: "lately"}
	s.header("THE LAST HOUR")
	switch {
	case f.unread != nil:
		s.line(piece{text: boardMargin + cell.Cut("not read: "+explain(f.unread).line(), w-len(boardMargin)), role: theme.Bad})
		return s
	case len(f.hour) == 0:
		s.line(piece{text: boardMargin + cell.Cut("nothing was seen to change", w-len(boardMargin)), role: theme.Muted})
		return s
	}
	for _, kind := range []watch.EventKind{watch.StateChanged, watch.ProductFailed, watch.ProductRefreshed, watch.Appeared, watch.Gone} {
		n, links := 0, []moneykit.LinkID(nil)
		for _, e := range f.hour {
			if e.Kind == kind {
				n++
				links = append(links, e.Link)
			}
		}
		if n == 0 {
			continue
		}
		links = unique(links)
		s.entry(box{
			key: boxKey{row: string(kind)}, told: plural(n, "event") + " of " + plural(len(links), "link"),
			of: &behind{title: string(kind) + " in the last hour", links: links},
		}, piece{text: cell.Fit(string(kind), 23)}, piece{text: cell.FitRight(grouped(n), 8)})
	}
	s.line()
	shown, what := f.hour[:min(most, len(f.hour))], 0
	for _, e := range shown {
		what = max(what, cell.Width(happenedLook(e).String()))
	}
	for _, e := range shown {
		s.entry(box{
			key:  boxKey{row: string(e.Link), column: string(e.Kind) + string(e.Product) + e.RequestID},
			told: bankName(e.Institution, e.InstitutionID) + ": " + happenedLook(e).word + ", " + termsafe.Line(e.RequestID), link: e.Link,
		}, eventLine(e, w-len(boardMargin), what)...)
	}
	return s
}

// unique leaves each link once, in their order.
func unique(links []moneykit.LinkID) []moneykit.LinkID {
	seen := map[moneykit.LinkID]bool{}
	return slices.DeleteFunc(links, func(id moneykit.LinkID) bool {
		before := seen[id]
		seen[id] = true
		return before
	})
}

// eventLine tells an event in w cells, of which what has happened may take so many
// before the institution's name is cut.
func eventLine(e watch.Event, w, wide int) []piece {
	const at, wideName, longWords = 6, 24, 64
	name := max(w/4, min(wideName, w-at-1-wide))
	what := happenedLook(e)
	if before := linkLook(&moneykit.Link{State: e.Before.State, ErrorCode: e.Before.Error}); e.Kind == watch.StateChanged && e.Before.State != "" && w >= longWords {
		what.word += ", was " + before.word
	}
	return []piece{
		{text: cell.Fit(e.At.Local().Format("15:04"), at), role: theme.Muted},
		{text: cell.Fit(bankName(e.Institution, e.InstitutionID), name) + " "},
		{text: cell.Cut(what.String(), w-at-name-1), role: what.role},
	}
}

// happenedLook tells what an event says of its link.
func happenedLook(e watch.Event) look {
	product := words(string(e.Product))
	switch e.Kind {
	case watch.StateChanged:
		return linkLook(&moneykit.Link{State: e.After.State, ErrorCode: e.After.Error})
	case watch.ProductRefreshed:
		return look{"✓", product + " refreshed", theme.Good}
	case watch.ProductFailed:
		return look{"✕", product + ": " + words(string(e.Error)), theme.Bad}
	case watch.Appeared:
		return look{"+", "appeared", theme.Info}
	case watch.Gone:
		return look{"○", "gone", theme.Muted}
	}
	return look{"·", words(string(e.Kind)), theme.Info}
}
