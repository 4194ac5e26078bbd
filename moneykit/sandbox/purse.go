package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// origin decides about the accounts of a link, who owns them, and what happens
// on them.
type origin struct {
	// Persona names the life behind the link: links of one persona have the same
	// accounts and transactions.
	Persona string `json:"persona"`
	// Fixed personas do not depend on the seed, nor on when their link was made.
	Fixed bool `json:"fixed,omitempty"`
	// Key makes the ids of the accounts the link's own.
	Key string `json:"key"`
	// Traveller links hold accounts in several currencies, Wealthy ones a
	// mortgage.
	Traveller bool `json:"traveller,omitempty"`
	Wealthy   bool `json:"wealthy,omitempty"`
	// Accounts and Owners take the place of invented ones.
	Accounts []givenAccount `json:"accounts"`
	Owners   []owner        `json:"owners"`
	// Imported links have no history but what was imported.
	Imported bool `json:"imported,omitempty"`
	// Chosen are the ids of the accounts that the user shares, nil for all.
	Chosen []string `json:"chosen"`
}

// givenAccount is an account that the customer describes, for a test or to
// import it.
type givenAccount struct {
	ID       string          `json:"id,omitempty"` // empty for one of the Sandbox's making
	Kind     string          `json:"kind"`
	Name     string          `json:"name"`
	Nickname string          `json:"nickname,omitempty"`
	Number   string          `json:"number,omitempty"`
	Routing  string          `json:"routing,omitempty"`
	Mask     string          `json:"mask,omitempty"`
	Balances *balancesAnswer `json:"balances,omitempty"`
}

// purse holds the accounts of a link. The household behind the link always
// lives on three of them; those it does not share are hidden.
type purse struct {
	all                     []*account
	checking, savings, card *account
	mortgage                *account   // or nil
	abroad                  []*account // in other currencies than the first
}

// sketch is an account before it has a number and money.
type sketch struct {
	kind, name, nickname, currency string
	low, high                      int // bounds of the opening balance in US cents
}

// Sketches of the accounts that links have, main account first.
var (
	everyday = []sketch{
		{"depository.checking", "Checking", "", "USD", 180000, 420000},
		{"depository.savings", "Savings", "Rainy day", "USD", 400000, 2200000},
		{"liability.credit_card", "Credit Card", "", "USD", 12000, 90000},
	}
	brokerage = sketch{"investment.brokerage", "Brokerage", "Long haul", "USD", 3500000, 12000000}
	mortgage  = sketch{"liability.mortgage", "Mortgage", "", "USD", 18000000, 42000000}
	travels   = []sketch{
		{"depository.checking", "Checking", "Home", "GBP", 220000, 480000},
		{"depository.savings", "Savings", "", "KWD", 600000, 1800000},
		{"liability.credit_card", "Credit Card", "", "GBP", 12000, 90000},
		{"depository.checking", "Euro Checking", "Été à Paris", "EUR", 60000, 140000},
		{"depository.prepaid", "Travel Money", "東京の旅費", "JPY", 40000, 120000},
	}
)

// stream is a random source for one purpose in the life behind a link.
func (s *Sandbox) stream(o origin, purpose string, n int) *rand.Rand {
	seed := s.seed
	if o.Fixed {
		seed = 0
	}
	return randomOf(seed, o.Persona, purpose, strconv.Itoa(n))
}

// purse opens the accounts of a link.
func (s *Sandbox) purse(o origin) purse {
	p, rng := purse{}, s.stream(o, "accounts", 0)
	switch {
	case o.Traveller:
		for _, sk := range travels {
			p.put(s.sketched(o, sk, rng))
		}
	case o.Accounts != nil:
		for i, given := range o.Accounts {
			p.put(s.given(o, i, given, rng))
		}
	default:
		for _, sk := range append(slices.Clone(everyday), brokerage) {
			p.put(s.sketched(o, sk, rng))
		}
		if o.Wealthy || o.Fixed {
			p.put(s.sketched(o, mortgage, rng))
		}
	}
	for _, a := range p.all {
		a.hidden = o.Chosen != nil && !slices.Contains(o.Chosen, a.id) || a.kind == mortgage.kind && !o.Wealthy && o.Accounts == nil
	}
	// What the household needs but the link does not have, it has elsewhere.
	for i, role := range []**account{&p.checking, &p.savings, &p.card} {
		if *role == nil {
			*role = s.sketched(o, everyday[i], rng)
			(*role).hidden = true
		}
	}
	for _, a := range p.all {
		if a.currency != p.checking.currency && strings.HasPrefix(a.kind, "depository.") {
			p.abroad = append(p.abroad, a)
		}
	}
	return p
}

// put adds an account, and gives it the role that is still open for its kind.
func (p *purse) put(a *account) {
	p.all = append(p.all, a)
	switch {
	case a.kind == "depository.savings":
		fill(&p.savings, a)
	case strings.HasPrefix(a.kind, "depository."):
		fill(&p.checking, a)
	case a.kind == "liability.credit_card":
		fill(&p.card, a)
	case a.kind == "liability.mortgage":
		fill(&p.mortgage, a)
	}
}

func fill(role **account, a *account) {
	if *role == nil {
		*role = a
	}
}

// sketched makes an account of the Sandbox's invention.
func (s *Sandbox) sketched(o origin, sk sketch, rng *rand.Rand) *account {
	a := &account{
		id:       s.id("acc_", 22, o.Key, "account", sk.name),
		kind:     sk.kind,
		name:     sk.name,
		nickname: sk.nickname,
		number:   fmt.Sprintf("%010d", rng.Int64N(1e10)),
		currency: sk.currency,
		opening:  amount(between(rng, sk.low, sk.high), sk.currency),
	}
	if chance(rng, 400) && !o.Traveller {
		a.nickname = ""
	}
	if a.kind == "liability.credit_card" {
		a.limit = amount(between(rng, 6, 15)*100000, a.currency)
	}
	a.mask = lastDigits(a.number)
	a.booked = a.opening
	return a
}

// given makes an account that the customer described.
func (s *Sandbox) given(o origin, i int, from givenAccount, rng *rand.Rand) *account {
	like := brokerage
	for _, sk := range append(slices.Clone(everyday), mortgage) {
		if sk.kind == from.Kind {
			like = sk
		}
	}
	a := s.sketched(o, like, rng)
	a.id, a.kind, a.name, a.nickname, a.routing = from.ID, from.Kind, from.Name, from.Nickname, from.Routing
	if a.id == "" {
		a.id = s.id("acc_", 22, o.Key, "given account", strconv.Itoa(i))
	}
	if from.Number != "" {
		a.number, a.mask = from.Number, lastDigits(from.Number)
	}
	if from.Mask != "" {
		a.mask = from.Mask
	}
	if from.Balances != nil {
		a.imported, a.currency = from.Balances, from.Balances.Currency
		a.opening = orZero(from.Balances.Current)
		a.limit = orZero(from.Balances.Limit)
		a.booked = a.opening
	}
	return a
}

func orZero(n *json.Number) decimal.Decimal {
	if n == nil {
		return decimal.Zero
	}
	return decimal.RequireFromString(n.String()) // checked when it came in
}

func lastDigits(number string) string { return number[max(0, len(number)-4):] }

// shown returns the accounts that the link gives access to: investments only
// with the product of that name.
func (p *purse) shown(l *link) []*account {
	var shown []*account
	for _, a := range p.all {
		if !a.hidden && (a.kind != brokerage.kind || l.product(investmentsProduct) != nil || l.Origin.Accounts != nil) {
			shown = append(shown, a)
		}
	}
	return shown
}
