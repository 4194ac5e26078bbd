package sandbox

import (
	"slices"
	"sort"
	"time"
)

type accountsAnswer struct {
	Accounts []accountAnswer `json:"accounts"`
	Link     linkAnswer      `json:"link"`
}

func (s *Sandbox) getAccounts(c *call) (any, error) {
	l, err := s.linkWith(c, accountsProduct)
	if err != nil {
		return nil, err
	}
	wanted := queryOf(c).set("account_ids")
	return accountsAnswer{Accounts: s.open(l).accountAnswers(l, wanted), Link: l.answer()}, nil
}

// accountAnswers returns the accounts of a set of ids, or all for nil.
func (b *book) accountAnswers(l *link, wanted map[string]bool) []accountAnswer {
	answers := []accountAnswer{}
	for _, a := range b.shown(l) {
		if wanted == nil || wanted[a.id] {
			answers = append(answers, a.answer())
		}
	}
	return answers
}

type oneAccountAnswer struct {
	Account accountAnswer `json:"account"`
	Link    linkAnswer    `json:"link"`
}

func (s *Sandbox) getAccount(c *call) (any, error) {
	l, err := s.linkWith(c, accountsProduct)
	if err != nil {
		return nil, err
	}
	id := c.PathValue("account_id")
	accounts := s.open(l).shown(l)
	i := slices.IndexFunc(accounts, func(a *account) bool { return a.id == id })
	if i < 0 {
		return nil, accountNotFound()
	}
	return oneAccountAnswer{Account: accounts[i].answer(), Link: l.answer()}, nil
}

type transactionsAnswer struct {
	Total        int                 `json:"total"`
	Page         int                 `json:"page"`
	Size         int                 `json:"size"`
	Transactions []transactionAnswer `json:"transactions"`
	Accounts     []accountAnswer     `json:"accounts"`
	Link         linkAnswer          `json:"link"`
}

func (s *Sandbox) getTransactions(c *call) (any, error) {
	query := queryOf(c)
	page := query.integer("page", 1, 1, 0)
	size := query.integer("size", 50, 1, 1000)
	first, last := query.date("start_date"), query.date("end_date")
	wanted := query.set("account_ids")
	if err := query.problem(); err != nil {
		return nil, err
	}
	l, err := s.linkWith(c, transactionsProduct)
	if err != nil {
		return nil, err
	}
	b := s.open(l)
	found := within(b.sorted(), first, last)
	if wanted != nil {
		found = slices.DeleteFunc(slices.Clone(found), func(t *transaction) bool { return !wanted[t.account.id] })
	}
	answer := transactionsAnswer{Total: len(found), Page: page, Size: size, Transactions: []transactionAnswer{}, Link: l.answer()}
	enriched := l.product(enrichmentProduct) != nil
	concerned := map[string]bool{}
	for _, t := range pageOf(found, page, size) {
		answer.Transactions = append(answer.Transactions, t.answer(enriched))
		concerned[t.account.id] = true
	}
	answer.Accounts = b.accountAnswers(l, concerned)
	return answer, nil
}

// within returns those of the transactions, newest first, that are of the days
// from first to last; the zero time is no bound.
func within(sorted []*transaction, first, last time.Time) []*transaction {
	from, to := 0, len(sorted)
	if !last.IsZero() {
		from = sort.Search(len(sorted), func(i int) bool { return !sorted[i].date.After(last) })
	}
	if !first.IsZero() {
		to = sort.Search(len(sorted), func(i int) bool { return sorted[i].date.Before(first) })
	}
	return sorted[from:max(from, to)]
}

// pageOf cuts out a page, counted from 1. A page number can be huge.
func pageOf[T any](all []T, page, size int) []T {
	if page-1 > len(all)/size {
		return nil
	}
	from := (page - 1) * size
	return all[min(from, len(all)):min(from+size, len(all))]
}
