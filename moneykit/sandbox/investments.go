package sandbox

import (
	"slices"
	"time"
)

// security is something that a brokerage account can hold.
type security struct {
	ID         string  `json:"security_id"`
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Currency   string  `json:"currency"`
	Ticker     *string `json:"ticker"`
	ISIN       *string `json:"isin"`
	SEDOL      *string `json:"sedol"`
	ClosePrice *string `json:"close_price"`
	CloseDate  *string `json:"close_date"`
}

type holdingAnswer struct {
	AccountID     string    `json:"account_id"`
	SecurityID    string    `json:"security_id"`
	Quantity      string    `json:"quantity"`
	Price         string    `json:"price"`
	PriceDatetime time.Time `json:"price_datetime"`
	Value         string    `json:"value"`
	CostBasis     *string   `json:"cost_basis"`
}

type holdingsAnswer struct {
	Holdings   []holdingAnswer `json:"holdings"`
	Securities []security      `json:"securities"`
	Accounts   []accountAnswer `json:"accounts"`
	Link       linkAnswer      `json:"link"`
}

// investing returns the link's investment accounts, of those that the caller
// asked for.
func (b *book) investing(l *link, wanted map[string]bool) []*account {
	return slices.DeleteFunc(b.shown(l), func(a *account) bool { return a.portfolio == nil || wanted != nil && !wanted[a.id] })
}

// priced returns the day that an account's investments are shown as of: that
// which its balance was last refreshed for.
func (a *account) priced() time.Time { return closed(a.seen.BalanceDate) }

// security tells what a listing, or the cash when it is nil, is.
func (a *account) security(s *Sandbox, of *listing) security {
	if of == nil {
		return security{ID: a.securityID(s, nil), Name: "Cash", Type: "cash", Currency: a.currency}
	}
	price := s.price(of, a.priced(), a.currency).StringFixed(places(a.currency))
	date := traded(a.priced()).Format(time.DateOnly)
	return security{
		ID: a.securityID(s, of), Name: of.name, Ticker: &of.ticker, Type: of.kind,
		Currency: a.currency, ClosePrice: &price, CloseDate: &date,
	}
}

func (a *account) securityID(s *Sandbox, of *listing) string {
	name := "cash"
	if of != nil {
		name = of.ticker
	}
	return s.id("sec_", 22, "security", name, a.currency)
}

func (s *Sandbox) getHoldings(c *call) (any, error) {
	l, err := s.linkWith(c, investmentsProduct)
	if err != nil {
		return nil, err
	}
	answer := holdingsAnswer{Holdings: []holdingAnswer{}, Securities: []security{}, Accounts: []accountAnswer{}, Link: l.answer()}
	known := map[string]bool{}
	for _, a := range s.open(l).investing(l, queryOf(c).set("account_ids")) {
		answer.Accounts = append(answer.Accounts, a.answer())
		for _, h := range a.portfolio.holdings(a.priced()) {
			answer.Holdings = append(answer.Holdings, a.holding(s, h))
			if id := a.securityID(s, h.of); !known[id] {
				known[id] = true
				answer.Securities = append(answer.Securities, a.security(s, h.of))
			}
		}
	}
	return answer, nil
}

func (a *account) holding(s *Sandbox, h holding) holdingAnswer {
	digits := places(a.currency)
	answer := holdingAnswer{
		AccountID: a.id, SecurityID: a.securityID(s, h.of), Quantity: h.quantity.String(), Price: h.price.StringFixed(digits),
		PriceDatetime: traded(a.priced()).Add(marketCloses), Value: h.value.StringFixed(digits),
	}
	if h.of != nil {
		answer.CostBasis = optional(h.cost.StringFixed(digits))
	}
	return answer
}

type investmentTransactionAnswer struct {
	ID          string     `json:"investment_transaction_id"`
	AccountID   string     `json:"account_id"`
	Amount      string     `json:"amount"`
	Date        string     `json:"date"`
	Datetime    *time.Time `json:"datetime"`
	Description string     `json:"description"`
	Type        string     `json:"type"`
	Fees        *string    `json:"fees"`
	ForexRate   *string    `json:"forex_rate"`
	Price       *string    `json:"price"`
	Quantity    *string    `json:"quantity"`
	SecurityID  *string    `json:"security_id"`
}

type investmentTransactionsAnswer struct {
	Total        int                           `json:"total"`
	Page         int                           `json:"page"`
	Size         int                           `json:"size"`
	Transactions []investmentTransactionAnswer `json:"investment_transactions"`
	Securities   []security                    `json:"securities"`
	Accounts     []accountAnswer               `json:"accounts"`
	Link         linkAnswer                    `json:"link"`
}

func (s *Sandbox) getInvestmentTransactions(c *call) (any, error) {
	query := queryOf(c)
	page, size := query.integer("page", 1, 1, 0), query.integer("size", 50, 1, 1000)
	first, last := query.date("start_date"), query.date("end_date")
	wanted := query.set("account_ids")
	if err := query.problem(); err != nil {
		return nil, err
	}
	l, err := s.linkWith(c, investmentsProduct)
	if err != nil {
		return nil, err
	}
	answer := investmentTransactionsAnswer{
		Page: page, Size: size, Transactions: []investmentTransactionAnswer{},
		Securities: []security{}, Accounts: []accountAnswer{}, Link: l.answer(),
	}
	var found []order
	for _, a := range s.open(l).investing(l, wanted) {
		answer.Accounts = append(answer.Accounts, a.answer())
		for _, t := range slices.Backward(a.portfolio.until(a.priced())) {
			if (first.IsZero() || !t.date.Before(first)) && (last.IsZero() || !t.date.After(last)) {
				found = append(found, order{a, t})
			}
		}
	}
	slices.SortStableFunc(found, func(x, y order) int { return y.date.Compare(x.date) })
	answer.Total = len(found)
	known := map[string]bool{"": true}
	for _, t := range pageOf(found, page, size) {
		row := t.account.trade(s, t.trade)
		answer.Transactions = append(answer.Transactions, row)
		if id := text(row.SecurityID); !known[id] {
			known[id] = true
			answer.Securities = append(answer.Securities, t.account.security(s, t.of))
		}
	}
	return answer, nil
}

// order is a trade with the account it was made on.
type order struct {
	account *account
	trade
}

func (a *account) trade(s *Sandbox, t trade) investmentTransactionAnswer {
	digits := places(a.currency)
	answer := investmentTransactionAnswer{
		ID: t.id, AccountID: a.id, Amount: t.amount.StringFixed(digits), Date: t.date.Format(time.DateOnly), Datetime: moment(t.at),
		Description: t.description, Type: t.kind,
	}
	if t.of != nil {
		answer.SecurityID = optional(a.securityID(s, t.of))
	}
	if t.quantity.IsPositive() {
		answer.Quantity, answer.Price = optional(t.quantity.String()), optional(t.price.StringFixed(digits))
		answer.Fees = optional(t.fees.StringFixed(digits))
	}
	return answer
}
