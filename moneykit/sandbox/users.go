package sandbox

import (
	"slices"
	"time"
)

type userLinksAnswer struct {
	Links map[string]linkAnswer `json:"links"`
}

func (s *Sandbox) getUserLinks(c *call) (any, error) {
	answer := userLinksAnswer{Links: map[string]linkAnswer{}}
	for _, l := range s.linksOf(c.PathValue("id")) {
		answer.Links[l.id] = l.answer()
	}
	return answer, nil
}

type accountGroup struct {
	Accounts     []accountAnswer `json:"accounts"`
	LastSyncedAt *time.Time      `json:"last_synced_at"`
}

type userAccountsAnswer struct {
	Links map[string]accountGroup `json:"links"`
}

func (s *Sandbox) getUserAccounts(c *call) (any, error) {
	query := queryOf(c)
	accounts, institutions := query.set("account_ids"), query.set("institution_ids")
	answer := userAccountsAnswer{Links: map[string]accountGroup{}}
	for _, l := range s.linksOf(c.PathValue("id")) {
		if l.product(accountsProduct) == nil || institutions != nil && !institutions[l.bank.ID] {
			continue
		}
		answer.Links[l.id] = accountGroup{s.open(l).accountAnswers(l, accounts), moment(l.lastSynced())}
	}
	return answer, nil
}

type userTransactionsAnswer struct {
	Total        int                      `json:"total"`
	Page         int                      `json:"page"`
	Size         int                      `json:"size"`
	Transactions []transactionAnswer      `json:"transactions"`
	Accounts     map[string]accountAnswer `json:"accounts"`
}

// owned is a transaction with the link it belongs to.
type owned struct {
	*transaction
	link *link
}

func (s *Sandbox) getUserTransactions(c *call) (any, error) {
	query := queryOf(c)
	page, size := query.integer("page", 1, 1, 0), query.integer("size", 50, 1, 1000)
	first, last := query.date("start_date"), query.date("end_date")
	kinds, categories := query.set("transaction_type"), query.set("category")
	accounts, institutions := query.set("account_id"), query.set("institution_id")
	for kind := range kinds {
		if kind != "credit" && kind != "debit" {
			query.refuse("transaction_type", "value is not credit or debit", "type_error.enum")
		}
	}
	if err := query.problem(); err != nil {
		return nil, err
	}
	var found []owned
	for _, l := range s.linksOf(c.PathValue("id")) {
		if l.product(transactionsProduct) == nil || institutions != nil && !institutions[l.bank.ID] {
			continue
		}
		for _, t := range within(s.open(l).sorted(), first, last) {
			if (kinds == nil || kinds[t.kind()]) && (categories == nil || categories[t.what.category]) && (accounts == nil || accounts[t.account.id]) {
				found = append(found, owned{t, l})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b owned) int { return b.date.Compare(a.date) })
	answer := userTransactionsAnswer{
		Total: len(found), Page: page, Size: size, Transactions: []transactionAnswer{}, Accounts: map[string]accountAnswer{},
	}
	for _, t := range pageOf(found, page, size) {
		answer.Transactions = append(answer.Transactions, t.answer(t.link.product(enrichmentProduct) != nil))
		answer.Accounts[t.account.id] = t.account.answer()
	}
	return answer, nil
}
