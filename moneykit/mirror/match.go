package mirror

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"till/moneykit"
)

const (
	// threshold is how sure a match has to be.
	threshold = 0.5
	// surest is as sure as one can be without an id that both carry.
	surest = 0.99
	// daysBefore and daysAfter are how far a settled transaction's date may be from
	// the pending one's.
	daysBefore, daysAfter = 1, 8
	// shortest is how many letters a word has that stands for longer ones.
	shortest = 3
)

var (
	tip      = decimal.RequireFromString("1.25") // what may be added to an amount without much wonder
	holdMost = decimal.NewFromInt(2)             // an authorisation may be for twice the amount
	token    = decimal.RequireFromString("1.5")  // or, when it is for no more than this,
	tokenFor = decimal.NewFromInt(100)           // for a hundredth
)

// noise are words that tell nothing of who was paid.
var noise = map[string]bool{
	"authorization": true, "card": true, "checkcard": true, "credit": true, "debit": true, "paypal": true, "payment": true,
	"pending": true, "pos": true, "purchase": true, "recurring": true, "sq": true, "tst": true, "visa": true,
}

// held is a transaction and where it stands in the store.
type held struct {
	moneykit.Transaction
	txn, version int64 // of a settled one, the version that it came with
	seen         int64 // the newest version after the page that last showed a pending one
	seq          int   // of the sync that brought a settled one
}

// pair is a pending transaction and the one that took its place.
type pair struct {
	pending, settled held
	confidence       float64 // from 0 to 1
}

// match finds the settled transactions that took the place of pending ones, the
// surest first. None is in two pairs.
func match(pending, settled []held) []pair {
	var likely []pair
	texts := make([][][]string, len(settled))
	for i, s := range settled {
		texts[i] = textsOf(s.Transaction)
	}
	for _, p := range pending {
		text := textsOf(p.Transaction)
		for i, s := range settled {
			if s.version <= p.seen {
				continue
			}
			if sure := confidence(p.Transaction, s.Transaction, text, texts[i]); sure >= threshold {
				likely = append(likely, pair{p, s, sure})
			}
		}
	}
	slices.SortFunc(likely, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.confidence, a.confidence), cmp.Compare(a.pending.ID, b.pending.ID), cmp.Compare(a.settled.ID, b.settled.ID))
	})
	used := map[moneykit.TransactionID]bool{}
	return slices.DeleteFunc(likely, func(p pair) bool {
		if used[p.pending.ID] || used[p.settled.ID] {
			return true
		}
		used[p.pending.ID], used[p.settled.ID] = true, true
		return false
	})
}

// confidence is how sure it is that settled took pending's place.
func confidence(pending, settled moneykit.Transaction, texts, settledTexts [][]string) float64 {
	switch {
	case pending.AccountID != settled.AccountID || pending.Type != settled.Type || pending.Currency != settled.Currency:
		return 0
	case pending.OriginalID != "" && pending.OriginalID == settled.OriginalID:
		return 1
	}
	sure := likeAmounts(pending.Amount, settled.Amount) * likeDates(pending.Date, settled.Date)
	if sure >= threshold {
		sure *= likeTexts(texts, settledTexts)
	}
	return min(sure, surest)
}

// likeAmounts knows of tips, and of authorisations for fuel and hotels.
func likeAmounts(pending, settled decimal.Decimal) float64 {
	switch {
	case settled.Equal(pending):
		return 1
	case settled.GreaterThan(pending) && settled.LessThanOrEqual(pending.Mul(tip)):
		return 0.95 - 0.8*settled.Sub(pending).Div(pending).InexactFloat64()
	case settled.LessThan(pending) && pending.LessThanOrEqual(settled.Mul(holdMost)):
		return 0.6
	case pending.LessThanOrEqual(token) && settled.GreaterThan(pending) && settled.LessThanOrEqual(pending.Mul(tokenFor)):
		return 0.6
	}
	return 0
}

func likeDates(pending, settled moneykit.Date) float64 {
	switch days := dayOf(settled) - dayOf(pending); {
	case days < -daysBefore || days > daysAfter:
		return 0
	case days < 0:
		return 0.9
	default:
		return 1 - 0.04*float64(days)
	}
}

// likeTexts takes the two texts that are most alike. Where one transaction has none,
// nothing speaks against it.
func likeTexts(pending, settled [][]string) float64 {
	if len(pending) == 0 || len(settled) == 0 {
		return 0.7
	}
	most := 0.0
	for _, a := range pending {
		for _, b := range settled {
			most = max(most, overlap(a, b))
		}
	}
	return 0.3 + 0.7*most
}

// textsOf returns the words of each text that tells who was paid.
func textsOf(t moneykit.Transaction) (texts [][]string) {
	for _, text := range []string{t.Description, t.RawDescription, merchant(t)} {
		words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
		words = slices.DeleteFunc(words, func(word string) bool { return noise[word] })
		if len(words) > 0 {
			texts = append(texts, words)
		}
	}
	return texts
}

// overlap is how much of the shorter text is in the other, by letters.
func overlap(a, b []string) float64 {
	if letters(b) < letters(a) {
		a, b = b, a
	}
	shared := slices.DeleteFunc(slices.Clone(a), func(word string) bool {
		return !slices.ContainsFunc(b, func(other string) bool { return alike(word, other) })
	})
	return float64(letters(shared)) / float64(letters(a))
}

func letters(words []string) (n int) {
	for _, word := range words {
		n += len(word)
	}
	return n
}

// alike reports whether both are the same word, of which one may be cut short.
func alike(a, b string) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	return a == b || len(a) >= shortest && strings.HasPrefix(b, a)
}
