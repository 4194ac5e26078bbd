package watch_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

// wrong is an event of a link of an institution that went wrong.
func wrong(institution moneykit.InstitutionID, link moneykit.LinkID, after time.Duration, code moneykit.LinkError) watch.Event {
	return watch.Event{
		Link: link, InstitutionID: institution, Institution: "Bank " + string(institution), Kind: watch.StateChanged, At: dawn.Add(after),
		Before: watch.State{State: moneykit.Connected}, After: watch.State{State: moneykit.InError, Error: code},
	}
}

func TestIncidents(t *testing.T) {
	const within, code = watch.IncidentWithin, moneykit.AuthExpired
	type events = []watch.Event
	edited := func(edit func(*watch.Event)) watch.Event {
		e := wrong("a", "3", 2, code)
		edit(&e)
		return e
	}
	incident := func(from, to time.Duration, links ...moneykit.LinkID) watch.Incident {
		return watch.Incident{Institution: "a", Name: "Bank a", Error: code, Links: links, From: dawn.Add(from), To: dawn.Add(to)}
	}
	beta := incident(5, 7, "4", "5", "6")
	beta.Institution, beta.Name = "b", "Bank b"
	two := events{wrong("a", "1", 0, code), wrong("a", "2", 1, code)}
	for _, x := range []struct {
		name   string
		events events
		links  int // of the institution
		want   []watch.Incident
	}{
		{"nothing happened", nil, 1, nil},
		{"three links", append(two[:2:2], wrong("a", "3", 2, code)), 3, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"in any order", events{wrong("a", "3", 2, code), two[1], two[0]}, 3, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"two links", two, 2, nil},
		{"one of them twice", append(two[:2:2], wrong("a", "1", 2, code)), 2, nil},
		{"a twentieth", append(two[:2:2], wrong("a", "3", 2, code)), 60, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"less than a twentieth", append(two[:2:2], wrong("a", "3", 2, code)), 61, nil},
		{"of nobody knows how many", append(two[:2:2], wrong("a", "3", 2, code)), 0, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"at the end of the time", append(two[:2:2], wrong("a", "3", within, code)), 3, []watch.Incident{incident(0, within, "1", "2", "3")}},
		{"after the time", append(two[:2:2], wrong("a", "3", within+1, code)), 3, nil},
		{"the first has nothing to do with it", append(two[:2:2], wrong("a", "3", within+1, code), wrong("a", "4", within+1, code)), 3, []watch.Incident{incident(1, within+1, "2", "3", "4")}},
		{"one that is in it again", append(two[:2:2], wrong("a", "3", 2, code), wrong("a", "1", 3, code)), 3, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"one that was there before", append(two[:2:2], wrong("a", "3", within+1, code), wrong("a", "1", within, code)), 3, []watch.Incident{incident(1, within+1, "2", "1", "3")}},
		{"two incidents", append(two[:2:2], wrong("a", "3", within, code), wrong("a", "3", within+1, code), wrong("a", "1", 2*within, code), wrong("a", "2", 2*within+1, code)), 3, []watch.Incident{
			incident(within+1, 2*within+1, "3", "1", "2"), incident(0, within, "1", "2", "3"),
		}},
		{"two institutions", append(two[:2:2], wrong("a", "3", 2, code), wrong("b", "4", 5, code), wrong("b", "5", 6, code), wrong("b", "6", 7, code)), 3, []watch.Incident{beta, incident(0, 2, "1", "2", "3")}},
		{"different institutions", append(two[:2:2], wrong("b", "3", 2, code)), 3, nil},
		{"different errors", append(two[:2:2], wrong("a", "3", 2, moneykit.UserError)), 3, nil},
		{"one recovered", append(two[:2:2], edited(func(e *watch.Event) { e.After = watch.State{State: moneykit.Connected} })), 3, nil},
		{"one appeared", append(two[:2:2], edited(func(e *watch.Event) { e.Kind = watch.Appeared })), 3, nil},
		{"one of no institution", events{edited(func(e *watch.Event) { e.InstitutionID = "" }), edited(func(e *watch.Event) { e.InstitutionID, e.Link = "", "4" }), edited(func(e *watch.Event) { e.InstitutionID, e.Link = "", "5" })}, 0, nil},
		{"one that was last looked at a day before", append(two[:2:2], edited(func(e *watch.Event) { e.Since = e.At.Add(-24 * time.Hour) })), 3, []watch.Incident{incident(0, 2, "1", "2", "3")}},
		{"one that was not looked at for longer", append(two[:2:2], edited(func(e *watch.Event) { e.Since = e.At.Add(-24*time.Hour - 1) })), 3, nil},
		{"another name", append(two[:2:2], edited(func(e *watch.Event) { e.Institution = "" })), 3, []watch.Incident{incident(0, 2, "1", "2", "3")}},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := slices.Clone(x.events)
			got := watch.Incidents(x.events, map[moneykit.InstitutionID]int{"a": x.links})
			if !reflect.DeepEqual(got, x.want) {
				t.Errorf("%+v, want %+v", got, x.want)
			}
			if !reflect.DeepEqual(x.events, before) {
				t.Error("the events were changed")
			}
		})
	}
}

// incidents looks at every event for the incident that begins with it.
func incidents(events []watch.Event, links map[moneykit.InstitutionID]int) (all []watch.Incident) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b watch.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Link, b.Link)) })
	taken := make([]bool, len(events))
	for first, e := range events {
		i := watch.Incident{Institution: e.InstitutionID, Name: e.Institution, Error: e.After.Error, From: e.At}
		var members []int
		for n, other := range events {
			same := other.Kind == watch.StateChanged && other.After == e.After && other.InstitutionID == e.InstitutionID
			if n < first || taken[n] || !same || other.At.After(e.At.Add(watch.IncidentWithin)) {
				continue
			}
			members = append(members, n)
			if !slices.Contains(i.Links, other.Link) {
				i.Links, i.To = append(i.Links, other.Link), other.At
			}
		}
		if taken[first] || e.Kind != watch.StateChanged || e.After.State != moneykit.InError || len(i.Links) < 3 || 20*len(i.Links) < links[e.InstitutionID] {
			continue
		}
		for _, n := range members {
			taken[n] = true
		}
		all = append(all, i)
	}
	slices.SortStableFunc(all, func(a, b watch.Incident) int {
		return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.Institution, b.Institution), cmp.Compare(a.Error, b.Error))
	})
	return all
}

func TestIncidentsAreThoseOfASlowLook(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	some := 0
	for range 3000 {
		var events []watch.Event
		for range rng.IntN(40) {
			e := wrong(one[moneykit.InstitutionID](rng, "a", "b"), moneykit.LinkID(fmt.Sprint(rng.IntN(12))), time.Duration(rng.IntN(120))*time.Minute, one[moneykit.LinkError](rng, "x", "y"))
			e.Kind = one(rng, watch.StateChanged, watch.StateChanged, watch.StateChanged, watch.Gone)
			e.After.State = one[moneykit.LinkState](rng, "error", "error", "error", "connected")
			events = append(events, e)
		}
		links := map[moneykit.InstitutionID]int{"a": rng.IntN(100), "b": rng.IntN(100)}
		got, want := watch.Incidents(events, links), incidents(events, links)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, want %+v, seed %d", got, want, seed)
		}
		some += len(got)
	}
	if some < 1000 {
		t.Errorf("only %d incidents, seed %d", some, seed)
	}
}
