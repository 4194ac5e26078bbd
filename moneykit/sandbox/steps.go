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
	size  int           // how much they may weigh together
	books map[int]*book // by the place of the link
	held  int           // what they weigh together
	uses  uint64
}

// shelfSize is how much the open books may weigh before those that were not
// used for longest are forgotten: a transaction weighs 1, and a book bookWeight.
// A few books of any size have room.
const (
	shelfSize  = 200_000
	bookWeight = 50
	fewBooks   = 4
)

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
	s.shelf.use(b)
	return b
}

// use weighs a book, and forgets others until there is room for it.
func (sh *shelf) use(b *book) {
	sh.uses++
	b.used = sh.uses
	sh.held -= b.weight
	b.weight = bookWeight + len(b.log)
	sh.held += b.weight
	for sh.held > sh.size && len(sh.books) > 1 {
		oldest := b
		for _, other := range sh.books {
			if other.used < oldest.used {
				oldest = other
			}
		}
		sh.held -= oldest.weight
		delete(sh.books, oldest.place)
	}
}
