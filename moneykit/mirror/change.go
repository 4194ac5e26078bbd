package mirror

import (
	"till/moneykit"
)

// Kind tells what happened to a transaction.
type Kind string

// The kinds of change.
const (
	Created Kind = "created"
	Updated Kind = "updated"
	Removed Kind = "removed"
	Settled Kind = "settled" // it took the place of a pending one, which had another id
	Gone    Kind = "gone"    // it was pending, and vanished without a word
)

// Change is one transaction's part in a sync.
type Change struct {
	Kind   Kind
	Before moneykit.Transaction // zero when Created
	After  moneykit.Transaction // zero when Removed or Gone
	// Confidence is how sure it is that After took Before's place, from 0 to 1; 0
	// unless Settled.
	Confidence float64
	// WasGone tells of a Settled one that an earlier sync had Before as Gone.
	WasGone bool
}

// Transaction returns the newest version that the change knows.
func (c Change) Transaction() moneykit.Transaction {
	if c.Kind == Removed || c.Kind == Gone {
		return c.Before
	}
	return c.After
}

// Field is a part of a transaction that can change.
type Field string

// The fields that are compared.
const (
	FieldStatus      Field = "status"
	FieldAmount      Field = "amount"
	FieldDate        Field = "date"
	FieldAccount     Field = "account"
	FieldDescription Field = "description"
	FieldCategory    Field = "category"
	FieldMerchant    Field = "merchant"
)

// FieldChange is one field of an updated or settled transaction.
type FieldChange struct {
	Field    Field
	Old, New string // as the API gives them
}

// Fields returns what differs between both versions, most telling first;
// nothing unless both are there.
func (c Change) Fields() []FieldChange {
	if c.Kind != Updated && c.Kind != Settled {
		return nil
	}
	var fields []FieldChange
	add := func(field Field, old, now string) {
		if old != now {
			fields = append(fields, FieldChange{field, old, now})
		}
	}
	before, after := c.Before, c.After
	add(FieldStatus, status(before), status(after))
	if !before.Signed().Equal(after.Signed()) || before.Currency != after.Currency {
		add(FieldAmount, before.Signed().String()+" "+before.Currency, after.Signed().String()+" "+after.Currency)
	}
	add(FieldDate, before.Date.String(), after.Date.String())
	add(FieldAccount, string(before.AccountID), string(after.AccountID))
	add(FieldDescription, before.Description, after.Description)
	add(FieldCategory, before.FinestCategory(), after.FinestCategory())
	add(FieldMerchant, merchant(before), merchant(after))
	return fields
}

func status(t moneykit.Transaction) string {
	if t.Pending {
		return "pending"
	}
	return "posted"
}

func merchant(t moneykit.Transaction) string {
	if t.Enrichment != nil && t.Enrichment.Merchant != nil {
		return t.Enrichment.Merchant.Name
	}
	return ""
}
