package sandbox

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

type importBody struct {
	CustomerUser  *customerUser `json:"customer_user"`
	Provider      *string       `json:"provider"`
	InstitutionID *string       `json:"institution_id"`
	Accounts      *[]struct {
		ID       *string `json:"account_id"`
		Name     *string `json:"name"`
		Nickname *string `json:"nickname"`
		Kind     *string `json:"type"`
		Mask     *string `json:"mask"`
		Balances *struct {
			Currency    *string    `json:"currency"`
			Available   *money     `json:"available"`
			Current     *money     `json:"current"`
			Limit       *money     `json:"limit"`
			BalanceDate *time.Time `json:"balance_date"`
		} `json:"balances"`
	} `json:"accounts"`
	Transactions *[]transactionImport `json:"transactions"`
}

// money is a JSON number, of which [json.Number] would also take one in quotes.
type money json.Number

func (m *money) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return &json.UnmarshalTypeError{Value: "string", Type: reflect.TypeFor[money]()}
	}
	return json.Unmarshal(text, (*json.Number)(m))
}

type transactionImport struct {
	AccountID   *string `json:"account_id"`
	ID          *string `json:"transaction_id"`
	Amount      *string `json:"amount"`
	Date        *string `json:"date"`
	Description *string `json:"description"`
	Type        *string `json:"type"`
}

// importedTransaction is a transaction that the customer brought.
type importedTransaction struct {
	AccountID   string          `json:"account_id"`
	ID          string          `json:"id"`
	Amount      decimal.Decimal `json:"amount"`
	Credit      bool            `json:"credit"`
	Date        time.Time       `json:"date"`
	At          time.Time       `json:"at"`
	Description string          `json:"description"`
}

func (s *Sandbox) importLink(c *call) (any, error) {
	var body importBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	accounts, errs := body.accounts(c.at)
	errs = append(errs, body.CustomerUser.check()...)
	if body.InstitutionID == nil || s.institution(*body.InstitutionID) == nil {
		errs = append(errs, bodyError("institution_id names no institution", "value_error", "institution_id"))
	}
	provider := defaultProvider
	if body.Provider != nil {
		provider = *body.Provider
		errs = member(errs, provider, providers[:], "provider")
	}
	var brought []importedTransaction
	if body.Transactions == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "transactions"))
	} else {
		known := map[string]bool{}
		for _, a := range accounts {
			known[a.ID] = true
		}
		var wrong []validationError
		brought, wrong = readImports(*body.Transactions, known, map[string]bool{})
		errs = append(errs, wrong...)
	}
	if errs != nil {
		return nil, invalid(errs...)
	}
	if err := s.roomForLink(); err != nil {
		return nil, err
	}
	l := &link{
		Place: s.Total, Bank: *body.InstitutionID, User: *body.CustomerUser.ID, Provider: provider,
		State: inError, ErrorCode: authExpired, CreatedAt: c.at, Fetched: true, AsOf: c.at,
		Origin: origin{Persona: persona(s.Total), Accounts: accounts, Imported: true},
		Steps:  []step{{What: importStep, At: c.at, Imported: brought}},
	}
	for _, name := range []product{accountsProduct, transactionsProduct, enrichmentProduct} {
		l.permit(name, defaultSettings)
		*l.product(name) = productStatus{Name: name, Settings: defaultSettings, RefreshedAt: c.at, AttemptedAt: c.at}
	}
	s.adopt(l)
	l.Origin.Key = l.id
	s.add(l)
	s.stateChanged(l, c.at)
	return l.answer(), nil
}

// accounts reads the accounts, or says what is wrong with them.
func (b *importBody) accounts(now time.Time) ([]givenAccount, []validationError) {
	if b.Accounts == nil {
		return nil, []validationError{bodyError("field required", "value_error.missing", "accounts")}
	}
	accounts, known := []givenAccount{}, map[string]bool{}
	var errs []validationError
	for i, a := range *b.Accounts {
		at := []string{"accounts", strconv.Itoa(i)}
		if a.ID == nil || a.Name == nil || a.Kind == nil || a.Balances == nil {
			errs = append(errs, bodyError("account_id, name, type and balances are required", "value_error.missing", at...))
			continue
		}
		if *a.ID == "" || known[*a.ID] {
			errs = append(errs, bodyError("account_id is empty, or there twice", "value_error", append(at, "account_id")...))
		}
		known[*a.ID] = true
		balances := balancesAnswer{
			Currency: text(a.Balances.Currency), BalanceDate: now,
			Available: (*json.Number)(a.Balances.Available), Current: (*json.Number)(a.Balances.Current), Limit: (*json.Number)(a.Balances.Limit),
		}
		if balances.Currency == "" {
			balances.Currency = "USD"
		}
		if a.Balances.BalanceDate != nil {
			balances.BalanceDate = *a.Balances.BalanceDate
		}
		for _, n := range []*json.Number{balances.Available, balances.Current, balances.Limit} {
			if n != nil && !believable(n.String()) {
				errs = append(errs, bodyError("value is not an amount", "value_error", append(at, "balances")...))
			}
		}
		accounts = append(accounts, givenAccount{
			ID: *a.ID, Kind: *a.Kind, Name: *a.Name, Nickname: text(a.Nickname), Mask: text(a.Mask), Balances: &balances,
		})
	}
	return accounts, errs
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// believable tells whether a number can be an amount of money. 1e999999999 can
// not: it would not fit into the memory once it is written out.
func believable(number string) bool {
	d, err := decimal.NewFromString(number)
	return err == nil && len(number) <= 40 && d.Exponent() >= -12 && d.Exponent() <= 15
}

// readImports reads transactions of known accounts, or says what is wrong with
// them. taken holds the ids that there are already.
func readImports(imports []transactionImport, accounts, taken map[string]bool) ([]importedTransaction, []validationError) {
	brought := make([]importedTransaction, 0, len(imports))
	var errs []validationError
	for i, in := range imports {
		wrong := func(field, message, kind string) {
			errs = append(errs, bodyError(message, kind, "transactions", strconv.Itoa(i), field))
		}
		t := importedTransaction{AccountID: text(in.AccountID), ID: text(in.ID), Description: text(in.Description), Credit: text(in.Type) == "credit"}
		if !accounts[t.AccountID] {
			wrong("account_id", "there is no such account", "value_error")
		}
		if t.ID != "" && taken[t.ID] {
			wrong("transaction_id", "there is such a transaction already", "value_error")
		}
		taken[t.ID] = true
		if kind := text(in.Type); kind != "" && kind != "credit" && kind != "debit" {
			wrong("type", "value is not credit or debit", "type_error.enum")
		}
		var err error
		if t.Amount, err = decimal.NewFromString(text(in.Amount)); err != nil || !believable(text(in.Amount)) || t.Amount.IsNegative() {
			wrong("amount", "value is not an amount of zero or more; type tells its direction", "value_error.decimal")
		}
		if t.Date, t.At, err = importedDate(text(in.Date)); err != nil {
			wrong("date", "invalid date or datetime format", "value_error.date")
		}
		brought = append(brought, t)
	}
	return brought, errs
}

// importedDate reads a day, or a moment on it.
func importedDate(value string) (day, at time.Time, err error) {
	if day, err = time.Parse(time.DateOnly, value); err == nil {
		return day, time.Time{}, nil
	}
	if at, err = time.Parse(time.RFC3339, value); err != nil {
		return time.Time{}, time.Time{}, err
	}
	if year := at.UTC().Year(); year < 0 || year > 9999 { // its zone may lead there
		return time.Time{}, time.Time{}, errors.New("a year has four digits")
	}
	return midnight(at), at.UTC(), nil
}

type importTransactionsBody struct {
	Transactions *[]transactionImport `json:"transactions"`
}

func (s *Sandbox) importTransactions(c *call) (any, error) {
	l, err := s.liveLink(c)
	if err != nil { // the contract has neither 404 nor 410 here
		return nil, noImport("there is no such link")
	}
	var body importTransactionsBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.Transactions == nil {
		return nil, invalid(bodyError("field required", "value_error.missing", "transactions"))
	}
	if !l.Origin.Imported {
		return nil, noImport("the link was not imported")
	}
	b, known, taken := s.open(l), map[string]bool{}, map[string]bool{}
	for _, a := range b.all {
		known[a.id] = true
	}
	for id := range b.table {
		taken[id] = true
	}
	brought, errs := readImports(*body.Transactions, known, taken)
	if errs != nil {
		return nil, invalid(errs...)
	}
	if err := s.roomForStep(l); err != nil {
		return nil, err
	}
	l.Steps = append(l.Steps, step{What: importStep, At: c.at, Imported: brought})
	s.touch(l)
	return l.answer(), nil
}

// noImport refuses to import into the link that the path names.
func noImport(message string) error {
	return invalid(validationError{Location: []string{"path", "id"}, Message: message, Type: "value_error"})
}

// bring adds imported transactions. They are from before the balances that came
// with the accounts, and do not change these.
func (b *book) bring(brought []importedTransaction) {
	waiting := b.queue
	b.queue = nil
	for _, in := range brought {
		i := slices.IndexFunc(b.all, func(a *account) bool { return a.id == in.AccountID })
		a := b.all[i]
		t := &transaction{
			id: in.ID, account: a, amount: in.Amount, credit: in.Credit, date: in.Date, at: in.At,
			description: in.Description, raw: strings.ToUpper(in.Description),
			what: purpose{category: "general", subcategory: "other_general", fixed: true},
		}
		b.record(t)
		a.opening, a.booked = a.opening.Sub(a.effect(t)), a.booked.Sub(a.effect(t))
	}
	b.publish()
	b.queue = waiting
	if b.sandbox.pendingReplaced && len(brought) > 0 {
		b.repeatPending()
	}
}

// repeatPending creates the pending ones that are published once more, since
// who is told of new transactions drops them.
func (b *book) repeatPending() {
	for _, t := range b.sorted() {
		if t.pending {
			b.log = append(b.log, change{vanished, t}, change{created, t})
		}
	}
}
