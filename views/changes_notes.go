package views

import (
	"fmt"
	"math"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui/termsafe"
	"till/ui/theme"
)

// changeNote is a line under a change: a field that changed, or how the change is
// known.
type changeNote struct {
	name, text string
	role       theme.Role
}

func noteCount(c mirror.Change) int {
	n := len(c.Fields())
	if c.Kind == mirror.Settled || c.Kind == mirror.Gone {
		n++
	}
	return n
}

// changeNotes returns noteCount of them.
func changeNotes(c mirror.Change, names names) []changeNote {
	var notes []changeNote
	for _, f := range c.Fields() {
		notes = append(notes, fieldNote(c, f, names))
	}
	switch c.Kind {
	case mirror.Settled:
		notes = append(notes, changeNote{"match", match(c), theme.Muted})
	case mirror.Gone:
		notes = append(notes, changeNote{"", "pending, vanished without a word", theme.Muted})
	}
	return notes
}

func fieldNote(c mirror.Change, f mirror.FieldChange, names names) changeNote {
	role := theme.Muted
	old, now := termsafe.Line(f.Old), termsafe.Line(f.New)
	switch f.Field {
	case mirror.FieldStatus:
		role = theme.Accent // what one waits for stands out
	case mirror.FieldAmount:
		role = theme.Warn
		old, now = signed(c.Before.Signed(), c.Before.Currency), signed(c.After.Signed(), c.After.Currency)
	case mirror.FieldAccount:
		old, now = names.of(c.Before.AccountID), names.of(c.After.AccountID)
	case mirror.FieldCategory:
		old, now = words(f.Old), words(f.New)
	}
	if old == "" {
		old = none
	}
	if now == "" {
		now = none
	}
	return changeNote{string(f.Field), old + " → " + now, role}
}

// match tells how sure it is that a transaction is the one that was pending, and
// why.
func match(c mirror.Change) string {
	account, sum := "same account", "same amount"
	if c.Before.AccountID != c.After.AccountID {
		account = "another account"
	}
	if !c.Before.Signed().Equal(c.After.Signed()) || c.Before.Currency != c.After.Currency {
		sum = "amount " + bare(magnitude(c.Before.Amount, c.Before.Currency), c.Before.Currency) + " → " + bare(magnitude(c.After.Amount, c.After.Currency), c.After.Currency)
	}
	// What is not wholly sure is not told as if it were.
	sure := min(math.Round(c.Confidence*100), 99)
	if c.Confidence == 1 {
		sure = 100
	}
	return fmt.Sprintf("%.0f %% sure: %s, %s, %s", sure, account, sum, later(c.Before.Date, c.After.Date))
}

func later(from, to moneykit.Date) string {
	switch days := int(to.Time().Sub(from.Time()) / (24 * time.Hour)); {
	case days > 0:
		return plural(days, "day") + " later"
	case days < 0:
		return plural(-days, "day") + " earlier"
	}
	return "same day"
}
