package views

import (
	"cmp"
	"fmt"
	"slices"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/theme"
)

// The columns of the matrix.
const (
	bankWidth  = 17
	errorWidth = 8 // at least
	widestGap  = 12
	inErrorGap = 2
	// otherErrors and otherBanks stand for what there is no room for.
	otherErrors = "other"
	otherBanks  = "\x00other"
)

// matrix counts the links in error by institution and error. It has at most most rows.
func (f fleetHealth) matrix(w, most int) section {
	s := section{name: "matrix"}
	rows, healthy := f.matrixRows(most)
	if len(rows) == 0 {
		s.header(f.titled("INSTITUTION", "BANK"))
		text, role := "● no link is in error", theme.Good
		switch {
		case f.Read == 0:
			text, role = "no link was read yet", theme.Muted
		case f.sample():
			text = "● no link of the sample is in error"
		}
		s.line(piece{text: boardMargin + cell.Cut(text, w-len(boardMargin)), role: role})
		return s
	}
	totals := len("IN ERROR")
	for _, r := range rows {
		totals = max(totals, len(r.total()))
	}
	totals += inErrorGap
	room := w - len(boardMargin) - bankWidth - totals
	columns := f.matrixColumns(room / errorWidth)
	bank := bankWidth + max(0, min(room-errorWidth*len(columns), widestGap))
	column := max(errorWidth, min((room+bankWidth-bank)/len(columns), widestGap))
	title := cell.Fit(f.titled("INSTITUTION", "BANK"), bank)
	for _, c := range columns {
		title += " " + cell.FitRight(c.title, column-1)
	}
	s.header(title + cell.FitRight("IN ERROR", totals))
	for _, r := range rows {
		pieces := boardLine{{text: boardMargin + cell.Fit(r.name, bank)}}
		for _, c := range columns {
			n := r.count(c.codes)
			b := box{key: boxKey{row: r.key, column: c.key}, told: f.of(n) + " at " + r.name + " in error: " + c.told}
			if n > 0 {
				b.of = &behind{title: r.name + ", in error: " + c.told, is: r.of(inErrors(c.codes...))}
			}
			pieces = append(pieces, s.count(b, n, column, theme.Bad)...)
		}
		total := " " + r.total()
		n := s.box(box{
			key: boxKey{row: r.key, column: "in error"}, told: f.of(r.errors) + " at " + r.name + " in error",
			of: &behind{title: r.name + ", in error", is: r.of(inErrors())},
		})
		s.line(append(pieces, piece{text: cell.Blank(totals - cell.Width(total))}, piece{text: total, box: n})...)
	}
	if healthy > 0 {
		text := plural(healthy, "institution") + " without an error"
		if f.sample() {
			text += " in the sample"
		}
		s.line(piece{text: boardMargin + cell.Cut(text, w-len(boardMargin)), role: theme.Muted})
	}
	return s
}

// matrixRow is an institution, or what is left of them.
type matrixRow struct {
	key, name     string
	banks         []moneykit.InstitutionID
	counts        map[moneykit.LinkError]int
	errors, links int
}

func (r matrixRow) total() string { return grouped(r.errors) + " of " + grouped(r.links) }

func (r matrixRow) count(codes []moneykit.LinkError) int {
	n := 0
	for _, code := range codes {
		n += r.counts[code]
	}
	return n
}

// of picks the row's links among those that is picks.
func (r matrixRow) of(is func(watch.Snapshot) bool) func(watch.Snapshot) bool {
	banks := map[moneykit.InstitutionID]bool{}
	for _, id := range r.banks {
		banks[id] = true
	}
	return func(s watch.Snapshot) bool { return is(s) && banks[s.Link.InstitutionID] }
}

// matrixRows are the institutions with links in error, those that there is no room
// for in one row, and how many have none.
func (f fleetHealth) matrixRows(most int) (rows []matrixRow, healthy int) {
	for _, i := range f.Institutions {
		row := matrixRow{key: string(i.ID), name: bankName(i.Name, i.ID), banks: []moneykit.InstitutionID{i.ID}, counts: i.Errors, links: i.Links}
		for _, n := range i.Errors {
			row.errors += n
		}
		if row.errors == 0 {
			healthy++
			continue
		}
		rows = append(rows, row)
	}
	if len(rows) <= most {
		return rows, healthy
	}
	rest := matrixRow{key: otherBanks, name: fmt.Sprintf("%d others", len(rows)-most+1), counts: map[moneykit.LinkError]int{}}
	for _, row := range rows[most-1:] {
		rest.banks = append(rest.banks, row.banks...)
		rest.errors += row.errors
		rest.links += row.links
		for code, n := range row.counts {
			rest.counts[code] += n
		}
	}
	return append(rows[:most-1], rest), healthy
}

// matrixColumn is an error, or those that there is no room for.
type matrixColumn struct {
	key, title, told string
	codes            []moneykit.LinkError
}

// matrixColumns are the errors that occur, those that a customer can mend first. Those
// with the fewest links are one column when there is no room.
func (f fleetHealth) matrixColumns(room int) []matrixColumn {
	codes := mostFirst(f.Errors)
	var rest []moneykit.LinkError
	if room = max(1, room); len(codes) > room {
		rest = codes[room-1:]
		codes = codes[:room-1]
	}
	slices.SortFunc(codes, func(a, b moneykit.LinkError) int {
		return cmp.Or(cmp.Compare(errorPlace(a), errorPlace(b)), cmp.Compare(a, b))
	})
	var columns []matrixColumn
	for _, code := range codes {
		columns = append(columns, matrixColumn{string(code), errorTitle(code), errorTold(code), []moneykit.LinkError{code}})
	}
	if rest != nil {
		columns = append(columns, matrixColumn{otherErrors, otherErrors, "any other", rest})
	}
	return columns
}

// errorTitles name the documented errors in the space of a column.
var errorTitles = []struct {
	code  moneykit.LinkError
	title string
}{
	{moneykit.AuthExpired, "expired"},
	{moneykit.InvalidCredentials, "login"},
	{moneykit.UserInputIncorrect, "answer"},
	{moneykit.UserOAuthDenied, "denied"},
	{moneykit.UserSetupRequired, "setup"},
	{moneykit.UserError, "user"},
	{moneykit.NoAccounts, "no acc."},
	{moneykit.Incomplete, "incomp."},
	{moneykit.InstitutionError, "bank"},
	{moneykit.ProviderError, "provid."},
	{moneykit.SystemError, "system"},
}

// errorPlace is where an error's column stands; unknown ones are last.
func errorPlace(code moneykit.LinkError) int {
	for i, known := range errorTitles {
		if known.code == code {
			return i
		}
	}
	return len(errorTitles)
}

func errorTitle(code moneykit.LinkError) string {
	if i := errorPlace(code); i < len(errorTitles) {
		return errorTitles[i].title
	}
	return errorTold(code)
}
