package watch

import (
	"cmp"
	"slices"
	"time"

	"till/moneykit"
)

// Incident is a cluster of links of one institution that went wrong in the same way
// within a short time, as far as they were looked at.
type Incident struct {
	Institution moneykit.InstitutionID
	Name        string
	Error       moneykit.LinkError
	Links       []moneykit.LinkID // in the order in which they went
	From, To    time.Time         // of the answers that showed the first and the last
}

// IncidentWithin is how close together the links of an incident went wrong: all of
// them at most this long after the first.
const IncidentWithin = 20 * time.Minute

// incidentLook is the longest time between two looks at a link that tells when it went
// wrong. After a weekend nobody looked, all that happened would seem to happen at once.
const incidentLook = 24 * time.Hour

// An incident has at least so many links, and one in so many of its institution's.
const (
	incidentLinks = 3
	incidentPart  = 20
)

// Incidents finds the clusters in events, newest incident first. links tells how
// many links each institution has: a cluster is at least three links, and a
// twentieth of its institution's.
//
// An incident begins with the earliest event after which enough links went wrong
// within IncidentWithin, its end included, and has all that did; what follows later
// may be another one. A link counts once in an incident, by when it first went
// wrong in it, also when it has recovered since. One that was not looked at for more
// than a day before does not count: nobody knows when it went wrong.
func Incidents(events []Event, links map[moneykit.InstitutionID]int) []Incident {
	wrong := map[outage][]Event{}
	for _, e := range events {
		if e.Kind == StateChanged && e.After.State == moneykit.InError && e.InstitutionID != "" && (e.Since.IsZero() || e.At.Sub(e.Since) <= incidentLook) {
			at := outage{e.InstitutionID, e.After.Error}
			wrong[at] = append(wrong[at], e)
		}
	}
	var incidents []Incident
	for at, events := range wrong {
		slices.SortStableFunc(events, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Link, b.Link)) })
		incidents = append(incidents, at.clusters(events, max(incidentLinks, (links[at.institution]+incidentPart-1)/incidentPart))...)
	}
	slices.SortFunc(incidents, func(a, b Incident) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Institution, b.Institution), cmp.Compare(a.Error, b.Error))
	})
	return incidents
}

// outage is how links of an institution went wrong.
type outage struct {
	institution moneykit.InstitutionID
	error       moneykit.LinkError
}

// clusters finds those of at least enough links in events, oldest first.
func (o outage) clusters(events []Event, enough int) (found []Incident) {
	within := map[moneykit.LinkID]int{} // how many events from first to end each link has
	for first, end := 0, 0; first < len(events); {
		for end < len(events) && events[end].At.Sub(events[first].At) <= IncidentWithin {
			within[events[end].Link]++
			end++
		}
		if len(within) >= enough {
			found = append(found, o.incident(events[first:end]))
			clear(within)
			first = end
			continue
		}
		link := events[first].Link
		if within[link]--; within[link] == 0 {
			delete(within, link)
		}
		first++
	}
	return found
}

// incident is made of the events of its links, oldest first.
func (o outage) incident(events []Event) Incident {
	i := Incident{Institution: o.institution, Error: o.error, From: events[0].At}
	counted := map[moneykit.LinkID]bool{}
	for _, e := range events {
		if e.Institution != "" {
			i.Name = e.Institution
		}
		if !counted[e.Link] {
			counted[e.Link] = true
			i.Links, i.To = append(i.Links, e.Link), e.At
		}
	}
	return i
}
