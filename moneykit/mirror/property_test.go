package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/mirror"
)

// TestPiecesMakeTheWhole follows random histories of a server with many broken
// syncs, and wants the table of one sync from the beginning.
func TestPiecesMakeTheWhole(t *testing.T) {
	base := rand.Uint64()
	for seed := base; seed < base+60; seed++ {
		rng := rand.New(rand.NewPCG(seed, 0))
		h := &history{rng: rng, live: map[string]entry{}, faults: true}
		m, s := newMirror(t, &server{handle: h.answer, list: h.list})
		for range 1 + rng.IntN(15) {
			h.happen(rng.IntN(8))
			ctx, cancel := context.WithCancel(t.Context())
			if h.cancel, h.moved = nil, false; rng.IntN(6) == 0 {
				h.cancel = cancel
			}
			_, err := m.Sync(ctx, bank)
			cancel()
			h.acceptable(t, err)
			if err == nil && !h.moved {
				same(t, "after a sync", table(s), h.truth(len(h.log)))
			}
		}
		h.faults, h.cancel = false, nil
		if _, err := m.Sync(t.Context(), bank); err != nil {
			t.Errorf("%v", err)
		}
		whole, fresh := newMirror(t, &server{handle: h.answer, list: h.list})
		if _, err := whole.Sync(t.Context(), bank); err != nil {
			t.Errorf("%v", err)
		}
		same(t, "in pieces and at once", table(s), table(fresh))
		same(t, "in pieces", table(s), h.truth(len(h.log)))
		historyTellsTheTable(t, s, bank)
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// table is what a store holds, as JSON by id.
func table(s stored) map[string]string {
	s.Helper()
	return tableOf(s, bank)
}

func tableOf(s stored, link moneykit.LinkID) map[string]string {
	s.Helper()
	list, err := s.Transactions(s.Context(), link, mirror.Query{})
	if err != nil {
		s.Fatal(err)
	}
	held := map[string]string{}
	for _, t := range list {
		held[string(t.ID)] = string(t.JSON())
	}
	return held
}

// entry is one thing that happened to a transaction.
type entry struct {
	id, kind, body string
}

// history is a server's log of one link. A cursor is a place in it, or in the list
// of what was there at a place.
type history struct {
	rng    *rand.Rand
	log    []entry
	live   map[string]entry
	spent  []string // ids that were removed
	faults bool
	cancel func() // ends the sync at some time
	moved  bool   // something happened after the pages of a sync
	jumps  int    // empty pages so far
}

// happen adds so many entries to the log.
func (h *history) happen(n int) {
	for range n {
		ids := slices.Sorted(func(yield func(string) bool) {
			for id := range h.live {
				if !yield(id) {
					return
				}
			}
		})
		switch {
		case len(ids) < 3 || h.rng.IntN(3) == 0:
			id := "t" + strconv.Itoa(len(h.log))
			if len(h.spent) > 0 && h.rng.IntN(4) == 0 { // one comes back
				id = h.spent[h.rng.IntN(len(h.spent))]
				h.spent = slices.DeleteFunc(h.spent, func(other string) bool { return other == id })
			}
			h.add(id, "created")
		case h.rng.IntN(2) == 0:
			h.add(ids[h.rng.IntN(len(ids))], "updated")
		default:
			id := ids[h.rng.IntN(len(ids))]
			h.log = append(h.log, entry{id: id, kind: "removed"})
			delete(h.live, id)
			h.spent = append(h.spent, id)
		}
	}
}

func (h *history) add(id, kind string) {
	edits := []func(*moneykit.Transaction){amount(strconv.Itoa(h.rng.IntN(3))), on(1 + h.rng.IntN(3))}
	if h.rng.IntN(2) == 0 {
		edits = append(edits, pending)
	}
	t := txn(id, edits...)
	e := entry{id, kind, string(t.JSON())}
	h.log = append(h.log, e)
	h.live[id] = e
}

// truth is what there was at a place in the log, as JSON by id.
func (h *history) truth(place int) map[string]string {
	held := map[string]string{}
	for _, e := range h.log[:place] {
		if e.kind == "removed" {
			delete(held, e.id)
			continue
		}
		held[e.id] = e.body
	}
	return held
}

// answer is a page of random size.
func (h *history) answer(cursor string) (int, string) {
	return h.spoil(func() { h.happen(h.rng.IntN(4)) }, func() (int, string) { return h.page(cursor) })
}

// spoil gives an answer with the faults of a bad day. Something may happen while it
// is asked for.
func (h *history) spoil(happen func(), answer func() (int, string)) (int, string) {
	if h.faults {
		switch h.rng.IntN(12) {
		case 0:
			return http.StatusInternalServerError, ""
		case 1:
			status, body := answer()
			return status, body[:h.rng.IntN(len(body))]
		case 2:
			happen()
		}
		if h.cancel != nil && h.rng.IntN(3) == 0 {
			h.cancel()
		}
	}
	return answer()
}

// listed is how many transactions the pages of a listing have.
const listed = 4

// list is a page of what there is. What happens between two pages shows in their
// totals.
func (h *history) list(query url.Values) (int, string) {
	page, err := strconv.Atoi(query.Get("page"))
	if err != nil {
		panic(err)
	}
	happen := func() {
		h.moved = true
		if page > 1 {
			h.add("t"+strconv.Itoa(len(h.log)), "created")
			return
		}
		h.happen(h.rng.IntN(4))
	}
	return h.spoil(happen, func() (int, string) {
		all := []json.RawMessage{}
		for _, id := range slices.Sorted(maps.Keys(h.live)) {
			all = append(all, json.RawMessage(h.live[id].body))
		}
		return listing(len(all), all[min(len(all), (page-1)*listed):min(len(all), page*listed)])
	})
}

// listing is a page of a listing as the API sends it.
func listing(total int, page []json.RawMessage) (int, string) {
	body, err := json.Marshal(map[string]any{"total": total, "page": 1, "size": len(page), "transactions": page})
	if err != nil {
		panic(err)
	}
	return http.StatusOK, string(body)
}

func (h *history) acceptable(t *testing.T, err error) {
	t.Helper()
	e, broken := (*moneykit.Error)(nil), (*moneykit.ResponseError)(nil)
	if err != nil && !errors.As(err, &e) && !errors.As(err, &broken) && !errors.Is(err, context.Canceled) && !errors.Is(err, mirror.ErrListing) {
		t.Errorf("%v", err)
	}
}

// page answers a cursor: "place" goes on in the log, "place list" in the list of what
// was there at that place. What follows a slash only tells cursors apart.
func (h *history) page(cursor string) (int, string) {
	cursor, _, _ = strings.Cut(cursor, "/")
	var place, listed int
	n, _ := fmt.Sscan(cursor, &place, &listed)
	if n == 0 {
		place = len(h.log)
	}
	if h.rng.IntN(10) == 0 && n > 0 { // nothing, and more
		h.jumps++
		return wire(nil, fmt.Sprintf("%s/%d", cursor, h.jumps), true)
	}
	if n != 1 {
		return h.wholeFrom(place, listed)
	}
	return h.goOn(place)
}

// wholeFrom creates what was there at a place.
func (h *history) wholeFrom(place, listed int) (int, string) {
	var all []entry
	for id, body := range h.truth(place) {
		all = append(all, entry{id, "created", body})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.id, b.id) })
	end := min(len(all), listed+1+h.rng.IntN(6))
	if end < len(all) {
		return wire(all[listed:end], fmt.Sprintf("%d %d", place, end), true)
	}
	return wire(all[listed:], strconv.Itoa(place), place < len(h.log))
}

// goOn tells of what happened after a place, now and then with what came before it
// once more.
func (h *history) goOn(place int) (int, string) {
	size := h.rng.IntN(6)
	from := max(0, place-h.rng.IntN(4))
	to := h.reach(from, place+size)
	if to < place || to == place && to < len(h.log) || h.rng.IntN(2) == 0 {
		from, to = place, h.reach(place, place+1+size)
	}
	return wire(h.log[from:to], strconv.Itoa(to), to < len(h.log))
}

// reach is how far a page can go that says the same in the order that its lists
// are read in: created, updated, removed.
func (h *history) reach(from, to int) int {
	order := map[string]int{"created": 1, "updated": 2, "removed": 3}
	last := map[string]int{}
	for place := from; place < min(to, len(h.log)); place++ {
		e := h.log[place]
		if order[e.kind] < last[e.id] {
			return place
		}
		last[e.id] = order[e.kind]
	}
	return min(to, len(h.log))
}

// wire is a page as the API sends it.
func wire(entries []entry, next string, more bool) (int, string) {
	lists := map[string][]any{"created": {}, "updated": {}, "removed": {}}
	for _, e := range entries {
		if e.kind == "removed" {
			lists[e.kind] = append(lists[e.kind], e.id)
			continue
		}
		lists[e.kind] = append(lists[e.kind], json.RawMessage(e.body))
	}
	body, err := json.Marshal(map[string]any{"transactions": lists, "cursor": map[string]any{"next": next}, "has_more": more})
	if err != nil {
		panic(err)
	}
	return http.StatusOK, string(body)
}
