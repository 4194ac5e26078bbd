package webhooks

import (
	"fmt"
	"testing"
	"time"
)

// A webhook that is sent again is taken again, and told.
func TestDuplicates(t *testing.T) {
	g := newRig(t)
	body := event("once", 1)
	g.post(body, g.signed(body))
	first := g.last()
	s := g.signed(body)
	s.header.Set("MoneyKit-Delivery-Attempt", "2")
	same(t, "status of the second", g.post(body, s), 204)
	d := g.last()
	if !d.Verified() || !d.Duplicate || !d.First.Equal(first.At) || d.Attempt != 2 || d.Number != 2 || d.OutOfOrder {
		t.Errorf("%+v", d)
	}
	if first.Duplicate {
		t.Error("the first is a duplicate")
	}
}

// What was not verified is no reason to call a webhook a duplicate or late.
func TestForgedOnesAreNotRemembered(t *testing.T) {
	g := newRig(t)
	body := event("once", 59)
	forged := g.signed(body)
	forged.of = "another"
	same(t, "status of the forged one", g.post(body, forged), 401)
	genuine := event("once", 1)
	same(t, "status of the genuine one", g.post(genuine, g.signed(genuine)), 204)
	if d := g.last(); d.Duplicate || d.OutOfOrder {
		t.Errorf("%+v", d)
	}
}

func TestOutOfOrder(t *testing.T) {
	g := newRig(t)
	for _, x := range []struct {
		body string
		late bool
	}{
		{event("a", 10), false},
		{event("b", 9), true},
		{event("c", 10), false},
		{event("d", 11), false},
		{event("e", 10), true},
		{product("f", "accounts", 20), false},
		{product("g", "transactions", 19), false},
		{product("h", "accounts", 19), true},
		{product("i", "accounts", 21), false},
	} {
		g.post(x.body, g.signed(x.body))
		d := g.last()
		if same(t, "late of "+d.Webhook.IdempotencyKey, d.OutOfOrder, x.late); d.OutOfOrder == d.Newer.IsZero() {
			t.Errorf("newer is %v", d.Newer)
		}
	}
}

func TestEventsWithoutAKeyOrATime(t *testing.T) {
	g := newRig(t)
	for range 2 {
		body := `{"webhook_event":"new.thing","link_id":"mk_1"}`
		same(t, "status", g.post(body, g.signed(body)), 204)
		if d := g.last(); d.Duplicate || d.OutOfOrder {
			t.Errorf("%+v", d)
		}
	}
}

// Only so many are kept, and duplicates of those that are not are still known.
func TestOnlySoManyAreKept(t *testing.T) {
	g := newRig(t)
	post := func(i int) {
		body := event(fmt.Sprint("key-", i), 1)
		d := newDelivery(g.now(), g.signed(body).headers(t), []byte(body), nil, nil)
		g.r.change(func() { g.r.add(d) })
	}
	for i := range maxKept + 5 {
		post(i)
	}
	post(0)
	s := g.r.State()
	same(t, "kept", len(s.Deliveries), maxKept)
	same(t, "received", s.Received, maxKept+6)
	same(t, "the oldest", s.Deliveries[0].Number, 7)
	if d := g.last(); !d.Duplicate {
		t.Error("what is no longer kept is forgotten")
	}
}

func TestMemoryForgetsWhatWasUsedLongestAgo(t *testing.T) {
	m, at := newMemory[string](2), time.Unix(1, 0)
	m.put("a", at)
	m.put("b", at)
	m.put("a", at.Add(1))
	m.put("c", at) // in the place of b
	for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
		_, there := m.get(key)
		same(t, key, there, want)
	}
	m.get("a")
	m.put("d", at) // in the place of c
	_, there := m.get("c")
	same(t, "c", there, false)
	if got, _ := m.get("a"); !got.Equal(at.Add(1)) {
		t.Errorf("a is of %v", got)
	}
	same(t, "size", m.used.Len(), 2)
}
