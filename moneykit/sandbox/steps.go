package sandbox

import "time"

// stepKind is what moved a link's data on.
type stepKind string

// Steps are named after the product that was refreshed, or after what the
// customer did to the data.
const (
	accountsStep     = stepKind(accountsProduct)
	transactionsStep = stepKind(transactionsProduct)
	investmentsStep  = stepKind(investmentsProduct)
	importStep       = stepKind("import")
	correctionStep   = stepKind("correction")
)

// step is one move of a link's data. A book is made from the seed and the steps
// of its link, so that it can be forgotten at any time.
type step struct {
	What       stepKind              `json:"what"`
	At         time.Time             `json:"at"`
	Imported   []importedTransaction `json:"imported,omitempty"`
	Correction *correction           `json:"correction,omitempty"`
}

// shelf holds the books that were opened last.
type shelf struct {
	books map[int]*book // by the place of the link
	uses  uint64
}

// shelfSize is how many transactions the open books may hold together before
// the one that was not used for longest is forgotten.
const shelfSize = 200_000

// open returns the link's book as it stands after all its steps.
func (s *Sandbox) open(l *link) *book {
	b := s.shelf.books[l.Place]
	if b == nil {
		b = newBook(s, l)
		s.shelf.books[l.Place] = b
	}
	for ; b.taken < len(l.Steps); b.taken++ {
		b.take(l.Steps[b.taken])
	}
	s.shelf.uses++
	b.used = s.shelf.uses
	s.shelf.tidy(b)
	return b
}

// tidy forgets books until those left are few enough; the one in use stays.
func (sh *shelf) tidy(inUse *book) {
	for {
		held, oldest := 0, inUse
		for _, b := range sh.books {
			held += len(b.table)
			if b.used < oldest.used {
				oldest = b
			}
		}
		if held <= shelfSize || oldest == inUse {
			return
		}
		delete(sh.books, oldest.place)
	}
}
