package sandbox

import (
	"time"
)

// world is all of a Sandbox that changes and that is kept across runs. What
// follows from the seed is not in it.
type world struct {
	Born     time.Time `json:"born"`
	Dial     dial      `json:"clock"`
	Requests uint64    `json:"requests"`
	Minted   uint64    `json:"minted"`
	Opened   uint64    `json:"opened"` // link sessions
	Turns    uint64    `json:"turns"`
	// Total is how many links there are, those of the seed and those made since.
	Total int `json:"total"`
	// Links holds those that are not, or no longer, as the seed has them.
	Links      map[int]*link          `json:"links"` // by place
	Tokens     map[string]accessToken `json:"tokens"`
	Sessions   map[string]*session    `json:"sessions"`
	Exchanges  map[string]exchange    `json:"exchanges"` // by exchangeable token, until exchanged
	Agenda     agenda                 `json:"agenda"`
	Deliveries map[string]*delivery   `json:"deliveries"` // by token, until done
}

func newWorld(start dial, links int) world {
	return world{
		Born: start.At, Dial: start, Total: links,
		Links: map[int]*link{}, Tokens: map[string]accessToken{}, Sessions: map[string]*session{},
		Exchanges: map[string]exchange{}, Deliveries: map[string]*delivery{},
	}
}

// exchange is a link whose token waits to be exchanged.
type exchange struct {
	Place     int       `json:"place"`
	ExpiresAt time.Time `json:"expires_at"`
}

// linkAt is the link at a place, of which there must be one. As long as nothing
// was done to it, it is made anew each time: whoever changes it calls
// [Sandbox.touch].
func (s *Sandbox) linkAt(place int) *link {
	if l := s.Links[place]; l != nil {
		return l
	}
	return s.seedLink(place, s.situation(place))
}

// find is the link of an id, or nil.
func (s *Sandbox) find(id string) *link {
	if place, known := s.place(id); known {
		return s.linkAt(place)
	}
	return nil
}

// touch keeps a link from now on, since it differs from what the seed says.
func (s *Sandbox) touch(l *link) {
	s.Links[l.Place] = l
	s.changed()
}

// add makes a new link known.
func (s *Sandbox) add(l *link) {
	s.Total = max(s.Total, l.Place+1)
	s.made[l.User] = append(s.made[l.User], l.Place)
	s.touch(l)
}

// adopt fills in what a link that was kept does not say itself.
func (s *Sandbox) adopt(l *link) {
	l.id, l.bank = s.linkID(l.Place), s.institution(l.Bank)
}

// linksOf returns the links that GET /links shows and that belong to a user, in
// the order of creation.
func (s *Sandbox) linksOf(user string) []*link {
	var links []*link
	for _, place := range append(s.seededFor(user), s.made[user]...) {
		if l := s.linkAt(place); l.listed() {
			links = append(links, l)
		}
	}
	return links
}
