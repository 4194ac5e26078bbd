package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

// seen is a link read at an hour of the day, in a state.
func seen(t *testing.T, id string, hour int, state, code string) mirror.LinkSeen {
	t.Helper()
	text := fmt.Sprintf(`{"link_id":%q,"state":%q,"institution_name":"Bank","unknown":"kept"}`, id, state)
	if code != "" {
		text = fmt.Sprintf(`{"link_id":%q,"state":%q,"error_code":%q}`, id, state, code)
	}
	link, err := moneykit.Decode[moneykit.Link]([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	link.RequestID = fmt.Sprintf("r%d", hour)
	return mirror.LinkSeen{Link: link, At: noon.Add(time.Duration(hour) * time.Hour)}
}

func (s stored) put(links ...mirror.LinkSeen) {
	s.Helper()
	if err := s.PutLinks(s.Context(), links...); err != nil {
		s.Fatal(err)
	}
}

func (s stored) seen() (all []string) {
	s.Helper()
	err := s.Links(s.Context(), func(page []mirror.LinkSeen) bool {
		for _, l := range page {
			all = append(all, fmt.Sprintf("%s %s %s %s", l.Link.ID, l.Link.State, l.At.Format("15:04"), l.Link.RequestID))
		}
		return true
	})
	if err != nil {
		s.Fatal(err)
	}
	return all
}

func TestLinksAreKeptAsTheyWereRead(t *testing.T) {
	s := newStored(t)
	same(t, "none yet", s.seen(), []string(nil))
	if err := s.Remember(t.Context(), "unread"); err != nil {
		t.Fatal(err)
	}
	s.put(seen(t, "a", 1, "connected", ""), seen(t, "b", 1, "error", "auth_expired"))
	s.put(seen(t, "a", 3, "error", "auth_expired"))
	s.put(seen(t, "a", 2, "connected", "")) // came late
	same(t, "links", s.seen(), []string{"a error 15:00 r3", "b error 13:00 r1"})
}

// What MoneyKit has forgotten stays deleted, whatever its last JSON says.
func TestForgottenLinksStayDeleted(t *testing.T) {
	s := newStored(t)
	last := seen(t, "a", 2, "error", "auth_expired")
	last.Link.State, last.Link.ErrorCode = moneykit.Deleted, ""
	s.put(seen(t, "a", 1, "connected", ""), last)
	same(t, "links", s.seen(), []string{"a deleted 14:00 r2"})
	s.put(seen(t, "a", 3, "connected", ""))
	same(t, "and there again", s.seen(), []string{"a connected 15:00 r3"})
}

func TestTheHistoryOfStates(t *testing.T) {
	s := newStored(t)
	s.put(seen(t, "a", 1, "connecting", ""), seen(t, "a", 2, "connected", ""), seen(t, "a", 3, "connected", ""))
	s.put(seen(t, "a", 4, "error", "auth_expired"), seen(t, "a", 5, "error", "institution_error"), seen(t, "b", 5, "connected", ""))
	states, err := s.States(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "states", states, []mirror.StateSeen{
		{At: noon.Add(5 * time.Hour), State: "error", Error: "institution_error", RequestID: "r5"},
		{At: noon.Add(4 * time.Hour), State: "error", Error: "auth_expired", RequestID: "r4"},
		{At: noon.Add(2 * time.Hour), State: "connected", RequestID: "r2"},
		{At: noon.Add(1 * time.Hour), State: "connecting", RequestID: "r1"},
	})
}

func TestManyLinksComeInPages(t *testing.T) {
	s := newStored(t)
	var links []mirror.LinkSeen
	for i := range 1201 {
		links = append(links, seen(t, fmt.Sprintf("l%04d", i), 1, "connected", ""))
	}
	s.put(links...)
	all := s.seen()
	if len(all) != 1201 || all[1200][:5] != "l1200" {
		t.Errorf("%d links", len(all))
	}
	pages := 0
	if err := s.Links(t.Context(), func([]mirror.LinkSeen) bool { pages++; return pages < 2 }); err != nil || pages != 2 {
		t.Errorf("%d pages, %v", pages, err)
	}
}
