package moneykit_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"till/moneykit"
)

// event makes the body of a webhook from what is special in it.
func event(name, members string) string {
	return fmt.Sprintf(`{"webhook_event":%q,"webhook_major_version":1,"webhook_minor_version":2,"webhook_timestamp":"2026-05-04T03:02:01Z",
		"webhook_idempotency_key":"idem-1","link_id":"mk_link_4711","link_tags":["a","b"]%s}`, name, members)
}

func TestParseWebhook(t *testing.T) {
	yes, no := true, false
	for _, x := range []struct {
		event, members string
		want           moneykit.Webhook // what is special in it
	}{
		{
			"link.state_changed", `,"state":"error","error":"auth_expired","error_message":"Log in."`,
			moneykit.Webhook{State: moneykit.InError, Error: moneykit.AuthExpired, ErrorMessage: "Log in."},
		},
		{
			"link.state_changed", `,"state":"connected","error":null,"error_message":null`,
			moneykit.Webhook{State: moneykit.Connected},
		},
		{
			"link.product_refresh", `,"product":"transactions","state":"failed","state_changed_at":"2026-05-04T03:02:01+02:00","error_message":"Sorry."`,
			moneykit.Webhook{
				Product: moneykit.ProductTransactions, ProductState: moneykit.RefreshFailed, ErrorMessage: "Sorry.",
				StateChangedAt: time.Date(2026, 5, 4, 1, 2, 1, 0, time.UTC),
			},
		},
		{"link.product_refresh", `,"product":"pets","state":"bored"`, moneykit.Webhook{Product: "pets", ProductState: "bored"}},
		{"transactions.updates_available", `,"has_history":true`, moneykit.Webhook{HasHistory: &yes}},
		{"transactions.updates_available", `,"has_history":false`, moneykit.Webhook{HasHistory: &no}},
		{"transactions.updates_available", `,"has_history":null`, moneykit.Webhook{}},
		{"transactions.updates_available", ``, moneykit.Webhook{}},
		// Members of other events do not count, whatever is in them.
		{"transactions.updates_available", `,"state":"connected","product":4711,"error":[]`, moneykit.Webhook{}},
		{"link.moved", `,"state":{"from":"here"},"error":4711,"product":[],"has_history":"x","new":{}`, moneykit.Webhook{}},
	} {
		t.Run(x.event, func(t *testing.T) {
			body := event(x.event, x.members)
			got, err := moneykit.ParseWebhook([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			x.want.Event, x.want.MajorVersion, x.want.MinorVersion = moneykit.WebhookEvent(x.event), 1, 2
			x.want.IdempotencyKey, x.want.Timestamp = "idem-1", time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
			x.want.LinkID, x.want.LinkTags, x.want.Body = linkID, []string{"a", "b"}, []byte(body)
			got.StateChangedAt, got.Timestamp = got.StateChangedAt.UTC(), got.Timestamp.UTC()
			if !reflect.DeepEqual(*got, x.want) {
				t.Errorf("\n got %+v\nwant %+v", *got, x.want)
			}
		})
	}
}

func TestParseWebhookFillsInWhatTheContractDoes(t *testing.T) {
	w, err := moneykit.ParseWebhook([]byte(`{"webhook_event":"link.state_changed","link_id":"mk_link_4711"}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "version", []int{w.MajorVersion, w.MinorVersion}, []int{1, 0})
}

func TestParseWebhookRefuses(t *testing.T) {
	for _, x := range []struct{ name, body, text string }{
		{"nothing", ``, "JSON"},
		{"null", `null`, "no webhook_event"},
		{"an array", `[` + stateChanged + `]`, "JSON"},
		{"text", `"mk_link_4711"`, "JSON"},
		{"a form", `link_id=mk_link_4711`, "JSON"},
		{"half of it", stateChanged[:len(stateChanged)/2], "JSON"},
		{"one and a half", stateChanged + `{`, "JSON"},
		{"no event", `{"link_id":"mk_link_4711"}`, "no webhook_event"},
		{"no link", `{"webhook_event":"link.state_changed"}`, "no link_id"},
		{"null as event", `{"webhook_event":null,"link_id":"mk_link_4711"}`, "no webhook_event"},
		{"a link that is a number", `{"webhook_event":"link.state_changed","link_id":4711}`, "link_id"},
		{"a version in words", event("link.state_changed", `,"webhook_major_version":"4711"`), "webhook_major_version"},
		{"a fraction of a version", event("link.state_changed", `,"webhook_major_version":4711.5`), "webhook_major_version"},
		{"no time", event("link.state_changed", `,"webhook_timestamp":"4711"`), "JSON"},
		{"a state that is a number", event("link.state_changed", `,"state":4711`), "state"},
		{"a product that is a number", event("link.product_refresh", `,"product":4711`), "product"},
		{"history in words", event("transactions.updates_available", `,"has_history":"4711"`), "has_history"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w, err := moneykit.ParseWebhook([]byte(x.body))
			refused(t, w, err, moneykit.WebhookUnreadable)
			hides(t, fmt.Sprint(err), "4711", "idem-1")
			if !strings.Contains(fmt.Sprint(err), x.text) {
				t.Errorf("%v\nwant %q in it", err, x.text)
			}
		})
	}
}
