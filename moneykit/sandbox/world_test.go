package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

func products(names ...product) map[string]any { return map[string]any{"products": names} }

func (a *api) refresh(place int, names ...product) answer {
	a.Helper()
	return a.post("/links/"+a.link(place)+"/products", products(names...))
}

func (a *api) show(place int) linkAnswer {
	a.Helper()
	return into[linkAnswer](a, a.get("/links/"+a.link(place)).want(a, 200))
}

// table reads all transactions of a link through its pages.
func (a *api) table(place int) []transactionAnswer {
	a.Helper()
	var all []transactionAnswer
	for page := 1; ; page++ {
		got := into[transactionsAnswer](a, a.get(fmt.Sprintf("/links/%s/transactions?size=97&page=%d", a.link(place), page)).want(a, 200))
		if len(got.Transactions) == 0 {
			if got.Total != len(all) {
				a.Fatalf("total %d, pages hold %d", got.Total, len(all))
			}
			return all
		}
		all = append(all, got.Transactions...)
	}
}

func TestSameSeedSameWorld(t *testing.T) {
	tell := func(seed uint64) []byte {
		a := newAPI(t, WithSeed(seed))
		var told []byte
		for place := range 12 {
			for _, path := range []string{"", "/accounts", "/transactions?size=200"} {
				told = append(told, a.get("/links/"+a.link(place+1)+path).body...)
			}
		}
		a.refresh(1, transactionsProduct)
		a.clock.Move(3 * time.Second)
		return append(told, a.get("/links/"+a.link(1)+"/transactions").body...)
	}
	if !bytes.Equal(tell(7), tell(7)) {
		t.Error("one seed made two worlds")
	}
	if bytes.Equal(tell(7), tell(8)) {
		t.Error("two seeds made one world")
	}
}

// It makes no difference to a link's data when it is first looked at.
func TestDataDoesNotDependOnWhenItIsTouched(t *testing.T) {
	early, late := newAPI(t), newAPI(t)
	early.table(1)
	for _, a := range []*api{early, late} {
		a.refresh(1, accountsProduct, transactionsProduct).want(t, 202)
		a.clock.Move(3 * time.Hour)
		a.authorize()
		a.refresh(1, transactionsProduct).want(t, 202)
		a.clock.Move(time.Minute)
	}
	if one, other := fmt.Sprint(early.get("/links/"+early.link(1)+"/transactions").at("transactions")),
		fmt.Sprint(late.get("/links/"+late.link(1)+"/transactions").at("transactions")); one != other {
		t.Errorf("touched early:\n%.300s\nlate:\n%.300s", one, other)
	}
}

func TestLinksListsOnlyActiveLinks(t *testing.T) {
	a := newAPI(t)
	listed := func() []string {
		var ids []string
		for _, l := range into[linksAnswer](t, a.get("/links")).Links {
			ids = append(ids, l.LinkID)
		}
		return ids
	}
	for _, place := range []int{5, 9, 10, 12} {
		if slices.Contains(listed(), a.link(place)) {
			t.Errorf("link %d is listed", place)
		}
	}
	if len(listed()) != 8 {
		t.Errorf("%d links", len(listed()))
	}
	a.clock.Move(40 * time.Second)
	if state := a.show(5).State; state != connected || !slices.Contains(listed(), a.link(5)) {
		t.Errorf("link 5 is %s after 40 s", state)
	}
	a.call("DELETE", "/links/"+a.link(5), nil).want(t, 204)
	if slices.Contains(listed(), a.link(5)) {
		t.Error("a deleted link is listed")
	}
}

func TestLinksArePaged(t *testing.T) {
	a := newAPI(t, WithLinks(1700))
	seen, cursor, pages := map[string]bool{}, "", 0
	for {
		got := into[linksAnswer](t, a.get("/links?limit=500&cursor="+cursor).want(t, 200))
		pages++
		for _, l := range got.Links {
			if seen[l.LinkID] {
				t.Fatalf("%s comes twice", l.LinkID)
			}
			seen[l.LinkID] = true
		}
		if cursor = got.NextCursor; cursor == "" {
			break
		}
	}
	want := 0
	for place := range a.box.Total {
		if a.box.linkAt(place).listed() {
			want++
		}
	}
	if len(seen) != want || pages < 3 {
		t.Errorf("%d of %d links on %d pages", len(seen), want, pages)
	}
}

func TestDeletedLinkIsForgottenAfter90Days(t *testing.T) {
	a := newAPI(t)
	a.call("DELETE", "/links/"+a.link(1), nil).want(t, 204)
	if got := a.show(1); got.State != deleted {
		t.Errorf("state %s", got.State)
	}
	a.get("/links/"+a.link(1)+"/transactions").refused(t, 410, "link_error.deleted")
	a.clock.Move(90*24*time.Hour - time.Second)
	a.authorize()
	a.get("/links/"+a.link(1)).want(t, 200)
	a.clock.Move(time.Second)
	a.get("/links/"+a.link(1)).refused(t, 404, "link_error.not_found")
	a.get("/links/"+a.link(1)+"/accounts").refused(t, 404, "link_error.not_found")
}

func TestResetVoidsWhatIsUnderWay(t *testing.T) {
	a := newAPI(t)
	before := a.show(1).Products.Accounts.RefreshedAt
	a.refresh(1, accountsProduct).want(t, 202)
	got := into[linkAnswer](t, a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200))
	if got.State != inError || *got.ErrorCode != authExpired {
		t.Errorf("%s %v", got.State, got.ErrorCode)
	}
	a.clock.Move(time.Minute)
	if after := a.show(1).Products.Accounts.RefreshedAt; !after.Equal(*before) {
		t.Error("the refresh went on")
	}
	a.get("/links/"+a.link(1)+"/transactions").want(t, 200)
	a.refresh(1, accountsProduct).refused(t, 422, "link_error.bad_state")
}

func TestUpdateLink(t *testing.T) {
	a := newAPI(t)
	path := "/links/" + a.link(1)
	a.call("PATCH", path, `{"webhook": "https://hook.example/", "tags": ["x"]}`).want(t, 200)
	if got := a.call("PATCH", path, `{"link_tags": ["a", "b"]}`); got.text("webhook") == "" || fmt.Sprint(got.at("link_tags")) != "[a b]" {
		t.Errorf("%s", got.body)
	}
	if got := a.call("PATCH", path, `{"webhook": null}`); got.at("webhook") != nil || got.text("tags", 1) != "b" {
		t.Errorf("%s", got.body)
	}
}

func TestRefreshUnderHeavyUse(t *testing.T) {
	a := newAPI(t, WithLinks(40))
	done := make(chan struct{})
	for worker := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 15 {
				id := a.box.LinkIDs()[(worker*7+i)%40]
				for _, path := range []string{"", "/accounts", "/transactions/sync?size=" + strconv.Itoa(i+1)} {
					if got := a.get("/links/" + id + path); got.status >= 500 {
						t.Errorf("%d for %s", got.status, path)
					}
				}
				a.post("/links/"+id+"/products", products(accountsProduct, transactionsProduct))
				a.clock.Move(100 * time.Millisecond)
			}
		}()
	}
	for range 8 {
		<-done
	}
	if a.get("/links").status != http.StatusOK {
		t.Error("the Sandbox is worn out")
	}
}
