package sandbox

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// situation is how a link stands when the Sandbox is made.
type situation struct {
	bank      string
	state     linkState
	errorCode string
	products  []product
	age       time.Duration // since the link was made
	fresh     time.Duration // since its last data; 0 for a link without any
	tags      []string
	traveller bool

	connectsIn time.Duration // a connection that is under way
	asked      time.Duration // since its last refresh of transactions, which limits the next; 0 for none
	failures   int           // how many of the next refreshes of transactions fail
	deletedFor time.Duration
}

const hours, days = time.Hour, 24 * time.Hour

// Sets of products that links have.
var (
	usual = []product{accountsProduct, accountNumbersProduct, identityProduct, transactionsProduct}
	rich  = append(append([]product{}, usual...), enrichmentProduct)
	all   = allProducts[:]
)

// situations are the first links of every world: one of each that an operator
// meets. What follows them is drawn at random.
var situations = []situation{
	{bank: credentialsBank, state: connected, products: usual, age: 702 * days, fresh: 64 * time.Minute, tags: []string{"retail", "pilot"}},
	{bank: oauthBank, state: inError, errorCode: authExpired, products: rich, age: 655 * days, fresh: 3 * days, tags: []string{"retail"}},
	{bank: instantBank, state: connected, products: all, age: 590 * days, fresh: 2 * hours, tags: []string{"vip"}},
	{bank: credentialsBank, state: inError, errorCode: "invalid_credentials", products: usual, age: 512 * days, fresh: 9 * days},
	{bank: credentialsBank, state: connecting, products: rich, age: 20 * time.Second, connectsIn: 40 * time.Second},
	{bank: instantBank, state: connected, products: []product{accountsProduct}, age: 433 * days, fresh: 5 * hours, tags: []string{"balance-only"}},
	{bank: oauthBank, state: inError, errorCode: "institution_error", products: rich, age: 371 * days, fresh: 26 * hours},
	{bank: credentialsBank, state: connected, products: rich, age: 298 * days, fresh: 3 * hours, failures: 1},
	{bank: instantBank, state: awaitingTokenExchange, products: usual, age: 6 * time.Minute},
	{bank: credentialsBank, state: inError, errorCode: incomplete, products: usual, age: 31 * hours},
	{bank: oauthBank, state: connected, products: rich, age: 144 * days, fresh: 20 * time.Minute, asked: 20 * time.Minute, traveller: true, tags: []string{"travel"}},
	{bank: instantBank, state: deleted, products: usual, age: 88 * days, fresh: 6 * days, deletedFor: 5 * days},

	{bank: credentialsBank, state: inError, errorCode: "system_error", products: usual, age: 333 * days, fresh: 2 * days},
	{bank: oauthBank, state: inError, errorCode: "provider_error", products: rich, age: 280 * days, fresh: 14 * hours},
	{bank: credentialsBank, state: inError, errorCode: "user_error", products: usual, age: 240 * days, fresh: 12 * days},
	{bank: credentialsBank, state: inError, errorCode: "no_accounts", products: usual, age: 199 * days, fresh: 40 * days},
	{bank: credentialsBank, state: inError, errorCode: "user_setup_required", products: rich, age: 150 * days, fresh: 8 * days},
	{bank: oauthBank, state: inError, errorCode: "user_oauth_denied", products: usual, age: 101 * days, fresh: 21 * days},
	{bank: credentialsBank, state: inError, errorCode: "user_input_incorrect", products: rich, age: 45 * days, fresh: 4 * days},
}

// situation is how the link at a place stands when the world begins.
func (s *Sandbox) situation(place int) situation {
	if place < len(situations) {
		return situations[place]
	}
	return s.drawSituation(s.random("situation", strconv.Itoa(place)))
}

// seedAgenda plans what is under way when the world begins.
func (s *Sandbox) seedAgenda() {
	for place := range min(s.linkCount, len(situations)) {
		if in := situations[place].connectsIn; in > 0 {
			l := s.linkAt(place)
			s.touch(l)
			s.plan(event{At: s.Born.Add(in), Duty: finishConnect, Place: place, Epoch: l.Epoch})
		}
	}
}

// Users of the seed are numbered so that some have two links.
const (
	firstUser    = 1000
	usersOf9     = 7 // of nine links, so many have users of their own
	userIDPrefix = "user_"
)

// seededFor returns the places of a user's seeded links.
func (s *Sandbox) seededFor(user string) []int {
	n, err := strconv.Atoi(strings.TrimPrefix(user, userIDPrefix))
	if n -= firstUser; err != nil || n < 0 || n > s.linkCount || user != userIDPrefix+strconv.Itoa(n+firstUser) {
		return nil
	}
	var places []int
	for place := (n*9 + usersOf9 - 1) / usersOf9; place < s.linkCount && place*usersOf9/9 == n; place++ {
		places = append(places, place)
	}
	return places
}

// drawSituation makes up how a link of a larger world stands; most are well.
func (s *Sandbox) drawSituation(rng *rand.Rand) situation {
	at := situation{
		bank:     pick(rng, s.institutions).ID,
		state:    connected,
		products: pick(rng, [][]product{usual, usual, rich, rich, all, {accountsProduct}}),
		age:      time.Duration(between(rng, 30, 730)) * days,
		fresh:    time.Duration(between(rng, 61, 60*20)) * time.Minute,
	}
	if chance(rng, 700) { // most links are at the three banks of the Sandbox
		at.bank = pick(rng, []string{credentialsBank, oauthBank, instantBank})
	}
	if chance(rng, 250) {
		at.tags = []string{pick(rng, []string{"retail", "vip", "pilot", "small-business"})}
	}
	switch n := rng.IntN(1000); {
	case n < 110:
		at.state, at.fresh = inError, time.Duration(between(rng, 1, 25))*days
		at.errorCode = pick(rng, []string{authExpired, authExpired, "invalid_credentials", "institution_error", "provider_error", "system_error"})
	case n < 125:
		at.state, at.errorCode, at.fresh = inError, incomplete, 0
	case n < 150:
		at.state, at.deletedFor = deleted, time.Duration(between(rng, 1, 80))*days
		at.age, at.fresh = at.age+90*days, at.deletedFor+1*days
	case n < 175:
		at.failures = 1
	}
	return at
}

// seedLink makes the link at a place in the order of creation.
func (s *Sandbox) seedLink(place int, at situation) *link {
	l := &link{
		Place:     place,
		Bank:      at.bank,
		User:      userIDPrefix + strconv.Itoa(firstUser+place*usersOf9/9),
		Provider:  defaultProvider,
		State:     at.state,
		ErrorCode: at.errorCode,
		CreatedAt: s.Born.Add(-at.age),
		Tags:      at.tags,
		Fetched:   at.fresh > 0,
		Products:  make([]productStatus, len(at.products)),
	}
	s.adopt(l)
	l.Origin = origin{Persona: persona(place), Key: l.id, Traveller: at.traveller, Wealthy: slices.Contains(at.products, investmentsProduct)}
	for i, name := range at.products {
		l.Products[i] = productStatus{Name: name, Settings: defaultSettings}
		if l.Fetched {
			l.seedProduct(&l.Products[i], s.Born.Add(-at.fresh), at)
		}
	}
	if l.Fetched {
		l.AsOf = s.Born.Add(-at.fresh)
	}
	if at.deletedFor > 0 {
		l.DeletedAt = s.Born.Add(-at.deletedFor)
	}
	return l
}

// persona names the life behind the link at a place.
func persona(place int) string { return "link " + strconv.Itoa(place) }

// defaultProvider fetches the data of links that do not name another.
const defaultProvider = "moneykit"

// defaultSettings are those of a link whose customer did not say.
var defaultSettings = &productSettings{Prefetch: true}

func (l *link) seedProduct(p *productStatus, last time.Time, at situation) {
	p.RefreshedAt, p.AttemptedAt = last, last.Add(-time.Second)
	if p.Name == transactionsProduct {
		p.Failures = at.failures
		if at.asked > 0 {
			p.RequestedAt = last
		}
	}
	if at.errorCode == "institution_error" && p.Name == transactionsProduct {
		p.AttemptedAt = last.Add(2 * hours)
		p.Failure = &failure{"institution_error", l.bank.Name + " is not available. Its own site reports maintenance."}
	}
	if at.errorCode == authExpired && p.Name == transactionsProduct {
		p.AttemptedAt = last.Add(6 * hours)
		p.Failure = &failure{authExpired, "The consent given to " + l.bank.Name + " has run out."}
	}
}
