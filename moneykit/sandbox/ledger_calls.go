package sandbox

import (
	"slices"
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
	return accountsAnswer{Accounts: l.open(s).accountAnswers(wanted), Link: l.answer()}, nil
}

// accountAnswers returns the accounts of a set of ids, or all for nil.
func (b *book) accountAnswers(wanted map[string]bool) []accountAnswer {
	answers := []accountAnswer{}
	for _, a := range b.accounts {
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
	accounts := l.open(s).accounts
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
	b := l.open(s)
	answer := transactionsAnswer{Page: page, Size: size, Transactions: []transactionAnswer{}, Link: l.answer()}
	enriched := l.product(enrichmentProduct) != nil
	// Compared with total before it is multiplied: a page number can be huge.
	skipped := func() bool { return answer.Total/size != page-1 }
	concerned := map[string]bool{}
	for _, t := range b.sorted() {
		date := t.date.Format("2006-01-02")
		if wanted != nil && !wanted[t.account.id] || first != "" && date < first || last != "" && date > last {
			continue
		}
		if !skipped() {
			answer.Transactions = append(answer.Transactions, t.answer(enriched))
			concerned[t.account.id] = true
		}
		answer.Total++
	}
	answer.Accounts = b.accountAnswers(concerned)
	return answer, nil
}
