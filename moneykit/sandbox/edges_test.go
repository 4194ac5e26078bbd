package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNoScopesAreAll(t *testing.T) {
	a := newAPI(t, WithClient("me", "secret", []string{}...))
	a.get("/links").want(t, 200)
}

// A token is no better than what its client may do now.
func TestTokensFollowTheirClient(t *testing.T) {
	a := newAPI(t, WithClient("me", "secret"))
	a.get("/links").want(t, 200)
	path := filepath.Join(t.TempDir(), "state")
	if err := a.box.Save(path); err != nil {
		t.Fatal(err)
	}
	box, err := Open(path, WithNow(a.clock.Now), WithClient("me", "secret", "institutions:read"))
	if err != nil {
		t.Fatal(err)
	}
	b := &api{TB: t, box: box, clock: a.clock, token: a.token}
	b.get("/institutions").want(t, 200)
	b.get("/links").refused(t, 401, "api_error.auth.unauthorized")
}

// A clock that was stopped stands still while nobody runs the Sandbox.
func TestStoppedClockStaysStopped(t *testing.T) {
	for rate, passes := range map[float64]time.Duration{0: 0, 1: time.Hour, 60: time.Hour} {
		a := newAPI(t)
		if err := a.box.SetRate(rate); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "state")
		if err := a.box.Save(path); err != nil {
			t.Fatal(err)
		}
		a.clock.Move(time.Hour)
		box, err := Open(path, WithNow(a.clock.Now))
		if err != nil {
			t.Fatal(err)
		}
		if got := box.Now().Sub(noon); got != passes {
			t.Errorf("at rate %v %v passed, want %v", rate, got, passes)
		}
	}
}

func TestWorldThatStartsElsewhen(t *testing.T) {
	start := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	for range 2 {
		box := New(WithStart(start), WithRate(0))
		if l := box.linkAt(2); !box.Now().Equal(start) || !l.AsOf.Equal(start.Add(-2*time.Hour)) {
			t.Errorf("now %v, link 3 as of %v", box.Now(), l.AsOf)
		}
	}
}

// A receiver that hangs costs its other webhooks no attempt.
func TestHangingReceiverIsNotAskedOnAndOn(t *testing.T) {
	a := newAPI(t)
	stuck := make(chan struct{})
	asked := make(chan string, 10)
	url := receiver(t, func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("MoneyKit-Delivery-Attempt")
		if len(asked) == 1 {
			<-stuck
		}
	})
	t.Cleanup(func() { close(stuck) })
	a.box.courier.patience = 50 * time.Millisecond
	a.call("PATCH", "/links/"+a.link(1), map[string]any{"webhook": url}).want(t, 200)
	for _, key := range []string{"one", "two", "three"} {
		a.post("/webhooks/test/link/"+a.link(1), map[string]any{"webhook_event": "link.state_changed", "webhook_idempotency_key": key}).want(t, 200)
	}
	if err := a.box.Advance(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 {
		t.Errorf("asked %d times while it hangs", len(asked))
	}
	if err := a.box.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	got := ""
	for len(asked) > 0 {
		got += <-asked
	}
	if got != "1211" && got != "1112" && got != "1121" {
		t.Errorf("attempts %s", got)
	}
}

// What a link shares is chosen from what its user permits.
func TestChoiceOfWhatIsNotPermitted(t *testing.T) {
	a := newAPI(t)
	for _, name := range []string{"Brokerage", "Mortgage"} {
		token := a.open(map[string]any{"settings": map[string]any{"products": map[string]any{"investments": map[string]any{"require_permission": true}}}})
		a.post("/sandbox/connect", connectBody{Token: token, InstitutionID: instantBank, AccountIDs: []string{name}, Products: []product{}}).
			refused(t, 422, "account_not_found")
		a.instantly(token, name).want(t, 200)
	}
}

func TestCountriesOfASession(t *testing.T) {
	a := newAPI(t)
	token := a.open(map[string]any{"settings": map[string]any{"countries": []string{"GB"}}})
	choice := into[stage](t, a.post("/sandbox/connect/next", connectBody{Token: token}).want(t, 200))
	if offered := strings.Join(choice.Options, " "); !strings.Contains(offered, "cobbler-bank") || strings.Contains(offered, instantBank) {
		t.Errorf("offered: %s", offered)
	}
	a.instantly(token).refused(t, 422, "institution_not_available")
	a.open(map[string]any{"redirect_uri": "https://a.example/"})
	a.post("/link-session", map[string]any{"customer_user": map[string]any{"id": "user"}, "redirect_uri": "javascript:alert(1)"}).
		refused(t, 422, "api_error.request.validation_failed")
}

func TestMisspeltControls(t *testing.T) {
	a := newAPI(t)
	got := a.post("/sandbox/connect", `{"link_session_token":"`+a.open(nil)+`","pasword":"x"}`).refused(t, 422, "invalid_request")
	if message := got.text("displayed_message"); !strings.Contains(message, "pasword") {
		t.Error(message)
	}
	for path, body := range map[string]string{"/sandbox/clock": `{"advanse":"1h"}`, "/sandbox/links/" + a.link(1) + "/state": `{"stat":"error"}`} {
		got := a.post(path, body).refused(t, 422, "api_error.request.validation_failed")
		if at := got.text("validation_errors", 0, "location", 1); !strings.Contains(body, at) || at == "" {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestSetIsWhereTheClockEnds(t *testing.T) {
	a := newAPI(t)
	target := noon.Add(48 * time.Hour)
	done := make(chan error, 4)
	for range 4 {
		go func() { done <- a.box.AdvanceTo(t.Context(), target) }()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if !a.box.Now().Equal(target) {
		t.Errorf("it is %v", a.box.Now())
	}
}

func TestMapsForgetTheOldest(t *testing.T) {
	all := map[string]time.Time{}
	for i := range 30 {
		forgetOldest(all, 10, func(at time.Time) time.Time { return at })
		all[string(rune('a'+i))] = noon.Add(time.Duration(i))
		if len(all) > 10 || i >= 10 && len(all) < 8 {
			t.Fatalf("%d are kept after %d", len(all), i+1)
		}
	}
	if _, newest := all[string(rune('a'+29))]; !newest {
		t.Error("the newest is forgotten")
	}
	if _, oldest := all["a"]; oldest {
		t.Error("the oldest is kept")
	}
}

func TestHoldClearsUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "world.till")
	for _, name := range []string{path + ".123" + unfinished, filepath.Join(filepath.Dir(path), "other.till.1"+unfinished), path + ".123.new"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release, err := Hold(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Hold(path); !errors.Is(err, ErrHeld) {
		t.Errorf("held twice: %v", err)
	}
	release()
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 3 || slices.Contains(left, path+".123"+unfinished) {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestFaultsInSeconds(t *testing.T) {
	a := newAPI(t)
	a.post("/sandbox/faults", `{"status":429,"retry_after":7,"latency":0.5}`).want(t, 201)
	if f := a.box.Faults()[0]; f.RetryAfter != 7*time.Second || f.Latency != 500*time.Millisecond {
		t.Errorf("%+v", f)
	}
	a.box.ClearFaults()
	for range faultsKept {
		if _, err := a.box.AddFault(Fault{Status: 500, Times: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.box.AddFault(Fault{Status: 500, Times: 1}); err == nil {
		t.Error("any number of faults")
	}
	a.unheld("GET", "/links").want(t, 500)
	if _, err := a.box.AddFault(Fault{Status: 500, Times: 1}); err != nil || a.box.ActiveFaults() != faultsKept {
		t.Errorf("%v, %d active", err, a.box.ActiveFaults())
	}
}

func TestAllLinksAreKnown(t *testing.T) {
	a := newAPI(t, WithLinks(250))
	var ids []string
	for page := 1; page <= 4; page++ {
		got := into[knownLinksAnswer](t, a.get(fmt.Sprintf("/sandbox/links?page=%d", page)).want(t, 200))
		if got.Total != 250 {
			t.Errorf("total %d", got.Total)
		}
		for _, l := range got.Links {
			ids = append(ids, l.LinkID)
			if real := a.box.find(l.LinkID); real.User != l.UserID || real.State != l.State || real.Bank != l.InstitutionID {
				t.Errorf("%+v", l)
			}
		}
	}
	if !slices.Equal(ids, a.box.LinkIDs()) {
		t.Errorf("%d links", len(ids))
	}
	a.get("/sandbox/links?size=0").refused(t, 422, "api_error.request.validation_failed")
	a.get("/sandbox/links?page=9223372036854775807").want(t, 200)
}

func TestRatesThatAreNone(t *testing.T) {
	for rate, want := range map[float64]float64{-1: 1, 2 * MaxRate: MaxRate, 0: 0} {
		if got := New(WithRate(rate)).Dial.Rate; got != want {
			t.Errorf("rate %v: %v", rate, got)
		}
	}
	if got := New(WithRate(math.NaN())).Dial.Rate; got != 1 {
		t.Errorf("not a number: %v", got)
	}
}

// Where an OAuth bank sends the browser back to says which bank it was.
func TestRedirectIsEnough(t *testing.T) {
	a := newAPI(t)
	token := a.open(nil)
	back := a.decided(token, allowing()).String()
	a.exchanged(a.post("/sandbox/connect", connectBody{Token: token, RedirectURL: back}))
	token = a.open(nil)
	back = a.decided(token, url.Values{"decision": {denyAnswer}}).String()
	a.post("/sandbox/connect", connectBody{Token: token, RedirectURL: back}).refused(t, 422, "user_oauth_denied")
	a.post("/sandbox/connect", connectBody{Token: a.open(nil), InstitutionID: instantBank, Products: []product{"gold"}}).refused(t, 422, "product_not_found")
}

// A product that is mended was not refreshed.
func TestMendingIsNoRefresh(t *testing.T) {
	a := newAPI(t)
	before := a.show(1).Products.Transactions
	a.clock.Move(time.Minute)
	path := "/sandbox/links/" + a.link(1) + "/state"
	a.post(path, `{"products":{"transactions":"timeout"}}`).want(t, 200)
	if broken := a.show(1).Products.Transactions; broken.ErrorCode == nil || *broken.ErrorCode != "timeout" || !broken.RefreshedAt.Equal(*before.RefreshedAt) {
		t.Errorf("broken: %+v", broken)
	}
	a.post(path, `{"products":{"transactions":""}}`).want(t, 200)
	if mended := a.show(1).Products.Transactions; mended.ErrorCode != nil || !mended.RefreshedAt.Equal(*before.RefreshedAt) {
		t.Errorf("mended: %+v", mended)
	}
}

// Answers carry the Sandbox's time, so that a stopped clock makes them the same.
func TestDateIsTheSandboxs(t *testing.T) {
	a := newAPI(t)
	if date := a.get("/links").header.Get("Date"); date != noon.Format(http.TimeFormat) {
		t.Errorf("Date: %s", date)
	}
}
