package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

type ownerAddress struct {
	City       string `json:"city"`
	Country    string `json:"country"`
	PostalCode string `json:"postal_code"`
	Region     string `json:"region"`
	Street     string `json:"street"`
	Primary    bool   `json:"primary"`
}

type ownerPhone struct {
	Number  string `json:"number"`
	Primary bool   `json:"primary"`
	Type    string `json:"type"`
}

type ownerEmail struct {
	Address string `json:"address"`
	Primary bool   `json:"primary"`
}

type owner struct {
	Names        []string       `json:"names"`
	Addresses    []ownerAddress `json:"addresses"`
	PhoneNumbers []ownerPhone   `json:"phone_numbers"`
	Emails       []ownerEmail   `json:"emails"`
}

type ownedAccount struct {
	accountAnswer
	Owners []owner `json:"owners"`
}

type identityAnswer struct {
	Accounts []ownedAccount `json:"accounts"`
	Link     linkAnswer     `json:"link"`
}

func (s *Sandbox) getIdentities(c *call) (any, error) {
	l, err := s.linkWith(c, identityProduct)
	if err != nil {
		return nil, err
	}
	wanted := queryOf(c).set("account_ids")
	owners := s.owners(l)
	answer := identityAnswer{Accounts: []ownedAccount{}, Link: l.answer()}
	for _, a := range s.open(l).shown(l) {
		if wanted != nil && !wanted[a.id] {
			continue
		}
		of := owners
		if a.liability() && l.Origin.Owners == nil {
			of = owners[:1] // a partner shares the accounts but not the debts
		}
		answer.Accounts = append(answer.Accounts, ownedAccount{a.answer(), of})
	}
	return answer, nil
}

// owners invents who stands behind a link: one person or, sometimes, two who
// live together.
func (s *Sandbox) owners(l *link) []owner {
	if l.Origin.Owners != nil {
		return l.Origin.Owners
	}
	rng := s.stream(l.Origin, "owners", 0)
	city := strings.Split(pick(rng, s.list("cities")), "|")
	home := ownerAddress{
		City: city[0], Region: city[1], PostalCode: city[2], Country: l.bank.Country, Primary: true,
		Street: fmt.Sprintf("%d %s", between(rng, 1, 940), pick(rng, s.list("streets"))),
	}
	owners := []owner{s.owner(rng, home)}
	if chance(rng, 300) {
		owners = append(owners, s.owner(rng, home))
	}
	return owners
}

func (s *Sandbox) owner(rng *rand.Rand, home ownerAddress) owner {
	first, last := pick(rng, s.list("first_names")), pick(rng, s.list("last_names"))
	mail := strings.Map(func(r rune) rune {
		if r > 127 {
			return 'i' // the only accented letter in the lists
		}
		return r
	}, strings.ToLower(first+"."+last))
	o := owner{
		Names:        []string{first + " " + last},
		Addresses:    []ownerAddress{home},
		PhoneNumbers: []ownerPhone{{Number: fmt.Sprintf("+1 555 01%02d", rng.IntN(100)), Primary: true, Type: "mobile"}},
		Emails:       []ownerEmail{{Address: mail + "@mail.example", Primary: true}},
	}
	if chance(rng, 350) {
		o.PhoneNumbers = append(o.PhoneNumbers, ownerPhone{Number: fmt.Sprintf("+1 555 01%02d", rng.IntN(100)), Type: "work"})
	}
	return o
}
