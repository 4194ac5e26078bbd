package sandbox

import (
	"hash/fnv"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// transaction is one movement on an account. It is never changed once made: a
// newer version takes its place.
type transaction struct {
	id          string
	serial      int // order of coming into being, within the link
	account     *account
	amount      decimal.Decimal
	credit      bool
	date        time.Time // midnight UTC
	at          time.Time // zero where the bank tells only the day
	description string
	raw         string
	pending     bool
	what        purpose
	merchant    string // empty when nobody was paid
	next        time.Time
}

// purpose tells what a transaction is for.
type purpose struct {
	category    string
	subcategory string
	frequency   string // of a recurring one
	tips        bool   // the amount may still grow before it is posted
	fixed       bool   // belongs to another leg, a contract or the customer: never removed or recategorised
}

type categoryAnswer struct {
	Value      string `json:"value"`
	Confidence int    `json:"confidence"`
}

type merchantAnswer struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Logo       *string `json:"logo"`
	Confidence int     `json:"confidence"`
}

type recurrenceAnswer struct {
	Frequency         string  `json:"frequency"`
	NextPredictedDate *string `json:"next_predicted_date"`
}

type enrichmentAnswer struct {
	Category    categoryAnswer    `json:"category"`
	Subcategory *categoryAnswer   `json:"subcategory"`
	Merchant    *merchantAnswer   `json:"merchant"`
	Processor   *merchantAnswer   `json:"processor"`
	Recurrence  *recurrenceAnswer `json:"recurrence"`
}

type transactionAnswer struct {
	TransactionID  string            `json:"transaction_id"`
	AccountID      string            `json:"account_id"`
	Amount         string            `json:"amount"`
	Type           string            `json:"type"`
	Currency       string            `json:"currency"`
	Date           string            `json:"date"`
	Datetime       *time.Time        `json:"datetime"`
	Description    string            `json:"description"`
	RawDescription string            `json:"raw_description"`
	Pending        bool              `json:"pending"`
	Category       *string           `json:"category"`
	Enrichment     *enrichmentAnswer `json:"enrichment"`
	OriginalID     *string           `json:"original_id"`
}

// answer shows the transaction as the API does; enrichment only comes with the
// product of that name.
func (t *transaction) answer(enriched bool) transactionAnswer {
	a := transactionAnswer{
		TransactionID:  t.id,
		AccountID:      t.account.id,
		Amount:         exactly(t.amount, t.account.currency),
		Type:           t.kind(),
		Currency:       t.account.currency,
		Date:           t.date.Format(time.DateOnly),
		Datetime:       moment(t.at),
		Description:    t.description,
		RawDescription: t.raw,
		Pending:        t.pending,
		Category:       optional(t.what.category),
	}
	if enriched {
		a.Enrichment = t.enrichment()
	}
	return a
}

// kind is the contract's type of the transaction.
func (t *transaction) kind() string {
	if t.credit {
		return "credit"
	}
	return "debit"
}

func (t *transaction) enrichment() *enrichmentAnswer {
	sure := 80 + t.serial*7%20
	e := &enrichmentAnswer{
		Category: categoryAnswer{t.what.category, sure},
	}
	if t.what.subcategory != "" {
		e.Subcategory = &categoryAnswer{t.what.subcategory, sure - 9}
	}
	if t.merchant != "" {
		hash := fnv.New64a()
		_, _ = hash.Write([]byte(t.merchant))
		id := "mer_" + strconv.FormatUint(hash.Sum64(), 36)
		e.Merchant = &merchantAnswer{ID: id, Name: t.merchant, Confidence: sure}
	}
	if t.what.frequency != "" {
		e.Recurrence = &recurrenceAnswer{Frequency: t.what.frequency}
		if !t.next.IsZero() {
			e.Recurrence.NextPredictedDate = optional(t.next.Format(time.DateOnly))
		}
	}
	return e
}

// newer orders transactions newest first.
func newer(a, b *transaction) int {
	if c := b.date.Compare(a.date); c != 0 {
		return c
	}
	return b.serial - a.serial
}
