package watch_test

import (
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
)

func at(id moneykit.InstitutionID, name string) func(*moneykit.Link) {
	return func(l *moneykit.Link) { l.InstitutionID, l.InstitutionName = id, name }
}

func TestSurvey(t *testing.T) {
	aged := func(age time.Duration) func(*moneykit.Link) {
		return with(moneykit.ProductAccounts, moneykit.ProductStatus{RefreshedAt: dawn.Add(-age)})
	}
	const hour = time.Hour
	links := []watch.Snapshot{
		{ID: "unread"},
		found(0, at("a", "Alpha"), in("error", "auth_expired"), aged(-hour)),
		found(0, at("a", "Alpha renamed"), in("error", "auth_expired"), aged(hour-1)),
		found(0, at("a", "Alpha"), in("error", "user_error"), aged(hour)),
		found(0, at("b", "Beta"), in("connecting", ""), aged(24*hour-1)),
		found(0, at("b", "Beta"), aged(24*hour)),
		found(0, at("c", "Gamma"), in("error", "auth_expired"), aged(7*24*hour)),
		found(0, at("c", "Gamma"), aged(30*24*hour-1)),
		found(0, at("d", "Aleph"), in("dormant", "ignored"), aged(30*24*hour)),
		found(0, at("e", "Aleph"), with(moneykit.ProductEnrichment, status(0, 0, "timeout", ""))),
		found(0, at("b", "Beta"), in("deleted", "auth_expired"), aged(hour)),
		found(0, at("f", "Phi"), in("deleted", "")),
		found(0, at("b", "Beta"), with(moneykit.ProductEnrichment, status(-1, 0, "timeout", ""))),
	}
	type errors = map[moneykit.LinkError]int
	want := watch.Health{
		Links: 13, Read: 12,
		States: map[moneykit.LinkState]int{"error": 4, "connecting": 1, "connected": 4, "dormant": 1, "deleted": 2},
		Errors: errors{"auth_expired": 3, "user_error": 1},
		Institutions: []watch.InstitutionHealth{
			{ID: "a", Name: "Alpha", Links: 3, Errors: errors{"auth_expired": 2, "user_error": 1}},
			{ID: "c", Name: "Gamma", Links: 2, Errors: errors{"auth_expired": 1}},
			{ID: "b", Name: "Beta", Links: 3, Errors: errors{}},
			{ID: "d", Name: "Aleph", Links: 1, Errors: errors{}},
			{ID: "e", Name: "Aleph", Links: 1, Errors: errors{}},
		},
	}
	for _, p := range moneykit.Products() {
		want.Products = append(want.Products, watch.ProductHealth{Product: p})
	}
	want.Products[0] = watch.ProductHealth{Product: moneykit.ProductAccounts, Links: 8, Ages: [watch.AgeBands]int{2, 2, 1, 2, 1}}
	want.Products[5] = watch.ProductHealth{Product: moneykit.ProductEnrichment, Links: 2, Ages: [watch.AgeBands]int{1}, Never: 1, Failed: 2}
	got := watch.Survey(links, dawn)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if n := got.Institutions[0].InError(); n != 3 {
		t.Errorf("%d in error", n)
	}
	none := watch.Survey(nil, dawn)
	if none.Links+none.Read != 0 || len(none.Products) != 6 || len(none.Institutions) != 0 {
		t.Errorf("%+v", none)
	}
}

// The parts of a survey make the whole.
func TestSurveyAddsUp(t *testing.T) {
	var links []watch.Snapshot
	institutions := map[moneykit.InstitutionID]bool{}
	for i := range 1000 {
		id := moneykit.InstitutionID(fmt.Sprint(i % 37))
		institutions[id] = true
		links = append(links, found(0, at(id, "Bank"), in("error", moneykit.LinkError(fmt.Sprint(i%5)))))
	}
	h := watch.Survey(links, dawn)
	sum, errors := 0, map[moneykit.LinkError]int{}
	for i, inst := range h.Institutions {
		sum += inst.Links
		for code, n := range inst.Errors {
			errors[code] += n
		}
		if i > 0 && h.Institutions[i-1].InError() < inst.InError() {
			t.Errorf("%s is at %d", inst.ID, i)
		}
		delete(institutions, inst.ID)
	}
	if sum != 1000 || !maps.Equal(errors, h.Errors) || len(institutions) != 0 {
		t.Errorf("%d links, %v, %v left out", sum, errors, institutions)
	}
}

func BenchmarkSurvey(b *testing.B) {
	var links []watch.Snapshot
	for i := range 100_000 {
		links = append(links, found(0, at(moneykit.InstitutionID(fmt.Sprint("bank-", i%300)), "Bank"), in([]moneykit.LinkState{"connected", "error"}[i%2], "auth_expired"),
			with(moneykit.ProductAccounts, status(-i, -i, "", "")), with(moneykit.ProductTransactions, status(-i, -i, "timeout", "")), with(moneykit.ProductIdentity, status(0, 0, "", ""))))
	}
	for b.Loop() {
		watch.Survey(links, dawn)
	}
}
