package sandbox

import "net/http"

// correction puts transactions into another category.
type correction struct {
	Transactions []string `json:"transactions"` // ids
	Category     string   `json:"category"`
	Subcategory  string   `json:"subcategory"`
}

type correctionBody struct {
	Category    *string `json:"category"`
	Subcategory *string `json:"subcategory"`
}

type correctedAnswer struct {
	Transactions []transactionAnswer `json:"transactions"`
	Accounts     []accountAnswer     `json:"accounts"`
	Link         linkAnswer          `json:"link"`
	Cursor       cursorAnswer        `json:"cursor"`
}

// correctEnrichment corrects a transaction, and those at the same merchant that
// are no newer.
func (s *Sandbox) correctEnrichment(c *call) (any, error) {
	l, err := s.linkWith(c, enrichmentProduct)
	if err != nil {
		return nil, err
	}
	b := s.open(l)
	t := b.table[c.PathValue("txn_id")]
	if t == nil {
		return nil, fail(http.StatusNotFound, "link_error.not_found", "The link has no such transaction.")
	}
	var body correctionBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	var errs []validationError
	if body.Category == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "category"))
	} else {
		errs = member(errs, *body.Category, s.list("categories"), "category")
	}
	if body.Subcategory != nil {
		errs = member(errs, *body.Subcategory, s.list("subcategories"), "subcategory")
	}
	if errs != nil {
		return nil, invalid(errs...)
	}
	if err := s.roomForStep(l); err != nil {
		return nil, err
	}
	to := correction{Transactions: []string{t.id}, Category: *body.Category, Subcategory: text(body.Subcategory)}
	for _, other := range b.sorted() {
		if other != t && t.merchant != "" && other.merchant == t.merchant && !other.date.After(t.date) {
			to.Transactions = append(to.Transactions, other.id)
		}
	}
	l.Steps = append(l.Steps, step{What: correctionStep, At: c.at, Correction: &to})
	s.touch(l)
	return s.open(l).corrected(l, to.Transactions), nil
}

// correct changes the category of transactions that are published. One that the
// bank is about to change gets it too.
func (b *book) correct(to correction) {
	var changes []change
	for _, id := range to.Transactions {
		old := b.table[id]
		if old == nil {
			continue
		}
		t := *old
		t.what.category, t.what.subcategory, t.what.fixed = to.Category, to.Subcategory, true
		b.table[id], b.order = &t, nil
		changes = append(changes, change{updated, &t})
		for i, waiting := range b.pending {
			if waiting == old {
				b.pending[i] = &t
			}
		}
		for i, c := range b.queue {
			if c.id != id || c.kind == removed {
				continue
			}
			if c.kind == vanished {
				i++ // what takes its place comes next
			}
			next := *b.queue[i].transaction
			next.what = t.what
			b.queue[i].transaction = &next
		}
	}
	b.log = append(b.log, changes...)
}

func (b *book) corrected(l *link, ids []string) correctedAnswer {
	answer := correctedAnswer{Transactions: []transactionAnswer{}, Link: l.answer()}
	concerned := map[string]bool{}
	for _, id := range ids {
		t := b.table[id]
		answer.Transactions = append(answer.Transactions, t.answer(true))
		concerned[t.account.id] = true
	}
	answer.Accounts = b.accountAnswers(l, concerned)
	return answer
}
