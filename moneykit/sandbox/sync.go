package sandbox

import "slices"

type syncAnswer struct {
	Transactions syncedTransactions `json:"transactions"`
	Accounts     []accountAnswer    `json:"accounts"`
	Cursor       cursorAnswer       `json:"cursor"`
	HasMore      bool               `json:"has_more"`
	Link         linkAnswer         `json:"link"`
}

type syncedTransactions struct {
	Created []transactionAnswer `json:"created"`
	Updated []transactionAnswer `json:"updated"`
	Removed []string            `json:"removed"`
}

// A sync cursor has three positions: a walk goes through the changes of the log
// from the first to the second, of which the third tells how many are done. The
// end stays where it was when the walk began, so that a refresh in its midst
// neither hides nor doubles anything; the next walk starts there.
const syncPositions = 3

func (s *Sandbox) syncTransactions(c *call) (any, error) {
	query := queryOf(c)
	size := query.integer("size", 500, 1, 500)
	scope := "sync " + c.PathValue("id")
	at := query.cursor(s, scope, syncPositions)
	if err := query.problem(); err != nil {
		return nil, err
	}
	l, err := s.linkWith(c, transactionsProduct)
	if err != nil {
		return nil, err
	}
	b := s.open(l)
	from, to, done := 0, len(b.log), 0
	if at != nil {
		from, to, done = at[0], at[1], at[2]
	}
	if from == to {
		to, done = len(b.log), 0
	}
	if to > len(b.log) || from > to {
		query.refuse("cursor", "the cursor is ahead of the link", "value_error.cursor")
		return nil, query.problem()
	}
	changes := b.changes(from, to)
	page := changes[min(done, len(changes)):min(done+size, len(changes))]
	answer := b.syncPage(l, page)
	if done+len(page) < len(changes) {
		answer.HasMore = true
		answer.Cursor.Next = optional(s.cursor(scope, from, to, done+len(page)))
	} else {
		// Who replaces pending ones has to know where a walk ends.
		answer.HasMore = to < len(b.log) && !s.pendingReplaced
		answer.Cursor.Next = optional(s.cursor(scope, to, to, 0))
	}
	return answer, nil
}

func (b *book) syncPage(l *link, page []change) syncAnswer {
	answer := syncAnswer{
		Transactions: syncedTransactions{Created: []transactionAnswer{}, Updated: []transactionAnswer{}, Removed: []string{}},
		Link:         l.answer(),
	}
	enriched := l.product(enrichmentProduct) != nil
	concerned := map[string]bool{}
	for _, c := range page {
		concerned[c.account.id] = true
		switch c.kind {
		case created:
			answer.Transactions.Created = append(answer.Transactions.Created, c.answer(enriched))
		case updated:
			answer.Transactions.Updated = append(answer.Transactions.Updated, c.answer(enriched))
		case removed:
			answer.Transactions.Removed = append(answer.Transactions.Removed, c.id)
		}
	}
	answer.Accounts = b.accountAnswers(l, concerned)
	return answer
}

// walk is a stretch of the log, folded.
type walk struct {
	from, to int
	changes  []change
}

// changes folds a stretch of the log. The pages of one walk ask for the same
// one, so the last is kept.
func (b *book) changes(from, to int) []change {
	if b.walk.from != from || b.walk.to != to {
		b.walk = walk{from, to, fold(b.log[from:to])}
	}
	return b.walk.changes
}

// fold reduces a stretch of the log to one change a transaction: what is created
// comes in its last form, and what came and went does not come at all.
func fold(log []change) []change {
	place := make(map[string]int, len(log))
	folded := make([]change, 0, len(log))
	for _, c := range log {
		i, seen := place[c.id]
		gone := c.kind == removed || c.kind == vanished
		switch {
		case !seen && c.kind == vanished:
		case !seen:
			place[c.id] = len(folded)
			folded = append(folded, c)
		case gone && (folded[i].kind == created || c.kind == vanished):
			folded[i].transaction = nil
			delete(place, c.id)
		case folded[i].kind == created:
			folded[i].transaction = c.transaction
		default:
			folded[i] = c
		}
	}
	return slices.DeleteFunc(folded, func(c change) bool { return c.transaction == nil })
}
