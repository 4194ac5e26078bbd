package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// called is one call and what it has to answer.
type called struct {
	method, path string
	body         any
	status       int
	code         string // of an error
}

// Bounds, and what the contract is silent about.
func TestRequestsAtTheEdge(t *testing.T) {
	a := newAPI(t, WithLinks(19))
	account := a.get("/links/"+a.link(1)+"/accounts").text("accounts", 0, "account_id")
	const session = "/link-session"
	user := map[string]any{"id": "user_1001"}
	in := func(place int, rest string) string { return "/links/" + a.link(place) + rest }

	for _, x := range []called{
		{"GET", "/institutions?limit=2&featured=true&name=bank", nil, 200, ""},
		{"GET", "/institutions?limit=0", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/institutions?limit=1001", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/institutions?cursor=nonsense", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/institutions?featured=maybe", nil, 422, "api_error.request.validation_failed"},
		{"POST", session, map[string]any{"customer_user": user}, 422, "api_error.request.validation_failed"},
		{"POST", session, map[string]any{"customer_user": map[string]any{"id": "abc"}, "redirect_uri": "x:"}, 422, "api_error.request.validation_failed"},
		{"POST", session, map[string]any{"customer_user": user, "redirect_uri": "https://a.example/", "webhook": ""}, 422, "api_error.request.validation_failed"},
		{"POST", session, map[string]any{"customer_user": user, "redirect_uri": "https://a.example/", "settings": map[string]any{"countries": []string{"FR"}}}, 422, "api_error.request.validation_failed"},
		{"POST", session, map[string]any{"customer_user": user, "redirect_uri": "https://a.example/", "existing_link_id": a.link(12)}, 403, "link_session_error.forbidden_config"},
		{"POST", session, map[string]any{"customer_user": user, "redirect_uri": "https://a.example/", "existing_link_id": "mk_none"}, 403, "link_session_error.forbidden_config"},
		{"POST", session, "{", 422, "api_error.request.validation_failed"},
		{"GET", "/links?limit=500", nil, 200, ""},
		{"GET", "/links?limit=499", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/links?limit=5001", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/links?cursor=bGlua3M", nil, 422, "api_error.request.validation_failed"},
		{"PATCH", in(1, ""), map[string]any{"webhook": "https://hook.example/", "link_tags": []string{"a"}}, 200, ""},
		{"PATCH", in(1, ""), map[string]any{"webhook": ""}, 422, "api_error.request.validation_failed"},
		{"GET", in(11, "/accounts"), nil, 200, ""},
		{"GET", in(1, "/accounts?account_ids="+account), nil, 200, ""},
		{"GET", in(3, "/transactions?size=1000"), nil, 200, ""},
		{"GET", in(11, "/transactions?size=1000&start_date=2025-01-01&end_date=2026-02-01"), nil, 200, ""},
		{"GET", in(1, "/transactions?size=1001"), nil, 422, "api_error.request.validation_failed"},
		{"GET", in(1, "/transactions?page=0"), nil, 422, "api_error.request.validation_failed"},
		{"GET", in(1, "/transactions?page=9223372036854775807&size=1000"), nil, 200, ""},
		{"GET", in(1, "/transactions?start_date=2026-02-30"), nil, 422, "api_error.request.validation_failed"},
		{"GET", in(2, "/transactions/sync"), nil, 200, ""},
		{"GET", in(1, "/transactions/sync?size=501"), nil, 422, "api_error.request.validation_failed"},
		{"GET", in(1, "/transactions/sync?cursor=garbled"), nil, 422, "api_error.request.validation_failed"},
		{"POST", in(3, "/products"), map[string]any{"products": allProducts}, 202, ""},
		{"POST", in(3, "/products"), map[string]any{"products": []string{"accounts"}}, 429, "api_error.rate_limit_exceeded"},
		{"POST", in(1, "/products"), map[string]any{"products": []string{"gold"}}, 422, "api_error.request.validation_failed"},
		{"POST", in(1, "/products"), map[string]any{}, 422, "api_error.request.validation_failed"},
		{"POST", in(1, "/products"), "[1", 422, "api_error.request.validation_failed"},
		{"GET", in(11, "/accounts/numbers"), nil, 200, ""},
		{"GET", in(1, "/identity?account_ids="+account), nil, 200, ""},
		{"GET", in(3, "/investments/transactions?size=5&page=2"), nil, 200, ""},
		{"GET", in(3, "/investments/transactions?size=0"), nil, 422, "api_error.request.validation_failed"},
		{"GET", "/users/user_1000/transactions?transaction_type=credit&category=income&size=20", nil, 200, ""},
		{"GET", "/users/user_1000/transactions?transaction_type=loan", nil, 422, "api_error.request.validation_failed"},
		{"GET", "/users/nobody/links", nil, 200, ""},
		{"GET", "/nowhere", nil, 404, "api_error.request.not_found"},
		{"GET", "/links//accounts", nil, 404, "api_error.request.not_found"},
		{"DELETE", "/institutions", nil, 405, "api_error.request.method_not_allowed"},
	} {
		t.Run(strings.ReplaceAll(fmt.Sprintf("%s %s %d", x.method, x.path, x.status), "/", " "), func(t *testing.T) {
			a.TB = t
			got := a.call(x.method, x.path, x.body).want(t, x.status)
			if got.text("error_code") != x.code && x.code != "" {
				t.Errorf("error_code %q, want %q", got.text("error_code"), x.code)
			}
		})
	}
}

// Every seeded situation shows itself in an answer that the contract allows.
func TestContractOfEverySeededLink(t *testing.T) {
	a := newAPI(t, WithLinks(300))
	for _, id := range a.box.LinkIDs() {
		a.get("/links/"+id).want(t, 200)
	}
}

// The table of routes and the contract name the same operations.
func TestEveryOperationIsRouted(t *testing.T) {
	routed := map[string]route{}
	for _, rt := range New().routes {
		if rt.id != "" {
			routed[rt.id] = rt
		}
	}
	documented := 0
	for path, item := range loadContract().doc.Paths.Map() {
		for method, op := range item.Operations() {
			documented++
			rt := routed[op.OperationID]
			if rt.pattern != path || rt.method != method || op.Responses.Status(rt.status) == nil {
				t.Errorf("%s %s is routed as %s %s, %d", method, path, rt.method, rt.pattern, rt.status)
			}
			if open := op.Security != nil && !strings.Contains(fmt.Sprint(*op.Security), "bearer"); open != rt.open {
				t.Errorf("%s: open is %t", rt.id, rt.open)
			}
		}
	}
	if documented != len(routed) {
		t.Errorf("%d operations are documented, %d routed", documented, len(routed))
	}
}

func TestContractIsHeld(t *testing.T) {
	a := newAPI(t)
	req := httptest.NewRequest("GET", "/links/"+a.link(1), nil)
	req.Header.Set("Authorization", "Bearer "+a.token)
	good := a.send(req)
	for _, broken := range []struct{ from, to string }{
		{`"state":"connected"`, `"state":"happy"`},
		{`"link_id":`, `"id":`},
		{`"has_history":true`, `"has_history":"yes"`},
		{`"refreshed_at":"2026`, `"refreshed_at":"26`},
	} {
		bad := good
		bad.body = []byte(strings.Replace(string(good.body), broken.from, broken.to, 1))
		if conforms(req, bad) == nil {
			t.Errorf("%s instead of %s goes unnoticed", broken.to, broken.from)
		}
	}
	bad := good
	bad.status = http.StatusTeapot
	if conforms(req, bad) == nil {
		t.Error("an undocumented status goes unnoticed")
	}
	bad = good
	bad.header = http.Header{"Content-Type": {"application/json"}}
	if conforms(req, bad) == nil {
		t.Error("missing headers go unnoticed")
	}
}

func TestVersionHeader(t *testing.T) {
	a := newAPI(t)
	for version, status := range map[string]int{"": 200, Version: 200, "2019-01-01": 400} {
		req := httptest.NewRequest("GET", "/links", nil)
		req.Header.Set("Authorization", "Bearer "+a.token)
		if version != "" {
			req.Header.Set("MoneyKit-Version", version)
		}
		a.send(req).want(t, status)
	}
}

func TestTokens(t *testing.T) {
	a := newAPI(t)
	grant := url.Values{"grant_type": {"client_credentials"}}
	wrong := url.Values{"grant_type": {"client_credentials"}, "client_id": {"till_sandbox"}, "client_secret": {"guess"}}

	a.token = ""
	a.post("/auth/token", grant).refused(t, 401, "api_error.auth.unauthorized")
	a.post("/auth/token", wrong).refused(t, 401, "api_error.auth.unauthorized")
	a.get("/links").refused(t, 401, "api_error.auth.unauthorized")
	a.token = "made-up"
	a.get("/links").refused(t, 401, "api_error.auth.unauthorized")

	basic := withBody(httptest.NewRequest("POST", "/auth/token", nil), url.Values{"grant_type": {"client_credentials"}, "scope": {"links:read"}})
	basic.SetBasicAuth(DefaultClientID, DefaultClientSecret)
	got := a.send(basic).want(t, 201)
	if got.at("expires_in").(interface{ String() string }).String() != "3600" {
		t.Errorf("expires_in is %v", got.at("expires_in"))
	}
	a.token = got.text("access_token")
	if scope := a.get("/auth/introspect").text("scope"); scope != "links:read" {
		t.Errorf("scope %q", scope)
	}

	a.clock.Move(time.Hour - time.Second)
	a.get("/links").want(t, 200)
	a.clock.Move(time.Second)
	a.get("/links").refused(t, 401, "api_error.auth.expired_access_token")
}
