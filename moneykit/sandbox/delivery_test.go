package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func tells(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("webhooks:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A link tells its whole life by webhooks, each step in its turn.
func TestWebhooksTellALife(t *testing.T) {
	a, in := newAPI(t, WithLinks(8)), newInbox(t)
	token := a.post("/link-session", map[string]any{
		"customer_user": map[string]any{"id": "user_77"}, "redirect_uri": "https://app.example/back", "webhook": in.url,
		"settings": map[string]any{"products": map[string]any{"transactions": map[string]any{}}},
	}).want(t, 201).text("link_session_token")
	got := a.post("/sandbox/connect", connectBody{Token: token, InstitutionID: instantBank}).want(t, 200)
	if a.advance("0s"); len(in.got) != 1 {
		t.Errorf("%d webhooks at once", len(in.got))
	}
	tells(t, in.told(t), "state_changed awaiting_token_exchange")
	a.post("/link-session/exchange-token", map[string]any{"exchangeable_token": got.text("exchangeable_token")}).want(t, 201)
	a.advance("2s")
	tells(t, in.told(t),
		"state_changed connecting", "state_changed connected", "product_refresh accounts completed",
		"product_refresh transactions completed", "transactions.updates_available", "product_refresh enrichment completed")

	a.refresh(9, accountsProduct, transactionsProduct).want(t, 202)
	a.advance("2s")
	told := in.told(t)
	slices.Sort(told[2:4]) // they start and end on their own
	tells(t, told,
		"product_refresh accounts pending", "product_refresh transactions pending",
		"product_refresh accounts in_progress", "product_refresh transactions in_progress",
		"product_refresh accounts completed", "product_refresh transactions completed", "transactions.updates_available")

	a.post("/links/"+a.link(9)+"/reset", nil).want(t, 200)
	a.advance("0s")
	tells(t, in.told(t), "state_changed error auth_expired")
	a.call("DELETE", "/links/"+a.link(9), nil).want(t, 204)
	a.advance("0s")
	tells(t, in.told(t), "state_changed deleted")
}

func TestWebhooksTellAFailure(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(8, in)
	a.refresh(8, transactionsProduct).want(t, 202)
	a.advance("2s")
	all := in.take()
	if len(all) != 3 || all[2].read(t).State != "failed" || !strings.Contains(all[2].body, `"error_message":"Credentials Bank did not answer`) {
		t.Errorf("%v", all)
	}
}

func TestWebhooksAreGenuine(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	a.refresh(1, transactionsProduct).want(t, 202)
	keys, tokens := map[string]bool{}, map[string]bool{}
	for range 2000 { // so that each is taken at the moment it is sent
		a.advance("1ms")
		for _, p := range in.take() {
			a.genuine(p)
			keys[p.read(t).Key], tokens[p.header.Get("MoneyKit-Delivery-Token")] = true, true
			if p.header.Get("MoneyKit-Delivery-Attempt") != "1" || !strings.Contains(p.body, `"link_tags":["vip"]`) || p.header.Get("Content-Type") != "application/json" {
				t.Errorf("%+v", p)
			}
		}
		if len(keys) == 4 {
			break
		}
	}
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	a.advance("0s")
	for _, p := range in.take() {
		a.genuine(p)
		keys[p.read(t).Key], tokens[p.header.Get("MoneyKit-Delivery-Token")] = true, true
	}
	if len(keys) != 5 || len(tokens) != 5 {
		t.Errorf("%d keys and %d tokens of 5 webhooks", len(keys), len(tokens))
	}
}

// While the receiver fails, the same webhook comes again, later each time, for
// two hours.
func TestWebhooksAreRetriedForTwoHours(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	in.answer(http.StatusInternalServerError)
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	first, past := a.box.Now(), time.Duration(0)
	var all []parcel
	for attempt := range 10 {
		if attempt > 0 {
			wait := firstRetry << (attempt - 1)
			a.advance((wait - time.Microsecond).String())
			if early := in.take(); len(early) > 0 {
				t.Fatalf("attempt %d comes early", attempt+1)
			}
			past += wait
			if past > 2*time.Hour {
				break
			}
			a.advance("1us")
		} else {
			a.advance("0s")
		}
		got := in.take()
		if len(got) != 1 || got[0].header.Get("MoneyKit-Delivery-Attempt") != fmt.Sprint(attempt+1) || a.box.Now().Sub(first) != past {
			t.Fatalf("attempt %d after %v: %v", attempt+1, past, got)
		}
		a.genuine(got[0])
		all = append(all, got...)
	}
	for _, p := range all {
		if p.body != all[0].body || p.header.Get("MoneyKit-Delivery-Token") != all[0].header.Get("MoneyKit-Delivery-Token") {
			t.Errorf("%v comes after %v", p, all[0])
		}
	}
	a.advance("48h")
	if late := in.take(); len(all) != 10 && len(all) != 9 || len(late) > 0 || len(a.box.Deliveries) > 0 || len(a.box.Agenda) > 0 {
		t.Errorf("%d attempts, %d after two hours, %d on their way", len(all), len(late), len(a.box.Deliveries))
	}
	if told := a.messages("webhook"); told[len(told)-1] != "given up" {
		t.Errorf("told %q", told)
	}
}

// One long move of the clock stops at each attempt.
func TestWebhooksAreRetriedOnTheWay(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	in.answer(http.StatusInternalServerError)
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	a.advance("3h")
	if got := in.take(); len(got) < 9 || len(a.box.Deliveries) > 0 {
		t.Errorf("%d attempts, %d on their way", len(got), len(a.box.Deliveries))
	}
}

func TestWebhooksReachWhoRecovers(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	for _, status := range []int{500, 404, 302} {
		in.answer(status)
		a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
		a.advance("31s") // three attempts
		if got := in.take(); len(got) != 3 {
			t.Errorf("%d attempts while it answers %d", len(got), status)
		}
		in.answer(http.StatusNoContent)
		a.advance("24h")
		if got := in.take(); len(got) != 1 || got[0].header.Get("MoneyKit-Delivery-Attempt") != "4" {
			t.Errorf("after it answered %d: %v", status, got)
		}
	}
	if told := a.messages("webhook"); told[len(told)-1] != "delivered" {
		t.Errorf("told %q", told)
	}
}

func TestWebhooksElsewhereAreDropped(t *testing.T) {
	a := newAPI(t)
	for _, url := range []string{"http://192.0.2.1/hook", "nothing", "ftp://localhost/"} {
		a.call("PATCH", "/links/"+a.link(1), map[string]any{"webhook": url}).want(t, 200)
		a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
		a.advance("0s")
		if told := a.messages("webhook"); !strings.HasPrefix(told[len(told)-1], "dropped: ") || len(a.box.Deliveries) != 0 {
			t.Errorf("%s: %q", url, told)
		}
	}
}

func TestWebhookReceiverAsksBack(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	link := a.link(1)
	states := make(chan string, 9)
	in.before = func() { states <- a.get("/links/" + link).text("state") }
	a.post("/links/"+link+"/reset", nil).want(t, 200)
	a.advance("0s")
	if got := <-states; got != "error" {
		t.Errorf("the receiver sees %q", got)
	}
}

// Whoever does not answer a webhook keeps nobody waiting but whoever moves the
// clock.
func TestWebhookReceiverThatHangs(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	entered, leave := make(chan bool), make(chan bool)
	in.before = func() { entered <- true; <-leave }
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	moved := make(chan error)
	go func() { moved <- a.box.Advance(context.Background(), time.Second) }()
	<-entered
	a.get("/links/"+a.link(1)).want(t, 200)
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	a.get("/sandbox/clock").want(t, 200)
	select {
	case err := <-moved:
		t.Errorf("the clock has moved before the webhook was answered: %v", err)
	default:
	}
	leave <- true
	<-entered
	leave <- true
	if err := <-moved; err != nil {
		t.Error(err)
	}
}

func TestAdvanceIsGivenUp(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	a.subscribe(1, in)
	ctx, cancel := context.WithCancel(t.Context())
	in.before = cancel
	in.answer(http.StatusBadGateway)
	a.post("/links/"+a.link(1)+"/reset", nil).want(t, 200)
	if err := a.box.Advance(ctx, time.Hour); err != context.Canceled {
		t.Errorf("%v", err)
	}
	in.before = nil
	in.answer(http.StatusOK)
	a.advance("1h")
	if got := in.take(); len(got) != 2 || got[1].header.Get("MoneyKit-Delivery-Attempt") != "2" {
		t.Errorf("%v", got)
	}
}

// A server sends webhooks as they are due, without the clock being moved.
func TestRunDelivers(t *testing.T) {
	got := make(chan parcel, 99)
	box := New(WithRefreshTime(0, 0))
	url := receiver(t, func(_ http.ResponseWriter, r *http.Request) { got <- parcel{header: r.Header} })
	box.mu.Lock()
	l := box.linkAt(0)
	l.Webhook = &url
	box.touch(l)
	box.mu.Unlock()
	srv, err := box.Listen()
	if err != nil {
		t.Fatal(err)
	}
	if err := box.SetState(box.LinkIDs()[0], "error", authExpired); err != nil {
		t.Error(err)
	}
	if p := <-got; p.header.Get("MoneyKit-Delivery-Attempt") != "1" {
		t.Errorf("%v", p)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
}

func TestTestWebhooks(t *testing.T) {
	a, in := newAPI(t), newInbox(t)
	path := "/webhooks/test/link/" + a.link(1)
	body := func(event string) map[string]any {
		return map[string]any{"webhook_event": event, "webhook_idempotency_key": "key of " + event}
	}
	a.post(path, body(stateChangedEvent)).refused(t, 400, "link_error.bad_config")
	a.subscribe(1, in)
	for event, sent := range map[string]string{
		stateChangedEvent: stateChangedEvent, productRefreshEvent: productRefreshEvent, oldProductEvent: productRefreshEvent, updatesEvent: updatesEvent,
	} {
		token := a.post(path, body(event)).want(t, 200).text("delivery_token")
		a.advance("0s")
		got := in.take()
		if len(got) != 1 || got[0].header.Get("MoneyKit-Delivery-Token") != token {
			t.Fatalf("%s: %v, token %q", event, got, token)
		}
		a.genuine(got[0])
		if h := got[0].read(t); h.Event != sent || h.Key != "key of "+event || h.LinkID != a.link(1) {
			t.Errorf("%s: %+v", event, h)
		}
	}
	a.post(path, body("link.exploded")).refused(t, 422, "api_error.request.validation_failed")
	a.post(path, map[string]any{"webhook_event": updatesEvent}).refused(t, 422, "api_error.request.validation_failed")
}
