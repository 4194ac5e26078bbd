package connect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"till/moneykit"
)

// listening is a launcher of a Run that is asking, with pages that were opened.
func listening(relinks bool, pages int) *launcher {
	r := &Run{state: State{Phase: Asking, Version: 1}, changed: make(chan struct{}), pasted: make(chan moneykit.Secret, 1)}
	if relinks {
		r.request.ExistingLinkID = "mk_1"
	}
	return &launcher{run: r, completed: make(chan outcome, 1), left: make(chan outcome, 1), pages: pages, last: pages}
}

func TestEventsAreBounded(t *testing.T) {
	l := listening(false, 1)
	var early State
	for i := range maxEvents + 5 {
		if err := l.hear(fmt.Appendf(nil, `{"page":1,"type":"link.event","data":{"name":"n%d"}}`, i)); err != nil {
			t.Fatal(err)
		}
		if i == maxEvents {
			early = l.run.State()
		}
	}
	s := l.run.State()
	if len(s.Events) != maxEvents || s.Events[0].Name != "n5" || s.Events[maxEvents-1].Name != fmt.Sprintf("n%d", maxEvents+4) {
		t.Errorf("%d from %s to %s", len(s.Events), s.Events[0].Name, s.Events[len(s.Events)-1].Name)
	}
	if early.Events[0].Name != "n1" || early.Events[maxEvents-1].Name != fmt.Sprintf("n%d", maxEvents) {
		t.Error("a copy of the state has changed")
	}
	if s.Version != maxEvents+6 {
		t.Errorf("version %d", s.Version)
	}
}

func TestFirstOutcomeCounts(t *testing.T) {
	l := listening(false, 1)
	for _, message := range []string{
		`{"page":1,"type":"link.complete","data":{"exchangeableToken":"first","link_id":"mk_1"}}`,
		`{"page":1,"type":"link.complete","data":{"exchangeableToken":"second"}}`,
		`{"page":1,"type":"link.exit","data":{"error":null}}`,
	} {
		if err := l.hear([]byte(message)); err != nil { // and nobody waits
			t.Fatal(err)
		}
	}
	if out := <-l.completed; out.left || out.token.Reveal() != "first" || out.link != "mk_1" {
		t.Errorf("%+v", out)
	}
}

// FuzzMessage wants no message to end a run in a way that it does not say.
func FuzzMessage(f *testing.F) {
	for _, kind := range []string{"link.event", "link.complete", "relink.complete", "link.exit", "link.close_oauth", "x"} {
		for _, data := range []string{
			`{"name":"open","properties":{"mode":"start"}}`, `{"exchangeableToken":"mk_ex_1","link_id":"x"}`, `{"error":null}`, `null`, `[]`, `{}`,
			`{"error":{"error_id":"a","displayed_message":"b","request_id":"c"}}`, `{"error":5}`, `{"exchangeableToken":""}`, `{"name":5}`,
		} {
			for page := range 3 {
				f.Add(fmt.Appendf(nil, `{"page":%d,"type":%q,"data":%s}`, page, kind, data), page%2 == 0)
			}
		}
	}
	f.Add([]byte(`{"TYPE":"link.exit","Data":{},"PAGE":2}`), false)
	f.Add([]byte(`{"type":"link.exit","type":"link.complete","data":{"exchangeableToken":"x"}}`), false)
	f.Add([]byte(strings.Repeat(`{"data":`, 20_000)), false)
	f.Add([]byte("\xff\x00"), true)
	f.Fuzz(func(t *testing.T, body []byte, relinks bool) {
		l := listening(relinks, 2)
		err := l.hear(body)
		s := l.run.State()
		var out *outcome
		select {
		case got := <-l.completed:
			out = &got
		case got := <-l.left:
			out = &got
		default:
		}
		if err != nil && (out != nil || s.Version != 1 || !strings.Contains(err.Error(), "message")) {
			t.Fatalf("%v and %+v, version %d", err, out, s.Version)
		}
		var m message
		if json.Unmarshal(body, &m) != nil || m.Type == "" {
			if err == nil {
				t.Fatal("taken")
			}
			return
		}
		if (len(s.Events) == 1) != (m.Type == "link.event" && err == nil) || len(s.Events) > 1 || out != nil && len(s.Events) > 0 {
			t.Fatalf("events %+v", s.Events)
		}
		if s.Phase != Asking || out == nil {
			return
		}
		switch {
		case out.left:
			if m.Type != "link.exit" || m.Page != 2 || !out.token.Empty() {
				t.Fatalf("left by %+v", m)
			}
		case relinks:
			if m.Type != "relink.complete" && m.Type != "link.complete" || !out.token.Empty() || out.exit != nil {
				t.Fatalf("relinked by %+v", m)
			}
		default:
			var data map[string]any
			_ = json.Unmarshal(m.Data, &data)
			if m.Type != "link.complete" || out.token.Empty() || out.exit != nil {
				t.Fatalf("linked by %+v", m)
			}
			if token, ok := data["exchangeableToken"].(string); ok && len(data) == 1 && !out.token.Equal(moneykit.NewSecret(token)) {
				t.Fatalf("another token than %q", token)
			}
		}
	})
}
