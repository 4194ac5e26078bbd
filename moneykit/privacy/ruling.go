package privacy

import (
	"strings"
	"time"
)

// ruling says what becomes of a place in JSON. In a list it holds for every element.
// Truth values and null stay everywhere.
type ruling struct {
	text   func(*walk, string) string // of a string, and of a number unless that has its own
	number func(*walk, string) string
	fields map[string]*ruling // of an object; others are unknown
	each   *ruling            // of an object whose keys are ids
	whole  bool               // all of it stays as it is
	dear   bool               // text takes long
}

type fields = map[string]*ruling

func object(members fields) *ruling {
	return &ruling{text: unknown.text, number: unknown.number, fields: members}
}

func keyed(each *ruling) *ruling {
	return &ruling{text: unknown.text, number: unknown.number, each: each}
}

// named is a ruling for strings. A number in their place is masked as one.
func named(name func(*Mask, string) string) *ruling {
	return &ruling{dear: true, text: func(w *walk, s string) string { return name(w.mask, s) }}
}

// only is a ruling for strings that stay if they look as they should.
func only(looks func(string) bool) *ruling {
	return &ruling{number: scaledNumber, text: func(w *walk, s string) string {
		if looks(s) {
			return s
		}
		return w.mask.label(s)
	}}
}

// The rulings that fields can have.
var (
	asIs = &ruling{whole: true}

	// unknown is for what no ruling names.
	unknown = only(func(string) bool { return false })

	flag = unknown // but for the truth value that stays

	id       = named((*Mask).ID)
	bankName = named((*Mask).bank)
	account  = named((*Mask).accountName)
	person   = named((*Mask).person)
	shop     = named((*Mask).shop)
	paper    = named((*Mask).security)
	label    = named((*Mask).label)
	email    = named((*Mask).email)
	street   = named((*Mask).street)
	town     = named((*Mask).town)
	domain   = named((*Mask).domain)
	address  = named((*Mask).address)
	colour   = named((*Mask).colour)
	symbol   = named((*Mask).symbol)
	figures  = named(func(_ *Mask, s string) string { return dots(s) })

	amount   = scaledBy(func(m *Mask) int { return m.prices * m.quantities })
	price    = scaledBy(func(m *Mask) int { return m.prices })
	quantity = scaledBy(func(m *Mask) int { return m.quantities })

	code     = only(isCode)
	category = only(func(s string) bool { return isCode(strings.Join(strings.Fields(s), "_")) })
	scopes   = only(func(s string) bool { return !strings.ContainsFunc(s, isNoScope) })
	moment   = only(isMoment)
	place    = only(func(s string) bool { return parameters[s] })
	rate     = &ruling{number: sameNumber, text: only(decimalNumber.MatchString).text}
	count    = &ruling{text: unknown.text, number: func(w *walk, s string) string {
		if len(s) < 10 {
			return s
		}
		return scaledNumber(w, s)
	}}

	// message is for what MoneyKit says in its own words.
	message = &ruling{number: scaledNumber, text: func(w *walk, s string) string {
		if s == "" || fixedMessages[s] {
			return s
		}
		return w.sentence
	}}

	// given is for what an operator enters, and masked for the ids in it.
	given  = asIs
	masked = named((*Mask).Reveal)
)

func sameNumber(_ *walk, s string) string { return s }

func scaledNumber(w *walk, s string) string { return amount.number(w, s) }

// scaledBy is for numbers that are multiplied.
func scaledBy(factor func(*Mask) int) *ruling {
	return &ruling{
		number: func(w *walk, s string) string {
			product, _ := scaled(s, factor(w.mask)) // every JSON number is one
			return product
		},
		text: func(w *walk, s string) string {
			if product, ok := scaled(s, factor(w.mask)); ok {
				return product
			}
			return w.mask.label(s)
		},
	}
}

// isCode reports whether s can be a case of an enum. A name or an id seldom can.
func isCode(s string) bool {
	figures := 0
	for _, c := range s {
		switch {
		case '0' <= c && c <= '9':
			figures++
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.ContainsRune("_.:-", c):
		default:
			return false
		}
	}
	return figures <= 4 && len(s) <= 64
}

func isNoScope(r rune) bool {
	return (r < 'a' || r > 'z') && !strings.ContainsRune(" _:.-", r)
}

func isMoment(s string) bool {
	layout := time.RFC3339
	if len(s) == len(time.DateOnly) {
		layout = time.DateOnly
	}
	_, err := time.Parse(layout, s)
	return s == "" || err == nil
}

// fixedMessages are those of the contract that hold no data.
var fixedMessages = map[string]bool{
	"Access token expired": true, "Rate limit exceeded": true, "Institution not found": true, "Link not found.": true,
	"Unauthorized link access.": true, "This link was deleted at some earlier time.": true, "Request validation error": true,
}

// sentence stands for a message in an answer of a status.
func sentence(status int) string {
	const hidden = " MoneyKit's own words are hidden while privacy is on."
	switch {
	case status == 401 || status == 403:
		return "This is not allowed." + hidden
	case status == 404 || status == 410:
		return "This is not there." + hidden
	case status == 429:
		return "This was asked for too often." + hidden
	case status >= 500:
		return "MoneyKit failed." + hidden
	case status >= 400:
		return "MoneyKit refused this." + hidden
	}
	return strings.TrimSpace(hidden)
}
