package views

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

const (
	// aside is how many rows above and below those in view are brought with them.
	aside = 200
	// mostNear bounds the transactions that are held.
	mostNear = 2000
)

// near is transactions by their place; nil for one that is gone meanwhile.
type near map[mirror.Row]*moneykit.Transaction

func nearOf(asked []mirror.Row, found map[mirror.Row]moneykit.Transaction) near {
	n := make(near, len(asked))
	for _, row := range asked {
		n[row] = nil
		if t, ok := found[row]; ok {
			n[row] = &t
		}
	}
	return n
}

// surroundings are the rows from one index to another, and those around.
func surroundings(rows []mirror.Row, from, to int) []mirror.Row {
	from, to = max(0, from-aside), min(len(rows), to+aside)
	return slices.Clone(rows[min(from, to):to])
}

// transactionRows is what was found, as a table shows it: the places of all, and
// the transactions near the cursor.
type transactionRows struct {
	found    mirror.Found
	whole    bool        // else there are more
	number   int         // of the question that this answers
	head     mirror.Head // of the mirror as it was searched
	near     near
	version  int // counts the times that near was begun anew
	fetching bool
	names    names
	clock    *clock
}

// take shows another answer. Transactions from before a sync may have changed.
func (r *transactionRows) take(msg answerMsg) {
	if msg.head != r.head || r.near == nil {
		r.near = near{}
		r.version++
	}
	r.found, r.whole, r.number, r.head, r.names = msg.found, msg.whole, msg.number, msg.head, msg.names
	maps.Copy(r.near, msg.near)
}

// missing are the rows to bring when those from one index to another are in view:
// none as long as half of the surroundings are there.
func (r *transactionRows) missing(from, to int) []mirror.Row {
	lacks := func(row mirror.Row) bool {
		_, there := r.near[row]
		return !there
	}
	rows := r.found.Rows
	half := rows[max(0, from-aside/2):min(len(rows), to+aside/2)]
	if !slices.ContainsFunc(half, lacks) {
		return nil
	}
	return slices.DeleteFunc(surroundings(rows, from, to), func(row mirror.Row) bool { return !lacks(row) })
}

// trim lets go of transactions that are far from those in view when there are too
// many.
func (r *transactionRows) trim(from, to int) {
	if len(r.near) <= mostNear {
		return
	}
	kept := near{}
	for _, row := range surroundings(r.found.Rows, from, to) {
		if t, there := r.near[row]; there {
			kept[row] = t
		}
	}
	r.near = kept
}

// at returns a transaction, nil while it is not there.
func (r *transactionRows) at(i int) *moneykit.Transaction {
	if i < 0 || i >= len(r.found.Rows) {
		return nil
	}
	return r.near[r.found.Rows[i]]
}

func (r *transactionRows) Len() int { return len(r.found.Rows) }

func (r *transactionRows) Row(i int) []table.Cell {
	t := r.at(i)
	if t == nil {
		return []table.Cell{{}, {Text: onItsWay, Role: theme.Muted}, {}, {}, {}, {}}
	}
	status, role := "", theme.Text
	switch {
	case mirror.Stale(*t, r.clock.now()):
		status, role = "stale", theme.Bad
	case t.Pending:
		status, role = "pending", theme.Warn
	}
	return []table.Cell{
		{Text: t.Date.String(), Role: theme.Muted},
		{Text: description(*t), Role: theme.Text},
		{Text: r.names.of(t.AccountID), Role: theme.Muted},
		{Text: category(*t), Role: theme.Muted},
		{Text: signed(t.Signed(), t.Currency), Role: direction(t.Signed())},
		{Text: status, Role: role},
	}
}

// onItsWay stands for a transaction that is not there yet.
const onItsWay = "…"

// description is what a transaction is called, as well as anybody knows.
func description(t moneykit.Transaction) string {
	switch {
	case t.Description != "":
		return termsafe.Line(t.Description)
	case t.RawDescription != "":
		return termsafe.Line(t.RawDescription)
	}
	return none
}

func category(t moneykit.Transaction) string { return words(t.FinestCategory()) }

// names is what a link's accounts are called.
type names map[moneykit.AccountID]string

// of returns an account's name, its id when nobody knows the name.
func (n names) of(id moneykit.AccountID) string {
	if name, known := n[id]; known {
		return name
	}
	return termsafe.Line(string(id))
}

// compare puts accounts in the order of their names.
func (n names) compare(a, b moneykit.AccountID) int {
	return cmp.Or(strings.Compare(n.of(a), n.of(b)), cmp.Compare(a, b))
}

// accountNames returns what a link's accounts are called; without an answer
// their ids have to do.
func accountNames(ctx context.Context, s *session, id moneykit.LinkID) names {
	accounts, _, err := s.accounts(ctx, id)
	if err != nil {
		return names{}
	}
	return namesOf(accounts)
}

// keptNames are those that the mirror knows.
func keptNames(ctx context.Context, s *session, id moneykit.LinkID) names {
	accounts, _, err := s.mirror.Store().Accounts(ctx, id)
	if err != nil {
		return names{}
	}
	return namesOf(accounts)
}

func namesOf(accounts []moneykit.Account) names {
	names := names{}
	for _, a := range accounts {
		names[a.ID] = accountName(a)
	}
	return names
}
