package watch

import (
	"cmp"
	"slices"
	"time"

	"till/moneykit"
)

// Health is how a profile's links are, as far as they were read.
type Health struct {
	Links, Read  int // known, and read at least once
	States       map[moneykit.LinkState]int
	Errors       map[moneykit.LinkError]int // of links in state InError
	Institutions []InstitutionHealth        // those with the most links in error first
	Products     []ProductHealth            // all of them, in the order of the contract
}

// InstitutionHealth is how the links of one institution are.
type InstitutionHealth struct {
	ID     moneykit.InstitutionID
	Name   string
	Links  int                        // that are not deleted
	Errors map[moneykit.LinkError]int // of links in state InError
}

// ProductHealth tells how old the data of a product is.
type ProductHealth struct {
	Product moneykit.Product
	Links   int           // that have the product and are not deleted
	Ages    [AgeBands]int // how many were refreshed so long ago; the end of a band is in the next
	Never   int           // not refreshed yet
	Failed  int           // the last attempt failed
}

// AgeBands is how many bands of age there are; AgeBandEnds are their ends, the last
// band has none.
const AgeBands = 5

// AgeBandEnds tells where the bands of age end.
func AgeBandEnds() [AgeBands - 1]time.Duration {
	return [...]time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}
}

// Survey takes the health of links at now, by MoneyKit's clock. An institution goes by
// its id, under the name that the first of its links has for it.
func Survey(links []Snapshot, now time.Time) Health {
	h := Health{Links: len(links), States: map[moneykit.LinkState]int{}, Errors: map[moneykit.LinkError]int{}}
	for _, product := range moneykit.Products() {
		h.Products = append(h.Products, ProductHealth{Product: product})
	}
	at := map[moneykit.InstitutionID]int{} // in h.Institutions
	for i := range links {
		link := links[i].Link
		if link == nil {
			continue
		}
		h.Read++
		h.States[link.State]++
		if link.State == moneykit.Deleted {
			continue
		}
		place, known := at[link.InstitutionID]
		if !known {
			place = len(h.Institutions)
			at[link.InstitutionID] = place
			h.Institutions = append(h.Institutions, InstitutionHealth{
				ID: link.InstitutionID, Name: link.InstitutionName, Errors: map[moneykit.LinkError]int{},
			})
		}
		h.Institutions[place].Links++
		if link.State == moneykit.InError {
			h.Errors[link.ErrorCode]++
			h.Institutions[place].Errors[link.ErrorCode]++
		}
		for p := range h.Products {
			h.Products[p].add(link.Products.Of(h.Products[p].Product), now)
		}
	}
	slices.SortFunc(h.Institutions, worstFirst)
	return h
}

// add counts a link's product, which is nil when it has none.
func (p *ProductHealth) add(status *moneykit.ProductStatus, now time.Time) {
	if status == nil {
		return
	}
	p.Links++
	if status.ErrorCode != "" {
		p.Failed++
	}
	if status.RefreshedAt.IsZero() {
		p.Never++
		return
	}
	band, age := 0, now.Sub(status.RefreshedAt)
	for _, end := range AgeBandEnds() {
		if age >= end {
			band++
		}
	}
	p.Ages[band]++
}

// InError counts the institution's links in error.
func (i InstitutionHealth) InError() (links int) {
	for _, n := range i.Errors {
		links += n
	}
	return links
}

// worstFirst orders institutions by their links in error, then by all of them.
func worstFirst(a, b InstitutionHealth) int {
	return cmp.Or(cmp.Compare(b.InError(), a.InError()), cmp.Compare(b.Links, a.Links), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}
