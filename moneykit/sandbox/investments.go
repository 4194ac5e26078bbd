package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
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

	price decimal.Decimal
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

// brokerage returns the link's investment account, or nil when it has none or
// the caller asked for others.
func (b *book) brokerage(wanted map[string]bool) *account {
	for _, a := range b.accounts {
		if strings.HasPrefix(a.kind, "investment.") && (wanted == nil || wanted[a.id]) {
			return a
		}
	}
	return nil
}

// portfolio returns the securities that a link holds, at the prices that the
// balance of the account implies. Cash comes last.
func (b *book) portfolio(a *account) []security {
	rng := b.stream("portfolio", 0)
	lines := b.sandbox.list("securities")
	worth := decimal.RequireFromString(a.seen.Current.String()).Div(a.opening)
	closed := a.seen.BalanceDate.AddDate(0, 0, -1).Format(time.DateOnly)
	var held []security
	for _, i := range rng.Perm(len(lines))[:4] {
		field := strings.Split(lines[i], "|")
		cents, err := strconv.ParseInt(field[3], 10, 64)
		if err != nil {
			panic("sandbox: word list: " + err.Error())
		}
		price := decimal.New(cents, -2).Mul(worth).Round(2)
		text := price.StringFixed(2)
		held = append(held, security{
			ID: b.sandbox.id("sec_", 22, "security", field[1]), Name: field[0], Ticker: &field[1], Type: field[2],
			Currency: a.currency, ClosePrice: &text, CloseDate: &closed, price: price,
		})
	}
	return append(held, security{
		ID: b.sandbox.id("sec_", 22, "security", "cash"), Name: "Cash", Type: "cash", Currency: a.currency, price: decimal.New(1, 0),
	})
}

func (s *Sandbox) getHoldings(c *call) (any, error) {
	l, err := s.linkWith(c, investmentsProduct)
	if err != nil {
		return nil, err
	}
	b := l.open(s)
	answer := holdingsAnswer{Holdings: []holdingAnswer{}, Securities: []security{}, Accounts: []accountAnswer{}, Link: l.answer()}
	if a := b.brokerage(queryOf(c).set("account_ids")); a != nil {
		answer.Accounts = append(answer.Accounts, a.answer())
		answer.Securities = b.portfolio(a)
		answer.Holdings = b.holdings(a, answer.Securities)
	}
	return answer, nil
}

// holdings splits the account's balance among its securities; the last one, the
// cash, takes what is left.
func (b *book) holdings(a *account, held []security) []holdingAnswer {
	rng := b.stream("holdings", 0)
	left := decimal.RequireFromString(a.seen.Current.String())
	worth := left.Div(a.opening)
	var answers []holdingAnswer
	for i, sec := range held {
		quantity := left
		var cost *string
		if i < len(held)-1 {
			part := a.opening.Mul(decimal.New(int64(between(rng, 15, 24)), -2))
			quantity = part.Div(sec.price.Div(worth)).Round(4)
			cost = optional(part.Mul(decimal.New(int64(between(rng, 70, 99)), -2)).StringFixed(2))
		}
		value := quantity.Mul(sec.price).Round(2)
		left = left.Sub(value)
		answers = append(answers, holdingAnswer{
			AccountID: a.id, SecurityID: sec.ID, Quantity: quantity.String(), Price: sec.price.StringFixed(2),
			PriceDatetime: a.seen.BalanceDate, Value: value.StringFixed(2), CostBasis: cost,
		})
	}
	return answers
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
	b := l.open(s)
	a := b.brokerage(wanted)
	if a == nil {
		return answer, nil
	}
	answer.Accounts, answer.Securities = append(answer.Accounts, a.answer()), b.portfolio(a)
	for _, t := range b.trades(a, answer.Securities) {
		if first != "" && t.Date < first || last != "" && t.Date > last {
			continue
		}
		if answer.Total/size == page-1 {
			answer.Transactions = append(answer.Transactions, t)
		}
		answer.Total++
	}
	return answer, nil
}

// trades returns the account's history, newest first: a purchase every month
// and dividends every quarter. A positive amount is a debit.
func (b *book) trades(a *account, held []security) []investmentTransactionAnswer {
	until := midnight(b.link.product(investmentsProduct).refreshedAt)
	first := midnight(b.link.asOf).AddDate(0, 0, -historyDays)
	var all []investmentTransactionAnswer
	for date := until; !date.Before(first); date = date.AddDate(0, 0, -1) {
		rng := b.stream("trades", int(date.Unix()/86400))
		sec := held[rng.IntN(len(held)-1)]
		t := investmentTransactionAnswer{
			ID: b.sandbox.id("itx_", 22, b.link.id, "trade", date.Format(time.DateOnly)), AccountID: a.id,
			Date: date.Format(time.DateOnly), SecurityID: &sec.ID,
		}
		switch {
		case date.Day() == 3:
			// Not today's price, which moves: what was paid stays what it was.
			price := decimal.New(int64(between(rng, 3000, 19000)), -2)
			quantity := decimal.New(int64(between(rng, 5, 60)), -1)
			t.Type, t.Description = "buy", fmt.Sprintf("Bought %s %s", quantity, sec.Name)
			t.Amount = price.Mul(quantity).StringFixed(2)
			t.Price, t.Quantity, t.Fees = optional(price.StringFixed(2)), optional(quantity.String()), optional("0.00")
		case date.Day() == 15 && date.Month()%3 == 0:
			t.Type, t.Description = "dividend", "Dividend "+sec.Name
			t.Amount = decimal.New(-int64(between(rng, 900, 9000)), -2).StringFixed(2)
		default:
			continue
		}
		all = append(all, t)
	}
	return all
}
