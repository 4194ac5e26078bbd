package sandbox

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

const day24 = 24 * time.Hour

func TestBoundsOfTheClock(t *testing.T) {
	a := newAPI(t, WithBounds(Bounds{Clock: 100 * day24}))
	if err := a.box.Advance(t.Context(), 90*day24); err != nil {
		t.Fatal(err)
	}
	err := a.box.Advance(t.Context(), 10*day24+time.Second)
	if !errors.Is(err, ErrClock) || !strings.HasSuffix(err.Error(), " and here to 2026-06-26") {
		t.Error(err)
	}
	a.authorize()
	a.post("/sandbox/clock", `{"advance":"241h"}`).refused(t, 422, "api_error.request.validation_failed")
	if err := a.box.AdvanceTo(t.Context(), noon.Add(100*day24)); err != nil {
		t.Error(err)
	}
}

func TestBoundsOfLinks(t *testing.T) {
	a := newAPI(t, WithBounds(Bounds{Links: 13}))
	first, second := a.session(""), a.session("")
	a.post("/sandbox/connect", connectBody{Token: first, InstitutionID: instantBank}).want(t, 200)
	a.post("/sandbox/connect", connectBody{Token: second, InstitutionID: instantBank}).refused(t, 422, "too_many_links")
	a.post("/link-session", sessionAsked(nil)).refused(t, 403, "link_session_error.forbidden_config")
	a.post("/link-session", sessionAsked(map[string]any{"existing_link_id": a.link(1)})).want(t, 201)
	if n := len(a.box.LinkIDs()); n != 13 {
		t.Errorf("%d links", n)
	}
}

func TestBoundsOfSteps(t *testing.T) {
	a := newAPI(t, WithBounds(Bounds{Steps: 4}))
	refused := 0
	for range 8 {
		got := a.post("/links/"+a.link(1)+"/products", `{"products":["transactions"]}`)
		if got.status == http.StatusForbidden {
			refused++
			got.refused(t, 403, "link_error.forbidden_action")
		}
		if err := a.box.Advance(t.Context(), day24); err != nil {
			t.Fatal(err)
		}
		a.authorize()
	}
	a.box.mu.Lock()
	defer a.box.mu.Unlock()
	if n := len(a.box.linkAt(0).Steps); n != 4 || refused == 0 {
		t.Errorf("%d steps, %d refused", n, refused)
	}
}

func TestBoundsOfWhatIsWorkedOut(t *testing.T) {
	a := newAPI(t, WithBounds(Bounds{Transactions: 1000}))
	for place := range a.box.LinkIDs() {
		a.get("/links/" + a.link(place+1) + "/transactions/sync")
	}
	if held := a.box.shelf.held; held > 1000 || held == 0 {
		t.Errorf("%d are kept", held)
	}
}

func TestWithoutWebhooksNothingIsSent(t *testing.T) {
	for _, opts := range [][]Option{nil, {WithoutWebhooks()}} {
		a := newAPI(t, opts...)
		link := "/links/" + a.link(1)
		a.call("PATCH", link, `{"webhook":"http://127.0.0.1:1/"}`).want(t, 200)
		a.post("/webhooks/test"+strings.Replace(link, "links", "link", 1), `{"webhook_event":"link.state_changed","webhook_idempotency_key":"k"}`).want(t, 200)
		if n := len(a.box.Deliveries); (n == 0) != (opts != nil) {
			t.Errorf("%d webhooks are on their way", n)
		}
	}
}

// A panic of one answer is an error of that request alone.
func TestTransportSurvivesAPanic(t *testing.T) {
	a := newAPI(t)
	a.box.mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic("broken") })
	get := func(path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://sandbox"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.box.Transport().RoundTrip(req)
	}
	if answer, err := get("/broken"); answer != nil || err == nil || err.Error() != "sandbox: the answer broke off: broken" {
		t.Errorf("%v, %v", answer, err)
	}
	if answer, err := get("/.well-known/jwks.json"); err != nil || answer.StatusCode != 200 {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestWithoutControlsNoHappeningsAreKept(t *testing.T) {
	a := newAPI(t, WithControls(false))
	a.get("/links/"+a.link(1)).want(t, 200)
	if n := len(a.box.chronicle.kept); n != 0 {
		t.Errorf("%d are kept", n)
	}
}
