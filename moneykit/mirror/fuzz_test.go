package mirror_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"till/moneykit"
	"till/moneykit/mirror"
)

// FuzzApply applies arbitrary pages, and wants what a simple model of the store says.
func FuzzApply(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 1, 0, 3, 0, 1, 2, 1, 2, 1, 0, 4, 9, 17, 3})
	f.Add([]byte{0, 1, 1, 0, 200, 1, 1, 2, 1, 0, 90, 7, 0, 1, 1, 0, 200, 1, 1, 1, 1, 1, 33, 66, 99})
	f.Add([]byte{0, 0, 1, 1, 255, 254, 253, 0, 0, 1, 1, 128, 64, 32, 16, 8, 4, 2, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newStored(t)
		m := model{held: map[string]string{}}
		for d := (decoder{data}); len(d.data) > 0; {
			page := d.page(m.head)
			before := m.head
			fresh := m.apply(page)
			_, err := s.Apply(t.Context(), bank, page)
			if errors.Is(err, mirror.ErrStale) != !fresh || err != nil && fresh {
				t.Fatalf("%+v after %+v: %v", page, before, err)
			}
			same(t, "head", s.head(), m.head)
			same(t, "table", table(s), m.held)
			again(t, s, page)
			if t.Failed() {
				t.Fatalf("%+v after %+v", page, before)
			}
		}
		historyTellsTheTable(t, s, bank)
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// again applies a page once more: it changes nothing. One whose cursors are the same
// tells of no place in the history, and may be news each time.
func again(t *testing.T, s stored, page mirror.Page) {
	t.Helper()
	if page.Before == page.After {
		return
	}
	head, syncs, held := s.head(), s.syncs(), table(s)
	if _, err := s.Apply(t.Context(), bank, page); err != nil && !errors.Is(err, mirror.ErrStale) {
		t.Fatal(err)
	}
	same(t, "head after it came twice", s.head(), head)
	same(t, "history after it came twice", s.syncs(), syncs)
	same(t, "table after it came twice", table(s), held)
}

// model is what a store holds of one link, with transactions as JSON by id.
type model struct {
	head mirror.Head
	held map[string]string
}

// apply reports whether the page is taken, or was before.
func (m *model) apply(page mirror.Page) bool {
	if page.Before != m.head.Cursor {
		return page.After == m.head.Cursor
	}
	if page.Seq < 1 || page.Seq != m.head.Seq && page.Seq != m.head.Seq+1 {
		return false
	}
	changed := false
	for _, list := range [][]moneykit.Transaction{page.Created, page.Updated} {
		for _, t := range list {
			id, body := string(t.ID), string(t.JSON())
			changed = changed || m.held[id] != body
			m.held[id] = body
		}
	}
	for _, id := range page.Removed {
		_, known := m.held[string(id)]
		changed = changed || known
		delete(m.held, string(id))
	}
	m.head.Cursor, m.head.More = page.After, page.More
	if changed {
		m.head.Seq = page.Seq
	}
	return true
}

// decoder makes pages out of bytes.
type decoder struct{ data []byte }

func (d *decoder) next() int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b)
}

// page makes one that follows head more often than not.
func (d *decoder) page(head mirror.Head) mirror.Page {
	cursors := []string{"", "c1", "c2", "c3", "it's; \x00\xff"}
	kind := d.next()
	page := mirror.Page{
		Seq: head.Seq + []int{1, 1, 1, 0, 0, 1, 2, -1}[kind%8], At: noon, Before: head.Cursor, After: cursors[d.next()%len(cursors)],
		More: kind&32 != 0, RequestID: fmt.Sprintf("r%d", len(d.data)),
	}
	if kind&24 == 0 {
		page.Before = cursors[d.next()%len(cursors)]
	}
	for n := d.next() % 6; n > 0; n-- {
		what := d.next()
		id := []string{"a", "b", "c", "d'\x00\"", "é"}[what%5]
		body := []func(*moneykit.Transaction){amount(strconv.Itoa(what / 5 % 4))}
		if what&64 != 0 {
			body = append(body, pending)
		}
		switch what >> 5 % 3 {
		case 0:
			page.Created = append(page.Created, txn(id, body...))
		case 1:
			page.Updated = append(page.Updated, txn(id, body...))
		default:
			page.Removed = append(page.Removed, moneykit.TransactionID(id))
		}
	}
	return page
}
