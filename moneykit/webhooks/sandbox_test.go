package webhooks_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/webhooks"
)

// subscribed is a receiver to which a Sandbox sends the webhooks of a link.
func subscribed(t *testing.T) (*sandbox.Sandbox, *moneykit.Client, *webhooks.Receiver, moneykit.LinkID) {
	t.Helper()
	box := sandbox.New(sandbox.WithRate(0))
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := moneykit.New(moneykit.Credentials{ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret)},
		moneykit.WithBaseURL(server.URL), moneykit.WithClock(box.Now), moneykit.WithTransport(transport))
	if err != nil {
		t.Fatal(err)
	}
	r, err := webhooks.Listen(t.Context(), client, webhooks.Config{Now: box.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	id, url := moneykit.LinkID(box.LinkIDs()[0]), r.URL()
	if _, err := client.UpdateLink(t.Context(), id, moneykit.LinkUpdate{Webhook: &url}); err != nil {
		t.Fatal(err)
	}
	return box, client, r, id
}

func TestWhatTheSandboxSends(t *testing.T) {
	box, client, r, id := subscribed(t)
	if err := box.SetState(string(id), "error", "auth_expired"); err != nil {
		t.Fatal(err)
	}
	test, err := client.TriggerTestWebhook(t.Context(), id, moneykit.EventProductRefresh, "by-hand")
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Advance(t.Context(), 48*time.Hour); err != nil { // far from this computer's clock
		t.Fatal(err)
	}
	s := r.State()
	if len(s.Deliveries) != 2 || s.Refused != 0 {
		t.Fatalf("%d deliveries, refused for %q", len(s.Deliveries), s.Refusal)
	}
	changed, refreshed := s.Deliveries[0], s.Deliveries[1]
	if !changed.Verified() || changed.Attempt != 1 || changed.Webhook.LinkID != id || changed.Webhook.Error != moneykit.AuthExpired || changed.Age < 0 || changed.Age > time.Minute {
		t.Errorf("%+v", changed)
	}
	if !refreshed.Verified() || refreshed.Webhook.IdempotencyKey != "by-hand" || refreshed.Token != test.DeliveryToken || refreshed.Duplicate {
		t.Errorf("%+v", refreshed)
	}
	var keys struct{ Keys []struct{ Kid string } }
	set, err := client.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range set.Keys {
		if err := json.Unmarshal([]byte(`{"Keys":[`+string(raw)+`]}`), &keys); err != nil {
			t.Fatal(err)
		}
	}
	if changed.KeyID != keys.Keys[0].Kid {
		t.Errorf("kid %q", changed.KeyID)
	}
}

// What cannot be judged while the keys are away comes again and is believed then.
func TestTheSandboxSendsAgain(t *testing.T) {
	box, client, r, id := subscribed(t)
	if _, err := box.AddFault(sandbox.Fault{Path: "/.well-known/jwks.json", Status: 503, Times: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.TriggerTestWebhook(t.Context(), id, moneykit.EventLinkStateChanged, "again"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := box.Advance(ctx, time.Hour); err != nil {
		t.Fatal(err)
	}
	all := r.State().Deliveries
	if len(all) < 2 || all[0].Fault() != moneykit.WebhookKeysUnavailable {
		t.Fatalf("%d deliveries", len(all))
	}
	if last := all[len(all)-1]; !last.Verified() || last.Attempt != len(all) || last.Duplicate || last.Token != all[0].Token {
		t.Errorf("%+v", last)
	}
}
